package rates

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestStepJudges: the forms of bounds hold and are met; a bound a little too small, a floor
// a little too high, is found.
func TestStepJudges(t *testing.T) {
	scaled := func(f float64, floor spikeFloor) spikeFloor {
		return func(mu, d0, m float64, spikes, steps int) float64 { return f * floor(mu, d0, m, spikes, steps) }
	}
	root := func(f float64) stepForm {
		return func(s bounds.Smooth, d0 float64, gammas, mean2, spread2 []float64) float64 {
			return f * bounds.Root41Steps(s, d0, gammas, mean2, spread2)
		}
	}
	sharp := func(f float64) stepForm {
		return func(s bounds.Smooth, d0 float64, gammas, mean2, spread2 []float64) float64 {
			return f * bounds.Sharp41Steps(s, d0, gammas, mean2, mean2)
		}
	}
	noNoise := func(s bounds.Smooth, d0 float64, gammas, mean2, _ []float64) float64 {
		return bounds.Root41Steps(bounds.Smooth{L: s.L, Mu: s.Mu}, d0, gammas, mean2, make([]float64, len(mean2)))
	}
	harmonic := func(f float64) harmonicBound {
		return func(s bounds.Smooth, d0, m float64, spikes, steps int, t0 float64) float64 {
			return f * bounds.HarmonicBound(s, d0, m, spikes, steps, t0)
		}
	}
	noSpikes := func(s bounds.Smooth, d0, m float64, _, steps int, t0 float64) float64 {
		return bounds.HarmonicBound(s, d0, m, 0, steps, t0)
	}
	// A floor that has no logarithm is no floor of constant steps beyond the budget.
	lost := func(mu, d0, m float64, spikes, steps int) float64 {
		return bounds.SpikeFloor(mu, d0, m, spikes, steps) / float64(steps)
	}
	// One that is far too low for few steps grows where the true one stays.
	late := func(mu, d0, m float64, spikes, steps int) float64 {
		return bounds.SpikeFloorConstantStep(mu, d0, m, spikes, steps) * float64(steps) / (1 << 30)
	}
	for name, c := range map[string]struct {
		judge claim.Judgement
		want  claim.Verdict
		least float64 // of the ratio
	}{
		"sharp (41)":              {JudgeSharp41Steps(1), claim.Holds, 0.9},
		"sharp (41), 0.9":         {judgeStepForm(1, sharp(0.9)), claim.Refuted, 1},
		"root (41)":               {JudgeRoot41Steps(1), claim.Holds, 1 - claim.Tie},
		"root (41), 0.999":        {judgeStepForm(1, root(0.999)), claim.Refuted, 1},
		"root (41), no noise":     {judgeStepForm(1, noNoise), claim.Refuted, 1},
		"floor":                   {JudgeSpikeFloor(1), claim.Holds, 1 - claim.Tie},
		"floor, 1.001":            {judgeSpikeFloor(1, scaled(1.001, bounds.SpikeFloor)), claim.Refuted, 1},
		"floor of constant steps": {JudgeConstantFloor(1), claim.Holds, 0.999},
		"floor of constant steps, 1.01": {
			judgeConstantFloor(1, scaled(1.01, bounds.SpikeFloorConstantStep)), claim.Refuted, 1},
		"floor of constant steps, no order": {judgeConstantFloor(1, lost), claim.Refuted, 0},
		"floor of constant steps, late":     {judgeConstantFloor(1, late), claim.Refuted, 0},
		"constant steps for all": {
			judgeSpikeFloor(1, bounds.SpikeFloorConstantStep), claim.Refuted, 1},
		"harmonic":            {JudgeHarmonic(1), claim.Holds, 0.9},
		"harmonic, 0.8":       {judgeHarmonic(1, harmonic(0.8), bounds.SpikeFloor), claim.Refuted, 1},
		"harmonic, 2":         {judgeHarmonic(1, harmonic(2), bounds.SpikeFloor), claim.Refuted, 0},
		"harmonic, no spikes": {judgeHarmonic(1, noSpikes, bounds.SpikeFloor), claim.Refuted, 1},
	} {
		if j := c.judge; j.Verdict != c.want || !(j.Ratio >= c.least) || j.Cases < 60 || j.Note == "" {
			t.Errorf("%s: %s with ratio %v after %d cases, want %s with %v: %s", name, j.Verdict, j.Ratio, j.Cases,
				c.want, c.least, j.Note)
		}
	}
}

// TestStepRun by hand: one step from w = 1 on l = 2 w^2/2 with g = 1/4, delta_1 = 1/2 +- 1/4
// and inputs +-1/8: w+ = w - (w + x + delta)/2, and E l is of its mean and variance.
func TestStepRun(t *testing.T) {
	r := newStepRun([]float64{2}, []float64{1}, 0.125, []float64{0.25})
	r.mean[0], r.spread[0] = 0.5, 0.25
	mean, variance := 1-0.75, (0.25*0.25+0.125*0.125)/4
	if got, want := r.gap(), mean*mean+variance; !(math.Abs(got-want) <= 1e-15) {
		t.Errorf("E l(w^1) - l* = %v, want %v", got, want)
	}
	mean2, spread2 := r.errors()
	if s := r.smooth(); mean2[0] != 1 || spread2[0] != 0.25 || !(math.Abs(s.SigmaSq-0.0625) <= 1e-12) {
		t.Errorf("bias^2 %v, spread^2 %v, sigma^2 %v, want 1, 0.25, 0.0625", mean2[0], spread2[0], s.SigmaSq)
	}
}
