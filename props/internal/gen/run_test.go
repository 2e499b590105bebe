package gen

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
)

// quadraticRun is l(w) = mean of (a (x_k+w))^2/2 over x = 0.5, -0.3 with delta_1 = +-1.
func quadraticRun() *Case {
	zero := perturb.Spec{Law: "zero"}
	return &Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "fixed", A: [][]float64{{0.8}}}, {Op: "halfsq", N: 1}},
		X:     []float64{0.5}, W: [][]float64{{1}, {}, {}},
		Delta: []perturb.Spec{{Law: "twopoint", A: []float64{1}, B: []float64{-1}, P: 0.5}, zero, zero},
		Eps:   []perturb.Spec{zero, zero, zero},
		Run:   &Run{More: [][]float64{{-0.3}}, Gamma: 0.1, Steps: 2},
	}
}

// TestBuildRun: bad runs are errors that name the field and the value.
func TestBuildRun(t *testing.T) {
	if _, err := quadraticRun().BuildRun(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		change func(c *Case)
		want   string
	}{
		{func(c *Case) { c.Run = nil }, "has no run"},
		{func(c *Case) { c.Run.Steps = 0 }, "run.steps is 0"},
		{func(c *Case) { c.Run.Steps = 1 << 30 }, fmt.Sprintf("run.steps is %d", 1<<30)},
		{func(c *Case) { c.Run.Gamma = 0 }, "run.gamma is 0"},
		{func(c *Case) { c.Run.Gamma = math.NaN() }, "run.gamma is NaN"},
		{func(c *Case) { c.Run.Gamma = math.Inf(1) }, "run.gamma is +Inf"},
		{func(c *Case) { c.Run.More[0] = nil }, "run.more[0] has length 0"},
		{func(c *Case) { c.Run.More[0][0] = math.Inf(-1) }, "run.more[0][0] is -Inf"},
		{func(c *Case) { c.Run.More = make([][]float64, MaxInputs) }, "run.more has 2048 inputs"},
		{func(c *Case) { c.Run.Reg.Kind = "l1" }, `unknown regularizer "l1"`},
		{func(c *Case) { c.X = nil }, "x has length 0"},
	} {
		bad := quadraticRun()
		c.change(bad)
		if _, err := bad.BuildRun(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}

// TestKnown: a run has the proved constants of the objective that its chain is, those of
// another chain none.
func TestKnown(t *testing.T) {
	run, err := quadraticRun().BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	want := problem.NewQuadratic([][]float64{{0.8}}, run.Inputs)
	if run.Known == nil || run.Known.L() != want.L() || run.Known.Mu() != want.Mu() ||
		run.Known.LStarLower() != want.LStarLower() {
		t.Errorf("constants %+v, want those of the quadratic", run.Known)
	}
	if len(run.Inputs) != 2 || run.Inputs[1][0] != -0.3 {
		t.Errorf("inputs %v", run.Inputs)
	}
	c := quadraticRun()
	c.Run.Reg = core.Regularizer{Kind: "l2", Rho: 1}
	if run, err = c.BuildRun(); err != nil || run.Known != nil {
		t.Errorf("a quadratic with a regularizer is known as %+v, error %v", run.Known, err)
	}
	c = quadraticRun()
	c.Chain[1] = core.Spec{Op: "tanh", N: 1}
	if run, err = c.BuildRun(); err != nil || run.Known != nil {
		t.Errorf("a network is known as %+v, error %v", run.Known, err)
	}
}

// TestTrainingRun: every run is valid, most step sizes are admissible, both kinds of
// batches, all objectives and horizons of both ends are drawn.
func TestTrainingRun(t *testing.T) {
	const cases = 400
	all, known, plateau, long, atMinimum, kinds := 0, 0, 0, 0, 0, map[string]int{}
	for index := range uint64(cases) {
		c := TrainingRun(Random(1, index))
		run, err := c.BuildRun()
		if err != nil {
			t.Fatalf("case %d: %v", index, err)
		}
		ops := ""
		for _, s := range c.Chain {
			ops += s.Op + " "
		}
		kinds[ops]++
		if run.All {
			all++
		}
		if run.Known != nil {
			known++
			if g := 3 * run.Known.L() * run.Gamma; !(g <= 1) && run.Gamma != 1 {
				t.Errorf("case %d: 3 L g = %v", index, g)
			}
		}
		switch {
		case run.Steps >= 1<<9:
			plateau++
			o := &settling{run}
			norm := 0.0
			for j, g := range problem.Gradient(o, run.W) {
				g += run.Reg.Grad(run.W[j])
				norm += g * g
			}
			if norm < 1e-12 {
				atMinimum++
			}
		case !run.All && run.Steps > 1:
			long++
		}
	}
	if all < cases/5 || all > 4*cases/5 || known < cases/2 || plateau < cases/10 || long < cases/20 ||
		atMinimum < cases/20 {
		t.Errorf("of %d runs %d take all inputs, %d have known constants, %d are long, %d of them from the minimum, "+
			"%d are trees of several steps", cases, all, known, plateau, atMinimum, long)
	}
	for _, ops := range []string{"bias halfsq ", "bias fixed halfsq ", "linear logistic ", "linear tanh halfsq ",
		"affine softmaxce "} {
		if kinds[ops] == 0 {
			t.Errorf("no run of %s in %d", ops, cases)
		}
	}
}

// TestSettle: a settled run starts at the fixed point of its perturbed step, or at the
// minimum; one without known constants stays.
func TestSettle(t *testing.T) {
	for _, perturbed := range []bool{false, true} {
		c := quadraticRun()
		c.Delta[0] = perturb.Spec{Law: "constant", D: []float64{0.25}}
		c.Run.All = true
		c.Settle(perturbed)
		want := -0.1 // minus the mean of the inputs
		if perturbed {
			want -= 0.25
		}
		if w := c.W[0][0]; !(math.Abs(w-want) <= 1e-12) {
			t.Errorf("perturbed %v: the run starts at %v, want %v", perturbed, w, want)
		}
	}
	c := quadraticRun()
	c.Chain[1] = core.Spec{Op: "tanh", N: 1}
	if c.Settle(true); c.W[0][0] != 1 {
		t.Errorf("a network was moved to %v", c.W[0])
	}
}

// TestKnownObjectives: quadratics are known without a regularizer, however it is written, logistic
// regression with one, and nothing else is.
func TestKnownObjectives(t *testing.T) {
	one := [][]float64{{1}, {-2}}
	bias, halfsq := core.Spec{Op: "bias", N: 1}, core.Spec{Op: "halfsq", N: 1}
	fixed := core.Spec{Op: "fixed", A: [][]float64{{2}}}
	logistic := []core.Spec{{Op: "linear", In: 1, Out: 1}, {Op: "logistic", Label: 1}}
	for name, c := range map[string]struct {
		chain []core.Spec
		reg   core.Regularizer
		known bool
	}{
		"no regularizer":       {[]core.Spec{bias, halfsq}, core.Regularizer{}, true},
		"none":                 {[]core.Spec{bias, halfsq}, core.Regularizer{Kind: "none"}, true},
		"l2":                   {[]core.Spec{bias, halfsq}, core.Regularizer{Kind: "l2", Rho: 1}, false},
		"fixed":                {[]core.Spec{bias, fixed, halfsq}, core.Regularizer{}, true},
		"fixed, none":          {[]core.Spec{bias, fixed, halfsq}, core.Regularizer{Kind: "none"}, true},
		"fixed, l2":            {[]core.Spec{bias, fixed, halfsq}, core.Regularizer{Kind: "l2", Rho: 1}, false},
		"logistic, l2":         {logistic, core.Regularizer{Kind: "l2", Rho: 1}, true},
		"another order":        {[]core.Spec{fixed, bias, halfsq}, core.Regularizer{}, false},
		"one operator more":    {[]core.Spec{bias, bias, halfsq}, core.Regularizer{}, false},
		"without bias":         {[]core.Spec{fixed, halfsq}, core.Regularizer{}, false},
		"logistic with a bias": {[]core.Spec{{Op: "affine", In: 1, Out: 1}, logistic[1]}, core.Regularizer{}, false},
	} {
		k := known(c.chain, one, c.reg)
		if (k != nil) != c.known {
			t.Errorf("%s: known is %v, want %v", name, k != nil, c.known)
		}
		if c.chain[0].Op == "bias" && k != nil {
			want := 1.0
			if len(c.chain) == 3 {
				want = 4
			}
			if math.Abs(k.L()-want) > 1e-9 || math.Abs(k.Mu()-want) > 1e-9 {
				t.Errorf("%s: L = %v, mu = %v, want %v", name, k.L(), k.Mu(), want)
			}
		}
	}
}
