package gen

import (
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestFar: cases of every kind build, are affordable, and go as far as they should in each
// direction.
func TestFar(t *testing.T) {
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
		reach := Extent{}
		dear, far := 0, 0
		const cases = 400
		for k := range uint64(cases) {
			c := Far(kind, Random(3, k))
			var err error
			if kind == claim.Training {
				_, err = c.BuildRun()
			} else {
				_, err = c.Build()
			}
			if err != nil {
				t.Fatalf("%v, case %d: %v", kind, k, err)
			}
			if c.Affordable(kind, FarBudget) != nil {
				dear++
				continue
			}
			x := c.Extent()
			reach = reach.Max(x)
			if x.N > MaxN || x.Width > MaxWidth || x.Steps > 1<<14 || x.Leaves > leafBudget {
				far++
			}
		}
		t.Logf("%v: %+v, %d too dear, %d far", kind, reach, dear, far)
		if dear > cases/10 || far < cases/3 {
			t.Errorf("%v: of %d cases %d are too dear, %d far", kind, cases, dear, far)
		}
		if kind != claim.Training && reach.N < 60 || reach.Width < 60 ||
			kind == claim.Training && reach.Steps < 900_000 || kind == claim.Step && reach.Leaves < 8000 {
			t.Errorf("%v: reaches %+v only", kind, reach)
		}
	}
}
