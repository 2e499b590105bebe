package measure

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
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

// interval is what a root that is off by e, and its power by a relative error, may be.
func interval(v, e, power, relative float64) (lo, hi float64) {
	r := math.Pow(v, 1/power)
	return math.Pow(max(r-e, 0), power) * (1 - relative), math.Pow(r+e, power) * (1 + relative)
}

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }

// TestEnclosesMoments: every moment gets the error of its own state, and nothing else: the errors
// here are so large, and all so different, that one taken for another shows.
func TestEnclosesMoments(t *testing.T) {
	c, err := core.NewChain(core.Bias(1), core.Scale(1), core.Scale(1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	const n, relative, scale = 4, 0x1p-12, 0x1p30
	const lost = 0x1p-10 // of what is averaged, in this scale
	m, errs := claim.NewMoments(c), core.NewEnclosure(c)
	next := 0.0
	value := func() float64 { next++; return 1 + next/64 }
	for _, list := range m.Lists() {
		for i := range list {
			list[i] = value()
		}
	}
	m.Leaves, m.P, m.U2, m.UMean2 = 7, 1, value(), value()
	v0 := make([]float64, n+1)
	for i := range v0 {
		v0[i], errs.Y[i], errs.V[i], errs.U[i] = value(), value()/64, value()/128, value()/256
	}
	s := &NewEvaluator(c).step
	k := bounds.Const{N: n, C: 3}
	s.enclose(k, v0, m, errs, relative, scale)
	lo, hi := s.Lo.Moments, s.Hi.Moments
	check := func(name string, i int, lo, hi, v, e, power, relative float64) {
		t.Helper()
		if l, h := interval(v, e, power, relative); !close9(lo, l) || !close9(hi, h) {
			t.Errorf("%s, i = %d: %v is in [%v, %v], want [%v, %v]", name, i, v, lo, hi, l, h)
		}
	}
	sum := 0.0
	for i := range n + 1 {
		y, v, u := 2*errs.Y[i], 2*errs.V[i], 2*errs.U[i]
		if i == 0 {
			y = 0 // Y_0 = x is the same in both passes
		}
		sum += u * u
		mean := func(of float64) float64 { return lost * math.Sqrt(of) }
		check("Y2", i, lo.Y2[i], hi.Y2[i], m.Y2[i], y, 2, relative)
		check("Y4", i, lo.Y4[i], hi.Y4[i], m.Y4[i], y, 4, relative)
		check("D2", i, lo.D2[i], hi.D2[i], m.D2[i], 0, 2, relative)
		check("D4", i, lo.D4[i], hi.D4[i], m.D4[i], 0, 4, relative)
		check("D22", i, lo.D22[i], hi.D22[i], m.D22[i], 0, 4, 2*relative)
		check("E2", i, lo.E2[i], hi.E2[i], m.E2[i], 0, 2, relative)
		check("E4", i, lo.E4[i], hi.E4[i], m.E4[i], 0, 4, relative)
		if i < n {
			next := 2 * errs.V[i+1]
			if i+1 == n {
				next = 0 // V_N = 1
			}
			check("V2", i, lo.V2[i], hi.V2[i], m.V2[i], v, 2, relative)
			check("V4", i, lo.V4[i], hi.V4[i], m.V4[i], v, 4, relative)
			check("YV2", i, lo.YV2[i], hi.YV2[i], m.YV2[i],
				y*math.Sqrt(m.V2[i+1])+next*math.Sqrt(m.Y2[i])+y*next, 2, relative)
			check("|v|^2", i, s.Lo.V0[i], s.Hi.V0[i], v0[i], errs.V[i], 2, relative)
		}
		check("Ui2", i, lo.Ui2[i], hi.Ui2[i], m.Ui2[i], u, 2, relative)
		check("UiMean2", i, lo.UiMean2[i], hi.UiMean2[i], m.UiMean2[i], u+mean(m.Ui2[i]), 2, relative)
		for _, r := range claim.Readings {
			check("DMean2", i, lo.DMean2[r][i], hi.DMean2[r][i], m.DMean2[r][i], mean(m.D2[i]), 2, relative)
			check("DMean22", i, lo.DMean22[r][i], hi.DMean22[r][i], m.DMean22[r][i],
				mean(math.Sqrt(m.D22[i])), 4, 2*relative)
			check("EMean2", i, lo.EMean2[r][i], hi.EMean2[r][i], m.EMean2[r][i], mean(m.E2[i]), 2, relative)
			check("YMean2", i, lo.YMean2[r][i], hi.YMean2[r][i], m.YMean2[r][i], y+mean(m.Y2[i]), 2, relative)
			check("FMean2", i, lo.FMean2[r][i], hi.FMean2[r][i], m.FMean2[r][i], y+mean(m.FMean2[claim.Past][i]), 2,
				relative)
			if i < n {
				check("VMean2", i, lo.VMean2[r][i], hi.VMean2[r][i], m.VMean2[r][i], v+mean(m.V2[i]), 2, relative)
				check("BMean2", i, lo.BMean2[r][i], hi.BMean2[r][i], m.BMean2[r][i],
					v+mean(m.BMean2[claim.Past][i]), 2, relative)
			}
		}
	}
	check("U2", 0, lo.U2, hi.U2, m.U2, math.Sqrt(sum), 2, relative)
	check("UMean2", 0, lo.UMean2, hi.UMean2, m.UMean2, math.Sqrt(sum)+lost*math.Sqrt(m.U2), 2, relative)
	if s.Lo.V0[n] != 1 || s.Hi.V0[n] != 1 || lo.Leaves != 7 || hi.Leaves != 7 || lo.P != 1 || hi.P != 1 ||
		s.Lo.K != k || s.Hi.K != k || &s.Lo.Per[0] != &s.Per[0] || &s.Hi.Per[0] != &s.Per[0] {
		t.Errorf("|v_N|^2 in [%v, %v], %d leaves, P = %v, %+v", s.Lo.V0[n], s.Hi.V0[n], lo.Leaves, lo.P, s.Lo.K)
	}
	// Nodes of operator 3: L1 = 2, |J2| = 5, one output.
	var nodes [claim.ReadingSlots][]claim.Node
	nodes[claim.Past] = []claim.Node{{I: 3, Left: 9, Mean2: 4, Four: 256}, {I: 3}}
	s.Per[3].L1, s.Per[3].J2, s.Errors = 2, 5, errs
	s.encloseNodes(nodes, scale, relative)
	l, h := s.Lo.Nodes[claim.Past], s.Hi.Nodes[claim.Past]
	eY := 2 * errs.Y[2]
	check("left", 3, l[0].Left, h[0].Left, 9, 2*eY+2*scale*0x1p-42*5+2*lost*4, 2, relative)
	check("mean", 3, l[0].Mean2, h[0].Mean2, 4, eY+lost*4, 2, relative)
	check("four", 3, l[0].Four, h[0].Four, 256, eY, 4, relative)
	if l[1] != (claim.Node{I: 3}) || h[1] != l[1] || len(s.Lo.Nodes[claim.Total]) != 0 {
		t.Errorf("a state that nothing reaches: %+v, %+v", l[1], h[1])
	}
}

// TestIll: a chain whose rounding leaves the margin of its region says nothing: 2^60 - 2^60 is
// off by more than 2^-40 of the states that were met, which are about 1.
func TestIll(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "affine", In: 1, Out: 1}, {Op: "scale", N: 1}, {Op: "halfsq", N: 1}},
		X:     []float64{0x1p60}, W: [][]float64{{1, -0x1p60}, {1}, {}},
		Delta: []perturb.Spec{{Law: "constant", D: []float64{1}}, zero, zero}, Eps: []perturb.Spec{zero, zero, zero},
	}
	if _, _, why := Case(claim.Step, c); why != claim.Ill {
		t.Errorf("2^60 - 2^60: %v, want %v", why, claim.Ill)
	}
}

// TestMeanAgain: a second mean has nothing of the first one.
func TestMeanAgain(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	pass := func(x float64) []gen.Pass {
		c := &gen.Case{
			Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{x}, W: [][]float64{{0}, {}},
			Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, zero},
		}
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		return []gen.Pass{*p}
	}
	first := pass(8)
	ev := NewEvaluator(first[0].Chain)
	for _, x := range []float64{8, 2} {
		step, err := ev.Mean(pass(x), 0)
		if err != nil || !(math.Abs(step.Hi.V0[1]-x*x) < 1e-6) || !(step.Hi.K.C < 1.1*max(x, 1)) {
			t.Errorf("x = %v: |v_1|^2 at most %v, C = %v, error %v", x, step.Hi.V0[1], step.Hi.K.C, err)
		}
	}
}

// TestUnitOfFloat64: what cancels in float64 is known to 2^-40 of what was averaged, and the moments
// to 2^-32 of themselves: delta = 1 or -1 has mean 0 and square 1.
func TestUnitOfFloat64(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{3}, W: [][]float64{{1}, {}},
		Delta: []perturb.Spec{{Law: "twopoint", A: []float64{1}, B: []float64{-1}, P: 0.5}, zero},
		Eps:   []perturb.Spec{zero, zero},
	}
	lo, hi, why := Case(claim.Step, c)
	if why != claim.Valid {
		t.Fatal(why)
	}
	if l, h := lo.DMean2[claim.Total][1], hi.DMean2[claim.Total][1]; l != 0 || !close9(h*0x1p80, 1) {
		t.Errorf("|E delta|^2 in [%v, %v], want [0, 2^-80]", l, h)
	}
	if l, h := lo.D2[1], hi.D2[1]; l != 1-0x1p-32 || h != 1+0x1p-32 {
		t.Errorf("E|delta|^2 in [%v, %v], want 1 within 2^-32", l, h)
	}
}
