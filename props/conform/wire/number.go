package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// maxCount is the largest integer of the protocol.
const maxCount = 1 << 53

// count is an integer of the protocol, 0..2^53; 1.0 and 1e3 are integers too.
type count int64

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(b []byte) error {
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil || x != math.Trunc(x) || x < 0 || x > maxCount {
		return fmt.Errorf("no integer of 0..2^53")
	}
	*c = count(x)
	return nil
}

// scanner reads arrays of numbers from JSON that is known to be well formed. encoding/json
// would take null for 0, and an allocation for each number.
type scanner struct {
	data  []byte
	at    int
	name  string // of the field, for errors
	index []int  // down to the value
	left  *int   // numbers and arrays that may still come
}

// tooMuchError says that there are more numbers than any right answer has.
type tooMuchError struct{ place string }

func (e *tooMuchError) Error() string { return e.place + ": many more numbers than there can be" }

func (s *scanner) place() string {
	text := s.name
	for _, k := range s.index {
		text += fmt.Sprintf("[%d]", k)
	}
	return text
}

func (s *scanner) space() {
	for s.at < len(s.data) && strings.IndexByte(" \t\r\n", s.data[s.at]) >= 0 {
		s.at++
	}
}

// unexpected names the value ahead, which is no number or no array.
func (s *scanner) unexpected(want string) error {
	text := "nothing"
	var value json.RawMessage
	if s.at < len(s.data) && json.NewDecoder(bytes.NewReader(s.data[s.at:])).Decode(&value) == nil {
		text = strict.Cut(string(value))
	}
	hint := ""
	if want == "a number" && (text == "null" || text[0] == '"') {
		hint = `; what is not finite is one of the strings "NaN", "Infinity", "-Infinity"`
	}
	return fmt.Errorf("%s: %s, want %s%s", s.place(), text, want, hint)
}

// count counts one value against what may come.
func (s *scanner) take() error {
	if *s.left--; *s.left < 0 {
		return &tooMuchError{s.place()}
	}
	return nil
}

// number reads a number: a double, or one of three strings.
func (s *scanner) number() (float64, error) {
	if err := s.take(); err != nil {
		return 0, err
	}
	s.space()
	rest := s.data[s.at:]
	for _, w := range words {
		if bytes.HasPrefix(rest, []byte(w.text)) {
			s.at += len(w.text)
			return w.value, nil
		}
	}
	n := 0
	for n < len(rest) && strings.IndexByte("0123456789-+.eE", rest[n]) >= 0 {
		n++
	}
	if n == 0 {
		return 0, s.unexpected("a number")
	}
	x, err := strconv.ParseFloat(string(rest[:n]), 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %s is no double", s.place(), strict.Cut(string(rest[:n])))
	}
	s.at += n
	return x, nil
}

var words = []struct {
	text  string
	value float64
}{{`"NaN"`, math.NaN()}, {`"Infinity"`, math.Inf(1)}, {`"-Infinity"`, math.Inf(-1)}}

// array reads an array and calls one for each of its entries.
func (s *scanner) array(one func() error) error {
	if err := s.take(); err != nil {
		return err
	}
	s.space()
	if s.at == len(s.data) || s.data[s.at] != '[' {
		return s.unexpected("an array")
	}
	s.at++
	s.space()
	if s.data[s.at] == ']' {
		s.at++
		return nil
	}
	s.index = append(s.index, 0)
	for {
		if err := one(); err != nil {
			return err
		}
		s.space()
		s.at++ // a comma or the end
		if s.data[s.at-1] == ']' {
			s.index = s.index[:len(s.index)-1]
			return nil
		}
		s.index[len(s.index)-1]++
	}
}

func (s *scanner) vector() ([]float64, error) {
	v := []float64{}
	err := s.array(func() error {
		x, err := s.number()
		v = append(v, x)
		return err
	})
	return v, err
}

func (s *scanner) matrix() ([][]float64, error) {
	m := [][]float64{}
	err := s.array(func() error {
		v, err := s.vector()
		m = append(m, v)
		return err
	})
	return m, err
}

func (s *scanner) matrices() ([][][]float64, error) {
	list := [][][]float64{}
	err := s.array(func() error {
		m, err := s.matrix()
		list = append(list, m)
		return err
	})
	return list, err
}

// fields reads the numbers of a message, field by field. The first error is kept.
type fields struct {
	left   int
	prefix string // of names, for errors
	err    error
}

// read gives a value of raw to into by one of the methods of scanner. A field that is not
// there is an error.
func read[T any](f *fields, name string, raw json.RawMessage, method func(*scanner) (T, error)) (value T) {
	if f.err != nil {
		return value
	}
	if raw == nil {
		f.err = fmt.Errorf("no field %q", f.prefix+name)
		return value
	}
	value, f.err = method(&scanner{data: raw, name: f.prefix + name, left: &f.left})
	return value
}
