package gen

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// TestBuildLists: each of the three lists may be short or long by one, and what is not finite is
// named with its place.
func TestBuildLists(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	three := []perturb.Spec{zero, zero, zero}
	for want, change := range map[string]func(c *Case){
		"have 1, 2, 2 entries, want one for each of 2": func(c *Case) { c.W = c.W[:1] },
		"have 3, 2, 2 entries":                         func(c *Case) { c.W = append(c.W, nil) },
		"have 2, 1, 2 entries":                         func(c *Case) { c.Delta = c.Delta[:1] },
		"have 2, 3, 2 entries":                         func(c *Case) { c.Delta = three },
		"have 2, 2, 1 entries":                         func(c *Case) { c.Eps = c.Eps[:1] },
		"have 2, 2, 3 entries":                         func(c *Case) { c.Eps = three },
		"x has length 3, operator 1 takes 2":           func(c *Case) { c.X = append(c.X, 1) },
		"w[1] has length 1, operator 2 has 0 weights":  func(c *Case) { c.W[1] = []float64{1} },
		"gen: x[1] is NaN":                             func(c *Case) { c.X[1] = math.NaN() },
		"gen: x[0] is -Inf":                            func(c *Case) { c.X[0] = math.Inf(-1) },
		"gen: w[0][3] is +Inf":                         func(c *Case) { c.W[0][3] = math.Inf(1) },
		"eps[1]: gen: law \"constant\" of length 1 on a state of 2": func(c *Case) {
			c.Eps[1] = perturb.Spec{Law: "constant", D: []float64{1}}
		},
		"delta[0]: ": func(c *Case) { c.Delta[0] = perturb.Spec{Law: "luck"} },
	} {
		c := &Case{
			Chain: []core.Spec{{Op: "linear", In: 2, Out: 2}, {Op: "halfsq", N: 2}}, X: []float64{1, 2},
			W: [][]float64{{1, 2, 3, 4}, {}}, Delta: []perturb.Spec{zero, {}}, Eps: []perturb.Spec{zero, zero},
		}
		if _, err := c.Build(); err != nil {
			t.Fatal(err)
		}
		change(c)
		if _, err := c.Build(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// TestBuildRunBounds: the most steps and inputs, and one more of each.
func TestBuildRunBounds(t *testing.T) {
	for _, c := range []struct {
		steps, more int
		want        string
	}{
		{1, 0, ""}, {MaxSteps, 1, ""}, {MaxSteps + 1, 1, "run.steps is 1048577, want 1..1048576"},
		{1, MaxInputs - 1, ""}, {1, MaxInputs, "run.more has 2048 inputs, want fewer than 2048"},
	} {
		run := quadraticRun()
		run.Run.Steps, run.Run.More = c.steps, slices.Repeat([][]float64{{2}}, c.more)
		got, err := run.BuildRun()
		if c.want == "" && (err != nil || len(got.Inputs) != c.more+1 || got.Steps != c.steps) ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d steps, %d inputs more: error %v, want %q", c.steps, c.more, err, c.want)
		}
	}
}

// TestBytesByHand: a choice among up to 256 takes a byte, among up to 2^16 two, among one none; when
// too few are left the rest is simple.
func TestBytesByHand(t *testing.T) {
	type choice struct{ lo, hi, want int }
	for _, c := range []struct {
		data    []byte
		choices []choice
	}{
		{[]byte{7, 1, 2}, []choice{{5, 5, 5}, {-1, 2, 2}, {0, 1 << 15, 1 + 2<<8}, {3, 4, 3}}},
		{[]byte{255, 9}, []choice{{0, 255, 255}, {10, 20, 19}}},
		{[]byte{255, 1}, []choice{{0, 256, (255 + 256) % 257}, {1, 9, 1}}},
		{[]byte{9}, []choice{{4, 300, 4}, {1, 9, 1}}},
		{[]byte{9, 255, 255}, []choice{{1, 9, 1}, {0, 1<<16 - 1, 1<<16 - 1}}},
		{[]byte{3}, []choice{{0, 9, 3}, {0, 9, 0}}},
	} {
		src := Bytes(c.data)
		rec := Record(Bytes(c.data))
		for k, x := range c.choices {
			if got := src.Int(x.lo, x.hi); got != x.want || rec.Int(x.lo, x.hi) != x.want {
				t.Errorf("%v, choice %d in [%d, %d] is %d, want %d", c.data, k, x.lo, x.hi, got, x.want)
			}
		}
		again := Bytes(rec.Bytes())
		for k, x := range c.choices {
			if got := again.Int(x.lo, x.hi); got != x.want {
				t.Errorf("%v, recorded as %v: choice %d is %d, want %d", c.data, rec.Bytes(), k, got, x.want)
			}
		}
	}
	rec := Record(Bytes([]byte{1, 2, 3, 4, 5}))
	rec.Int(6, 6)
	rec.Int(5, 260)
	rec.Int(5, 261) // 2 + 3*256 is 256 modulo 257
	if want := []byte{1, 0, 1}; !bytes.Equal(rec.Bytes(), want) {
		t.Errorf("recorded as %v, want %v", rec.Bytes(), want)
	}
	for _, bad := range [][2]int{{1, 0}, {0, 1 << 16}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a choice in %v", bad)
				}
			}()
			Bytes(nil).Int(bad[0], bad[1])
		}()
	}
}

// TestBetween: the ends at 0 and 1, the geometric mean in the middle.
func TestBetween(t *testing.T) {
	for _, c := range []struct {
		lo, hi int
		size   float64
		want   int
	}{{4, 64, 0, 4}, {4, 64, 1, 64}, {4, 64, 0.5, 16}, {9, 64, 1, 64}, {7, 64, 0.25, 12}, {3, 3, 0.5, 3}} {
		if got := between(c.lo, c.hi, c.size); got != c.want {
			t.Errorf("between %d and %d at %v is %d, want %d", c.lo, c.hi, c.size, got, c.want)
		}
	}
}

// TestGamma: part/(3L) of what is known, just below; of a network by the box around its weights,
// and 1 where there is no such step size. The case stays as it is.
func TestGamma(t *testing.T) {
	c := quadraticRun() // L = 0.64
	before := string(c.AppendKey(nil))
	for _, part := range []float64{1, 0.25} {
		if g := gamma(c, part) * 3 * 0.64; !(g <= part) || !(g > part*(1-1e-9)) {
			t.Errorf("3 L g = %v, want just below %v", g, part)
		}
	}
	if string(c.AppendKey(nil)) != before {
		t.Error("the case is another")
	}
	// w x at x = 2 through halfsq: l = (w x)^2/2, whose second derivative x^2 = 4 is constant; the
	// bound on it is no smaller. With rho = 3 of l2 another 2 rho.
	network := func(rho float64) *Case {
		zero := perturb.Spec{Law: "zero"}
		c := &Case{Chain: []core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{2}, W: [][]float64{{1}, {}},
			Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, zero}, Run: &Run{Steps: 1}}
		if rho > 0 {
			c.Run.Reg = core.Regularizer{Kind: "l2", Rho: rho}
		}
		return c
	}
	plain := 1 / (3 * gamma(network(0), 1))
	if !(plain >= 4*(1-1e-9)) || plain > 40 {
		t.Errorf("L of a network is %v, at least 4 and not far above", plain)
	}
	if got := 1 / (3 * gamma(network(3), 1)); math.Abs(got-plain-6) > 1e-6 {
		t.Errorf("with a regularizer L is %v, without %v, want 6 more", got, plain)
	}
	still := network(0)
	still.X[0] = 0
	still.W[0][0] = 0
	bad := network(0)
	bad.X = nil
	if a, b := gamma(still, 1), gamma(bad, 1); b != 1 || !(a > 0) || math.IsInf(a, 0) {
		t.Errorf("without a step size: %v, %v", a, b)
	}
}
