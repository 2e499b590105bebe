package problem

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// MaxBytes caps the size of a file, after decompression.
const MaxBytes = 1 << 24

// Shape of the digits: 8 x 8 pixels of 0..MaxPixel.
const (
	digitPixels = 64
	MaxPixel    = 16
)

// ReadBreastCancer reads breast_cancer.csv: a first line "rows,features,class
// names" and as many rows of as many finite numbers and the number of the class.
func ReadBreastCancer(r io.Reader) (*Table, error) {
	lines, err := readLines(r, 1+MaxRows)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(lines[0], ",") + 1; n < 4 || n > 2+MaxClasses {
		return nil, fmt.Errorf("problem: line 1 has %d fields, want rows, features and 2..%d class names", n,
			MaxClasses)
	}
	head := strings.Split(lines[0], ",")
	rows, err := count(head, 0, MaxRows)
	if err != nil {
		return nil, err
	}
	features, err := count(head, 1, MaxFeatures)
	if err != nil {
		return nil, err
	}
	for j, name := range head[2:] {
		if name == "" {
			return nil, at(1, 2+j, name, "is no class name")
		}
	}
	if got := len(lines) - 1; got != rows {
		return nil, fmt.Errorf("problem: line %d: the file ends after %d rows, line 1 announces %d", len(lines), got,
			rows)
	}
	return parseRows(lines[1:], 2, features, head[2:], finite)
}

// ReadDigits reads digits.csv.gz: gzip of rows of 64 pixels, whole numbers
// 0..MaxPixel, and the digit.
func ReadDigits(r io.Reader) (*Table, error) {
	mustRead(r)
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("problem: gzip: %w", err)
	}
	lines, err := readLines(z, MaxRows)
	if err != nil {
		return nil, err
	}
	return parseRows(lines, 1, digitPixels, strings.Split("0123456789", ""), pixel)
}

func mustRead(r io.Reader) {
	if r == nil {
		panic("problem: nil io.Reader")
	}
}

// readLines returns the lines of r, 1..limit of them. Reading all before
// parsing any makes a truncated file an error of its own, not a bad row.
func readLines(r io.Reader, limit int) ([]string, error) {
	mustRead(r)
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	text := strings.TrimSuffix(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	n := strings.Count(text, "\n") + 1
	switch {
	case err != nil:
		return nil, fmt.Errorf("problem: line %d: %w", n, err)
	case len(b) > MaxBytes:
		return nil, fmt.Errorf("problem: line %d: the file exceeds %d bytes", n, MaxBytes)
	case len(b) == 0:
		return nil, errors.New("problem: line 1: the file is empty")
	case n > limit:
		return nil, fmt.Errorf("problem: the file has %d lines, want at most %d", n, limit)
	}
	return strings.Split(text, "\n"), nil
}

// parseRows parses features by value and the label of lines, the first of
// which is line first of the file.
func parseRows(lines []string, first, features int, names []string, value func(string) (float64, string)) (*Table,
	error) {
	t := &Table{Names: names}
	for k, line := range lines {
		if n := strings.Count(line, ",") + 1; n != features+1 {
			return nil, fmt.Errorf("problem: line %d has %d fields, want %d: %.40q", first+k, n, features+1, line)
		}
		fields := strings.Split(line, ",")
		x := make([]float64, features)
		for j := range x {
			v, fault := value(fields[j])
			if fault != "" {
				return nil, at(first+k, j, fields[j], "%s", fault)
			}
			x[j] = v
		}
		label, err := strconv.Atoi(fields[features])
		if err != nil || label < 0 || label >= len(names) {
			return nil, at(first+k, features, fields[features], "is no label, want 0..%d", len(names)-1)
		}
		t.X = append(t.X, x)
		t.Label = append(t.Label, label)
	}
	return t, nil
}

// finite parses a finite number or says what is wrong with it.
func finite(s string) (v float64, fault string) {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return v, "is not finite"
	case err != nil:
		return v, "is not a number"
	}
	return v, ""
}

func pixel(s string) (v float64, fault string) {
	v, fault = finite(s)
	if fault == "" && !(v >= 0 && v <= MaxPixel && v == math.Trunc(v)) {
		fault = fmt.Sprintf("is no pixel, want a whole number 0..%d", MaxPixel)
	}
	return v, fault
}

// count parses a size of the header, 1..limit.
func count(head []string, j, limit int) (int, error) {
	n, err := strconv.Atoi(head[j])
	if err != nil || n < 1 || n > limit {
		return 0, at(1, j, head[j], "is no count, want 1..%d", limit)
	}
	return n, nil
}

// at is the error at field j (from 0) of a line (from 1). Of a long value the
// start is quoted.
func at(line, j int, value, format string, args ...any) error {
	return fmt.Errorf("problem: line %d, column %d: %.40q %s", line, j+1, value, fmt.Sprintf(format, args...))
}
