package beyond

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
)

// scheme says what is sent in the place of the activations f1 or of the chain terms df2/df1
// of section 7's regression, one number a sample.
type scheme string

const (
	exact        scheme = "no error"
	backward     scheme = "backward, whole or not at all"
	backwardOne  scheme = "backward, one memory for all samples"
	backwardEach scheme = "backward, a memory a sample"
	forward      scheme = "forward, rounded to a grid of s"
	forwardEach  scheme = "forward, the rest carried along, a sample"
	difference   scheme = "forward, differences to a reference a sample"
)

var schemes = []scheme{exact, backward, backwardOne, backwardEach, forward, forwardEach, difference}

// keeps says what a scheme promises: that the gradient goes to 0 with g.
func (s scheme) keeps() bool { return s == exact || s == backwardEach || s == difference }

// The regression of section 7, strongly convex and without xi.
const (
	schemeRho = 0.1
	sendFrom  = 0.5 // chain terms below are not sent
	gridOf    = 2.0 // activations are rounded to multiples of it
	digit     = 1. / 3
)

// size is that of the regression.
type size struct {
	d, m int // weights, samples
}

// small is what the claim draws, paperSize what section 7 has.
var small, paperSize = size{d: 5, m: 50}, size{d: 10, m: 2000}

// schemeGammas are the step sizes of a sweep; each run has length/g steps.
var schemeGammas = []float64{1. / 4, 1. / 16, 1. / 64}

const schemeLength = 48

// sent is a run of a scheme.
type sent struct {
	stable float64         // mean |grad f| over the second half
	last   float64         // |grad f| at the end
	mean2  float64         // (1/T) sum |grad f|^2
	memory float64         // max_t |d_t|, d = (1/M) sum_l x_l e_l
	worst  float64         // largest |delta|/its bound, of differences
	bound  bounds.Feedback // of backwardEach
}

// stepsOf is the length of a run.
func stepsOf(gamma float64) int { return int(schemeLength / gamma) }

// runScheme descends from w = 0.
func runScheme(p *problem.Regression, s scheme, gamma float64, steps int) *sent {
	m := p.Len()
	_, first := p.Sample(0)
	width := len(first)
	w, e := make([]float64, width), make([]float64, m) // e: what a memory keeps, of one the first
	ref, before := make([]float64, m), make([]float64, m)
	delta := make([]float64, m) // the bound of |delta| by (5.12)
	grad, u, d := make([]float64, width), make([]float64, width), make([]float64, width)
	out := &sent{}
	for t := range steps {
		clear(grad)
		clear(u)
		clear(d)
		for k := range m {
			_, x := p.Sample(k)
			a := 0.0
			for j := range x {
				a += x[j] * w[j]
			}
			v := logistic(a)
			got := v
			switch s {
			case backward:
				got = whole(v)
			case backwardOne:
				got, e[0] = rest(v+e[0], whole)
			case backwardEach:
				got, e[k] = rest(v+e[k], whole)
			case forward:
				got = logistic(grid(a))
			case forwardEach:
				var y float64
				y, e[k] = rest(a+e[k], grid)
				got = logistic(y)
			case difference:
				delta[k] = digit * (math.Abs(a-before[k]) + delta[k])
				before[k] = a
				ref[k] += leading(a - ref[k])
				if delta[k] > 1e-12 { // rounding of a alone
					out.worst = max(out.worst, math.Abs(ref[k]-a)/delta[k])
				}
				got = logistic(ref[k])
			}
			for j := range x {
				grad[j] += x[j] * v / float64(m)
				u[j] += x[j] * got / float64(m)
				d[j] += x[j] * e[k] / float64(m)
			}
		}
		norm := 0.0
		for j := range w {
			r := p.Reg().Grad(w[j])
			norm += (grad[j] + r) * (grad[j] + r)
			w[j] -= gamma * (u[j] + r)
		}
		out.mean2 += norm / float64(steps)
		out.last = math.Sqrt(norm)
		if t >= steps/2 {
			out.stable += out.last / float64(steps-steps/2)
		}
		size := 0.0
		for _, x := range d {
			size += x * x
		}
		out.memory = max(out.memory, math.Sqrt(size))
	}
	if s != backwardEach {
		return out
	}
	out.bound = bounds.Feedback{
		Smooth: bounds.Smooth{L: p.L(), Gamma: gamma}, D0: problem.Loss(p, make([]float64, width)) - p.LStarLower(),
		M2: out.memory * out.memory, Steps: steps,
	}
	return out
}

func logistic(a float64) float64 { return 1 / (1 + math.Exp(-a)) }

// whole sends a number from sendFrom on, else 0.
func whole(v float64) float64 {
	if math.Abs(v) < sendFrom {
		return 0
	}
	return v
}

func grid(a float64) float64 { return gridOf * math.RoundToEven(a/gridOf) }

// leading keeps the nearest power of two and the sign: |leading(a) - a| <= |a|/3.
func leading(a float64) float64 {
	if a == 0 {
		return 0
	}
	f, e := math.Frexp(math.Abs(a)) // in [1/2, 1): 1/2 or 1 is nearer
	if f > 0.75 {
		e++
	}
	return math.Copysign(math.Ldexp(0.5, e), a)
}

// rest sends by c and says what is left.
func rest(full float64, c func(float64) float64) (sent, left float64) {
	sent = c(full)
	return sent, full - sent
}

func regression(of size, seed uint64) *problem.Regression {
	p, err := problem.LogisticWith(problem.Synthetic(of.d, of.m, seed),
		problem.LogisticOptions{Reg: core.Regularizer{Kind: "l2", Rho: schemeRho}})
	if err != nil {
		panic("beyond: " + err.Error()) // the data are of two classes
	}
	return p
}

// JudgeSchemes runs the regression of section 7 with each scheme on some drawn data sets.
// What keeps the rate has a gradient that falls with g; what does not has one that stays.
func JudgeSchemes(seed uint64) claim.Judgement {
	return judgeSchemes(sweeps(seed), scheme.keeps, bounds.Feedback.MeanGrad)
}

// sweep has a run for each of schemeGammas.
type sweep map[scheme][]*sent

// schemeData sets are drawn.
const schemeData = 2

func sweeps(seed uint64) (all []sweep) {
	for draw := range uint64(schemeData) {
		of, p := sweep{}, regression(small, seed<<8+draw)
		for _, s := range schemes {
			for _, g := range schemeGammas {
				of[s] = append(of[s], runScheme(p, s, g, stepsOf(g)))
			}
		}
		all = append(all, of)
	}
	return all
}

// plateauFrom is what a plateau has at least, and what keeps the rate falls below unless it
// falls with g, by 4 where g falls by 16.
const plateauFrom = 1e-3

func judgeSchemes(all []sweep, keeps func(scheme) bool, form func(bounds.Feedback) float64) claim.Judgement {
	j := newJudge()
	least, most := math.Inf(1), 0.0
	for _, of := range all {
		for _, s := range schemes {
			byGamma := of[s]
			for k, r := range byGamma {
				j.demand(r.worst <= 1+claim.Tie, "%s, g = %v: |delta| is %v of its bound", s, schemeGammas[k], r.worst)
				if s == backwardEach {
					j.compare(r.mean2, form(r.bound), fmt.Sprintf("%s, g = %v", s, schemeGammas[k]))
				} else {
					j.Cases++
				}
			}
			first, last := byGamma[0].stable, byGamma[len(byGamma)-1].stable
			if keeps(s) {
				j.demand(first >= 4*last || first < plateauFrom, "%s: the stable gradient norm goes from %v to "+
					"%v", s, first, last)
				continue
			}
			j.demand(first <= 2*last && last >= plateauFrom, "%s: the stable gradient norm goes from %v to %v", s, first, last)
			least, most = min(least, last), max(most, last)
		}
	}
	return j.done("%d data sets, g = 1/4 to 1/64: plateaus of %.2g to %.2g without what keeps the "+
		"rate", schemeData, least,
		most)
}
