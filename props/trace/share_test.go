package trace

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestTangents: the tangent of each operator is what differences of its values tend to, for each
// row and a move of both input and weights.
func TestTangents(t *testing.T) {
	for _, name := range core.OpNames() {
		o := allowedView(name)
		switch name {
		case "affine", "linear":
			o.spec.In, o.spec.Out = o.in, o.out
		case "fixed", "logistic":
		default:
			o.spec.N = o.in
		}
		if o.labels[0] = o.labels[1]; name == "softmaxce" {
			o.spec.Label = o.labels[1]
		}
		specs := []core.Spec{{Op: "bias", N: o.in}, o.spec}
		if o.out > 1 {
			specs = append(specs, core.Spec{Op: "linear", In: o.out, Out: 1})
		}
		chain, err := core.FromSpecs(specs)
		if err != nil {
			t.Fatal(err)
		}
		op := chain.Op(2)
		r := rand.New(rand.NewPCG(7, 7))
		a, g := make([]float64, 2*o.in), make([]float64, op.NW())
		for _, v := range [][]float64{a, g} {
			for k := range v {
				v[k] = r.Float64() - 0.5
			}
		}
		got := make([]float64, 2*o.out)
		o.tangent(got, a, g, 2)
		const h = 1e-5
		moved := func(b int, h float64) []float64 {
			x, w := slices.Clone(o.x[b*o.in:(b+1)*o.in]), slices.Clone(o.w)
			for k := range x {
				x[k] += h * a[b*o.in+k]
			}
			for k := range g {
				w[k] += h * g[k]
			}
			y := make([]float64, o.out)
			op.Forward(y, x, w)
			return y
		}
		for b := range 2 {
			up, down := moved(b, h), moved(b, -h)
			for k := range o.out {
				if want := (up[k] - down[k]) / (2 * h); !(math.Abs(got[b*o.out+k]-want) <= 1e-7*(1+math.Abs(want))) {
					t.Errorf("%s, row %d, entry %d: %v, differences give %v", name, b, k, got[b*o.out+k], want)
				}
			}
		}
	}
}

// TestNearestAll: many numbers are rounded as each of them is.
func TestNearestAll(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for name, f := range formats {
		if name == "float64" {
			continue // nothing is rounded
		}
		src := []float64{0, 1, -1, f.Max, -2 * f.Max, f.smallest(), f.smallest() / 3, 1 + f.ulp()/2, 1 + 1.5*f.ulp(),
			-1 - f.ulp()/2, 1 + 0.25*f.ulp(), 1 + 0.75*f.ulp()}
		for range 200 {
			src = append(src, math.Ldexp(r.NormFloat64(), r.IntN(20)-10))
		}
		for _, scale := range []float64{1, 0.25, 3} {
			dst := make([]float64, len(src))
			f.nearestAll(dst, src, scale)
			for k, x := range src {
				if want := f.nearest(x*scale) / scale; dst[k] != want {
					if f.Mantissa == 23 && scale == 1 && math.IsInf(dst[k], 0) {
						continue // beyond the largest float32
					}
					t.Errorf("%s: %v times %v becomes %v, want %v", name, x, scale, dst[k], want)
				}
			}
		}
	}
}

// TestColumnsByHand: sizes are root mean squares over the samples and ratios what the model of
// rounding makes of them, of several steps the largest; shares are means over the steps that
// have them.
func TestColumnsByHand(t *testing.T) {
	c := &columns{sites: 1}
	e := []siteError{{checked: true, pred: 4}}
	for way := range ways {
		e[0].sum2[way] = 36
	}
	for k, first := range [][]float64{{0.5}, nil, {0.1}, {0.6}} {
		c.per = 4
		c.add(measured{t: k, loss: float64(k), error2: float64(3 - k), grad2: 1}, e, 4, first)
	}
	got := c.list()
	if len(got) != 1 {
		t.Fatalf("%d columns", len(got))
	}
	if one := got[0]; one.From != 0 || one.To != 3 || one.Size[0] != 3 || one.Ratio[0] != 3 || one.Loss != 1.5 ||
		one.Error2 != 3 || one.Grad2 != 1 || !(math.Abs(float64(one.Share[0])-0.4) < 1e-12) {
		t.Errorf("%+v", one)
	}
	if got := operatorName(core.Spec{Op: "fixed", A: [][]float64{{1, 2, 3}, {4, 5, 6}}}); got != "fixed(3,2)" {
		t.Errorf("named %s", got)
	}
	if a, b := Number(math.NaN()).String(), Number(1.23456).String(); a != "-" || b != "1.235" {
		t.Errorf("numbers %q and %q", a, b)
	}
}
