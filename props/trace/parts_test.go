package trace

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

var update = flag.Bool("update", false, "write testdata/allowed.md anew")

const allowedFile = "testdata/allowed.md"

// allowedView is an operator at made-up arguments, two rows of them.
func allowedView(op string) *opView {
	o := &opView{spec: core.Spec{Op: op}, in: 3, out: 3, labels: []int{2, 1}}
	weights := map[string]int{"affine": 8, "linear": 6, "bias": 3, "scale": 3, "bilinear": 3}
	switch op {
	case "affine", "linear":
		o.out = 2
	case "fixed":
		o.out, o.spec.A = 2, [][]float64{{0.5, -1.25, 2}, {-3, 0.75, 1}}
	case "halfsq", "softmaxce", "bilinear":
		o.out = 1
	case "logistic":
		o.in, o.out = 1, 1
	}
	some := func(n int, from, step float64) (v []float64) {
		for k := range n {
			v = append(v, math.Round(64*(from+step*float64(k)*float64(1-k%2*2)))/64)
		}
		return v
	}
	o.x, o.y, o.w = some(2*o.in, 0.625, 0.9), some(2*o.out, 1.375, 0.6), some(weights[op], -0.75, 0.7)
	o.norms()
	o.forget()
	return o
}

// allowedTable is what rounding may do to each operator, by bound, by cheap bound and on
// average.
func allowedTable() string {
	var b strings.Builder
	b.WriteString("# What rounding may do\n\nBounds, cheap bounds and mean squares of the errors of each operator at " +
		"made-up arguments.\n\n| operator | precision | what | entries |\n|---|---|---|---|\n")
	for _, op := range core.OpNames() {
		for _, p := range []Precision{
			{"float64", "float64", "float64"}, {"bfloat16", "float32", "float32"}, {"float16", "bfloat16", "float32"},
		} {
			e := newEnvelope(p)
			for _, casts := range []bool{false, true} {
				m := model{envelope: e, storage: formats[p.Storage], finer: e.c < e.s, castsW: casts}
				allowedRows(&b, op, fmt.Sprintf("%s/%s/%s", p.Storage, p.Compute, p.Accumulate), &m, casts)
			}
		}
	}
	return b.String()
}

func allowedRows(b *strings.Builder, op, precision string, m *model, casts bool) {
	o, e := allowedView(op), &m.envelope
	row := func(what string, v ...float64) {
		fmt.Fprintf(b, "| %s | %s | %s |", op, precision, what)
		for _, x := range v {
			fmt.Fprintf(b, " %.5g", x)
		}
		b.WriteString(" |\n")
	}
	const sample = 1
	y := o.y[o.out:]
	v, g := slices.Repeat([]float64{0.4375, -1.5, 2.25}, 1)[:o.out], []float64{-0.375, 1.125, 0.8125}[:o.in]
	if casts {
		row("forward on average, weights cast", m.forward(square(y), o, sample, y))
		row("by input on average, weights cast", m.byInput(square(g), o, sample, v, g))
		return
	}
	dst := make([]float64, o.out)
	e.forward(dst, o, sample, y)
	twice := slices.Clone(dst)
	if e.forward(twice, o, sample, y); len(dst) > 0 && twice[0] != 2*dst[0] {
		row("forward does not add to what is there", twice...)
	}
	row("forward", dst...)
	for k := range dst {
		dst[k] = e.stored(y[k], dst[k])
	}
	row("forward, stored", dst...)
	back := make([]float64, o.in)
	e.byInput(back, o, sample, v, g)
	twice = slices.Clone(back)
	if e.byInput(twice, o, sample, v, g); twice[0] != 2*back[0] {
		row("by input does not add to what is there", twice...)
	}
	row("by input", back...)
	for k := range back {
		back[k] = e.stored(g[k], back[k])
	}
	var l limits
	cheap := make([]float64, o.out)
	l.forward(e, o)
	if l.col != nil {
		l.times = math.Sqrt(o.input2(sample))
	}
	l.fill(cheap, y, nil)
	row("forward, cheaply", cheap...)
	cheapBack := make([]float64, o.in)
	l.byInput(e, o, 0x1p-60)
	if l.col != nil {
		l.times = norm(v)
	}
	if o.out == o.in {
		l.fill(cheapBack, g, v)
	} else {
		l.fill(cheapBack, g, nil)
	}
	row("by input, cheaply", cheapBack...)
	row("forward on average", m.forward(square(y), o, sample, y))
	row("by input on average", m.byInput(square(g), o, sample, v, g))
	clear(o.x)
	clear(o.y)
	clear(o.w)
	o.norms()
	o.forget()
	clear(dst)
	e.forward(dst, o, sample, o.y[o.out:])
	row("forward, at 0", dst...)
	clear(back)
	e.byInput(back, o, sample, make([]float64, o.out), make([]float64, o.in))
	row("by input, at 0", back...)
	row("widened by the judge's own", e.judged())
}

// TestAllowed: what is allowed changes on purpose alone. That no clean run goes beyond it and
// that a fault does, other tests say.
func TestAllowed(t *testing.T) {
	got := allowedTable()
	if *update {
		if err := os.WriteFile(allowedFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(allowedFile)
	if err != nil {
		t.Fatal(err)
	}
	old, lines := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for k, line := range lines {
		if k >= len(old) || line != old[k] {
			t.Errorf("%s, line %d is not\n%s\nrun with -update and look at what changed", allowedFile, k+1, line)
		}
	}
	if len(old) != len(lines) {
		t.Errorf("%d lines, %s has %d", len(lines), allowedFile, len(old))
	}
}

// TestMedian: of odd and even many numbers, and of none.
func TestMedian(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 10, 2}, 3}, {[]float64{7}, 7}, {[]float64{9, 5}, 7}} {
		if got := medianOf(slices.Clone(c.v)); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.v, got, c.want)
		}
	}
	if got := medianOf(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

// TestHistory: of many blocks every second, fourth, ... is kept, and the largest of all.
func TestHistory(t *testing.T) {
	var h history
	const n = 3*historyMost + 5
	for k := range n {
		h.add(block{from: k, z: -math.Abs(float64(k - 1001)), m: float64(k)})
	}
	if len(h.all) >= historyMost || len(h.all) < historyMost/4 || h.stride != 4 || h.seen != n {
		t.Errorf("%d blocks are kept, stride %d, of %d", len(h.all), h.stride, h.seen)
	}
	for k, b := range h.all {
		if b.from != 4*k {
			t.Fatalf("block %d kept is number %d", k, b.from)
		}
	}
	top := func(blocks []block) (at []int) {
		for _, b := range blocks {
			at = append(at, b.from)
		}
		return at
	}
	if got := top(h.topM); !slices.Equal(got, []int{n - 1, n - 2, n - 3, n - 4, n - 5, n - 6, n - 7, n - 8}) {
		t.Errorf("largest by m: %v", got)
	}
	if got := top(h.topZ); len(got) != topKept || got[0] != 1001 || !slices.Contains(got, 998) ||
		slices.Contains(got, 996) {
		t.Errorf("largest by z: %v", got)
	}
	few := history{all: []block{{z: 1}, {z: 2}, {z: 4}, {z: 10}}}
	if median, spread := few.usual(func(b block) float64 { return b.z }); median != 3 || spread != 1.4826*1.5 {
		t.Errorf("median %v, spread %v, want 3 and the median of 2, 1, 1, 7", median, spread)
	}
}

// TestSiteTotals: sums over the steps at which a site was checked.
func TestSiteTotals(t *testing.T) {
	var s siteTotals
	for _, c := range []struct {
		checked     bool
		sum2, pred  float64
		samples     int
		sum, most   float64
		predicted   float64
		samplesSeen int
	}{
		{true, 8, 3, 2, 8, 2, 3, 2}, {false, 99, 99, 9, 8, 2, 3, 2}, {true, 3, 4, 3, 11, 2, 7, 5},
		{true, 27, 1, 3, 38, 3, 8, 8},
	} {
		e := &siteError{checked: c.checked, pred: c.pred}
		e.sum2[byValue] = c.sum2
		s.add(e, c.samples)
		if s.sum2 != c.sum || s.largest != c.most || s.pred != c.predicted || s.samples != c.samplesSeen {
			t.Errorf("after %+v: %+v", c, s)
		}
	}
}

// TestBiasSums: the errors of the two steps of a block are added up, and the next block begins
// anew; the totals are of all.
func TestBiasSums(t *testing.T) {
	var b bias
	e := &siteError{checked: true, d: 2}
	for way := range ways {
		e.sum2[way], e.mean[way] = float64(way+1), []float64{1, -2}
	}
	for k := range 3 * biasBlock {
		e.mean[byValue][0] = float64(k + 1)
		b.add(e, 4, 0.5)
		n, begun := k%biasBlock+1, float64(k-k%biasBlock)
		sum := float64(n)*begun + float64(n*(n+1))/2
		if b.samples != 4*n || b.bound != 0.5*float64(n) || b.ways2[byValue] != float64(n) ||
			!slices.Equal(b.mean[byValue], []float64{sum, -2 * float64(n)}) {
			t.Errorf("step %d: %d samples, bound %v, squares %v, sums %v", k, b.samples, b.bound, b.ways2, b.mean[byValue])
		}
		if done := (k + 1) / biasBlock * biasBlock; b.totalSamples != 4*done || b.total2 != float64(done) {
			t.Errorf("step %d: in all %d samples, squares %v", k, b.totalSamples, b.total2)
		}
	}
	if !slices.Equal(b.total, []float64{21, -12}) || b.way != byValue {
		t.Errorf("total %v, way %d", b.total, b.way)
	}
}

// TestIntegers: signed and unsigned integers of each size.
func TestIntegers(t *testing.T) {
	for _, c := range []struct {
		kind byte
		size int
		b    []byte
		want int64
	}{
		{'u', 1, []byte{200}, 200}, {'i', 1, []byte{200}, -56}, {'i', 1, []byte{100}, 100},
		{'u', 2, []byte{1, 0x80}, 0x8001}, {'i', 2, []byte{1, 0x80}, -0x7fff}, {'i', 2, []byte{2, 1}, 258},
		{'u', 4, []byte{4, 3, 2, 0x81}, 0x81020304}, {'i', 4, []byte{0xfe, 0xff, 0xff, 0xff}, -2},
		{'u', 8, []byte{1, 0, 0, 0, 0, 0, 0, 0x80}, math.MaxInt64},
		{'i', 8, []byte{1, 0, 0, 0, 0, 0, 0, 0x80}, math.MinInt64 + 1},
	} {
		a := &array{kind: c.kind, size: c.size}
		if got := a.integer(append(slices.Clone(c.b), 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77)); got != c.want {
			t.Errorf("%c%d % x is %d, want %d", c.kind, c.size, c.b, got, c.want)
		}
	}
}

// TestHeaders: version 1 of .npy has two bytes for the length of its header, 2 and 3 have four.
func TestHeaders(t *testing.T) {
	const text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n"
	for version := range byte(5) {
		b := append([]byte("\x93NUMPY"), version, 0)
		if version < 2 {
			b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
		}
		a := &array{r: bufio.NewReader(strings.NewReader(string(b) + text + "rest"))}
		err := a.readHeader()
		if version < 1 || version > 3 {
			if err == nil || !strings.Contains(err.Error(), "want 1, 2 or 3") {
				t.Errorf("version %d: %v", version, err)
			}
			continue
		}
		if err != nil || a.kind != 'f' || a.size != 8 || !slices.Equal(a.shape, []int{3, 2}) {
			t.Errorf("version %d: %v, %c%d %v", version, err, a.kind, a.size, a.shape)
		}
		if next, err := a.r.ReadByte(); err != nil || next != 'r' {
			t.Errorf("version %d: the data begin with %c, %v", version, next, err)
		}
	}
}

// TestLongHeader: all four bytes of a length count.
func TestLongHeader(t *testing.T) {
	b := binary.LittleEndian.AppendUint32([]byte("\x93NUMPY\x02\x00"), 1<<16+60)
	a := &array{r: bufio.NewReader(strings.NewReader(string(b) + strings.Repeat(" ", 1<<17)))}
	if err := a.readHeader(); err == nil || !strings.Contains(err.Error(), "a header of 65596 bytes") {
		t.Errorf("error %v", err)
	}
}

// TestRecovery: a loss of 10, 11, 12 in turn has the median 11 and the deviation 1, so that the
// loss is back at 11 + 3*1.4826 = 15.4; where the mean of three steps is below, it took that long.
// Without rounding the next it is back at once.
func TestRecovery(t *testing.T) {
	s := &series{}
	for k := range 30 {
		s.t, s.gamma = append(s.t, 10*k), append(s.gamma, 0.5)
		s.loss, s.error2 = append(s.loss, 10+float64(k%3)), append(s.error2, 1e-6)
	}
	s.error2[15] = 1
	copy(s.loss[16:], []float64{90, 60, 17, 16, 16, 15, 15})
	c := smooth{l: 1, mu: 0.5, lstar: 1}
	var sp Spike
	s.recovery(&sp, 15, 15, 15, c)
	// means of three from step 16 on: 55.7, 31, 16.3, 15.7, 15.3
	if !sp.Recovered || sp.Took != 50 {
		t.Errorf("recovered %v, after %d", sp.Recovered, sp.Took)
	}
	// q = bounds.Smooth.RootQ, beta = sqrt(1/2)/2; allowed = sqrt(10+4.4478) - sqrt(10).
	if allowed, beta := math.Sqrt(10+3*1.4826)-math.Sqrt(10), math.Sqrt(0.5)/2; beta > allowed || sp.Promised != 0 {
		t.Errorf("promised after %d, beta %v of %v allowed", sp.Promised, beta, allowed)
	}
	s.error2[15] = 100
	sp = Spike{}
	s.recovery(&sp, 15, 15, 15, c)
	if sp.Promised < 1 || sp.Promised > 100 {
		t.Errorf("a large one is promised after %d", sp.Promised)
	}
	sp = Spike{}
	s.recovery(&sp, 15, 15, 15, smooth{})
	if sp.Why == "" || sp.Promised != 0 {
		t.Errorf("without constants %+v", sp)
	}
}

// TestNeverChecked: a site that no step checked has no sums, and says so.
func TestNeverChecked(t *testing.T) {
	run := newEngineRun(t, engines[0], 3, 5, 24, 16)
	r := newRunJudge(run.shape, "x")
	for k := range r.sums {
		if s := r.siteSum(k); s.Checked || !math.IsNaN(float64(s.RMS)) || !math.IsNaN(float64(s.Largest)) {
			t.Errorf("%+v", s)
		}
	}
	r.sums[0].add(&siteError{checked: true, pred: 1}, 4)
	if s := r.siteSum(0); !s.Checked || s.RMS != 0 || s.Expected != 0.5 {
		t.Errorf("%+v", s)
	}
}

// TestFaultySteps: each step with a fault counts once, a fault of one site and rule is listed
// once with its steps.
func TestFaultySteps(t *testing.T) {
	r := newRunJudge(newEngineRun(t, engines[0], 3, 5, 24, 16).shape, "x")
	a, b := Fault{Site: Site{"U", 1, 1}, Rule: "(5c)"}, Fault{Site: Site{"U", 2, 2}, Rule: "(5c)"}
	for _, seen := range [][]Fault{{a, b}, nil, {a}, {b, b}} {
		r.seen = seen
		r.addFaults()
	}
	if r.out.FaultySteps != 3 || len(r.out.Faults) != 2 || r.out.Faults[0].Steps != 2 || r.out.Faults[1].Steps != 3 {
		t.Errorf("%d faulty steps, %+v", r.out.FaultySteps, r.out.Faults)
	}
}

// TestConstantsOfRun: what is known of the objective is taken, the rest is estimated, which is said.
func TestConstantsOfRun(t *testing.T) {
	star := 0.25
	for _, c := range []struct {
		known *Known
		want  smooth
	}{
		{nil, smooth{l: 8, mu: 2, estimated: true}},
		{&Known{L: 5}, smooth{l: 5, mu: 2, estimated: true}},
		{&Known{Mu: 1}, smooth{l: 8, mu: 1, estimated: true}},
		{&Known{L: 5, Mu: 1, LStar: &star}, smooth{l: 5, mu: 1, lstar: 0.25}},
	} {
		r := newRunJudge(newEngineRun(t, engines[0], 3, 5, 24, 16).shape, "x")
		r.shape.run.Known, r.curve.l, r.curve.mu = c.known, 8, 2
		if got := r.smooth(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.known, got, c.want)
		}
	}
}
