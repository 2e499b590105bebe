package logistic

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
)

// floored plants the floors E|grad f| by step size until the test ends.
func floored(t *testing.T, floor func(draw uint64, l Law, gamma float64) float64) {
	t.Helper()
	usual := floors
	t.Cleanup(func() { floors = usual })
	floors = func(_ *setting, draw uint64, _ core.Regularizer, l Law, gammas []float64) (all []float64) {
		for _, g := range gammas {
			all = append(all, floor(draw, l, g))
		}
		return all
	}
}

// TestSaid: what each judgement says of roots and floors that are planted, one draw or law apart from the
// others, to the last word; and each short run that it rests on makes it undecided.
func TestSaid(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.7}
	one := func(judge func(core.Regularizer) claim.Judgement) func() claim.Judgement {
		return func() claim.Judgement { return judge(reg) }
	}
	spaced := func(_ uint64, l Law) (float64, float64, bool) {
		return l.Forward * l.Forward / float64(l.Every), 2e-9, true
	}
	byDraw := func(draw uint64, l Law) (float64, float64, bool) {
		v, e, ok := spaced(draw, l)
		return v / float64(draw), e * float64(draw), ok
	}
	power := map[uint64]float64{1: -1.002, 2: -0.996, 3: -1.001}
	one10 := func(k float64) float64 { return math.Pow(10, k) }
	withReading := func(levels ...float64) (all []Law) {
		for _, s := range levels {
			for _, r := range usualSetting.readings {
				all = append(all, Law{Backward: s, Reading: r})
			}
		}
		return all
	}
	zero := height(func(uint64, Law) (float64, float64, bool) { return 1e-9, 1e-9, true })
	mean := func(draw uint64) float64 { return norm2(fieldOf(base(draw, Convex, Law{}, 0.1)).data.mean) }
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
		reg   core.Regularizer
		laws  []Law
		h     height
		floor func(draw uint64, l Law, gamma float64) float64
		runs  []Law // short ones
		cases int
		note  string
	}{
		{"falls", one(JudgeFalls), reg, laws([]float64{1, 2}, 1, 3, 10, 30, 100), byDraw, nil,
			[]Law{{Forward: 2, Every: 3}, {Forward: 2, Every: 30}}, 30,
			"s_f = 2, every 1, 3, 10, 30, 100 steps: [4 1.33 0.4 0.133 0.04]"},
		{"again", one(JudgeAgain), reg, laws([]float64{2}, 10, 100, 1000, 10_000), byDraw, nil,
			[]Law{{Forward: 2, Every: 10}, {Forward: 2, Every: 100}}, 12,
			"every 1000 steps, s_f = 2: 0.004, within 2e-09, is left at the root, for T -> infinity and gamma -> 0; it " +
				"falls like 1/Dt, without a threshold"},
		{"reciprocal", one(JudgeReciprocal), reg, laws([]float64{0.5, 1, 2}, 3, 10, 30, 100, 300, 1000),
			func(draw uint64, l Law) (float64, float64, bool) {
				return math.Pow(float64(l.Every), power[draw]), 1e-9, true
			}, nil, []Law{{Forward: 2, Every: 30}}, 54,
			"slope of ln plateau by ln Dt within 4e-03 of -1, Dt = 3 to 1000: with Dt ~ T^{1/2}, as Table 1 has it, the " +
				"plateau is of order T^{-1/2}, below the T^{-1/4} that the rate allows |grad f|"},
		{"larger", one(JudgeLarger), reg, laws([]float64{1, 2}, 3, 30, 300),
			height(spaced).at(2, Law{Forward: 2, Every: 3}, func(v, e float64) (float64, float64, bool) {
				return 1.25 * v, e, true
			}).at(3, Law{Forward: 2, Every: 300}, func(v, e float64) (float64, float64, bool) { return v / 2, e, true }), nil,
			[]Law{{Forward: 1, Every: 10}, {Forward: 2, Every: 40}}, 9,
			"s_f = 2 is 2.00 to 5.00 times as high as s_f = 1 at the same Dt, and needs that much more of it: Dt ~ s_f^2"},
		{"saturates", JudgeSaturates, Nonconvex, laws([]float64{0.1, 0.5}, 1), spaced,
			func(draw uint64, l Law, g float64) float64 {
				return l.Forward * l.Forward * (1 + float64(draw)*100*g*map[float64]float64{0.1: 8, 0.5: 2}[l.Forward])
			}, []Law{{Forward: 0.5}, {Forward: 0.1}}, 6,
			"at gamma = 0.01 the norm is 25 times its plateau for s_f = 0.1 and 7 times for s_f = 0.5: both have one, and " +
				"0.5 is where it comes out of the floor that xi and delta leave at the step sizes drawn"},
		{"only large", JudgeOnlyLarge, Convex, laws([]float64{0.02, 0.05, 0.1}, 1), byDraw,
			func(draw uint64, l Law, g float64) float64 { return 10 * float64(draw) * l.Forward * g },
			[]Law{{Forward: 0.25}, {Forward: 1}}, 9,
			"s_f = 0.1 saturates at 0.01, within 2e-09, at the one root there is; at gamma = 0.01 the noise leaves 0.01, " +
				"which hides it"},
		{"exact", JudgeExact, Convex, oneSidedLaws(0.05, 0.1, 0.25, 0.5, 1, 2, 4),
			func(draw uint64, l Law) (float64, float64, bool) {
				off := 1e-9
				if draw == 2 && l.Backward == 0.05 {
					off = 4e-9
				}
				return l.Backward * mean(draw) / (2 * math.Sqrt(10)) * (1 - off), 1e-9, true
			}, nil, []Law{{Backward: 0.25, OneSided: true}}, 21,
			"G(w_b) = grad f(w_b) + (s_b/(2 sqrt d)) mean x = 0; found within 4e-09"},
		{"one-sided", JudgeOneSided, Convex, nil, nil, nil, []Law{{Backward: 0.5, OneSided: true},
			{Backward: 2, OneSided: true}}, 36, "strongly convex R: s_b |mean x|/(2 sqrt d), exactly. Nonconvex R: the same " +
			"while there is a root; at s_b = [] there is none (proved), w_t runs to infinity and |grad f| to []: it grows " +
			"with s_b, and no further than a bound"},
		{"to zero", func() claim.Judgement { return JudgeToZero(reg, []float64{2}) }, reg, withReading(0, 2), zero,
			func(draw uint64, l Law, g float64) float64 {
				a := 0.5
				if draw == 2 && l.Reading == OneASample && l.Backward == 2 {
					a = 0.49
				}
				return 7 * math.Pow(g, a)
			}, []Law{{}, {Backward: 1}, {Backward: 1, Reading: OneASample}}, 12,
			"for T -> infinity first: the root of the mean is that of grad f (proved), the floor goes like gamma^a, a " +
				"within 1e-02 of 1/2, one number a step or one a sample. At T = 200000 standard SGD comes to 2, 4, 6 at gamma " +
				"= 1e-2, 1e-4, 1e-6: w^0 is not forgotten unless gamma T grows"},
		{"coupled", JudgeCoupled, Nonconvex, laws([]float64{2}, 1),
			func(draw uint64, l Law) (float64, float64, bool) { return float64(draw), 1e-9, true },
			func(draw uint64, l Law, g float64) float64 {
				switch {
				case l.Forward == 2:
					return float64(draw) * (1.5 + 1e4*g) / map[bool]float64{true: 1, false: 0.8}[l.Reading == OneAStep && draw == 3]
				case draw == 3 && l.Reading == OneASample && l.Backward == 1:
					return 5 * math.Pow(g, 0.51) // T^-0.255
				}
				return 5 * math.Sqrt(g)
			}, []Law{{Backward: 1}, {Forward: 2}}, 24,
			"the floor of standard SGD and of zero-mean backward errors goes like T^a, a within 5e-03 of -1/4, so that its " +
				"square keeps the rate T^{-1/2}; forward errors of s_f = 2 stay at 1.600 of their plateau or more"},
		{"fixed T", one(JudgeFixedT), reg, nil, nil, nil, []Law{{}}, 5,
			"standard SGD, T = 200000, gamma = 1e-2 to 1e-6: [2 3 4 5 6], least at about 10/(lambda T)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rooted(t, c.reg, c.h, c.laws...)
			for _, r := range []core.Regularizer{Convex, Nonconvex} {
				if c.name == "one-sided" {
					rooted(t, r, func(_ uint64, l Law) (float64, float64, bool) { return l.Backward, 1e-9, true },
						oneSidedLaws(0.1, 0.25, 0.5, 1, 2, 4)...)
				}
			}
			if c.floor != nil {
				floored(t, c.floor)
			}
			for k, v := range []float64{2, 3, 4, 5, 6} {
				planted(t, &standardFound, base(1, reg, Law{}, one10(-2-float64(k))), v)
			}
			planted(t, &standardFound, base(1, reg, Law{}, 1e-6), 6.)
			shortly(t, "", c.reg, c.runs...)
			j := c.judge()
			if j.Note != c.note || j.Cases != c.cases+2*len(c.runs) {
				t.Errorf("%d cases: %s\nwant %d: %s", j.Cases, j.Note, c.cases+2*len(c.runs), c.note)
			}
			for _, l := range c.runs {
				shortly(t, "", c.reg, c.runs...)
				shortly(t, "otherwise", c.reg, l)
				if j := c.judge(); j.Verdict != claim.Undecided || !strings.HasSuffix(j.Note, "otherwise") {
					t.Errorf("a short run of %+v: %+v", l, j)
				}
			}
		})
	}
}

// TestFlooredEdges: what floors make of a verdict, on both sides of each edge, at the last draw.
func TestFlooredEdges(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.7}
	for _, l := range []Law{{}, {Backward: 1}, {Backward: 1, Reading: OneASample}} {
		shortly(t, "", reg, l)
	}
	shortly(t, "", Nonconvex, Law{Backward: 1}, Law{Forward: 2}, Law{Forward: 0.5}, Law{Forward: 0.1})
	for k := range 5 {
		planted(t, &standardFound, base(1, reg, Law{}, []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6}[k]), 1.)
	}
	plateau := func(v, e float64) height {
		return func(uint64, Law) (float64, float64, bool) { return v, e, true }
	}
	last := func(draw uint64, l Law) bool { return draw == 3 && l.Reading == OneASample }
	slow := func(a float64, at func(l Law) bool) func(draw uint64, l Law, g float64) float64 {
		return func(draw uint64, l Law, g float64) float64 {
			if l.Forward == 2 {
				return 1
			}
			if last(draw, l) && at(l) {
				return math.Pow(g, a)
			}
			return math.Sqrt(g)
		}
	}
	backward2 := func(l Law) bool { return l.Backward == 2 }
	toZero := func() claim.Judgement { return JudgeToZero(reg, []float64{2}) }
	over := func(x float64) func(draw uint64, l Law, g float64) float64 {
		return func(draw uint64, l Law, g float64) float64 {
			if l.Forward == 2 && last(draw, l) && g < 2e-5 {
				return x
			} else if l.Forward == 2 {
				return 1
			}
			return math.Sqrt(g)
		}
	}
	falls := func(at, to float64) func(draw uint64, l Law, g float64) float64 {
		return func(draw uint64, l Law, g float64) float64 {
			if draw == 3 && l.Forward == 0.5 && g == at {
				return to
			}
			return 10 + g
		}
	}
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
		h     height
		floor func(draw uint64, l Law, gamma float64) float64
		want  claim.Verdict
	}{
		{"gamma^0.519", toZero, plateau(0, 1), slow(0.519, backward2), claim.Holds},
		{"gamma^0.521", toZero, plateau(0, 1), slow(0.521, backward2), claim.Refuted},
		{"gamma^0.479", toZero, plateau(0, 1), slow(0.479, backward2), claim.Refuted},
		{"to zero, a root at its error", toZero, plateau(1, 1), slow(0.5, backward2), claim.Holds},
		{"to zero, no floor", toZero, plateau(0, 1), slow(nan, backward2), claim.Undecided},
		{"T^-0.2595", JudgeCoupled, plateau(1, 0.9), slow(0.519, backward2), claim.Holds},
		{"T^-0.2605", JudgeCoupled, plateau(1, 0.9), slow(0.521, backward2), claim.Refuted},
		{"T^-0.2395", JudgeCoupled, plateau(1, 0.9), slow(0.479, backward2), claim.Refuted},
		{"coupled, no floor", JudgeCoupled, plateau(1, 0.9), slow(nan, backward2), claim.Undecided},
		{"0.991 of the plateau", JudgeCoupled, plateau(1, 0.9), over(0.991), claim.Holds},
		{"0.989 of the plateau", JudgeCoupled, plateau(1, 0.9), over(0.989), claim.Refuted},
		{"coupled, no forward floor", JudgeCoupled, plateau(1, 0.9), over(nan), claim.Undecided},
		{"coupled, a plateau at its error", JudgeCoupled, plateau(1, 1), over(1), claim.Refuted},
		{"saturates", JudgeSaturates, plateau(1, 0.9), falls(0, 0), claim.Holds},
		{"falls at first not", JudgeSaturates, plateau(1, 0.9), falls(0.1, 10.3), claim.Refuted},
		{"falls at last not", JudgeSaturates, plateau(1, 0.9), falls(0.01, 10.03), claim.Refuted},
		{"saturates, a plateau at its error", JudgeSaturates, plateau(1, 1), falls(0, 0), claim.Refuted},
		{"saturates, no floor", JudgeSaturates, plateau(1, 0.9), falls(0.03, nan), claim.Undecided},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []core.Regularizer{reg, Nonconvex} {
				rooted(t, r, c.h, append(laws([]float64{0, 0.1, 0.5, 2}, 1), Law{Reading: OneASample}, Law{Backward: 2},
					Law{Backward: 2, Reading: OneASample})...)
			}
			floored(t, c.floor)
			if j := c.judge(); j.Verdict != c.want || j.Note == "" {
				t.Errorf("%+v, want %s", j, c.want)
			}
		})
	}
}

// flowing plants what is known where there is no root.
func flowing(t *testing.T, n func(draw uint64, l Law) NoRoot, levels ...float64) {
	t.Helper()
	for draw := uint64(1); draw <= 3; draw++ {
		for _, l := range oneSidedLaws(levels...) {
			v := n(draw, l)
			planted(t, &noRootsFound, base(draw, Nonconvex, l, 0.1), &v)
		}
	}
}

// TestSaidOneSided: without a root the height is that of the flow, which draw 1 says; where the bound is
// not below 0 there is no verdict. The first of those that is, by draw and level, refutes a stationary point.
func TestSaidOneSided(t *testing.T) {
	levels := []float64{0.1, 0.25, 0.5, 1, 2, 4}
	root := func(draw uint64, l Law) (float64, float64, bool) {
		return l.Backward, 1e-9, l.Backward < 1 || draw == 2 && l.Backward < 4
	}
	rooted(t, Convex, func(_ uint64, l Law) (float64, float64, bool) { return l.Backward, 1e-9, true },
		oneSidedLaws(levels...)...)
	rooted(t, Nonconvex, root, oneSidedLaws(levels...)...)
	shortly(t, "", Convex, oneSidedLaws(0.5, 2)...)
	right := map[[2]float64]float64{}
	flowing(t, func(draw uint64, l Law) NoRoot {
		at := [2]float64{float64(draw), l.Backward}
		if l.Backward < 1 {
			right[at] = 1
		} else {
			right[at] = -0.25 * l.Backward * float64(draw)
		}
		return NoRoot{Right: right[at], Limit: 3 + float64(draw)*l.Backward}
	}, levels...)
	j := JudgeOneSided()
	want := "strongly convex R: s_b |mean x|/(2 sqrt d), exactly. Nonconvex R: the same while there is a root; at s_b = " +
		"[1 2 4] there is none (proved), w_t runs to infinity and |grad f| to [4.0000 5.0000 7.0000]: it grows with s_b, " +
		"and no further than a bound"
	if j.Verdict != claim.Holds || j.Cases != 40 || j.Note != want {
		t.Errorf("%+v, want %q", j, want)
	}
	j = JudgeStationary()
	want = "draw 1, s_b = 1: for one v of length 1, <v, G(w)> <= -0.25 for all w, so that F has no stationary point and " +
		"w_t moves along -v for ever; the strongly convex R has one always"
	if j.Verdict != claim.Refuted || j.Cases != 9 || j.Note != want {
		t.Errorf("%+v, want %q", j, want)
	}
	for _, c := range []struct {
		draw   uint64
		s      float64
		right  float64
		sided  claim.Verdict
		stands claim.Verdict
		says   string
	}{
		{2, 4, 0, claim.Undecided, claim.Holds, ""}, {2, 4, -1e-9, claim.Holds, claim.Holds, ""},
		{3, 2, -1e-9, claim.Holds, claim.Refuted, "draw 3, s_b = 2: "}, {1, 0.25, -1e-9, claim.Holds, claim.Refuted,
			"draw 1, s_b = 0.25: "}, {3, 1, 0, claim.Undecided, claim.Holds, ""},
	} {
		flowing(t, func(draw uint64, l Law) NoRoot {
			n := NoRoot{Right: -1, Limit: 5 + l.Backward}
			if draw == c.draw && l.Backward == c.s {
				n.Right = c.right
			}
			return n
		}, levels...)
		if j := JudgeOneSided(); j.Verdict != c.sided || c.sided == claim.Undecided &&
			j.Note != fmt.Sprintf("no root is proved for s_b = %v, one-sided", c.s) {
			t.Errorf("%+v: %+v", c, j)
		}
		flowing(t, func(draw uint64, l Law) NoRoot {
			if draw == c.draw && l.Backward == c.s {
				return NoRoot{Right: c.right}
			}
			return NoRoot{}
		}, levels...)
		if j := JudgeStationary(); j.Verdict != c.stands || j.Cases != 9 || !strings.HasPrefix(j.Note, c.says) {
			t.Errorf("%+v: %+v", c, j)
		}
	}
}

// TestQuickIsPart: the quick size has levels and step sizes of the default one alone, fewer of each.
func TestQuickIsPart(t *testing.T) {
	q, o := Quick(1), Default(1)
	part := func(name string, some, all []float64) {
		t.Helper()
		for _, x := range some {
			if !slices.Contains(all, x) {
				t.Errorf("%s: %v is not one of %v", name, x, all)
			}
		}
		if len(some) >= len(all) {
			t.Errorf("%s: %v of %v", name, some, all)
		}
	}
	ints := func(v []int) (all []float64) {
		for _, x := range v {
			all = append(all, float64(x))
		}
		return all
	}
	part("gammas", q.Gammas, o.Gammas)
	part("forward", q.Forward, o.Forward)
	part("backward", q.Backward, o.Backward)
	part("spacings", ints(q.Every), ints(o.Every))
	part("formats", q.FormatGammas, o.FormatGammas)
	if q.M >= o.M || q.T >= o.T || q.FormatSteps >= o.FormatSteps {
		t.Errorf("%+v", q)
	}
	for _, list := range []struct {
		name string
		got  any
		want string
	}{ // as section 7.2 and the pages have them
		{"gammas", o.Gammas, "[0.3 0.1 0.03 0.01 0.003 0.001]"}, {"forward", o.Forward, "[0.1 0.25 0.5 1 2]"},
		{"backward", o.Backward, "[0.25 0.5 1 2]"}, {"spacings", o.Every, "[1 3 10 30 100]"},
		{"horizons", o.Horizons, "[2000 6000 20000 60000 200000]"}, {"formats", o.FormatGammas, "[0.1 0.03 0.01]"},
		{"steps of formats", o.FormatSteps, "20000"}, {"quick horizons", q.Horizons, "[600 2000 6000 20000]"},
	} {
		if got := fmt.Sprint(list.got); got != list.want {
			t.Errorf("%s: %s, want %s", list.name, got, list.want)
		}
	}
}
