package trace

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// TestConstants has L of a quadratic objective between its estimate and its bound, mu below its estimate, and says
// what cannot be known.
func TestConstants(t *testing.T) {
	obj := problem.NewQuadratic([][]float64{{1, 0.2}, {0, 0.7}, {0.3, 0.1}}, [][]float64{{0.1, 0}, {-0.2, 0.3}, {0, -0.1}})
	c, _ := obj.Sample(0)
	s := &shape{run: Run{Version: 1, Engine: "quadratic", Chain: c.Specs(), Samples: 3,
		Precision: Precision{"float64", "float64", "float64"}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	q := newQuadraticRun(obj, s, 1)
	r := newRunJudge(s, "")
	j, err := r.run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if l, most := r.curve.l, r.curve.atMost(s); !(l <= obj.L()*(1+1e-9) && obj.L() <= most) {
		t.Errorf("L is %v, estimated %v, at most %v", obj.L(), l, most)
	}
	if mu := r.curve.mu; !(mu > 0) || math.IsInf(mu, 0) {
		t.Errorf("mu is estimated as %v", mu)
	}
	if len(j.Constants) != 3 || !strings.Contains(j.Constants[0].Says, "at least") {
		t.Errorf("it says %+v", j.Constants)
	}
	s = &shape{run: Run{Version: 1, Engine: "may be negative", Samples: 1,
		Precision: Precision{"float64", "float64", "float64"},
		Chain:     []core.Spec{{Op: "linear", In: 2, Out: 2}, {Op: "linear", In: 2, Out: 1}}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	says := newRunJudge(s, "").sayConstants()
	for k, want := range []string{"L unknown", "mu unknown: it needs l*, and linear(2,1) may be below 0", "l* unknown"} {
		if got := says[k].Name + " " + says[k].Says; !strings.HasPrefix(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}
