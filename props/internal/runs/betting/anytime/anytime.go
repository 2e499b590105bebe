package anytime

import (
	"fmt"
	"math"
	"slices"
)

// SuiteAlpha is the false-alarm rate of all tests of the suite together.
const SuiteAlpha = 1e-9

// Share is the part of SuiteAlpha of the k-th of n tests, k = 0..n-1: an even
// split, by the union bound. It panics when k is not one of them.
func Share(k, n int) float64 {
	if k < 0 || k >= n {
		panic(fmt.Sprintf("anytime: test %d of %d", k, n))
	}
	return SuiteAlpha / float64(n)
}

// bets are the fractions that are bet; the wealth is the mean over them, which is
// a supermartingale as each is. Small ones win against violations that are small
// beside B, large ones fast against large.
var bets = [...]float64{0x1p-10, 0x1p-9, 0x1p-8, 0x1p-7, 0x1p-6, 0x1p-5, 0x1p-4, 0x1p-3, 0x1p-2, 0x1p-1, 0.75}

// Test is a test of E[X_t | past] <= 0. The zero value is ready.
type Test struct {
	logs [len(bets)]float64 // of the wealth of each bet, from below
	top  float64            // the largest log wealth so far
	n    int
}

// logError bounds the error of one log1p, of its argument and of adding it to a
// sum of magnitude at most 2^20: a few roundings of 2^-53 each. Taken off at every
// observation, it keeps rounding from rejecting what exact arithmetic would not.
const logError = 0x1p-30

// Observe takes X = x, which is promised to be at least -bound.
func (t *Test) Observe(x, bound float64) error {
	if err := promised(x, bound, t.n); err != nil {
		return err
	}
	t.n++
	r := x / bound
	for k, b := range bets {
		t.logs[k] += math.Log1p(float64(b*r)) - logError
	}
	if slices.Max(t.logs[:]) > t.top { // a mean is at most the largest
		t.top = max(t.top, t.LogWealth())
	}
	return nil
}

// promised is the error of observation n where it is not what was promised.
func promised(x, bound float64, n int) error {
	switch {
	case !(bound > 0) || math.IsInf(bound, 0):
		return fmt.Errorf("anytime: observation %d: bound is %v, want finite and > 0", n, bound)
	case !(x >= -bound) || math.IsInf(x, 0):
		return fmt.Errorf("anytime: observation %d: %v, promised to be finite and at least %v", n, x, -bound)
	}
	return nil
}

// N is the number of observations.
func (t *Test) N() int { return t.n }

// LogWealth is ln K_t, K_t the mean wealth of the bets.
func (t *Test) LogWealth() float64 {
	most := math.Inf(-1)
	for _, l := range t.logs {
		most = max(most, l)
	}
	sum := 0.0
	for _, l := range t.logs {
		sum += math.Exp(l - most)
	}
	return most + math.Log(sum/float64(len(bets))) - logError
}

// Rejected reports that the wealth has reached 1/alpha at some time. It panics
// unless 0 < alpha < 1.
func (t *Test) Rejected(alpha float64) bool {
	mustLevel(alpha)
	return t.top >= -math.Log(alpha)
}

func mustLevel(alpha float64) {
	if !(alpha > 0 && alpha < 1) {
		panic(fmt.Sprintf("anytime: alpha is %v", alpha))
	}
}
