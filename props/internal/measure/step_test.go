package measure

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// TestRoot: a moment whose root is off by e, and itself by a relative error, is inside;
// without an error of the root the enclosure is that of the relative one.
func TestRoot(t *testing.T) {
	for _, power := range []float64{2, 4} {
		for _, r := range []float64{0, 1e-8, 1, 3e5} {
			for _, e := range []float64{0, 1e-12, 0.5} {
				const relative = 1e-6
				lo, hi := root(math.Pow(r, power), e, power, relative)
				for _, off := range []float64{-e, 0, e} {
					v := math.Pow(max(r+off, 0), power)
					if !(lo <= v && v <= hi) {
						t.Errorf("(%v%+v)^%v = %v is not in [%v, %v]", r, off, power, v, lo, hi)
					}
				}
				if wide := math.Pow(r+e, power)*(1+2*relative) - math.Pow(max(r-e, 0),
					power)*(1-2*relative); !(hi-lo <= wide) {
					t.Errorf("%v^%v within %v: [%v, %v] is wider than %v", r, power, e, lo, hi, wide)
				}
			}
		}
	}
}

// TestUntouched: the errors of a state are kept where a perturbation reaches it, and
// nowhere else.
func TestUntouched(t *testing.T) {
	type touched struct{ y, v, u string } // by operator 1..3: x where a perturbation reaches
	for _, c := range []struct {
		name   string
		d2, e2 []float64
		want   touched
	}{
		{"nothing", []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}, touched{"...", "...", "..."}},
		{"delta_3", []float64{0, 0, 0, 1}, []float64{0, 0, 0, 0}, touched{"..x", "...", "..."}},
		{"delta_1", []float64{0, 1, 0, 0}, []float64{0, 0, 0, 0}, touched{"xxx", "xx.", "xxx"}},
		{"eps_3", []float64{0, 0, 0, 0}, []float64{0, 0, 0, 1}, touched{"...", "xx.", "xx."}},
		{"eps_2", []float64{0, 0, 0, 0}, []float64{0, 0, 1, 0}, touched{"...", "x..", "x.."}},
	} {
		clean := cleanStates(&claim.Moments{D2: c.d2, E2: c.e2})
		for i := 1; i <= 3; i++ {
			y, v, u := clean.keep(i, 1, 1, 1)
			for _, q := range []struct {
				name string
				got  float64
				want byte
			}{{"Y", y, c.want.y[i-1]}, {"V", v, c.want.v[i-1]}, {"U", u, c.want.u[i-1]}} {
				// More than is reached may be kept, less may not.
				if q.want == 'x' && q.got == 0 {
					t.Errorf("%s reaches %s_%d, whose error is dropped", c.name, q.name, i)
				}
				if c.name == "nothing" && q.got != 0 {
					t.Errorf("nothing reaches %s_%d, whose error is %v", q.name, i, q.got)
				}
			}
		}
	}
}

// TestConstants: a constant that is 0 becomes positive, as A3 wants it.
func TestConstants(t *testing.T) {
	k := Constants(3, core.Regularity{J1: 2, J2: 5, Lf: 7})
	if k.N != 3 || k.C != 5 || k.Lf != 7 || k.L1 != Positive || k.L2 != Positive || k.C2 != Positive {
		t.Errorf("%+v", k)
	}
}

// TestLinearNet: by hand, for W_1 = 3, W_2 = 5, W_3 = 2, x = 4, eps_2 = 7, eps_3 = -1:
// v = 1, 2, 10 from the end, V_2 = 2-1 = 1, V_1 = 5 V_2 + 7 = 12.
func TestLinearNet(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	eps := func(d float64) perturb.Spec { return perturb.Spec{Law: "constant", D: []float64{d}} }
	one := core.Spec{Op: "linear", In: 1, Out: 1}
	c := &gen.Case{
		Chain: []core.Spec{one, one, one}, X: []float64{4}, W: [][]float64{{3}, {5}, {2}},
		Delta: []perturb.Spec{zero, zero, zero}, Eps: []perturb.Spec{zero, eps(7), eps(-1)},
	}
	v, _, why := Case(claim.Linear, c)
	if why != claim.Valid {
		t.Fatal(why)
	}
	net := v.Linear
	if v.K.N != 3 || net.X[0] != 4 || net.VN[0] != 1 || net.V1[0] != 10 {
		t.Errorf("N = %d, x = %v, v_N = %v, v_1 = %v", v.K.N, net.X, net.VN, net.V1)
	}
	for i, w := range []float64{3, 5, 2} {
		if net.W[i+1][0][0] != w {
			t.Errorf("W_%d = %v, want %v", i+1, net.W[i+1], w)
		}
	}
	for name, u := range map[string]struct{ got, want float64 }{
		"u_1":                {net.U0[0][0], 10 * 4},
		"U_1":                {net.U[0][0], 12 * 4},
		"U_1 with eps_N":     {net.UN[0][0], 5 * 4},
		"eps_2":              {net.Eps[2][0], 7},
		"eps_3":              {net.Eps[3][0], -1},
		"number of matrices": {float64(len(net.W)), 4},
	} {
		if u.got != u.want {
			t.Errorf("%s = %v, want %v", name, u.got, u.want)
		}
	}
}
