package measure_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// pairs are the bounds of every number that a claim about a step may speak of.
func pairs(lo, hi *claim.View) (all [][2]float64) {
	list := func(a, b []float64) {
		for i := range a {
			all = append(all, [2]float64{a[i], b[i]})
		}
	}
	list(lo.V0, hi.V0)
	las, his := lo.Lists(), hi.Lists()
	for k := range las {
		list(las[k], his[k])
	}
	all = append(all, [2]float64{lo.U2, hi.U2}, [2]float64{lo.UMean2, hi.UMean2})
	return all
}

// sameNodes reports that every node has one in the other view that overlaps with it; the
// evaluators list them in orders of their own.
func sameNodes(lo, hi, bigLo, bigHi []claim.Node) bool {
	overlap := func(a, b, c, d float64) bool { return a <= d && c <= b }
	for k := range lo {
		found := false
		for j := range bigLo {
			found = found || lo[k].I == bigLo[j].I && overlap(lo[k].Left, hi[k].Left, bigLo[j].Left, bigHi[j].Left) &&
				overlap(lo[k].Mean2, hi[k].Mean2, bigLo[j].Mean2, bigHi[j].Mean2) &&
				overlap(lo[k].Four, hi[k].Four, bigLo[j].Four, bigHi[j].Four)
		}
		if !found {
			return false
		}
	}
	return len(lo) == len(bigLo)
}

// TestBigIsInside: what math/big computes lies inside the enclosure of float64, for
// every number of the view, and is known more closely.
func TestBigIsInside(t *testing.T) {
	compared, narrower, nodes := 0, 0, 0
	for index := range uint64(60) {
		kind := claim.Step
		if index%3 == 0 {
			kind = claim.Nodes
		}
		c := gen.Step(gen.Random(11, index))
		lo, hi, why := measure.Case(kind, c)
		if why != claim.Valid {
			continue
		}
		bigLo, bigHi, bigWhy := measure.InBig(kind, c, measure.BigPrec)
		if bigWhy != claim.Valid {
			continue
		}
		if !bigLo.Big || lo.Big || bigLo.K != lo.K {
			t.Errorf("case %d: Big is %v and %v, constants %+v and %+v", index, lo.Big, bigLo.Big, lo.K, bigLo.K)
		}
		small, wide := pairs(bigLo, bigHi), pairs(lo, hi)
		if len(small) != len(wide) {
			t.Fatalf("case %d: %d numbers, in math/big %d", index, len(wide), len(small))
		}
		for k, w := range wide {
			s := small[k]
			if !(w[0] <= w[1]) || !(s[0] <= s[1]) || !(w[0] <= s[1] && s[0] <= w[1]) {
				t.Errorf("case %d, number %d: %v in float64, %v in math/big: %s", index, k, w, s, c.Line())
			}
			if compared++; s[1]-s[0] <= w[1]-w[0] {
				narrower++
			}
		}
		for _, r := range claim.Readings {
			if nodes += len(lo.Nodes[r]); !sameNodes(lo.Nodes[r], hi.Nodes[r], bigLo.Nodes[r], bigHi.Nodes[r]) {
				t.Errorf("case %d, reading %v: %v in float64, %v in math/big", index, r, lo.Nodes[r], bigLo.Nodes[r])
			}
		}
	}
	if compared < 2000 || narrower < compared || nodes < 60 {
		t.Errorf("%d numbers compared, %d of them known more closely in math/big; %d nodes", compared, narrower, nodes)
	}
}

// TestBigLeavesOthersAlone: a run and a linear network have no second opinion; what stands for it is
// the view of float64, with all that their claims read.
func TestBigLeavesOthersAlone(t *testing.T) {
	run := quadraticRun(0.8, 1, 0.25, 0.5, 0.1, 2)
	one, zero := core.Spec{Op: "linear", In: 1, Out: 1}, perturb.Spec{Law: "zero"}
	net := &gen.Case{
		Chain: []core.Spec{one, one}, X: []float64{4}, W: [][]float64{{3}, {5}},
		Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, zero},
	}
	for kind, c := range map[claim.Kind]*gen.Case{claim.Training: run, claim.Linear: net} {
		wantLo, wantHi, _ := measure.Case(kind, c)
		lo, hi, why := measure.InBig(kind, c, measure.BigPrec)
		if why != claim.Valid || lo.Big || hi.Big || !reflect.DeepEqual(lo, wantLo) || !reflect.DeepEqual(hi, wantHi) {
			t.Errorf("kind %v: %v, not the view of float64", kind, why)
		}
	}
}

// TestSeries: whatever came before, a case gets the views that it gets alone, and keeps them: of
// the same chain with other numbers, laws that branch and laws that do not, of another
// chain, and after a case that says nothing.
func TestSeries(t *testing.T) {
	type given struct {
		c            *gen.Case
		lo, hi, a, b *claim.View
	}
	same := cmp.Options{cmpopts.EquateNaNs(), cmp.Exporter(func(reflect.Type) bool { return true })}
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Training, claim.Linear} {
		s, lender := measure.NewSeries(kind), measure.NewSeries(kind)
		var all []given
		said := map[claim.Reason]int{}
		try := func(c *gen.Case) {
			c = c.Clone()
			lo, hi, why := s.Case(c)
			a, b, want := measure.Case(kind, c)
			if said[why]++; why != want {
				t.Errorf("%v: %v, alone %v: %s", kind, why, want, c.Line())
			}
			all = append(all, given{c, lo, hi, a, b})
			if x, y, _ := lender.Lend(c); !cmp.Equal(x, a, same) || !cmp.Equal(y, b, same) {
				t.Errorf("%v: other views lent than alone: %s", kind, c.Line())
			}
		}
		for index := range uint64(16) {
			c := gen.Step(gen.Random(21, index))
			switch kind {
			case claim.Training:
				c = gen.TrainingRun(gen.Random(21, index))
				c.Run.Steps = min(c.Run.Steps, 16)
			case claim.Linear:
				c = gen.LinearStep(gen.Random(21, index))
			}
			try(c)
			for k := range c.X {
				c.X[k]++
			}
			try(c)
			for k := range c.X {
				c.X[k] *= 1e200
			}
			try(c)
			c.X[0], c.Delta[0] = 1, perturb.Spec{Law: "zero"}
			try(c)
		}
		for _, g := range all {
			if !cmp.Equal(g.lo, g.a, same) || !cmp.Equal(g.hi, g.b, same) {
				t.Errorf("%v: other views than alone: %s", kind, g.c.Line())
			}
		}
		if said[claim.Valid] < 16 || kind == claim.Step && len(said) < 2 {
			t.Errorf("%v: cases say %v", kind, said)
		}
	}
}

// TestInvalidCasePanics: a case that its Build refuses is misuse.
func TestInvalidCasePanics(t *testing.T) {
	for _, kind := range []claim.Kind{claim.Step, claim.Linear, claim.Training} {
		for name, f := range map[string]func(c *gen.Case){
			"Case":  func(c *gen.Case) { measure.Case(kind, c) },
			"InBig": func(c *gen.Case) { measure.InBig(kind, c, measure.BigPrec) },
		} {
			func() {
				defer func() {
					if text, _ := recover().(string); !strings.HasPrefix(text, "measure: an invalid") ||
						!strings.Contains(text, "x has length") {
						t.Errorf("%s, kind %v: panic %q", name, kind, text)
					}
				}()
				c := quadraticRun(1, 1, 0, 1, 0.1, 1)
				c.X = nil
				f(c)
			}()
		}
	}
}

// TestRejections: too many outcomes, states that are not finite, a probability that
// underflows.
func TestRejections(t *testing.T) {
	wide := perturb.Spec{Law: "table"}
	for range 16 {
		wide.Outcomes = append(wide.Outcomes, perturb.Outcome{P: 1.0 / 16, D: []float64{1}})
	}
	zero := perturb.Spec{Law: "zero"}
	one := core.Spec{Op: "bias", N: 1}
	c := &gen.Case{
		Chain: []core.Spec{one, one, one, {Op: "halfsq", N: 1}}, X: []float64{1}, W: [][]float64{{1}, {1}, {1}, {}},
		Delta: []perturb.Spec{wide, wide, wide, zero}, Eps: []perturb.Spec{zero, wide, wide, zero},
	}
	if _, _, why := measure.Case(claim.Step, c); why != claim.TooLarge {
		t.Errorf("16^5 outcomes: %v, want %v", why, claim.TooLarge)
	}
	c.Eps[1], c.Eps[2] = zero, zero // 4096 leaves, which is what math/big repeats
	if _, _, why := measure.Case(claim.Step, c); why != claim.Valid {
		t.Errorf("16^3 outcomes: %v, want %v", why, claim.Valid)
	}
	c.Eps[1] = perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{2}, P: 0.5}
	if _, _, why := measure.InBig(claim.Step, c, measure.BigPrec); why != claim.TooLarge {
		t.Errorf("2 * 16^3 outcomes in math/big: %v, want %v", why, claim.TooLarge)
	}
	c = quadraticRun(1, 1e100, 0, 1, 0.1, 1)
	c.Chain = append([]core.Spec{c.Chain[0]}, core.Spec{Op: "square", N: 1}, core.Spec{Op: "square", N: 1},
		core.Spec{Op: "halfsq", N: 1})
	c.W, c.Delta, c.Eps = append(c.W, nil), append(c.Delta, zero), append(c.Eps, zero)
	lo, hi, why := measure.Case(claim.Step, c)
	if why == claim.Valid {
		why = named(t, "thm1/printed").Check(lo, hi).Reason
	}
	if why != claim.Overflow && why != claim.Ill {
		t.Errorf("a state of 1e400: %v", why)
	}
	data, err := os.ReadFile("../../../testdata/hard/underflow.json")
	if err != nil {
		t.Fatal(err)
	}
	if c, err = gen.ReadCase(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if _, _, why := measure.InBig(claim.Step, c, measure.BigPrec); why != claim.Underflow {
		t.Errorf("a leaf of probability 0 in float64: %v, want %v", why, claim.Underflow)
	}
}

// TestMean: the mean over one pass is that pass, to the last bit; over two inputs the
// second moments are averaged and the norm of v is the largest.
func TestMean(t *testing.T) {
	tried := 0
	for index := range uint64(40) {
		c := gen.StepN(gen.Random(12, index), 3)
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		one, errOne := measure.NewEvaluator(p.Chain).Measure(p)
		mean, errMean := measure.NewEvaluator(p.Chain).Mean([]gen.Pass{*p}, 0)
		if (errOne == nil) != (errMean == nil) {
			t.Fatalf("case %d: errors %v and %v", index, errOne, errMean)
		}
		if errOne != nil {
			continue
		}
		tried++
		a, b := pairs(&one.Lo, &one.Hi), pairs(&mean.Lo, &mean.Hi)
		for k := range a {
			if a[k] != b[k] {
				t.Errorf("case %d, number %d: %v, as a mean of one %v", index, k, a[k], b[k])
			}
		}
		other := *p
		other.X = make([]float64, len(p.X))
		two, err := measure.NewEvaluator(p.Chain).Mean([]gen.Pass{*p, other}, 0)
		if err != nil {
			continue
		}
		second, err := measure.NewEvaluator(p.Chain).Measure(&other)
		if err != nil {
			continue
		}
		if lo, hi := (one.Lo.U2+second.Lo.U2)/2, (one.Hi.U2+second.Hi.U2)/2; !(two.Lo.U2 <= hi && lo <= two.Hi.U2) {
			t.Errorf("case %d: E|U-u|^2 in [%v, %v] over two inputs, want in [%v, %v]", index, two.Lo.U2, two.Hi.U2,
				lo, hi)
		}
		for i, v := range two.Hi.V0 {
			if want := max(one.Hi.V0[i], second.Hi.V0[i]); !(v >= want*(1-1e-9)) {
				t.Errorf("case %d: |v_%d|^2 at most %v over two inputs, want %v", index, i, v, want)
			}
		}
	}
	if tried < 30 {
		t.Errorf("%d of 40 cases could be measured", tried)
	}
}

// TestMeanErrors: the error of a pass says which one.
func TestMeanErrors(t *testing.T) {
	p, err := gen.StepN(gen.Random(12, 1), 3).Build()
	if err != nil {
		t.Fatal(err)
	}
	bad := *p
	many := make([]perturb.Outcome, 1<<12)
	for k := range many {
		many[k] = perturb.Outcome{P: 1.0 / float64(len(many)), D: make([]float64, p.Chain.D(1))}
	}
	law := perturb.Table(many)
	again := make([]perturb.Outcome, 1<<13)
	for k := range again {
		again[k] = perturb.Outcome{P: 1.0 / float64(len(again)), D: make([]float64, p.Chain.D(2))}
	}
	bad.Plan = expect.Plan{Delta: make([]perturb.Finite, 4), Eps: make([]perturb.Finite, 4)}
	bad.Plan.Delta[1], bad.Plan.Delta[2] = law, perturb.Table(again)
	var large *expect.TooManyLeaves
	if _, err := measure.NewEvaluator(p.Chain).Mean([]gen.Pass{*p, bad}, 0); !errors.As(err, &large) ||
		!strings.HasPrefix(err.Error(), "measure: pass 1: ") {
		t.Errorf("error %v, want too many leaves of pass 1", err)
	}
}

// TestPoint: l and its gradient at a weight are those of package problem, the variance
// that of the gradients of the inputs, and none where a step takes all inputs.
func TestPoint(t *testing.T) {
	inputs := [][]float64{{0.3, 1}, {-0.7, 0.2}, {0.5, -0.9}}
	reg := core.Regularizer{Kind: "l2", Rho: 0.25}
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "logistic"}}, X: inputs[0],
		W:     [][]float64{{0.9, -0.4}, {}},
		Delta: []perturb.Spec{{Law: "constant", D: []float64{0.5}}, zero}, Eps: []perturb.Spec{zero, zero},
		Run: &gen.Run{More: inputs[1:], Gamma: 0.1, Steps: 1, Reg: reg},
	}
	run, err := c.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	data := &problem.Table{X: inputs, Label: make([]int, 3), Names: []string{"-1", "+1"}}
	known, err := problem.LogisticWith(data, problem.LogisticOptions{Reg: reg})
	if err != nil {
		t.Fatal(err)
	}
	points := measure.NewPoints(run)
	for _, w := range [][]float64{{0.9, -0.4}, {0, 0}, {-2, 3}} {
		at, err := points.At(w, 0)
		if err != nil {
			t.Fatal(err)
		}
		loss, grad := problem.Loss(known, w), problem.Gradient(known, w)
		if !(math.Abs(at.Loss-loss) <= 1e-12) || !(math.Abs(points.Loss(w)-at.Loss) <= 1e-15) {
			t.Errorf("l(%v) = %v and %v, want %v", w, at.Loss, points.Loss(w), loss)
		}
		variance := 0.0
		for _, u := range at.Exact {
			for j := range u {
				d := u[j] - (at.Grad[j] - reg.Grad(w[j]))
				variance += d * d / 3
			}
		}
		if !(math.Abs(at.Variance-variance) <= 1e-12) || !(variance > 1e-3) {
			t.Errorf("at %v the variance is %v, want %v", w, at.Variance, variance)
		}
		norm := 0.0
		for _, g := range at.Grad {
			norm += g * g
		}
		if !(math.Abs(at.Grad2()-norm) <= 1e-12) || len(grad) != len(at.Grad) {
			t.Errorf("|grad l|^2 = %v, want %v", at.Grad2(), norm)
		}
		for j := range grad { // a central difference, h^2/6 times a third derivative below 1
			const h = 1e-4
			up, down := append([]float64(nil), w...), append([]float64(nil), w...)
			up[j], down[j] = w[j]+h, w[j]-h
			if want := (points.Loss(up) - points.Loss(down)) / (2 * h); !(math.Abs(at.Grad[j]-want) <= 1e-7) {
				t.Errorf("at %v: grad[%d] = %v, want %v", w, j, at.Grad[j], want)
			}
		}
	}
	run.All = true
	at, err := measure.NewPoints(run).At(run.W, 0)
	if err != nil || at.Variance != 0 {
		t.Errorf("variance %v where a step takes all inputs, error %v", at.Variance, err)
	}
}

// TestTooDear: what costs more than a case of a search may is not begun; it would take
// minutes and more memory than there is.
func TestTooDear(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	const width = 1 << 14
	c := &gen.Case{
		Chain: []core.Spec{{Op: "linear", In: width, Out: 1 << 12}, {Op: "tanh", N: 1 << 12},
			{Op: "halfsq", N: 1 << 12}},
		Delta: []perturb.Spec{zero, zero, zero}, Eps: []perturb.Spec{zero, zero, zero},
	}
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear} {
		if _, _, why := measure.Case(kind, c); why != claim.TooLarge {
			t.Errorf("kind %v: %v, want %v", kind, why, claim.TooLarge)
		}
	}
}
