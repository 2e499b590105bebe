package appendix

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// a1Case is A.1 at one a: E sigma'(Y) from the engine and as printed, and
// sigma'(0).
type a1Case struct{ A, Engine, Printed, At0 float64 }

// a1Cases run A.1 through the engine: bias, sigmoid with weight 0 and input 0,
// delta_1 = +-a, so that U_1 = sigma'(Y_1). a is at least 2^-10, where the gap
// a^2/16 stands far above rounding.
func a1Cases() []a1Case {
	chain, err := core.NewChain(core.Bias(1), core.Sigmoid(1))
	if err != nil {
		panic("appendix: " + err.Error())
	}
	walker, m := expect.NewWalker(chain), claim.NewGradientMoments(chain)
	var cases []a1Case
	for k := -40; k <= 20; k++ {
		a := math.Exp2(float64(k) / 4)
		plan := expect.Plan{Delta: []perturb.Finite{1: perturb.TwoPoint([]float64{a}, []float64{-a}, 0.5)}}
		if err := walker.Walk(m, []float64{0}, []float64{0}, &plan, 0); err != nil {
			panic("appendix: " + err.Error())
		}
		printed, at0 := problem.A1(a)
		cases = append(cases, a1Case{a, at0 + m.UMean[0], printed, at0}) // sigma'(0) + E[U_1-u_1]
	}
	return cases
}

// JudgeA1: the mean is as printed, and below sigma'(0).
func JudgeA1() claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	for _, c := range a1Cases() {
		j.Cases++
		if !(c.Engine < c.At0) || !(math.Abs(c.Engine-c.Printed) <= 1e-12) {
			return claim.Judgement{Verdict: claim.Refuted, Cases: j.Cases,
				Note: fmt.Sprintf("a = %v: E sigma'(Y) = %v, "+
					"sigma'(a) = %v, sigma'(0) = %v", c.A, c.Engine, c.Printed, c.At0)}
		}
		j.Ratio = max(j.Ratio, c.Engine/c.At0)
	}
	j.Note = "shows a bias of second order in a, as |delta|^4 in Theorem 2 says; not that training fails, since the " +
		"bias of one gradient is all it speaks of"
	return j
}

// exampleRun is one run of appendix A, as printed or around it.
type exampleRun struct {
	Name       string
	Gamma      float64
	Momentum   float64
	Times3L    float64 // 3 L g: the hypothesis is that it is at most 1
	Start      []float64
	Perturbed  bool
	Steps      int     // taken
	Distance   float64 // from the limit: -d in A.2, w1 = 0 in A.3
	OneStep    float64 // the same after one step
	AsPrinted  bool    // the run is one that the paper describes
	Converged  bool    // the distance fell below settled
	Overflowed bool    // it grew beyond escaped
}

const (
	settled = 1e-9
	escaped = 1e50
	// exampleSteps lets a contraction as slow as 1 - 2^-9 reach settled.
	exampleSteps = 20_000
)

// drive runs example c from start at w, with heavy ball of momentum b.
func drive(c *problem.Counterexample, r *exampleRun, distance func(w []float64) float64) {
	w := append([]float64(nil), r.Start...)
	m := make([]float64, len(w))
	s := core.NewState(c.Chain)
	var sampler *perturb.Sampler
	if r.Perturbed {
		sampler = perturb.NewSampler(c.Delta, c.Eps, 1)
	}
	for r.Steps = 0; r.Steps < exampleSteps; {
		var p core.Perturber
		if r.Perturbed {
			p = sampler.At(r.Steps, 0)
		}
		s.Pass(c.Chain, c.X, w, p)
		for k, u := range s.UAll {
			m[k] = float64(r.Momentum*m[k]) + u
			w[k] -= float64(r.Gamma * m[k])
		}
		r.Steps++
		r.Distance = distance(w)
		if r.Steps == 1 {
			r.OneStep = r.Distance
		}
		if !(r.Distance <= escaped) {
			r.Overflowed = true
			return
		}
	}
	r.Converged = r.Distance <= settled
}

// a2Runs are A.2 with d = 1/2, g on both sides of the printed 1/2 and of the
// hypothesis g <= 1/(3L) = 1/6.
func a2Runs() []exampleRun {
	const d = 0.5
	c := problem.A2(d)
	var examples []exampleRun
	for _, g := range []float64{1. / 64, 0.1, 1. / 6, 0.25, 0.4999, 0.5, 0.75, 0.9, 1.125} {
		for _, start := range []float64{1, -3, 0.1} {
			r := exampleRun{Name: "A.2", Gamma: g, Times3L: 6 * g, Start: []float64{start}, Perturbed: true,
				AsPrinted: g < 0.5}
			drive(c, &r, func(w []float64) float64 { return math.Abs(w[0] + d) })
			examples = append(examples, r)
		}
	}
	return examples
}

// a3L is lambda_max(A^T A), the Lipschitz constant of grad l in w1 at w2 = 0, where
// w2 stays: a lower bound of L, so that 3 L g is not over-estimated.
func a3L(c *problem.Counterexample) float64 {
	a := c.Chain.Op(2).Spec().A
	var p, q, r float64
	for _, row := range a {
		p += row[0] * row[0]
		q += row[0] * row[1]
		r += row[1] * row[1]
	}
	return (p+r)/2 + math.Hypot((p-r)/2, q)
}

// heavyBall is the momentum of A.3.
const heavyBall = 0.9

// a3Runs are the runs of a seed. Two judgements and the page share them: they take a second
// or two.
func a3Runs(seed uint64) []exampleRun {
	examples, _ := a3Found.LoadOrStore(seed, sync.OnceValue(func() []exampleRun { return newA3Runs(seed) }))
	return examples.(func() []exampleRun)()
}

var a3Found sync.Map // seed to func() []exampleRun

// newA3Runs are A.3 as printed (starts (s, s) with s a power of two, which float64
// squares and sums exactly), from other starts, with admissible steps, and each
// matrix with and without momentum.
func newA3Runs(seed uint64) []exampleRun {
	rng := rand.New(rand.NewPCG(seed, 3))
	var starts [][]float64
	for _, s := range []float64{1, 2, 0.25} {
		starts = append(starts, []float64{s, s, 0, 0})
	}
	starts = append(starts, []float64{0.1, 0.1, 0, 0})
	for range 3 {
		starts = append(starts, []float64{rng.NormFloat64(), rng.NormFloat64(), 0, 0})
	}
	var examples []exampleRun
	for _, kind := range []problem.A3Kind{problem.A3SGD, problem.A3HeavyBall} {
		c := problem.A3(kind)
		name := map[problem.A3Kind]string{problem.A3SGD: "A.3, A of SGD",
			problem.A3HeavyBall: "A.3, A of heavy ball"}[kind]
		l := a3L(c)
		for _, momentum := range []float64{0, heavyBall} {
			for _, g := range []float64{c.Gamma, 1 / (3 * l), 0.2 / l} {
				for k, start := range starts {
					for _, perturbed := range []bool{false, true} {
						r := exampleRun{
							Name: name, Gamma: g, Momentum: momentum, Times3L: 3 * l * g, Start: start,
							Perturbed: perturbed,
							AsPrinted: g == c.Gamma && momentum == c.Momentum && k < 3,
						}
						drive(c, &r, func(w []float64) float64 { return math.Hypot(w[0], w[1]) })
						examples = append(examples, r)
					}
				}
			}
		}
	}
	return examples
}

// JudgeA2: the printed runs reach -d.
func JudgeA2() claim.Judgement { return judgeA2(a2Runs()) }

func judgeA2(examples []exampleRun) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	beyond := 0
	for _, r := range examples {
		if !r.AsPrinted {
			if r.Converged {
				beyond++
			}
			continue
		}
		j.Cases++
		if !r.Converged {
			j.Verdict = claim.Refuted
			j.Note = fmt.Sprintf("g = %v from %v: |x + d| = %v", r.Gamma, r.Start, r.Distance)
		}
	}
	if j.Note == "" {
		j.Note = fmt.Sprintf("so do %d runs with 1/2 <= g < 1: the condition is |1-2g| < 1. delta_1 = d has a "+
			"mean that "+
			"does not shrink, so no rate is promised", beyond)
	}
	return j
}

// JudgeA3: the printed runs come out as printed.
func JudgeA3(seed uint64) claim.Judgement { return judgeA3(a3Runs(seed)) }

func judgeA3(examples []exampleRun) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	printedSGD := problem.A3(problem.A3SGD).Gamma
	var times, others, lost float64
	for _, r := range examples {
		if !r.AsPrinted {
			if r.Gamma == printedSGD && !r.Perturbed && r.Momentum == 0 {
				others++
				if !r.Converged {
					lost++
				}
			}
			continue
		}
		j.Cases++
		times = max(times, r.Times3L)
		printed := r.Converged == !r.Perturbed
		if !r.Perturbed && r.Momentum == 0 {
			printed = printed && r.OneStep == 0
		}
		if !printed {
			j.Verdict = claim.Refuted
			j.Note = fmt.Sprintf("%s from %v, compressor %v: |w1| = %v", r.Name, r.Start, r.Perturbed, r.Distance)
		}
	}
	if j.Note == "" {
		j.Note = fmt.Sprintf("but 3 L g is up to %.0f, and SGD without the compressor diverges from %.0f of %.0f "+
			"other "+
			"starts, (0.1, 0.1) in float64 among them", times, lost, others)
	}
	return j
}

// JudgeA3Admissible: with the hypotheses of section 4, does the compressor keep a
// run from converging? One that converges refutes it.
func JudgeA3Admissible(seed uint64) claim.Judgement { return judgeA3Admissible(a3Runs(seed)) }

func judgeA3Admissible(examples []exampleRun) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	converged := 0
	for _, r := range examples {
		if !r.Perturbed || r.Times3L > 1+1e-12 {
			continue
		}
		j.Cases++
		if r.Converged {
			converged++
			j.Verdict = claim.Refuted
		}
	}
	j.Note = fmt.Sprintf("%d of %d compressed runs with 3 L g <= 1 reach |w1| < %g; Top-1 removes a part of v1, so "+
		"its error shrinks with v1 and is not O(1)", converged, j.Cases, settled)
	return j
}
