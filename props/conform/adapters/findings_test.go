package adapters

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/pages"
)

const bigPrec = 300

func number(x float64) *big.Float { return new(big.Float).SetPrec(bigPrec).SetFloat64(x) }

// bigExp is e^x by its series at x/2^20, squared 20 times.
func bigExp(x float64) *big.Float {
	y := number(x)
	y.SetMantExp(y, -20)
	sum, term := number(1), number(1)
	for k := 1; k < 60; k++ {
		term.Mul(term, y)
		term.Quo(term, number(float64(k)))
		sum.Add(sum, term)
	}
	for range 20 {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigSoftplus is ln(1+e^x) = x + ln(1+e^-x) for x > 1, by the series of ln; and its derivative.
func bigSoftplus(x float64) (value, slope *big.Float) {
	small := bigExp(-x)
	sum, power := number(x), number(-1)
	for k := 1; k < 300; k++ {
		power.Mul(power, small)
		power.Neg(power)
		sum.Add(sum, new(big.Float).SetPrec(bigPrec).Quo(power, number(float64(k))))
	}
	return sum, new(big.Float).SetPrec(bigPrec).Quo(number(1), small.Add(small, number(1)))
}

// bigSigmoid is 1/(1+e^-x).
func bigSigmoid(x float64) *big.Float {
	e := bigExp(-x)
	return new(big.Float).SetPrec(bigPrec).Quo(number(1), e.Add(e, number(1)))
}

// TestFindings: what the page says of softplus and sigmoid in Gorgonia, of sigmoid and tanh in
// tinygrad, held against big arithmetic: the numbers that are wanted are right, and what the
// engine says is off by more than is allowed.
func TestFindings(t *testing.T) {
	for _, c := range []struct {
		what                 string
		x, got, want, within float64
		slope                bool
	}{
		{"value at 16.1", 16.1, 16.1, 16.100000101826033, 4.67e-14, false},
		{"value at 30", 30, 30, 30.000000000000092, 8.68e-14, false},
		{"derivative at 32", 32, 1, 0.9999999999999873, 2.22e-15, true},
		{"sigmoid at 19.1", 19.1, 1, 0.9999999949303802, 2e-15, true}, // the derivative of softplus
	} {
		value, slope := bigSoftplus(c.x)
		if c.slope {
			value = slope
		}
		truth, _ := value.Float64()
		off, _ := new(big.Float).Sub(number(c.got), value).Float64()
		if math.Abs(truth-c.want) > 0x1p-52*c.want || math.Abs(off) <= c.within {
			t.Errorf("%s: the truth is %v, the page wants %v; %v is off by %v of %v", c.what, truth, c.want, c.got,
				off, c.within)
		}
	}
	for _, c := range []struct {
		what                 string
		x, got, want, within float64
		tanh                 bool
	}{
		{"tinygrad, float64: 1/(1+e^24)", -24, 3.775134544136591e-11, 3.7751345441365816e-11, 8.38e-26, false},
		{"tinygrad, float64: 1/(1+e^317)", -317, 2.1313228284621374e-138, 2.131322828462168e-138, 4.26e-153, false},
		{"tinygrad, float32: 1/(1+e^17.3)", -17.299999237060547, 3.066946163698958e-08, 3.066943540393534e-08, 1.83e-14,
			false},
		{"tinygrad, float64: tanh", -6.285804177535546e-05, -6.285804169270381e-05, -6.285804169256863e-05, 9.77e-20, true},
		{"tinygrad, float64: tanh near 0", -4.488850614932027e-19, 0, -4.488850614932027e-19, 6.98e-34, true},
		{"tinygrad, float32: tanh", 0.023155713453888893, 0.023151636123657227, 0.023151575743305466, 9.66e-09, true},
	} {
		value := bigSigmoid(c.x)
		if c.tanh {
			value = bigSigmoid(2 * c.x)
			value.Sub(value.Add(value, value), number(1))
		}
		truth, _ := value.Float64()
		off, _ := new(big.Float).Sub(number(c.got), value).Float64()
		// In float32 the number that is wanted is the reference's, rounded to float64.
		if math.Abs(truth-c.want) > 0x1p-51*math.Abs(c.want) || math.Abs(off) <= c.within {
			t.Errorf("%s: the truth is %v, the gate wants %v; %v is off by %v of %v", c.what, truth, c.want, c.got,
				off, c.within)
		}
	}
	text, err := pages.FS.ReadFile("ADAPTERS.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, a := range All() {
		if a.Name != "eigen" && !strings.Contains(strings.ToLower(page), strings.ToLower(a.Name)) {
			t.Errorf("the page has nothing on %s", a.Name)
		}
	}
}
