package fuzz

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// The rows of the targets are those of package props.
var targets = props.Targets()

func FuzzPropagation(f *testing.F) { fuzzClaims(f, "FuzzPropagation") }
func FuzzBias(f *testing.F)        { fuzzClaims(f, "FuzzBias") }
func FuzzSpike(f *testing.F)       { fuzzClaims(f, "FuzzSpike") }
func FuzzNodes(f *testing.F)       { fuzzClaims(f, "FuzzNodes") }
func FuzzLinear(f *testing.F)      { fuzzClaims(f, "FuzzLinear") }
func FuzzDescent(f *testing.F)     { fuzzClaims(f, "FuzzDescent") }
func FuzzHorizon(f *testing.F)     { fuzzClaims(f, "FuzzHorizon") }

// fuzzClaims fuzzes the claims of the row with that name. In a campaign what it finds goes
// to files, and nothing fails.
func fuzzClaims(f *testing.F, name string) {
	claims, err := aim(row(name), os.Getenv(aimVariable))
	if err != nil {
		f.Fatal(err)
	}
	if len(claims) == 0 {
		f.Skipf("%s has none of its claims", aimVariable)
	}
	if dir := os.Getenv(props.FindsVariable); dir != "" {
		finds := props.NewFinds(claims, dir)
		if os.Getenv(props.DecoderVariable) == "rapid" {
			f.Fuzz(rapid.MakeFuzz(finds.FuzzRapid))
			return
		}
		f.Fuzz(func(t *testing.T, data []byte) { finds.Fuzz(t, data) })
		return
	}
	f.Fuzz(func(t *testing.T, data []byte) { props.Fuzz(t, claims, data) })
}

func row(name string) props.Target {
	k := slices.IndexFunc(targets, func(t props.Target) bool { return t.Name == name })
	return targets[k]
}

// aimVariable names the claims to aim at, those that hold when it is not set.
const aimVariable = "CASCADE_CLAIMS"

// aim are the claims of a target: those that hold, or those that names selects. A name
// that no claim of any target begins with is an error.
func aim(t props.Target, names string) ([]claim.Claim, error) {
	wanted := strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' })
	if err := known(wanted); err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		return held(t)
	}
	return slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool {
		if !t.Owns(&c) {
			return true
		}
		return !slices.ContainsFunc(wanted, func(name string) bool { return begins(name, &c) })
	}), nil
}

// begins reports that the parts of a name are the first of the claim's.
func begins(name string, c *claim.Claim) bool { return strings.HasPrefix(c.Name()+"/", name+"/") }

// known is nil when each name begins that of a claim which some target has.
func known(names []string) error {
	for _, name := range names {
		found := slices.ContainsFunc(props.Claims(), func(c claim.Claim) bool {
			return c.Kind != claim.SelfJudged && begins(name, &c)
		})
		if !found {
			return &unknownClaim{name}
		}
	}
	return nil
}

type unknownClaim struct{ name string }

func (e *unknownClaim) Error() string {
	return aimVariable + ": no claim that is searched is named " + strings.ToValidUTF8(e.name[:min(len(e.name), 80)],
		"?")
}
