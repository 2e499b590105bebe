package spikes

import (
	"fmt"
	"math"
)

// Train is a spike of size M = |U-u| at the steps Dt, 2Dt, 3Dt, ... of a run.
// With b_n the gap before spike n, the recursion gives
//
//	b_1     <= Floor + q^Dt (a_0 - Floor)
//	b_{n+1} <= Floor + q^Dt (b_n - Floor) + q^{Dt-1} Kick M^2
//
// as spike n makes q b_n + Noise + Kick M^2 of b_n, and Dt-1 quiet steps follow.
type Train struct {
	Recursion
	M  float64 // >= 0
	Dt int     // >= 1
}

// NewTrain panics unless m >= 0 and dt >= 1.
func NewTrain(r Recursion, m float64, dt int) Train {
	if !(m >= 0) || dt < 1 {
		panic(fmt.Sprintf("spikes: train of size %v every %d steps, want >= 0 and >= 1", m, dt))
	}
	return Train{r, m, dt}
}

// Peak is the fixed point of the bound right after a spike,
// P = Floor + Kick M^2/(1 - q^Dt).
func (t Train) Peak() float64 { return t.Floor() + t.excess() }

// Before is the fixed point of the bound right before a spike,
// B = Floor + q^{Dt-1} Kick M^2/(1 - q^Dt).
func (t Train) Before() float64 { return t.Floor() + float64(t.pow(t.Dt-1)*t.excess()) }

func (t Train) excess() float64 {
	return t.Kick * t.M * t.M / -math.Expm1(float64(t.Dt)*math.Log1p(-t.Rate))
}

// BeforeSpike bounds b_n, n >= 1, from the gap a at step 0:
// b_n <= B + q^{(n-1)Dt} (Floor + q^Dt (a - Floor) - B).
func (t Train) BeforeSpike(a float64, n int) float64 {
	b := t.Before()
	return b + float64(t.pow((n-1)*t.Dt)*(t.Gap(a, t.Dt)-b))
}

// Recovers reports whether the bound promises a gap of at most level before
// spike n and before every later one, from the gap a at step 0:
// max(B, BeforeSpike(a, n)) <= level.
//
// Proof. The map of b_n to the bound of b_{n+1} is increasing with slope q^Dt <
// 1 and fixed point B, so the bounds go to B monotonically; the largest from n
// on is the first or the limit. For a gap a <= B it is B <= level alone, that is
//
//	q^{Dt-1} Kick M^2 <= (1 - q^Dt) (level - Floor),
//
// which MaxSize solves for M and MinSpacing for Dt.
func (t Train) Recovers(a, level float64, n int) bool {
	return t.Before() <= level && t.BeforeSpike(a, n) <= level
}

// MaxSize is the largest M with B <= level for spikes every dt steps,
// sqrt((1 - q^dt)(level - Floor)/(Kick q^{dt-1})), or 0 when level <= Floor.
func (r Recursion) MaxSize(level float64, dt int) float64 {
	h := level - r.Floor()
	if !(h > 0) {
		return 0
	}
	lnq := math.Log1p(-r.Rate)
	return math.Sqrt(h * -math.Expm1(float64(dt)*lnq) / r.Kick / r.pow(dt-1))
}

// MinSpacing is the least Dt with B <= level for spikes of size m,
//
//	Dt = 1 + ceil( ln(Kick m^2/h + q) / -ln q ),   h = level - Floor,
//
// at least 1, or Never when h <= 0. B falls with Dt, so that every larger
// spacing does as well.
func (r Recursion) MinSpacing(level, m float64) int {
	h := level - r.Floor()
	if !(h > 0) {
		return Never
	}
	ok := func(k int) bool { return NewTrain(r, m, k+1).Before() <= level }
	k := r.least(ok, math.Log(float64(r.Kick*m*m/h)+1-r.Rate))
	if k == Never {
		return Never
	}
	return k + 1
}
