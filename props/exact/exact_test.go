package exact

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/expect"
	"github.com/cascade-sgd/cascade/props/gen"
)

// below reports |x - y| <= 2^-bits max(1, |y|).
func below(x, y *big.Float, bits int) bool {
	d := new(big.Float).Sub(x, y)
	scale := new(big.Float).Abs(y)
	if scale.Cmp(big.NewFloat(1)) < 0 {
		scale.SetInt64(1)
	}
	scale.SetMantExp(scale, -bits)
	return d.Abs(d).Cmp(scale) <= 0
}

// TestConstants: 60 digits of e, ln 2, tanh 1 and ln(1+e), from the OEIS
// (A001113, A002162, A073744) and, for the last, softplus(1) = 1 + ln(1+1/e)
// computed from the other two identities below.
func TestConstants(t *testing.T) {
	const prec = 192
	a := newArith(prec)
	for name, c := range map[string]struct {
		got  *big.Float
		want string
	}{
		"e":       {a.exp(a.num(1)), "2.71828182845904523536028747135266249775724709369995957496696763"},
		"ln 2":    {a.log(a.num(2)), "0.69314718055994530941723212145817656807550013436025525412068001"},
		"tanh 1":  {a.tanh(a.num(1)), "0.76159415595576488811945828260479359041276859725793655159681050"},
		"tanh -1": {a.tanh(a.num(-1)), "-0.76159415595576488811945828260479359041276859725793655159681050"},
	} {
		want, _, err := big.ParseFloat(c.want, 10, prec, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		if !below(c.got, want, prec-Guard) {
			t.Errorf("%s = %s, want %s", name, c.got.Text('g', 60), c.want)
		}
	}
}

// TestIdentities ties the functions to each other over a wide range.
func TestIdentities(t *testing.T) {
	const prec = 256
	a := newArith(prec)
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		x := a.num(math.Ldexp(r.NormFloat64(), r.IntN(16)-8))
		one := a.num(1)
		if got := a.mul(a.exp(x), a.exp(a.zero().Neg(x))); !below(got, one, prec-Guard) {
			t.Fatalf("e^x e^-x = %v at %v", got, x)
		}
		if got := a.log(a.exp(x)); !below(got, x, prec-Guard) {
			t.Fatalf("ln e^x = %v at %v", got, x)
		}
		// softplus(x) - softplus(-x) = x, sigmoid(x) + sigmoid(-x) = 1.
		if got := a.sub(a.softplus(x), a.softplus(a.zero().Neg(x))); !below(got, x, prec-Guard) {
			t.Fatalf("softplus at %v", x)
		}
		if got := a.add(a.sigmoid(x), a.sigmoid(a.zero().Neg(x))); !below(got, one, prec-Guard) {
			t.Fatalf("sigmoid at %v", x)
		}
		// tanh 2x = 2 tanh x/(1 + tanh^2 x).
		th := a.tanh(x)
		want := a.quo(a.mul(a.num(2), th), a.add(one, a.mul(th, th)))
		if got := a.tanh(a.mul(a.num(2), x)); !below(got, want, prec-Guard) {
			t.Fatalf("tanh at %v", x)
		}
		f, _ := x.Float64()
		if g, _ := a.exp(x).Float64(); math.Abs(f) < 700 && !(math.Abs(g-math.Exp(f)) <= 1e-13*math.Exp(f)) {
			t.Fatalf("e^%v = %v, package math has %v", f, g, math.Exp(f))
		}
	}
	for x, want := range map[float64]float64{1e9: math.Inf(1), -1e9: 0, 0: 1} {
		if got, _ := a.exp(a.num(x)).Float64(); got != want {
			t.Errorf("e^%v = %v, want %v", x, got, want)
		}
	}
}

// TestDerivatives: at 512 bits a central difference of step 2^-120 is good to
// 200 bits, which leaves a wrong derivative nowhere to hide.
func TestDerivatives(t *testing.T) {
	a := newArith(512)
	h := new(big.Float).SetMantExp(a.num(1), -120)
	r := rand.New(rand.NewPCG(2, 2))
	vec := func(n int) vector {
		v := make([]float64, n)
		for k := range v {
			v[k] = r.NormFloat64()
		}
		return a.nums(v)
	}
	for _, s := range []core.Spec{
		{Op: "affine", In: 2, Out: 3}, {Op: "linear", In: 3, Out: 2}, {Op: "fixed", A: [][]float64{{1, 2}, {-0.5, 3}}},
		{Op: "bias", N: 2}, {Op: "scale", N: 2}, {Op: "tanh", N: 2}, {Op: "sigmoid", N: 2}, {Op: "softplus", N: 2},
		{Op: "square", N: 2}, {Op: "halfsq", N: 3}, {Op: "logistic"}, {Op: "softmaxce", N: 3, Label: 1}, {Op: "bilinear", N: 2},
	} {
		op, err := core.NewOp(s)
		if err != nil {
			t.Fatal(err)
		}
		x, w, v := vec(op.In()), vec(op.NW()), vec(op.Out())
		for which, at := range []vector{x, w} {
			got := a.vjp1(s, x, w, v)
			if which == 1 {
				got = a.vjp2(s, x, w, v)
			}
			if len(got) != len(at) {
				t.Fatalf("%v: a product of length %d, want %d", s, len(got), len(at))
			}
			for k := range at {
				old := at[k]
				at[k] = a.add(old, h)
				up := a.dot(a.forward(s, x, w), v)
				at[k] = a.sub(old, h)
				down := a.dot(a.forward(s, x, w), v)
				at[k] = old
				want := a.quo(a.sub(up, down), a.mul(a.num(2), h))
				if !below(got[k], want, 200) {
					t.Errorf("%v: derivative %d by argument %d is %v, want %v", s, k, which, got[k], want)
				}
			}
		}
	}
}

// TestCoreWithinEnclosure holds the engine's float64 pass against this one: the
// difference must lie within what core.Enclosure derives, and not be absurdly
// smaller everywhere, or the enclosure would be worthless.
func TestCoreWithinEnclosure(t *testing.T) {
	sharpest := 0.0
	tried := 0
	for index := range uint64(400) {
		c := gen.Step(gen.Random(3, index))
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		n := p.Chain.N()
		s := core.NewState(p.Chain)
		laws := make([]perturb.Law, n+1)
		epss := make([]perturb.Law, n+1)
		for i := 1; i <= n; i++ {
			if l := p.Plan.Delta[i]; l != nil {
				laws[i] = l
			}
			if l := p.Plan.Eps[i]; l != nil {
				epss[i] = l
			}
		}
		s.Pass(p.Chain, p.X, p.W, perturb.NewSampler(laws, epss, index))
		region, errs := core.NewRegion(p.Chain), core.NewEnclosure(p.Chain)
		region.Visit(s, p.W)
		errs.Visit(s)
		region.Widen(core.Margin)
		per := make([]core.Regularity, n+1)
		region.Regularity(per)
		if !errs.Compute(region, per) {
			continue
		}
		tried++
		ev, err := NewEvaluator(c.Chain, 256)
		if err != nil {
			t.Fatal(err)
		}
		x := ev.Pass(p.X, c.W, s.Delta, s.Eps)
		for i := 1; i <= n; i++ {
			for _, q := range []struct {
				name  string
				float []float64
				exact []*big.Float
				bound float64
			}{{"Y", s.Y[i], x.Y[i], errs.Y[i]}, {"V", s.V[i], x.V[i], errs.V[i]}, {"U", s.U[i], x.U[i], errs.U[i]}} {
				sum := new(big.Float)
				for k, v := range q.float {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						continue
					}
					d := new(big.Float).Sub(big.NewFloat(v), q.exact[k])
					sum.Add(sum, d.Mul(d, d))
				}
				f, _ := sum.Float64()
				if e := math.Sqrt(f); !(e <= q.bound+1e-290) {
					t.Fatalf("case %d %v: %s_%d is off by %v, the enclosure is %v", index, c.Chain, q.name, i, e, q.bound)
				} else if q.bound > 0 {
					sharpest = max(sharpest, e/q.bound)
				}
			}
		}
	}
	if tried < 300 || sharpest < 0.05 {
		t.Errorf("%d of 400 cases tried; the largest error was %.3g of its enclosure", tried, sharpest)
	}
}

// TestMomentsAgainstWalk: the two ways to take expectations agree, in every
// reading.
func TestMomentsAgainstWalk(t *testing.T) {
	for index := range uint64(60) {
		c := gen.Step(gen.Random(4, index))
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		want := expect.NewMoments(p.Chain)
		if err := expect.NewWalker(p.Chain).Walk(want, p.X, p.W, &p.Plan, 0); err != nil || !(want.Y4[p.Chain.N()] < 1e10) || want.Leaves > 300 {
			continue
		}
		var leaves []expect.Leaf
		err = expect.Enumerate(p.Chain, p.X, p.W, &p.Plan, 0, func(l *expect.Leaf, _ *core.State) error {
			leaves = append(leaves, expect.Leaf{P: l.P, Path: append([]int(nil), l.Path...), Delta: rowsCopy(l.Delta), Eps: rowsCopy(l.Eps)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ev, err := NewEvaluator(c.Chain, 192)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := ev.Moments(p.X, p.W, leaves)
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, a, b []float64, scale float64) {
			for i := range a {
				if !(math.Abs(a[i]-b[i]) <= 1e-9*(scale+math.Abs(b[i]))) {
					t.Errorf("case %d: %s[%d] = %v, the walk has %v", index, name, i, a[i], b[i])
				}
			}
		}
		check("Y2", got.Y2, want.Y2, 1)
		check("Y4", got.Y4, want.Y4, 1)
		check("D2", got.D2, want.D2, 1)
		check("D4", got.D4, want.D4, 1)
		check("E2", got.E2, want.E2, 1)
		check("E4", got.E4, want.E4, 1)
		check("V4", got.V4, want.V4, 1+want.V4[1])
		check("YV2", got.YV2, want.YV2, 1+want.YV2[1])
		check("V2", got.V2, want.V2, 1+want.V2[1])
		check("Ui2", got.Ui2, want.Ui2, 1+want.U2)
		check("UiMean2", got.UiMean2, want.UiMean2, 1+want.U2)
		for r := range expect.Readings {
			name := expect.Reading(r).String()
			check("DMean2 "+name, got.DMean2[r], want.DMean2[r], 1)
			check("EMean2 "+name, got.EMean2[r], want.EMean2[r], 1)
			check("YMean2 "+name, got.YMean2[r], want.YMean2[r], 1)
			check("VMean2 "+name, got.VMean2[r], want.VMean2[r], 1+want.V2[1])
		}
	}
}

func rowsCopy(a [][]float64) [][]float64 {
	b := make([][]float64, len(a))
	for k, v := range a {
		if v != nil {
			b[k] = append([]float64{}, v...)
		}
	}
	return b
}

func TestRefusals(t *testing.T) {
	good := []core.Spec{{Op: "tanh", N: 1}, {Op: "logistic"}}
	for want, f := range map[string]func() error{
		"precision 8, want 64": func() error { _, err := NewEvaluator(good, 8); return err },
		"precision 100000":     func() error { _, err := NewEvaluator(good, 100000); return err },
		"chain of 0 operators": func() error { _, err := NewEvaluator(nil, 256); return err },
		"no leaves": func() error {
			ev, err := NewEvaluator(good, 256)
			if err == nil {
				_, _, err = ev.Moments([]float64{1}, nil, nil)
			}
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func BenchmarkPass(b *testing.B) {
	ev, err := NewEvaluator([]core.Spec{{Op: "affine", In: 2, Out: 3}, {Op: "tanh", N: 3}, {Op: "halfsq", N: 3}}, 320)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ev.Pass([]float64{1, 2}, [][]float64{{1, 2, 3, 4, 5, 6, 7, 8, 9}, nil, nil}, nil, nil)
	}
}
