package bounds_test

import (
	"math"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestReached: what the recursion reaches is below Q and not far below, at every N,
// and the sizes and angles of one reach it: |U-u| of the recursion, run forwards.
func TestReached(t *testing.T) {
	for _, n := range []int{2, 3, 5, 9} {
		for _, c := range []float64{0.25, 0.7, 1, 1.2} {
			for _, lf := range []float64{0, 0.3, 1, 1.4} {
				k := Const{N: n, C: c, Lf: lf, L1: 2}
				q, got := SharpTheorem1Ratio(k), ReachedRatio(k)
				if !(got <= q*(1+RatioError)) || !(got >= 0.9*q) {
					t.Errorf("%+v: reached %v of %v", k, got, q)
				}
				if run := ReachedByRecursion(k); !(math.Abs(run-got) <= 1e-6*got) {
					t.Errorf("%+v: the recursion comes to %v, ReachedRatio says %v", k, run, got)
				}
			}
		}
	}
	if v := ReachedRatio(Const{N: 3, C: 1e200, Lf: 1e200, L1: 1}); !math.IsNaN(v) {
		t.Errorf("an overflow gives %v", v)
	}
}
