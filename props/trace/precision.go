package trace

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Precision is what an engine says it computes in, each one of float64, float32, tf32,
// bfloat16, float16, e4m3 and e5m2. In JSON it may be one word for all three.
type Precision struct {
	Storage    string `json:"storage"`    // of states
	Compute    string `json:"compute"`    // of operands and elementwise functions
	Accumulate string `json:"accumulate"` // of sums of products
}

// String is one word, or three with a slash between them.
func (p Precision) String() string {
	if p.Storage == p.Compute && p.Compute == p.Accumulate {
		return p.Storage
	}
	return p.Storage + "/" + p.Compute + "/" + p.Accumulate
}

// UnmarshalJSON implements json.Unmarshaler. It is as strict as the reader.
func (p *Precision) UnmarshalJSON(data []byte) error {
	var word string
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &word); err != nil {
			return err
		}
		*p = Precision{word, word, word}
		return p.check()
	}
	type plain Precision
	var q plain
	if err := strict.Unmarshal(data, &q); err != nil {
		return fmt.Errorf("precision: %w", err)
	}
	*p = Precision(q)
	return p.check()
}

func (p Precision) check() error {
	for _, part := range []struct{ role, name string }{
		{"storage", p.Storage}, {"compute", p.Compute}, {"accumulate", p.Accumulate},
	} {
		if _, ok := formats[part.name]; !ok {
			return fmt.Errorf("precision: %s is %s, want float64, float32, tf32, bfloat16, float16, e4m3 or e5m2",
				part.role, strict.Quote(part.name))
		}
	}
	return nil
}

// format is a number format. Subnormal numbers of those that flush may become 0.
type format struct {
	perturb.Format
	flushes bool
}

// smallest is the smallest normal number.
func (f format) smallest() float64 { return math.Float64frombits(uint64(f.MinExp+1023) << 52) }

var formats = map[string]format{
	"float64":  {perturb.Format{Mantissa: 52, MinExp: -1022, Max: math.MaxFloat64}, true},
	"float32":  {perturb.Format{Mantissa: 23, MinExp: -126, Max: math.MaxFloat32}, true},
	"tf32":     {perturb.Format{Mantissa: 10, MinExp: -126, Max: 0x1.FFCp127}, true},
	"bfloat16": {perturb.BF16, true},
	"float16":  {perturb.FP16, false},
	"e4m3":     {perturb.E4M3, false},
	"e5m2":     {perturb.E5M2, false},
}

// ulp is the distance of neighbours in units of the number, 2^-Mantissa: what rounding in
// any mode, at random or by cutting off, may be wrong by, relatively.
func (f format) ulp() float64 { return math.Ldexp(1, -f.Mantissa) }

// tiny is what rounding may be wrong by absolutely where a number is small.
func (f format) tiny() float64 {
	if f.flushes {
		return math.Ldexp(1, f.MinExp)
	}
	return math.Ldexp(1, f.MinExp-f.Mantissa)
}

// spacing is the distance of the numbers of the format around x.
func (f format) spacing(x float64) float64 {
	e := int(math.Float64bits(x)>>52&0x7FF) - 1023
	e = max(e, f.MinExp) - f.Mantissa
	if e < -1022 {
		return math.Ldexp(1, e)
	}
	return math.Float64frombits(uint64(e+1023) << 52)
}

// nearest is x rounded to the nearest number of the format, ties to even; beyond the
// largest number it is the largest.
func (f format) nearest(x float64) float64 {
	switch f.Mantissa {
	case 52:
		return x
	case 23:
		return float64(float32(x))
	}
	if a := math.Abs(x); a >= f.smallest() && a < f.Max {
		// Half a unit, less one where the last bit that stays is 0, carries as ties to even do.
		drop := 52 - f.Mantissa
		bits := math.Float64bits(x)
		bits += 1<<(drop-1) - 1 + bits>>drop&1
		return math.Float64frombits(bits &^ (1<<drop - 1))
	}
	s := f.spacing(x)
	y := math.RoundToEven(x/s) * s
	return max(-f.Max, min(f.Max, y))
}

// nearestAll writes the numbers of storage nearest to src*scale, divided by scale.
func (f format) nearestAll(dst, src []float64, scale float64) {
	if f.Mantissa == 23 && scale == 1 {
		for k, x := range src {
			dst[k] = float64(float32(x))
		}
		return
	}
	const sign = 1 << 63
	drop := 52 - f.Mantissa
	half, mask := uint64(1)<<(drop-1)-1, ^(uint64(1)<<drop - 1)
	smallest := math.Float64bits(f.smallest())
	normal := math.Float64bits(f.Max) - smallest // numbers of as many bits more are rounded as nearest does it
	dst = dst[:len(src)]
	for k, x := range src {
		x *= scale
		if bits := math.Float64bits(x); bits&^sign-smallest < normal {
			x = math.Float64frombits((bits + half + bits>>(drop&63)&1) & mask)
		} else {
			x = f.nearest(x)
		}
		dst[k] = x
	}
	if scale != 1 {
		for k := range dst {
			dst[k] /= scale
		}
	}
}
