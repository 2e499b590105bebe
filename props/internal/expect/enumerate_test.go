package expect

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

// tiny is the shortest chain, bias and halfsq of width 1, at x = 3, w = 2, with delta_1 =
// 2 or -1 (1/4, 3/4), eps_2 = 4 or 0 (1/2, 1/2).
func tiny(t testing.TB) (c *core.Chain, x, w []float64, plan *Plan) {
	c = chain(t, core.Bias(1), core.HalfSq(1))
	plan = &Plan{
		Delta: []perturb.Finite{nil, perturb.TwoPoint([]float64{2}, []float64{-1}, 0.25)},
		Eps:   []perturb.Finite{nil, nil, perturb.TwoPoint([]float64{4}, []float64{0}, 0.5)},
	}
	return c, []float64{3}, []float64{2}, plan
}

// law of a test, with what it answers.
type answers struct {
	perturb.Finite
	support int
	p       []float64
}

func (a answers) Spec() perturb.Spec         { return perturb.Spec{Law: "custom"} }
func (a answers) Support([]float64, int) int { return a.support }
func (a answers) Outcome(dst, s []float64, _, k int) float64 {
	clear(dst)
	return a.p[k%len(a.p)]
}

// TestEnumerateByHand: every joint outcome once, in lexicographic order of the path
// delta_1, delta_2, eps_2, with its probability, draws and gradient.
func TestEnumerateByHand(t *testing.T) {
	c, x, w, plan := tiny(t)
	got := ""
	err := Enumerate(c, x, w, plan, 0, func(l *Leaf, s *core.State) error {
		got += fmt.Sprint(l.Path, " ", l.P, " ", l.Delta[1], l.Eps[2], " ", s.UAll, "; ")
		return nil
	})
	// u = V_1 = Y_1 + eps_2 with Y_1 = 5 + delta_1.
	const want = "[0 0 0] 0.125 [2] [4] [11]; [0 0 1] 0.125 [2] [0] [7]; " +
		"[1 0 0] 0.375 [-1] [4] [8]; [1 0 1] 0.375 [-1] [0] [4]; "
	if err != nil || got != want {
		t.Errorf("%s, error %v\nwant %s", got, err, want)
	}
}

// TestMomentsByHand: both ways to the moments give the fractions that pencil and paper do.
// Y_1 - y_1 = delta_1 has mean -1/4 and square 7/4; V_1 - v_1 = U - u = delta_1 + eps_2 is 6,
// 2, 3, -1 with probabilities 1, 1, 3, 3 of 8.
func TestMomentsByHand(t *testing.T) {
	c, x, w, plan := tiny(t)
	naive, err := Naive(c, x, w, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	walked, walker := claim.NewMoments(c), NewWalker(c)
	if err := walker.Walk(walked, x, w, plan, 0); err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*claim.Moments{"naive": naive, "walked": walked} {
		for what, v := range map[string][2]float64{
			"leaves":                  {float64(m.Leaves), 4},
			"P":                       {m.P, 1},
			"E|U-u|^2":                {m.U2, (36 + 4 + 27 + 3) / 8.0},
			"E[U-u], with its sign":   {m.UMean[0], 14.0 / 8},
			"|E[U-u]|^2":              {m.UMean2, (14.0 / 8) * (14.0 / 8)},
			"E|U_1-u_1|^2":            {m.Ui2[1], 8.75},
			"E|U_2-u_2|^2":            {m.Ui2[2], 0},
			"E|delta_1|^2":            {m.D2[1], 1.75},
			"E|delta_1|^4":            {m.D4[1], 4.75},
			"(E|delta_1|^2)^2":        {m.D22[1], 3.0625},
			"E|eps_2|^2":              {m.E2[2], 8},
			"E|eps_2|^4":              {m.E4[2], 128},
			"E|Y_1-y_1|^2":            {m.Y2[1], 1.75},
			"E|Y_1-y_1|^4":            {m.Y4[1], 4.75},
			"E|V_1-v_1|^2":            {m.V2[1], 8.75},
			"E|V_1-v_1|^4":            {m.V4[1], (1296 + 16 + 243 + 3) / 8.0},
			"E|V_2-v_2|^2":            {m.V2[2], 0},
			"E|Y_1-y_1|^2|V_2-v_2|^2": {m.YV2[1], 0},
			"literal mean of delta":   {m.DMean2[claim.Literal][1], 1.75},
			"past mean of delta":      {m.DMean2[claim.Past][1], 0.0625},
			"total mean of delta":     {m.DMean2[claim.Total][1], 0.0625},
			"its square":              {m.DMean22[claim.Past][1], 0x1p-8},
			"literal mean of eps":     {m.EMean2[claim.Literal][2], 4},
			"past mean of eps":        {m.EMean2[claim.Past][2], 4},
			"total mean of eps":       {m.EMean2[claim.Total][2], 4},
			"literal mean of Y":       {m.YMean2[claim.Literal][1], 1.75},
			"past mean of Y":          {m.YMean2[claim.Past][1], 0.0625},
			"literal mean of V":       {m.VMean2[claim.Literal][1], 8.75},
			"past mean of V, (4, 1)":  {m.VMean2[claim.Past][1], 0.25*16 + 0.75*1},
			"total mean of V, 7/4":    {m.VMean2[claim.Total][1], 3.0625},
			"E|Y_2-y_2|^2, 12, -9/2":  {m.Y2[2], 0.25*144 + 0.75*20.25},
		} {
			if v[0] != v[1] {
				t.Errorf("%s: %s is %v, want %v", name, what, v[0], v[1])
			}
		}
	}
	r := walker.Reach()
	for what, v := range map[string][2]float64{
		"lowest Y_0": {r.Y[0].Lo[0], 3}, "highest Y_0": {r.Y[0].Hi[0], 3},
		"lowest Y_1": {r.Y[1].Lo[0], 4}, "highest Y_1": {r.Y[1].Hi[0], 7},
		"lowest Y_2": {r.Y[2].Lo[0], 8}, "highest Y_2": {r.Y[2].Hi[0], 24.5},
		"|Y_1|": {r.MaxY[1], 7}, "|V_1|": {r.MaxV[1], 11}, "|V_2|": {r.MaxV[2], 1},
		"exact u": {walker.Exact().UAll[0], 5},
	} {
		if v[0] != v[1] {
			t.Errorf("%s is %v, want %v", what, v[0], v[1])
		}
	}
	// A walk leaves nothing to the next: without laws there is one path.
	if err := walker.Walk(walked, x, w, &Plan{}, 0); err != nil || walked.Leaves != 1 || walked.U2 != 0 ||
		walked.V4[1] != 0 || walker.Reach().MaxV[1] != 5 || walker.Reach().Y[1].Lo[0] != 5 {
		t.Errorf("without laws: %+v, error %v", walked, err)
	}
}

// TestSplitAboveTheTurn: where the trunk ends before delta_{N-1}, each subtree sums delta_N
// itself: 27 nodes are too few for it to end before, 81 are not.
func TestSplitAboveTheTurn(t *testing.T) {
	const n = 6
	c := chain(t, core.Bias(1), core.Bias(1), core.Scale(1), core.Bias(1), core.Bias(1), core.HalfSq(1))
	three := perturb.Table([]perturb.Outcome{{P: 0.5, D: []float64{1}}, {P: 0.25, D: []float64{-2}},
		{P: 0.25, D: []float64{0.5}}})
	two := perturb.TwoPoint([]float64{0.25}, []float64{-1}, 0.25)
	plan := &Plan{Delta: []perturb.Finite{nil, three, three, three, three, three, two},
		Eps: []perturb.Finite{5: two, 6: two}}
	x, w := []float64{0.5}, []float64{0, 0, 2, 0, 0}
	want, err := Naive(c, x, w, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, walker := claim.NewMoments(c), NewWalker(c)
	if err := walker.Walk(got, x, w, plan, 0); err != nil {
		t.Fatal(err)
	}
	if walker.split != n-2 || len(walker.todo) != 81 || got.Leaves != want.Leaves || got.Leaves != 243*2*4 {
		t.Errorf("split at %d into %d parts, %d leaves, want 4, 81, %d", walker.split, len(walker.todo), got.Leaves,
			want.Leaves)
	}
	for name, v := range map[string][2]float64{
		"E|delta_N|^2": {got.D2[n], want.D2[n]}, "E|delta_N|^4": {got.D4[n], want.D4[n]},
		"E|Y_N-y_N|^2": {got.Y2[n], want.Y2[n]}, "its past mean": {got.YMean2[claim.Past][n],
			want.YMean2[claim.Past][n]},
		"E|U-u|^2": {got.U2, want.U2}, "P": {got.P, 1},
	} {
		if !(math.Abs(v[0]-v[1]) <= tolerance*v[1]) {
			t.Errorf("%s is %v, want %v", name, v[0], v[1])
		}
	}
}

// TestEnumerateStops: at the error of the one who looks, and at no leaf after it.
func TestEnumerateStops(t *testing.T) {
	c, x, w, plan := tiny(t)
	stop, seen := errors.New("enough"), 0
	err := Enumerate(c, x, w, plan, 0, func(*Leaf, *core.State) error {
		if seen++; seen == 3 {
			return stop
		}
		return nil
	})
	if err != stop || seen != 3 {
		t.Errorf("error %v after %d leaves, want 3", err, seen)
	}
}

// TestStep: a law sees the step that it is asked at.
func TestStep(t *testing.T) {
	c, x, w, _ := tiny(t)
	every := perturb.Intermittent(3, perturb.Constant([]float64{1})).(perturb.Finite)
	plan := &Plan{Delta: []perturb.Finite{nil, every}, Eps: []perturb.Finite{nil, nil, every}}
	for step := range 4 {
		want := 0.0
		if step%3 == 0 {
			want = 1
		}
		m := claim.NewMoments(c)
		if err := NewWalker(c).Walk(m, x, w, plan, step); err != nil || m.D2[1] != want || m.E2[2] != want {
			t.Errorf("step %d: %v, %v, error %v, want %v", step, m.D2[1], m.E2[2], err, want)
		}
		n, err := Naive(c, x, w, plan, step)
		if err != nil || n.D2[1] != want || n.E2[2] != want {
			t.Errorf("step %d: naive %v, %v, error %v, want %v", step, n.D2[1], n.E2[2], err, want)
		}
	}
}

// TestBadLaws: a law without outcomes, with a probability outside (0, 1] or NaN, with a
// wrong sum, is an error that names its site; at delta_1, delta_N and eps_2 alike.
func TestBadLaws(t *testing.T) {
	c, x, w, good := tiny(t)
	ways := map[string]func(p *Plan) error{
		"walk": func(p *Plan) error { return NewWalker(c).Walk(claim.NewMoments(c), x, w, p, 0) },
		"enumerate": func(p *Plan) error {
			return Enumerate(c, x, w, p, 0,
				func(*Leaf, *core.State) error { return nil })
		},
		"jacobians": func(p *Plan) error { _, err := JacobianNodes(c, x, w, p, 0); return err },
		"naive":     func(p *Plan) error { _, err := Naive(c, x, w, p, 0); return err },
	}
	for _, law := range []struct {
		law  answers
		want string
		of   string // the ways that look
	}{
		{answers{support: 0}, "the law has 0 outcomes", "walk enumerate jacobians naive"},
		{answers{support: -7}, "the law has -7 outcomes", "walk enumerate jacobians naive"},
		{answers{support: perturb.TooMany}, "at least 16777217 joint outcomes, the cap is 1048576",
			"walk enumerate jacobians naive"},
		{answers{support: 2, p: []float64{0, 1}}, "outcome 0 has probability 0", "walk enumerate jacobians naive"},
		{answers{support: 2, p: []float64{1, -1}}, "outcome 1 has probability -1", "walk enumerate jacobians naive"},
		{answers{support: 1, p: []float64{math.NaN()}}, "outcome 0 has probability NaN",
			"walk enumerate jacobians naive"},
		{answers{support: 1, p: []float64{1.5}}, "outcome 0 has probability 1.5", "walk enumerate naive"},
		{answers{support: 2, p: []float64{0.5, 0.5 + 0x1p-27}}, "probabilities sum to 1.00000000745", "walk"},
		{answers{support: 2, p: []float64{0.5, 0.25}}, "probabilities sum to 0.75", "walk"},
	} {
		for _, site := range []string{"delta_1", "delta_2", "eps_2"} {
			p := &Plan{Delta: append([]perturb.Finite{}, good.Delta...), Eps: append([]perturb.Finite{}, good.Eps...)}
			p.Delta = append(p.Delta, nil)
			switch site {
			case "delta_1":
				p.Delta[1] = law.law
			case "delta_2":
				p.Delta[2] = law.law
			default:
				p.Eps[2] = law.law
			}
			for name, way := range ways {
				err := way(p)
				looks := strings.Contains(law.of, name) && (name != "jacobians" || site == "delta_1")
				switch {
				case !looks && name == "jacobians" && site != "delta_1" && err != nil:
					t.Errorf("%s at %s: nodes depend on no such law, error %v", law.want, site, err)
				case looks && (err == nil || !strings.Contains(err.Error(), "expect: "+site+": ") ||
					!strings.Contains(err.Error(), law.want)):
					t.Errorf("%s at %s, %s: error %v", law.want, site, name, err)
				}
			}
		}
	}
	// Probabilities that miss 1 by rounding are a law.
	good.Delta[1] = answers{support: 2, p: []float64{0.5, 0.5 - 0x1p-29}}
	if err := ways["walk"](good); err != nil {
		t.Errorf("a sum of 1 - 2^-29: %v", err)
	}
}

// TestTooManyLeavesText: what is counted, the cap, and the estimate where there is one.
func TestTooManyLeavesText(t *testing.T) {
	for want, e := range map[string]TooManyLeaves{
		"expect: at least 7 joint outcomes, the cap is 6": {AtLeast: 7, Cap: 6},
		"expect: at least 7 nodes, the cap is 6; 12 joint outcomes if all paths branch as the first does": {
			AtLeast: 7, Cap: 6, Nodes: true, LikeFirst: 12},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestStateful: two points and tables branch alike everywhere, single outcomes not at all.
func TestStateful(t *testing.T) {
	one := []float64{1}
	two := perturb.TwoPoint(one, []float64{2}, 0.5)
	round := perturb.Round("e4m3", true)
	for name, c := range map[string]struct {
		law  perturb.Finite
		want bool
	}{
		"nothing": {nil, false}, "two points": {two, false}, "a constant": {perturb.Constant(one), false},
		"top-k": {perturb.TopK(1), false}, "nearest": {perturb.Round("bf16", false), false},
		"stochastic":           {round, true},
		"a table":              {perturb.Table([]perturb.Outcome{{P: 0.5, D: one}, {P: 0.5, D: []float64{2}}}), false},
		"sometimes two points": {perturb.Intermittent(2, two).(perturb.Finite), true},
	} {
		for _, p := range []*Plan{
			{Delta: []perturb.Finite{nil, c.law}}, {Eps: []perturb.Finite{nil, two, c.law}},
			{Delta: []perturb.Finite{nil, two, nil}, Eps: []perturb.Finite{c.law}},
		} {
			if p.stateful() != c.want {
				t.Errorf("%s: stateful is %v", name, !c.want)
			}
		}
	}
}

// TestNorms: by hand.
func TestNorms(t *testing.T) {
	a, b := []float64{3, -4, 0}, []float64{1, 0, 2}
	if sq(a) != 25 || sq(nil) != 0 || sqDiff(a, b) != 4+16+4 || sqDiff(nil, nil) != 0 {
		t.Errorf("|a|^2 = %v, |a-b|^2 = %v", sq(a), sqDiff(a, b))
	}
	axpy(a, -2, b)
	if fmt.Sprint(a) != "[1 -4 -4]" {
		t.Errorf("a - 2 b = %v", a)
	}
	if !math.IsNaN(sq([]float64{math.NaN()})) {
		t.Error("NaN is lost")
	}
}

// TestGroups: means by what is known, by hand: literally both draws of the path, in the
// past the first one, in total none.
func TestGroups(t *testing.T) {
	g := groups{}
	for _, l := range []struct {
		path []int
		p, z float64
	}{{[]int{0, 0}, 0.25, 4}, {[]int{0, 1}, 0.25, 0}, {[]int{1, 0}, 0.5, -2}} {
		g.add("z", 2, 2, &Leaf{P: l.p, Path: l.path}, []float64{l.z + 7}, []float64{7})
	}
	for r, want := range map[claim.Reading]float64{
		claim.Literal: 0.25*16 + 0.5*4, claim.Past: 0.5*4 + 0.5*4, claim.Total: 0,
	} {
		if got := g.sum("z", 2, r); got != want {
			t.Errorf("%v: %v, want %v", r, got, want)
		}
	}
	if got := g.sum("nothing", 2, claim.Past); got != 0 {
		t.Errorf("of what is not there: %v", got)
	}
}
