package logistic

import "math"

// Predicted is what the oracle says of a point; nothing of it is simulated.
type Predicted struct {
	Plateau    float64  `json:"plateau"`     // |grad f(w_b)|, T -> infinity and then gamma -> 0; see Root, and NoRoot
	PlateauErr float64  `json:"plateau_err"` // it is within this, 0 where there is no root
	Proved     bool     `json:"proved"`      // that there is a root, or, with NoRoot, that there is none
	NoRoot     bool     `json:"no_root"`
	Floor      float64  `json:"floor"` // E|grad f(w_t)| as T -> infinity at this gamma; 0 where w_t is not stationary
	Stable     float64  `json:"stable"`
	SD         float64  `json:"sd"`              // of Measured.Stable about it
	Settled    bool     `json:"settled"`         // w^0 is forgotten in the first half of the run
	Trace      []Sample `json:"trace,omitempty"` // E of the EWMA, where asked for
}

// Z is how many standard deviations make the interval of a point, and Closure the
// relative error that the oracle, of second order in the noise, may have beside that.
const (
	Z       = 4
	Closure = 0.02
)

// Interval is that of measured/predicted in which 1 must be.
func (p *Predicted) Interval(m *Measured) (lo, hi float64) {
	width := Z*p.SD/p.Stable + Closure
	ratio := m.Stable / p.Stable
	return ratio / (1 + width), ratio / max(1-width, 1e-3)
}

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
	return predict(newField(p, newData(p.M, p.D, p.Draw)), trace)
}

func predict(f *field, trace bool) *Predicted {
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
	lag := p.EWMA / (1 - p.EWMA)
	if !out.Settled {
		out.Stable = 0
		o := newFlow(f)
		for k := range windowPoints {
			t := float64(p.T) - float64(p.T/2)*(1-(float64(k)+0.5)/windowPoints)
			o.to(p.Gamma * max(t-lag, 0))
			norm, _ := o.norm()
			out.Stable += norm / windowPoints
		}
		if !steadies {
			out.SD = f.driftSD(o)
		}
	}
	if trace {
		out.Trace = f.trace(s, steadies)
	}
	return out
}

// driftSD is the standard deviation of the last |grad f| itself, where nothing is
// stationary: that of the mean over half a run is not larger.
func (f *field) driftSD(o *flow) float64 {
	l := o.f.at(o.w, o.cov)
	b := newBasis(l.hess, l.fHess, f.p.Gamma)
	m := normOf(l.exact, b.gradient(b.in(o.cov)), false)
	return math.Sqrt(max(m.square-m.mean*m.mean, 0))
}

// trace is E of the EWMA at traceSteps. The flow gives E|grad f|; its EWMA is taken with
// values between the times it is looked at in a straight line.
func (f *field) trace(s *steady, steadies bool) []Sample {
	steps := traceSteps(f.p.T)
	o := newFlow(f)
	var out []Sample
	e, last := 0.0, 0.0
	for k, t := range steps {
		now := 0.0
		if steadies && f.p.Gamma*s.smallest*float64(t) >= forgotten {
			now = s.mean
		} else {
			o.to(f.p.Gamma * float64(t))
			now, _ = o.norm()
		}
		if k == 0 {
			e, last = now, now
		} else {
			from := steps[k-1]
			for step := from + 1; step <= t; step++ {
				v := last + (now-last)*float64(step-from)/float64(t-from)
				e = f.p.EWMA*e + (1-f.p.EWMA)*v
			}
		}
		last = now
		out = append(out, Sample{t, e})
	}
	return out
}
