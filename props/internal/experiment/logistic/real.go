package logistic

import (
	"fmt"
	"math"
	"sync"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/core/vector"
)

// The data sets of testdata/data as two classes: breast_cancer as it is, every feature
// with mean 0 and variance 1; digits as odd against even, pixels in 0..1.
const (
	BreastCancer = "breast_cancer"
	Digits       = "digits"
)

// real has the data sets by name.
var real = map[string]func() *problem.Table{
	BreastCancer: sync.OnceValue(readBreastCancer),
	Digits:       sync.OnceValue(readDigits),
}

func readBreastCancer() *problem.Table {
	file, err := cascade.Testdata.Open("testdata/data/breast_cancer.csv")
	if err != nil {
		panic("logistic: " + err.Error()) // it is embedded
	}
	defer file.Close()
	t, err := problem.ReadBreastCancer(file)
	if err != nil {
		panic("logistic: " + err.Error())
	}
	t.Standardize()
	return t
}

func readDigits() *problem.Table {
	file, err := cascade.Testdata.Open("testdata/data/digits.csv.gz")
	if err != nil {
		panic("logistic: " + err.Error()) // it is embedded
	}
	defer file.Close()
	t, err := problem.ReadDigits(file)
	if err != nil {
		panic("logistic: " + err.Error())
	}
	t.Scale(1.0 / problem.MaxPixel)
	t.Names = []string{"even", "odd"}
	for k := range t.Label {
		t.Label[k] %= 2
	}
	return t
}

// shape is the number of features and rows of a data set.
func shape(name string) (features, rows int) {
	t := real[name]()
	return len(t.X[0]), len(t.X)
}

// checkData refuses an unknown data set and another number of features, or more rows,
// than it has.
func (p *Point) checkData() error {
	if p.Data == "" {
		return nil
	}
	if real[p.Data] == nil {
		return fmt.Errorf("logistic: data %.40q, want %q or %q", p.Data, BreastCancer, Digits)
	}
	if features, rows := shape(p.Data); p.D != features || p.M > rows {
		return fmt.Errorf("logistic: %s has %d features and %d rows, not d = %d and m = %d", p.Data, features, rows,
			p.D, p.M)
	}
	return nil
}

// dataOf are the inputs of a point: the first M rows of a data set, or a draw.
func dataOf(p Point) *data {
	if p.Data == "" {
		return newData(p.M, p.D, p.Draw)
	}
	t := real[p.Data]()
	return fromTable(t.X[:p.M], t.Label[:p.M])
}

// fromTable takes x_k = -y_k h_k, y_k = +1 for label 1 and -1 for label 0.
func fromTable(rows [][]float64, label []int) *data {
	m, d := len(rows), len(rows[0])
	s := &data{m: m, d: d, x: make([]float64, d*m), mean: make([]float64, d)}
	for k, h := range rows {
		norm := 0.0
		for j, v := range h {
			if label[k] == 1 {
				v = -v
			}
			s.x[j*m+k] = v
			s.rows = append(s.rows, v)
			s.mean[j] += v / float64(m)
			norm += float64(v * v)
		}
		s.wide = max(s.wide, math.Sqrt(norm))
	}
	if d == vector.Rows {
		s.pairs = vector.Pairs(s.x, m)
	}
	return s
}
