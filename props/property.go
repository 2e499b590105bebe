package props

import (
	"encoding/json"

	"github.com/cascade-sgd/cascade/props/gen"
)

// Failer is what a property needs of a test: testing.T, testing.F's argument
// and rapid.T have it.
type Failer interface {
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Property is the body of every property test and fuzz target: it fails the
// test when the case violates the claim in math/big, or cannot be decided
// there, and skips it when the case says nothing.
func Property(t Failer, claim *Claim, c *gen.Case) {
	f := newFindings([]Claim{*claim})
	tryAll(f, claim.Kind, c, "property")
	g := f[0]
	if g.Cases == 0 {
		t.Skipf("%s: the case says nothing", claim.Name())
	}
	if v := g.Verdict(); v != "holds" {
		saved, err := json.Marshal(g.Save(0))
		if err != nil {
			saved = []byte(err.Error())
		}
		t.Fatalf("%s: %s, ratio %v\n  %s\nreplay: save this line as FILE and run: go run ./props/verify -replay FILE\n%s",
			claim.Name(), v, g.Ratio, claim.Statement, saved)
	}
}
