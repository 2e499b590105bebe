package conform

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// summed is an engine in float32 that adds up J1^T v and eps as automatic differentiation
// does: the terms of an operator that uses its input twice come one by one, eps first.
func summed(v, x, eps float64, factor int) float64 {
	term := f32(f32(x*v) / 2 * float64(factor))
	return f32(f32(eps+term) + term)
}

// TestGather: J1^T v + eps of halfsq and square may be summed in any order, but an error of
// 8 units where nothing cancels is outside.
func TestGather(t *testing.T) {
	const u = 0x1p-24
	p := Precision{"float32", "float32", "float32"}
	apart := 0
	for k := range 400 {
		x, eps := f32(math.Sin(float64(k))), f32(2*math.Cos(float64(7*k)))
		for _, op := range []string{"halfsq", "square"} {
			chain := []core.Spec{{Op: "scale", N: 1}, {Op: op, N: 1}}
			factor := 1
			if op == "square" {
				chain = append(chain, core.Spec{Op: "linear", In: 1, Out: 1})
				factor = 2
			}
			req := &Request{Chain: chain, X: []float64{x}}
			for i := range chain {
				req.W = append(req.W, []float64{1}[:1-min(1, max(0, i%2))])
				req.Delta = append(req.Delta, []float64{0})
				req.Eps = append(req.Eps, []float64{0}[:min(i, 1)])
			}
			req.Eps[1][0] = eps
			e, err := Enclose(req, p)
			if err != nil {
				t.Fatal(err)
			}
			got := summed(1, x, eps, factor)
			if !(math.Abs(got-e.V[1][0]) <= e.TolV[1][0]) {
				t.Errorf("%s at %v, eps %v: V is %v, want %v within %v", op, x, eps, got, e.V[1][0], e.TolV[1][0])
			}
			if got != f32(e.V[1][0]) {
				apart++
			}
			if size := math.Abs(x)*float64(factor) + math.Abs(eps); math.Abs(e.V[1][0]) > size/2 &&
				e.TolV[1][0] >= 8*u*size {
				t.Errorf("%s at %v, eps %v: 8 units are allowed", op, x, eps)
			}
		}
	}
	if apart < 20 {
		t.Errorf("the order of summation matters in %d cases alone", apart)
	}
}

// split are ways in which automatic differentiation in float32 adds up eps and the two terms of what
// tanh and sigmoid send back, where y is their value: v (1-y) and v (1-y) y, as JAX has it, or v
// and -v y^2; v y and -v y^2.
var split = map[string][]func(v, y, eps float64) float64{
	"tanh": {
		func(v, y, eps float64) float64 { t := f32(v * f32(1-y)); return f32(f32(eps+t) + f32(t*y)) },
		func(v, y, eps float64) float64 { t := f32(v * f32(1-y)); return f32(f32(eps+f32(t*y)) + t) },
		func(v, y, eps float64) float64 { return f32(f32(eps+v) - f32(v*f32(y*y))) },
		func(v, y, eps float64) float64 { return f32(f32(eps-f32(f32(v*y)*y)) + v) },
	},
	"sigmoid": {
		func(v, y, eps float64) float64 { t := f32(v * y); return f32(f32(eps+t) - f32(t*y)) },
		func(v, y, eps float64) float64 { t := f32(v * y); return f32(f32(eps-f32(t*y)) + t) },
	},
}

func f32(x float64) float64 { return float64(float32(x)) }

// TestGatherSplit: none of these is accused, wherever tanh and sigmoid bend or saturate, and each
// of them is another number than the one that is rounded once in some case.
func TestGatherSplit(t *testing.T) {
	p := Precision{"float32", "float32", "float32"}
	value := map[string]func(float64) float64{"tanh": math.Tanh, "sigmoid": sigmoid}
	rng := rand.New(rand.NewPCG(1, 2))
	for op, ways := range split {
		apart := make([]int, len(ways))
		for range 4000 {
			x, v := f32(12*rng.Float64()-6), f32(math.Ldexp(2*rng.Float64()-1, rng.IntN(12)-6))
			eps := f32(math.Ldexp(2*rng.Float64()-1, rng.IntN(12)-6))
			e, err := Enclose(&Request{
				Chain: []core.Spec{{Op: "scale", N: 1}, {Op: op, N: 1}, {Op: "linear", In: 1, Out: 1}},
				X:     []float64{x}, W: [][]float64{{1}, {}, {v}}, Delta: [][]float64{{0}, {0}, {0}},
				Eps: [][]float64{{}, {eps}, {0}}, Gamma: 1,
			}, p)
			if err != nil {
				t.Fatal(err)
			}
			y := float32(value[op](x))
			y = math.Nextafter32(y, []float32{y, 2, -2}[rng.IntN(3)]) // functions are a unit off
			for k, way := range ways {
				got := way(v, float64(y), eps)
				if !(math.Abs(got-e.V[1][0]) <= e.TolV[1][0]) {
					t.Errorf("%s, way %d, at %v, v %v, eps %v: V is %v, want %v within %v", op, k, x, v, eps, got,
						e.V[1][0], e.TolV[1][0])
				}
				if got != f32(e.V[1][0]) {
					apart[k]++
				}
			}
		}
		if slices.Min(apart) < 200 {
			t.Errorf("%s: the order matters in %v cases alone", op, apart)
		}
	}
}

// TestAmbiguous: an infinite v is not sent back through softmaxce, where the derivative of
// log-softmax, v - p sum v, is NaN at the label and (p - 1) v is infinite: both are right.
func TestAmbiguous(t *testing.T) {
	ar, err := newArithmetic(Precision{"float64", "float64", "float64"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		w    float64
		want bool
	}{{2, false}, {math.Inf(1), true}, {math.NaN(), false}} {
		j := jobOf(&Request{
			Chain: []core.Spec{{Op: "bias", N: 2}, {Op: "softmaxce", N: 2}, {Op: "scale", N: 1}},
			X:     []float64{1, 1}, W: [][]float64{{1, 1}, {}, {c.w}},
			Delta: [][]float64{{0, 0}, {0}, {0}}, Eps: [][]float64{{}, {0, 0}, {0}}, Gamma: 1,
		})
		if err := j.prepare(ar); err != nil {
			t.Fatal(err)
		}
		if got := j.ambiguous(); got != c.want {
			t.Errorf("weight %v behind a softmaxce: ambiguous %v", c.w, got)
		}
	}
}

// logAddExp takes the derivative of ln(1 + e^x) to be e^(x - y), as JAX and autograd do: NaN
// at +Inf, and off by many units at 33.
type logAddExp struct{ Engine }

func (e logAddExp) Step(req *Request) (*Reply, error) {
	r, err := e.Engine.Step(req)
	if err != nil || req.Chain[0].Op != "bias" || req.Chain[1].Op != "logistic" {
		return r, err
	}
	x := req.X[0] + req.W[0][0] + req.Delta[0][0]
	y := math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
	eps := req.Eps[1][0]
	r.U[0][0] = (r.U[0][0]-eps)*(math.Exp(x-y)*(1+math.Exp(-x))) + eps
	r.W[0][0] = req.W[0][0]
	core.Step(r.W[0], r.U[0], req.Gamma, req.Reg)
	return r, nil
}

// TestWildApart: what is wrong at Inf and what is wrong at 33 are two findings.
func TestWildApart(t *testing.T) {
	factory := func() (Engine, error) { return logAddExp{NewReference()}, nil }
	r := Run(factory, &Options{Cases: 1, Rules: []string{"sweep", "not-finite"}})
	var parts []string
	for _, v := range r.Findings {
		parts = append(parts, v.Part)
	}
	if len(parts) != 2 || !slices.Contains(parts, "what is not finite") {
		t.Errorf("found %q, want what is not finite and another", parts)
	}
}
