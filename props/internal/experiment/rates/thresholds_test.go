package rates

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// from2To30 is f at T = 2^30 and 1 before.
func from2To30(f float64) func(t float64) float64 {
	return func(t float64) float64 {
		if t >= 1<<30 {
			return f
		}
		return 1
	}
}

// TestThresholds: the growth that a judge bears, from both sides of it. What a judge itself measures is in
// testdata/judgements.txt, from which the factors here are worked out: 0.6263 and 19.16 of constant steps, 0.7077,
// 32.13 and 1.0020 of harmonic ones.
func TestThresholds(t *testing.T) {
	constantFloor := func(few, many float64) claim.Judgement {
		return judgeConstantFloor(1, func(mu, d0, m float64, spikes, steps int) float64 {
			f := bounds.SpikeFloorConstantStep(mu, d0, m, spikes, steps)
			switch steps {
			case 1 << 10:
				f *= few
			case 1 << 30:
				f *= many
			}
			return f
		})
	}
	harmonic := func(many, floorMany float64) claim.Judgement {
		return judgeHarmonic(1, func(s bounds.Smooth, d0, m float64, spikes, steps int, t0 float64) float64 {
			return bounds.HarmonicBound(s, d0, m, spikes, steps, t0) * from2To30(many)(float64(steps))
		}, func(mu, d0, m float64, spikes, steps int) float64 {
			return bounds.SpikeFloor(mu, d0, m, spikes, steps) * from2To30(floorMany)(float64(steps))
		})
	}
	// 1/(2g T^1/2) is the left side of Remark 1 over its rate but for O(g), D0 T/ln T that of Remark 2.
	remark1Word := func(grows float64) claim.Judgement {
		return judgeRemark1Word(func(t float64) float64 { return from2To30(1/grows)(t) / (10 * math.Sqrt(t)) })
	}
	remark2Word := func(grows float64) claim.Judgement {
		return judgeRemark2Word(func(t float64) float64 {
			x := math.Log(t)
			return -math.Expm1(math.Log(x*x/t*from2To30(grows)(t)) / (2 * t))
		})
	}
	// (37) over its rate is 18/c + 2c at g = c T^-1/2/3.
	remark1 := func(c float64) claim.Judgement {
		return judgeRemark1(func(t float64) float64 { return from2To30(c)(t) / (3 * math.Sqrt(t)) })
	}
	for name, c := range map[string]struct {
		judge claim.Judgement
		want  claim.Verdict
		note  string
	}{
		"constant, 1.94": {constantFloor(1/3.1, 1), claim.Holds, "grows by 1.94 at (T/ln T)^{1/2} errors, by 59"},
		"constant, 2.07": {constantFloor(1/3.3, 1), claim.Refuted,
			"at (T/ln T)^{1/2} errors the floor over ln T/T grows by 2.0"},
		"constant, lost 4.07": {constantFloor(1, 1/4.7), claim.Holds, "by 4.09 with"},
		"constant, lost 3.91": {constantFloor(1, 1/4.9), claim.Refuted,
			"with T^{1/8} times as many the floor over ln T/T grows by 3.9"},
		"harmonic, 1.0090": {harmonic(1.007, 1), claim.Holds, "is 1.009 times the floor"},
		"harmonic, 1.0110": {harmonic(1.009, 1), claim.Refuted, "with L = mu the bound is 1.01"},
		"harmonic, 1.98":   {harmonic(2.8, 2.8), claim.Holds, "the bound over 1/T grows by 1.98 at T^{1/2} errors"},
		"harmonic, 2.05":   {harmonic(2.9, 2.9), claim.Refuted, "at T^{1/2} errors the bound over 1/T grows by 2.05"},
		"harmonic, floor 4.02": {harmonic(1/7.99, 1/7.99), claim.Holds,
			"the floor of all steps by 4.02 with T^{1/8} times as many"},
		"harmonic, floor 3.97": {harmonic(1/8.1, 1/8.1), claim.Refuted,
			"with T^{1/8} times as many the floor over 1/T grows by 3.9"},
		"remark 1 at its word, 1.9": {remark1Word(1.95), claim.Holds, "the left side over T^-1/2 grows by 1.9"},
		"remark 1 at its word, 2.1": {remark1Word(2.05), claim.Refuted,
			"with this g on l = w^2/2 the left side over T^-1/2 grows by 2."},
		"remark 2 at its word, 1.9": {remark2Word(1.95), claim.Holds, "the gap over (ln T)^2/T grows by 1.95"},
		"remark 2 at its word, 2.1": {remark2Word(2.05), claim.Refuted,
			"on l = mu w^2/2 the gap over (ln T)^2/T grows by 2.05"},
		"remark 1, larger steps": {remark1(1), claim.Holds, "(37) over T^-1/2 is at most 20"},
		"remark 1, half steps":   {remark1(0.5), claim.Refuted, "(37) over T^-1/2 grows by 1.85 "},
	} {
		if c.judge.Verdict != c.want || !strings.Contains(c.judge.Note, c.note) {
			t.Errorf("%s: %s, want %s with %q: %s", name, c.judge.Verdict, c.want, c.note, c.judge.Note)
		}
	}
}

// TestArguments: the horizons at which orders are read off are those of the unit problem, D0 = L = mu = m = 1.
func TestArguments(t *testing.T) {
	far := map[string]bool{}
	note := func(steps int, text string, args ...any) {
		if steps > 40 {
			far[fmt.Sprintf(text, args...)] = true
		}
	}
	floor := func(of spikeFloor) spikeFloor {
		return func(mu, d0, m float64, spikes, steps int) float64 {
			note(steps, "floor %v %v %v %d %d", mu, d0, m, spikes, steps)
			return of(mu, d0, m, spikes, steps)
		}
	}
	t0s := map[float64]bool{}
	for seed := range uint64(5) {
		judgeHarmonic(seed, func(s bounds.Smooth, d0, m float64, spikes, steps int, t0 float64) float64 {
			note(steps, "bound %v %v %v %v %v %d %d %v", s.L, s.Mu, s.SigmaSq, d0, m, spikes, steps, t0)
			if steps <= 40 {
				t0s[t0] = true
				if s.L > s.Mu*t0*(1+1e-12) || s.L < s.Mu || s.SigmaSq < 0 || s.SigmaSq >= 1 {
					t.Errorf("L = %v, mu = %v, t0 = %v, sigma^2 = %v", s.L, s.Mu, t0, s.SigmaSq)
				}
			}
			return bounds.HarmonicBound(s, d0, m, spikes, steps, t0)
		}, floor(bounds.SpikeFloor))
	}
	all := slices.Collect(func(yield func(float64) bool) {
		for x := range t0s {
			yield(x)
		}
	})
	if lo, hi := slices.Min(all), slices.Max(all); !(lo >= 2.01 && lo < 2.15 && hi > 6.85 && hi < 7.01) ||
		len(all) != 300 {
		t.Errorf("%d t0 from %v to %v, want 300 in [2.01, 7.01)", len(all), lo, hi)
	}
	judgeConstantFloor(1, floor(bounds.SpikeFloorConstantStep))
	// T^1/2 = 2^5 and 2^15; T^5/8 = 2^6.25 = 76.1 and 2^18.75 = 440871.9; (T/ln T)^1/2 = 12.15 and 7185.9,
	// 2^1.25 = 2.378 and 2^3.75 = 13.454 times that 28.9 and 96680.5.
	want := map[string]bool{}
	for _, q := range []string{"32 1024", "32768 1073741824", "1048576 1073741824"} {
		want["bound 1 1 0 1 1 "+q+" 3"] = true
	}
	for _, q := range []string{"32 1024", "32768 1073741824", "76 1024", "440871 1073741824", "1048576 1073741824",
		"12 1024", "7185 1073741824", "28 1024", "96680 1073741824"} {
		want["floor 1 1 1 "+q] = true
	}
	for at := range far {
		if !want[at] && !strings.HasPrefix(at, "bound 1 1 0 1 1 76 1024") &&
			!strings.HasPrefix(at, "bound 1 1 0 1 1 440871 ") {
			t.Errorf("asked for %s", at)
		}
	}
	for at := range want {
		if !far[at] {
			t.Errorf("not asked for %s", at)
		}
	}
}

// TestSeriesFaults: a sum that stays below 10^6 times its bound, and one that comes back to it, refute nothing; a
// repaired bound that fails at one T alone, and Bernoulli's inequality turned round, are seen.
func TestSeriesFaults(t *testing.T) {
	for name, c := range map[string]struct {
		ratio func(t float64) float64
		want  claim.Verdict
		note  string
	}{
		"constant": {func(float64) float64 { return 1e6 }, claim.Unsettled, "left/right at T = 2^40: 1e+06"},
		"just above": {func(t float64) float64 { return 1e6 * (1 + 1e-12*math.Log2(t)) }, claim.Refuted,
			"from T = 2 on"},
		"from 2^30 on": {func(t float64) float64 { return t/(1<<30)*1e6 + 0.5 }, claim.Refuted,
			"from T = 1.073741824e+09 on"},
		"falling":         {func(t float64) float64 { return 1e30 / t }, claim.Unsettled, "left/right at T = 2^40: 9.09e+17"},
		"falling, then 0": {func(t float64) float64 { return max(0, 1e12-t) }, claim.Unsettled, "left/right at T = 2^40: 0"},
	} {
		j := judgeEq48(func(t float64) (sum, bound float64) { return 3 * c.ratio(t), 3 })
		if j.Verdict != c.want || !strings.Contains(j.Note, c.note) || (j.Certificate != nil) != (c.want == claim.Refuted) ||
			j.Cases != 40 {
			t.Errorf("%s: %s: %s", name, j.Verdict, j.Note)
		}
	}
	for at, want := range map[float64]claim.Verdict{1: claim.Holds, 2: claim.Undecided, 2048: claim.Undecided,
		2049: claim.Holds, 4096: claim.Undecided, 1 << 50: claim.Undecided, math.Ldexp(1, 75): claim.Undecided,
		math.Ldexp(1, 76): claim.Holds} {
		j := judgeEq48Repaired(func(t float64) (sum, bound float64) {
			if t == at {
				return 4 * (1 + 2*claim.Tie), 0.25
			}
			return 4, 0.25
		})
		if j.Verdict != want || j.Cases != 2111 || want != claim.Holds && j.Note == "" {
			t.Errorf("T = %v: %s: %s", at, j.Verdict, j.Note)
		}
	}
	nan := func(float64) (sum, bound float64) { return math.NaN(), 1 }
	if j := judgeEq48Repaired(nan); j.Verdict != claim.Undecided {
		t.Errorf("NaN: %s", j.Verdict)
	}
	for name, c := range map[string]struct {
		sides func(a, x float64) (left, right float64)
		want  claim.Verdict
	}{
		"met":    {func(float64, float64) (left, right float64) { return 1, 1 }, claim.Holds},
		"beyond": {func(float64, float64) (left, right float64) { return 1 + 2*claim.Tie, 1 }, claim.Undecided},
		"turned": {func(a, x float64) (left, right float64) { return math.Exp(a * math.Log1p(-x)), 1 - a*x },
			claim.Undecided},
		"NaN": {func(float64, float64) (left, right float64) { return math.NaN(), 1 }, claim.Undecided},
		"out of them": {func(a, x float64) (left, right float64) {
			if inRange(a, x) {
				return 1, 1
			}
			return 2, 1
		}, claim.Holds},
	} {
		if j := judgeBernoulli(1, c.sides); j.Verdict != c.want || (j.Note != "") != (c.want == claim.Undecided) {
			t.Errorf("%s: %s: %s", name, j.Verdict, j.Note)
		}
	}
}

// inRange are a >= 1 up to 1/x and x = ln T/T of a T from 2 to 2^41.
func inRange(a, x float64) bool {
	return a >= 1 && a*x <= 1+1e-12 && x <= math.Log(3)/3+1e-12 && x >= 41*math.Ln2/math.Ldexp(1, 41)
}

// TestAsymmetryFaults: one limit that permits delta more ends it, and so does none that permits it less.
func TestAsymmetryFaults(t *testing.T) {
	for name, c := range map[string]struct {
		limits []Permission
		want   claim.Verdict
		note   string
	}{
		"alike": {[]Permission{{"a", 1, 1}}, claim.Holds, "of 2 printed limits (a size, a mean or a number of steps, at " +
			"T = 2^10 and 2^20) 0 permit delta more than eps, 0 less, the others alike"},
		"less": {[]Permission{{"a", 1, 1}, {"b", 1, 2}}, claim.Refuted, "0 permit delta more than eps, 2 less"},
		"more": {[]Permission{{"a", 2, 1}, {"b", 1, 2}}, claim.Holds, "2 permit delta more than eps, 2 less"},
	} {
		if j := judgeAsymmetry(func(int) []Permission { return c.limits }); j.Verdict != c.want ||
			!strings.Contains(j.Note, c.note) {
			t.Errorf("%s: %s: %s", name, j.Verdict, j.Note)
		}
	}
	var at []int
	judgeAsymmetry(func(t int) []Permission { at = append(at, t); return nil })
	if !slices.Equal(at, []int{1 << 10, 1 << 20}) {
		t.Errorf("limits at T = %v", at)
	}
}

// TestSharedJudge: the tally of the shared measurement is told, and the growth over (50) beside it.
func TestSharedJudge(t *testing.T) {
	within := Scenario{Claims: []string{"cor3", "eq50"}, Level: "at", Budget: "O(T)", Q: power(1, ""), EZero: constant(1)}
	m := &Shared{results: []Result{measured(within, -0.9, 0.01), measured(within, -0.45, 0.2), measured(within, 0, 0.01)}}
	m.once.Do(func() {})
	const tally = "1 rates are lost within the budget, beyond chance; of 3 measured slopes 1 keep the rate, 1 lose it, " +
		"1 of these within the budget; go run ./props/verify page table1"
	if j := m.Judge("cor3", 1); j.Verdict != claim.Undecided || j.Cases != 3 || j.Ratio != 0.5 || j.Note != tally {
		t.Errorf("%+v", j)
	}
	if j := m.JudgeLine50("eq50", 1); j.Verdict != claim.Undecided || j.Cases != 3 ||
		!strings.Contains(j.Note, "left over right grows at most like T^") {
		t.Errorf("%+v", j)
	}
	m.err = fmt.Errorf("none")
	defer func() {
		if p := recover(); p != "rates: none" {
			t.Errorf("panic %v", p)
		}
	}()
	m.Judge("cor3", 1)
}

// TestJ2Thresholds: left sides of rounding and of overflow are left out, NaN is, and a right side of 0 refutes.
func TestJ2Thresholds(t *testing.T) {
	for name, c := range map[string]struct {
		left, right float64
		counts      bool
		want        claim.Verdict
		note        string
	}{
		"rounding":  {1e-12, 1e-12, false, claim.Holds, "0 operators of random chains"},
		"small":     {1.01e-12, 1, true, claim.Holds, " operators of random chains"},
		"large":     {0.99e12, 1e12, true, claim.Holds, " operators of random chains"},
		"overflow":  {1e12, 1e12, false, claim.Holds, "0 operators"},
		"NaN":       {math.NaN(), 1, false, claim.Holds, "0 operators"},
		"right 0":   {1, 0, true, claim.Refuted, "above is 1, below is 0 at operator 1 of ["},
		"right NaN": {1, math.NaN(), true, claim.Holds, " operators"},
		"a tie":     {1 + claim.Tie/2, 1, true, claim.Holds, " operators"},
		"no tie":    {1 + 2*claim.Tie, 1, true, claim.Refuted, "above is 1, below is 1 at operator"},
	} {
		j := judgeJ2(1, "below", "above", func(j2Moments, float64) (left, right float64) { return c.left, c.right })
		if j.Verdict != c.want || (j.Cases > 0) != c.counts || !strings.Contains(j.Note, c.note) {
			t.Errorf("%s: %s after %d cases: %s", name, j.Verdict, j.Cases, j.Note)
		}
	}
}

// TestTooManyOutcomes: 2^10 outcomes are followed, more are not.
func TestTooManyOutcomes(t *testing.T) {
	zero, two := perturb.Spec{Law: "zero"}, perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{-1}, P: 0.5}
	for sites, want := range map[int]string{10: "", 11: "1025"} {
		c := &gen.Case{X: []float64{1}}
		for k := range 7 {
			op, w := core.Spec{Op: "scale", N: 1}, []float64{1}
			if k == 6 {
				op, w = core.Spec{Op: "halfsq", N: 1}, []float64{}
			}
			law := [2]perturb.Spec{zero, zero}
			for side := range law {
				if s := 2*k + side; s < sites+1 && s != 1 { // eps_1 reaches nothing
					law[side] = two
				}
			}
			c.Chain, c.W = append(c.Chain, op), append(c.W, w)
			c.Delta, c.Eps = append(c.Delta, law[0]), append(c.Eps, law[1])
		}
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := j2MomentsOf(p); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d sites: error %v, want %q", sites, err, want)
		}
	}
}
