package conform

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// Precision is the number formats of an engine, each one of float64, float32, tf32,
// bfloat16, float16, e4m3 and e5m2:
//
//	Storage     of inputs, weights, states and gradients between operators
//	Compute     of each operation and function inside an operator, and of adding
//	            delta and eps
//	Accumulate  of the sums of products
//
// A Storage wider than Compute means that operators round their arguments to Compute
// first. tf32 is a format of the arguments of products alone: numbers are stored,
// summed and put into functions in float32.
type Precision struct {
	Storage    string `json:"storage"`
	Compute    string `json:"compute"`
	Accumulate string `json:"accumulate"`
}

// String is one word, or three with a slash between them.
func (p Precision) String() string {
	if p.Storage == p.Compute && p.Compute == p.Accumulate {
		return p.Storage
	}
	return p.Storage + "/" + p.Compute + "/" + p.Accumulate
}

// precision is what an engine says it computes in.
func (info Info) precision() Precision {
	if info.Mixed != (Precision{}) {
		return info.Mixed
	}
	word := info.Precision
	if word == "" {
		word = "float64"
	}
	return Precision{word, word, word}
}

// format is a binary floating-point format.
type format struct {
	perturb.Format
	digits  int  // of the significand with its leading one: the unit roundoff is 2^-digits
	flushes bool // hardware and compilers commonly turn its subnormal numbers into 0
}

func newFormat(f perturb.Format, flushes bool) format { return format{f, f.Mantissa + 1, flushes} }

var formats = map[string]format{
	"float64":  newFormat(perturb.Format{Mantissa: 52, MinExp: -1022, Max: math.MaxFloat64}, true),
	"float32":  newFormat(perturb.Format{Mantissa: 23, MinExp: -126, Max: math.MaxFloat32}, true),
	"tf32":     newFormat(perturb.Format{Mantissa: 10, MinExp: -126, Max: 0x1.FFCp127}, true),
	"bfloat16": newFormat(perturb.BF16, true),
	"float16":  newFormat(perturb.FP16, false),
	"e4m3":     newFormat(perturb.E4M3, false),
	"e5m2":     newFormat(perturb.E5M2, false),
}

// formatNames are the formats from the widest to the narrowest, for messages.
const formatNames = "float64, float32, tf32, bfloat16, float16, e4m3 or e5m2"

func formatOf(role, name string) (format, error) {
	f, ok := formats[name]
	if !ok {
		return format{}, fmt.Errorf("conform: unknown precision %s for %s, want %s", quote(name), role, formatNames)
	}
	return f, nil
}

func (f format) unit() float64 { return math.Ldexp(1, -f.digits) }

// round is x rounded to the nearest number of the format, ties to the even one. What
// is beyond the largest becomes Inf.
func (f format) round(x float64) float64 {
	switch {
	case f.digits == 53 || x == 0 || math.IsNaN(x) || math.IsInf(x, 0):
		return x
	case f.digits == 24:
		return float64(float32(x))
	}
	b := math.Float64bits(x)
	if int(b>>52)&0x7ff-1023 < f.MinExp {
		return f.Nearest(x)
	}
	// A carry out of the mantissa goes to the exponent, where it belongs.
	shift := 53 - f.digits
	b += 1<<(shift-1) - 1 + b>>shift&1
	r := math.Float64frombits(b &^ (1<<shift - 1))
	if math.Abs(r) > f.Max {
		return math.Copysign(math.Inf(1), x)
	}
	return r
}

// holds reports whether x is a number of the format.
func (f format) holds(x float64) bool { return f.round(x) == x }

// arithmetic is the rounding of an engine in the form in which the analysis uses it;
// ROUNDING.md has the model.
type arithmetic struct {
	Precision
	stored, computed, summed format

	// Unit roundoffs: of storing what was computed, 0 where that changes nothing; of an
	// operation, of an addition in a sum. The last two include that of the reference,
	// which rounds as well.
	s, c, a float64
	cEngine float64 // c without the reference

	// What rounding the arguments first may do, relative to each: of an operator, and
	// of a product in a sum.
	cut, cutProduct float64

	tiny   float64 // what underflow may do to one operation
	digits int     // significands up to this length pass through everything unharmed
	minExp int     // and numbers that are multiples of 2^minExp
	large  float64 // nothing beyond is asked for
}

const unit64 = 0x1p-53

// newArithmetic is that of a precision. Rounding at random is to one of two neighbours,
// so that an engine that does may be off by two unit roundoffs where others are by one.
func newArithmetic(p Precision, random bool) (*arithmetic, error) {
	ar := &arithmetic{Precision: p}
	for _, role := range []struct {
		name string
		word string
		to   *format
	}{{"storage", p.Storage, &ar.stored}, {"compute", p.Compute, &ar.computed},
		{"accumulate", p.Accumulate, &ar.summed}} {
		f, err := formatOf(role.name, role.word)
		if err != nil {
			return nil, err
		}
		*role.to = f
	}
	ar.digits = min(ar.stored.digits, ar.computed.digits, ar.summed.digits)
	product := ar.computed
	for _, f := range []*format{&ar.stored, &ar.computed, &ar.summed} {
		if *f == formats["tf32"] {
			*f = formats["float32"]
		}
	}
	if ar.computed.digits > ar.stored.digits {
		ar.s = ar.stored.unit()
	}
	ar.c = ar.computed.unit()
	ar.a = ar.summed.unit()
	// Arguments are cut, not always rounded, and so are sums that are longer than what
	// is stored: two units.
	if ar.computed.digits < ar.stored.digits {
		ar.cut = 2 * ar.c
	}
	if product.digits < ar.stored.digits {
		ar.cutProduct = 2 * product.unit()
	}
	if ar.summed.digits > ar.stored.digits {
		ar.a *= 2
	}
	ar.cEngine = ar.c
	if random {
		ar.s, ar.c, ar.a, ar.cEngine = 2*ar.s, 2*ar.c, 2*ar.a, 2*ar.cEngine
	}
	ar.c += unit64
	ar.a += unit64
	ar.large = math.Inf(1)
	ar.minExp = math.MinInt
	for _, f := range []format{ar.stored, ar.computed, ar.summed} {
		least := math.Ldexp(1, f.MinExp)
		if !f.flushes {
			least = math.Ldexp(1, f.MinExp-f.digits) // half of the smallest subnormal
		}
		ar.tiny = max(ar.tiny, least)
		ar.minExp = max(ar.minExp, f.MinExp)
		ar.large = min(ar.large, f.Max/4)
	}
	return ar, nil
}

// unit is the unit roundoff of the coarsest format: what "8 u" means.
func (ar *arithmetic) unit() float64 { return math.Ldexp(1, -ar.digits) }
