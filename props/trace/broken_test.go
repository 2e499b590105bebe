package trace

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cascade-sgd/cascade/core"
)

// lineRecord is a record of a few steps as lines, to be broken.
type lineRecord struct {
	run   map[string]any
	steps []map[string]any
}

// aRecordFrom are the steps from one on of such a run from other weights: right by themselves.
func aRecordFrom(t testing.TB, step int) []map[string]any {
	t.Helper()
	return aRecordOf(t, 0.5).steps[step:]
}

// aRecord is a run of affine(3,4), tanh(4), affine(4,4), softmaxce(4) over two samples in float64.
func aRecord(t testing.TB) *lineRecord {
	t.Helper()
	return aRecordOf(t, 1)
}

// aRecordOf is such a run from weights of a size.
func aRecordOf(t testing.TB, size float64) *lineRecord {
	t.Helper()
	specs := []core.Spec{{Op: "affine", In: 3, Out: 4}, {Op: "tanh", N: 4}, {Op: "affine", In: 4, Out: 4},
		{Op: "softmaxce", N: 4}}
	run := Run{Version: 1, Engine: "test", Chain: specs, Precision: Precision{"float64", "float64", "float64"}, Samples: 2}
	s := &shape{run: run}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	l := &lineRecord{run: map[string]any{"version": 1, "engine": "test", "precision": "float64", "samples": 2,
		"reg": map[string]any{"kind": "l2", "rho": 0.01}}}
	var chain []any
	for _, spec := range specs {
		chain = append(chain, asJSON(t, spec))
	}
	l.run["chain"] = chain
	w := make([]float64, s.chain.NW())
	for k := range w {
		w[k] = size * math.Sin(float64(3*k+1))
	}
	x, labels := []float64{1, -0.5, 0.25, 0.3, 0.7, -2}, []int{1, 3}
	for step := range 4 {
		st := &Step{T: step, M: 2, B: 2, Scale: 1, X: x, Labels: labels}
		b := core.NewBatch(s.chain, 2)
		b.Load(stepData{st, s}, nil)
		var rec Recorder
		got := rec.Pass(s.chain, b, w, nil)
		line := map[string]any{"step": step, "gamma": 0.125, "loss": got.Loss, "x": rowsOf(x, 3), "label": labels}
		var ys, vs, ws, us []any
		for i := 1; i <= s.chain.N(); i++ {
			ys = append(ys, rowsOf(got.Y[i], s.chain.D(i)))
			if i < s.chain.N() {
				vs = append(vs, rowsOf(got.V[i], s.chain.D(i)))
			}
			ws, us = append(ws, list(s.chain.W(i, got.W))), append(us, list(s.chain.W(i, got.U)))
		}
		line["Y"], line["V"], line["w"], line["U"] = ys, vs, ws, us
		l.steps = append(l.steps, asJSON(t, line).(map[string]any))
		core.Step(w, got.U, 0.125, core.Regularizer{Kind: "l2", Rho: 0.01})
	}
	return l
}

func list(v []float64) []float64 { return append([]float64{}, v...) }

func rowsOf(v []float64, d int) [][]float64 {
	var rows [][]float64
	for from := 0; from < len(v); from += d {
		rows = append(rows, slices.Clone(v[from:from+d]))
	}
	return rows
}

// asJSON is v as encoding/json reads it back.
func asJSON(t testing.TB, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var w any
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// bytes is the record as a file.
func (l *lineRecord) bytes(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, v := range append([]map[string]any{l.run}, l.steps...) {
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// at is the list at a path of indices below key of step t.
func (l *lineRecord) at(t int, key string, path ...int) []any {
	v := l.steps[t][key].([]any)
	for _, k := range path {
		v = v[k].([]any)
	}
	return v
}

func judgeBytes(data []byte) (*Judgement, error) {
	r, err := Read(data)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Judge(context.Background())
}

// TestBrokenRecords has every way to break a record named, with its place: an error where it
// is no record, a fault where it contradicts (5).
func TestBrokenRecords(t *testing.T) {
	if j, err := judgeBytes(aRecord(t).bytes(t)); err != nil || j.Verdict != NoCause {
		t.Fatalf("the record that is broken below: %v, %+v", err, j)
	}
	swap := func(v []any, i, j int) { v[i], v[j] = v[j], v[i] }
	tests := []struct {
		name   string
		change func(l *lineRecord)
		err    string // a part of the error, or
		fault  string // of the first fault
	}{
		{"another version", func(l *lineRecord) { l.run["version"] = 2 }, "version is 2", ""},
		{"an unknown key", func(l *lineRecord) { l.run["colour"] = 2 }, "colour", ""},
		{"no engine", func(l *lineRecord) { l.run["engine"] = "" }, "engine", ""},
		{"an unknown format", func(l *lineRecord) { l.run["precision"] = "float8" }, `"float8"`, ""},
		{"no precision", func(l *lineRecord) { delete(l.run, "precision") }, "precision", ""},
		{"an unknown operator", func(l *lineRecord) { l.run["chain"].([]any)[1].(map[string]any)["op"] = "relu" },
			"operator 2", ""},
		{"widths that do not fit", func(l *lineRecord) { l.run["chain"].([]any)[1].(map[string]any)["n"] = 5 },
			"operator 2", ""},
		{"a negative budget", func(l *lineRecord) { l.run["budget"] = map[string]any{"error": -1} }, "budget", ""},
		{"sampled columns that fall", func(l *lineRecord) { l.run["sampled"] = map[string]any{"Y_1": []int{2, 1}} },
			"Y_1", ""},
		{"a sampled state that is none", func(l *lineRecord) { l.run["sampled"] = map[string]any{"Y_9": []int{2}} },
			"Y_9", ""},
		{"more samples recorded than there are", func(l *lineRecord) { l.run["samples"] = 1 },
			"step 0: 2 samples are recorded of 1", ""},
		{"no label", func(l *lineRecord) { delete(l.steps[1], "label") }, "step 1: label", ""},
		{"a label out of range", func(l *lineRecord) { l.steps[2]["label"] = []int{0, 4} },
			"step 2: array label: sample 1 is 4", ""},
		{"steps that do not rise", func(l *lineRecord) { l.steps[2]["step"] = 1 }, "array step: 1 after 1", ""},
		{"x is not finite", func(l *lineRecord) { l.at(1, "x", 1)[2] = "NaN" },
			"step 1: array x: sample 1 index 2 is NaN", ""},
		{"a first weight is not finite", func(l *lineRecord) { l.at(0, "w", 2)[3] = "Infinity" },
			"step 0: array w_3: operator 3 index 3 is +Inf", ""},
		{"null", func(l *lineRecord) { l.at(1, "Y", 0, 0)[1] = nil }, "Y[0][0][1]", ""},
		{"a row is short", func(l *lineRecord) { y := l.at(1, "Y", 0); y[1] = y[1].([]any)[:3] },
			"step 1: Y_1 row 1 has 3 numbers, want 4", ""},
		{"a row is missing", func(l *lineRecord) { v := l.at(1, "V"); v[2] = v[2].([]any)[:1] },
			"step 1: V_3 has 1 rows, want 2", ""},
		{"a state is missing", func(l *lineRecord) { l.steps[1]["Y"] = l.at(1, "Y")[:3] },
			"step 1: Y has 3 states, want 4", ""},
		{"weights are missing", func(l *lineRecord) { l.at(1, "w")[2] = []any{} },
			"step 1: w_3 row 0 has 0 numbers, want 20", ""},
		{"no gamma", func(l *lineRecord) { delete(l.steps[1], "gamma") }, "gamma", ""},
		{"a scale of 0", func(l *lineRecord) { l.steps[1]["scale"] = 0 }, "step 1: array scale: 0", ""},

		{"NaN in a state", func(l *lineRecord) { l.at(1, "Y", 1, 1)[2] = "NaN" },
			"", "step 1, operator 2: Y_2 sample 1 index 2 is NaN"},
		{"NaN in a gradient", func(l *lineRecord) { l.at(1, "V", 0, 1)[2] = "NaN" },
			"", "step 1, operator 2: V_1 sample 1 index 2 is NaN"},
		{"NaN in U", func(l *lineRecord) { l.at(1, "U", 2)[7] = "NaN" }, "", "step 1, operator 3: U_3 index 7 is NaN"},
		{"NaN in a later weight", func(l *lineRecord) { l.at(2, "w", 2)[7] = "NaN" },
			"", "step 2, operator 3: w_3 index 7 is NaN"},
		{"NaN for a loss", func(l *lineRecord) { l.steps[2]["loss"] = "NaN" }, "", "step 2: loss is NaN"},
		{"NaN for a loss of some of the samples", func(l *lineRecord) {
			l.run["samples"], l.steps[2]["loss"] = 64, "NaN"
		}, "", "step 2: loss is NaN"},
		{"weights that are not those that the step before left", func(l *lineRecord) {
			for step := range 3 {
				l.steps[step]["after"] = l.steps[step+1]["w"]
			}
			l.steps = append(l.steps[:2], aRecordFrom(t, 2)...)
		}, "", "step 2, operator 1: w_1 index 0 is "},
		{"such weights, without U", func(l *lineRecord) {
			for step := range 3 {
				l.steps[step]["after"] = l.steps[step+1]["w"]
			}
			l.steps = append(l.steps[:2], aRecordFrom(t, 2)...)
			for _, step := range l.steps {
				delete(step, "U")
			}
		}, "", "step 2, operator 1: w_1 index 0 is "},
		{"an output is wrong", func(l *lineRecord) { v := l.at(2, "Y", 2, 0); v[3] = v[3].(float64) + 1e-9 }, "",
			"step 2, operator 3: Y_3 sample 0 index 3"},
		{"a gradient is wrong", func(l *lineRecord) { v := l.at(2, "V", 1, 1); v[0] = v[0].(float64) + 1e-9 }, "",
			"step 2, operator 3: V_2 sample 1 index 0"},
		{"U is wrong", func(l *lineRecord) { v := l.at(2, "U", 0); v[5] = v[5].(float64) + 1e-9 }, "",
			"step 2, operator 1: U_1 index 5"},
		{"the step is wrong", func(l *lineRecord) { l.steps[1]["gamma"] = 0.25 }, "", "w_1 index 0"},
		{"the regularizer is another", func(l *lineRecord) { l.run["reg"].(map[string]any)["rho"] = 0.02 },
			"", "w_1 index 0"},
		{"the loss is wrong", func(l *lineRecord) { l.steps[3]["loss"] = 7 }, "", "step 3: loss"},
		{"swapped layers", func(l *lineRecord) { swap(l.at(1, "Y"), 0, 1) }, "", "step 1, operator 1: Y_1 sample 0 index 0"},
		{"swapped gradients", func(l *lineRecord) { swap(l.at(1, "V"), 0, 1) },
			"", "step 1, operator 3: V_2 sample 0 index 0"},
		{"swapped samples", func(l *lineRecord) { swap(l.at(1, "Y", 2), 0, 1) },
			"", "step 1, operator 3: Y_3 sample 0 index 0"},
		{"swapped labels", func(l *lineRecord) { swap(l.at(1, "label"), 0, 1) },
			"", "step 1, operator 4: Y_4 sample 0 index 0"},
		{"a transposed weight", func(l *lineRecord) {
			for step := range l.steps {
				w, was := l.at(step, "w", 2), slices.Clone(l.at(step, "w", 2))
				for r := range 4 {
					for c := range 4 {
						w[4*r+c] = was[4*c+r]
					}
				}
			}
		}, "", "step 0, operator 3: Y_3 sample 0 index 0"},
		{"another chain", func(l *lineRecord) { l.run["chain"].([]any)[1].(map[string]any)["op"] = "sigmoid" }, "",
			"step 0, operator 2: Y_2 sample 0 index 0"},
		{"V divided by the samples", func(l *lineRecord) {
			for _, v := range l.at(0, "V") {
				for _, row := range v.([]any) {
					for k, x := range row.([]any) {
						row.([]any)[k] = x.(float64) / 2
					}
				}
			}
		}, "", "step 0, operator 4: V_3 sample 0 index 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := aRecord(t)
			test.change(l)
			j, err := judgeBytes(l.bytes(t))
			switch {
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want one with %q", err, test.err)
			case test.err == "" && err != nil:
				t.Errorf("error %v, want a fault", err)
			case test.err == "":
				if j.Verdict != Faulty || len(j.Faults) == 0 || !strings.Contains(j.Faults[0].Says, test.fault) || !j.Fails() {
					t.Errorf("%s, want a fault with %q", j.Says, test.fault)
				}
			}
		})
	}
}

// TestLinesNeed has a file without steps pass nothing.
func TestLinesNeed(t *testing.T) {
	l := aRecord(t)
	l.steps = nil
	j, err := judgeBytes(l.bytes(t))
	if err != nil || j.Verdict != NothingJudged || !j.Fails() {
		t.Errorf("%v, %+v: want nothing judged", err, j)
	}
	if _, err := judgeBytes(nil); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("no bytes: %v", err)
	}
}

// TestNothingMoved: a run that moves no weight is none, whether g is 0 or the gradient; one step
// alone says nothing about that, and a fault comes first.
func TestNothingMoved(t *testing.T) {
	still := func(n int, change func(line map[string]any)) *Judgement {
		l := aRecord(t)
		for k := range l.steps {
			l.steps[k] = maps.Clone(l.steps[0])
			l.steps[k]["step"], l.steps[k]["gamma"] = k, 0
			change(l.steps[k])
		}
		l.steps = l.steps[:n]
		j, err := judgeBytes(l.bytes(t))
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	as := func(map[string]any) {}
	if j := still(4, as); j.Verdict != NothingJudged || !j.Fails() ||
		!strings.Contains(j.Says, "no weight moved in 4 steps") {
		t.Errorf("%v, %q", j.Verdict, j.Says)
	}
	if j := still(4, func(line map[string]any) { delete(line, "U"); line["gamma"] = 0.5 }); j.Verdict != NothingJudged {
		t.Errorf("with steps that are not checked: %v, %q", j.Verdict, j.Says)
	}
	if j := still(1, as); j.Verdict != NoCause {
		t.Errorf("one step: %v, %q", j.Verdict, j.Says)
	}
	if j := still(4, func(line map[string]any) { line["loss"] = 7 }); j.Verdict != Faulty {
		t.Errorf("with a fault: %v, %q", j.Verdict, j.Says)
	}
}

// entry is an array of an .npz file.
type entry struct{ name, descr, shape, data string }

// unpack gives the arrays of testdata/numpy.npz, which the ten lines at the end of FORMAT.md wrote with
// numpy 2.4, two samples and three steps.
func unpack(t testing.TB) []entry {
	t.Helper()
	data, err := os.ReadFile("testdata/numpy.npz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var list []entry
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		n := 10 + int(all[8]) + 256*int(all[9])
		m := header.FindSubmatch(all[10:n])
		if m == nil {
			t.Fatalf("header %q", all[10:n])
		}
		list = append(list, entry{strings.TrimSuffix(f.Name, ".npy"), string(m[1]), string(m[3]), string(all[n:])})
	}
	return list
}

func pack(t testing.TB, list []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range list {
		f, err := z.Create(e.name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", e.descr, e.shape)
		fmt.Fprintf(f, "\x93NUMPY\x01\x00%c%c%s%s", len(head)%256, 0, head, e.data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBrokenArrays breaks a file that numpy wrote.
func TestBrokenArrays(t *testing.T) {
	if j, err := judgeBytes(pack(t, unpack(t))); err != nil || j.Verdict != NoCause || j.Steps != 3 {
		t.Fatalf("the file that is broken below: %v, %+v", err, j)
	}
	tests := []struct {
		name, array string
		change      func(e *entry)
		err         string
	}{
		{"torn", "Y_1", func(e *entry) { e.data = e.data[:40] }, "array Y_1: row 2: torn"},
		{"more than its shape", "Y_1", func(e *entry) { e.data += "12345678" }, "array Y_1: more bytes"},
		{"another shape", "w_1", func(e *entry) { e.shape = "2, 3" }, "array w_1: has the shape [2 3], want [3 2]"},
		{"steps of another number", "gamma", func(e *entry) { e.shape = "2," }, "array gamma: has the shape [2], want [3]"},
		{"four axes", "V_1", func(e *entry) { e.shape = "3, 2, 1, 1" }, "array V_1: shape"},
		{"a huge axis", "x", func(e *entry) { e.shape = "3, 99999999, 2" }, "array x has 99999999 samples"},
		{"a shape that is no number", "x", func(e *entry) { e.shape = "3, 99999999999999999999, 2" }, "array x: shape"},
		{"objects", "x", func(e *entry) { e.descr = "|O" }, `array x: numbers of type "|O"`},
		{"big-endian", "x", func(e *entry) { e.descr = ">f8" }, `array x: numbers of type ">f8"`},
		{"floats for integers", "step", func(e *entry) { e.descr = "<f8" }, "array step: row 0: float64, want integers"},
		{"an unknown name", "loss", func(e *entry) { e.name = "lose" }, "array lose has no place"},
		{"a missing one", "Y_1", func(e *entry) { e.name = "skip" }, "array Y_1: missing"},
		{"twice", "loss", func(e *entry) { e.name = "gamma" }, "array gamma is there twice"},
		{"no run", "run", func(e *entry) { e.name = "skip" }, "array run is missing"},
		{"a run that is no JSON", "run", func(e *entry) { e.data = "!" + e.data[1:] }, "line 1, column 1"},
		{"a run of floats", "run", func(e *entry) { e.descr = "<f8" }, "array run"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := unpack(t)
			for k := range list {
				if list[k].name == test.array {
					test.change(&list[k])
				}
			}
			kept := slices.DeleteFunc(list, func(e entry) bool { return e.name == "skip" })
			if _, err := judgeBytes(pack(t, kept)); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want one with %q", err, test.err)
			}
		})
	}
	t.Run("the zip is torn", func(t *testing.T) {
		data := pack(t, unpack(t))
		if _, err := judgeBytes(data[:len(data)-30]); err == nil || !strings.Contains(err.Error(), "torn") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a flipped bit", func(t *testing.T) {
		data, err := os.ReadFile("testdata/numpy.npz")
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(data, []byte("Y_1.npy")) + 60
		data[at] ^= 4
		if _, err := judgeBytes(data); err == nil {
			t.Errorf("no error")
		}
	})
}

// TestBrokenDirectory breaks the names of chunks.
func TestBrokenDirectory(t *testing.T) {
	tests := []struct {
		name   string
		change func(dir string) error
		err    string
	}{
		{"no run.json", func(dir string) error { return os.Remove(filepath.Join(dir, "run.json")) }, "run.json"},
		{"no chunk", func(dir string) error { return os.Remove(chunkName(dir, 0)) }, "steps-000000.npz"},
		{"a gap", func(dir string) error { return os.Rename(chunkName(dir, 0), chunkName(dir, 1)) }, "without a gap"},
		{"a chunk is a directory", func(dir string) error {
			return errors.Join(os.Remove(chunkName(dir, 0)), os.Mkdir(chunkName(dir, 0), 0o777))
		}, "steps-000000.npz is no regular file"},
		{"a chunk is cut", func(dir string) error { return os.Truncate(chunkName(dir, 0), 2000) }, "torn"},
		{"the same chunk twice", func(dir string) error { return os.Link(chunkName(dir, 0), chunkName(dir, 1)) },
			"array step: 0 after 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			writeRecord(t, dir, newEngineRun(t, engines[0], 5, 3, 5))
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := Judge(context.Background(), dir); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want one with %q", err, test.err)
			}
		})
	}
}

// TestSchema holds the schema against records that are read, and against one that is not.
func TestSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	schema, err := c.Compile("record.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(v any) error { return schema.Validate(v) }
	l := aRecord(t)
	for _, v := range append([]map[string]any{l.run}, l.steps...) {
		if err := valid(asJSON(t, v)); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```json\n")
	if len(blocks) != 3 {
		t.Fatalf("%d examples in FORMAT.md, want 2", len(blocks)-1)
	}
	for _, b := range blocks[1:] {
		b, _, _ = strings.Cut(b, "```")
		var v any
		if err := json.Unmarshal([]byte(b), &v); err != nil {
			t.Fatal(err)
		}
		if err := valid(v); err != nil {
			t.Errorf("%s: %v", b, err)
		}
		if strings.Contains(b, "version") {
			if _, err := parseRun([]byte(b)); err != nil {
				t.Error(err)
			}
		}
	}
	delete(l.run, "samples")
	l.steps[0]["colour"] = 1
	for _, v := range []map[string]any{l.run, l.steps[0]} {
		if valid(asJSON(t, v)) == nil {
			t.Errorf("the schema takes %v", v)
		}
	}
}

// TestOtherWays records the same run in other ways that FORMAT.md has: V times a scale, V_N and the weights
// after the step, without U, with some of the samples.
func TestOtherWays(t *testing.T) {
	for _, test := range []struct {
		name      string
		change    func(l *lineRecord)
		unchecked string
	}{
		{"scale", func(l *lineRecord) {
			for step := range l.steps {
				l.steps[step]["scale"] = 0.5
				for _, v := range l.at(step, "V") {
					for _, row := range v.([]any) {
						for k, x := range row.([]any) {
							row.([]any)[k] = x.(float64) / 2
						}
					}
				}
			}
		}, ""},
		{"V_N", func(l *lineRecord) {
			for step := range l.steps {
				l.steps[step]["V"] = append(l.at(step, "V"), [][]float64{{1}, {1}})
			}
		}, ""},
		{"after", func(l *lineRecord) {
			l.steps[0]["after"], l.steps[2]["after"] = l.steps[1]["w"], l.steps[3]["w"]
			l.steps = []map[string]any{l.steps[0], l.steps[2]}
		}, ""},
		{"without U", func(l *lineRecord) {
			for step := range l.steps {
				delete(l.steps[step], "U")
			}
		}, "U is not recorded"},
		{"without loss", func(l *lineRecord) { delete(l.steps[0], "loss") }, "the mean loss"},
		{"some of the samples", func(l *lineRecord) { l.run["samples"] = 64 }, "2 of 64 samples are recorded"},
		{"a precision of three", func(l *lineRecord) {
			l.run["precision"] = map[string]any{"storage": "float64", "compute": "float64", "accumulate": "float32"}
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := aRecord(t)
			test.change(l)
			j, err := judgeBytes(l.bytes(t))
			if err != nil || j.Verdict != NoCause {
				t.Fatalf("%v, %+v", err, j)
			}
			said := strings.Join(j.Unchecked, "\n")
			if (said == "") != (test.unchecked == "") || !strings.Contains(said, test.unchecked) {
				t.Errorf("unchecked: %q, want %q", said, test.unchecked)
			}
		})
	}
	l := aRecord(t)
	l.steps[0]["V"] = append(l.at(0, "V"), [][]float64{{1}, {0.5}})
	if j, err := judgeBytes(l.bytes(t)); err != nil || j.Verdict != Faulty || j.Faults[0].Kind != "V" {
		t.Errorf("V_N of 0.5: %v, %+v", err, j)
	}
	l = aRecord(t)
	l.steps[0]["after"] = l.steps[0]["w"]
	if j, err := judgeBytes(l.bytes(t)); err != nil || j.Verdict != Faulty || j.Faults[0].Kind != "w" {
		t.Errorf("weights that have not moved: %v, %+v", err, j)
	}
}
