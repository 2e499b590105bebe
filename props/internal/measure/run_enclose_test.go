package measure

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// TestEnclosesRuns: every number of a run gets the errors of what it is made of: with losses,
// gradients and weights on record so large that l is off by 1/8, grad l by 1/16, and U by 1/32 more
// than the sum of both passes, by hand.
func TestEnclosesRuns(t *testing.T) {
	const g, d, w0, steps = 0.25, 0.5, 1.5, 2
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{0.5}, W: [][]float64{{w0}, {}},
		Delta: []perturb.Spec{{Law: "constant", D: []float64{d}}, zero}, Eps: []perturb.Spec{zero, zero},
		Run: &gen.Run{More: [][]float64{{-0.25}}, Gamma: g, Steps: steps, Reg: core.Regularizer{Kind: "none"}},
	}
	run, err := c.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	r := newTrainer(run)
	if err := r.visit(run.W, 0, 1); err != nil {
		t.Fatal(err)
	}
	const eL, eG, eU = 0x1p-3, 0x1p-4, 0x1p-5
	r.points.maxLoss, r.points.maxGrad = eL/sumRounding, eG/sumRounding
	r.points.maxW = (eU/stepRounding - r.points.maxGrad) * g
	lo, hi, _ := r.enclose()
	a, b := lo.Run, hi.Run
	// l is a mean of (x + w)^2/2 and L = mu = 1; grad l = w + 1/8, and l* the variance of x by 2.
	const grad, noise = w0 + 0.125, 0.140625
	star := run.Known.LStarLower()
	if !(math.Abs(star-noise/2) < 1e-9) || !(run.Known.LStarUpper()-star < 1e-9) {
		t.Fatalf("l* = %v, want %v", star, noise/2)
	}
	drop := func(c float64) (lo, hi float64) {
		l, h := interval(grad*grad, eG, 2, 0)
		return r.loss1 - r.loss0 - 2*eL + c*l, r.loss1 - r.loss0 + 2*eL + c*h
	}
	shrink := func(end, q float64) (lo, hi float64) {
		v := end - q*r.loss0 - (1-q)*star
		return v - 2*eL, v + 2*eL
	}
	check := func(name string, lo, hi, wantLo, wantHi float64) {
		t.Helper()
		if !(math.Abs(lo-wantLo) < 1e-6) || !(math.Abs(hi-wantHi) < 1e-6) {
			t.Errorf("%s in [%v, %v], want [%v, %v]", name, lo, hi, wantLo, wantHi)
		}
	}
	cross := grad * d // E[U-u] = d
	eCross := grad*eU + eG*(d+eU)
	check("D0", a.D0, b.D0, r.loss0-eL-star, r.loss0+eL-star)
	check("gap", a.GapT, b.GapT, r.lossT-eL-star, r.lossT+eL-star)
	l, h := interval(r.sum.grad2/steps, eG, 2, 0)
	check("mean |grad|^2", a.Grad2, b.Grad2, l, h)
	l, h = interval(noise, 2*eG, 2, 0)
	check("variance", a.Variance, b.Variance, l, h)
	if !(math.Abs(b.S.SigmaSq-h) < 1e-6) || a.S != b.S {
		t.Errorf("sigma^2 = %v, want %v", b.S.SigmaSq, h)
	}
	l, h = drop(g * (1 - g))
	check("line of (36)", a.Line36, b.Line36, l+g*(cross-eCross), h+g*(cross+eCross))
	l, h = interval(grad*grad, eG, 2, 0)
	check("Young", a.Young36, b.Young36, -g*(cross+eCross)-g/2*h, -g*(cross-eCross)-g/2*l)
	l, h = drop(g / 6)
	check("drop of (36)", a.Drop36, b.Drop36, l, h)
	l, h = drop(g / 2)
	check("sharp drop of (36)", a.SharpDrop36, b.SharpDrop36, l, h)
	l, h = shrink(r.loss1, 1-g/3)
	check("drop of (40)", a.Drop40, b.Drop40, l, h)
	l, h = shrink(r.loss1, 1-g)
	check("sharp drop of (40)", a.SharpDrop40, b.SharpDrop40, l, h)
	l, h = shrink(r.loss1, (1-g)*(1-g))
	check("root drop of (40)", a.RootDrop40, b.RootDrop40, l, h)
	l, h = shrink(r.lossT, math.Pow(1-g/3, steps))
	check("added in (41)", a.Added41, b.Added41, l, h)
	l, h = shrink(r.lossT, math.Pow(1-g, steps))
	check("sharp added", a.SharpAdded41, b.SharpAdded41, l, h)
	l, h = shrink(r.lossT, math.Pow(1-g, 2*steps))
	check("root added", a.RootAdded41, b.RootAdded41, l, h)
	l, h = interval(d*d, eU, 2, 0)
	check("E|U-u|^2", a.First.E2, b.First.E2, l, h)
	check("|E[U-u]|^2", a.First.Mean2, b.First.Mean2, l, h)
	l, h = interval(2*d*d, eU*math.Sqrt2, 2, 0)
	check("sum of E|U-u|^2", a.Sum.E2, b.Sum.E2, l, h)
	_, h = interval(4*sumRounding*d*d, eU*math.Sqrt2, 2, 0) // the difference of two rounded sums
	check("spread", a.Sum.Spread, b.Sum.Spread, 0, h)
	weight := 1 + (1 - g) // of the steps, w and 1
	check("bias", a.RootBias, b.RootBias, weight*(d-eU), weight*(d+eU))
	// The first step takes either input: w+ = w - g (x + w + d).
	if len(a.Leaves) != 2 || len(b.Leaves) != 2 {
		t.Fatalf("%d leaves, want 2", len(a.Leaves))
	}
	for k, x := range []float64{0.5, -0.25} {
		u := x + w0
		up := w0 - g*(u+d)
		v := ((up+0.125)*(up+0.125)+noise)/2 - r.loss0 + g*grad*(u+d)
		e := 2*eL + g*(grad*(eG+eU)+eG*(u+d+eG+eU))
		check("drop of a leaf", a.Leaves[k].Drop, b.Leaves[k].Drop, v-e, v+e)
		l, h = interval(u*u, eG, 2, 0)
		check("|u+r|^2", a.Leaves[k].UR2, b.Leaves[k].UR2, l, h)
		l, h = interval(d*d, eU, 2, 0)
		check("|U-u|^2", a.Leaves[k].E2, b.Leaves[k].E2, l, h)
	}
	for _, most := range []*float64{&r.points.maxLoss, &r.points.maxGrad} {
		old := *most
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			*most = bad
			if _, _, why := r.enclose(); why != claim.Overflow {
				t.Errorf("%v on record is a valid run", bad)
			}
		}
		*most = old
	}
}

// TestWithoutMu: Theorems 3 and 4 take any lower bound of l, so that where there is no mu the gap
// is known from both sides: of l = tanh(x+w)^2/2 >= 0 it is l itself.
func TestWithoutMu(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "tanh", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{0.5},
		W: [][]float64{{0.25}, {}, {}}, Delta: []perturb.Spec{zero, zero, zero},
		Eps: []perturb.Spec{zero, zero, zero},
		Run: &gen.Run{All: true, Gamma: 0.0625, Steps: 1, Reg: core.Regularizer{Kind: "none"}},
	}
	lo, hi, why := Case(claim.Training, c)
	if why != claim.Valid {
		t.Fatal(why)
	}
	want := math.Pow(math.Tanh(0.75), 2) / 2
	if a, b := lo.Run, hi.Run; !(a.D0 <= want && want <= b.D0 && b.D0-a.D0 < 1e-6) || !(a.GapT > 0 && a.GapT < a.D0) ||
		a.LStar != 0 || a.S.Mu != 0 {
		t.Errorf("D0 in [%v, %v], want %v; the last gap at least %v, l* = %v", a.D0, b.D0, want, a.GapT, a.LStar)
	}
}

// TestSumsOfMoments: each list of each reading is enclosed under its own name.
func TestSumsOfMoments(t *testing.T) {
	c, err := core.NewChain(core.Bias(1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	s := &stepSum{Moments: claim.NewMoments(c)}
	next := 0.0
	for _, list := range s.Lists() {
		for i := range list {
			next++
			list[i] = next
		}
	}
	m := s.encloseMoments()
	check := func(name string, lo, hi, want []float64) {
		t.Helper()
		for i, v := range want {
			if !(lo[i] <= v && v <= hi[i] && hi[i]-lo[i] < 1e-6*v) {
				t.Errorf("%s: [%v, %v], want %v", name, lo, hi, want)
			}
		}
	}
	check("D22", m.lo.d22, m.hi.d22, s.D22)
	check("EMean2", m.lo.eMean2, m.hi.eMean2, s.EMean2[claim.Past])
	for _, r := range claim.Readings {
		check("DMean2", m.lo.dMean2[r], m.hi.dMean2[r], s.DMean2[r])
		check("DMean22", m.lo.dMean22[r], m.hi.dMean22[r], s.DMean22[r])
	}
}

// TestPointsKeepTheLargest: the errors of a run are those of its largest loss, gradient and weight,
// wherever on its way it met them: l(w) is the mean of (x+w)^2/2 over 0.5 and -0.25.
func TestPointsKeepTheLargest(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{0.5}, W: [][]float64{{1}, {}},
		Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, zero},
		Run: &gen.Run{More: [][]float64{{-0.25}}, Gamma: 0.25, Steps: 1, Reg: core.Regularizer{Kind: "none"}},
	}
	run, err := c.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	p := NewPoints(run)
	for _, w := range []float64{1, -2, 0.5} {
		if _, err := p.At([]float64{w}, 0); err != nil {
			t.Fatal(err)
		}
	}
	const loss, grad, variance = (1.5*1.5 + 2.25*2.25) / 4, 1.875, 0.140625 // the first two at -2
	if p.maxLoss != loss || p.maxW != 2 || p.maxGrad != grad || p.maxVariance != variance {
		t.Errorf("|l| <= %v, |w| <= %v, |grad| <= %v, variance <= %v, want %v, 2, %v, %v",
			p.maxLoss, p.maxW, p.maxGrad, p.maxVariance, loss, grad, variance)
	}
}

// TestRootBiasTakesBothErrors: that of U at each step, and what the mean lost to cancellation.
func TestRootBiasTakesBothErrors(t *testing.T) {
	r := &trainer{bias: biasSum{mean: 1, size: 0.25 / cancellation, weight: 2}}
	if lo, hi := r.rootBias(0.125); !close9(lo, 0.5) || !close9(hi, 1.5) {
		t.Errorf("1 within 2/8 + 1/4 is in [%v, %v]", lo, hi)
	}
	if lo, _ := r.rootBias(0.5); lo != 0 {
		t.Errorf("a sum of norms is at least %v", lo)
	}
}

// TestRunWaitsForTheNextBurst: a run that stands still between two bursts of an intermittent law has
// not come to rest. With g = 1 and L = 1 a step leads to -x-d where delta = d, and to -x elsewhere.
func TestRunWaitsForTheNextBurst(t *testing.T) {
	const x, d = 0.5, 2
	zero := perturb.Spec{Law: "zero"}
	burst := perturb.Spec{Law: "intermittent", Every: 3, Inner: &perturb.Spec{Law: "constant", D: []float64{d}}}
	for steps, want := range map[int]float64{1: -x - d, 2: -x, 3: -x, 4: -x - d, 5: -x} {
		c := &gen.Case{
			Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{x}, W: [][]float64{{1}, {}},
			Delta: []perturb.Spec{burst, zero}, Eps: []perturb.Spec{zero, zero},
			Run: &gen.Run{All: true, Gamma: 1, Steps: steps, Reg: core.Regularizer{Kind: "none"}},
		}
		run, err := c.BuildRun()
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := LastWeights(run); !ok || w[0] != want {
			t.Errorf("after %d steps w = %v, %v, want %v", steps, w, ok, want)
		}
	}
}
