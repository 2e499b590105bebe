package measure_test

import (
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// named is the claim of the list with the given name.
func named(t testing.TB, name string) *claim.Claim {
	t.Helper()
	for _, c := range props.Claims() {
		if c.Name() == name {
			return &c
		}
	}
	t.Fatalf("no claim %s", name)
	return nil
}
