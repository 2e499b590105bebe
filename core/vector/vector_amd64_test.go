package vector

import (
	"math/rand/v2"
	"testing"
)

// TestWithoutAVX2: a processor without it gets the same bits from the same functions.
func TestWithoutAVX2(t *testing.T) {
	if !fast {
		t.Skip("no AVX2 here: the loops in Go are all there is")
	}
	defer func() { fast = true }()
	rng := rand.New(rand.NewPCG(5, 5))
	const m = 203
	x, a, w := normals(rng, Rows*m), arguments(rng, m), normals(rng, Rows)
	pairs := Pairs(x, m)
	all := func() [][]float64 {
		out := [][]float64{}
		room := func(n int) []float64 {
			v := make([]float64, n)
			out = append(out, v)
			return v
		}
		Slopes(room(m), a)
		TwoSlopes(room(m), room(m), a, 0.7)
		Combine(room(m), x, w)
		Sums(room(Rows), pairs, a, 0.1)
		TwoSums(room(Rows), room(Rows), pairs, a, x[:m], 0.1)
		outer := room(Rows * m)
		copy(outer, pairs)
		AddOuter(outer, w, a, 0.1)
		return out
	}
	want := all()
	fast = false
	for k, got := range all() {
		same(t, "without AVX2", got, want[k])
	}
}
