package core

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"math"
	"runtime"
	"testing"
)

// TestGolden pins the bits of passes, steps and constants. The first set uses
// neither package math beyond Sqrt and Abs nor a kernel of gonum: its bits are
// the same on every architecture, and at GOAMD64=v3 too. The second uses the
// kernels, which are the same assembly at every level of amd64.
func TestGolden(t *testing.T) {
	plain := [][]Op{
		{Scale(3), Bias(3), Square(3), Scale(3), squareSum(3)},
		{Square(1), Scale(1), Bias(1)},
		{Bias(4), Square(4), Square(4), Bias(4), Scale(4), squareSum(4)},
	}
	kernels := [][]Op{
		{Affine(5, 4), Square(4), Linear(4, 6), Bias(6), HalfSq(6)},
		{Fixed([][]float64{{1.5, 2.25}, {-0.3, 0.7}, {3, -1}}), Scale(3), Bilinear(3)},
		{Linear(7, 1), Square(1)},
	}
	t.Run("plain", func(t *testing.T) {
		if got, want := bitsOf(t, plain), "9bb75b174b16762f"; got != want {
			t.Errorf("hash %s, pinned %s", got, want)
		}
	})
	t.Run("kernels", func(t *testing.T) {
		if runtime.GOARCH != "amd64" {
			t.Skip("gonum's kernels sum in another order here")
		}
		if got, want := bitsOf(t, kernels), "1f813ba5edea07ed"; got != want {
			t.Errorf("hash %s, pinned %s", got, want)
		}
	})
}

// bitsOf hashes 300 perturbed steps of each chain and the constants of each region.
func bitsOf(t *testing.T, chains [][]Op) string {
	h := sha256.New()
	for ci, ops := range chains {
		c := mustChain(t, ops...)
		r := newRand(uint64(70 + ci))
		s, region, enc := NewState(c), NewRegion(c), NewEnclosure(c)
		per := make([]Regularity, c.N()+1)
		w := times(0.5, uniforms(r, c.NW()))
		for k := range 300 {
			s.Pass(c, uniforms(r, c.D(0)), w, noise{uniform{r}})
			reg := Regularizer{Kind: []string{"none", "l2", "nonconvex"}[k%3]}
			if k%3 > 0 {
				reg.Rho = 0.3
			}
			region.Reset()
			region.Visit(s, w)
			region.Widen(Margin)
			enc.Visit(s)
			region.Regularity(per)
			enc.Compute(region, per)
			Step(w, s.UAll, 1e-3, reg)
			put(h, w, s.UAll, s.Y[c.N()], enc.Y, enc.V, enc.U, []float64{reg.Value(w)})
			for i := 1; i <= c.N(); i++ {
				ro := c.Op(i).Roundoff(region.Y[i-1], region.W[i])
				put(h, s.Y[i], s.V[i], per[i].list(), []float64{ro.F, ro.J1, ro.J2})
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func put(h hash.Hash, lists ...[]float64) {
	for _, v := range lists {
		for _, x := range v {
			b := math.Float64bits(x)
			h.Write([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24), byte(b >> 32), byte(b >> 40),
				byte(b >> 48), byte(b >> 56)})
		}
	}
}

// uniform draws from [-1, 1) without a function of package math.
type uniform struct {
	r interface{ Float64() float64 }
}

func (u uniform) NormFloat64() float64 { return u.r.Float64() - u.r.Float64() }

func uniforms(r interface{ Float64() float64 }, n int) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = uniform{r}.NormFloat64()
	}
	return v
}

// squareSum is halfsq without a kernel: an operator from elsewhere.
type squareSum int

func (n squareSum) Spec() Spec { return Spec{Op: "squaresum", N: int(n)} }
func (n squareSum) In() int    { return int(n) }
func (n squareSum) Out() int   { return 1 }
func (n squareSum) NW() int    { return 0 }
func (n squareSum) Forward(y, x, _ []float64) {
	y[0] = dot(x, x)
}
func (n squareSum) VJP1(dst, x, _, _, v []float64) {
	for k := range dst {
		dst[k] = 2 * x[k] * v[0]
	}
}
func (n squareSum) VJP2(_, _, _, _, _ []float64) {}
func (n squareSum) Regularity(x, _ Box) Regularity {
	return bounded(2*x.norm(), 0, 0, 2, 0)
}
func (n squareSum) Roundoff(x, _ Box) Roundoff {
	r := x.norm()
	return Roundoff{gamma(int(n)) * r * r, gamma(2) * 2 * r, 0}
}
