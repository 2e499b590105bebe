package logistic

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// synthetic are outcomes of which the predicted is a power and the measured another one, with noise of size sd.
func synthetic(rng *rand.Rand, sd, measured, predicted float64) (x []float64, all []*Outcome) {
	for k := range 6 {
		at := math.Pow(3, float64(k))
		p := 5 * math.Pow(at, predicted)
		noise := math.Hypot(sd*float64(k+1), Closure/2) * rng.NormFloat64()
		all = append(all, &Outcome{Measured: &Measured{Stable: 5 * math.Pow(at, measured) * math.Exp(noise)},
			Predicted: &Predicted{Stable: p, SD: sd * float64(k+1) * p}})
		x = append(x, at)
	}
	return x, all
}

// TestFitted: 95 of 100 intervals hold the exponent that the points were drawn with; one that is off by ten standard
// errors is outside; without noise the exponent is exact.
func TestFitted(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, sd := range []float64{0, 0.02, 0.1} {
		const draws = 2000
		inside, width := 0, 0.0
		for range draws {
			x, all := synthetic(rng, sd, -0.25, -0.25)
			e := fitted("what", "-1/4", x, all)
			near(t, "predicted", e.Predicted, -0.25, 1e-12)
			if width = e.Hi - e.Lo; e.Agrees() {
				inside++
			}
		}
		if share := float64(inside) / draws; math.Abs(share-0.95) > 0.02 {
			t.Errorf("sd %v: %v of the intervals hold it", sd, share)
		}
		x, all := synthetic(rng, sd, -0.25+2.5*width, -0.25)
		if e := fitted("what", "-1/4", x, all); e.Agrees() || !(e.At > e.Predicted) {
			t.Errorf("sd %v: another exponent is inside: %+v", sd, e)
		}
	}
	x, all := synthetic(rng, 0.1, 0.5, 0.5)
	for _, o := range all {
		o.Measured.Stable = o.Predicted.Stable
	}
	near(t, "exact", fitted("what", "1/2", x, all).At, 0.5, 1e-12)
	// A point that says little counts little.
	x, all = synthetic(rng, 0, 0.5, 0.5)
	all[5].Measured.Stable, all[5].Predicted.SD = 1e6, 1e3*all[5].Predicted.Stable
	near(t, "weighted", fitted("what", "1/2", x, all).At, 0.5, 0.05)
}

// TestExponents: each figure has its exponents, of the points that have an x, from three on.
func TestExponents(t *testing.T) {
	r := &Result{Figures: Figures(Quick(1)), of: map[uint64]*Outcome{}}
	for k := range r.Figures {
		for _, p := range r.Figures[k].points() {
			v := math.Sqrt(p.Gamma) * (1 + p.Law.Forward*p.Law.Forward/float64(p.Law.Every)) * (1 + p.Law.Backward)
			r.of[p.Key()] = &Outcome{Point: p, Measured: &Measured{Stable: v}, Predicted: &Predicted{Stable: v, SD: 0.01 * v}}
		}
	}
	count := map[string]int{}
	for _, e := range r.Exponents() {
		id, _, _ := strings.Cut(e.What, ",")
		count[id]++
		if e.Points < fewest || !e.Agrees() || !(e.Lo < e.At && e.At < e.Hi) || e.Limit == "" {
			t.Errorf("%+v", e)
		}
		if strings.HasSuffix(e.What, "against gamma") {
			near(t, e.What, e.At, 0.5, 1e-12)
		}
	}
	want := map[string]int{"fig4": 5, "fig5": 5, "fig6": 2, "fig7": 2, "fig8": 2, "remark4": 4}
	for id, n := range want {
		if count[id] != n {
			t.Errorf("%s: %d exponents, want %d", id, count[id], n)
		}
	}
	if len(count) != len(want) {
		t.Errorf("%v", count)
	}
	some := exponentsTable([]*Exponent{{
		What: "these", Points: 4, At: 0.5, Lo: 0.4, Hi: 0.6, Predicted: 0.61, Limit: "1/2",
	}})
	if rows := lines(t, some); !strings.Contains(rows[2], "| these | 4 | 0.500 | [0.400, 0.600] | 0.610 | no | 1/2 |") {
		t.Errorf("%q", rows)
	}
}
