package core

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Op is one operator f : R^In x R^NW -> R^Out of the chain, with the products
// of its two Jacobians J1 = grad_x f (Out x In) and J2 = grad_w f (Out x NW).
//
// Implementations are immutable and safe for concurrent use. No method keeps
// or changes an argument other than its destination (the first), whose old
// content does not matter and which must not overlap an input.
type Op interface {
	Spec() Spec
	In() int
	Out() int
	NW() int

	// Forward writes f(x, w) to y.
	Forward(y, x, w []float64)
	// VJP1 writes J1(x, w)^T v to dst (In); y is f(x, w) as Forward left it.
	VJP1(dst, x, w, y, v []float64)
	// VJP2 writes J2(x, w)^T v to dst (NW); y as in VJP1.
	VJP2(dst, x, w, y, v []float64)

	// Regularity bounds the constants of A3 on a box of inputs and weights.
	Regularity(x, w Box) Regularity
	// Roundoff bounds the rounding errors of Forward, VJP1 and VJP2 on the box.
	Roundoff(x, w Box) Roundoff
}

// Spec describes an operator in data; the names and fields are those of the
// engine protocol and of certificates.
//
//	op                        fields     shape     y                      weight
//	affine                    in, out    in->out   W x + b                W row-major, then b
//	linear                    in, out    in->out   W x                    W row-major
//	fixed                     a          in->out   A x                    none
//	bias, scale               n          n->n      x + w; w o x           n
//	tanh, sigmoid, softplus,
//	square                    n          n->n      elementwise            none
//	halfsq                    n          n->1      |x|^2/2                none
//	logistic                             1->1      ln(1+e^x)              none
//	softmaxce                 n, label   n->1      -ln softmax(x)[label]  none
//	bilinear                  n          n->1      <x,w>^2 + |x|^2/2      n
type Spec struct {
	Op    string      `json:"op"`
	In    int         `json:"in,omitempty"`
	Out   int         `json:"out,omitempty"`
	N     int         `json:"n,omitempty"`
	A     [][]float64 `json:"a,omitempty"`
	Label int         `json:"label,omitempty"`
}

// String returns a short form such as "affine(3,4)" or "softmaxce(10,label 3)".
func (s Spec) String() string {
	switch s.Op {
	case "affine", "linear":
		return fmt.Sprintf("%s(%d,%d)", s.Op, s.In, s.Out)
	case "fixed":
		b, err := json.Marshal(s.A)
		if err != nil || len(b) > 60 {
			return fmt.Sprintf("fixed(%d rows)", len(s.A))
		}
		return "fixed(" + string(b) + ")"
	case "logistic":
		return s.Op
	case "softmaxce":
		return fmt.Sprintf("softmaxce(%d,label %d)", s.N, s.Label)
	}
	return fmt.Sprintf("%s(%d)", s.Op, s.N)
}

// MaxWidth caps the width of an operator described by data, MaxWeights the
// weights of one operator and the total of a chain: a spec of a few bytes must
// not be able to ask for all memory.
const (
	MaxWidth   = 1 << 16
	MaxWeights = 1 << 26
)

// OpNames lists the operators that NewOp knows, in the order of the table at Spec.
func OpNames() []string {
	return []string{"affine", "linear", "fixed", "bias", "scale", "tanh", "sigmoid", "softplus",
		"square", "halfsq", "logistic", "softmaxce", "bilinear"}
}

// NewOp builds the operator that s describes. It returns an error that names
// the field and its value when s is not one row of the table at Spec.
func NewOp(s Spec) (Op, error) {
	width := func(field string, n int) error {
		if n < 1 || n > MaxWidth {
			return fmt.Errorf("core: op %q: %s is %d, want 1..%d", s.Op, field, n, MaxWidth)
		}
		return nil
	}
	// Fields that the operator does not have must be absent: a misspelt
	// spec is refused, not half understood.
	var allowed string
	switch s.Op {
	case "affine", "linear":
		allowed = "in out"
	case "fixed":
		allowed = "a"
	case "softmaxce":
		allowed = "n label"
	case "logistic":
		allowed = ""
	default:
		allowed = "n"
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"in", s.In != 0}, {"out", s.Out != 0}, {"n", s.N != 0}, {"a", s.A != nil}, {"label", s.Label != 0}} {
		if f.set && !strings.Contains(" "+allowed+" ", " "+f.name+" ") && isOpName(s.Op) {
			return nil, fmt.Errorf("core: op %q has no field %q", s.Op, f.name)
		}
	}
	switch s.Op {
	case "affine", "linear":
		if err := width("in", s.In); err != nil {
			return nil, err
		}
		if err := width("out", s.Out); err != nil {
			return nil, err
		}
		if (s.In+1)*s.Out > MaxWeights {
			return nil, fmt.Errorf("core: op %q: %d x %d weights exceed %d", s.Op, s.Out, s.In, MaxWeights)
		}
		if s.Op == "affine" {
			return Affine(s.In, s.Out), nil
		}
		return Linear(s.In, s.Out), nil
	case "fixed":
		if err := width("rows of a", len(s.A)); err != nil {
			return nil, err
		}
		if err := width("columns of a", len(s.A[0])); err != nil {
			return nil, err
		}
		for i, row := range s.A {
			if len(row) != len(s.A[0]) {
				return nil, fmt.Errorf("core: op \"fixed\": row %d of a has %d entries, row 0 has %d", i, len(row), len(s.A[0]))
			}
			for j, v := range row {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return nil, fmt.Errorf("core: op \"fixed\": a[%d][%d] is %v", i, j, v)
				}
			}
		}
		if len(s.A)*len(s.A[0]) > MaxWeights {
			return nil, fmt.Errorf("core: op \"fixed\": %d x %d entries exceed %d", len(s.A), len(s.A[0]), MaxWeights)
		}
		return Fixed(s.A), nil
	case "logistic":
		return Logistic(), nil
	case "softmaxce":
		if err := width("n", s.N); err != nil {
			return nil, err
		}
		if s.Label < 0 || s.Label >= s.N {
			return nil, fmt.Errorf("core: op \"softmaxce\": label is %d, want 0..%d", s.Label, s.N-1)
		}
		return SoftmaxCE(s.N, s.Label), nil
	}
	mk, ok := oneSize[s.Op]
	if !ok {
		return nil, fmt.Errorf("core: unknown op %q, want one of %s", s.Op, strings.Join(OpNames(), ", "))
	}
	if err := width("n", s.N); err != nil {
		return nil, err
	}
	return mk(s.N), nil
}

var oneSize = map[string]func(n int) Op{
	"bias": Bias, "scale": Scale, "tanh": Tanh, "sigmoid": Sigmoid, "softplus": Softplus,
	"square": Square, "halfsq": HalfSq, "bilinear": Bilinear,
}

func isOpName(s string) bool {
	for _, n := range OpNames() {
		if n == s {
			return true
		}
	}
	return false
}

func mustWidth(op string, n int) {
	if n < 1 {
		panic(fmt.Sprintf("core: %s: width %d, want at least 1", op, n))
	}
}
