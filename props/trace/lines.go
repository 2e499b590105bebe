package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// value is a number of a line, which may be one of three strings.
type value float64

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case `"NaN"`:
		*v = value(math.NaN())
	case `"Infinity"`:
		*v = value(math.Inf(1))
	case `"-Infinity"`:
		*v = value(math.Inf(-1))
	case "null":
		return fmt.Errorf("null is no number")
	default:
		return json.Unmarshal(data, (*float64)(v))
	}
	return nil
}

// line is a step of a .jsonl record.
type line struct {
	Step    *int        `json:"step"`
	Gamma   *float64    `json:"gamma"`
	Samples *int        `json:"samples"`
	X       [][]value   `json:"x"`
	Label   []int       `json:"label"`
	W       [][]value   `json:"w"`
	Y       [][][]value `json:"Y"`
	V       [][][]value `json:"V"`
	U       [][]value   `json:"U"`
	After   [][]value   `json:"after"`
	Loss    *value      `json:"loss"`
	Scale   *float64    `json:"scale"`
}

func (r *Record) openLines() error {
	f, err := strict.Open(r.Path, maxChunk)
	if err != nil {
		return err
	}
	if err := r.lines(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", r.Path, err)
	}
	r.closer = f.Close
	return nil
}

// lines reads run.json from the first line.
func (r *Record) lines(from io.Reader) error {
	in := bufio.NewScanner(from)
	in.Buffer(make([]byte, 1<<16), MaxRunJSON)
	number := 0
	next := func() ([]byte, error) {
		for in.Scan() {
			number++
			if len(bytes.TrimSpace(in.Bytes())) > 0 {
				return in.Bytes(), nil
			}
		}
		if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("line %d: more than %d bytes", number+1, MaxRunJSON)
		} else if err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
		return nil, io.EOF
	}
	data, err := next()
	if err == io.EOF {
		return fmt.Errorf("it is empty, want run.json as the first line")
	}
	if err != nil {
		return err
	}
	if r.shape, err = parseRun(data); err != nil {
		return strict.OnLine(number, err)
	}
	r.source = func(st *Step) error {
		data, err := next()
		if err == io.EOF {
			return err
		}
		if err == nil {
			var l line
			if err = strict.Unmarshal(data, &l); err == nil {
				err = l.step(r.shape, st)
			}
			if err != nil {
				err = strict.OnLine(number, err)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		return nil
	}
	return nil
}

// step reads a line into st.
func (l *line) step(s *shape, st *Step) error {
	c, b := s.chain, len(l.X)
	n := c.N()
	if l.Step == nil || l.Gamma == nil {
		return fmt.Errorf("step and gamma are wanted in each line")
	}
	where := fmt.Sprintf("step %d", *l.Step)
	switch {
	case b < 1 || b > MaxSamples:
		return fmt.Errorf("%s: x has %d samples, want 1 to %d", where, b, MaxSamples)
	case s.numbers(b) > MaxNumbers:
		return fmt.Errorf("%s: %.3g numbers, want at most %d", where, s.numbers(b), MaxNumbers)
	case len(l.Y) != n:
		return fmt.Errorf("%s: Y has %d states, want %d", where, len(l.Y), n)
	case len(l.V) != n && len(l.V) != n-1:
		return fmt.Errorf("%s: V has %d states, want %d or %d", where, len(l.V), n-1, n)
	case (l.Label != nil) != (s.labelled != nil) || l.Label != nil && len(l.Label) != b:
		return fmt.Errorf("%s: label has %d samples, want %d for a chain with softmaxce and none for others", where,
			len(l.Label), b)
	}
	st.resize(s, b, l.U != nil, l.After != nil, len(l.V) == n)
	st.T, st.Gamma, st.M, st.Scale = *l.Step, *l.Gamma, s.run.Samples, 1
	st.noLoss()
	if l.Samples != nil {
		st.M = *l.Samples
	}
	if l.Scale != nil {
		st.Scale = *l.Scale
	}
	if l.Loss != nil {
		st.setLoss(float64(*l.Loss))
	}
	copy(st.Labels, l.Label)
	var err error
	rows := func(name string, dst []float64, from [][]value, count, width int) {
		if err != nil {
			return
		}
		if len(from) != count {
			err = fmt.Errorf("%s: %s has %d rows, want %d", where, name, len(from), count)
			return
		}
		for b, row := range from {
			if len(row) != width {
				err = fmt.Errorf("%s: %s row %d has %d numbers, want %d", where, name, b, len(row), width)
				return
			}
			for k, x := range row {
				dst[b*width+k] = float64(x)
			}
		}
	}
	rows("x", st.X, l.X, b, c.D(0))
	for i := 1; i <= n; i++ {
		rows(fmt.Sprint("Y_", i), st.Y[i], l.Y[i-1], b, width(s.columns.y[i], c.D(i)))
		if i <= len(l.V) {
			rows(fmt.Sprint("V_", i), st.V[i], l.V[i-1], b, width(s.columns.v[i], c.D(i)))
		}
	}
	for _, part := range []struct {
		name string
		dst  []float64
		from [][]value
	}{{"w", st.W, l.W}, {"U", st.U, l.U}, {"after", st.After, l.After}} {
		if part.dst == nil {
			continue
		}
		if len(part.from) != n && err == nil {
			err = fmt.Errorf("%s: %s has %d parts, want %d", where, part.name, len(part.from), n)
		}
		for i := 1; i <= n && err == nil; i++ {
			rows(fmt.Sprintf("%s_%d", part.name, i), c.W(i, part.dst), part.from[i-1:i], 1, c.Op(i).NW())
		}
	}
	return err
}
