package props

import (
	"encoding/json"

	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Failer is what a property needs of a test: *testing.T and *rapid.T have it.
type Failer interface {
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Property is the body of every property test and fuzz target. It fails the
// test when the case violates one of the claims, which are of one kind, in
// math/big, or cannot be decided there; otherwise it returns the largest
// left/right of each, -1 where the case says nothing.
func Property(t Failer, claims []Claim, c *gen.Case) []float64 {
	f := newFindings(claims)
	tryAll(f, claims[0].Kind, c, "property")
	ratios := make([]float64, len(f))
	for k, g := range f {
		ratios[k] = g.Ratio
		if g.Cases == 0 || g.Verdict() == "holds" {
			continue
		}
		saved, err := json.Marshal(g.Save(0))
		if err != nil {
			saved = []byte(err.Error())
		}
		t.Fatalf("%s: %s, ratio %v\n  %s\nreplay: save this line as FILE and run: go run ./props/verify -replay FILE\n%s",
			g.Claim.Name(), g.Verdict(), g.Ratio, g.Claim.Statement, saved)
	}
	return ratios
}
