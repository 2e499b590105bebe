package trace

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Writer writes a record as a directory of chunks, see FORMAT.md. Write takes a step, Close
// the rest; what a Writer has not closed is a record up to its last whole chunk.
type Writer struct {
	dir    string
	shape  *shape
	number int
	held   map[string][]byte
	steps  int
	b      int
	parts  string // of the steps held, see partsOf
	last   int    // the step that was written last
	wide   bool
}

// chunkBytes is about how large a chunk of a Writer is.
const chunkBytes = 16 << 20

// Create makes the directory dir, which may not be there yet, and writes run.json.
// States are written as float32 where the run's storage has no more digits, else as float64.
func Create(dir string, run Run) (*Writer, error) {
	run.Version = FormatVersion
	data, err := json.MarshalIndent(run, "", " ")
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	s, err := parseRun(data)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	if err := strict.WriteFile(filepath.Join(dir, "run.json"), append(data, '\n')); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	w := &Writer{dir: dir, shape: s, held: map[string][]byte{}}
	w.wide = formats[run.Precision.Storage].Mantissa > 23
	return w, nil
}

// Write records a step. V is written as it is, with scale 1; nil parts of U and After, and a
// Loss that is NaN, are left out. A step that does not come after the one before is an error, and is not
// recorded: no record could be read that has it. It panics on parts of a wrong length.
func (w *Writer) Write(st *Step) error {
	c := w.shape.chain
	if w.number+w.steps > 0 && st.T <= w.last {
		return fmt.Errorf("trace: step %d after step %d, want rising steps", st.T, w.last)
	}
	parts := partsOf(st)
	if w.steps > 0 && (st.B != w.b || parts != w.parts || w.size() > chunkBytes) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.b, w.parts, w.last = st.B, parts, st.T
	w.ints("step", st.T)
	w.ints("samples", st.M)
	w.floats("gamma", true, 1, []float64{st.Gamma})
	if !math.IsNaN(st.Loss) {
		w.floats("loss", true, 1, []float64{st.Loss})
	}
	w.floats("x", true, st.B*c.D(0), st.X)
	if w.shape.labelled != nil {
		w.ints("label", st.Labels...)
	}
	for i := 1; i <= c.N(); i++ {
		n := fmt.Sprint("_", i)
		w.floats("Y"+n, w.wide, st.B*width(w.shape.columns.y[i], c.D(i)), st.Y[i])
		if st.V[i] != nil {
			w.floats("V"+n, w.wide, st.B*width(w.shape.columns.v[i], c.D(i)), st.V[i])
		}
		if c.Op(i).NW() == 0 {
			continue
		}
		w.floats("w"+n, true, c.Op(i).NW(), c.W(i, st.W))
		if st.U != nil {
			w.floats("U"+n, true, c.Op(i).NW(), c.W(i, st.U))
		}
		if st.After != nil {
			w.floats("after"+n, true, c.Op(i).NW(), c.W(i, st.After))
		}
	}
	w.steps++
	return nil
}

// partsOf says which parts a step has of those that may be left out: all steps of a chunk have the same.
func partsOf(st *Step) string {
	var has []bool
	for _, v := range st.V {
		has = append(has, v != nil)
	}
	return fmt.Sprint(has, st.U != nil, st.After != nil, !math.IsNaN(st.Loss))
}

func (w *Writer) size() int {
	n := 0
	for _, b := range w.held {
		n += len(b)
	}
	return n
}

func (w *Writer) ints(name string, v ...int) {
	for _, x := range v {
		w.held[name] = binary.LittleEndian.AppendUint64(w.held[name], uint64(x))
	}
}

func (w *Writer) floats(name string, wide bool, want int, v []float64) {
	if len(v) != want {
		panic(fmt.Sprintf("trace: %s has %d numbers, want %d", name, len(v), want))
	}
	b := w.held[name]
	for _, x := range v {
		if wide {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
		}
	}
	w.held[name] = b
}

// flush writes a chunk.
func (w *Writer) flush() error {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	names := w.shape.arrayNames()
	for _, name := range slices.Sorted(maps.Keys(w.held)) {
		data, want := w.held[name], names[name]
		size, descr := 8, "<f8"
		switch {
		case name == "step" || name == "label" || name == "samples":
			descr = "<i8"
		case !w.wide && (name[0] == 'Y' || name[0] == 'V'):
			size, descr = 4, "<f4"
		}
		lengths := []int{w.steps}
		if want.samples {
			lengths = append(lengths, w.b)
		}
		if rest := len(data) / size / product(lengths); name != "label" && !want.scalar {
			lengths = append(lengths, rest)
		}
		if err := addArray(z, name, descr, lengths, data); err != nil {
			return fmt.Errorf("trace: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	if err := strict.WriteFile(chunkName(w.dir, w.number), out.Bytes()); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	w.number++
	w.steps = 0
	clear(w.held)
	return nil
}

func product(v []int) int {
	p := 1
	for _, x := range v {
		p *= x
	}
	return p
}

// addArray writes an array as numpy.save does.
func addArray(z *zip.Writer, name, descr string, lengths []int, data []byte) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
	if err != nil {
		return err
	}
	text := ""
	for k, n := range lengths {
		if k > 0 {
			text += ", "
		}
		text += fmt.Sprint(n)
	}
	if len(lengths) == 1 {
		text += ","
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, text)
	for (len(head)+11)%64 != 0 {
		head += " "
	}
	head += "\n"
	start := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	for _, part := range [][]byte{start, []byte(head), data} {
		if _, err := f.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Close writes the last chunk. A Writer that has written no step is an error: a record has one.
func (w *Writer) Close() error {
	if w.steps > 0 {
		return w.flush()
	}
	if w.number == 0 {
		return fmt.Errorf("trace: %s: no step was recorded", w.dir)
	}
	return nil
}

// Recorder is a core.BatchPerturber that records what it perturbs: the Go engine's own
// adapter. Its Pass runs a step of core.Batch.
type Recorder struct {
	st    Step
	c     *core.Chain
	inner core.BatchPerturber
}

// Pass runs a pass of the batch that is loaded with the perturbations of p, nil for none,
// and keeps the states. Step is then what a Writer takes, but for T, M, Gamma, X and Labels.
func (r *Recorder) Pass(c *core.Chain, b *core.Batch, w []float64, p core.BatchPerturber) *Step {
	st, n := &r.st, c.N()
	st.B, st.M, st.Scale = b.Len(), b.Len(), 1
	if st.Y == nil {
		st.Y, st.V = make([][]float64, n+1), make([][]float64, n+1)
	}
	for i := 1; i <= n; i++ {
		st.Y[i] = sized(st.Y[i], st.B*c.D(i))
		if i < n {
			st.V[i] = sized(st.V[i], st.B*c.D(i))
		}
	}
	r.c, r.inner = c, p
	b.Pass(w, func(from, to int) core.Perturber {
		k := &keeper{r: r, from: from, to: to}
		if p != nil {
			k.inner = p(from, to)
		}
		return k
	})
	st.W = append(st.W[:0], w...)
	st.U = append(st.U[:0], b.U()...)
	st.Loss = b.Loss()
	return st
}

// keeper keeps the states of a window.
type keeper struct {
	r        *Recorder
	from, to int
	inner    core.Perturber
}

// Delta implements core.Perturber.
func (k *keeper) Delta(i int, dst, f []float64) {
	k.perturb(dst, f, k.r.st.Y[i], func() { k.inner.Delta(i, dst, f) })
}

// Eps implements core.Perturber.
func (k *keeper) Eps(i int, dst, b []float64) {
	k.perturb(dst, b, k.r.st.V[i-1], func() { k.inner.Eps(i, dst, b) })
}

// Reads implements core.Reader, so that a Batch refuses a zeta that is given to the Recorder.
func (k *keeper) Reads() bool {
	r, ok := k.inner.(core.Reader)
	return ok && r.Reads()
}

// Zeta implements core.Reader.
func (k *keeper) Zeta(i int, dst, y []float64) { k.inner.(core.Reader).Zeta(i, dst, y) }

func (k *keeper) perturb(dst, f, keep []float64, perturb func()) {
	if k.inner != nil {
		perturb()
	} else {
		clear(dst)
	}
	d := len(f) / (k.to - k.from)
	keep = keep[k.from*d : k.to*d]
	for j, x := range f {
		keep[j] = x + dst[j]
	}
}
