package conform

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// slack is how far from the tolerance the worst of many errors may be: a
// tolerance that is never approached would pass every fault. Norm bounds and
// gamma(n) for random signs cost a few units a chain, the factor 2 another.
const slack = 0.02

func TestEncloseHoldsAndBites(t *testing.T) {
	for name, e := range map[string]Engine{
		"float64, reversed": independent[float64]{reverse: true},
		"float32":           independent[float32]{},
		"float32, reversed": independent[float32]{reverse: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &session{engine: e, opt: (&Options{Cases: 2000}).withDefaults(), rule: &rule{}}
			s.precision, _ = precisionOf(e.(Describer).Describe().Precision)
			worst, n := 0.0, 0
			for index := range s.opt.Cases {
				req, want := s.draw(index, drawing{delta: every, eps: every})
				if req == nil {
					continue
				}
				n++
				got, err := e.Step(req)
				if err != nil {
					t.Fatal(err)
				}
				for i := range got.U {
					off, tol := distance(got.U[i], want.U[i+1]), want.TolU[i+1]
					if !(off <= tol) {
						t.Fatalf("%s: U_%d off by %.3g, tolerance %.3g", req.line(), i+1, off, tol)
					}
					if tol > 0 {
						worst = max(worst, off/tol)
					}
				}
			}
			if !(worst >= slack) || n < 1500 {
				t.Errorf("%d requests, largest error %.3g of its tolerance, want at least %g", n, worst, slack)
			}
		})
	}
}

// TestEncloseByHand: y_1 = w x and y_2 = y_1^2/2 at x = w = 1, u the unit
// roundoff. Y_1 has two roundings, of the product and of adding delta: 2u. J1 of
// halfsq is y_1, so V_1 inherits 2u and has two of its own: 4u. U_1 = x V_1 has one
// more: 5u. All doubled.
func TestEncloseByHand(t *testing.T) {
	req := &Request{
		Chain: []core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{1}, W: [][]float64{{1}, {}},
		Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}},
	}
	for name, u := range map[string]float64{"float64": 0x1p-53, "float32": 0x1p-24} {
		e, err := Enclose(req, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name      string
			got, want float64
		}{{"Y_1", e.TolY[1], 4 * u}, {"V_1", e.TolV[1], 8 * u}, {"V_2", e.TolV[2], 0}, {"U_1", e.TolU[1], 10 * u}} {
			// The region is wider than the states by the precision's margin.
			if !(c.want <= c.got && c.got <= 1.01*c.want) {
				t.Errorf("%s: tolerance of %s is %.6g, want %.6g and at most 1 %% more", name, c.name, c.got, c.want)
			}
		}
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
		name, precision, want string
		req                   *Request
		outside               bool
	}{
		{"precision", "float8", `"float8"`, request(func(*Request) {}), false},
		{"x", "", "x has length 2, want 1", request(func(r *Request) { r.X = []float64{1, 2} }), false},
		{"eps_1", "", "eps[0] has length 1, want 0", request(func(r *Request) { r.Eps[0] = []float64{1} }), false},
		{"operator", "", `"relu"`, request(func(r *Request) { r.Chain[0].Op = "relu" }), false},
		{"regularizer", "", `"l1"`, request(func(r *Request) { r.Reg.Kind = "l1" }), false},
		{"overflow", "", "Y_0 is 1e+200", request(func(r *Request) { r.X[0] = 1e200 }), true},
		{"large in float16", "float16", "want 0 or", request(func(r *Request) { r.X[0] = 1000 }), true},
		{"NaN", "", "Y_0 is NaN", request(func(r *Request) { r.X[0] = math.NaN() }), true},
		{"NaN inside", "", "Y_1 is NaN", request(func(r *Request) { r.Delta[0][0] = math.NaN() }), true},
		{"V_1 cancels", "bfloat16", "V_1 has size 0.00391", &Request{
			Chain: []core.Spec{{Op: "scale", N: 1}, {Op: "linear", In: 1, Out: 2}, {Op: "linear", In: 2, Out: 1}},
			X:     []float64{1}, W: [][]float64{{1}, {1, -255.0 / 256}, {1, 1}},
			Delta: [][]float64{{0}, {0, 0}, {0}}, Eps: [][]float64{{}, {0}, {0, 0}},
		}, true},
	} {
		_, err := Enclose(c.req, c.precision)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrRange) != c.outside {
			t.Errorf("%s: error %v, want one with %q, ErrRange: %v", c.name, err, c.want, c.outside)
		}
	}
	if _, err := Enclose(request(func(*Request) {}), ""); err != nil {
		t.Errorf("a valid request: %v", err)
	}
}
