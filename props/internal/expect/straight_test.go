package expect

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

// onePath draws a setting whose laws have one outcome each.
func onePath(t testing.TB, seed uint64) (c *core.Chain, x, w []float64, plan *Plan) {
	c, x, w, plan = randomSetting(t, seed)
	r := rand.New(rand.NewPCG(seed, 2))
	vec := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = r.NormFloat64()
		}
		return v
	}
	law := func(n int) perturb.Finite {
		switch r.IntN(6) {
		case 0:
			return nil
		case 1:
			return perturb.TopK(1)
		case 2:
			return perturb.Round("e4m3", false)
		case 3:
			return perturb.Switch(vec(n), vec(n), 0, 0)
		case 4:
			return perturb.Intermittent(2, perturb.TwoPoint(vec(n), vec(n), 0.5)).(perturb.Finite)
		}
		return perturb.Constant(vec(n))
	}
	for i := 1; i <= c.N(); i++ {
		plan.Delta[i] = law(c.D(i))
		if i > 1 {
			plan.Eps[i] = law(c.D(i - 1))
		}
	}
	return c, x, w, plan
}

// sameBits compares all that a walk gives, bit by bit.
func sameBits(t *testing.T, what string, a, b *claim.Moments, wa, wb *Walker) {
	t.Helper()
	bits := func(m *claim.Moments, w *Walker) (all []uint64) {
		lists := m.Lists()
		for _, l := range append(lists[:], m.UMean, []float64{m.P, m.U2, m.UMean2, float64(m.Leaves)},
			w.Reach().MaxY, w.Reach().MaxV, w.Exact().UAll) {
			for _, v := range l {
				all = append(all, math.Float64bits(v))
			}
		}
		for _, box := range w.Reach().Y {
			for j := range box.Lo {
				all = append(all, math.Float64bits(box.Lo[j]), math.Float64bits(box.Hi[j]))
			}
		}
		return all
	}
	if got, want := bits(a, wa), bits(b, wb); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: another result:\n%+v\n%+v", what, a, b)
	}
}

// TestStraightIsTheWalk: a tree of one path gives what the walk of any tree gives, to the
// last bit, whatever was walked before; one that branches is left to that walk.
func TestStraightIsTheWalk(t *testing.T) {
	for seed := range uint64(200) {
		c, x, w, plan := onePath(t, seed)
		short, long := NewWalker(c), NewWalker(c)
		a, b := claim.NewMoments(c), claim.NewMoments(c)
		for _, step := range []int{1, 0, 1} { // at step 0 an intermittent law branches
			long.exact.Pass(c, x, w, nil)
			if err := long.branched(b, x, w, plan, step, 1); err != nil {
				t.Fatal(err)
			}
			if err := short.Walk(a, x, w, plan, step); err != nil {
				t.Fatal(err)
			}
			sameBits(t, "straight", a, b, short, long)
			if done := short.main.straight(a, x, w, plan, step); done != (b.Leaves == 1) {
				t.Errorf("seed %d, step %d: straight is %v for %d leaves", seed, step, done, b.Leaves)
			}
		}
	}
}

// TestGradientMoments: moments of U alone have the bits of the whole walk, for trees of one path, of many, and of so
// many that they are split, with a walker that serves all kinds in any order; faults of laws are found all the same.
func TestGradientMoments(t *testing.T) {
	compare := func(c *core.Chain, x, w []float64, plan *Plan) {
		t.Helper()
		want, got := claim.NewMoments(c), claim.NewGradientMoments(c)
		wk := NewWalker(c)
		for _, m := range []*claim.Moments{got, want, claim.NewRunMoments(c), got} {
			if err := wk.Walk(m, x, w, plan, 0); err != nil {
				t.Fatal(err)
			}
		}
		bits := func(m *claim.Moments) (all []uint64) {
			for _, v := range append([]float64{m.P, m.U2, m.UMean2, float64(m.Leaves)}, m.UiMean2...) {
				all = append(all, math.Float64bits(v))
			}
			for _, v := range m.UMean {
				all = append(all, math.Float64bits(v+0)) // but for the sign of a zero
			}
			return all
		}
		if !reflect.DeepEqual(bits(got), bits(want)) || got.Laws() || got.Whole() || got.D2 != nil {
			t.Errorf("%v: another result:\n%+v\n%+v", c.Specs(), got, want)
		}
		if again := got.Renew(c); again.Laws() || len(again.UiMean2) != c.N()+1 || len(again.UMean) != c.NW() {
			t.Errorf("renewed: %+v", again)
		}
	}
	for seed := range uint64(100) {
		compare(randomSetting(t, seed))
		compare(onePath(t, seed))
	}
	c, x, w, plan := bigSetting(t)
	compare(c, x, w, plan)
	clear(plan.Eps)
	compare(c, x, w, plan)
	plan.Delta[3] = answers{support: 2, p: []float64{0.5, 0.25}}
	if err := NewWalker(c).Walk(claim.NewGradientMoments(c), x, w, plan, 0); err == nil ||
		!strings.Contains(err.Error(), "delta_3: probabilities sum to 0.75") {
		t.Errorf("a law of 0.75: %v", err)
	}
}

// TestRunMoments: moments of a run are those of the walk, bit by bit, for trees of one
// path, of many, and of so many that they are split; the other lists are not there.
func TestRunMoments(t *testing.T) {
	compare := func(what string, c *core.Chain, x, w []float64, plan *Plan) {
		t.Helper()
		all, some := claim.NewMoments(c), claim.NewRunMoments(c)
		wa, ws := NewWalker(c), NewWalker(c)
		for _, m := range []*claim.Moments{all, some} { // a walker serves both, in any order
			if err := ws.Walk(m, x, w, plan, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := wa.Walk(all, x, w, plan, 0); err != nil {
			t.Fatal(err)
		}
		lists, missing := some.Lists(), 0
		for k, l := range all.Lists() {
			if lists[k] == nil {
				lists[k] = l
				missing++
			}
		}
		if missing != 19 || some.Y2 != nil || some.BMean2[claim.Past] != nil || some.Whole() || !all.Whole() {
			t.Errorf("%s: %d lists are missing, want 19: those of states and gradients", what, missing)
		}
		same := *some
		same.Y2, same.Y4, same.V2, same.V4, same.E4, same.Ui2, same.YV2 = all.Y2, all.Y4, all.V2, all.V4, all.E4,
			all.Ui2, all.YV2
		same.YMean2, same.VMean2, same.FMean2, same.BMean2 = all.YMean2, all.VMean2, all.FMean2, all.BMean2
		sameBits(t, what, &same, all, ws, wa)
	}
	for seed := range uint64(100) {
		c, x, w, plan := randomSetting(t, seed)
		compare("a tree", c, x, w, plan)
		c, x, w, plan = onePath(t, seed)
		compare("a path", c, x, w, plan)
	}
	c, x, w, plan := bigSetting(t)
	compare("a large tree", c, x, w, plan)
}
