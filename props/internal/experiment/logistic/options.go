package logistic

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/core/vector"
)

// Reading says what the paper's delta_t and eps_t are: it does not.
type Reading string

const (
	OneAStep   Reading = "step"   // one number a step, added to every sample
	OneASample Reading = "sample" // a number of its own for each sample and step
)

// Law is what perturbs the steps. Half-widths are divided by sqrt d, as in section 7.
type Law struct {
	Forward  float64 `json:"s_f"` // delta ~ U(-s_f/sqrt d, s_f/sqrt d)
	Backward float64 `json:"s_b"` // eps ~ U(-s_b/sqrt d, s_b/sqrt d), or U(0, s_b/sqrt d) if OneSided
	OneSided bool    `json:"one_sided"`
	Every    int     `json:"every"` // delta is drawn at steps t = Phase mod Every only; 1: at all
	Phase    int     `json:"phase"`
	Reading  Reading `json:"reading"`
	Format   *Format `json:"format,omitempty"` // a format in the place of delta and eps; nil for none
}

// Point is one run: everything that its numbers depend on.
type Point struct {
	Data  string           `json:"data,omitempty"` // a data set in the place of a draw
	D     int              `json:"d"`
	M     int              `json:"m"`
	Draw  uint64           `json:"draw"` // seed of the data
	Reg   core.Regularizer `json:"reg"`
	Start float64          `json:"start"` // w^0 = Start (1, ..., 1)
	Law   Law              `json:"law"`
	Gamma float64          `json:"gamma"`
	T     int              `json:"t"`
	EWMA  float64          `json:"ewma"` // e_t = EWMA e_{t-1} + (1-EWMA) |grad f(w_t)|
	Xi    float64          `json:"xi"`   // standard deviation of xi_t, each coordinate
	Seed  uint64           `json:"seed"` // of all noise
}

// Check names the first field that is out of range.
func (p *Point) Check() error {
	switch {
	case p.D < 1 || p.D > problem.MaxFeatures:
		return fmt.Errorf("logistic: d is %d, want 1..%d", p.D, problem.MaxFeatures)
	case p.M < 1 || p.M > problem.MaxRows:
		return fmt.Errorf("logistic: m is %d, want 1..%d", p.M, problem.MaxRows)
	case p.T < 2 || p.T > MaxSteps:
		return fmt.Errorf("logistic: T is %d, want 2..%d", p.T, MaxSteps)
	case !(p.Gamma > 0) || math.IsInf(p.Gamma, 0):
		return fmt.Errorf("logistic: gamma is %v, want finite and > 0", p.Gamma)
	case !(p.EWMA >= 0 && p.EWMA < 1):
		return fmt.Errorf("logistic: the factor of the EWMA is %v, want in [0, 1)", p.EWMA)
	case !(p.Xi >= 0) || math.IsInf(p.Xi, 0):
		return fmt.Errorf("logistic: xi is %v, want finite and >= 0", p.Xi)
	case math.IsNaN(p.Start) || math.Abs(p.Start) > vector.MaxArgument:
		return fmt.Errorf("logistic: start is %v, want in %v..%v", p.Start, -vector.MaxArgument, vector.MaxArgument)
	}
	if p.Law.Format != nil && p.Reg.Kind != "l2" {
		return fmt.Errorf("logistic: a format with the regularizer %.40q, want l2", p.Reg.Kind)
	}
	if err := errors.Join(p.checkData(), p.Law.check(), p.Reg.Check()); err != nil {
		return err
	}
	if root := math.Sqrt(float64(p.D)); p.Law.Forward/root > maxHalf {
		return fmt.Errorf("logistic: s_f is %v at d = %d, want at most %.3g", p.Law.Forward, p.D, maxHalf*root)
	}
	return nil
}

// maxWidth is the largest s.
const maxWidth = 4

// maxHalf is the largest half-width of delta, that of maxWidth at d = 10: below it Gauss-Legendre
// is exact to rounding, see nodes; at twice the width it errs by 1e-11, and a root that is
// called proved would be that of another G.
var maxHalf = maxWidth / math.Sqrt(10)

// MaxSteps bounds the memory of a run, 8 bytes a step.
const MaxSteps = 1 << 26

func (l *Law) check() error {
	switch {
	case !(l.Forward >= 0 && l.Forward <= maxWidth):
		return fmt.Errorf("logistic: s_f is %v, want 0..%v", l.Forward, maxWidth)
	case !(l.Backward >= 0 && l.Backward <= maxWidth):
		return fmt.Errorf("logistic: s_b is %v, want 0..%v", l.Backward, maxWidth)
	case l.Every < 1:
		return fmt.Errorf("logistic: delta every %d steps, want 1 or more", l.Every)
	case l.Phase < 0 || l.Phase >= l.Every:
		return fmt.Errorf("logistic: phase %d of %d steps", l.Phase, l.Every)
	case l.Reading != OneAStep && l.Reading != OneASample:
		return fmt.Errorf("logistic: reading %.40q, want %q or %q", l.Reading, OneAStep, OneASample)
	}
	if l.Format == nil {
		return nil
	}
	if l.Forward > 0 || l.Backward > 0 || l.Every > 1 {
		return errors.New("logistic: a format beside s_f, s_b or a spacing")
	}
	return l.Format.check()
}

// Nonconvex and Convex are the regularizers of section 7; Convex is called strongly
// convex there, Intermittent is its factor for Fig 8.
var (
	Nonconvex    = core.Regularizer{Kind: "nonconvex", Rho: 0.001}
	Convex       = core.Regularizer{Kind: "l2", Rho: 0.1}
	Intermittent = core.Regularizer{Kind: "l2", Rho: 0.5}
)
