package problem

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/core"
)

// Regression is logistic regression as in section 7 of the paper: N = 2, with
// h_l the features of row l and y_l = +1 for label 1, -1 for label 0,
//
//	x_l = -y_l h_l,  f1(x_l, w) = <x_l, w>,  f2 = ln(1 + e^f1),
//	l(w) = (1/M) sum_l ln(1 + exp(-y_l <h_l, w>)) + R(w).
//
// It is immutable and implements Known.
type Regression struct {
	samples
	reg core.Regularizer
}

// LogisticOptions of LogisticWith; the zero value is a regression on the
// features alone, without a regularizer.
type LogisticOptions struct {
	Constant bool             // append a feature 1 to every row
	Reg      core.Regularizer // R
}

// Logistic is LogisticWith a constant feature and no regularizer.
func Logistic(t *Table) (*Regression, error) {
	return LogisticWith(t, LogisticOptions{Constant: true})
}

// LogisticWith returns the regression on t, which it copies. A bad table, one
// without exactly two classes, and a bad regularizer are errors.
func LogisticWith(t *Table, opt LogisticOptions) (*Regression, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if len(t.Names) != 2 {
		return nil, fmt.Errorf("problem: logistic regression on %d classes, want 2", len(t.Names))
	}
	if err := opt.Reg.Check(); err != nil {
		return nil, err
	}
	r := &Regression{reg: opt.Reg}
	for k, h := range t.X {
		x := append([]float64(nil), h...)
		if opt.Constant {
			x = append(x, 1)
		}
		if t.Label[k] == 1 {
			negate(x)
		}
		r.x = append(r.x, x)
	}
	c, err := core.NewChain(core.Linear(len(r.x[0]), 1), core.Logistic())
	if err != nil {
		return nil, err
	}
	for range r.x {
		r.chain = append(r.chain, c)
	}
	return r, nil
}

func negate(x []float64) {
	for j := range x {
		x[j] = -x[j]
	}
}

// Synthetic draws the data of section 7 (there d = 10, m = 2000): x* ~ N(0, I_d),
// then for each row h_l ~ N(0, I_d) and label 1 (y_l = +1) with probability
// 1/(1+exp(-<h_l, x*>)), else 0. The stream is PCG(seed, 0). It panics when d
// or m is outside 1..MaxFeatures, 1..MaxRows.
func Synthetic(d, m int, seed uint64) *Table {
	if d < 1 || d > MaxFeatures || m < 1 || m > MaxRows {
		panic(fmt.Sprintf("problem: synthetic data of %d features and %d rows, want 1..%d and 1..%d", d, m,
			MaxFeatures, MaxRows))
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	star := normal(rng, d)
	t := &Table{Names: []string{"-1", "+1"}}
	for range m {
		h := normal(rng, d)
		label := 0
		if rng.Float64() < sigmoid(dot(h, star)) {
			label = 1
		}
		t.X = append(t.X, h)
		t.Label = append(t.Label, label)
	}
	return t
}

func normal(rng *rand.Rand, d int) []float64 {
	v := make([]float64, d)
	for j := range v {
		v[j] = rng.NormFloat64()
	}
	return v
}

func sigmoid(a float64) float64 { return 1 / (1 + math.Exp(-a)) }

// dot sums in order, so that no platform rounds differently.
func dot(a, b []float64) float64 {
	sum := 0.0
	for j, v := range a {
		sum += float64(v * b[j])
	}
	return sum
}

// Reg implements Known.
func (r *Regression) Reg() core.Regularizer {
	r.must()
	return r.reg
}

// Len is the number of samples.
func (r *Regression) Len() int {
	r.must()
	return r.samples.Len()
}

// Sample returns the chain and the input of sample k; the input is only lent.
func (r *Regression) Sample(k int) (*core.Chain, []float64) {
	r.must()
	return r.samples.Sample(k)
}

// must panics unless a constructor made r.
func (r *Regression) must() {
	if r == nil || len(r.x) == 0 {
		panic("problem: nil or zero Regression")
	}
}
