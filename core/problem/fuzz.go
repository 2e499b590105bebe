package problem

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"

	"github.com/cascade-sgd/cascade/core"
)

// maxRefusal caps the text of a refusal in bytes: of a value, 80 characters are quoted.
const maxRefusal = 1000

// FuzzBytes is the body of a fuzz target: any bytes are refused with a reason, or are a
// table of finite numbers and labels of its classes, read the same twice. refusal is nil
// where ReadBreastCancer or ReadDigits has a table, else joins those of both; err is what is
// wrong with a refusal or a table.
func FuzzBytes(data []byte) (refusal, err error) {
	var refused []error
	readers := []func(io.Reader) (*Table, error){ReadBreastCancer, ReadDigits}
	for _, read := range readers {
		table, why := read(bytes.NewReader(data))
		again, second := read(bytes.NewReader(data))
		if !reflect.DeepEqual(table, again) || fmt.Sprint(why) != fmt.Sprint(second) {
			return why, fmt.Errorf("%v, %v at first, then %v, %v", table, why, again, second)
		}
		if why == nil {
			if err := sound(table); err != nil {
				return nil, err
			}
			continue
		}
		refused = append(refused, why)
		if text := why.Error(); len(text) > maxRefusal || !strings.HasPrefix(text, "problem: ") {
			return why, fmt.Errorf("a refusal of %d bytes, want it to begin with problem: %.200q", len(text), text)
		}
	}
	if len(refused) < len(readers) {
		return nil, nil
	}
	return errors.Join(refused...), nil
}

// sound is nil for a table as the readers promise it.
func sound(table *Table) error {
	if len(table.X) == 0 || len(table.X) != len(table.Label) {
		return errors.New("a table without a label for each row, or without rows")
	}
	for k, row := range table.X {
		if len(row) != len(table.X[0]) || table.Label[k] < 0 || table.Label[k] >= len(table.Names) {
			return errors.New("a ragged row, or a label of no class")
		}
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.New("a number that is not finite")
			}
		}
	}
	if len(table.Names) != 2 {
		return nil
	}
	r, err := LogisticWith(table, LogisticOptions{Reg: core.Regularizer{Kind: "l2", Rho: 1}})
	if err == nil && r.Len() != len(table.X) {
		err = errors.New("a regression on other rows")
	}
	return err
}
