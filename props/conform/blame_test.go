package conform

import (
	"errors"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestBlame: a part that is wrong in one operator wherever it stands is named, even where the
// operators that show states and gradients, scale and bias, are wrong themselves in (5c).
func TestBlame(t *testing.T) {
	j2 := func(op string) func(e *lab) {
		return func(e *lab) {
			e.hook.j2 = func(i int, j *job, _, _, _, g []float64) {
				if j.chain[i-1].Op == op {
					times(g, 2)
				}
			}
		}
	}
	j1 := func(op string) func(e *lab) {
		return func(e *lab) {
			e.hook.j1 = func(i int, j *job, _, _, _, _, _, g []float64) {
				if j.chain[i-1].Op == op {
					times(g, 2)
				}
			}
		}
	}
	f := func(op string) func(e *lab) {
		return func(e *lab) {
			e.hook.forward = func(_ int, s core.Spec, _, _, y []float64) {
				if s.Op == op {
					times(y, 2)
				}
			}
		}
	}
	for _, c := range []struct {
		fault          func(e *lab)
		equation, part string
	}{
		{j2("bias"), "(5c)", "J2 of bias"},
		{j1("bias"), "(5b)", "J1 of bias"},
		{f("bias"), "(5a)", "f of bias"},
		{j2("scale"), "(5c)", "J2 of scale"},
		{j1("scale"), "(5b)", "J1 of scale"},
		{f("scale"), "(5a)", "f of scale"},
		{j2("linear"), "(5c)", "J2 of linear"},
		{j2("bilinear"), "(5c)", "J2 of bilinear"},
		{j1("linear"), "(5b)", "J1 of linear"},
		{j1("halfsq"), "(5b)", "J1 of halfsq"},
		{f("affine"), "(5a)", "f of affine"}, // behind it a weight of 0, which hides the state
		{f("tanh"), "(5a)", "f of tanh"},
	} {
		for _, only := range []bool{true, false} { // steps alone, or traces as well
			if !only && c.part != "J1 of scale" && c.part != "f of tanh" {
				continue
			}
			factory := func() (Engine, error) {
				e := must(labFactory(float64s, c.fault)())
				if only {
					return stepOnly{e}, nil
				}
				return e, nil
			}
			r := Run(factory, &Options{Rules: []string{"operators", "step", "trace"}, Cases: 1})
			if len(r.Findings) != 1 || r.Findings[0].Equation != c.equation || r.Findings[0].Part != c.part {
				t.Errorf("steps only %v: found %v, want %s %s alone", only, r.Err(), c.equation, c.part)
			}
		}
	}
}

// TestBlameUnprobed: what is named of an engine that cannot show states, by what the smallest case
// still has in it; of other faults, by what they are about.
func TestBlameUnprobed(t *testing.T) {
	p := &prober{s: &session{maker: &maker{}}}
	chain := []core.Spec{{Op: "linear", In: 1, Out: 1}, {Op: "tanh", N: 1}, {Op: "halfsq", N: 1}}
	still := func(kind string, steps, samples int) *job {
		j := &job{kind: kind, chain: chain, reg: core.Regularizer{Kind: "none"}, want: &want{}}
		for range steps {
			var s RunStep
			for range samples {
				s.Samples = append(s.Samples, Sample{Delta: [][]float64{{0}, {0}, {0}}, Eps: [][]float64{{}, {0}, {0}}})
			}
			j.steps = append(j.steps, s)
		}
		return j
	}
	one := still(step, 1, 1)
	delta, eps, l2, wild := still(step, 1, 1), still(step, 1, 1), still(step, 1, 1), still(step, 1, 1)
	delta.first().Delta[1][0] = 1
	eps.first().Eps[2][0] = 1
	l2.reg.Kind = "l2"
	wild.want.wild = true
	wrong := func(quantity string, operator int) *fault {
		return &fault{kind: Wrong, equation: "(e)", quantity: quantity, operator: operator}
	}
	for _, c := range []struct {
		jobs           []*job
		f              *fault
		equation, part string
		ops            string
	}{
		{[]*job{delta}, wrong("loss", 3), "(5a)", "delta", ""},
		{[]*job{eps}, wrong("loss", 3), "(5a)", "a function", ""},
		{[]*job{eps}, wrong("U", 3), "(5c)", "J2 of halfsq", "halfsq"},
		{[]*job{eps}, wrong("U", 2), "(5b)", "eps", ""},
		{[]*job{delta}, wrong("U", 2), "(5b), (5c)", "J1 of halfsq, or J2 of tanh", ""},
		{[]*job{one}, &fault{kind: Shape, quantity: "U"}, "", "the length of U", ""},
		{[]*job{one}, &fault{kind: Shape}, "", "", ""},
		{[]*job{one}, &fault{kind: Hang, quantity: "U"}, "", "", ""},
		{[]*job{one, one}, wrong("U", 2), "(5)", "what is kept of earlier requests", ""},
		{[]*job{one}, wrong("W", 1), "(5d)", "the step", ""},
		{[]*job{l2}, wrong("W", 1), "(5d)", "the step with its regularizer", ""},
		{[]*job{still(run, 2, 1)}, wrong("W", 1), "(5), step after step", "what a run carries", ""},
		{[]*job{still(run, 1, 1)}, wrong("loss", 0), "(e)", "the run", ""},
		{[]*job{still(batch, 1, 1)}, wrong("U", 1), "(e)", "the batch", ""},
		{[]*job{still(batch, 1, 2)}, wrong("U", 1), "(5), means over samples", "the mean over samples", ""},
		{[]*job{wild}, wrong("U", 1), "(5)", "what is not finite", ""},
		{[]*job{still(trace, 1, 1)}, wrong("Y", 2), "(5a)", "f (in a trace) of tanh", "tanh"},
		{[]*job{still(trace, 1, 1)}, wrong("V", 1), "(5b)", "J1 (in a trace) of tanh", "tanh"},
		{[]*job{still(trace, 1, 1)}, wrong("V", 3), "(e)", "V", ""},
		{[]*job{still(trace, 1, 1)}, wrong("Y", 0), "(e)", "Y", ""},
	} {
		equation, part, ops := p.blame(c.jobs, c.f)
		if equation != c.equation || part != c.part || strings.Join(ops, " ") != c.ops {
			t.Errorf("%s of operator %d: %q %q of %v, want %q %q of %q", c.f.quantity, c.f.operator, equation, part, ops,
				c.equation, c.part, c.ops)
		}
	}
}

// TestFactoryGivesOut: a fault that was seen is reported, whichever engine the factory is the first
// not to make for its smallest case.
func TestFactoryGivesOut(t *testing.T) {
	for limit := 1; limit <= 6; limit++ {
		made := 0
		faulty := labFactory(float64s, func(e *lab) {
			e.hook.forward = func(_ int, s core.Spec, _, _, y []float64) {
				if s.Op == "tanh" {
					times(y, 2)
				}
			}
		})
		r := Run(func() (Engine, error) {
			if made++; made > limit {
				return nil, errors.New("no more engines")
			}
			return stepOnly{must(faulty())}, nil
		}, &Options{Rules: []string{"operators"}, Cases: 1})
		if err := r.Err(); err == nil || len(r.Findings) == 0 {
			t.Errorf("%d engines: %v", limit, err)
		}
	}
}

// must is an engine of a factory that cannot fail.
func must(e Engine, _ error) *lab { return e.(*lab) }
