package bounds

import (
	"fmt"
	"math"
)

// Const holds the number of operators and the constants of A3.
type Const struct {
	N  int     // operators, 2..MaxN
	C  float64 // C_grad-f:  |J1_i|_op, |J2_i|_op <= C
	C2 float64 // C_grad2-f: |grad^2_21 f_i|_op <= C2
	Lf float64 // f_i is Lf-Lipschitz in the input
	L1 float64 // L_grad-f:  grad f_i, the pair (J1_i, J2_i), is L1-Lipschitz
	L2 float64 // L_grad2-f: grad^2 f_i is L2-Lipschitz
}

// MaxN is the largest N for which RelError is derived; more panics.
const MaxN = 1 << 10

// RelError bounds the relative rounding error of every right side while nothing
// in it overflows or underflows. All terms are non-negative, so the error of a
// sum is at most that of its worst term, plus 2^-53 a rounding. A ratio such as
// 8 Lf^4 is at most 5 roundings, its powers 6N, a sum of them N more; the
// deepest right side, (23), nests Cy (S_j, two powers, a sum: 15N) in a sum over
// j with one more power (7N) in a sum over i (2N), and Cv^2 (2N), with fewer than
// 64 products outside any power: below 32 N + 64 < 2^16 at MaxN, and
// (1+2^-53)^(2^16) - 1 < 2^-36. A sharp form is a sum of rows (4N) of entries that
// are sums of rows (2N) of two paths (2N) times an inner product (N) of two reaches
// (4N) and g^2 (2N): fewer.
const RelError = 0x1p-36

// Cv is max{1, C^N} (Lemma 1).
func (k Const) Cv() float64 {
	k.check()
	return math.Max(1, pow(k.C, k.N))
}

// CvSq is Cv^2 = max{1, C^{2N}}.
func (k Const) CvSq() float64 {
	k.check()
	return math.Max(1, pow(k.C, 2*k.N))
}

// S is S_j = sum_{l=0..j} (3C^2)^l, the abbreviation of section 2; 0 for j < 0.
func (k Const) S(j int) float64 { return geometric(k.threeCSq(), 0, j) }

func (k Const) threeCSq() float64 { return product(3, k.C, k.C) }

// weightedS is sum_{j=from..N-1} S_j q^{j-from}, the sum of (21), (32) and (33).
func (k Const) weightedS(from int, q float64) float64 {
	ratio := k.threeCSq()
	sum := 0.0
	s, power := k.S(from), pow(q, 0)     // S_j and q^{j-from}
	term := mul(pow(ratio, from), ratio) // (3C^2)^{j+1}, what S_{j+1} has more
	for j := from; j <= k.N-1; j++ {
		sum += product(s, power)
		s += term
		term = mul(term, ratio)
		power = mul(power, q)
	}
	return sum
}

func (k Const) check() {
	if k.N < 2 || k.N > MaxN {
		panic(fmt.Sprintf("bounds: N is %d, want 2..%d", k.N, MaxN))
	}
}

// index panics unless lo <= i <= hi.
func index(name string, i, lo, hi int) {
	if i < lo || i > hi {
		panic(fmt.Sprintf("bounds: %s: i is %d, want %d..%d", name, i, lo, hi))
	}
}

// moments panics unless every slice has the entries 0..N.
func (k Const) moments(name string, ms ...[]float64) {
	k.check()
	for _, m := range ms {
		if len(m) <= k.N {
			panic(fmt.Sprintf("bounds: %s: %d moments, want N+1 = %d", name, len(m), k.N+1))
		}
	}
}

// minNormal is the smallest normal float64; what underflows is raised to it, so
// that a right side is never too small.
const minNormal = 0x1p-1022

// mul is p q for p, q >= 0, raised to minNormal where it underflows.
func mul(p, q float64) float64 {
	r := float64(p * q)
	if r < minNormal && p > 0 && q > 0 {
		return minNormal
	}
	return r
}

// pow is q^n for q >= 0 by repeated products: 1 for n = 0 whatever q but NaN.
func pow(q float64, n int) float64 {
	if math.IsNaN(q) {
		return q
	}
	p := 1.0
	for range n {
		p = mul(p, q)
	}
	return p
}

// geometric is sum_{l=from..to} q^l for q >= 0; +Inf when it overflows.
func geometric(q float64, from, to int) float64 {
	sum, power := 0.0, pow(q, from)
	for l := from; l <= to; l++ {
		sum += power
		power = mul(power, q)
	}
	return sum
}

// product is the product of its non-negative factors, 0 as soon as one is 0:
// an overflowed factor stands for a finite number. NaN stays NaN.
func product(factors ...float64) float64 {
	p, zero := 1.0, false
	for _, f := range factors {
		if math.IsNaN(f) {
			return f
		}
		if zero = zero || f == 0; !zero {
			p = mul(p, f)
		}
	}
	if zero {
		return 0
	}
	return p
}
