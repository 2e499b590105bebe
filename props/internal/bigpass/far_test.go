package bigpass

import (
	"math/big"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestFarSums: leaving out what cannot reach the last bit gives the bits that
// math/big gives, and an error that holds, for exponents near and far apart.
func TestFarSums(t *testing.T) {
	const prec = 64
	a := newArith(prec)
	rng := rand.New(rand.NewPCG(1, 1))
	left := 0
	for range 20000 {
		x := a.num(rng.NormFloat64())
		y := Num{mid: a.float().SetMantExp(a.num(rng.NormFloat64()).mid, rng.IntN(4*prec)-2*prec)}
		for _, minus := range []bool{false, true} {
			exact, plain := new(big.Float).SetPrec(8*prec), a.float()
			if minus {
				exact.Sub(x.mid, y.mid)
				plain.Sub(x.mid, y.mid)
			} else {
				exact.Add(x.mid, y.mid)
				plain.Add(x.mid, y.mid)
			}
			got := a.summed(x, y, minus)
			if got.mid.Cmp(plain) != 0 {
				t.Fatalf("%v and %v (minus: %v): %v, want %v", x.mid, y.mid, minus, got.mid, plain)
			}
			off := new(big.Float).SetPrec(8 * prec)
			if off.Sub(exact, got.mid).Abs(off).Cmp(got.Err()) > 0 {
				t.Fatalf("%v and %v (minus: %v) is off by %v, and says %v", x.mid, y.mid, minus, off, got.Err())
			}
			if _, lost := sumOf(x.mid, y.mid, minus, prec); lost != nil {
				left++
			}
		}
	}
	if left < 1000 {
		t.Errorf("%d of 40000 sums left a summand out", left)
	}
}

// TestFarSumsAreSmall: 1 + e^-x takes no memory for the x bits between the two.
func TestFarSumsAreSmall(t *testing.T) {
	a := newArith(320)
	tiny := Num{mid: a.float().SetMantExp(a.num(1).mid, -100e6)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a.add(a.num(1), tiny)
	a.fn.add(a.num(1).mid, tiny.mid)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<14 {
		t.Errorf("two sums of numbers 10^8 bits apart take %d bytes", got)
	}
}
