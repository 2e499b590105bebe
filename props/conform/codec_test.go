package conform

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core"
)

const request = `{"chain":[{"op":"scale","n":1},{"op":"halfsq","n":1}],"x":[2],"w":[[3],[]],` +
	`"delta":[[0.5],[0.25]],"eps":[[],[1]],"gamma":0.5,"reg":{"kind":"l2","rho":0.5}}`

// TestByHand: Y_1 = 2*3 + 1/2, Y_2 = Y_1^2/2 + 1/4, V_1 = Y_1 + 1, U_1 = 2 V_1,
// w <- 3 - (U_1 + 3)/2. The field names are those of the protocol.
func TestByHand(t *testing.T) {
	req, err := ParseRequest(strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	got, err := NewReference().Step(req)
	want := &Reply{Loss: 21.375, U: [][]float64{{15}, {}}, W: [][]float64{{-6}, {}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v; (-want +got):\n%s", err, diff)
	}
	if b, err := json.Marshal(req); string(b) != request || err != nil {
		t.Errorf("the request is written as\n%s, want\n%s; error %v", b, request, err)
	}
}

// TestBatchByHand: bias and halfsq, w = 1, x = 0, 1, 2: y = (x+1)^2/2, u = x+1; the means
// are 7/3 and 2. A run of two such steps begins the second at w = 1 - 2/4.
func TestBatchByHand(t *testing.T) {
	const chain = `"chain":[{"op":"bias","n":1},{"op":"halfsq","n":1}],"w":[[1],[]],`
	samples := `"samples":[`
	for k, x := range []string{"0", "1", "2"} {
		samples += strings.Repeat(",", min(k, 1)) + `{"x":[` + x + `],"delta":[[0],[0]],"eps":[[],[0]]}`
	}
	samples += `],"accumulate":2,"gamma":0.25`
	j, err := parseLine([]byte(`{"type":"batch",` + chain + samples + `,"reg":{"kind":"none","rho":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := reference{}.Batch(j.batch())
	want := &Reply{Loss: 7.0 / 3, U: [][]float64{{2}, {}}, W: [][]float64{{0.5}, {}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("batch: error %v; (-want +got):\n%s", err, diff)
	}
	j, err = parseLine([]byte(`{"type":"run",` + chain + `"steps":[{` + samples + `},{` + samples +
		`}],"reg":{"kind":"l2","rho":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	run, err := reference{}.Run(j.run())
	// w = 1 - (2+2)/4 = 0, then u = 1: 0 - (1+0)/4.
	all := &RunReply{Losses: []float64{7.0 / 3, 5.0 / 6}, Ws: [][][]float64{{{0}, {}}, {{-0.25}, {}}}}
	if diff := cmp.Diff(all, run); diff != "" || err != nil {
		t.Errorf("run: error %v; (-want +got):\n%s", err, diff)
	}
}

// TestLines: every type of request is written and read again, NaN, infinities, -0,
// labels and bits included.
func TestLines(t *testing.T) {
	label := 0
	wild := Sample{
		X: []float64{math.NaN(), math.Copysign(0, -1)}, Label: &label,
		Delta: [][]float64{{math.Inf(1), 1}, {math.Inf(-1)}}, Eps: [][]float64{{}, {0.1, 5e-324}},
	}
	for _, kind := range []string{step, trace, batch, run} {
		j := &job{
			kind: kind, chain: []core.Spec{{Op: "fixed", A: [][]float64{{1, 2}, {3, 1e300}}},
				{Op: "softmaxce", N: 2, Label: 0}},
			w: [][]float64{{}, {}}, reg: core.Regularizer{Kind: "none"}, bits: []uint32{0, 1<<32 - 1},
			steps: []RunStep{{cloneSamples([]Sample{wild}), 1, 0.5}},
		}
		if kind == step || kind == trace {
			j.steps[0].Samples[0].Label = nil
		}
		line := j.line()
		if !strings.Contains(line, `"label":0`) || !strings.Contains(line, `"rho":0`) || strings.Contains(line, "\n") {
			t.Errorf("%s: %s lacks a zero", kind, line)
		}
		back, err := parseLine([]byte(line))
		if err != nil || !back.same(j) {
			t.Errorf("%s: error %v, read again as %+v", kind, err, back)
		}
	}
	for _, r := range []any{
		&Reply{math.NaN(), [][]float64{{math.Inf(1)}, {}}, [][]float64{{math.Copysign(0, -1)}, {}}},
		&RunReply{[]float64{math.Inf(-1)}, [][][]float64{{{1}, {}}}},
	} {
		b, err := json.Marshal(r)
		back := map[bool]any{true: new(Reply), false: new(RunReply)}[strings.Contains(string(b), "loss\"")]
		if err2 := json.Unmarshal(b, back); err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if again, _ := json.Marshal(back); string(again) != string(b) {
			t.Errorf("%s is read as %s", b, again)
		}
	}
}

func TestParseRequestErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"gamma":0.5`, `"gamma":-1`, "gamma is -1"},
		{`"gamma":0.5`, `"gamma":1e999`, `"1e999" is out of range`},
		{`"gamma":0.5`, `"gamma":null`, `gamma: null, want a value`},
		{`"gamma":0.5`, `"gamma":0.125,"gamma":9`, "line 1, column 128: gamma: repeated key"},
		{`"gamma":0.5`, `"GAMMA":0.5`, `line 1, column 114: GAMMA: key in other case, want "gamma"`},
		{`{"op":"scale",`, `{"op":"tanh","op":"scale",`, "line 1, column 24: chain[0].op: repeated key"},
		{`"rho":0.5`, `"rho":0.5,"Rho":1`, `reg.Rho: key in other case, want "rho"`},
		{`"w":[[3],[]]`, `"w":[[3],null]`, "w[1]: null, want an array"},
		{`"gamma":0.5`, `"gamma":"Infinity"`, "gamma is +Inf"},
		{`"gamma":0.5`, `"gamma":"inf"`, `is no number`},
		{`"x":[2]`, `"x":[null]`, `x[0]: null, want a value`},
		{`"x":[2]`, `"x":["` + strings.Repeat("a", 200) + `"]`, strings.Repeat("a", 79) + `"... is no number`},
		{`"gamma"`, `"lambda"`, "lambda: unknown key"},
		{`"x":[2]`, `"x":[2,3]`, "x has length 2, want 1"},
		{`"w":[[3],[]]`, `"w":[[3]]`, "w has 1 entries, want 2"},
		{`"w":[[3],[]]`, `"w":[[3],[1]]`, "w[1] has length 1, want 0"},
		{`[0.5],[0.25]`, `[0.5],[]`, "delta[1] has length 0, want 1"},
		{`[0.5],[0.25]`, `[0.5]`, "delta, eps have 1, 2 entries, want 2"},
		{`[[],[1]]`, `[[1],[1]]`, "eps[0] has length 1, want 0"},
		{`"op":"scale"`, `"op":"relu"`, `"relu"`},
		{`"n":1},{`, `"n":2},{`, "operator 2"},
		{`"kind":"l2"`, `"kind":"l1"`, `"l1"`},
		{`0.5}}`, `0.5}} {}`, "more data after the value"},
		{request, ``, "the data ends, want a value"},
		{request, `null`, "null, want an object"},
		{request, strings.Repeat(" ", MaxRequest+1), "more than 67108864 bytes"},
	} {
		text := strings.Replace(request, c.old, c.new, 1)
		if text == request {
			t.Fatalf("%q is not in the request", c.old)
		}
		if _, err := ParseRequest(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.new[:min(len(c.new), 40)], err, c.want)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	const sample = `{"x":[2],"delta":[[0],[0]],"eps":[[],[1]]}`
	const head = `"chain":[{"op":"bias","n":1},{"op":"softmaxce","n":1,"label":0}],"w":[[3],[]],` +
		`"reg":{"kind":"none","rho":0},`
	for _, c := range []struct{ line, want string }{
		{`{"type":"step","type":"run"}`, "column 16: type: repeated key"},
		{`{"type":"step","reg":{"kind":"none","rho":0,"rho":1}}`, "reg.rho: repeated key"},
		{`{"type":"step","x":` + strings.Repeat("[", 1000), "nested deeper than 64"},
		{`{"TYPE":"run"}`, `column 2: TYPE: key in other case, want "type"`},
		{`{"type":"step","GAMMA":1}`, `column 16: GAMMA: key in other case, want "gamma"`},
		{`{"gamma":1,"type":"batch","gamma":2}`, "column 27: gamma: repeated key"},
		{`{"type":"run","steps":[{"Samples":[]}]}`, `steps[0].Samples: key in other case, want "samples"`},
		{`{"type":"leap"}`, `unknown type "leap"`},
		{`{"type":"batch",` + head + `"gamma":1,"accumulate":0,"samples":[` + sample + `]}`,
			"accumulate is 0, want 1..1"},
		{`{"type":"batch",` + head + `"gamma":1,"accumulate":2,"samples":[` + sample + `]}`,
			"accumulate is 2, want 1..1"},
		{`{"type":"batch",` + head + `"gamma":1,"accumulate":1,"samples":[]}`, "samples has 0 entries"},
		{`{"type":"batch",` + head + `"gamma":1,"accumulate":1,"samples":[{"x":[],"delta":[[0],[0]],"eps":[[],[1]]}]}`,
			"samples[0].x has length 0"},
		{`{"type":"batch",` + head + `"gamma":1,"accumulate":1,` +
			`"samples":[{"x":[2],"label":3,"delta":[[0],[0]],"eps":[[],[1]]}]}`, "label is 3"},
		{`{"type":"run",` + head + `"steps":[]}`, "a run of 0 steps"},
		{`{"type":"run",` + head + `"steps":[{"gamma":-1,"accumulate":1,"samples":[` + sample + `]}]}`, "gamma is -1"},
		{`{"type":"run",` + head + `"steps":[{"gamma":1,"accumulate":2,"samples":[` + sample + `]}]}`,
			"steps[0].accumulate is 2"},
		{`[]`, "an array, want an object"},
		{``, "the data ends, want a value"},
	} {
		if _, err := parseLine([]byte(c.line)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.line, err, c.want)
		}
	}
}
