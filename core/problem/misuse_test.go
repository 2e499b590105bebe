package problem

import (
	"math"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/internal/house"
	"gonum.org/v1/gonum/mat"
)

type row house.Row

// misuse has at least one row for every exported function and method that can be
// misused.
func misuse(t *testing.T) []row {
	r := regression(t, Synthetic(2, 3, 1), false, "none", 0)
	one := [][]float64{{1}}
	q := NewQuadratic(one, one)
	w := []float64{1, 2}
	wide := [][]float64{make([]float64, MaxFeatures+1)}
	inf := math.Inf(1)
	var noTable *Table
	var noRegression *Regression
	var noQuadratic *Quadratic
	var noExample *Counterexample
	ragged := func() *Table {
		return &Table{X: [][]float64{{1, 2}, {1}}, Label: []int{0, 0}, Names: []string{"a"}}
	}
	unnamed := &Table{X: [][]float64{{1}}, Label: []int{1}, Names: []string{"a"}}
	return []row{
		{"Table.Scale", "label", func() { unnamed.Scale(1) }, "row 0 has label 1, want 0..0"},
		{"Synthetic", "d", func() { Synthetic(0, 1, 1) }, "0 features"},
		{"Synthetic", "large d", func() { Synthetic(MaxFeatures+1, 1, 1) }, "1025 features"},
		{"Synthetic", "m", func() { Synthetic(1, 0, 1) }, "0 rows"},
		{"Synthetic", "large m", func() { Synthetic(1, MaxRows+1, 1) }, "65537 rows"},
		{"Table.Standardize", "nil", func() { noTable.Standardize() }, "no table"},
		{"Table.Standardize", "no rows", func() { new(Table).Standardize() }, "table of 0 rows"},
		{"Table.Standardize", "ragged", func() { ragged().Standardize() }, "row 1 has 1 features, row 0 has 2"},
		{"Table.Scale", "nil", func() { noTable.Scale(1) }, "no table"},
		{"Table.Scale", "ragged", func() { ragged().Scale(1) }, "row 1 has 1 features"},
		{"ReadBreastCancer", "nil", func() { _, _ = ReadBreastCancer(nil) }, "nil io.Reader"},
		{"ReadDigits", "nil", func() { _, _ = ReadDigits(nil) }, "nil io.Reader"},

		{"Loss", "nil", func() { Loss(nil, w) }, "nil objective"},
		{"Loss", "no samples", func() { Loss(&samples{}, w) }, "objective of 0 samples"},
		{"Loss", "short", func() { Loss(r, w[:1]) }, "1 weights, the chain has 2"},
		{"Gradient", "nil", func() { Gradient(nil, w) }, "nil objective"},
		{"Gradient", "long", func() { Gradient(r, make([]float64, 3)) }, "3 weights, the chain has 2"},
		{"InitWeights", "nil", func() { InitWeights(nil, 1) }, "nil chain"},

		{"Regression.Len", "nil", func() { noRegression.Len() }, "nil or zero Regression"},
		{"Regression.Len", "zero", func() { new(Regression).Len() }, "nil or zero Regression"},
		{"Regression.Sample", "nil", func() { noRegression.Sample(0) }, "nil or zero Regression"},
		{"Regression.Sample", "zero", func() { new(Regression).Sample(0) }, "nil or zero Regression"},
		{"Regression.Sample", "-1", func() { r.Sample(-1) }, "sample -1 of 3"},
		{"Regression.Sample", "3", func() { r.Sample(3) }, "sample 3 of 3"},
		{"Regression.Reg", "nil", func() { noRegression.Reg() }, "nil or zero Regression"},
		{"Regression.L", "zero", func() { new(Regression).L() }, "nil or zero Regression"},
		{"Regression.Mu", "nil", func() { noRegression.Mu() }, "nil or zero Regression"},
		{"Regression.LStarLower", "zero", func() { new(Regression).LStarLower() }, "nil or zero Regression"},
		{"Regression.LStarUpper", "zero", func() { new(Regression).LStarUpper() }, "nil or zero Regression"},
		{"Regression.SigmaSq", "nil", func() { noRegression.SigmaSq(core.Box{}) }, "nil or zero Regression"},
		{"Regression.SigmaSq", "length", func() { r.SigmaSq(core.Point([]float64{1})) },
			"box of 1 and 1 weights, want 2"},
		{"Regression.SigmaSq", "half", func() { r.SigmaSq(core.Box{Hi: []float64{1, 1}}) }, "box of 0 and 2"},
		{"Regression.SigmaSq", "other half", func() { r.SigmaSq(core.Box{Lo: []float64{1, 1}}) }, "box of 2 and 0"},
		{"Regression.SigmaSq", "empty", func() { r.SigmaSq(core.NewBox(2)) }, "empty box"},
		{"Regression.SigmaSq", "reversed", func() { r.SigmaSq(core.Box{Lo: []float64{0, 1}, Hi: []float64{0, 0}}) },
			"weight 1 from 1 to 0"},

		{"NewQuadratic", "no matrix", func() { NewQuadratic(nil, one) }, "A is empty"},
		{"NewQuadratic", "no columns", func() { NewQuadratic([][]float64{{}}, one) }, "A is empty"},
		{"NewQuadratic", "no inputs", func() { NewQuadratic(one, nil) }, "inputs is empty"},
		{"NewQuadratic", "ragged", func() { NewQuadratic([][]float64{{1}, {1, 2}}, one) },
			"row 1 of A has 2 entries, row 0 has 1"},
		{"NewQuadratic", "NaN", func() { NewQuadratic([][]float64{{math.NaN()}}, one) }, "A[0][0] is NaN"},
		{"NewQuadratic", "Inf", func() { NewQuadratic(one, [][]float64{{1}, {inf}}) }, "inputs[1][0] is +Inf"},
		{"NewQuadratic", "lengths", func() { NewQuadratic(one, [][]float64{{1, 2}}) },
			"1 columns and inputs of length 2"},
		{"NewQuadratic", "wide", func() { NewQuadratic(wide, wide) }, "A is 1 x 1025, want at most 65536 x 1024"},
		{"NewQuadratic", "long", func() { NewQuadratic(slices.Repeat(one, MaxRows+1), one) },
			"A is 65537 x 1, want at most"},
		{"Quadratic.Len", "nil", func() { noQuadratic.Len() }, "nil or zero Quadratic"},
		{"Quadratic.Len", "zero", func() { new(Quadratic).Len() }, "nil or zero Quadratic"},
		{"Quadratic.Sample", "nil", func() { noQuadratic.Sample(0) }, "nil or zero Quadratic"},
		{"Quadratic.Sample", "zero", func() { new(Quadratic).Sample(0) }, "nil or zero Quadratic"},
		{"Quadratic.Sample", "-1", func() { q.Sample(-1) }, "sample -1 of 1"},
		{"Quadratic.Sample", "1", func() { q.Sample(1) }, "sample 1 of 1"},
		{"Quadratic.Reg", "nil", func() { noQuadratic.Reg() }, "nil or zero Quadratic"},
		{"Quadratic.L", "zero", func() { new(Quadratic).L() }, "nil or zero Quadratic"},
		{"Quadratic.Mu", "zero", func() { new(Quadratic).Mu() }, "nil or zero Quadratic"},
		{"Quadratic.LStarLower", "zero", func() { new(Quadratic).LStarLower() }, "nil or zero Quadratic"},
		{"Quadratic.LStarUpper", "zero", func() { new(Quadratic).LStarUpper() }, "nil or zero Quadratic"},
		{"Quadratic.SigmaSq", "zero", func() { new(Quadratic).SigmaSq(core.Box{}) }, "nil or zero Quadratic"},

		{"A2", "infinite", func() { A2(inf) }, "A2 with d = +Inf"},
		{"A3", "kind", func() { A3(2) }, "kind 2, want 0 or 1"},
		{"Counterexample.Len", "nil", func() { noExample.Len() }, "nil or zero Counterexample"},
		{"Counterexample.Sample", "zero", func() { new(Counterexample).Sample(0) }, "nil or zero Counterexample"},
		{"Counterexample.Sample", "1", func() { A3(A3SGD).Sample(1) }, "sample 1 of 1"},

		// Not a door: what spectrum would say of eigenvectors that are none.
		{"NewQuadratic", "bad eigenvectors", func() {
			discs(mat.NewSymDense(1, []float64{1}),
				mat.NewDense(1, 1, []float64{2}))
		}, "1 x 1 matrix are off by 3"},
		{"NewQuadratic", "poor eigenvectors", func() {
			discs(mat.NewSymDense(1, []float64{1}),
				mat.NewDense(1, 1, []float64{1.25}))
		}, "off by 0.5625"},
	}
}

// TestMisuse: misuse panics with the prefix of the package and the values, and no
// exported function or method is without its row.
func TestMisuse(t *testing.T) {
	house.Misuse(t, "problem", misuse(t), "A1 FuzzBytes Logistic LogisticWith Network")
}

// TestNoFusedSums: the same bits on every architecture, but for package math and
// the kernels of gonum.
func TestNoFusedSums(t *testing.T) { house.NoFusedSums(t) }
