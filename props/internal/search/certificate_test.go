package search

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// lawText is a law as p:d pairs.
func lawText(l cert.Law) string {
	s := ""
	for _, o := range l {
		s += o.P.RatString() + ":"
		for _, d := range o.D {
			s += d.RatString() + ","
		}
		s += " "
	}
	return s
}

// TestRationalLaw: exact probabilities, equal outcomes joined, and none of a law of the state.
func TestRationalLaw(t *testing.T) {
	for _, c := range []struct {
		law  perturb.Spec
		want string
	}{
		{perturb.Spec{Law: "zero"}, ""},
		{perturb.Spec{}, ""},
		{perturb.Spec{Law: "constant", D: []float64{0.5, -3}}, "1:1/2,-3, "},
		{perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{-2}, P: 0.125}, "1/8:1, 7/8:-2, "},
		{perturb.Spec{Law: "twopoint", A: []float64{1, 2}, B: []float64{1, 2}, P: 0.125}, "1:1,2, "},
		{perturb.Spec{Law: "twopoint", A: []float64{1, 2}, B: []float64{1, 3}, P: 0.5}, "1/2:1,2, 1/2:1,3, "},
		{perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{
			{P: 0.25, D: []float64{1}}, {P: 0.5, D: []float64{2}}, {P: 0.25, D: []float64{1}}}}, "1/2:1, 1/2:2, "},
	} {
		l, err := rationalLaw(c.law)
		if err != nil || lawText(l) != c.want {
			t.Errorf("%+v: %q, error %v, want %q", c.law, lawText(l), err, c.want)
		}
		if c.want == "" && l != nil {
			t.Errorf("%+v is a law of nothing, want none", c.law)
		}
	}
	for _, s := range []perturb.Spec{{Law: "topk", K: 1}, {Law: "switch"}, {Law: "round"}} {
		if l, err := rationalLaw(s); err == nil ||
			!strings.Contains(err.Error(), `law "`+s.Law+`" looks at the state`) {
			t.Errorf("%+v: %v, error %v", s, l, err)
		}
	}
}

// TestRationalCase: what a certificate has of a case, and what it cannot have.
func TestRationalCase(t *testing.T) {
	c := scalar(0.75)
	c.X[0], c.W[0][0] = 3, -0.5
	c.Chain = []core.Spec{{Op: "fixed", A: [][]float64{{2, 0.25}}}, {Op: "halfsq", N: 1}}
	c.W[0] = nil
	c.X = []float64{3, 5}
	c.Eps[1] = perturb.Spec{Law: "constant", D: []float64{7}}
	of := under(1)
	made, err := rationalCase(of, c)
	if err != nil {
		t.Fatal(err)
	}
	if made.Claim != "own" || made.Form != "repaired" || made.X[1].RatString() != "5" || len(made.Chain) != 2 ||
		made.Chain[0].A[0][1].RatString() != "1/4" || made.Chain[1].N != 1 || len(made.W) != 2 ||
		lawText(made.Delta[1]) != "1:3/4, " || lawText(made.Eps[2]) != "1:7, " || len(made.Delta) != 1 ||
		len(made.Eps) != 1 {
		t.Errorf("%+v", made)
	}
	of.WithoutErrors = true
	if made, err = rationalCase(of, c); err != nil || len(made.Delta)+len(made.Eps) != 0 {
		t.Errorf("a claim about exact passes: %+v, error %v", made, err)
	}
	of.WithoutErrors = false
	for want, change := range map[string]func(c *gen.Case){
		"a run on 3 inputs": func(c *gen.Case) { c.Run = &gen.Run{More: [][]float64{{1, 2}, {3, 4}}} },
		`regularizer "l2"`: func(c *gen.Case) {
			c.Run = &gen.Run{Reg: core.Regularizer{Kind: "l2",
				Rho: 1}}
		},
		"operator 2, logistic":         func(c *gen.Case) { c.Chain[1] = core.Spec{Op: "logistic"} },
		`operator 1: law "topk" looks`: func(c *gen.Case) { c.Delta[0] = perturb.Spec{Law: "topk", K: 1} },
		`operator 2: law "topk" looks`: func(c *gen.Case) { c.Eps[1] = perturb.Spec{Law: "topk", K: 1} },
	} {
		on := c.Clone()
		change(on)
		if made, err := rationalCase(of, on); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, error %v, want %q in it", made, err, want)
		}
	}
	on := c.Clone()
	on.Run = &gen.Run{Reg: core.Regularizer{Kind: "none"}}
	if _, err := rationalCase(of, on); err != nil {
		t.Errorf("a run without regularizer: %v", err)
	}
}

// TestRoundConstants: constants rounded up to 2 level binary digits, without the inflation
// of a part in 2^26; by hand. One that is 0 is a power of two, and each says whose it is.
func TestRoundConstants(t *testing.T) {
	const up = 1 + 0x1p-26
	v := &claim.View{
		K: bounds.Const{N: 3, C: 2.3 * up, C2: 0, Lf: 2 * up, L1: 0.3 * up, L2: measure.Positive},
		Per: []core.Regularity{
			{}, {J1: 1, J2: 0.5, Lf: 1, L1: 0.1}, {J1: 0.1, J2: 2.3, Lf: 2, L1: 0.1},
			{J1: 1.5, J2: 0.5, Lf: 2, L1: 0.3},
		},
	}
	for level, want := range []string{"3 1/16 2 1 1/16", "5/2 1/256 2 1/2 1/256", "37/16 1/4096 2 5/16 1/4096"} {
		k := roundConstants(v, level)
		got := fmt.Sprint(k.C.RatString(), " ", k.C2.RatString(), " ", k.Lf.RatString(), " ", k.L1.RatString(), " ",
			k.L2.RatString())
		if got != want {
			t.Errorf("level %d: %s, want %s", level, got, want)
		}
		for name, say := range map[string]string{
			"C": "the largest is that of operator 2", "Lf": "is at most 2, the largest is that of operator 2",
			"L1": "that of operator 3", "C2": "is 0 for every operator", "L2": "is 0 for every operator",
		} {
			if !strings.HasSuffix(k.Why[name], say) && !strings.Contains(k.Why[name], say+",") {
				t.Errorf("level %d: %s because %q, want %q", level, name, k.Why[name], say)
			}
		}
	}
}

// TestWhoseConstants: of C2 and L2 too.
func TestWhoseConstants(t *testing.T) {
	v := &claim.View{
		K:   bounds.Const{N: 3, C: 4, C2: 2, Lf: 1, L1: 1, L2: 5},
		Per: []core.Regularity{{}, {J1: 4, C2: 1, L2: 1}, {J2: 3, C2: 2, L2: 2}, {J1: 3, C2: 1, L2: 5}},
	}
	k := roundConstants(v, 0)
	for name, want := range map[string]string{
		"C":  "the norm of J1, J2 on the box of all visited states is at most 4, the largest is that of operator 1",
		"C2": "the norm of grad^2_21 on the box of all visited states is at most 2, the largest is that of operator 2",
		"L2": "the Lipschitz constant of grad^2 on the box of all visited states is at most 5, the largest is " +
			"that of " +
			"operator 3",
	} {
		if k.Why[name] != want {
			t.Errorf("%s because %q, want %q", name, k.Why[name], want)
		}
	}
}

// TestRoundRun: L is rounded up, mu and l* down: what a certificate says is weaker than
// what was measured, never stronger.
func TestRoundRun(t *testing.T) {
	const up, down = 1 + 0x1p-26, 1 - 0x1p-26
	v := &claim.View{Run: &claim.Run{S: bounds.Smooth{L: 2.3 * up, Mu: 0.7 * down}, LStar: 1.3 * down}}
	r := &gen.Run{Gamma: 0.3, Steps: 5}
	for level, want := range []string{"3 0 1", "5/2 1/2 5/4", "37/16 11/16 5/4"} {
		got := roundRun(&claim.Claim{PL: true}, v, r, level)
		if s := fmt.Sprint(got.L.RatString(), " ", got.Mu.RatString(), " ", got.LStar.RatString()); s != want {
			t.Errorf("level %d: L, mu, l* are %s, want %s", level, s, want)
		}
		if got.Steps != 5 || got.Gamma.Cmp(new(big.Rat).SetFloat64(0.3)) != 0 {
			t.Errorf("g = %v, T = %d", got.Gamma, got.Steps)
		}
		if got = roundRun(&claim.Claim{}, v, r, level); got.Mu != nil {
			t.Errorf("mu = %v of a claim without A4", got.Mu)
		}
	}
	// A number with few digits keeps them at every level, also below 0.
	v.Run.S.L, v.Run.LStar = 2, -1
	if got := roundRun(&claim.Claim{}, v, r, 0); got.L.RatString() != "2" || got.LStar.Cmp(big.NewRat(-1, 1)) > 0 {
		t.Errorf("L = %s, l* = %s", got.L.RatString(), got.LStar.RatString())
	}
}

// TestEvents: the literal event of operator i knows delta_1..delta_{i-1}, the past one all
// but the last, the total none; a delta without a law has the one outcome 0.
func TestEvents(t *testing.T) {
	nodes := &claim.Claim{ID: "lemma2", Kind: claim.Nodes}
	two := make(cert.Law, 2)
	v := &claim.View{}
	for _, r := range claim.Readings {
		v.Nodes[r] = []claim.Node{{I: 2}, {I: 4}}
	}
	for _, c := range []struct {
		reading claim.Reading
		node    int
		want    string
	}{
		{claim.Literal, 0, "[[0] [1]]"},
		{claim.Past, 0, "[[]]"},
		{claim.Total, 0, "[[]]"},
		{claim.Literal, 1, "[[0 0 0] [0 0 1] [0 0 2] [1 0 0] [1 0 1] [1 0 2]]"},
		{claim.Past, 1, "[[0 0] [1 0]]"},
		{claim.Total, 1, "[[]]"},
	} {
		nodes.Reading = c.reading
		made := &cert.Certificate{Delta: map[int]cert.Law{1: two, 3: make(cert.Law, 3)}}
		if got := fmt.Sprint(events(nodes, v, made, c.node)); got != c.want {
			t.Errorf("%v, node %d: %s, want %s", c.reading, c.node, got, c.want)
		}
		if made.I != v.Nodes[c.reading][c.node].I {
			t.Errorf("%v, node %d: i = %d", c.reading, c.node, made.I)
		}
	}
	made := &cert.Certificate{}
	if got := events(under(1), v, made, 1); len(got) != 1 || got[0] != nil || made.I != 0 {
		t.Errorf("a claim of one step has the events %v, i = %d", got, made.I)
	}
}

// TestCandidates: a run is tried at the fixed point of its perturbed step too, with more and
// more steps. By hand: F = (x+w+1)^2/2 stands still at w = -1 - x.
func TestCandidates(t *testing.T) {
	always := &claim.Claim{
		ID: "own", Form: claim.Printed, Kind: claim.Training, Statement: "2 <= 1",
		Left:  func(*claim.View, int) float64 { return 2 },
		Right: func(*claim.View, int) float64 { return 1 },
	}
	c := scalar(1)
	c.Run = &gen.Run{All: true, Gamma: 0.25, Steps: 512}
	never := *always
	never.Left = never.Right
	list := candidates(&never, c, math.Inf(1))
	if list[0] != c || len(list) < 2 {
		t.Fatalf("%d candidates, want the case and what follows", len(list))
	}
	steps := c.Run.Steps
	for _, k := range list[1:] {
		if k.Run.Steps != steps || k.W[0][0] != -1 {
			t.Errorf("T = %d at w = %v, want %d at -1", k.Run.Steps, k.W[0], steps)
		}
		steps *= 2
	}
	if steps/2 > cert.MaxSteps || steps <= cert.MaxSteps {
		t.Errorf("the longest has %d steps, want as many as a certificate may have, %d", steps/2, cert.MaxSteps)
	}
	if c.Run.Steps != 512 || c.W[0][0] != 0 {
		t.Errorf("the case was changed to T = %d, w = %v", c.Run.Steps, c.W[0])
	}
	if small := candidates(always, c, math.Inf(1))[0]; small.Run.Steps != 1 || small.Delta[0].Law != "zero" {
		t.Errorf("the first candidate is not the simplest: %s", small.Line())
	}
	pass := scalar(-3.3)
	if list := candidates(under(1), pass, math.Inf(1)); len(list) != 2 || list[1] != pass || list[0].Delta[0].D[0] != -2 {
		t.Errorf("candidates of one pass: %d", len(list))
	}
}

// TestExactMoments: E|delta_1|^2 of two points by hand, as a fraction; other kinds have none.
func TestExactMoments(t *testing.T) {
	c := scalar(1)
	c.Delta[0] = perturb.Spec{Law: "twopoint", A: []float64{3}, B: []float64{-1}, P: 0.25}
	m, err := ExactMoments(under(1), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.D2[1]; got.Cmp(big.NewRat(3, 1)) != 0 { // 9/4 + 3/4
		t.Errorf("E|delta_1|^2 = %v, want 3", got)
	}
	nodes := under(1)
	nodes.Kind = claim.Nodes
	if _, err := ExactMoments(nodes, c); err == nil || !strings.Contains(err.Error(), "is of kind nodes") {
		t.Errorf("error %v", err)
	}
	c.Delta[0] = perturb.Spec{Law: "topk", K: 1}
	if _, err := ExactMoments(under(1), c); err == nil || !strings.Contains(err.Error(), "looks at the state") {
		t.Errorf("error %v", err)
	}
}
