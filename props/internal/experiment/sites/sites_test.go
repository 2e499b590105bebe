package sites

import (
	"math"
	"reflect"
	"runtime"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestRun: every site but delta_N and eps_1 harms, eps_N by the closed form of what it
// reaches first, and the orders that (21) has are those that are proved.
func TestRun(t *testing.T) {
	o := Default(1)
	o.Samples, o.Draws, o.Steps = 6, 2, 10
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Lines) != 2*len(Networks) {
		t.Fatalf("%d lines", len(r.Lines))
	}
	for _, l := range r.Lines {
		n := len(l.Delta) - 1
		for i := 1; i <= n; i++ {
			if (l.Delta[i] > 0) != (i < n) || (l.Eps[i] > 0) != (i > 1) || math.IsInf(l.Delta[i]+l.Eps[i], 0) {
				t.Errorf("%s, relative %v, site %d of %d: delta %v, eps %v", l.Network, l.Relative, i, n, l.Delta[i],
					l.Eps[i])
			}
		}
		if !(l.BoundedDelta > 1 && l.BoundedEps > 1) {
			t.Errorf("%s: the coefficients have the ratios %v and %v", l.Network, l.BoundedDelta, l.BoundedEps)
		}
	}
	// eps_2 reaches U_1 alone, which is eps_2 times (x, 1): for all weights the same.
	if a, b := r.Lines[0].Eps[2], r.Lines[4].Eps[2]; !(math.Abs(a/b-1) < 1e-6) || !(a > 1) {
		t.Errorf("eps_2 harms by %v and by %v", a, b)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if again, err := Run(o); err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("not the same on one processor: %v", err)
	}
}

func TestJudgements(t *testing.T) {
	for name, c := range map[string]struct {
		judge func() claim.Judgement
		want  claim.Verdict
	}{
		"usually":  {JudgeUsually, claim.Unsettled},
		"no order": {JudgeNoOrder, claim.Holds},
		"captured": {JudgeCaptured, claim.Refuted},
	} {
		j := c.judge()
		if j.Verdict != c.want || j.Cases != 2*len(Networks) || j.Note == "" {
			t.Errorf("%s: %+v", name, j)
		}
		t.Log(j.Note)
	}
}

// TestMisuse: nothing to measure panics.
func TestMisuse(t *testing.T) {
	for _, o := range []Options{{}, {Samples: 1}, {Samples: 1, Draws: 1, Size: math.NaN()}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is taken", o)
				}
			}()
			_, _ = Run(o)
		}()
	}
}
