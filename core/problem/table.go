package problem

import (
	"errors"
	"fmt"
	"math"
)

// Table is a data set: X[k] are the features of row k and Label[k] its class,
// 0..len(Names)-1. Rows have equal lengths and finite entries.
type Table struct {
	X     [][]float64
	Label []int
	Names []string // of the classes
}

// MaxRows, MaxFeatures and MaxClasses cap a Table: a header of a few bytes must
// not be able to ask for all memory, and the rounding bounds of this package
// count on them.
const (
	MaxRows     = 1 << 16
	MaxFeatures = 1 << 10
	MaxClasses  = 1 << 10
)

// check returns an error that names the row and feature (from 0) at which t
// breaks a rule of Table.
func (t *Table) check() error {
	switch {
	case t == nil:
		return errors.New("problem: no table")
	case len(t.X) < 1 || len(t.X) > MaxRows:
		return fmt.Errorf("problem: table of %d rows, want 1..%d", len(t.X), MaxRows)
	case len(t.Label) != len(t.X):
		return fmt.Errorf("problem: table of %d labels and %d rows", len(t.Label), len(t.X))
	case len(t.Names) < 1 || len(t.Names) > MaxClasses:
		return fmt.Errorf("problem: table of %d classes, want 1..%d", len(t.Names), MaxClasses)
	case len(t.X[0]) < 1 || len(t.X[0]) > MaxFeatures:
		return fmt.Errorf("problem: table of %d features, want 1..%d", len(t.X[0]), MaxFeatures)
	}
	for k, row := range t.X {
		if len(row) != len(t.X[0]) {
			return fmt.Errorf("problem: row %d has %d features, row 0 has %d", k, len(row), len(t.X[0]))
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("problem: row %d, feature %d is %v", k, j, v)
			}
		}
		if l := t.Label[k]; l < 0 || l >= len(t.Names) {
			return fmt.Errorf("problem: row %d has label %d, want 0..%d", k, l, len(t.Names)-1)
		}
	}
	return nil
}

// must panics on the error of check.
func (t *Table) must() {
	if err := t.check(); err != nil {
		panic(err.Error())
	}
}

// Standardize shifts and scales every feature, in place, to mean 0 and variance
// (1/rows) sum_k x_kj^2 = 1 up to rounding. A constant feature becomes 0. It panics
// on a table that breaks a rule of Table.
func (t *Table) Standardize() {
	t.must()
	n := float64(len(t.X))
	for j := range t.X[0] {
		// Moments of x/top, which neither overflow nor underflow.
		lo, hi := t.X[0][j], t.X[0][j]
		for _, x := range t.X {
			lo, hi = min(lo, x[j]), max(hi, x[j])
		}
		top := max(math.Abs(lo), math.Abs(hi))
		mean, variance := 0.0, 0.0
		for _, x := range t.X {
			mean += x[j] / top / n
		}
		for _, x := range t.X {
			d := x[j]/top - mean
			variance += float64(d*d) / n
		}
		for _, x := range t.X {
			if lo == hi {
				x[j] = 0
				continue
			}
			x[j] = (x[j]/top - mean) / math.Sqrt(variance)
		}
	}
}

// Scale multiplies every feature by f, in place: Scale(1.0 / MaxPixel) brings
// the pixels of ReadDigits to [0, 1]. It panics like Standardize.
func (t *Table) Scale(f float64) {
	t.must()
	for _, x := range t.X {
		for j := range x {
			x[j] *= f
		}
	}
}
