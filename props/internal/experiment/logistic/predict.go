package logistic

import (
	"math"
	"slices"
)

// Predicted is what the oracle says of a point; nothing of it is simulated.
type Predicted struct {
	Plateau    float64  `json:"plateau"`     // |grad f(w_b)|, T -> infinity and then gamma -> 0; see Root, and NoRoot
	PlateauErr float64  `json:"plateau_err"` // it is within this, 0 where there is no root
	Proved     bool     `json:"proved"`      // that there is a root, or, with NoRoot, that there is none
	NoRoot     bool     `json:"no_root"`
	Floor      float64  `json:"floor"` // E|grad f(w_t)| as T -> infinity at this gamma; 0 where w_t is not stationary
	Stable     float64  `json:"stable"`
	SD         float64  `json:"sd"`                // of Measured.Stable about it
	Settled    bool     `json:"settled"`           // w^0 is forgotten in the first half of the run
	Trace      []Sample `json:"trace,omitempty"`   // E of the EWMA, where asked for
	Slack      float64  `json:"slack,omitempty"`   // relative, where jumps are wider than the noise
	Errors     *Errors  `json:"errors,omitempty"`  // of a format
	Arrival    *Arrival `json:"arrival,omitempty"` // see there; nil on data sets
}

// Z is how many standard deviations make the interval of a point, and Closure the
// relative error that the oracle, of second order in the noise, may have beside that.
const (
	Z       = 4
	Closure = 0.02
)

// Interval is that of measured/predicted in which 1 must be. It is one of the logarithm:
// a mean of few independent |z| is skewed to the right, like a gamma variable.
func (p *Predicted) Interval(m *Measured) (lo, hi float64) {
	width := p.width()
	ratio := m.Stable / p.Stable
	return ratio * math.Exp(-width), ratio * math.Exp(width)
}

// width is half that of the interval.
func (p *Predicted) width() float64 { return Z*p.SD/p.Stable + Closure + p.Slack }

// Agrees reports whether it is.
func (p *Predicted) Agrees(m *Measured) bool {
	lo, hi := p.Interval(m)
	return lo <= 1 && 1 <= hi
}

// forgotten is the number of e-folds after which w^0 counts as forgotten: e^-20 < 1e-8.
const forgotten = 20

// windowPoints is how many times of the second half of a run the flow is looked at.
const windowPoints = 24

// Predict is the oracle of a point that Check accepts, with a trace if asked for.
func Predict(p Point, trace bool) *Predicted {
	return predict(newField(p, dataOf(p)), trace)
}

func predict(f *field, trace bool) *Predicted {
	if f.p.Law.Format != nil {
		return predictFormat(f)
	}
	p := f.p
	out := &Predicted{}
	root := f.root(p.start())
	var s *steady
	steadies := false
	switch {
	case root.Proved:
		out.Plateau, out.PlateauErr, out.Proved = root.Plateau, root.Err, true
		s, steadies = f.steadyAt(root.W)
	default:
		none := f.noRoot()
		out.Plateau, out.NoRoot, out.Proved = none.Limit, true, none.Right < 0
	}
	if steadies {
		out.Floor = s.mean
		out.Settled = p.Gamma*s.smallest*float64(p.T/2) >= forgotten
		out.Stable, out.SD = s.mean, s.sd
	}
	if !out.Settled {
		norms, o := f.course(s, steadies, trace)
		out.Stable = 0
		half := p.T / 2
		e := norms[0]
		for t, norm := range norms {
			e = p.EWMA*e + (1-p.EWMA)*norm
			if t >= p.T-half {
				out.Stable += e / float64(half)
			}
		}
		if !steadies {
			out.SD = f.driftSD(o)
		}
		if trace {
			out.Trace = ewmaOf(norms, p.EWMA)
		}
	} else if trace {
		norms, _ := f.course(s, steadies, trace)
		out.Trace = ewmaOf(norms, p.EWMA)
	}
	return out
}

func ewmaOf(norms []float64, factor float64) (trace []Sample) {
	e, at := norms[0], 0
	steps := traceSteps(len(norms))
	for t, norm := range norms {
		if e = factor*e + (1-factor)*norm; t == steps[at] {
			trace = append(trace, Sample{t, e})
			at++
		}
	}
	return trace
}

// driftSD is the standard deviation of the last |grad f| itself, where nothing is
// stationary: that of the mean over half a run is not larger.
func (f *field) driftSD(o *flow) float64 {
	l := o.f.at(o.w, o.cov)
	b := newBasis(l.hess, l.fHess, f.p.Gamma)
	m := normOf(l.exact, b.gradient(b.in(o.cov)), false)
	return math.Sqrt(max(m.square-m.mean*m.mean, 0))
}

// course is E|grad f(w_t)| for all t < T. The flow is looked at at traceSteps and
// windowPoints times of the second half; between them the logarithm is taken as straight,
// and once w^0 is forgotten it stands still. Without a trace only what the EWMA of the
// second half remembers is right.
func (f *field) course(s *steady, steadies, trace bool) ([]float64, *flow) {
	steps := traceSteps(f.p.T)
	if !trace {
		first := f.p.T - f.p.T/2 - int(forgotten/(1-f.p.EWMA))
		steps = slices.DeleteFunc(steps, func(t int) bool { return t > 0 && t < first })
		if first > 0 {
			steps = append(steps, first)
		}
	}
	for k := range windowPoints {
		steps = append(steps, f.p.T-1-f.p.T/2*k/windowPoints)
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	o := newFlow(f)
	norms := make([]float64, f.p.T)
	for k, t := range steps {
		if steadies && f.p.Gamma*s.smallest*float64(t) >= forgotten {
			norms[t] = s.mean
		} else {
			o.to(f.p.Gamma * float64(t))
			norms[t] = o.norm()
		}
		if k == 0 {
			continue
		}
		from := steps[k-1]
		ratio := math.Log(norms[t] / norms[from])
		for step := from + 1; step < t; step++ {
			norms[step] = norms[from] * math.Exp(ratio*float64(step-from)/float64(t-from))
		}
	}
	return norms, o
}

// Band is the interval of Measured.Stable that Interval is made of.
func (p *Predicted) Band() (lo, hi float64) {
	width := p.width()
	return p.Stable * math.Exp(-width), p.Stable * math.Exp(width)
}
