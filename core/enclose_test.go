package core

import (
	"math"
	"testing"
)

// TestEnclosureIsItsRecursion computes the recursion at Enclosure term by term, for
// engines more and less precise than float64 and states of very different sizes.
// The enclosure is that, and its own rounding of less than 2^-20, above.
func TestEnclosureIsItsRecursion(t *testing.T) {
	const u = 0x1p-53
	for ci, c := range someChains(t) {
		for _, scale := range []float64{0, 0x1p-20, 1, 0x1p20} {
			for _, size := range []float64{0x1p-20, 1, 0x1p20} {
				r := newRand(uint64(60 + ci))
				s, region, enc := NewState(c), NewRegion(c), NewEnclosure(c)
				w := times(size, normals(r, c.NW()))
				s.Pass(c, times(size, normals(r, c.D(0))), w, noise{r})
				region.Visit(s, w)
				enc.Visit(s)
				region.Widen(Margin)
				per := make([]Regularity, c.N()+1)
				region.Regularity(per)
				enc.Scale = scale
				enc.Compute(region, per)

				n, e := c.N(), max(scale, 0)
				if scale == 0 {
					e = 1
				}
				y, v := make([]float64, n+1), make([]float64, n+1)
				ro := make([]Roundoff, n+1)
				for i := 1; i <= n; i++ {
					ro[i] = c.Op(i).Roundoff(region.Y[i-1], region.W[i])
					y[i] = per[i].Lf*y[i-1] + e*ro[i].F + e*u*size2(s.Y[i])
					above(t, "Y", i, enc.Y[i], y[i])
				}
				for i := n; i >= 1; i-- {
					turn := per[i].L1 * y[i-1] * (size2(s.V[i]) + v[i])
					above(t, "U", i, enc.U[i], per[i].J2*v[i]+turn+e*ro[i].J2*size2(s.V[i]))
					if i > 1 {
						v[i-1] = per[i].J1*v[i] + turn + e*ro[i].J1*size2(s.V[i]) + e*u*size2(s.V[i-1])
						above(t, "V", i-1, enc.V[i-1], v[i-1])
					}
				}
				above(t, "V", n, enc.V[n], 0)
			}
		}
	}
}

func size2(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// above wants got at want, but for the rounding that it pays and a little more for
// numbers near the least.
func above(t *testing.T, name string, i int, got, want float64) {
	t.Helper()
	if !(got >= want*(1-1e-14) && got <= want*(1+0x1p-20)+1e-300) {
		t.Errorf("%s[%d] is %v, the recursion has %v", name, i, got, want)
	}
}

// TestEnclosureOfOtherPrecisions runs passes in 33 and in 73 bits, which are off from
// the exact ones by what Scale 2^20 and 2^-20 allow, and not by a millionth of it.
func TestEnclosureOfOtherPrecisions(t *testing.T) {
	chains := []*Chain{
		mustChain(t, Affine(4, 3), Square(3), Linear(3, 4), Scale(4), Bias(4), HalfSq(4)),
		mustChain(t, Linear(3, 2), Scale(2), Bilinear(2)),
	}
	fine := exact{400}
	for ci, c := range chains {
		for bits, scale := range map[uint]float64{33: 0x1p20, 73: 0x1p-20} {
			rough := exact{bits}
			r := newRand(uint64(80 + ci))
			worst := 0.0
			for range 20 {
				s, region, enc := NewState(c), NewRegion(c), NewEnclosure(c)
				x, w := short(normals(r, c.D(0))), short(normals(r, c.NW()))
				s.Pass(c, x, w, noise{coarse{r}})
				region.Visit(s, w)
				enc.Visit(s)
				region.Widen(0x1p-16)
				per := make([]Regularity, c.N()+1)
				region.Regularity(per)
				enc.Scale = scale
				if !enc.Compute(region, per) {
					t.Fatal("outside the region")
				}
				y, v, u := exactPass(fine, c, s, w)
				ry, rv, ru := exactPass(rough, c, s, w)
				for i := 1; i <= c.N(); i++ {
					for k, p := range [][2][]num{{y[i], ry[i]}, {v[i], rv[i]}, {u[i], ru[i]}} {
						off, limit := fine.gap(p[0], p[1]), []float64{enc.Y[i], enc.V[i], enc.U[i]}[k]
						if !(off <= limit) {
							t.Errorf("%d bits, operator %d: off by %v, enclosed by %v", bits, i, off, limit)
						}
						if limit > 0 {
							worst = max(worst, off/limit)
						}
					}
				}
			}
			if !(worst >= 1e-3) {
				t.Errorf("%d bits: at most %v of the enclosure was needed", bits, worst)
			}
		}
	}
}

// short rounds to 10 bits, which no precision here changes.
func short(v []float64) []float64 {
	for k, x := range v {
		v[k] = float64(int(x*1024)) / 1024
	}
	return v
}

type coarse struct {
	r interface{ NormFloat64() float64 }
}

func (c coarse) NormFloat64() float64 { return short([]float64{c.r.NormFloat64()})[0] }

// gap is |a - b|_2.
func (e exact) gap(a, b []num) float64 {
	f := make([]num, len(a))
	for k := range a {
		f[k] = e.sub(a[k], b[k])
	}
	return e.distance(make([]float64, len(a)), f)
}

// TestVisitNorms: of many visits the largest norm of every operator counts, whether
// states or norms are visited, until Reset.
func TestVisitNorms(t *testing.T) {
	c := someChains(t)[1]
	n := c.N()
	r := newRand(90)
	s, region := NewState(c), NewRegion(c)
	states, norms := NewEnclosure(c), NewEnclosure(c)
	top := [2][]float64{make([]float64, n+1), make([]float64, n+1)}
	per := make([]Regularity, n+1)
	w := normals(r, c.NW())
	compare := func(what string, same bool) {
		t.Helper()
		states.Compute(region, per)
		norms.Compute(region, per)
		for i := 1; i <= n; i++ {
			for k, p := range [][2]float64{{states.Y[i], norms.Y[i]}, {states.V[i], norms.V[i]},
				{states.U[i], norms.U[i]}} {
				if p[0] > 0 && (p[0] == p[1]) != same {
					t.Errorf("%s: operator %d, error %d: %v by states, %v by norms", what, i, k, p[0], p[1])
				}
			}
		}
	}
	sizes := []float64{1, 100, 0.01, 10}
	for _, size := range sizes {
		s.Pass(c, times(size, normals(r, c.D(0))), w, noise{r})
		region.Visit(s, w)
		states.Visit(s)
		one := [2][]float64{make([]float64, n+1), make([]float64, n+1)}
		for i := 1; i <= n; i++ {
			one[0][i], one[1][i] = norm2(s.Y[i]), norm2(s.V[i])
			for k := range top {
				top[k][i] = max(top[k][i], one[k][i])
			}
		}
		norms.VisitNorms(one[0], one[1])
	}
	region.Widen(Margin)
	region.Regularity(per)
	compare("every visit", true)
	norms.VisitNorms(top[0], top[1])
	compare("the largest again", true)
	for i := 1; i <= n; i++ {
		top[0][i] *= 2
		top[1][i] *= 2
	}
	norms.VisitNorms(top[0], top[1])
	compare("twice the largest", false)
	norms.Reset()
	for i := 1; i <= n; i++ {
		top[0][i] /= 2
		top[1][i] /= 2
	}
	norms.VisitNorms(top[0], top[1])
	compare("the largest after Reset", true)
}
