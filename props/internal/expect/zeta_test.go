package expect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestEnumerateZetaByHand: delta_1, delta_2, zeta_2, eps_2, zeta_1 in this order. Y_1 = 5 +
// delta_1, V_1 = Y_1 + zeta_2 + eps_2, and the loss is that of the forward pass.
func TestEnumerateZetaByHand(t *testing.T) {
	c, x, w, plan := tiny(t)
	plan.Delta = plan.Delta[:1]
	plan.Zeta = []perturb.Finite{nil, perturb.Constant([]float64{7}), perturb.TwoPoint([]float64{3}, []float64{-1}, 0.25)}
	got := ""
	err := Enumerate(c, x, w, plan, 0, func(l *Leaf, s *core.State) error {
		got += fmt.Sprint(l.Path, " ", l.P, " ", l.Zeta[1], l.Zeta[2], l.Eps[2], " ", s.UAll, s.Loss(), "; ")
		return nil
	})
	const want = "[0 0 0 0 0] 0.125 [7] [3] [4] [12] 12.5; [0 0 0 1 0] 0.125 [7] [3] [0] [8] 12.5; " +
		"[0 0 1 0 0] 0.375 [7] [-1] [4] [8] 12.5; [0 0 1 1 0] 0.375 [7] [-1] [0] [4] 12.5; "
	if err != nil || got != want {
		t.Errorf("%s, error %v\nwant %s", got, err, want)
	}
}

// TestEnumerateZeta holds the tree against a loop over all triples of outcomes, each a pass with
// what it draws written down.
func TestEnumerateZeta(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 3))
	vector := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = r.NormFloat64()
		}
		return v
	}
	for _, ops := range [][]core.Op{
		{core.Affine(2, 2), core.Tanh(2), core.Bilinear(2)},
		{core.Linear(2, 3), core.Square(3), core.HalfSq(3)},
		{core.Scale(2), core.Sigmoid(2), core.SoftmaxCE(2, 1)},
	} {
		c := chain(t, ops...)
		x, w, n := vector(2), vector(c.NW()), c.N()
		type site struct {
			into [][]float64
			at   int
			law  perturb.Finite
		}
		lists := func() [][]float64 { return make([][]float64, n+1) }
		laws := func() []perturb.Finite { return make([]perturb.Finite, n+1) }
		given := &core.Given{DeltaAt: lists(), EpsAt: lists(), ZetaAt: lists()}
		plan := &Plan{Delta: laws(), Eps: laws(), Zeta: laws()}
		var sites []site
		add := func(laws []perturb.Finite, into [][]float64, i, d int) {
			laws[i] = perturb.TwoPoint(vector(d), vector(d), 0.25+0.5*r.Float64())
			into[i] = make([]float64, d)
			sites = append(sites, site{into, i, laws[i]})
		}
		for i := 1; i <= n; i++ {
			add(plan.Zeta, given.ZetaAt, i, c.D(i-1))
		}
		add(plan.Delta, given.DeltaAt, 1, c.D(1))
		add(plan.Eps, given.EpsAt, n, c.D(n-1))
		s := core.NewState(c, core.WithZeta)
		want := make([]float64, c.NW())
		for path := range 1 << len(sites) {
			p := 1.0
			for k, at := range sites {
				p *= at.law.Outcome(at.into[at.at], at.into[at.at], 0, path>>k&1)
			}
			s.Pass(c, x, w, given)
			axpy(want, p, s.UAll)
		}
		got, total := make([]float64, c.NW()), 0.0
		e := NewEnumerator(c)
		for range 2 { // a tree without zeta between two with one leaves nothing
			clear(got)
			total = 0
			err := e.Enumerate(x, w, plan, 0, func(l *Leaf, s *core.State) error {
				total += l.P
				axpy(got, l.P, s.UAll)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			exact := &Plan{}
			err = e.Enumerate(x, w, exact, 0, func(l *Leaf, s *core.State) error {
				if l.Zeta != nil || len(l.Path) != 2*n-1 || l.P != 1 {
					t.Errorf("a pass without laws has the leaf %+v", l)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for k := range want {
			if !(math.Abs(got[k]-want[k]) <= 1e-12*(1+math.Abs(want[k]))) || !(math.Abs(total-1) <= 1e-12) {
				t.Errorf("%v: E[U] is %v with probability %v, the loop has %v", c.Specs(), got, total, want)
				break
			}
		}
	}
}

// TestZetaIsRefused: what sums the moments of section 3 says that it has no place for zeta.
func TestZetaIsRefused(t *testing.T) {
	c, x, w, plan := tiny(t)
	plan.Zeta = []perturb.Finite{2: perturb.Zero()}
	_, naive := Naive(c, x, w, plan, 0)
	_, nodes := JacobianNodes(c, x, w, plan, 0)
	for what, err := range map[string]error{
		"a Walker": NewWalker(c).Walk(claim.NewMoments(c), x, w, plan, 0), "Naive": naive, "Lemma 2": nodes,
	} {
		if err == nil || !strings.Contains(err.Error(), "zeta_2: "+what+" has no place for zeta") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	plan.Zeta[2] = answers{perturb.Zero(), perturb.TooMany, nil}
	err := Enumerate(c, x, w, plan, 0, func(*Leaf, *core.State) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "zeta_2") || !plan.stateful() {
		t.Errorf("a law of zeta without a list: error %v", err)
	}
	if slices.Contains([]bool{(&Plan{}).reads(), (&Plan{Zeta: make([]perturb.Finite, 3)}).reads()}, true) {
		t.Error("a plan without laws of zeta reads")
	}
}
