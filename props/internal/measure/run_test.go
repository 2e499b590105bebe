package measure_test

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// quadraticRun is l(w) = mean of (h/2)(x_k+w)^2 over x = 0.5, -0.3 with delta_1 = d+s or
// d-s: U = h (w+x_k+delta), so all moments of the run have closed forms.
func quadraticRun(a, w, d, s, g float64, steps int) *gen.Case {
	zero := perturb.Spec{Law: "zero"}
	return &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "fixed", A: [][]float64{{a}}}, {Op: "halfsq", N: 1}},
		X:     []float64{0.5}, W: [][]float64{{w}, {}, {}},
		Delta: []perturb.Spec{{Law: "twopoint", A: []float64{d + s}, B: []float64{d - s}, P: 0.5}, zero, zero},
		Eps:   []perturb.Spec{zero, zero, zero},
		Run:   &gen.Run{More: [][]float64{{-0.3}}, Gamma: g, Steps: steps},
	}
}

// TestTrainingClosedForm holds the trees against the recursion of mean and
// variance of w.
func TestTrainingClosedForm(t *testing.T) {
	const a, w0, d, s, g = 0.8, 1.7, 0.25, 0.5, 0.4
	const h, c, spread = a * a, 0.1, 0.16 // mean and variance of the inputs
	for steps := 1; steps <= 4; steps++ {
		lo, hi, why := measure.Case(claim.Training, quadraticRun(a, w0, d, s, g, steps))
		if why != claim.Valid {
			t.Fatalf("T = %d: %v", steps, why)
		}
		m, v := w0, 0.0
		gap := func() float64 { return h / 2 * ((m+c)*(m+c) + v) } // E l - l*
		var grad, gap1 float64
		first, m0 := gap(), m
		grad0 := h * h * (m + c) * (m + c)
		weights, sharpWeights, rootWeights, rootBias := 0.0, 0.0, 0.0, 0.0
		q, rootQ := 1-h*g/3, (1-h*g)*(1-h*g) // mu = L = h
		for k := range steps {
			grad += h * h * ((m+c)*(m+c) + v) / float64(steps)
			weights += math.Pow(q, float64(steps-k))
			sharpWeights += math.Pow(1-h*g, float64(steps-1-k))
			rootWeights += math.Pow(rootQ, float64(steps-1-k))
			rootBias += math.Pow(1-h*g, float64(steps-1-k)) * h * d
			m, v = m-g*h*(m+c+d), (1-g*h)*(1-g*h)*v+g*g*h*h*(spread+s*s)
			if k == 0 {
				gap1 = gap()
			}
		}
		e2, mean2 := h*h*(d*d+s*s), h*h*d*d
		for _, x := range []struct {
			name         string
			lo, hi, want float64
		}{
			{"D0", lo.Run.D0, hi.Run.D0, first},
			{"E l(w^T) - l*", lo.Run.GapT, hi.Run.GapT, gap()},
			{"added in (41)", lo.Run.Added41, hi.Run.Added41, gap() - math.Pow(q, float64(steps))*first},
			{"added in root (41)", lo.Run.RootAdded41, hi.Run.RootAdded41,
				gap() - math.Pow(rootQ, float64(steps))*first},
			{"added in sharp (41)", lo.Run.SharpAdded41, hi.Run.SharpAdded41,
				gap() - math.Pow(1-h*g, float64(steps))*first},
			{"mean |grad|^2", lo.Run.Grad2, hi.Run.Grad2, grad},
			{"sigma^2", hi.Run.S.SigmaSq, hi.Run.S.SigmaSq, h * h * spread},
			{"drop of sharp (36)", lo.Run.SharpDrop36, hi.Run.SharpDrop36, gap1 - first + g/2*grad0},
			{"drop of sharp (40)", lo.Run.SharpDrop40, hi.Run.SharpDrop40, gap1 - (1-h*g)*first},
			{"E|U-u|^2", lo.Run.First.E2, hi.Run.First.E2, e2},
			{"|E[U-u]|^2", lo.Run.First.Mean2, hi.Run.First.Mean2, mean2},
			{"sum E|U-u|^2", lo.Run.Sum.E2, hi.Run.Sum.E2, e2 * float64(steps)},
			{"weighted |E[U-u]|^2", lo.Run.Weighted41.Mean2, hi.Run.Weighted41.Mean2, mean2 * weights},
			{"sharp weighted E|U-u|^2", lo.Run.WeightedSharp.E2, hi.Run.WeightedSharp.E2, e2 * sharpWeights},
			{"weighted spread", lo.Run.WeightedRoot.Spread, hi.Run.WeightedRoot.Spread, (e2 - mean2) * rootWeights},
			{"weighted bias", lo.Run.RootBias, hi.Run.RootBias, rootBias},
			{"drop of root (40)", lo.Run.RootDrop40, hi.Run.RootDrop40, gap1 - rootQ*first},
			{"first line of (36)", lo.Run.Line36, hi.Run.Line36,
				gap1 - first + g*(1-h*g)*grad0 + g*h*(m0+c)*h*d},
			{"Young in (36)", lo.Run.Young36, hi.Run.Young36, -g*h*(m0+c)*h*d - g/2*grad0},
			{"variance at w^0", lo.Run.Variance, hi.Run.Variance, h * h * spread},
			{"drop of (36)", lo.Run.Drop36, hi.Run.Drop36, gap1 - first + g/6*grad0},
			{"drop of (40)", lo.Run.Drop40, hi.Run.Drop40, gap1 - q*first},
		} {
			const wide = 1e-7 // far above the enclosure, far below a wrong term
			if !(x.lo <= x.want+wide*math.Abs(x.want) && x.want <= x.hi+wide*math.Abs(x.want)) ||
				!(x.hi-x.lo <= wide*math.Abs(x.want)+1e-12) {
				t.Errorf("T = %d: %s in [%v, %v], want %v", steps, x.name, x.lo, x.hi, x.want)
			}
		}
		checkRightSides(t, lo, d, s, weights, sharpWeights, rootWeights, rootBias)
		checkRightSides(t, hi, d, s, weights, sharpWeights, rootWeights, rootBias)
		if n := len(hi.Run.Leaves); n != 4 {
			t.Errorf("T = %d: %d outcomes of the first step, want 2 inputs times 2", steps, n)
		}
	}
}

// checkRightSides holds the right side of every claim about whole runs against its
// formula with the sums that its weights give. A wrong sum need not show in a ratio: as
// g -> 0, where bounds are met, all weights are 1.
func checkRightSides(t *testing.T, v *claim.View, d, s, weights, sharpWeights, rootWeights, rootBias float64) {
	t.Helper()
	r, k := v.Run, v.K
	steps := float64(r.Steps)
	e2, mean2 := r.First.E2, r.First.Mean2
	d4 := (math.Pow(d+s, 4) + math.Pow(d-s, 4)) / 2
	zero := make([]float64, 4)
	at := func(x float64) []float64 { return []float64{0, x, 0, 0} }
	d2 := d*d + s*s
	thm1, sharp1 := bounds.Theorem1(k, at(d2), zero), bounds.SharpTheorem1(k, at(d2), zero)
	thm2 := bounds.Theorem2(k, at(d*d), at(d4), zero)
	repairedIn := map[claim.Reading]float64{
		claim.Past:  bounds.RepairedTheorem2Past(k, at(d*d), at(d2*d2), zero),
		claim.Total: bounds.RepairedTheorem2(k, at(d*d), at(d2*d2), zero),
	}
	sharpIn := map[claim.Reading]float64{
		claim.Past: bounds.SharpTheorem2(k, bounds.BiasMoments{
			DMean2: at(d * d), DMean22: at(d * d * d * d), D22: at(d2 * d2), EMean2: zero}),
		claim.Total: repairedIn[claim.Total],
	}
	each1 := bounds.SharpTheorem1PerOp(v.PerOp(), at(d2), zero)
	eachIn := map[claim.Reading]float64{
		claim.Past: bounds.SharpTheorem2PerOp(v.PerOp(), v.Curvature(), bounds.BiasMoments{
			DMean2: at(d * d), DMean22: at(d * d * d * d), D22: at(d2 * d2), EMean2: zero}),
		claim.Total: repairedIn[claim.Total],
	}
	want := func(reading claim.Reading) map[string]float64 {
		repaired2, sharp2, each2 := repairedIn[reading], sharpIn[reading], eachIn[reading]
		return map[string]float64{
			"thm3/printed":    bounds.Theorem3(r.S, r.D0, r.Steps, steps*e2, steps*mean2),
			"thm3/sharp":      bounds.Theorem3(r.S, r.D0, r.Steps, steps*e2, steps*mean2) / 3,
			"eq41/printed":    bounds.Eq41(r.S, 0, r.Steps, weights*e2, weights*mean2),
			"eq41/derivation": bounds.UnrolledEq40(r.S, 0, r.Steps, weights*e2, weights*mean2),
			"eq41/sharp":      bounds.Sharp41(r.S, 0, r.Steps, sharpWeights*e2, sharpWeights*mean2),
			"eq41/sharp-root": bounds.Root41Excess(r.S, r.D0, r.Steps, rootBias, rootWeights*(e2-mean2)),
			"thm4/printed":    bounds.Theorem3(r.S, r.D0, r.Steps, steps*thm1, steps*thm2),
			"thm4/repaired":   bounds.Theorem3(r.S, r.D0, r.Steps, steps*thm1, steps*repaired2),
			"thm4/sharp":      bounds.Theorem3(r.S, r.D0, r.Steps, steps*sharp1, steps*min(sharp1, sharp2)) / 3,
			"thm5/printed":    bounds.Eq41(r.S, 0, r.Steps, weights*thm1, weights*thm2),
			"thm5/repaired":   bounds.Eq41(r.S, 0, r.Steps, weights*thm1, weights*repaired2),
			"thm5/sharp":      bounds.Sharp41(r.S, 0, r.Steps, sharpWeights*sharp1, sharpWeights*min(sharp1, sharp2)),
			"thm4/sharp-each": bounds.Theorem3(r.S, r.D0, r.Steps, steps*each1, steps*min(each1, each2)) / 3,
			"thm5/sharp-each": bounds.Sharp41(r.S, 0, r.Steps, sharpWeights*each1, sharpWeights*min(each1, each2)),
		}
	}
	met := 0
	for _, c := range trainingClaims() {
		w, ok := want(c.Reading)[c.ID+"/"+string(c.Form)]
		if !ok || c.Reading == claim.Literal { // literally delta_1 is its own mean
			continue
		}
		met++
		side := c.Right
		if c.Form == claim.Derivation {
			side = c.Left
		}
		if got := side(v, 0); !(math.Abs(got-w) <= 1e-7*w) {
			t.Errorf("T = %d: right side of %s is %v, want %v", r.Steps, c.Name(), got, w)
		}
	}
	if want := 6 + 2*8; met != want {
		t.Errorf("%d right sides, want %d", met, want)
	}
}

// trainingClaims are those about runs.
func trainingClaims() []claim.Claim {
	var all []claim.Claim
	for _, c := range props.Claims() {
		if c.Kind == claim.Training {
			all = append(all, c)
		}
	}
	return all
}

// TestTrainingHypotheses: a step size above 1/(3L) rejects a run, and so does a
// claim under PL without a constant.
func TestTrainingHypotheses(t *testing.T) {
	l := 0.8 * 0.8
	for _, c := range []struct {
		g    float64
		want claim.Reason
	}{{1 / (3 * l) * (1 - 1e-9), claim.Valid}, {1 / (3 * l) * (1 + 1e-6), claim.StepSize}, {1e3, claim.StepSize}} {
		lo, _, why := measure.Case(claim.Training, quadraticRun(0.8, 1, 0, 1, c.g, 2))
		if why != c.want {
			t.Errorf("3 L g = %v: %v, want %v", 3*l*c.g, why, c.want)
		}
		if s := lo.Run.S; !(math.Abs(s.L-l) <= 1e-12) || s.Gamma != c.g {
			t.Errorf("3 L g = %v: the view has L = %v, g = %v", 3*l*c.g, s.L, s.Gamma)
		}
	}
	flat := quadraticRun(0.8, 1, 0, 1, 0.1, 2)
	flat.Chain[0].N, flat.Chain[1].A = 2, [][]float64{{0.8, 0.8}} // mu = 0
	flat.X, flat.Run.More, flat.W[0] = []float64{1, 2}, nil, []float64{0, 1}
	flat.Delta[0] = perturb.Spec{Law: "zero"}
	lo, hi, why := measure.Case(claim.Training, flat)
	if why != claim.Valid {
		t.Fatal(why)
	}
	for _, c := range trainingClaims() {
		needs := c.ID == "eq40" || c.ID == "eq41" || c.ID == "thm5"
		if got := c.Check(lo, hi).Reason == claim.NoMu; got != needs {
			t.Errorf("%s: rejected for want of mu: %v, want %v", c.Name(), got, needs)
		}
	}
}

// TestTrainingRejects: a run whose loss may be negative without bound, one with a tree
// that is too large, and one that leaves float64 say nothing.
func TestTrainingRejects(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *gen.Case)
		want   claim.Reason
	}{
		{"chance in a run of all inputs", func(c *gen.Case) { c.Run.All = true }, claim.TooLarge},
		{"a tree of 4^10 leaves", func(c *gen.Case) { c.Run.Steps = 10 }, claim.TooLarge},
		{"a loss without a lower bound", func(c *gen.Case) {
			c.Chain = []core.Spec{{Op: "bias", N: 1}, {Op: "tanh", N: 1}, {Op: "scale", N: 1}}
			c.W[2] = []float64{1}
		}, claim.NoLStar},
		{"a loss beyond float64", func(c *gen.Case) { c.X[0], c.Run.Gamma = 1e200, 0.1 }, claim.Overflow},
	} {
		run := quadraticRun(0.8, 1, 0, 1, 0.1, 2)
		c.change(run)
		if _, _, why := measure.Case(claim.Training, run); why != c.want {
			t.Errorf("%s: %v, want %v", c.name, why, c.want)
		}
	}
}

// TestRunWithoutChance: a run of all inputs without chance is the tree of one path, step
// by step: a run that stands still is summed without being walked.
func TestRunWithoutChance(t *testing.T) {
	const a, d, g = 0.8, 0.25, 0.4
	const h = a * a
	run := quadraticRun(a, 1.7, d, 0, g, 5000)
	run.Delta[0] = perturb.Spec{Law: "constant", D: []float64{d}}
	run.Run.All = true
	lo, hi, why := measure.Case(claim.Training, run)
	if why != claim.Valid {
		t.Fatal(why)
	}
	grad, sum, sum41, sumRoot, bias, m := 0.0, 0.0, 0.0, 0.0, 0.0, 1.7+0.1
	for k := range run.Run.Steps {
		grad += h * h * m * m / float64(run.Run.Steps)
		sum += h * h * d * d * math.Pow(1-h*g, float64(run.Run.Steps-1-k))
		sum41 += h * h * d * d * math.Pow(1-h*g/3, float64(run.Run.Steps-k))
		sumRoot += h * h * d * d * math.Pow(1-h*g, 2*float64(run.Run.Steps-1-k))
		bias += h * d * math.Pow(1-h*g, float64(run.Run.Steps-1-k))
		m -= g * h * (m + d)
	}
	for _, x := range []struct {
		name         string
		lo, hi, want float64
	}{
		{"mean |grad|^2", lo.Run.Grad2, hi.Run.Grad2, grad},
		{"E l(w^T) - l*", lo.Run.GapT, hi.Run.GapT, h / 2 * m * m},
		{"sum E|U-u|^2", lo.Run.Sum.E2, hi.Run.Sum.E2, h * h * d * d * float64(run.Run.Steps)},
		{"weighted E|U-u|^2", lo.Run.WeightedSharp.E2, hi.Run.WeightedSharp.E2, sum},
		{"the same in (41)", lo.Run.Weighted41.E2, hi.Run.Weighted41.E2, sum41},
		{"the same in roots", lo.Run.WeightedRoot.E2, hi.Run.WeightedRoot.E2, sumRoot},
		{"weighted bias", lo.Run.RootBias, hi.Run.RootBias, bias},
		{"spread", lo.Run.Sum.Spread, hi.Run.Sum.Spread, 0},
	} {
		const wide = 1e-7
		if !(x.lo <= x.want*(1+wide)) || !(x.want <= x.hi*(1+wide)) || !(x.hi-x.lo <= wide*x.want) {
			t.Errorf("%s in [%v, %v], want %v", x.name, x.lo, x.hi, x.want)
		}
	}
	built, err := run.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	if w, ok := measure.LastWeights(built); !ok || !(math.Abs(w[0]+0.1+d) <= 1e-12) {
		t.Errorf("the run ends at %v, %v, want -c-d = %v", w, ok, -0.1-d)
	}
	built.All = false
	if w, ok := measure.LastWeights(built); ok {
		t.Errorf("a run that draws its inputs ends at %v", w)
	}
}
