package wire

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/conform"
)

// TestBrokenReplies: what comes instead of a reply, to hello or later, breaks the protocol in one way, with
// what was sent and what came; after that nothing is asked, and the first break stays.
func TestBrokenReplies(t *testing.T) {
	for _, c := range []struct {
		said, reason string // %d is the id
		want         Break
	}{
		{"", "the output ended where a reply was due", Died},
		{"{", "the output ends within a line", Torn},
		{`{"id":%d`, "the output ends within a line", Torn},
		{"\n", "not a JSON object", NotJSON},
		{" \t\n", "not a JSON object", NotJSON},
		{"[]\n", "not a JSON object", NotJSON},
		{"{\n", "the data ends", NotJSON},
		{"{}\n", `no field "id"`, Malformed},
		{`{"id":%d,"id":%[1]d}` + "\n", "repeated key", Malformed},
		{`{"id":9}` + "\n", "id is 9, want %d", OutOfOrder},
		{`{"id":%d}` + "\n", "no field ", Malformed},
	} {
		for id, hello := range map[int]string{1: "", 2: FuzzHello} {
			fill := func(s string) string {
				if strings.Contains(s, "%") {
					return fmt.Sprintf(s, id)
				}
				return s
			}
			said := fill(c.said)
			e := Connect(strings.NewReader(hello+said), discard{io.Discard}, nil)
			refusal, err := ask(e, 0)
			var broken *BrokenError
			if !errors.As(refusal, &broken) || err != nil {
				t.Errorf("%q: refusal %v, error %v", said, refusal, err)
				continue
			}
			if broken.Break != c.want || !strings.Contains(broken.Reason, fill(c.reason)) || broken.Came != said ||
				!strings.HasPrefix(broken.Sent, fmt.Sprintf(`{"id":%d,"type":"`, id)) || !strings.HasSuffix(broken.Sent, "}\n") {
				t.Errorf("%q: %+v, want %s with %q", said, broken, c.want, fill(c.reason))
			}
			select {
			case <-e.Broken():
			default:
				t.Errorf("%q: the run is not told", said)
			}
			if again, _ := ask(e, 0); again != error(broken) || e.Err() != broken || !errors.Is(e.Close(), broken) {
				t.Errorf("%q: asked again: %v; kept %v", said, again, e.Err())
			}
		}
	}
}

// TestAnswersAreNoBreaks: an engine that says no, or too much, stays an engine.
func TestAnswersAreNoBreaks(t *testing.T) {
	const step = `{"id":%d,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]]}` + "\n"
	many := `{"id":3,"loss":0.5,"u":[[` + strings.Repeat("1,", 5000) + `1],[]],"w":[]}` + "\n"
	e := Connect(strings.NewReader(FuzzHello+`{"id":2,"error":"bad"}`+"\n"+many+`{"id":4,"unsupported":"tanh"}`+"\n"+
		fmt.Sprintf(step, 5)+"\n \n"), discard{io.Discard}, nil)
	engine, err := e.Factory()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the engine says: bad", "many more numbers", "unsupported: tanh", ""} {
		r, err := engine.Step(&conform.Request{W: [][]float64{{1, 2}, {}}, X: []float64{1, 2}})
		mustBe(t, "a step", err, want)
		if want == "" && (r == nil || r.Loss != 0.5 || r.U[0][1] != 2) {
			t.Errorf("reply %+v", r)
		}
	}
	if err := e.Close(); err != nil || e.Err() != nil {
		t.Errorf("blank lines after the last reply: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, err := engine.Step(&conform.Request{}); err == nil || !strings.Contains(err.Error(), "the engine is closed") {
		t.Errorf("a step after the end: %v", err)
	}
}

// TestTracedStep: the step that asks for what was traced is answered from the trace, once; another one is not.
func TestTracedStep(t *testing.T) {
	const trace = `{"id":%d,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]],"Y":[[1],[0.5]],"V":[[1]]}` + "\n"
	const step = `{"id":%d,"loss":%v,"u":[],"w":[]}` + "\n"
	e := Connect(strings.NewReader(FuzzHello+fmt.Sprintf(trace, 2)+fmt.Sprintf(step, 3, 7)+fmt.Sprintf(trace, 4)+
		fmt.Sprintf(step, 5, 8)+fmt.Sprintf(step, 6, 9)), discard{io.Discard}, nil)
	engine, err := e.Factory()
	if err != nil {
		t.Fatal(err)
	}
	one, other := &conform.Request{Gamma: 1}, &conform.Request{Gamma: 2}
	ask := func(req *conform.Request, want float64) {
		t.Helper()
		if r, err := engine.Step(req); err != nil || r.Loss != want {
			t.Errorf("reply %+v, error %v, want the loss %v", r, err, want)
		}
	}
	traces := func() {
		t.Helper()
		if y, v, err := engine.(conform.Tracer).Trace(one); err != nil || len(y) != 2 || len(v) != 2 || v[0] != nil {
			t.Errorf("trace %v, %v, error %v", y, v, err)
		}
	}
	traces()
	ask(one, 0.5)
	ask(one, 7)
	traces()
	ask(other, 8)
	ask(one, 9)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
