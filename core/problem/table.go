package problem

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Table is a data set: Label[k] in 0..Classes-1 belongs to the row X[k].
type Table struct {
	X       [][]float64
	Label   []int
	Classes int
}

// Caps of what a reader accepts, so that a header of a few bytes cannot ask
// for all memory.
const (
	MaxRows     = 1 << 20
	MaxFeatures = 1 << 12
)

// ReadBreastCancer reads breast_cancer.csv: a header "rows,features,name of
// class 0, name of class 1", then as many rows of as many numbers and the class.
func ReadBreastCancer(r io.Reader) (*Table, error) {
	cr := csv.NewReader(r)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	head, err := cr.Read()
	if err != nil {
		return nil, readError(1, err)
	}
	if len(head) != 4 {
		return nil, fmt.Errorf("problem: line 1: %d fields, want rows, features and two class names", len(head))
	}
	var size [2]int
	for j, cap := range []int{MaxRows, MaxFeatures} {
		size[j], err = strconv.Atoi(head[j])
		if err != nil || size[j] < 1 || size[j] > cap {
			return nil, fmt.Errorf("problem: line 1, column %d: %q, want a count in 1..%d", j+1, head[j], cap)
		}
	}
	t, err := readRows(cr, 2, size[1], 2, math.Inf(-1), math.Inf(1))
	if err != nil {
		return nil, err
	}
	if len(t.X) != size[0] {
		return nil, fmt.Errorf("problem: %d rows, line 1 announces %d", len(t.X), size[0])
	}
	return t, nil
}

// ReadDigits reads digits.csv.gz: rows of 64 pixels, 0..16, and the digit.
func ReadDigits(r io.Reader) (*Table, error) {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("problem: digits: %w", err)
	}
	defer zr.Close()
	cr := csv.NewReader(zr)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	return readRows(cr, 1, 64, 10, 0, 16)
}

// readRows reads rows of features in [lo, hi] and a label, from the given line.
func readRows(cr *csv.Reader, line, features, classes int, lo, hi float64) (*Table, error) {
	t := &Table{Classes: classes}
	for ; ; line++ {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, readError(line, err)
		}
		if len(rec) != features+1 {
			return nil, fmt.Errorf("problem: line %d: %d fields, want %d features and a label", line, len(rec), features)
		}
		if len(t.X) == MaxRows {
			return nil, fmt.Errorf("problem: line %d: more than %d rows", line, MaxRows)
		}
		x := make([]float64, features)
		for j := range x {
			v, err := strconv.ParseFloat(rec[j], 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("problem: line %d, column %d: %q is not a finite number", line, j+1, rec[j])
			}
			if !(lo <= v && v <= hi) {
				return nil, fmt.Errorf("problem: line %d, column %d: %v is not in [%v, %v]", line, j+1, v, lo, hi)
			}
			x[j] = v
		}
		label, err := strconv.Atoi(rec[features])
		if err != nil || label < 0 || label >= classes {
			return nil, fmt.Errorf("problem: line %d, column %d: label %q, want 0..%d", line, features+1, rec[features], classes-1)
		}
		t.X = append(t.X, x)
		t.Label = append(t.Label, label)
	}
	if len(t.X) == 0 {
		return nil, errors.New("problem: no rows")
	}
	return t, nil
}

func readError(line int, err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return fmt.Errorf("problem: line %d, column %d: %w", pe.Line, pe.Column, pe.Err)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("problem: the file is empty")
	}
	return fmt.Errorf("problem: line %d: %w", line, err)
}

// Standardize shifts and scales every feature to mean 0 and variance 1, in
// place. A constant feature becomes 0.
func (t *Table) Standardize() {
	n := float64(len(t.X))
	for j := range t.X[0] {
		mean, ss := 0.0, 0.0
		for _, x := range t.X {
			mean += x[j] / n
		}
		for _, x := range t.X {
			d := x[j] - mean
			ss += float64(d*d) / n
		}
		scale := 0.0
		if ss > 0 {
			scale = 1 / math.Sqrt(ss)
		}
		for _, x := range t.X {
			x[j] = (x[j] - mean) * scale
		}
	}
}

// Scale multiplies every feature by f, in place.
func (t *Table) Scale(f float64) {
	for _, x := range t.X {
		for j := range x {
			x[j] *= f
		}
	}
}
