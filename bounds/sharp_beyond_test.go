package bounds_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestRatioBeyond: above every ratio at larger N, falling, and good for nothing at N = 2.
func TestRatioBeyond(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	last := 1.0
	for _, n := range []int{4, 8, 16, 300} {
		beyond := SharpTheorem1RatioBeyond(n)
		if !(beyond <= last) || !(beyond >= 0.5) {
			t.Errorf("N >= %d: %v after %v", n, beyond, last)
		}
		last = beyond
		if n == 300 {
			break
		}
		for range 20 {
			k := Const{N: n + r.IntN(10), C: logUniform(r, 1e-2, 10), L1: 1}
			k.Lf = k.C * r.Float64()
			if v := SharpTheorem1Ratio(k); !(v <= beyond) {
				t.Errorf("%+v: %v, above %v", k, v, beyond)
			}
		}
	}
	if !RatioBeyondAtMost(0.53, MaxN) {
		t.Errorf("N >= %d: 0.53 is not proved", MaxN)
	}
	// Values of this computation itself, by bisection to 2^-20.
	for n, want := range map[int]float64{4: 0.685493, 9: 0.521449, 16: 0.521185, 64: 0.520012} {
		if beyond := SharpTheorem1RatioBeyond(n); !(math.Abs(beyond-want) <= 2e-6) {
			t.Errorf("N >= %d: %v, want %v", n, beyond, want)
		}
	}
	if beyond := SharpTheorem1RatioBeyond(2); !math.IsInf(beyond, 1) {
		t.Errorf("N >= 2: %v, want +Inf", beyond)
	}
}

// TestLeastTheta: the threshold from above, to 2^-20; none above 1 is looked for.
func TestLeastTheta(t *testing.T) {
	for _, c := range []struct{ threshold, want float64 }{
		{0.1, 0.25}, {0.3, 0.3}, {0.7, 0.7}, {1, 1}, {1.0625, math.Inf(1)}, {2, math.Inf(1)},
	} {
		got := LeastTheta(func(theta float64) bool { return theta >= c.threshold })
		if !(got >= c.want) || !(got <= c.want+0x1p-20) {
			t.Errorf("threshold %v: %v, want %v to 2^-20 above", c.threshold, got, c.want)
		}
	}
}

// TestChain: the recursion (2.11) bounds sum r_i^2 of (2.9) by (2.17)'s right side at
// random sizes, where it says that theta is large enough.
func TestChain(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 2))
	proved := 0
	for range 3000 {
		n, c := 2+r.IntN(8), logUniform(r, 0.05, 4)
		theta := 0.5 + 0.5*r.Float64()
		h, s := 1.0, 1.0
		shares := make([]float64, n+1)
		for k := 2; k <= n; k++ {
			shares[k] = r.Float64() / float64(k)
		}
		for k := 1; k < n; k++ {
			h = ChainStep(h, c*s, theta, shares[k])
			s = 1 + 3*c*s
		}
		if !(h*shares[n] <= theta) {
			continue
		}
		proved++
		// r_n = beta_n, r_k = C (r_{k+1} + e_k) + beta_k; shares are t_k S_{k-1}/(2 V_{k-1}),
		// so a beta_k costs theta beta_k^2 S_{k-1}/shares[k], an e_k theta T_k e_k^2.
		last, sum, cost := 0.0, 0.0, 0.0
		for k := n; k >= 1; k-- {
			sk, tk := 1.0, 0.0 // S_{k-1} and T_k
			for l := 1; l <= k; l++ {
				tk = 3 * c * sk
				if l < k {
					sk = 1 + 3*c*sk
				}
			}
			beta, e := r.ExpFloat64()*math.Exp(3*r.NormFloat64()), r.ExpFloat64()*math.Exp(3*r.NormFloat64())
			if k == 1 {
				beta = 0
			} else {
				cost += theta * beta * beta * sk / shares[k]
			}
			if k == n {
				last = beta
			} else {
				last = math.Sqrt(c)*(last+e) + beta
				cost += theta * tk * e * e
			}
			sum += last * last
		}
		if !(sum <= cost*(1+formSlack)) {
			t.Fatalf("N = %d, c = %v, theta = %v, shares %v: %v above %v", n, c, theta, shares, sum, cost)
		}
	}
	if proved < 500 {
		t.Errorf("only %d chains were bounded", proved)
	}
}

// outward reports that got is want raised by the margin of chainStep, about 2^-38.
func outward(got, want float64) bool { return got >= want*(1+0x1p-39) && got <= want*(1+0x1p-37) }

// TestChainStep: by hand, at H = 1/2, theta = 1, share 1/6, so 1/rho = 3/4 and
// rho H = 2/3, and where nothing bounds it.
func TestChainStep(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{
		{0, 1}, {1, 5.0 / 12}, {1e300, 2.0 / 9}, {math.Inf(1), 2.0 / 9},
	} {
		if got := ChainStep(0.5, c.x, 1, 1.0/6); !outward(got, c.want) {
			t.Errorf("x = %v: %v, want %v", c.x, got, c.want)
		}
	}
	// rho H = 4 is above 3: larger x are worse.
	if got := ChainStep(0.5, 1, 0.5, 13.0/24); !outward(got, 4.0/3) {
		t.Errorf("rho H = 4: %v, want 4/3", got)
	}
	// 1/rho = 2^-9 is still allowed, 2^-11 is not.
	if got := ChainStep(1, 0, 1, 2.0/3-0x1p-9); !outward(got, 512.0/3) {
		t.Errorf("1/rho = 2^-9: %v, want 512/3", got)
	}
	for _, share := range []float64{2.0/3 - 0x1p-11, 2.0 / 3, 0.7, math.NaN()} {
		if got := ChainStep(1, 1, 1, share); !math.IsInf(got, 1) {
			t.Errorf("share %v: %v, want +Inf", share, got)
		}
	}
}

func TestRatioBeyondMisuse(t *testing.T) {
	checkMisuse(t, []misuse{
		{"ratio beyond N = 1, want 2..1024", func() { SharpTheorem1RatioBeyond(1) }},
		{"ratio beyond N = 1025, want 2..1024", func() { SharpTheorem1RatioBeyond(MaxN + 1) }},
	})
}
