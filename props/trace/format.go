package trace

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// The caps of FORMAT.md.
const (
	MaxRunJSON = 64 << 20 // bytes of run.json and of a line
	MaxSamples = 1 << 16  // recorded, of a step
	MaxNumbers = 1 << 26  // of a step
	MaxChunks  = 1_000_000
	maxChunk   = 1 << 40 // bytes
	maxStep    = 1 << 53
)

// FormatVersion is the version of the format of records.
const FormatVersion = 1

// Run is run.json, what a record says of all its steps. See FORMAT.md.
type Run struct {
	Version   int              `json:"version"`
	Engine    string           `json:"engine"`
	Chain     []core.Spec      `json:"chain"`
	Precision Precision        `json:"precision"`
	Samples   int              `json:"samples"`
	Reg       core.Regularizer `json:"reg"`
	Rounding  string           `json:"rounding,omitempty"`
	Sums      string           `json:"sums,omitempty"`
	Seed      *int             `json:"seed,omitempty"`
	Note      string           `json:"note,omitempty"`
	Sampled   map[string][]int `json:"sampled,omitempty"`
	Known     *Known           `json:"known,omitempty"`
	Budget    *Budget          `json:"budget,omitempty"`

	Declared map[string]Declared `json:"declared,omitempty"`
}

// Known are constants of the objective; 0 is unknown, but for LStar, which is then nil.
type Known struct {
	L      float64  `json:"L,omitempty"`
	Mu     float64  `json:"mu,omitempty"`
	Sigma2 float64  `json:"sigma2,omitempty"`
	LStar  *float64 `json:"lstar,omitempty"`
}

// Budget is what the engine's builder allows |U-u| of a step; 0 is no limit.
type Budget struct {
	Error    float64 `json:"error,omitempty"`
	Relative float64 `json:"relative,omitempty"` // times |u|
}

// shape is what a chain says of the arrays of a record.
type shape struct {
	run      Run
	chain    *core.Chain
	labelled []atomic.Pointer[core.Chain] // by label, filled when met; nil without a softmaxce
	classes  int
	columns  struct{ y, v [][]int } // recorded coordinates, nil for all
	declared []*Declared            // by site, nil for none
}

// parseRun reads run.json.
func parseRun(data []byte) (*shape, error) {
	s := &shape{}
	if err := strict.Unmarshal(data, &s.run); err != nil {
		return nil, err
	}
	return s, s.check()
}

func (s *shape) check() error {
	r := &s.run
	switch {
	case r.Version != FormatVersion:
		return fmt.Errorf("version is %d, want %d", r.Version, FormatVersion)
	case r.Engine == "" || len(r.Engine) > 200:
		return fmt.Errorf("engine has %d bytes, want 1 to 200", len(r.Engine))
	case len(r.Note) > 4*2000:
		return fmt.Errorf("note has %d bytes, want at most %d", len(r.Note), 4*2000)
	case r.Samples < 1:
		return fmt.Errorf("samples is %d, want 1 or more", r.Samples)
	case r.Rounding != "" && r.Rounding != "nearest" && r.Rounding != "stochastic":
		return fmt.Errorf("rounding is %s, want nearest or stochastic", strict.Quote(r.Rounding))
	case r.Sums != "" && r.Sums != "nearest":
		return fmt.Errorf("sums is %s, want nearest", strict.Quote(r.Sums))
	case len(r.Chain) > maxOperators:
		return fmt.Errorf("chain has %d operators, want at most %d", len(r.Chain), maxOperators)
	}
	if r.Precision == (Precision{}) {
		return fmt.Errorf("precision is missing")
	}
	if err := r.Precision.check(); err != nil {
		return err
	}
	if r.Reg.Kind == "" {
		r.Reg.Kind = "none"
	}
	if err := r.Reg.Check(); err != nil {
		return fmt.Errorf("reg: %w", err)
	}
	if k := r.Known; k != nil && !(k.L >= 0 && k.Mu >= 0 && k.Sigma2 >= 0 && !math.IsInf(k.L+k.Mu+k.Sigma2, 0)) {
		return fmt.Errorf("known is %+v, want numbers above 0", *k)
	}
	if b := r.Budget; b != nil && !(b.Error >= 0 && b.Relative >= 0 && b.Error+b.Relative > 0) {
		return fmt.Errorf("budget is %+v, want numbers above 0", *b)
	}
	chain, err := core.FromSpecs(r.Chain)
	if err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	s.chain = chain
	for i := 1; i <= chain.N(); i++ {
		if spec := r.Chain[i-1]; spec.Op == "softmaxce" {
			if i < chain.N() {
				return fmt.Errorf("chain: operator %d is softmaxce, want it last", i)
			}
			s.classes = spec.N
			s.labelled = make([]atomic.Pointer[core.Chain], spec.N)
		}
	}
	if err := s.sampled(); err != nil {
		return err
	}
	return s.declare()
}

// maxOperators is what package bounds can do.
const maxOperators = 1 << 10

// sampled reads Sampled.
func (s *shape) sampled() error {
	n := s.chain.N()
	s.columns.y, s.columns.v = make([][]int, n+1), make([][]int, n+1)
	for name, columns := range s.run.Sampled {
		kind, number, _ := strings.Cut(name, "_")
		i, err := strconv.Atoi(number)
		if err != nil || kind != "Y" && kind != "V" || i < 1 || i >= n || strconv.Itoa(i) != number {
			return fmt.Errorf("sampled: %s is no state, want Y_1..Y_%d or V_1..V_%d", strict.Quote(name), n-1, n-1)
		}
		if len(columns) == 0 || !slices.IsSorted(columns) || columns[0] < 0 || columns[len(columns)-1] >= s.chain.D(i) ||
			len(slices.Compact(slices.Clone(columns))) != len(columns) {
			return fmt.Errorf("sampled: %s has columns that do not rise from 0 to below %d", name, s.chain.D(i))
		}
		if kind == "Y" {
			s.columns.y[i] = columns
		} else {
			s.columns.v[i] = columns
		}
	}
	return nil
}

// width is how many numbers of a state are recorded.
func width(columns []int, all int) int {
	if columns != nil {
		return len(columns)
	}
	return all
}

// withLabel is the chain of a sample.
func (s *shape) withLabel(label int) *core.Chain {
	if s.labelled == nil {
		return s.chain
	}
	if known := s.labelled[label].Load(); known != nil {
		return known
	}
	specs := slices.Clone(s.run.Chain)
	specs[len(specs)-1].Label = label
	chain, err := core.FromSpecs(specs)
	if err != nil {
		panic("trace: " + err.Error()) // it differs from a good one in a checked label
	}
	s.labelled[label].Store(chain)
	return chain
}

// Step is one recorded step. States are as (5) has them: V is divided by the record's
// scale. It is filled anew by each Next.
type Step struct {
	T, M, B int
	Gamma   float64
	Loss    float64 // NaN where it is not recorded, or see lossIsNaN
	Scale   float64
	X       []float64   // B rows
	Labels  []int       // nil without a softmaxce
	W       []float64   // all weights
	Y, V    [][]float64 // 1..N, B rows of the recorded coordinates; V[N] nil where it is not recorded
	U       []float64   // nil where it is not recorded
	After   []float64   // likewise

	lossIsNaN bool // the record has a loss, and it is NaN
}

// setLoss takes a loss that the record has.
func (st *Step) setLoss(loss float64) { st.Loss, st.lossIsNaN = loss, math.IsNaN(loss) }

// lossNotFinite reports whether the record has a loss that is no number, or infinite.
func (st *Step) lossNotFinite() bool { return st.lossIsNaN || math.IsInf(st.Loss, 0) }

// noLoss is the step of a record without one.
func (st *Step) noLoss() { st.Loss, st.lossIsNaN = math.NaN(), false }

// stepData is a Step with the shape it has: the objective of its samples.
type stepData struct {
	*Step
	*shape
}

// Len implements core.Objective.
func (d stepData) Len() int { return d.B }

// Sample implements core.Objective.
func (d stepData) Sample(k int) (*core.Chain, []float64) {
	label := 0
	if d.Labels != nil {
		label = d.Labels[k]
	}
	n := d.chain.D(0)
	return d.withLabel(label), d.X[k*n : (k+1)*n]
}

// resize makes room in st for b samples.
func (st *Step) resize(s *shape, b int, u, after, vn bool) {
	c := s.chain
	n := c.N()
	st.B = b
	st.X = sized(st.X, b*c.D(0))
	if s.labelled != nil {
		st.Labels = sized(st.Labels, b)
	}
	st.W = sized(st.W, c.NW())
	if st.Y == nil {
		st.Y, st.V = make([][]float64, n+1), make([][]float64, n+1)
	}
	for i := 1; i <= n; i++ {
		st.Y[i] = sized(st.Y[i], b*width(s.columns.y[i], c.D(i)))
		if i < n || vn {
			st.V[i] = sized(st.V[i], b*width(s.columns.v[i], c.D(i)))
		} else {
			st.V[i] = nil
		}
	}
	st.U = optional(st.U, c.NW(), u)
	st.After = optional(st.After, c.NW(), after)
}

func optional(v []float64, n int, there bool) []float64 {
	if !there {
		return nil
	}
	return sized(v, n)
}

func sized[T any](v []T, n int) []T {
	if cap(v) < n {
		return make([]T, n)
	}
	return v[:n]
}

// numbers is how many numbers a step of b samples has, as a float64 lest it overflows.
func (s *shape) numbers(b int) float64 {
	row := float64(s.chain.D(0))
	for i := 1; i <= s.chain.N(); i++ {
		row += float64(width(s.columns.y[i], s.chain.D(i)) + width(s.columns.v[i], s.chain.D(i)))
	}
	return row*float64(b) + 3*float64(s.chain.NW())
}

// minScale is the least that V may be multiplied by, the smallest normal number of float32: with less V
// has no digits left, and any V would be right.
const minScale = 0x1p-126

// finish checks what every form of a record must keep, and divides V by the scale.
func (st *Step) finish(s *shape, last int) error {
	where := fmt.Sprintf("step %d", st.T)
	switch {
	case st.T < 0 || st.T > maxStep:
		return fmt.Errorf("array step: %d, want 0 to 2^53", st.T)
	case st.T <= last:
		return fmt.Errorf("array step: %d after %d, want rising numbers", st.T, last)
	case !(math.Abs(st.Gamma) <= math.MaxFloat64):
		return fmt.Errorf("%s: array gamma: %v, want a finite number", where, st.Gamma)
	case !(st.Scale >= minScale && st.Scale <= math.MaxFloat64):
		return fmt.Errorf("%s: array scale: %v, want a finite number of 2^-126 or more", where, st.Scale)
	case st.M < st.B:
		return fmt.Errorf("%s: %d samples are recorded of %d", where, st.B, st.M)
	}
	if k := notFinite(st.X); k >= 0 {
		n := s.chain.D(0)
		return fmt.Errorf("%s: array x: sample %d index %d is %v, want a finite number", where, k/n, k%n, st.X[k])
	}
	for b, label := range st.Labels {
		if label < 0 || label >= s.classes {
			return fmt.Errorf("%s: array label: sample %d is %d, want 0 to %d", where, b, label, s.classes-1)
		}
	}
	if k := notFinite(st.W); k >= 0 && last < 0 {
		i, j := s.weight(k)
		return fmt.Errorf("%s: array w_%d: operator %d index %d is %v, want a finite number", where, i, i, j, st.W[k])
	}
	if st.Scale != 1 {
		for _, v := range st.V {
			for k := range v {
				v[k] /= st.Scale
			}
		}
	}
	return nil
}

// weight is the operator and the index of weight k of all.
func (s *shape) weight(k int) (op, index int) {
	for i := 1; i <= s.chain.N(); i++ {
		n := s.chain.Op(i).NW()
		if k < n {
			return i, k
		}
		k -= n
	}
	return s.chain.N(), 0
}

// notFinite is the index of the first number that is NaN or infinite, -1 for none.
func notFinite(v []float64) int {
	if sum := floats.Sum(v); sum-sum == 0 {
		return -1
	}
	return slices.IndexFunc(v, func(x float64) bool { return x-x != 0 })
}
