package claim

import (
	"math"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

func chain(t *testing.T) *core.Chain {
	t.Helper()
	c, err := core.NewChain(core.Linear(2, 1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// all are the lists of m and the mean of U.
func all(m *Moments) [][]float64 {
	l := m.Lists()
	return append(l[:], m.UMean)
}

// numbered has another number in every place, from first on.
func numbered(c *core.Chain, first float64) *Moments {
	m := NewMoments(c)
	k := first
	for _, l := range all(m) {
		for i := range l {
			l[i] = k
			k++
		}
	}
	m.U2, m.P, m.Leaves = k, k+1, int(k)
	return m
}

// TestLists: every list is there once, of length N+1; none shares its memory.
func TestLists(t *testing.T) {
	c := chain(t)
	m := numbered(c, 1)
	seen := map[float64]bool{}
	for k, l := range m.Lists() {
		if len(l) != c.N()+1 {
			t.Errorf("list %d has length %d, want %d", k, len(l), c.N()+1)
		}
		for _, x := range l {
			if x == 0 || seen[x] {
				t.Errorf("list %d has %v, which is 0 or elsewhere too", k, x)
			}
			seen[x] = true
		}
	}
	if len(m.UMean) != c.NW() {
		t.Errorf("the mean of U has length %d, want %d", len(m.UMean), c.NW())
	}
	for _, r := range Readings {
		if m.DMean2[r][0] == 0 || m.VMean2[r][0] == 0 {
			t.Errorf("reading %v has no lists", r)
		}
	}
}

func TestReset(t *testing.T) {
	m := numbered(chain(t), 1)
	m.UMean2 = 3
	m.Reset()
	sum := m.U2 + m.UMean2 + m.P + float64(m.Leaves)
	for _, l := range all(m) {
		for _, x := range l {
			sum += x
		}
	}
	if sum != 0 {
		t.Errorf("after a reset the numbers sum to %v", sum)
	}
}

// TestMix: what is linear is averaged; the norm is taken of the averaged mean, which is
// 0 where two inputs pull apart.
func TestMix(t *testing.T) {
	c := chain(t)
	a, b, mixed := numbered(c, 1), numbered(c, 101), numbered(c, 7)
	for k := range a.UMean {
		a.UMean[k], b.UMean[k] = 3, -1
	}
	mixed.Mix(c, []*Moments{a, b}, []float64{0.25, 0.75})
	for k, l := range mixed.Lists() {
		for i, x := range l {
			if k == 7 { // UiMean2, from the mean
				continue
			}
			if want := 0.25*a.Lists()[k][i] + 0.75*b.Lists()[k][i]; x != want {
				t.Errorf("list %d, index %d: %v, want %v", k, i, x, want)
			}
		}
	}
	if want := 0.25*a.U2 + 0.75*b.U2; mixed.U2 != want || mixed.Leaves != a.Leaves+b.Leaves {
		t.Errorf("U2 = %v and %d leaves, want %v and %d", mixed.U2, mixed.Leaves, want, a.Leaves+b.Leaves)
	}
	if mixed.UMean2 != 0 || mixed.UiMean2[1] != 0 {
		t.Errorf("|E[U-u]|^2 = %v of means 3 and -1 with weights 1/4, 3/4, want 0", mixed.UMean2)
	}
	mixed.Mix(c, []*Moments{a, b}, []float64{0.5, 0.5})
	if want := float64(c.NW()); mixed.UMean2 != want || mixed.UiMean2[1] != want {
		t.Errorf("|E[U-u]|^2 = %v and %v at operator 1, want %v", mixed.UMean2, mixed.UiMean2[1], want)
	}
}

// TestSquareGivenX: at one input the moments of second moments are squares; over inputs
// they are averaged after, so that they are no squares there.
func TestSquareGivenX(t *testing.T) {
	c := chain(t)
	a, b, mixed := numbered(c, 1), numbered(c, 101), numbered(c, 7)
	a.SquareGivenX()
	b.SquareGivenX()
	mixed.Mix(c, []*Moments{a, b}, []float64{0.5, 0.5})
	for i := range a.D2 {
		if want := a.D2[i] * a.D2[i]; a.D22[i] != want {
			t.Errorf("D22[%d] = %v, want %v", i, a.D22[i], want)
		}
		for _, r := range Readings {
			want := (math.Pow(a.DMean2[r][i], 2) + math.Pow(b.DMean2[r][i], 2)) / 2
			if got := mixed.DMean22[r][i]; got != want || got == math.Pow(mixed.DMean2[r][i], 2) {
				t.Errorf("%v: DMean22[%d] = %v, want %v", r, i, got, want)
			}
		}
	}
}

// TestBias: the sharp form of Theorem 2 reads the delta of its reading, and eps given the
// forward pass.
func TestBias(t *testing.T) {
	v := &View{Moments: numbered(chain(t), 1), Per: []core.Regularity{{}, {L1: 4, L2: 5}, {L1: 8, L2: 9}}}
	v.K.N = 2
	b, curvature := v.Bias(Literal), v.Curvature()
	for k, got := range [][2][]float64{
		{b.DMean2, v.DMean2[Literal]}, {b.DMean22, v.DMean22[Literal]}, {b.D22, v.D22}, {b.EMean2, v.EMean2[Past]},
		{curvature.L1OfJ1, {0, 4, 8}}, {curvature.L1OfJ2, {0, 4, 8}}, {curvature.L2OfJ1, {0, 5, 9}},
		{curvature.L2OfJ2, {0, 5, 9}},
	} {
		if !slices.Equal(got[0], got[1]) {
			t.Errorf("list %d: %v, want %v", k, got[0], got[1])
		}
	}
}

// TestPerOp: each constant of bounds.PerOp is that of its operator.
func TestPerOp(t *testing.T) {
	v := &View{Per: []core.Regularity{{}, {J1: 1, J2: 2, Lf: 3, L1: 4}, {J1: 5, J2: 6, Lf: 7, L1: 8}}}
	v.K.N = 2
	p := v.PerOp()
	for i, want := range [][4]float64{{}, {1, 2, 3, 4}, {5, 6, 7, 8}} {
		if got := [4]float64{p.J1[i], p.J2[i], p.Lf[i], p.L1[i]}; got != want {
			t.Errorf("operator %d: %v, want %v", i, got, want)
		}
	}
}
