package conform

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// short asks what Compare is about without the rules that take long.
func short(rules ...string) *Options {
	if rules == nil {
		rules = []string{"operators"}
	}
	return &Options{Cases: 5, Rules: rules, Ops: []string{
		"linear", "bias", "scale", "tanh", "sigmoid", "softplus", "square",
	}}
}

const comparedFile = "testdata/compared.md"

// TestCompare: the verdict on two builds, where they part, and what is said of it: the texts on
// record change on purpose alone.
func TestCompare(t *testing.T) {
	plain := func(*lab) {}
	off := func(op string, units float64) func(e *lab) { return func(e *lab) { drifting(e, op, units) } }
	builds := map[string]struct {
		old, new func(e *lab)
		p        Precision
		verdict  Verdict
		op       string
		rules    []string // nil means operators
	}{
		"the same": {plain, plain, float64s, SameBits, "",
			[]string{"operators", "trace", "batch", "run", "not-finite"}},
		"sums reversed": {plain, func(e *lab) {
			e.order = "reverse"
		}, float64s, Inside, "affine|linear|bilinear|halfsq", nil},
		"another tanh'": {plain, func(e *lab) {
			e.forms["tanh'"] = "cosh"
		}, word("float32"), Inside, "tanh", []string{"trace", "not-finite"}},
		"sigmoid a unit higher": {plain, off("sigmoid", 1), word("bfloat16"), Inside, "sigmoid", nil},
		"softplus far off":      {plain, off("softplus", 400), word("float32"), Fault, "softplus", nil},
		"decay on its own":      {plain, func(e *lab) { e.decoupled = true }, float64s, Inside, "step", nil},
		"a bit more after every step": {plain, func(e *lab) {
			e.hook.step = func(_ *job, _ int, _, _, after []float64) { lastBit(after) }
		}, float64s, Fault, "step", nil},
		"means of windows": {plain, func(e *lab) { e.averaged = true }, float64s, Inside, "", []string{"batch"}},
		"decay on its own, in runs": {plain, func(e *lab) { e.decoupled = true }, word("float32"), Inside, "",
			[]string{"run"}},
	}
	said := "# What Compare says\n\nOf pairs of builds that differ in one thing.\n"
	for _, name := range slices.Sorted(maps.Keys(builds)) {
		c := builds[name]
		got, err := Compare(labFactory(c.p, c.old), labFactory(c.p, c.new), short(c.rules...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said += fmt.Sprintf("\n## %s\n\n    %s\n", name, strings.ReplaceAll(got.String(), "\n", "\n    "))
		if got.Verdict != c.verdict || got.Precision != c.p || got.Compared < 20 ||
			c.verdict != Fault && got.Lost+got.Added > 0 {
			t.Errorf("%s: want %q in %v on all requests: %v", name, c.verdict, c.p, got)
		}
		if (got.Differ == 0) != (c.verdict == SameBits) || (got.First == nil) != (got.Differ == 0) {
			t.Errorf("%s: %d requests differ, first %v", name, got.Differ, got.First)
		}
		if got.First == nil {
			continue
		}
		if c.op != "" && !slices.Contains(strings.Split(c.op, "|"), cmp.Or(got.First.Op, "step")) {
			t.Errorf("%s: the builds part in %s, want %s: %v", name, got.First.Op, c.op, got)
		}
		for _, d := range []*Drift{got.First, got.Largest} {
			if inside := d.Share <= 1 && d.Share > 0; !inside && c.verdict == Inside || d.Old == d.New {
				t.Errorf("%s: %v, want a share in (0, 1]", name, d)
			}
		}
		if j, err := parseLine([]byte(got.First.Request)); err != nil || len(j.chain) > 2 {
			t.Errorf("%s: error %v; the smallest case has more than 2 operators: %s", name, err, got.First.Request)
		}
	}
	recordedAs(t, comparedFile, said)
}

// drifting makes an operator's value some units too large.
func drifting(e *lab, op string, units float64) {
	changeF(e, op, func(_ int, _ core.Spec, _, _, y []float64) { times(y, 1+2*units*e.computed.unit()) })
}

// TestCompareShare: the share is of the whole envelope, from one end to the other.
func TestCompareShare(t *testing.T) {
	j := jobOf(&Request{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "tanh", N: 1}}, X: []float64{0.5}, W: [][]float64{{0.25}, {}},
		Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}, Gamma: 1, Reg: core.Regularizer{Kind: "none"},
	})
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.prepare(ar); err != nil {
		t.Fatal(err)
	}
	e := j.want.first[0]
	y, tol := e.Y[2][0], e.TolY[2][0]
	at := func(loss float64) *answer {
		return &answer{loss: loss, u: cloneRows(e.U[1:]), w: [][]float64{{0.25 - e.U[1][0]}, {}}}
	}
	for share, off := range map[float64]float64{1: tol, 0.5: tol / 2} {
		d := j.drifts(at(y-off), at(y+off))
		if len(d) != 1 || d[0].Quantity != "loss" || math.Abs(d[0].Share-share) > 0.1 {
			t.Errorf("from %v below to %v above with the tolerance %v: %v, want the share %v", off, off, tol, d, share)
		}
	}
	if d := j.drifts(at(y), at(y)); d != nil {
		t.Errorf("the same numbers differ: %v", d)
	}
	if d := j.drifts(at(math.NaN()), at(math.NaN())); d != nil {
		t.Errorf("NaN is no longer NaN: %v", d)
	}
}

// TestCompareRun: each step of a run has its own envelope, that of its samples at the
// weights which the step before left.
func TestCompareRun(t *testing.T) {
	sample := func(x float64) string {
		return fmt.Sprintf(`{"x":[%v],"delta":[[0],[0]],"eps":[[],[0]]}`, x)
	}
	j, err := parseLine([]byte(`{"type":"run","chain":[{"op":"scale","n":1},{"op":"halfsq","n":1}],"w":[[0.75],[]],` +
		`"reg":{"kind":"none","rho":0},"steps":[{"samples":[` + sample(0.001) + `],"accumulate":1,"gamma":0.5},` +
		`{"samples":[` + sample(1000.3) + `],"accumulate":1,"gamma":0.001}]}`))
	if err != nil {
		t.Fatal(err)
	}
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.prepare(ar); err != nil {
		t.Fatal(err)
	}
	first, _, _, ok := j.stepAt(0, j.w)
	second, _, _, okToo := j.stepAt(1, j.w)
	if !ok || !okToo || !(first > 0) || !(second > 1e6*first) {
		t.Errorf("tolerances of the losses %v and %v, want the second some 10^12 times the first", first, second)
	}
}

// TestOutside: two builds that are both inside differ by the whole envelope at most. NaN is
// not inside.
func TestOutside(t *testing.T) {
	for _, x := range []struct {
		first, largest float64
		want           bool
	}{
		{0, 0, false}, {0.5, 1, false}, {1, 0.5, false}, {0.5, 1.001, true}, {1.001, 0.5, true},
		{math.NaN(), 0.5, true}, {0.5, math.NaN(), true},
	} {
		c := &Comparison{First: &Drift{Share: x.first}, Largest: &Drift{Share: x.largest}}
		if got := c.Outside(); got != x.want {
			t.Errorf("shares %v and %v: outside is %v, want %v", x.first, x.largest, got, x.want)
		}
	}
	if new(Comparison).Outside() {
		t.Error("nothing differs, and yet it is outside")
	}
}

// TestCompareLost: what the new build cannot do any more is a fault, what it can do
// besides is none.
func TestCompareLost(t *testing.T) {
	without := func(op string) Factory {
		return func() (Engine, error) {
			e := newLab(float64s)
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				if slices.ContainsFunc(j.chain, func(s core.Spec) bool { return s.Op == op }) {
					return nil, errors.ErrUnsupported
				}
				return r, nil
			}
			return stepOnly{e}, nil
		}
	}
	got, err := Compare(without(""), without("square"), short("operators"))
	if err != nil || got.Verdict != Fault || got.Lost == 0 || !strings.Contains(got.LostRequest, `"square"`) {
		t.Errorf("error %v; want a fault, square is lost: %v", err, got)
	}
	got, err = Compare(without("square"), without(""), short("operators"))
	if err != nil || got.Verdict != SameBits || got.Added == 0 || !strings.Contains(got.AddedRequest, `"square"`) {
		t.Errorf("error %v; want the same bits, square is new: %v", err, got)
	}
	if !strings.Contains(got.String(), "never recorded, before") {
		t.Errorf("what was not compared is not shown: %v", got)
	}
}

// TestCompareGone: an operator or a type of request that the new build does not declare any
// more is a fault, though nothing that it answers is wrong.
func TestCompareGone(t *testing.T) {
	having := func(ops ...string) Factory {
		return func() (Engine, error) { return newLabOf(Info{Ops: ops}), nil }
	}
	all, fewer := having("bias", "tanh", "square"), having("bias", "tanh")
	stepsOnly := func() (Engine, error) { return stepOnly{newLabOf(Info{Ops: []string{"bias", "tanh"}})}, nil }
	for name, c := range map[string]struct {
		old, new Factory
		gone     []string
	}{
		"an operator": {all, fewer, []string{"square"}},
		"types":       {fewer, stepsOnly, []string{"trace", "batch", "run"}},
		"none":        {stepsOnly, all, nil},
	} {
		got, err := Compare(c.old, c.new, &Options{Cases: 1, Rules: []string{"operators", "trace", "batch", "run"}})
		if err != nil || !slices.Equal(got.Gone, c.gone) || (got.Verdict == Fault) != (c.gone != nil) {
			t.Errorf("%s: error %v; want %v gone: %v", name, err, c.gone, got)
		}
	}
}

// TestCompareAgain: each build's fault is brought to its smallest case by engines of its own.
func TestCompareAgain(t *testing.T) {
	made := map[string]int{}
	faulty := func(who string) Factory {
		return func() (Engine, error) {
			made[who]++
			e := newLab(float64s)
			drifting(e, "softplus", 1<<20)
			return e, nil
		}
	}
	opt := short("operators")
	opt.Again, opt.AgainOld = faulty("new again"), faulty("old again")
	got, err := Compare(faulty("old"), newReference, opt)
	if err != nil || got.Verdict != Fault || made["old again"] == 0 || made["new again"] > 0 {
		t.Errorf("error %v, made %v: %v", err, made, got)
	}
	clear(made)
	got, err = Compare(newReference, faulty("new"), opt)
	if err != nil || got.Verdict != Fault || made["new again"] == 0 || made["old again"] > 0 {
		t.Errorf("error %v, made %v: %v", err, made, got)
	}
}

func TestCompareErrors(t *testing.T) {
	having := func(info Info) Factory { return func() (Engine, error) { return newLabOf(info), nil } }
	dumb := func() (Engine, error) { return dead{errors.ErrUnsupported}, nil }
	for name, c := range map[string]struct {
		old, new Factory
		want     string
	}{
		"precisions": {having(Info{Precision: "float32"}), having(Info{}),
			"computes in float32, the new one in float64"},
		"operators": {having(Info{Ops: []string{"tanh"}}), having(Info{Ops: []string{"bias"}}),
			"no operator in common"},
		"random": {newReference, having(Info{Stochastic: true}), "rounds at random"},
	} {
		if _, err := Compare(c.old, c.new, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	for name, pair := range map[string][2]Factory{
		"no old": {func() (Engine, error) { return nil, errors.New("no device") }, newReference},
		"no new": {newReference, func() (Engine, error) { return nil, errors.New("no device") }},
		"dumb":   {dumb, newReference},
	} {
		got, err := Compare(pair[0], pair[1], short("operators"))
		if err != nil || got.Verdict != Fault {
			t.Errorf("%s: error %v, want a fault: %v", name, err, got)
		}
	}
}

func record(t *testing.T, f Factory, opt *Options) *Recording {
	t.Helper()
	rec := NewRecorder(f, opt)
	if err := Run(rec.Engine, opt).Err(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "replies.gz")
	if err := rec.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	r, err := ReadRecordingFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() != rec.Len() || r.Len() == 0 {
		t.Fatalf("%d replies read, %d written", r.Len(), rec.Len())
	}
	return r
}

// TestRecording: a recording answers as the engine did, of every type, and Compare takes it
// for the old build.
func TestRecording(t *testing.T) {
	p := word("float32")
	r := record(t, labFactory(p, func(*lab) {}), short("operators", "trace", "batch", "run"))
	again := Run(r.Engine, r.Options())
	if again.Err() != nil || again.Engine.precision() != p || len(again.Skipped()) > 0 {
		t.Errorf("the recording: error %v, engine %+v, %s", again.Err(), again.Engine, again.Summary())
	}
	got, err := Compare(r.Engine, labFactory(p, func(*lab) {}), r.Options())
	if err != nil || got.Verdict != SameBits || got.Added > 0 {
		t.Errorf("the same build: error %v, %v", err, got)
	}
	got, err = Compare(r.Engine, labFactory(p, func(e *lab) { e.forms["tanh'"] = "cosh" }), r.Options())
	if err != nil || got.Verdict != Inside || got.First.Op != "tanh" {
		t.Errorf("another tanh': error %v, %v", err, got)
	}
	other := r.Options()
	other.Seed = 2
	got, err = Compare(r.Engine, labFactory(p, func(*lab) {}), other)
	if err != nil || got.Verdict != SameBits || got.Added == 0 || !strings.HasPrefix(got.AddedRequest, `{"type":"`) {
		t.Errorf("another seed: error %v, want requests that were never recorded: %v", err, got)
	}
	e, _ := r.Engine()
	_, err = e.Step(&Request{Gamma: 7})
	if missing := (*NotRecorded)(nil); !errors.As(err, &missing) || !errors.Is(err, errors.ErrUnsupported) ||
		!strings.Contains(missing.Request, `"gamma":7`) {
		t.Errorf("a request that was never recorded: %v", err)
	}
}

// TestRecordingKeepsAbilities: an engine without Trace has none when it was recorded, and
// its errors are kept.
func TestRecordingKeepsAbilities(t *testing.T) {
	opt := short("operators", "trace", "batch", "run")
	rec := NewRecorder(func() (Engine, error) {
		e := newLab(float64s)
		calls := 0
		e.hook.reply = func(_ *job, r *Reply) (*Reply, error) {
			switch calls++; calls {
			case 1:
				return nil, errors.New("no luck")
			case 2:
				return nil, errors.ErrUnsupported
			case 3:
				return nil, nil
			}
			return r, nil
		}
		return stepOnly{e}, nil
	}, opt)
	Run(rec.Engine, opt)
	var b bytes.Buffer
	if err := rec.Write(&b); err != nil {
		t.Fatal(err)
	}
	r, err := ReadRecording(&b)
	if err != nil {
		t.Fatal(err)
	}
	again := Run(r.Engine, opt)
	if got := again.Skipped(); !slices.Equal(got, []string{"trace", "batch", "run"}) {
		t.Errorf("skipped %v, want trace, batch and run", got)
	}
	first := again.Outcomes[0]
	for _, want := range []string{"Step: no luck", "Step: no reply"} {
		if !slices.ContainsFunc(first.Violations, func(v *Violation) bool { return v.Detail == want }) {
			t.Errorf("violations %v, want one with %q", first.Violations, want)
		}
	}
	if first.Unsupported != 1 {
		t.Errorf("%d unsupported, want the one that was recorded", first.Unsupported)
	}
}

// A recording of one reply by hand.
const (
	recordedHead = `{"format":"cascade-replies","version":1,"engine":{"name":"","version":"","precision":` +
		`{"storage":"float64","compute":"float64","accumulate":"float64"},` +
		`"ops":[],"all_ops":true,"stochastic":false,"takes":[]},` +
		`"types":["step"],"seed":1,"cases":60,"ops":[],"rules":[]}`
	recordedKey   = "abababababababababababababababababababababababababababababababab"
	recordedLine  = `{"request":"` + recordedKey + `","reply":{"loss":"NaN","u":[[1]],"w":[[2]]}}`
	recordedRight = recordedHead + "\n" + recordedLine + "\n" + `{"replies":1}` + "\n"
)

func TestReadRecordingErrors(t *testing.T) {
	const head, key, reply, right = recordedHead, recordedKey, recordedLine, recordedRight
	if r, err := ReadRecording(strings.NewReader(right)); err != nil || r.Len() != 1 {
		t.Fatalf("error %v", err)
	}
	for _, c := range []struct{ old, new, want string }{
		{right, ``, "no end after line 0"},
		{right, head, "no end after line 1: it was cut"},
		{"{\"replies\":1}\n", ``, "no end after line 2"},
		{`{"replies":1}`, `{"replies":2}`, "line 3: the end counts 2 replies, there are 1"},
		{`{"replies":1}`, "{\"replies\":1}\n{}", "line 4: something after the end"},
		{`"version":1`, `"version":2`, "line 1: format \"cascade-replies\" of version 2"},
		{`cascade-replies`, `replies`, `format "replies"`},
		{`"seed":1`, `"seed":1,"seeds":2`, "seeds"},
		{`"seed":1`, `"seed":0`, "seed 0"},
		{`"cases":60`, `"cases":0`, "0 cases"},
		{`"cases":60`, `"cases":null`, "null"},
		{`"storage":"float64"`, `"storage":"float65"`, `unknown precision "float65"`},
		{`["step"]`, `["steps"]`, `unknown type "steps"`},
		{`"rules":[]`, `"rules":["luck"]`, `unknown rule "luck"`},
		{`60,"ops":[]`, `60,"ops":["relu"]`, `unknown operator "relu"`},
		{key, key[2:], "want a SHA-256"},
		{key, "x" + key[1:], "want a SHA-256"},
		{reply, reply + "\n" + reply, "line 3: request abab"},
		{`"reply":{"loss":"NaN","u":[[1]],"w":[[2]]}`, `"error":""`, "0 answers"},
		{`"reply":{`, `"error":"e","reply":{`, "2 answers"},
		{`"NaN"`, `null`, "null"},
		{`"NaN"`, `"nan"`, `is no number`},
		{`"u":[[1]]`, `"u":[[1]],"u":[[1]]`, "u"},
		{`"loss":`, `"Loss":`, "Loss"},
	} {
		text := strings.Replace(right, c.old, c.new, 1)
		if text == right {
			t.Fatalf("%q is not in the recording", c.old)
		}
		if _, err := ReadRecording(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s for %.40s: error %v, want one with %q", c.new, c.old, err, c.want)
		}
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = io.WriteString(w, right)
	w.Close()
	if _, err := ReadRecording(bytes.NewReader(z.Bytes()[:z.Len()-9])); err == nil {
		t.Error("half a gzip file is read")
	}
	if _, err := ReadRecording(&z); err != nil {
		t.Errorf("gzipped: %v", err)
	}
	if _, err := ReadRecordingFile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is read")
	}
}

// FuzzReadRecording: what is read is written and read again as the same, and an engine that
// answers from it brings down no gate.
func FuzzReadRecording(f *testing.F) {
	f.Add(recordedRight)
	f.Add(strings.Replace(recordedRight, `"reply":{`, `"error":"e","reply":{`, 1))
	f.Add(recordedHead + "\n" + `{"replies":0}`)
	j := jobOf(&Request{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "tanh", N: 1}}, X: []float64{0.5}, W: [][]float64{{0.25}, {}},
		Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}, Gamma: 1, Reg: core.Regularizer{Kind: "none"},
	})
	key := keyOf(j.line())
	for _, reply := range []string{
		`"reply":{"loss":1,"u":[[1],[]],"w":[[2],[]]}`, `"reply":{"loss":1,"u":[],"w":[[2,3]]}`,
		`"run":{"losses":[],"ws":[]}`,
		`"trace":{"y":[],"v":[]}`, `"unsupported":"no"`,
	} {
		f.Add(recordedHead + "\n" + `{"request":"` + hex.EncodeToString(key[:]) + `",` + reply + "}\n" +
			`{"replies":1}`)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ReadRecording(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadRecording(&b)
		if err != nil || again.Len() != r.Len() {
			t.Fatalf("written and read again: error %v", err)
		}
		_ = Replay(again.Engine, j.line(), nil)
	})
}
