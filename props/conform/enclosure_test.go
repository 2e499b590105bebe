package conform

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestFormats: rounding is that of perturb for every 16-bit pattern and its
// neighbourhood, and exact for what is representable; beyond the largest it is Inf.
func TestFormats(t *testing.T) {
	for name, f := range formats {
		if f.digits > 11 {
			continue
		}
		for pattern := range 1 << 16 {
			x := math.Float64frombits(uint64(pattern) << 48)
			if math.IsNaN(x) || math.IsInf(x, 0) {
				continue
			}
			for _, y := range []float64{x, math.Nextafter(x, inf), x * (1 + f.unit()),
				x * (1 + f.unit()*(1+0x1p-40))} {
				got := f.round(y)
				if want := f.Nearest(y); got != want &&
					!(math.Abs(y) > f.Max && (math.IsInf(got, 0) || math.Abs(got) == f.Max)) {
					t.Fatalf("%s: %v is rounded to %v, want %v", name, y, got, want)
				}
				if !math.IsInf(got, 0) && !f.holds(got) {
					t.Fatalf("%s: %v is rounded to %v, which is not representable", name, y, got)
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		x, want float64
	}{
		{"float16", 65519, 65504}, {"float16", 65520, inf}, {"float16", -70000, -inf}, {"float16", 0x1p-25, 0},
		{"float16", 0x1.8p-25, 0x1p-24}, {"e4m3", 447, 448}, {"e4m3", 500, inf}, {"e5m2", 1.125, 1},
		{"e5m2", 1.375, 1.5},
		{"bfloat16", 1 + 0x1p-8, 1}, {"bfloat16", 1 + 0x1.8p-7, 1 + 0x1p-6}, {"tf32", 1 + 0x1p-11, 1},
		{"float32", 1e39, inf},
		{"float64", 0.1, 0.1}, {"bfloat16", inf, inf},
	} {
		if got := formats[c.name].round(c.x); got != c.want {
			t.Errorf("%s: %v is rounded to %v, want %v", c.name, c.x, got, c.want)
		}
	}
}

func TestLow(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want int
	}{{1, 0}, {-6, 1}, {0.75, -2}, {5e-324, -1074}, {0x1.8p-1074, -1073}, {1 + 0x1p-52, -52}, {0x1p1000, 1000}} {
		if got := low(c.x); got != c.want {
			t.Errorf("low(%v) = %d, want %d", c.x, got, c.want)
		}
	}
}

// TestEncloseByHand: y_1 = w x and y_2 = y_1^2/2 at x = 1, w = 1 + 2^-30, u the unit
// roundoff of the engine and r = 2^-53 the reference's. Y_1 = w is exact in float64 and,
// as x is a power of two, in no need of rounding. J1 of halfsq is y_1, V_1 = y_1 exactly;
// U_1 = x V_1. With w and x of full length the product rounds: u + r; V_1 inherits that;
// U_1 = x V_1 adds as much again.
func TestEncloseByHand(t *testing.T) {
	request := func(x, w float64) *Request {
		return &Request{
			Chain: []core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{x}, W: [][]float64{{w}, {}},
			Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}, Reg: core.Regularizer{Kind: "none"},
		}
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if !(want <= got && got <= want*(1+1e-6)) {
			t.Errorf("%s: %.9g, want %.9g", name, got, want)
		}
	}
	for _, p := range []string{"float64", "float32", "bfloat16"} {
		f := formats[p]
		e, err := Enclose(request(1, 1+math.Ldexp(1, 2-f.digits)), word(p))
		if err != nil {
			t.Fatal(err)
		}
		if e.TolY[1][0] != 0 || e.TolV[1][0] != 0 || e.TolU[1][0] != 0 {
			t.Errorf("%s: tolerances %v, %v, %v where nothing rounds", p, e.TolY[1], e.TolV[1], e.TolU[1])
		}
		x := 1 + math.Ldexp(3, 1-f.digits)
		if e, err = Enclose(request(x, x), word(p)); err != nil {
			t.Fatal(err)
		}
		u := f.unit() + unit64
		y := x * x
		near(p+": Y_1", e.TolY[1][0], y*math.Expm1(u))
		near(p+": V_1", e.TolV[1][0], y*math.Expm1(u))
		near(p+": U_1", e.TolU[1][0], x*y*math.Expm1(u)+x*(y+y*math.Expm1(u))*math.Expm1(u))
	}
}

func TestEncloseErrors(t *testing.T) {
	request := func(change func(*Request)) *Request {
		req := &Request{
			Chain: []core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{1}, W: [][]float64{{1}, {}},
			Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}},
		}
		change(req)
		return req
	}
	for _, c := range []struct {
		name, want string
		precision  Precision
		req        *Request
		outside    bool
	}{
		{"precision", `"float8"`, word("float8"), request(func(*Request) {}), false},
		{"role", `"" for accumulate`, Precision{"float32", "float32", ""}, request(func(*Request) {}), false},
		{"x", "x has length 2, want 1", float64s, request(func(r *Request) { r.X = []float64{1, 2} }), false},
		{"eps_1", "eps[0] has length 1, want 0", float64s, request(func(r *Request) {
			r.Eps[0] = []float64{1}
		}), false},
		{"operator", `"relu"`, float64s, request(func(r *Request) { r.Chain[0].Op = "relu" }), false},
		{"regularizer", `"l1"`, float64s, request(func(r *Request) { r.Reg.Kind = "l1" }), false},
		{"overflow", "Y_2 is +Inf", float64s, request(func(r *Request) { r.X[0] = 1e200 }), true},
		{"overflow on the way", "out of the precision's range", word("float16"), &Request{
			Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "halfsq", N: 1}}, X: []float64{200, 200},
			W: [][]float64{{200, -200}, {}}, Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}},
		}, true},
		{"large in float16", "want at most", word("float16"), request(func(r *Request) { r.X[0] = 1000 }), true},
		{"NaN", "Y_0 is NaN", float64s, request(func(r *Request) { r.X[0] = math.NaN() }), true},
	} {
		_, err := Enclose(c.req, c.precision)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrRange) != c.outside {
			t.Errorf("%s: error %v, want one with %q, ErrRange: %v", c.name, err, c.want, c.outside)
		}
	}
	if _, err := Enclose(request(func(*Request) {}), float64s); err != nil {
		t.Errorf("a valid request: %v", err)
	}
}

// bite is how near to its tolerance the worst of many errors must come: a tolerance that
// is never approached would pass every fault. Roundings of both signs cancel, and most
// engines use one of several formulas that are allowed.
const bite = 0.2

// TestEncloseHoldsAndBites: in every precision no error of a right engine exceeds its
// tolerance, and some come near theirs, for loss, U and W.
func TestEncloseHoldsAndBites(t *testing.T) {
	for _, p := range precisions {
		ar, err := newArithmetic(p, false)
		if err != nil {
			t.Fatal(err)
		}
		worst := map[string]float64{}
		e := newLab(p)
		e.off = -1
		e.allForms("cosh", "tanh", "cosh", "tanh", "lse")
		s := &session{gate: newGate(nil, (*Options)(nil).withDefaults()), engine: e, info: e.info, ar: ar}
		s.maker = newMaker(ar, e.info, nil, "bites")
		n := 0
		for index := range 400 {
			m := s.maker.at(1, "bites", index)
			j := m.job(m.anyChain(2+index%4, 4, both()), both())
			if j == nil {
				continue
			}
			n++
			a, f := s.call(j)
			if f != nil {
				t.Fatal(f.detail)
			}
			w := j.want.first[0]
			near := func(name string, got, want, tol []float64) {
				for k, x := range got {
					off := math.Abs(x - want[k])
					if !(off <= tol[k]) {
						t.Fatalf("%v: %s off by %.3g, tolerance %.3g: %s", p, name, off, tol[k], j.line())
					}
					if tol[k] > 0 {
						worst[name] = max(worst[name], off/tol[k])
					}
				}
			}
			near("loss", []float64{a.loss}, w.Y[len(j.chain)], w.TolY[len(j.chain)])
			for i, u := range a.u {
				near("U", u, w.U[i+1], w.TolU[i+1])
			}
		}
		for _, name := range []string{"loss", "U"} {
			if !(worst[name] >= bite) {
				t.Errorf("%v: %d requests, largest error of %s %.3g of its tolerance, want at least %g", p, n, name,
					worst[name], bite)
			}
		}
	}
}

// TestCurves: slopes are right to a few units, and bounds of slopes hold between the
// ends of an interval.
func TestCurves(t *testing.T) {
	for name, c := range curves {
		for _, x := range []float64{-40, -16.3, -5, -1.3, -0.66, -0.1, 0, 1e-9, 0.3, 0.6585, 1.32, 4, 20, 38} {
			for _, r := range []float64{0, 1e-9, 0.01, 0.5, 3} {
				first, second := c.slopes(x, r)
				in := c.span(x, r)
				for k := range 33 {
					y := x - r + 2*r*float64(k)/32
					if !(math.Abs(c.slope(y)) <= first) {
						t.Errorf("%s: slope %v at %v exceeds the bound %v on %v +- %v", name, c.slope(y), y, first,
							x, r)
					}
					const h = 1e-5
					if d := (c.slope(y+h) - c.slope(y-h)) / (2 * h); !(math.Abs(d) <= second+1e-9) {
						t.Errorf("%s: second derivative %v at %v exceeds the bound %v on %v +- %v", name, d, y,
							second, x, r)
					}
					if !(math.Abs(c.value(y)) <= in.y) {
						t.Errorf("%s: value %v at %v exceeds the bound %v on %v +- %v", name, c.value(y), y, in.y,
							x, r)
					}
				}
			}
			const h = 1e-6
			if d := (c.value(x+h) - c.value(x-h)) / (2 * h); !(math.Abs(d-c.slope(x)) <= 1e-8) {
				t.Errorf("%s: slope %v at %v, differences give %v", name, c.slope(x), x, d)
			}
		}
	}
}

// TestExactIsExact: where a tolerance is 0, exact rational arithmetic gives the
// reference's number, and it is short enough for every format.
func TestExactIsExact(t *testing.T) {
	for _, name := range []string{"float64", "bfloat16", "e4m3"} {
		ar, _ := newArithmetic(word(name), false)
		m := newMaker(ar, Info{Ops: []string{"affine", "linear", "fixed", "bias", "scale"}}, nil, "exact")
		zero, all := 0, 0
		for index := range 300 {
			m := m.at(1, "exact", index)
			f := filling{whole: index%2 == 0, delta: every, eps: every}
			j := m.job(m.plainChain(2+index%3, 3, f), f)
			if j == nil {
				continue
			}
			e := j.want.first[0]
			y := exactForward(j)
			for i := range y {
				for k, want := range y[i] {
					all++
					if e.TolY[i][k] != 0 {
						continue
					}
					zero++
					if got := new(big.Rat).SetFloat64(e.Y[i][k]); got.Cmp(want) != 0 || !ar.short(e.Y[i][k]) {
						t.Fatalf("%s: Y_%d[%d] is %v, exactly %v, and its tolerance 0: %s", name, i, k, e.Y[i][k],
							want, j.line())
					}
				}
			}
		}
		if zero < all/3 {
			t.Errorf("%s: %d of %d tolerances are 0", name, zero, all)
		}
	}
}

// exactForward is (5a) for dense operators, bias and scale in rational arithmetic.
func exactForward(j *job) [][]*big.Rat {
	rat := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	rats := func(v []float64) (list []*big.Rat) {
		for _, x := range v {
			list = append(list, rat(x))
		}
		return list
	}
	y := [][]*big.Rat{rats(j.first().X)}
	for i, s := range j.chain {
		x, w := y[i], j.w[i]
		out := make([]*big.Rat, j.width(i+1))
		for k := range out {
			out[k] = rat(j.first().Delta[i][k])
			add := func(a float64, b *big.Rat) { out[k].Add(out[k], new(big.Rat).Mul(rat(a), b)) }
			switch s.Op {
			case "bias":
				out[k].Add(out[k], new(big.Rat).Add(x[k], rat(w[k])))
			case "scale":
				add(w[k], x[k])
			case "fixed":
				for c, b := range x {
					add(s.A[k][c], b)
				}
			default:
				for c, b := range x {
					add(w[k*s.In+c], b)
				}
				if s.Op == "affine" {
					add(w[s.In*s.Out+k], rat(1))
				}
			}
		}
		y = append(y, out)
	}
	return y
}

// TestStepRadius: steps that are exact in every order have the tolerance 0, others not,
// and both forms of the step stay within.
func TestStepRadius(t *testing.T) {
	ar, _ := newArithmetic(word("bfloat16"), false)
	l2 := core.Regularizer{Kind: "l2", Rho: 0.5}
	for _, c := range []struct {
		name        string
		w, u, gamma float64
		reg         core.Regularizer
		exact       bool
	}{
		{"integers", 3, 2, 0.5, core.Regularizer{}, true},
		{"l2 in integers", 2, 3, 0.5, l2, true},
		{"l2 of 257 units", 1, 1, 1, core.Regularizer{Kind: "l2", Rho: 128}, false},
		{"gamma 0", 1.0 / 3, 7, 0, core.Regularizer{Kind: "nonconvex", Rho: 0.3}, true},
		{"nonconvex", 2, 1, 1, core.Regularizer{Kind: "nonconvex", Rho: 0.5}, false},
		{"nonconvex at 0", 0, 1, 1, core.Regularizer{Kind: "nonconvex", Rho: 0.5}, true},
		{"long sum", 128, 1, 1.0 / 64, core.Regularizer{}, false},
	} {
		w := ar.stored.round(c.w)
		to := []float64{w}
		core.Step(to, []float64{c.u}, c.gamma, c.reg)
		if r := ar.step(w, c.u, 0, c.gamma, c.reg, to[0]); (r == 0) != c.exact {
			t.Errorf("%s: tolerance %v, want 0: %v", c.name, r, c.exact)
		}
	}
	if r := ar.step(1e30, 1, 0, 1, core.Regularizer{Kind: "nonconvex", Rho: 1}, 1e30); !math.IsInf(r, 1) {
		t.Errorf("(1+w^2)^2 overflows, and the tolerance is %v", r)
	}
}

// TestWholeFillings: integers are exact in narrow formats too, or tolerances of 0 could
// never find an eighth of a unit there.
func TestWholeFillings(t *testing.T) {
	for _, p := range precisions {
		ar, _ := newArithmetic(p, false)
		m := newMaker(ar, Info{}, nil, "whole")
		for _, op := range exactOps {
			f := filling{whole: true}
			j := m.at(1, op, 0).job(m.at(1, op, 1).placed(op, inner, 3, 2, 0, f), f)
			if j == nil {
				t.Errorf("%v, %s: no request", p, op)
				continue
			}
			n := 0
			for i, tol := range j.want.first[0].TolU {
				if i > 0 && !slices.ContainsFunc(tol, func(x float64) bool { return x != 0 }) {
					n++
				}
			}
			if n < 2 {
				t.Errorf("%v, %s: tolerances of U %v, want most to be 0", p, op, j.want.first[0].TolU)
			}
		}
	}
}

// TestTimesSum: (a b + c) v has the tolerance 0 where no order of computing it rounds; each of
// the four numbers alone may be too large for that.
func TestTimesSum(t *testing.T) {
	ar, _ := newArithmetic(word("bfloat16"), false) // 8 digits
	for _, c := range []struct {
		a, b, c, v float64
		exact      bool
	}{
		{1, 1, 1, 1, true}, {255, 1, 1, 1, true}, {1, 255, 1, 1, true}, {1, 1, 255, 1, true}, {1, 1, 1, 128, true},
		{256, 1, 1, 1, false}, {1, 256, 1, 1, false}, {1, 1, 256, 1, false}, {1, 1, 1, 129, false},
	} {
		if r := (&operation{ar: ar}).timesSum(c.a, 0, c.b, 0, c.c, 0, c.v, 0); (r == 0) != c.exact {
			t.Errorf("%+v: tolerance %v", c, r)
		}
	}
}
