package conform

import (
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

// must is an engine of a factory that cannot fail.
func must(e Engine, _ error) *lab { return e.(*lab) }
