package wire

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
)

// changed is text with one part changed; the part must be there.
func changed(t *testing.T, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("no %s in %s", old, text)
	}
	return strings.Replace(text, old, with, 1)
}

const wholeHello = `{"id":1,"protocol":1,"name":"x","version":"2","precision":"float32","deterministic":true,` +
	`"ops":["linear","halfsq"],"types":["step","run"],"takes":[]}`

func TestParseHello(t *testing.T) {
	bits := conform.Info{Name: "x", Version: "2", Precision: "float32", Ops: []string{"linear", "halfsq"}}
	for _, c := range []struct {
		old, with string
		want      func(i *conform.Info)
	}{
		{"{", "{", func(*conform.Info) {}},
		{`"version":"2",`, "", func(i *conform.Info) { i.Version = "" }},
		{`"deterministic":true`, `"deterministic":false`, func(i *conform.Info) { i.Stochastic = true }},
		{`"deterministic":true,`, ``, func(*conform.Info) {}},
		{`[]`, `["bits"]`, func(i *conform.Info) { i.Stochastic, i.Takes = true, []string{"bits"} }},
		{`[]`, `["luck"]`, func(i *conform.Info) { i.Takes = []string{"luck"} }},
		{`"float32"`, `{"storage":"a","compute":"b","accumulate":"c"}`, func(i *conform.Info) {
			i.Precision, i.Mixed = "", conform.Precision{Storage: "a", Compute: "b", Accumulate: "c"}
		}},
	} {
		want := bits
		c.want(&want)
		h, err := parseHello([]byte(changed(t, wholeHello, c.old, c.with)))
		if err != nil {
			t.Errorf("%s: %v", c.with, err)
			continue
		}
		if diff := cmp.Diff(want, h.info, cmpopts.EquateEmpty()); diff != "" || len(h.types) != 2 {
			t.Errorf("%s: types %v, (-want +got)\n%s", c.with, h.types, diff)
		}
	}
	for _, c := range []struct{ old, with, want string }{
		{"{", `{"error":"no",`, `answered with the error "no"`},
		{"{", `{"unsupported":"no",`, `hello is unsupported: "no"`},
		{`"protocol":1,`, "", `no field "protocol"`},
		{`"protocol":1`, `"protocol":2`, "protocol is 2, want 1"},
		{`"protocol":1`, `"protocol":0`, "protocol is 0, want 1"},
		{`"name":"x",`, "", `no field "name"`},
		{`"ops":["linear","halfsq"],`, "", `no field "ops"`},
		{`"types":["step","run"],`, "", `no field "types"`},
		{`"precision":"float32",`, "", `no field "precision"`},
		{`"float32"`, `7`, "precision: "},
		{`"float32"`, `{"storage":"a","compute":"b"}`, "want one word, or storage, compute and accumulate"},
		{`"float32"`, `{"storage":"a","accumulate":"b"}`, "want one word, or storage, compute and accumulate"},
		{`"float32"`, `{"accumulate":"a","compute":"b"}`, "want one word, or storage, compute and accumulate"},
		{`"float32"`, `{"storage":"","compute":"","accumulate":""}`, "three empty words"},
		{`"float32"`, `{"storage":"a","compute":"b","accumulate":"c","d":"e"}`, "precision: "},
		{`"x"`, `7`, "name"},
	} {
		if _, err := parseHello([]byte(changed(t, wholeHello, c.old, c.with))); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.with, err, c.want)
		}
	}
}

func TestParseReplies(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	step, err := parseStep([]byte(` {"id":2,"loss":"NaN","u":[[1e0 , -2.5E+1],[]],`+
		`"w":[ ["Infinity","-Infinity"], [ ] ]} `), 20)
	want := &conform.Reply{Loss: nan, U: [][]float64{{1, -25}, {}}, W: [][]float64{{inf, -inf}, {}}}
	if diff := cmp.Diff(want, step, cmpopts.EquateNaNs()); diff != "" || err != nil {
		t.Errorf("step: error %v (-want +got)\n%s", err, diff)
	}
	trace, err := parseTrace([]byte(`{"id":2,"loss":1,"u":[],"w":[],"Y":[[3],[4]],"V":[[5]]}`), 20)
	if err != nil || cmp.Diff([][]float64{{3}, {4}}, trace.y) != "" || cmp.Diff([][]float64{nil, {5}}, trace.v) != "" ||
		trace.Loss != 1 {
		t.Errorf("trace: error %v, %+v", err, trace)
	}
	run, err := parseRun([]byte(`{"id":2,"losses":[1,2],"ws":[[[3],[]],[]]}`), 20)
	if diff := cmp.Diff(&conform.RunReply{Losses: []float64{1, 2}, Ws: [][][]float64{{{3}, {}}, {}}}, run); diff != "" ||
		err != nil {
		t.Errorf("run: error %v (-want +got)\n%s", err, diff)
	}
}

// TestReplyErrors: the error names the place, the value, and what is wanted.
func TestReplyErrors(t *testing.T) {
	step := func(line []byte) error { _, err := parseStep(line, 100); return err }
	trace := func(line []byte) error { _, err := parseTrace(line, 100); return err }
	run := func(line []byte) error { _, err := parseRun(line, 100); return err }
	const strings3 = `; what is not finite is one of the strings "NaN", "Infinity", "-Infinity"`
	for _, c := range []struct {
		read func(line []byte) error
		line string
		want string
	}{
		{step, `{"u":[],"w":[]}`, `no field "loss"`},
		{step, `{"loss":0,"w":[]}`, `no field "u"`},
		{step, `{"loss":0,"u":[]}`, `no field "w"`},
		{step, `{"u":7}`, `no field "loss"`}, // the first error
		{step, `{"loss":null,"u":[],"w":[]}`, `loss: null, want a number` + strings3},
		{step, `{"loss":"inf","u":[],"w":[]}`, `loss: "inf", want a number` + strings3},
		{step, `{"loss":[],"u":[],"w":[]}`, `loss: [], want a number`},
		{step, `{"loss":1e999,"u":[],"w":[]}`, `loss: 1e999 is no double`},
		{step, `{"loss":0,"u":7,"w":[]}`, `u: 7, want an array`},
		{step, `{"loss":0,"u":[7],"w":[]}`, `u[0]: 7, want an array`},
		{step, `{"loss":0,"u":[[1],[2,true]],"w":[]}`, `u[1][1]: true, want a number`},
		{step, `{"loss":0,"u":[[1],[[]]],"w":[]}`, `u[1][0]: [], want a number`},
		{step, `{"error":"no memory","loss":0}`, `the engine says: no memory`},
		{step, `{"unsupported":"tanh","loss":0}`, `unsupported: tanh`},
		{step, `{"loss":Infinity,"u":[],"w":[]}`, strings3},
		{step, `{"loss":-inf,"u":[],"w":[]}`, strings3},
		{step, `{"loss":nan,"u":[],"w":[]}`, strings3},
		{trace, `{"loss":0,"u":[],"w":[],"V":[]}`, `no field "Y"`},
		{trace, `{"loss":0,"u":[],"w":[],"Y":[]}`, `no field "V"`},
		{trace, `{"loss":0,"w":[],"Y":[],"V":[]}`, `no field "u"`},
		{trace, `{"error":"no"}`, `the engine says: no`},
		{trace, `{"loss":0`, ``},
		{run, `{"ws":[]}`, `no field "losses"`},
		{run, `{"losses":[]}`, `no field "ws"`},
		{run, `{"losses":[],"ws":[[[1,2],[null]]]}`, `ws[0][1][0]: null, want a number` + strings3},
		{run, `{"unsupported":"no"}`, `unsupported: no`},
		{run, `{"losses":[]`, ``},
	} {
		if err := c.read([]byte(c.line)); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(c.want, strings3) && strings.Contains(err.Error(), strings3) {
			t.Errorf("%s: error %v, want one with %q", c.line, err, c.want)
		}
	}
	var unsupported error = &unsupportedError{"x"}
	if !errors.Is(unsupported, errors.ErrUnsupported) {
		t.Error("what is unsupported is not errors.ErrUnsupported")
	}
}

// TestMost: as many numbers and arrays as there may be are read, and not one more.
func TestMost(t *testing.T) {
	line := []byte(`{"loss":0,"u":[[1,2],[]],"w":[]}`) // 1 + 5 + 1
	if _, err := parseStep(line, 7); err != nil {
		t.Error(err)
	}
	var tooMuch *tooMuchError
	if _, err := parseStep(line, 6); !errors.As(err, &tooMuch) || err.Error() != "w: many more numbers than there can be" {
		t.Errorf("error %v", err)
	}
	if _, err := parseStep(line, 4); !errors.As(err, &tooMuch) || tooMuch.place != "u[0][1]" {
		t.Errorf("error %v", err)
	}
	if _, err := parseRun([]byte(`{"losses":[1],"ws":[[[2]]]}`), 5); !errors.As(err, &tooMuch) ||
		tooMuch.place != "ws[0][0][0]" {
		t.Errorf("error %v", err)
	}
	req := &conform.Request{X: make([]float64, 3), W: [][]float64{{1, 2}, {}}, Delta: [][]float64{{1}}}
	if got, want := most(req), sparedNumbers+4*((1+3+1)+3+(1+2)); got != want {
		t.Errorf("a reply may have %d numbers, want %d", got, want)
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]count{"0": 0, "1.0": 1, "1e3": 1000, "9007199254740992": 1 << 53} {
		var c count
		if err := c.UnmarshalJSON([]byte(text)); err != nil || c != want {
			t.Errorf("%s is %d, error %v", text, c, err)
		}
	}
	for _, text := range []string{"-1", "0.5", "9007199254740994", `"1"`, "null", "1e999", "NaN"} {
		if new(count).UnmarshalJSON([]byte(text)) == nil {
			t.Errorf("%s is an integer", text)
		}
	}
}

func TestAppend(t *testing.T) {
	for want, x := range map[string]float64{
		`"NaN"`: math.NaN(), `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1), "0.1": 0.1, "-0": math.Copysign(0, -1),
		"1e+300": 1e300, "1.0000000000000002": math.Nextafter(1, 2),
	} {
		if got := string(appendNumber(nil, x)); got != want {
			t.Errorf("%v is written as %s, want %s", x, got, want)
		}
	}
	if got := string(appendMatrix([]byte("x"), [][]float64{{1, 2}, {}, {3}})); got != "x[[1,2],[],[3]]" {
		t.Errorf("a matrix is written as %s", got)
	}
}

// echo answers with what it was asked, so far as that has numbers.
type echo struct {
	conform.Engine
	step  *conform.Request
	batch *conform.BatchRequest
	run   *conform.RunRequest
}

func (e *echo) Step(req *conform.Request) (*conform.Reply, error) {
	e.step = req
	return &conform.Reply{Loss: req.Gamma, U: req.W, W: req.Delta}, nil
}

func (e *echo) Batch(req *conform.BatchRequest) (*conform.Reply, error) {
	e.batch = req
	return nil, nil
}

func (e *echo) Run(req *conform.RunRequest) (*conform.RunReply, error) {
	e.run = req
	return &conform.RunReply{Losses: []float64{1, 2}, Ws: [][][]float64{{{3}}}}, nil
}

func (e *echo) Trace(req *conform.Request) (y, v [][]float64, err error) {
	if req.Gamma == 7 {
		return nil, nil, errors.New("no trace of 7")
	}
	return req.W, [][]float64{nil, {4}}, nil
}

// What an engine is asked: two operators with all their fields, and a sample.
const (
	askedChain = `"chain":[{"op":"fixed","in":1,"out":2,"n":3,"a":[[1,2]],"label":4,"luck":1},{"op":"bias"}],` +
		`"w":[[5],[]],"reg":{"kind":"l2","rho":0.25},"bits":[6,4294967295]`
	askedSample = `"x":[7],"delta":[[8],["NaN"]],"eps":[[],[9]]`
	askedWindow = `"samples":[{` + askedSample + `,"label":3},{` + askedSample + `}],"accumulate":2,"gamma":0.5`
)

func TestRequests(t *testing.T) {
	chain := []core.Spec{{Op: "fixed", In: 1, Out: 2, N: 3, A: [][]float64{{1, 2}}, Label: 4}, {Op: "bias"}}
	w, reg, bits := [][]float64{{5}, {}}, core.Regularizer{Kind: "l2", Rho: 0.25}, []uint32{6, math.MaxUint32}
	label := 3
	plain := conform.Sample{X: []float64{7}, Delta: [][]float64{{8}, {math.NaN()}}, Eps: [][]float64{{}, {9}}}
	labelled := plain
	labelled.Label = &label
	samples := []conform.Sample{labelled, plain}
	e := &echo{}
	for _, c := range []struct{ body, want string }{
		{`"type":"step",` + askedChain + `,` + askedSample + `,"gamma":0.5`,
			`"loss":0.5,"u":[[5],[]],"w":[[8],["NaN"]]`},
		{`"type":"trace",` + askedChain + `,` + askedSample + `,"gamma":0.5`,
			`"loss":0.5,"u":[[5],[]],"w":[[8],["NaN"]],"Y":[[5],[]],"V":[[4]]`},
		{`"type":"trace",` + askedChain + `,` + askedSample + `,"gamma":7`, `"error":"no trace of 7"`},
		{`"type":"batch",` + askedChain + `,` + askedWindow, `"error":"the engine returned no reply"`},
		{`"type":"run",` + askedChain + `,"steps":[{` + askedWindow + `},{` + askedWindow + `}]`,
			`"losses":[1,2],"ws":[[[3]]]`},
	} {
		want := `{"id":8,` + c.want + "}\n"
		if got := string(answer(e, []byte(`{"id":8,`+c.body+`}`))); got != want {
			t.Errorf("%.20s: %s, want %s", c.body, got, want)
		}
	}
	step := conform.RunStep{Samples: samples, Accumulate: 2, Gamma: 0.5}
	for _, pair := range [][2]any{
		{&conform.Request{Chain: chain, X: plain.X, W: w, Delta: plain.Delta, Eps: plain.Eps, Gamma: 7, Reg: reg,
			Bits: bits}, e.step},
		{&conform.BatchRequest{Chain: chain, W: w, Gamma: 0.5, Reg: reg, Accumulate: 2, Samples: samples, Bits: bits},
			e.batch},
		{&conform.RunRequest{Chain: chain, W: w, Reg: reg, Steps: []conform.RunStep{step, step}, Bits: bits}, e.run},
	} {
		if diff := cmp.Diff(pair[0], pair[1], cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("the engine was asked (-want +got)\n%s", diff)
		}
	}
}

// stepper can nothing but steps, at which it panics or has no answer.
type stepper struct{}

func (stepper) Step(req *conform.Request) (*conform.Reply, error) {
	switch req.Gamma {
	case 1:
		panic("no luck")
	case 2:
		return nil, fmt.Errorf("two: %w", errors.ErrUnsupported)
	}
	return nil, nil
}

// TestAnswers: whatever is asked, there is an answer that says what is wrong with it.
func TestAnswers(t *testing.T) {
	step := `{"id":1,"type":"step",` + askedChain + `,` + askedSample + `,"gamma":0}`
	for _, c := range []struct{ line, want string }{
		{`{"id":1`, `{"id":0,"error":"`},
		{`{"type":"step"}`, `{"id":0,"error":"no field \"id\""}`},
		{`{"id":7,"type":"dream"}`, `{"id":7,"unsupported":"type dream"}`},
		{`{"id":7,"type":"trace"}`, `{"id":7,"unsupported":"trace"}`},
		{`{"id":7,"type":"batch"}`, `{"id":7,"unsupported":"batch"}`},
		{`{"id":7,"type":"run"}`, `{"id":7,"unsupported":"run"}`},
		{step, `{"id":1,"error":"the engine returned no reply"}`},
		{changed(t, step, `"gamma":0`, `"gamma":1`), `{"id":1,"error":"panicked: no luck"}`},
		{changed(t, step, `"gamma":0`, `"gamma":2`), `{"id":1,"unsupported":"two: `},
		{changed(t, step, `,"gamma":0`, ``), `{"id":1,"error":"no field \"gamma\""}`},
		{changed(t, step, `"x":[7],`, ``), `{"id":1,"error":"no field \"x\""}`},
		{changed(t, step, `"w":[[5],[]],`, ``), `{"id":1,"error":"no field \"w\""}`},
		{changed(t, step, `"reg":{"kind":"l2","rho":0.25},`, ``), `no field \"reg\"`},
		{changed(t, step, `,"rho":0.25`, ``), `{"id":1,"error":"no field \"reg.rho\""}`},
		{changed(t, step, `[[1,2]]`, `[[1,null]]`), `{"id":1,"error":"chain[0].a[0][1]: null, want a number`},
		{changed(t, step, `"delta":[[8]`, `"delta":[8`), `{"id":1,"error":"delta[0]: 8, want an array"}`},
	} {
		if got := string(answer(stepper{}, []byte(c.line))); !strings.Contains(got, c.want) ||
			!strings.HasSuffix(got, "}\n") {
			t.Errorf("%s\nis answered with %s, want %s", c.line, got, c.want)
		}
	}
	one := `{"id":1,"type":"batch",` + askedChain + `,` + changed(t, askedWindow, `[7]`, `[[]]`) + `}`
	want := `{"id":1,"error":"samples[0].x[0]: [], want a number"}` + "\n"
	if got := string(answer(&echo{}, []byte(one))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	run := `{"id":1,"type":"run",` + askedChain + `,"steps":[{` + askedWindow + `},{` + askedWindow + `}]}`
	k := strings.LastIndex(run, `"eps":`)
	run = run[:k] + strings.Replace(run[k:], `[9]`, `[true]`, 1)
	want = `{"id":1,"error":"steps[1].samples[1].eps[1][0]: true, want a number"}` + "\n"
	if got := string(answer(&echo{}, []byte(run))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// spoken says of itself what it is told.
type spoken struct {
	stepper
	info conform.Info
}

func (s spoken) Describe() conform.Info { return s.info }

func TestHello(t *testing.T) {
	mixed := conform.Precision{Storage: "a", Compute: "b", Accumulate: "c"}
	for _, c := range []struct {
		engine conform.Engine
		want   string
	}{
		{spoken{info: conform.Info{Name: "n", Version: "v", Precision: "float32", Ops: []string{}, Stochastic: true,
			Takes: []string{"bits"}}}, `{"id":3,"protocol":1,"name":"n","version":"v","precision":"float32",` +
			`"deterministic":false,"ops":[],"types":["step"],"takes":["bits"]}`},
		{spoken{info: conform.Info{Ops: []string{"tanh"}, Mixed: mixed}}, `{"id":3,"protocol":1,"name":"","version":"",` +
			`"precision":{"storage":"a","compute":"b","accumulate":"c"},"deterministic":true,"ops":["tanh"],` +
			`"types":["step"],"takes":[]}`},
		{&echo{}, `{"id":3,"protocol":1,"name":"","version":"","precision":"float64","deterministic":true,"ops":["` +
			strings.Join(core.OpNames(), `","`) + `"],"types":["step","trace","batch","run"],"takes":[]}`},
	} {
		if got := string(answer(c.engine, []byte(`{"id":3,"type":"hello"}`))); got != c.want+"\n" {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}
