package logistic

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Measured is what one run of a Point shows.
type Measured struct {
	Stable     float64   `json:"stable"`     // mean EWMA of |grad f(w_t)| over the last floor(T/2) steps
	Low        float64   `json:"low"`        // 5 % and
	High       float64   `json:"high"`       // 95 % quantile of |grad f(w_t)| over them
	Complexity int       `json:"complexity"` // first step with an EWMA below 1.5 Stable
	MeanNorm   float64   `json:"mean_norm"`  // |mean of grad f(w_t)| over the last floor(T/2) steps
	Squares    float64   `json:"squares"`    // (1/T) sum |grad f(w_t)|^2 over all steps, the left side of (34)
	Trace      []Sample  `json:"trace"`      // of the EWMA
	W          []float64 `json:"w"`          // w_T
}

// Sample is a step of a trace.
type Sample struct {
	T    int     `json:"t"`
	EWMA float64 `json:"ewma"`
}

// Key names the point and all that its numbers depend on.
func (p *Point) Key() uint64 {
	data, err := json.Marshal(p)
	if err != nil {
		panic("logistic: " + err.Error()) // numbers that Check refuses
	}
	h := fnv.New64a()
	h.Write(data)
	return h.Sum64()
}

// start is w^0.
func (p *Point) start() []float64 {
	w := make([]float64, p.D)
	for j := range w {
		w[j] = p.Start
	}
	return w
}

// Simulate runs a point that Check accepts. It is the same for a point at any
// GOMAXPROCS.
func Simulate(p Point) *Measured {
	return simulate(context.Background(), p, dataOf(p))
}

// simulate is nil when ctx ends before it does.
func simulate(ctx context.Context, p Point, s *data) *Measured {
	pcg := rand.NewPCG(p.Seed, p.Key())
	rng := rand.New(pcg)
	step := newStepper(s, p.Law, pcg)
	w := p.start()
	half := p.T / 2
	norms := make([]float64, half)
	sum := make([]float64, p.D)
	ewma, e := make([]float64, p.T), 0.0
	m := &Measured{}
	for t := range p.T {
		if t%1024 == 0 && ctx.Err() != nil {
			return nil
		}
		exact, perturbed := step.gradients(t, w)
		addReg(exact, w, p.Reg)
		addReg(perturbed, w, p.Reg)
		norm := norm2(exact)
		if t == 0 {
			e = norm
		}
		e = float64(p.EWMA*e) + float64((1-p.EWMA)*norm)
		ewma[t] = e
		m.Squares += norm * norm / float64(p.T)
		if k := t - (p.T - half); k >= 0 {
			norms[k] = norm
			m.Stable += e / float64(half)
			for j, v := range exact {
				sum[j] += v / float64(half)
			}
		}
		for j := range w {
			w[j] -= float64(p.Gamma * (perturbed[j] + float64(p.Xi*rng.NormFloat64())))
		}
	}
	m.MeanNorm, m.W = norm2(sum), w
	m.Low, m.High = quantiles(norms)
	for m.Complexity < p.T && !(ewma[m.Complexity] < 1.5*m.Stable) {
		m.Complexity++
	}
	for _, t := range traceSteps(p.T) {
		m.Trace = append(m.Trace, Sample{t, ewma[t]})
	}
	return m
}

// traceSteps are about 40 a decade, 0 and T-1 among them.
func traceSteps(steps int) []int {
	all := []int{0}
	for k := 0; ; k++ {
		t := int(math.Round(math.Pow(10, float64(k)/40)))
		if t >= steps {
			break
		}
		if t > all[len(all)-1] {
			all = append(all, t)
		}
	}
	if all[len(all)-1] != steps-1 {
		all = append(all, steps-1)
	}
	return all
}
