package gen

import (
	"fmt"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
)

// LongSteps is the horizon of the runs without chance that every search adds to
// its trees; the tests take them to 10^6.
const LongSteps = 1 << 14

// LongRuns are deterministic: all inputs at every step, constant or rounding
// perturbations. part is g in units of 1/(3L).
func LongRuns(steps int, parts ...float64) []*Case {
	zero := perturb.Spec{Law: "zero"}
	var all []*Case
	for _, part := range parts {
		for _, law := range []perturb.Spec{
			{Law: "constant", D: []float64{0.25}},
			{Law: "round", Format: "bf16", Mode: "nearest"},
			{Law: "round", Format: "e4m3", Mode: "nearest"},
		} {
			quad := &Case{
				Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "fixed", A: [][]float64{{0.75}}}, {Op: "halfsq", N: 1}},
				X:     []float64{0.3}, W: [][]float64{{0.9}, {}, {}},
				Delta: []perturb.Spec{law, zero, zero}, Eps: []perturb.Spec{zero, zero, zero},
				Run: &Run{More: [][]float64{{-0.7}}, All: true, Steps: steps},
			}
			logistic := &Case{
				Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "logistic"}},
				X:     []float64{0.3, 1}, W: [][]float64{{0.9, -0.4}, {}},
				Delta: []perturb.Spec{law, zero}, Eps: []perturb.Spec{zero, law},
				Run: &Run{More: [][]float64{{-0.7, 0.2}, {0.5, -0.9}}, All: true, Steps: steps,
					Reg: core.Regularizer{Kind: "l2", Rho: 0.1}},
			}
			for _, c := range []*Case{quad, logistic} {
				c.Run.Gamma = 1
				t, err := c.BuildRun()
				if err != nil {
					panic(fmt.Sprintf("gen: long run: %v", err))
				}
				c.Run.Gamma = part / (3 * t.Known.L()) * (1 - 0x1p-40)
				all = append(all, c)
			}
		}
	}
	return all
}

// DataRuns are logistic regressions with either regularizer on breast_cancer and
// on the synthetic data of section 7, from weights 0: so many steps on all rows
// with rounding, and one step on one of dataRows rows, exactly over all of them
// and their perturbations.
func DataRuns(steps int) ([]*Case, error) {
	cancer, err := BreastCancer()
	if err != nil {
		return nil, err
	}
	zero := perturb.Spec{Law: "zero"}
	near := perturb.Spec{Law: "round", Format: "e4m3", Mode: "nearest"}
	either := perturb.Spec{Law: "twopoint", A: []float64{0.5}, B: []float64{-0.25}, P: 0.25}
	var all []*Case
	for _, table := range []*problem.Table{cancer, problem.Synthetic(syntheticD, syntheticM, 1)} {
		for _, reg := range []core.Regularizer{{Kind: "l2", Rho: 0.1}, {Kind: "nonconvex", Rho: 0.05}} {
			for _, c := range []struct {
				law perturb.Spec
				run Run
				n   int
			}{
				{near, Run{All: true, Steps: steps}, len(table.X)},
				{either, Run{Steps: 1}, dataRows},
			} {
				r, err := problem.LogisticWith(&problem.Table{X: table.X[:c.n], Label: table.Label[:c.n],
					Names: table.Names}, problem.LogisticOptions{Reg: reg})
				if err != nil {
					return nil, err
				}
				var rows [][]float64
				for k := range r.Len() {
					_, x := r.Sample(k)
					rows = append(rows, x)
				}
				c.run.More, c.run.Reg, c.run.Gamma = rows[1:], reg, 1/(3*r.L())*(1-0x1p-40)
				d := len(rows[0])
				all = append(all, &Case{
					Chain: []core.Spec{{Op: "linear", In: d, Out: 1}, {Op: "logistic"}},
					X:     rows[0], W: [][]float64{make([]float64, d), {}},
					Delta: []perturb.Spec{c.law, zero}, Eps: []perturb.Spec{zero, c.law}, Run: &c.run,
				})
			}
		}
	}
	return all, nil
}

// DataSteps is the horizon of the runs on data in a search, dataRows the number of
// rows among which their single steps draw.
const (
	DataSteps = 20
	dataRows  = 64
)

// The size of the synthetic data in section 7.
const syntheticD, syntheticM = 10, 2000

// BreastCancer is breast_cancer with standardized features.
func BreastCancer() (*problem.Table, error) {
	f, err := cascade.Testdata.Open("testdata/data/breast_cancer.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := problem.ReadBreastCancer(f)
	if err != nil {
		return nil, fmt.Errorf("breast_cancer.csv: %w", err)
	}
	table.Standardize()
	return table, nil
}

// Digits is the data set of handwritten digits with features in [0, 1].
func Digits() (*problem.Table, error) {
	f, err := cascade.Testdata.Open("testdata/data/digits.csv.gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := problem.ReadDigits(f)
	if err != nil {
		return nil, fmt.Errorf("digits.csv.gz: %w", err)
	}
	table.Scale(1.0 / 16)
	return table, nil
}
