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

// TestTogether: the mean of runs has their mean exponent, and an interval that is smaller by the root of their
// number where chance is all there is.
func TestTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var runs [][]*Outcome
	var x []float64
	mean := 0.0
	for range 4 {
		at, all := synthetic(rng, 0.5, 0.5, 0.5)
		x, runs = at, append(runs, all)
		mean += fitted("one", "1/2", at, all).At / 4
	}
	e, one := together("all", "1/2", x, runs), fitted("one", "1/2", x, runs[0])
	near(t, "the mean of exponents", e.At, mean, 1e-3) // weights differ by Closure
	near(t, "half of the width", (e.Hi-e.Lo)/(one.Hi-one.Lo), 0.5, 1e-3)
	near(t, "predicted", e.Predicted, 0.5, 1e-12)
}

// TestRepeatsSay: what the page says of the fit that is furthest from its oracle, by the points on record.
func TestRepeatsSay(t *testing.T) {
	r := recorded(t)
	errors := func(e *Exponent) float64 { return (e.At - e.Predicted) / ((e.Hi - e.Lo) / 2 / 1.96) }
	worst, own, above, below := &Exponent{}, 0, 0, 0
	var last *Exponent
	for _, last = range r.Exponents() {
		if math.Abs(errors(last)) > math.Abs(errors(worst)) || worst.Points == 0 {
			worst = last
		}
		if !strings.HasPrefix(last.What, RepeatsID) {
			own++
		} else if errors(last) > 0 {
			above++
		} else {
			below++
		}
		if !strings.HasPrefix(last.What, "fig4, backward, s_b = 0.25") && !last.Agrees() {
			t.Errorf("%+v is outside too", last)
		}
	}
	if worst.What != "fig4, backward, s_b = 0.25, against gamma" || own != 22 || above < 1 || below < 1 ||
		!strings.Contains(last.What, "4 seeds together") || !last.Agrees() || last.Hi-last.Lo > 0.57*(worst.Hi-worst.Lo) {
		t.Errorf("worst %+v, %d fits, %d and %d seeds above and below, together %+v", worst, own, above, below, last)
	}
	near(t, "standard errors", errors(worst), 3.4, 0.06)
	chance := float64(own) * math.Erfc(errors(worst)/math.Sqrt2)
	near(t, "chance of one as far", chance, 0.015, 0.002)
	some := r.Figures[1].Panels[1].Curves[1].Points
	z := func(p Point) float64 {
		o := r.Of(p)
		return math.Log(o.Measured.Stable/o.Predicted.Stable) / math.Hypot(o.Predicted.SD/o.Predicted.Stable, Closure/2)
	}
	nearAll(t, "first and last", []float64{z(some[0]), z(some[5])}, []float64{2.1, -2.5}, 0.05)
	weight, mean, sum, turned := make([]float64, len(some)), 0.0, 0.0, 0.0
	total := 0.0
	for k, p := range some {
		q := r.Of(p).Predicted
		weight[k] = 1 / (q.SD*q.SD/(q.Stable*q.Stable) + Closure*Closure/4)
		total += weight[k]
		mean += weight[k] * math.Log(p.Gamma)
	}
	mean /= total
	for k, p := range some {
		off := math.Log(p.Gamma) - mean
		sum, turned = sum+weight[k]*off*off, turned+weight[k]*math.Abs(off)*Closure
	}
	if turned /= sum; !(turned < 0.016) {
		t.Errorf("an error of %v turns the slope by %v", Closure, turned)
	}
}

// TestExponents: each figure has its exponents, of the points that have an x, from three on.
func TestExponents(t *testing.T) {
	o := Quick(1)
	o.Repeats = []uint64{2, 3}
	r := &Result{Figures: Figures(o), of: map[uint64]*Outcome{}}
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
		if strings.HasSuffix(e.What, "against gamma") && e.Limit == "1/2" {
			near(t, e.What, e.At, 0.5, 1e-12)
		}
	}
	want := map[string]int{"fig4": 5, "fig5": 5, "fig6": 2, "fig7": 2, "fig8": 2, "remark4": 4, "seeds": 3}
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
