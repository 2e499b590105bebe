package perturb

import (
	"math"
	"math/big"
	"testing"

	"github.com/x448/float16"
)

// layout is a format as its definition has it: bits of the mantissa and of the
// exponent. fn: no infinities, the top exponent is normal and all ones are NaN.
type layout struct {
	name           string
	mantissa, exps int
	fn             bool
}

var layouts = []layout{{"fp16", 10, 5, false}, {"bf16", 7, 8, false}, {"e4m3", 3, 4, true}, {"e5m2", 2, 5, false}}

// signBit is the pattern of -0: below it lie the numbers >= 0, in order.
func (l layout) signBit() uint { return 1 << (l.mantissa + l.exps) }

// decode is the value of a bit pattern; ok is false for Inf and NaN.
func (l layout) decode(bits uint) (v float64, ok bool) {
	m := bits & (1<<l.mantissa - 1)
	top := uint(1<<l.exps - 1)
	e := bits >> l.mantissa & top
	bias := 1<<(l.exps-1) - 1
	switch {
	case e == top && (!l.fn || m == 1<<l.mantissa-1):
		return 0, false
	case e == 0:
		v = math.Ldexp(float64(m), 1-bias-l.mantissa)
	default:
		v = math.Ldexp(float64(1<<l.mantissa|m), int(e)-bias-l.mantissa)
	}
	if bits&l.signBit() != 0 {
		v = -v
	}
	return v, true
}

// TestDecode holds decode against values that the definitions print: IEEE
// 754-2019 table 3.5 for fp16, and table 1 of the OCP 8-bit Floating Point
// Specification 1.0. bf16 is the upper half of a float32.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		l    layout
		bits uint
		want float64
	}{
		{layouts[0], 0x7bff, 65504}, {layouts[0], 0x0001, 0x1p-24}, {layouts[0], 0x0400, 0x1p-14},
		{layouts[0], 0xbc00, -1},
		{layouts[1], 0x7f7f, float64(math.Float32frombits(0x7f7f0000))},
		{layouts[1], 1, float64(math.Float32frombits(1 << 16))},
		{layouts[2], 0x7e, 448}, {layouts[2], 0x08, 0x1p-6}, {layouts[2], 0x07, 0.875 * 0x1p-6},
		{layouts[2], 0x01, 0x1p-9},
		{layouts[3], 0x7b, 57344}, {layouts[3], 0x04, 0x1p-14}, {layouts[3], 0x03, 0.75 * 0x1p-14},
		{layouts[3], 0x01, 0x1p-16},
	} {
		if got, ok := c.l.decode(c.bits); !ok || got != c.want {
			t.Errorf("%s %#x is %v, want %v", c.l.name, c.bits, got, c.want)
		}
	}
	for _, c := range []struct {
		l    layout
		bits uint
	}{{layouts[0], 0x7c00}, {layouts[1], 0x7f80}, {layouts[2], 0x7f}, {layouts[2], 0xff}, {layouts[3], 0x7c},
		{layouts[3], 0xff}} {
		if got, ok := c.l.decode(c.bits); ok {
			t.Errorf("%s %#x is %v, want Inf or NaN", c.l.name, c.bits, got)
		}
	}
}

// TestFormatsExhaustively visits every bit pattern of every format: numbers
// round to themselves; between a number and the next, midpoints go to the even
// pattern and what lies just beside them to the nearer.
func TestFormatsExhaustively(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			f := formats[l.name]
			numbers, largest := 0, 0.0
			for bits := range 2 * l.signBit() {
				v, ok := l.decode(bits)
				if !ok {
					continue
				}
				numbers++
				largest = max(largest, v)
				lo, hi, frac := f.Neighbours(v)
				if f.Nearest(v) != v || lo != v || hi != v || frac != 0 {
					t.Fatalf("%#x is %v, rounds to %v, neighbours %v and %v at %v", bits, v, f.Nearest(v), lo, hi, frac)
				}
				if next, ok := l.decode(bits + 1); ok && (bits+1)&l.signBit() == bits&l.signBit() {
					checkGap(t, f, v, next, bits&1 == 0)
				}
			}
			infOrNaN := map[string]int{"fp16": 2 << 10, "bf16": 2 << 7, "e4m3": 2, "e5m2": 2 << 2}[l.name]
			if want := int(2*l.signBit()) - infOrNaN; numbers != want {
				t.Errorf("%d numbers, want %d", numbers, want)
			}
			if largest != f.Max {
				t.Errorf("the largest number is %v, Max is %v", largest, f.Max)
			}
		})
	}
}

// checkGap checks points between two numbers, of which next is the farther from 0.
func checkGap(t *testing.T, f Format, v, next float64, vEven bool) {
	t.Helper()
	mid := v/2 + next/2
	even := next
	if vEven {
		even = v
	}
	for _, c := range []struct{ x, want float64 }{
		{mid, even},
		{math.Nextafter(mid, v), v}, {math.Nextafter(mid, next), next},
		{math.Nextafter(v, next), v}, {math.Nextafter(next, v), next},
	} {
		if got := f.Nearest(c.x); got != c.want {
			t.Fatalf("%v between %v and %v rounds to %v, want %v", c.x, v, next, got, c.want)
		}
	}
	for _, want := range []float64{0.5, 0.25, 0.75, 1 - 0x1p-20} {
		x := v + want*(next-v) // exact: at most 11 + 20 bits
		if lo, hi, frac := f.Neighbours(x); lo != v || hi != next || frac != want {
			t.Fatalf("%v has neighbours %v and %v at %v, want %v and %v at %v", x, lo, hi, frac, v, next, want)
		}
	}
}

// TestSaturation: beyond Max, Max; NaN stays.
func TestSaturation(t *testing.T) {
	for _, l := range layouts {
		f := formats[l.name]
		for _, x := range []float64{math.Nextafter(f.Max, math.Inf(1)), 1.01 * f.Max, 1e300, math.Inf(1)} {
			lo, hi, frac := f.Neighbours(x)
			if f.Nearest(x) != f.Max || f.Nearest(-x) != -f.Max || lo != f.Max || hi != f.Max || frac != 0 {
				t.Errorf("%s: %v does not saturate", l.name, x)
			}
		}
		if lo, hi, _ := f.Neighbours(math.NaN()); !math.IsNaN(f.Nearest(math.NaN())) || !math.IsNaN(lo) ||
			!math.IsNaN(hi) {
			t.Errorf("%s: NaN rounds to a number", l.name)
		}
	}
}

// TestFP16AgainstLibrary compares with another implementation on every number
// below the overflow, every midpoint (12 bits, a float32) and the float32 beside it.
func TestFP16AgainstLibrary(t *testing.T) {
	for bits := range 1 << 16 {
		h := float16.Frombits(uint16(bits))
		next := float16.Frombits(uint16(bits + 1))
		if !h.IsFinite() || !next.IsFinite() {
			continue
		}
		mid := h.Float32()/2 + next.Float32()/2
		for _, x := range []float32{
			h.Float32(), mid, math.Nextafter32(mid, h.Float32()), math.Nextafter32(mid, next.Float32()),
		} {
			if got, want := FP16.Nearest(float64(x)), float64(float16.Fromfloat32(x).Float32()); got != want {
				t.Fatalf("fp16(%v) = %v, the library has %v", x, got, want)
			}
		}
	}
}

// TestBF16AgainstFloat32 compares with integer arithmetic on the bits of a
// float32: add half of the last bit kept, one less when that bit is 0, and cut.
// Each upper half is joined with the lower halves around the midpoint.
func TestBF16AgainstFloat32(t *testing.T) {
	for top := range uint32(1 << 16) {
		for _, low := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, top * 40503 & 0xffff} {
			b := top<<16 | low
			want := float64(math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff))
			x := float64(math.Float32frombits(b))
			if math.IsNaN(x) {
				continue
			}
			if math.IsInf(want, 0) {
				want = math.Copysign(BF16.Max, x)
			}
			if got := BF16.Nearest(x); got != want {
				t.Fatalf("bf16(%v) = %v, want %v", x, got, want)
			}
		}
	}
}

// TestStochasticRoundingIsUnbiased takes the mean of the two outcomes in exact
// arithmetic, at points of every gap of the short formats and every 97th of the
// long ones.
//
// Of p = fl(1-frac) and delta at most one is rounded, by 2^-54 in p (below 1)
// or half a unit in the last place of delta < q; so |mean| <= 2^-53 q, where q =
// hi - lo.
func TestStochasticRoundingIsUnbiased(t *testing.T) {
	for _, l := range layouts {
		law := Round(l.name, true)
		stride := uint(1)
		if l.signBit() > 1<<8 {
			stride = 97
		}
		for bits := uint(0); bits < 2*l.signBit(); bits += stride {
			v, ok := l.decode(bits)
			next, nextOK := l.decode(bits + 1)
			if !ok || !nextOK || (bits+1)&l.signBit() != bits&l.signBit() {
				continue
			}
			for _, part := range []float64{0x1p-30, 1. / 3, 0.5, 0.7, 1 - 0x1p-30} {
				s := []float64{v + part*(next-v)}
				if mean, q := exactMean(t, law, s), math.Abs(next-v); !(math.Abs(mean) <= 0x1p-53*q) {
					t.Fatalf("%s at %v: mean %v", l.name, s, mean)
				}
			}
		}
	}
}

// exactMean is sum p d over the outcomes of a one-dimensional law with two.
func exactMean(t *testing.T, l Finite, s []float64) float64 {
	t.Helper()
	if n := l.Support(s, 0); n != 2 {
		t.Fatalf("%+v at %v has %d outcomes, want 2", l.Spec(), s, n)
	}
	d, mean := make([]float64, 1), new(big.Rat)
	for k := range 2 {
		p := new(big.Rat).SetFloat64(l.Outcome(d, s, 0, k))
		mean.Add(mean, p.Mul(p, new(big.Rat).SetFloat64(d[0])))
	}
	m, _ := mean.Float64()
	return m
}
