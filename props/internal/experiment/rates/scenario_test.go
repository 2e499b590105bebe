package rates

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// steps lists the perturbed steps of a run.
func steps(s *Scenario, t, q int) string {
	on := ""
	for k := range t {
		if s.on(k, t, q) {
			on += fmt.Sprint(k, " ")
		}
	}
	return on
}

// TestOn: by hand for short runs, none, one, all.
func TestOn(t *testing.T) {
	spread, burst, end := &Scenario{Placement: Spread}, &Scenario{Placement: Burst},
		&Scenario{Placement: Burst, PL: true}
	for _, c := range []struct {
		s    *Scenario
		t, q int
		want string
	}{
		{spread, 6, 0, ""}, {burst, 6, 0, ""}, {end, 6, 0, ""},
		{spread, 6, 1, "0 "}, {burst, 6, 1, "2 "}, {end, 6, 1, "5 "},
		{spread, 6, 2, "0 3 "}, {burst, 6, 2, "2 3 "}, {end, 6, 2, "4 5 "},
		{spread, 7, 3, "0 3 5 "}, {burst, 7, 3, "2 3 4 "},
		{spread, 4, 4, "0 1 2 3 "}, {burst, 4, 4, "0 1 2 3 "}, {end, 4, 4, "0 1 2 3 "},
		{spread, 1, 1, "0 "}, {burst, 1, 1, "0 "}, {end, 1, 1, "0 "},
	} {
		if got := steps(c.s, c.t, c.q); got != c.want {
			t.Errorf("%s, PL %v, %d of %d: %s, want %s", c.s.Placement, c.s.PL, c.q, c.t, got, c.want)
		}
	}
	// Spread under PL is as without it.
	if got := steps(&Scenario{Placement: Spread, PL: true}, 7, 3); got != "0 3 5 " {
		t.Errorf("spread under PL: %s", got)
	}
}

// TestCountOfSteps: Q is rounded to the nearest, and never above T.
func TestCountOfSteps(t *testing.T) {
	for _, c := range []struct {
		q    Growth
		t    int
		want int
	}{
		{Growth{}, 100, 0}, {constant(2.4), 100, 2}, {constant(2.5), 100, 3}, {constant(1e9), 100, 100},
		{power(0.5, ""), 100, 10}, {power(0.75, ""), 16, 8}, {power(2, ""), 16, 16},
	} {
		s := &Scenario{Q: c.q}
		if got := s.count(c.t); got != c.want {
			t.Errorf("Q = %v at T = %d: %d, want %d", c.q.at(c.t), c.t, got, c.want)
		}
	}
}

// TestGrowth: the functions of T and the printed rates by hand.
func TestGrowth(t *testing.T) {
	x := math.Log(256) / 256
	for name, c := range map[string][2]float64{
		"none":          {Growth{}.at(256), 0},
		"T^1/4":         {power(0.25, "").at(256), 4},
		"T^-1/8":        {power(-0.125, "").at(256), 0.5},
		"constant":      {constant(7).at(256), 7},
		"(ln T/T)^1/2":  {logPower(0.5, "").at(256), math.Sqrt(x)},
		"T^-1/2":        {(&Scenario{}).rate(256), 1. / 16},
		"ln T/T":        {(&Scenario{PL: true}).rate(256), x},
		"beyond O(T)":   {levels("O(T)")[2].grow.at(256), 2},
		"at O(T)":       {levels("O(T)")[1].grow.at(256), 1},
		"inside O(1)":   {levels("O(1)")[0].q.at(256), 1},
		"beyond O(1)":   {levels("O(1)")[2].q.at(256), math.Sqrt(1 / x)},
		"far beyond":    {levels("O(1)")[3].q.at(256), 64},
		"inside O(T/2)": {levels("O(T^1/2)")[0].q.at(256), 4},
	} {
		if !(math.Abs(c[0]-c[1]) <= 1e-12*c[1]) {
			t.Errorf("%s is %v, want %v", name, c[0], c[1])
		}
	}
	defer func() {
		if p := recover(); p != "rates: no budget O(ln T)" {
			t.Errorf("panic %v", p)
		}
	}()
	levels("O(ln T)")
}

// TestSizes: each cell of Table 1 has one perturbation, where and as its name says, of
// size 2 forward and 1 backward; Q rises with the level or, beyond O(T), the size does.
func TestSizes(t *testing.T) {
	const steps = 1 << 16
	var last *Scenario
	for _, s := range Scenarios() {
		if slices.Contains(s.Claims, "cor1") {
			continue
		}
		size, n := 0.0, 0
		for at, g := range map[string]Growth{
			"zero mean, Q_d": s.DZero, "nonzero mean, Q_d": s.DMean, "zero mean, Q_e": s.EZero,
			"nonzero mean, Q_e": s.EMean,
		} {
			if g.F == nil {
				continue
			}
			n++
			size = g.at(steps)
			setting := "nonconvex, " + at
			if s.PL {
				setting = "PL, " + at
			}
			if s.Setting != setting {
				t.Errorf("%s perturbs %s", s.Setting, at)
			}
		}
		want := 1.0
		if s.DZero.F != nil || s.DMean.F != nil {
			want = 2
		}
		if s.Budget == "O(T)" && s.Level == "beyond" {
			want *= 4 // T^1/8
		}
		if n != 1 || size != want {
			t.Errorf("%s, %s: %d perturbations, the last of size %v, want one of %v", s.Setting, s.Level, n, size, want)
		}
		if last != nil && last.Setting == s.Setting && last.Placement == s.Placement && last.Level != s.Level &&
			!(s.Q.at(steps) > last.Q.at(steps) || s.Budget == "O(T)" && s.Level == "beyond") {
			t.Errorf("%s: Q is %v %s and %v %s", s.Setting, last.Q.at(steps), last.Level, s.Q.at(steps), s.Level)
		}
		if s.Placement == Burst {
			last = &s
		}
	}
}

// TestCorollary1: every step is perturbed; at the exponents of (43) and (44), and beyond them
// with half of each, eps is of size 1.
func TestCorollary1(t *testing.T) {
	const steps = 1 << 16
	x := math.Log(steps) / steps
	k := 0
	for _, s := range Scenarios() {
		if !slices.Contains(s.Claims, "cor1") {
			continue
		}
		base := 1.0 / steps // delta ~ base^1/8, means ~ base^1/4
		power := 0.125
		if s.PL {
			base, power = x, 0.25
		}
		if s.Level == "beyond" {
			power /= 2
		}
		size, mean := math.Pow(base, power), math.Pow(base, 2*power)
		for name, v := range map[string][2]float64{
			"Q": {float64(s.count(steps)), steps}, "delta": {s.DZero.at(steps), size},
			"its mean": {s.DMean.at(steps), mean},
			"eps":      {s.EZero.at(steps), 1}, "the mean of eps": {s.EMean.at(steps), mean},
		} {
			if !(math.Abs(v[0]-v[1]) <= 1e-12*v[1]) {
				t.Errorf("%s, %s: %s is %v, want %v", s.Setting, s.Level, name, v[0], v[1])
			}
		}
		k++
	}
	if k != 4 {
		t.Errorf("%d scenarios of Corollary 1, want 4", k)
	}
}
