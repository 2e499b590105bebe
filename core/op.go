package core

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Op is one operator f : R^In x R^NW -> R^Out of the chain, with the products
// of its two Jacobians J1 = grad_x f (Out x In) and J2 = grad_w f (Out x NW).
//
// Implementations are immutable and safe for concurrent use. No method keeps
// or changes an argument other than its destination (the first), whose old
// content does not matter and which must not overlap an input. The operators of
// this package panic when an argument has a wrong length.
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

// MaxWidth caps the width of an operator, MaxWeights the weights of one described
// by data and the total of a chain: a spec of a few bytes must not be able to ask
// for all memory, and the bounds of this package count on MaxWidth.
const (
	MaxWidth   = 1 << 16
	MaxWeights = 1 << 26
)

// OpNames lists the operators that NewOp knows, in the order of the table at Spec.
func OpNames() []string { return slices.Clone(opNames) }

var opNames = []string{"affine", "linear", "fixed", "bias", "scale", "tanh", "sigmoid", "softplus",
	"square", "halfsq", "logistic", "softmaxce", "bilinear"}

// NewOp builds the operator that s describes. It returns an error that names
// the field and its value when s is not one row of the table at Spec.
func NewOp(s Spec) (Op, error) {
	if !slices.Contains(opNames, s.Op) {
		return nil, fmt.Errorf("core: unknown op %.80q, want one of %s", s.Op, strings.Join(OpNames(), ", "))
	}
	if err := s.checkFields(); err != nil {
		return nil, err
	}
	switch s.Op {
	case "affine", "linear":
		return s.newDense()
	case "fixed":
		return s.newFixed()
	case "logistic":
		return Logistic(), nil
	}
	if err := s.checkWidth("n", s.N); err != nil {
		return nil, err
	}
	if s.Op != "softmaxce" {
		return oneSize[s.Op](s.N), nil
	}
	if s.Label < 0 || s.Label >= s.N {
		return nil, fmt.Errorf("core: op \"softmaxce\": label is %d, want 0..%d", s.Label, s.N-1)
	}
	return SoftmaxCE(s.N, s.Label), nil
}

// specFields are the fields of each operator, oneSizeFields those of all others.
var (
	specFields = map[string][]string{
		"affine":    {"in", "out"},
		"linear":    {"in", "out"},
		"fixed":     {"a"},
		"softmaxce": {"n", "label"},
		"logistic":  {},
	}
	oneSizeFields = []string{"n"}
)

// checkFields refuses fields that the operator does not have: a misspelt spec
// is an error, not half understood.
func (s Spec) checkFields() error {
	fields, ok := specFields[s.Op]
	if !ok {
		fields = oneSizeFields
	}
	for _, f := range [...]struct {
		name string
		set  bool
	}{{"in", s.In != 0}, {"out", s.Out != 0}, {"n", s.N != 0}, {"a", s.A != nil}, {"label", s.Label != 0}} {
		if f.set && !slices.Contains(fields, f.name) {
			return fmt.Errorf("core: op %q has no field %q", s.Op, f.name)
		}
	}
	return nil
}

func (s Spec) checkWidth(field string, n int) error {
	if n < 1 || n > MaxWidth {
		return fmt.Errorf("core: op %q: %s is %d, want 1..%d", s.Op, field, n, MaxWidth)
	}
	return nil
}

func (s Spec) newDense() (Op, error) {
	if err := s.checkWidth("in", s.In); err != nil {
		return nil, err
	}
	if err := s.checkWidth("out", s.Out); err != nil {
		return nil, err
	}
	if s.Out > MaxWeights/(s.In+1) { // the product may not fit in an int
		return nil, fmt.Errorf("core: op %q: %d x %d weights exceed %d", s.Op, s.Out, s.In, MaxWeights)
	}
	return newDense(s.Op, s.In, s.Out, s.Op == "affine"), nil
}

func (s Spec) newFixed() (Op, error) {
	if err := s.checkWidth("rows of a", len(s.A)); err != nil {
		return nil, err
	}
	cols := len(s.A[0])
	if err := s.checkWidth("columns of a", cols); err != nil {
		return nil, err
	}
	for i, row := range s.A {
		if len(row) != cols {
			return nil, fmt.Errorf("core: op \"fixed\": row %d of a has %d entries, row 0 has %d", i, len(row), cols)
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("core: op \"fixed\": a[%d][%d] is %v", i, j, v)
			}
		}
	}
	if len(s.A)*cols > MaxWeights {
		return nil, fmt.Errorf("core: op \"fixed\": %d x %d entries exceed %d", len(s.A), cols, MaxWeights)
	}
	return Fixed(s.A), nil
}

var oneSize = map[string]func(n int) Op{
	"bias": Bias, "scale": Scale, "tanh": Tanh, "sigmoid": Sigmoid, "softplus": Softplus,
	"square": Square, "halfsq": HalfSq, "bilinear": Bilinear,
}
