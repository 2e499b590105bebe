package core

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A constant that is too large hides violations as surely as one that is too
// small invents them. The tests here bound the constants from above.

// pointSlack is how far above the supremum a bound at a point may be: for norms
// of matrices 1.005, where absOpNorm stops, and 4^(1/64) = 1.022, what
// signedOpNorm leaves of 4 singular values. What saturation adds, to p and to a
// derivative of it, comes on top.
const pointSlack = 1.03

// TestPointsAreReached: at a point every constant is the norm itself, at scales
// from 2^-20 to 2^20, but for grad^2 and grad^3 of softmaxce with three classes
// or more, see TestSoftmaxCEConstants.
func TestPointsAreReached(t *testing.T) {
	e := exact{400}
	for _, op := range testOps() {
		t.Run(op.Spec().String(), func(t *testing.T) {
			t.Parallel()
			r := newRand(13)
			for _, scale := range []float64{0x1p-20, 0x1p-10, 1, 4, 0x1p10, 0x1p20} {
				if op.Spec().Op == "softmaxce" && scale > 4 {
					continue // a derivative of 1e-300 is met by saturation only
				}
				x, w := times(scale, normals(r, op.In())), times(scale, normals(r, op.NW()))
				want := e.constants(op, x, w, 90)
				for k, bound := range op.Regularity(Point(x), Point(w)).list() {
					if loose[fmt.Sprint(op.Spec(), " ", constantNames[k])] {
						continue
					}
					sup := want[k].over(1)
					if !(bound >= sup && bound <= sup*pointSlack+3*saturation) {
						t.Errorf("scale %v: %s is bounded by %v, it is %v", scale, constantNames[k], bound, sup)
					}
				}
			}
		})
	}
}

// TestCornersAreReached: the constants of operators without an elementary function
// rise with every |x_k| and |w_k|, so on a box in one orthant they are those of
// its far corner, and on any box at most those of the largest magnitudes.
func TestCornersAreReached(t *testing.T) {
	const rounding = 1e-12 // of intervals that points do not have
	for _, op := range testOps() {
		switch op.Spec().Op {
		case "tanh", "sigmoid", "softplus", "logistic", "softmaxce":
			continue
		}
		r := newRand(14)
		for range 20 {
			near, far := times(0.5, uniforms(r, op.In()+op.NW())), uniforms(r, op.In()+op.NW())
			for k := range far {
				near[k], far[k] = math.Abs(near[k]), math.Abs(near[k])+math.Abs(far[k])
			}
			n := op.In()
			corner := op.Regularity(Point(far[:n]), Point(far[n:])).list()
			orthant := op.Regularity(Point(far[:n]).hull(near[:n]), Point(far[n:]).hull(near[n:])).list()
			mirrored := op.Regularity(Point(far[:n]).hull(times(-1, near[:n])),
				Point(far[n:]).hull(times(-1, near[n:]))).list()
			for k, want := range corner {
				if !(math.Abs(orthant[k]-want) <= rounding*want) {
					t.Errorf("%v: %s is %v on a positive box, %v at its corner", op.Spec(), constantNames[k],
						orthant[k], want)
				}
				if !(mirrored[k] <= want*(1.005+rounding)) { // another way through absOpNorm
					t.Errorf("%v: %s is %v on a box of both signs, %v at its magnitudes", op.Spec(), constantNames[k],
						mirrored[k], want)
				}
			}
		}
	}
}

// TestInnerProduct: the interval of <x,w> on a box is that of its corners, and 0 is
// its own.
func TestInnerProduct(t *testing.T) {
	r := newRand(15)
	for range 50 {
		x, w := Point(normals(r, 2)).hull(normals(r, 2)), Point(normals(r, 2)).hull(normals(r, 2))
		lo, hi := 0.0, 0.0
		for k := range 2 {
			low, high := math.Inf(1), math.Inf(-1)
			for _, p := range []float64{x.Lo[k] * w.Lo[k], x.Lo[k] * w.Hi[k], x.Hi[k] * w.Lo[k], x.Hi[k] * w.Hi[k]} {
				low, high = min(low, p), max(high, p)
			}
			lo, hi = lo+low, hi+high
		}
		gotLo, gotHi := innerProduct(x, w)
		if pad := 1e-14; !(gotLo <= lo && lo-gotLo <= pad && gotHi >= hi && gotHi-hi <= pad) {
			t.Errorf("<x,w> in [%v, %v], corners have [%v, %v]", gotLo, gotHi, lo, hi)
		}
	}
	zero := Point([]float64{0, 0})
	if lo, hi := innerProduct(zero, zero); lo != 0 || hi != 0 {
		t.Errorf("<0,0> in [%v, %v]", lo, hi)
	}
}

// TestSoftmaxCEConstants computes the bounds from the comment at Regularity, with
// softmax at the corners of the box, suprema over [lo, hi] on a grid and norms by
// gonum.
func TestSoftmaxCEConstants(t *testing.T) {
	r := newRand(16)
	for _, n := range []int{2, 3, 5, cumulantWidth, cumulantWidth + 1} {
		for _, radius := range []float64{0, 0.1, 2} {
			x := NewBox(n)
			x.Add(normals(r, n))
			for k := range n {
				x.Hi[k] += radius * r.Float64()
			}
			label := r.IntN(n)
			got := SoftmaxCE(n, label).Regularity(x, Box{})
			want := softmaxConstants(x, label)
			for k, v := range []float64{got.J1, got.L1, got.L2} {
				if !(v >= want[k]*(1-gridded) && v <= want[k]*1.006+2*saturation) {
					t.Errorf("%d classes, radius %v: %s is %v, want %v", n, radius, []string{"J1", "L1", "L2"}[k], v,
						want[k])
				}
			}
		}
	}
}

// gridded is what a grid of 2000 points misses of a smooth maximum.
const gridded = 1e-6

func softmaxConstants(x Box, label int) [3]float64 {
	n := len(x.Lo)
	lo, hi := make([]float64, n), make([]float64, n)
	for k := range n {
		lo[k], hi[k] = softmaxAt(x.Hi, x.Lo, k), softmaxAt(x.Lo, x.Hi, k)
	}
	sup := func(k int, f func(p float64) float64) float64 {
		top := 0.0
		for i := range 2001 {
			top = max(top, math.Abs(f(lo[k]+(hi[k]-lo[k])*float64(i)/2000)))
		}
		return top
	}
	j1, p := 0.0, 0.0
	g, cube := mat.NewDense(n, n, nil), mat.NewDense(n*n, n, nil)
	for a := range n {
		j := hi[a]
		if a == label {
			j = 1 - lo[a]
		}
		j1, p = j1+j*j, p+hi[a]*hi[a]
		pair := sup(a, func(p float64) float64 { return p * (1 - 2*p) })
		for b := range n {
			g.Set(a, b, hi[a]*hi[b])
			for c := range n {
				if a != b && b != c && a != c {
					cube.Set(a*n+b, c, 2*hi[a]*hi[b]*hi[c])
				}
			}
		}
		for b := range n { // the places with two or three equal indices
			cube.Set(a*n+a, b, pair*hi[b])
			cube.Set(a*n+b, a, pair*hi[b])
			cube.Set(b*n+a, a, pair*hi[b])
		}
		g.Set(a, a, sup(a, func(p float64) float64 { return p * (1 - p) }))
		cube.Set(a*n+a, a, sup(a, func(p float64) float64 { return p * (1 - p) * (1 - 2*p) }))
	}
	l1 := min(norm(g), 0.5)
	l2 := l1 * (1 + 2*math.Sqrt(min(p, 1)))
	if n <= 32 {
		l2 = min(l2, norm(cube))
	}
	return [3]float64{math.Sqrt(j1), l1, l2}
}

// softmaxAt is softmax_k of the others' coordinates and k of mine.
func softmaxAt(others, mine []float64, k int) float64 {
	sum := 0.0
	for j, v := range others {
		if j != k {
			sum += math.Exp(v)
		}
	}
	return math.Exp(mine[k]) / (sum + math.Exp(mine[k]))
}
