package anytime

import (
	"math"
	"math/big"
	"testing"
)

// TestAlarmKeepsWealth: far below and up again the wealth of each bet is the product of its
// factors, whatever was taken out of it on the way.
func TestAlarmKeepsWealth(t *testing.T) {
	var a Alarm
	var exact [len(bets)]*big.Float
	for k := range exact {
		exact[k] = new(big.Float).SetPrec(200).SetInt64(1)
	}
	lowest := int32(0)
	for n := range 3600 {
		x := -0.75 // down for long, and up for longer
		if n >= 1300 {
			x = 0.875
		}
		if err := a.Observe(x, 1, 0.25); err != nil {
			t.Fatal(err)
		}
		for k, b := range bets {
			factor := new(big.Float).SetPrec(200).SetFloat64(1 + float64(b*x))
			exact[k].Mul(exact[k], factor.Mul(factor, big.NewFloat(keeps)))
			if a.low[k] == 0 && a.wealth[k] > 0x1p500 {
				continue // it is not asked for any more
			}
			got := new(big.Float).SetPrec(200).SetFloat64(a.wealth[k])
			got.SetMantExp(got, int(a.low[k])*wealthUnit)
			ratio, _ := got.Quo(got, exact[k]).Float64()
			if math.Abs(ratio-1) > float64(n+1)*0x1p-51 {
				t.Fatalf("after %d observations bet %v has %v of its wealth", n+1, b, ratio)
			}
			lowest = min(lowest, a.low[k])
		}
	}
	if lowest > -2 {
		t.Errorf("no wealth was low: %d", lowest)
	}
}

// TestAlarmAtItsLevel: wealth that is the level to the last bit rejects, and one that is a bit
// below does not.
func TestAlarmAtItsLevel(t *testing.T) {
	sum := 0.0
	for _, b := range bets {
		sum += float64((1 + b) * keeps) // no fused sum, as in Observe
	}
	level := float64(sum * keeps)
	alpha := float64(len(bets)) / level
	for float64(len(bets))/alpha < level {
		alpha = math.Nextafter(alpha, 0)
	}
	for float64(len(bets))/alpha > level {
		alpha = math.Nextafter(alpha, 1)
	}
	if float64(len(bets))/alpha != level {
		t.Fatalf("no alpha has the level %v", level)
	}
	for want, alpha := range map[bool]float64{true: alpha, false: alpha * (1 - 0x1p-50)} {
		var a Alarm
		if err := a.Observe(1, 1, alpha); err != nil || a.Rejected() != want {
			t.Errorf("alpha = %v: %v, %v, want %v", alpha, err, a.Rejected(), want)
		}
	}
}
