package trace

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/x448/float16"
)

// array is an array of an .npz chunk, which is read row by row.
type array struct {
	name  string
	kind  byte // 'f', 'i' or 'u'
	size  int  // bytes of a number
	shape []int
	r     *bufio.Reader
	c     io.Closer
	pool  *sync.Pool // which r is from
}

// readers are buffers that arrays of former chunks had: wide ones, which save calls of the system, for the arrays of a
// chunk that has few.
var readers, wideReaders = buffers(1 << 15), buffers(1 << 17)

// fewArrays take no more than 16 MB in wide buffers.
const fewArrays = 128

func buffers(size int) *sync.Pool {
	return &sync.Pool{New: func() any { return bufio.NewReaderSize(nil, size) }}
}

func (a *array) close() {
	a.c.Close()
	a.r.Reset(nil)
	a.pool.Put(a.r)
	a.r = nil
}

// The header is the text that numpy.save writes, and nothing else.
var header = regexp.MustCompile(
	`^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \} *\n?$`)

const maxHeader = 1 << 12

// openArray reads the header of an array of a zip file.
func openArray(f *zip.File, pool *sync.Pool) (*array, error) {
	name, ok := strings.CutSuffix(f.Name, ".npy")
	if !ok {
		return nil, fmt.Errorf("%s is no array: its name does not end in .npy", strict.Quote(f.Name))
	}
	rc, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", strict.Cut(name), err)
	}
	a := &array{name: name, r: pool.Get().(*bufio.Reader), c: rc, pool: pool}
	a.r.Reset(rc)
	if err := a.readHeader(); err != nil {
		a.close()
		return nil, fmt.Errorf("array %s: %w", strict.Cut(name), err)
	}
	return a, nil
}

func (a *array) readHeader() error {
	var start [8]byte
	if _, err := io.ReadFull(a.r, start[:]); err != nil {
		return torn(err)
	}
	if string(start[:6]) != "\x93NUMPY" {
		return fmt.Errorf("it does not begin with \\x93NUMPY")
	}
	long := start[6] >= 2
	if start[6] < 1 || start[6] > 3 {
		return fmt.Errorf("version %d of .npy, want 1, 2 or 3", start[6])
	}
	length := make([]byte, 2)
	if long {
		length = make([]byte, 4)
	}
	if _, err := io.ReadFull(a.r, length); err != nil {
		return torn(err)
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if long {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxHeader {
		return fmt.Errorf("a header of %d bytes, want at most %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(a.r, text); err != nil {
		return torn(err)
	}
	m := header.FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("header %s is not what numpy.save writes", strict.Quote(string(text)))
	}
	if err := a.readType(string(m[1])); err != nil {
		return err
	}
	if err := a.readShape(string(m[3])); err != nil {
		return err
	}
	if string(m[2]) == "True" && len(a.shape) > 1 {
		return fmt.Errorf("it is in Fortran order, want C order (numpy.ascontiguousarray)")
	}
	return nil
}

func (a *array) readType(descr string) error {
	if len(descr) == 3 && strings.ContainsRune("<|", rune(descr[0])) {
		a.kind, a.size = descr[1], int(descr[2]-'0')
		switch descr[1:] {
		case "f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1":
			return nil
		}
	}
	return fmt.Errorf("numbers of type %s, want float64, float32, float16 or integers, little-endian",
		strict.Quote(descr))
}

func (a *array) readShape(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(a.shape) == 3 {
			return fmt.Errorf("shape (%s), want at most 3 lengths", strict.Cut(text))
		}
		a.shape = append(a.shape, n)
	}
	return nil
}

// read lends the next n numbers to take, as bytes, in one or more pieces; from counts them.
func (a *array) read(n int, take func(b []byte, from, to int)) error {
	most := a.r.Size() / a.size
	for from := 0; from < n; {
		to := min(from+most, n)
		b, err := a.r.Peek((to - from) * a.size)
		if err != nil {
			return torn(err)
		}
		take(b, from, to)
		a.r.Discard(len(b)) // of what Peek has seen there is no error
		from = to
	}
	return nil
}

// floats reads the next len(dst) numbers.
func (a *array) floats(dst []float64) error {
	return a.read(len(dst), func(b []byte, from, to int) { a.decode(dst[from:to], b) })
}

func (a *array) decode(dst []float64, b []byte) {
	le := binary.LittleEndian
	switch {
	case a.kind == 'f' && a.size == 8:
		for ; len(dst) >= 4 && len(b) >= 32; dst, b = dst[4:], b[32:] {
			dst[0] = math.Float64frombits(le.Uint64(b))
			dst[1] = math.Float64frombits(le.Uint64(b[8:]))
			dst[2] = math.Float64frombits(le.Uint64(b[16:]))
			dst[3] = math.Float64frombits(le.Uint64(b[24:]))
		}
		for k := range dst {
			dst[k] = math.Float64frombits(le.Uint64(b[8*k:]))
		}
	case a.kind == 'f' && a.size == 4:
		for ; len(dst) >= 4 && len(b) >= 16; dst, b = dst[4:], b[16:] {
			dst[0] = float64(math.Float32frombits(le.Uint32(b)))
			dst[1] = float64(math.Float32frombits(le.Uint32(b[4:])))
			dst[2] = float64(math.Float32frombits(le.Uint32(b[8:])))
			dst[3] = float64(math.Float32frombits(le.Uint32(b[12:])))
		}
		for k := range dst {
			dst[k] = float64(math.Float32frombits(le.Uint32(b[4*k:])))
		}
	case a.kind == 'f':
		for k := range dst {
			dst[k] = float64(float16.Frombits(le.Uint16(b[2*k:])).Float32())
		}
	default:
		for k := range dst {
			dst[k] = float64(a.integer(b[a.size*k:]))
		}
	}
}

// ints reads the next len(dst) integers.
func (a *array) ints(dst []int) error {
	if a.kind == 'f' {
		return fmt.Errorf("float%d, want integers", 8*a.size)
	}
	return a.read(len(dst), func(b []byte, from, to int) {
		for k := range dst[from:to] {
			dst[from+k] = int(a.integer(b[a.size*k:]))
		}
	})
}

func (a *array) integer(b []byte) int64 {
	le := binary.LittleEndian
	var u uint64
	switch a.size {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(le.Uint16(b))
	case 4:
		u = uint64(le.Uint32(b))
	default:
		u = le.Uint64(b)
	}
	if a.kind == 'u' {
		return int64(min(u, math.MaxInt64))
	}
	shift := 64 - 8*a.size
	return int64(u<<shift) >> shift
}

// end checks that nothing follows, which has the checksum of the file compared.
func (a *array) end() error {
	_, err := a.r.ReadByte()
	if err == nil {
		return fmt.Errorf("more bytes than its shape %v has numbers", a.shape)
	}
	if err != io.EOF {
		return torn(err)
	}
	return nil
}

func torn(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("torn: the file ends within it")
	}
	return err
}

// chunk is an .npz file of steps.
type chunk struct {
	*shape
	arrays   map[string]*array
	parts    []chunkPart // those with floating-point numbers of which a step has many, in the order of a step
	k, b, at int         // steps, samples, the next step
	u, after bool        // whether they are there
}

// chunkPart is an array and where its numbers belong in a Step.
type chunkPart struct {
	*array
	of func(st *Step) []float64
}

// order fills parts.
func (ch *chunk) order() {
	c := ch.chain
	add := func(name string, of func(st *Step) []float64) {
		if a := ch.arrays[name]; a != nil {
			ch.parts = append(ch.parts, chunkPart{a, of})
		}
	}
	add("x", func(st *Step) []float64 { return st.X })
	for i := 1; i <= c.N(); i++ {
		n := fmt.Sprint("_", i)
		add("Y"+n, func(st *Step) []float64 { return st.Y[i] })
		add("V"+n, func(st *Step) []float64 { return st.V[i] })
		add("w"+n, func(st *Step) []float64 { return c.W(i, st.W) })
		add("U"+n, func(st *Step) []float64 { return c.W(i, st.U) })
		add("after"+n, func(st *Step) []float64 { return c.W(i, st.After) })
	}
	ch.u, ch.after = ch.has("U"), ch.has("after")
}

// openChunk opens the arrays of an .npz file.
func openChunk(files []*zip.File, s *shape) (*chunk, error) {
	ch := &chunk{shape: s, arrays: map[string]*array{}}
	if err := ch.open(files); err != nil {
		ch.close()
		return nil, err
	}
	return ch, nil
}

func (ch *chunk) open(files []*zip.File) error {
	s := ch.shape
	wanted := s.arrayNames()
	pool := readers
	if len(files) <= fewArrays {
		pool = wideReaders
	}
	for _, f := range files {
		if f.Name == "run.npy" {
			continue
		}
		a, err := openArray(f, pool)
		if err != nil {
			return err
		}
		if ch.arrays[a.name] != nil {
			a.close()
			return fmt.Errorf("array %s is there twice", strict.Cut(a.name))
		}
		ch.arrays[a.name] = a
		if _, ok := wanted[a.name]; !ok {
			return fmt.Errorf("array %s has no place in this chain (operators %d, of which with weights: %v)",
				strict.Cut(a.name), s.chain.N(), s.withWeights())
		}
	}
	if err := ch.check(wanted); err != nil {
		return err
	}
	ch.order()
	return nil
}

// arrayNames are the arrays of a chunk and the lengths of their rows behind step and sample;
// -1 stands for an array without samples' axis that has one number a step.
type arrayWant struct {
	samples  bool
	row      int // numbers behind the axes of step and sample
	scalar   bool
	optional bool
}

func (s *shape) arrayNames() map[string]arrayWant {
	c := s.chain
	m := map[string]arrayWant{
		"step": {scalar: true}, "gamma": {scalar: true}, "x": {samples: true, row: c.D(0)},
		"loss": {scalar: true, optional: true}, "scale": {scalar: true, optional: true},
		"samples": {scalar: true, optional: true},
	}
	if s.labelled != nil {
		m["label"] = arrayWant{samples: true, row: 1}
	}
	for i := 1; i <= c.N(); i++ {
		m[fmt.Sprint("Y_", i)] = arrayWant{samples: true, row: width(s.columns.y[i], c.D(i))}
		m[fmt.Sprint("V_", i)] = arrayWant{samples: true, row: width(s.columns.v[i], c.D(i)), optional: i == c.N()}
		if n := c.Op(i).NW(); n > 0 {
			m[fmt.Sprint("w_", i)] = arrayWant{row: n}
			m[fmt.Sprint("U_", i)] = arrayWant{row: n, optional: true}
			m[fmt.Sprint("after_", i)] = arrayWant{row: n, optional: true}
		}
	}
	return m
}

// withWeights are the operators with weights.
func (s *shape) withWeights() (is []int) {
	for i := 1; i <= s.chain.N(); i++ {
		if s.chain.Op(i).NW() > 0 {
			is = append(is, i)
		}
	}
	return is
}

// check holds the shapes of all arrays against the chain.
func (ch *chunk) check(wanted map[string]arrayWant) error {
	x := ch.arrays["x"]
	if x == nil || len(x.shape) != 3 {
		return fmt.Errorf("array x: %s, want [steps, samples, %d]", shapeOf(x), ch.chain.D(0))
	}
	ch.k, ch.b = x.shape[0], x.shape[1]
	switch {
	case ch.k < 1:
		return fmt.Errorf("array x has no step")
	case ch.b < 1 || ch.b > MaxSamples:
		return fmt.Errorf("array x has %d samples a step, want 1 to %d", ch.b, MaxSamples)
	case ch.numbers(ch.b) > MaxNumbers:
		return fmt.Errorf("a step has %.3g numbers, want at most %d", ch.numbers(ch.b), MaxNumbers)
	}
	names := make([]string, 0, len(wanted))
	for name := range wanted {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		want, a := wanted[name], ch.arrays[name]
		if a == nil && want.optional {
			continue
		}
		if !want.fits(a, ch.k, ch.b) {
			return fmt.Errorf("array %s: %s, want %s", name, shapeOf(a), want.text(ch.k, ch.b))
		}
	}
	for _, kind := range []string{"U_", "after_"} {
		var there, missing []int
		for _, i := range ch.withWeights() {
			if ch.arrays[fmt.Sprint(kind, i)] != nil {
				there = append(there, i)
			} else {
				missing = append(missing, i)
			}
		}
		if len(there) > 0 && len(missing) > 0 {
			return fmt.Errorf("array %s%d is missing, and %s%d is there: want all or none", kind, missing[0], kind, there[0])
		}
	}
	return nil
}

func shapeOf(a *array) string {
	if a == nil {
		return "missing"
	}
	return fmt.Sprintf("has the shape %v", a.shape)
}

func (w arrayWant) fits(a *array, k, b int) bool {
	if a == nil {
		return false
	}
	want := []int{k}
	if w.samples {
		want = append(want, b)
	}
	if !w.scalar && !(w.samples && w.row == 1 && len(a.shape) == 2) {
		want = append(want, w.row)
	}
	return slices.Equal(a.shape, want)
}

func (w arrayWant) text(k, b int) string {
	switch {
	case w.scalar:
		return fmt.Sprintf("[%d]", k)
	case w.samples:
		return fmt.Sprintf("[%d %d %d]", k, b, w.row)
	default:
		return fmt.Sprintf("[%d %d]", k, w.row)
	}
}

// next reads a step; io.EOF when there is none.
func (ch *chunk) next(st *Step) error {
	if ch.at == ch.k {
		for _, name := range sortedNames(ch.arrays) {
			if err := ch.arrays[name].end(); err != nil {
				return fmt.Errorf("array %s: %w", name, err)
			}
		}
		return io.EOF
	}
	c := ch.chain
	st.resize(ch.shape, ch.b, ch.u, ch.after, ch.arrays[fmt.Sprint("V_", c.N())] != nil)
	st.M, st.Scale = ch.run.Samples, 1
	st.noLoss()
	var one [1]float64
	var integer [1]int
	read := func(name string, dst []float64) error {
		a := ch.arrays[name]
		if a == nil || len(dst) == 0 {
			return nil
		}
		if err := a.floats(dst); err != nil {
			return fmt.Errorf("array %s: row %d: %w", name, ch.at, err)
		}
		return nil
	}
	readInts := func(name string, dst []int) error {
		a := ch.arrays[name]
		if a == nil {
			return nil
		}
		if err := a.ints(dst); err != nil {
			return fmt.Errorf("array %s: row %d: %w", name, ch.at, err)
		}
		return nil
	}
	var err error
	try := func(e error) {
		if err == nil {
			err = e
		}
	}
	try(readInts("step", integer[:]))
	st.T = integer[0]
	if ch.arrays["samples"] != nil {
		try(readInts("samples", integer[:]))
		st.M = integer[0]
	}
	try(read("gamma", one[:]))
	st.Gamma = one[0]
	if ch.arrays["loss"] != nil {
		try(read("loss", one[:]))
		st.setLoss(one[0])
	}
	if ch.arrays["scale"] != nil {
		try(read("scale", one[:]))
		st.Scale = one[0]
	}
	try(readInts("label", st.Labels))
	for _, p := range ch.parts {
		if e := p.floats(p.of(st)); e != nil {
			try(fmt.Errorf("array %s: row %d: %w", p.name, ch.at, e))
		}
	}
	ch.at++
	return err
}

// has reports whether the optional arrays of all weights are there; check has seen that
// all or none are.
func (ch *chunk) has(kind string) bool {
	with := ch.withWeights()
	return len(with) > 0 && ch.arrays[fmt.Sprint(kind, "_", with[0])] != nil
}

func sortedNames(m map[string]*array) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (ch *chunk) close() {
	for _, a := range ch.arrays {
		a.close()
	}
	clear(ch.arrays)
}
