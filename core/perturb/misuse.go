package perturb

import (
	"fmt"
	"math/rand/v2"
)

// misused reports the use of a law that breaks the contract of Law or Finite: the
// lengths of dst and of the state, want of both, or an outcome that is none of n.
// Its callers compare by themselves, which costs a draw less than a call.
func misused(law string, dst, s []float64, want, k, n int) {
	panic(fmt.Sprintf("perturb: law %q: destination of length %d and state of length %d, want %d; outcome %d of %d",
		law, len(dst), len(s), want, k, n))
}

// mustRand panics when there is nothing to draw from.
func mustRand(law string, rng *rand.Rand) {
	if rng == nil {
		panic("perturb: law \"" + law + "\": nil *rand.Rand")
	}
}
