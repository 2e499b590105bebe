package core

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
)

// slow is (5a)-(5c) with explicit Jacobians at Y_{i-1} + zeta_i and loops over indices.
func slow(c *Chain, x, w []float64, delta, eps, zeta [][]float64) (y, v, u [][]float64) {
	n := c.N()
	y, v, u = make([][]float64, n+1), make([][]float64, n+1), make([][]float64, n+1)
	y[0] = x
	for i := 1; i <= n; i++ {
		y[i] = make([]float64, c.D(i))
		c.Op(i).Forward(y[i], y[i-1], c.W(i, w))
		for k := range y[i] {
			y[i][k] += delta[i][k]
		}
	}
	v[n] = []float64{1}
	for i := n; i >= 1; i-- {
		read := slices.Clone(y[i-1])
		for k := range read {
			read[k] += zeta[i][k]
		}
		j1, j2 := jacobians(c.Op(i), read, c.W(i, w))
		u[i] = make([]float64, c.Op(i).NW())
		for row := range j2 {
			for k := range u[i] {
				u[i][k] += j2[row][k] * v[i][row]
			}
		}
		if i == 1 {
			break
		}
		v[i-1] = append([]float64(nil), eps[i]...)
		for row := range j1 {
			for k := range v[i-1] {
				v[i-1][k] += j1[row][k] * v[i][row]
			}
		}
	}
	return y, v, u
}

// passTolerance covers a few thousand roundings relative to the largest entry,
// more than 8 operators of width 4 make, and what cancels in a sum.
const passTolerance = 1e-11

func near(a, b []float64) error {
	if len(a) != len(b) {
		return fmt.Errorf("lengths %d and %d", len(a), len(b))
	}
	size := 1 + norm2(b)
	for k := range a {
		if !(math.Abs(a[k]-b[k]) <= passTolerance*size) {
			return fmt.Errorf("%v, want %v", a, b)
		}
	}
	return nil
}

func TestPassIsEquation5(t *testing.T) {
	for ci, c := range manyChains(t) {
		r := newRand(uint64(ci))
		plain, reads := NewState(c), NewState(c, WithZeta)
		for round := range 10 {
			x, w := normals(r, c.D(0)), normals(r, c.NW())
			delta, eps, zeta := make([][]float64, c.N()+1), make([][]float64, c.N()+1), make([][]float64, c.N()+1)
			for i := 1; i <= c.N(); i++ {
				delta[i], zeta[i] = normals(r, c.D(i)), make([]float64, c.D(i-1))
				if i > 1 {
					eps[i] = normals(r, c.D(i-1))
				}
			}
			s, given := plain, &Given{DeltaAt: delta, EpsAt: eps}
			if round%2 == 1 {
				s, given.ZetaAt = reads, make([][]float64, c.N()+1)
				for i := 1 + r.IntN(2); i <= c.N(); i += 1 + r.IntN(2) {
					zeta[i] = normals(r, c.D(i-1))
					given.ZetaAt[i] = zeta[i]
				}
			}
			s.Pass(c, x, w, given)
			y, v, u := slow(c, x, w, delta, eps, zeta)
			for i := 1; i <= c.N(); i++ {
				for name, p := range map[string][2][]float64{"Y": {s.Y[i], y[i]}, "V": {s.V[i], v[i]},
					"U": {s.U[i], u[i]}, "delta": {s.Delta[i], delta[i]}, "eps": {s.Eps[i], eps[i]}} {
					if err := near(p[0], p[1]); err != nil {
						t.Fatalf("%v: %s_%d: %v", c.Specs(), name, i, err)
					}
				}
			}
			if s.Loss() != s.Y[c.N()][0] {
				t.Error("Loss is not Y_N")
			}
		}
	}
}

// TestStateWithZeta: without a zeta a State made WithZeta has the bits of another, what it
// read is Y_{i-1} + zeta_i, a region holds that, and nothing of an old zeta stays.
func TestStateWithZeta(t *testing.T) {
	for ci, c := range someChains(t) {
		r := newRand(uint64(80 + ci))
		plain, reads := NewState(c), NewState(c, WithZeta)
		x, w := normals(r, c.D(0)), normals(r, c.NW())
		zeta := make([][]float64, c.N()+1)
		for i := 1; i <= c.N(); i++ {
			zeta[i] = normals(r, c.D(i-1))
		}
		reads.Pass(c, x, w, &Given{ZetaAt: zeta})
		region := NewRegion(c)
		region.Visit(reads, w)
		for i := 1; i <= c.N(); i++ {
			want := slices.Clone(reads.Y[i-1])
			for k := range want {
				want[k] += zeta[i][k]
				b := region.Y[i-1]
				if y := reads.Y[i-1][k]; b.Lo[k] != min(y, want[k]) || b.Hi[k] != max(y, want[k]) {
					t.Errorf("%v: the region of operator %d is %v..%v, not the hull of %v and %v", c.Specs(), i, b.Lo[k],
						b.Hi[k], y, want[k])
				}
			}
			if !slices.Equal(reads.Read[i], want) || !slices.Equal(reads.Zeta[i], zeta[i]) {
				t.Errorf("%v: operator %d read %v with zeta %v, want %v with %v", c.Specs(), i, reads.Read[i], reads.Zeta[i],
					want, zeta[i])
			}
		}
		eps := &Given{EpsAt: [][]float64{2: normals(r, c.D(1))}}
		for name, p := range map[string]Perturber{"exact": nil, "eps": eps} {
			plain.Pass(c, x, w, p)
			reads.Pass(c, x, w, p)
			if !slices.Equal(plain.UAll, reads.UAll) || !cmp.Equal(plain.V, reads.V) || !cmp.Equal(plain.Y, reads.Y) {
				t.Errorf("%v, %s: a State made WithZeta has other bits", c.Specs(), name)
			}
			for i := 1; i <= c.N(); i++ {
				if !slices.Equal(reads.Read[i], reads.Y[i-1]) || norm2(reads.Zeta[i]) != 0 {
					t.Errorf("%v, %s: operator %d read %v with zeta %v", c.Specs(), name, i, reads.Read[i], reads.Zeta[i])
				}
			}
		}
	}
}

func TestGradientAgainstDifferences(t *testing.T) {
	for ci, c := range someChains(t) {
		r := newRand(uint64(10 + ci))
		x, w := normals(r, c.D(0)), normals(r, c.NW())
		s, probe := NewState(c), NewState(c)
		s.Pass(c, x, w, nil)
		want := fd.Gradient(nil, func(w []float64) float64 {
			probe.Forward(c, x, w, nil)
			return probe.Loss()
		}, w, &fd.Settings{Formula: fd.Central})
		for k := range want {
			if !(math.Abs(s.UAll[k]-want[k]) <= 1e-6*(1+math.Abs(want[k]))) {
				t.Errorf("%v: component %d is %v, differences give %v", c.Specs(), k, s.UAll[k], want[k])
			}
		}
	}
}

// TestGradientIsProductOfJacobians: u_i = (J1_N ... J1_{i+1} J2_i)^T with the
// products taken as matrices, from the left.
func TestGradientIsProductOfJacobians(t *testing.T) {
	for ci, c := range manyChains(t) {
		r := newRand(uint64(50 + ci))
		x, w := normals(r, c.D(0)), normals(r, c.NW())
		s := NewState(c)
		s.Pass(c, x, w, nil)
		row := mat.NewDense(1, 1, []float64{1})
		for i := c.N(); i >= 1; i-- {
			j1, j2 := jacobians(c.Op(i), s.Y[i-1], c.W(i, w))
			if c.Op(i).NW() > 0 {
				var u mat.Dense
				u.Mul(row, rowsOf(j2))
				if err := near(s.U[i], u.RawRowView(0)); err != nil {
					t.Fatalf("%v: u_%d: %v", c.Specs(), i, err)
				}
			}
			var next mat.Dense
			next.Mul(row, rowsOf(j1))
			row = &next
		}
	}
}

// TestLastDeltaTouchesNoGradient: delta_N ends in Y_N and nowhere else.
func TestLastDeltaTouchesNoGradient(t *testing.T) {
	for _, c := range someChains(t) {
		r := newRand(3)
		x, w := normals(r, c.D(0)), normals(r, c.NW())
		a, b := NewState(c), NewState(c)
		a.Pass(c, x, w, nil)
		at := make([][]float64, c.N()+1)
		at[c.N()] = []float64{5}
		b.Pass(c, x, w, &Given{DeltaAt: at})
		if b.Loss() != a.Loss()+5 {
			t.Errorf("delta_N = 5 moved the loss from %v to %v", a.Loss(), b.Loss())
		}
		for k := range a.UAll {
			if a.UAll[k] != b.UAll[k] {
				t.Errorf("delta_N moved component %d of the gradient", k)
			}
		}
	}
}

// TestStateKeepsNothing: every field is written, whatever the workspace held.
func TestStateKeepsNothing(t *testing.T) {
	fields := func(s *State) [][][]float64 { return [][][]float64{s.F, s.Y, s.V, s.U, s.Delta, s.Eps} }
	for _, c := range someChains(t) {
		r := newRand(4)
		x, w := normals(r, c.D(0)), normals(r, c.NW())
		fresh, used := NewState(c), NewState(c)
		for _, list := range fields(used) {
			for _, v := range list {
				copy(v, filled(len(v), math.NaN()))
			}
		}
		fresh.Pass(c, x, w, nil)
		used.Pass(c, x, w, nil)
		if diff := cmp.Diff(fields(fresh), fields(used)); diff != "" { // NaN differs from NaN
			t.Errorf("%v: a pass depends on what the workspace held: %s", c.Specs(), diff)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	for _, c := range manyChains(t) {
		r := newRand(5)
		x, w := normals(r, c.D(0)), normals(r, c.NW())
		s, region, enc := NewState(c), NewRegion(c), NewEnclosure(c)
		per := make([]Regularity, c.N()+1)
		given := &Given{}
		if n := testing.AllocsPerRun(10, func() {
			s.Pass(c, x, w, given)
			region.Reset()
			region.Visit(s, w)
			region.Widen(Margin)
			region.Regularity(per)
			enc.Compute(region, per)
			Step(w, s.UAll, 1e-6, Regularizer{Kind: "nonconvex", Rho: 0.1})
		}); n != 0 {
			t.Errorf("%v: %v allocations a step, want 0", c.Specs(), n)
		}
	}
}
