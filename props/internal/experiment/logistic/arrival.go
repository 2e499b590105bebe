package logistic

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Arrival is the oracle of Measured.Complexity, the "stable iteration complexity" of section 7: the first step
// with an EWMA below 1.5 Stable. Along the flow E|grad f(w_t)| falls like e^{-lambda gamma t}, lambda the smallest
// eigenvalue of the Hessian at the root, until noise and plateau hold it, so that
//
//	steps ~ ln(c/Stable)/(lambda gamma):
//
// of order 1/gamma over a plateau, of order ln(1/gamma)/gamma where Stable ~ gamma^{1/2}.
//
// A run passes the level earlier than its mean when the noise is with it, and later when it is not. With sd_t that
// of |grad f(w_t)|, which that of the EWMA does not exceed, and w the width of Stable's interval, it is not there
// while
//
//	E EWMA_t - Z sd_t > 1.5 Stable e^w.
//
// It is there by the time E EWMA_t + Z sd_t < 1.5 Stable e^-w. Where the noise is so slow that this never comes,
// |grad f(w_t)| is above 1.5 times its mean with a chance q, that of a gamma law with its mean and variance, and
// draws anew in about two e-folds of the slowest mode: it is there n such times after its mean is, q^n <= rare.
type Arrival struct {
	At   int `json:"at"`   // the first step with E EWMA below 1.5 Stable; T if there is none
	Low  int `json:"low"`  // a run is not there before,
	High int `json:"high"` // and not after this step
}

// arrivalLevel is what Stable is multiplied by, in section 7; rare is the chance of Z standard deviations, on both
// sides, and redraw the e-folds in which the slowest mode counts as drawn anew.
const (
	arrivalLevel = 1.5
	rare         = 6.3e-5
	redraw       = 2
	arrivalEvery = 3 // of traceSteps: 13 a decade, ln norm straight between them
)

// Holds reports whether a run arrived within the interval.
func (a *Arrival) Holds(m *Measured) bool { return a.Low <= m.Complexity && m.Complexity <= a.High }

// arrival follows the flow from w^0 until all three steps are known.
func (f *field) arrival(q *Predicted) *Arrival {
	p := f.p
	var s *steady
	steadies := false
	if root := f.root(p.start()); root.Proved {
		s, steadies = f.steadyAt(root.W)
	}
	c := &crossing{Arrival: Arrival{At: -1, Low: -1, High: -1}, q: q, wait: math.Inf(1)}
	o := newFlow(f)
	last, mean, sd := -1, 0.0, 0.0
	for k, t := range traceSteps(p.T) {
		if k%arrivalEvery != 0 && t != p.T-1 {
			continue
		}
		before, beforeSD := mean, sd
		if steadies && p.Gamma*s.smallest*float64(t) >= forgotten {
			mean = s.mean // and sd stays
		} else {
			o.to(p.Gamma * float64(t))
			mean, sd = o.normSD()
		}
		if steadies {
			c.waitFor(q, sd, p.Gamma*s.smallest)
		}
		for step := last + 1; step <= t; step++ {
			way := float64(step-last) / float64(t-last)
			norm := mean
			if last >= 0 {
				norm = before * math.Exp(math.Log(mean/before)*way)
			}
			c.add(step, p.EWMA, norm, beforeSD+(sd-beforeSD)*way)
		}
		if last = t; c.High >= 0 {
			break
		}
	}
	for _, step := range []*int{&c.At, &c.Low, &c.High} {
		if *step < 0 {
			*step = p.T
		}
	}
	return &c.Arrival
}

// crossing looks for the steps of an Arrival, all of them -1 before they are found.
type crossing struct {
	Arrival
	q    *Predicted
	ewma float64
	wait float64 // how many steps after At the run is there
}

// waitFor sets how long a run may be above the level where its mean is not.
func (c *crossing) waitFor(q *Predicted, sd, rate float64) {
	relative := math.Hypot(sd, q.SD) / q.Stable
	shape := 1 / (relative * relative)
	above := distuv.Gamma{Alpha: shape, Beta: shape}.Survival(arrivalLevel)
	c.wait = redraw * max(1, math.Ceil(math.Log(rare)/math.Log(above))) / rate
}

// add is a step with the mean and standard deviation of |grad f(w_t)|.
func (c *crossing) add(t int, factor, norm, sd float64) {
	if t == 0 {
		c.ewma = norm
	}
	c.ewma = factor*c.ewma + (1-factor)*norm
	level, width := arrivalLevel*c.q.Stable, math.Exp(c.q.width())
	if c.Low < 0 && !(c.ewma-Z*sd > level*width) {
		c.Low = t
	}
	if c.At < 0 && c.ewma < level {
		c.At = t
	}
	if c.High < 0 && (c.ewma+Z*sd < level/width || c.At >= 0 && float64(t-c.At) >= c.wait) {
		c.High = t
	}
}
