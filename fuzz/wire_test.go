package fuzz

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

// newReference is a conform.Factory.
func newReference() (conform.Engine, error) { return conform.NewReference(), nil }

// discard is a connection that nobody reads.
type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// helloReply is that of an engine with all abilities.
const helloReply = `{"id":1,"protocol":1,"name":"x","version":"1","precision":"float64","deterministic":true,` +
	`"ops":["linear","halfsq"],"types":["step","trace","batch","run"],"takes":[]}` + "\n"

// maxReplyBytes is what reading what an engine says may cost.
const maxReplyBytes = 100 << 20

// FuzzReply: whatever an engine writes, at hello or later, and whatever it is asked, is
// read as an answer, or ends in an error that says what came; nothing panics, waits or
// fills the memory. An answer has no more numbers than the request allows.
func FuzzReply(f *testing.F) {
	for k, reply := range []string{
		`{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,"NaN"],[]]}`,
		`{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]],"Y":[[1,2],[1],[0.5]],"V":[[1],[1]]}`,
		`{"id":2.0,"loss":"-Infinity","u":[[1e400]],"w":[[null]],"extra":{"a":[1,{}]}}`,
		`{"id":2,"losses":[1,2],"ws":[[[1,2],[]],[[1,2],[]]]}`,
		`{"id":2,"unsupported":"why"}`,
		`{"id":2,"loss":NaN,"u":[],"w":[]}`,
		`{"id":2,"loss":0,"loss":1,"U":[]}`,
		`{"id":9007199254740993,"error":"\ud800"}`,
		`{"id":2,"loss":` + strings.Repeat("[", 100),
	} {
		f.Add([]byte{}, []byte(reply+"\n"), byte(k))
	}
	f.Add([]byte(helloReply), []byte("\ngreetings\n{}"), byte(0))
	f.Fuzz(func(t *testing.T, hello, reply []byte, kind byte) {
		said := append([]byte(helloReply), reply...)
		if len(hello) > 0 {
			said = append(hello, reply...)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e := wire.Connect(bytes.NewReader(said), discard{io.Discard}, nil)
		err := ask(t, e, kind)
		closed := e.Close()
		runtime.ReadMemStats(&after)
		if cost := after.TotalAlloc - before.TotalAlloc; cost > maxReplyBytes {
			t.Fatalf("%d bytes of memory for a reply of %d", cost, len(said))
		}
		var broken *wire.BrokenError
		if err == nil && closed == nil || errors.As(err, &broken) || errors.As(closed, &broken) {
			if broken != nil && (broken.Reason == "" || len(broken.Error()) > 8*maxReason) {
				t.Fatalf("an error of %d bytes: %v", len(broken.Error()), broken)
			}
			return
		}
		if text := err.Error(); text == "" || len(text) > maxReason {
			t.Fatalf("an error of %d bytes: %v", len(text), err)
		}
	})
}

// ask asks a request of a kind.
func ask(t *testing.T, e *wire.Engines, kind byte) error {
	engine, err := e.Factory()
	if err != nil {
		return err
	}
	label := 0
	sample := conform.Sample{X: []float64{1, 2}, Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}, Label: &label}
	chain := []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "halfsq", N: 1}}
	w := [][]float64{{1, 2}, {}}
	request := &conform.Request{Chain: chain, X: sample.X, W: w, Delta: sample.Delta, Eps: sample.Eps}
	switch kind % 4 {
	case 0:
		r, err := engine.Step(request)
		if err == nil && size(r.U)+size(r.W) > 5000 {
			t.Fatalf("a reply of %d numbers", size(r.U)+size(r.W))
		}
		return err
	case 1:
		if tracer, ok := engine.(conform.Tracer); ok {
			_, _, err = tracer.Trace(request)
		}
	case 2:
		if batcher, ok := engine.(conform.Batcher); ok {
			_, err = batcher.Batch(&conform.BatchRequest{Chain: chain, W: w, Accumulate: 1,
				Samples: []conform.Sample{sample}})
		}
	case 3:
		if runner, ok := engine.(conform.Runner); ok {
			step := conform.RunStep{Samples: []conform.Sample{sample}, Accumulate: 1}
			_, err = runner.Run(&conform.RunRequest{Chain: chain, W: w, Steps: []conform.RunStep{step, step}})
		}
	}
	return err
}

func size(rows [][]float64) int {
	n := len(rows)
	for _, row := range rows {
		n += len(row)
	}
	return n
}

// servedAs fails t unless the reference, served, answers a request as it does in process.
func servedAs(t *testing.T, request []byte, want *conform.Reply) {
	t.Helper()
	line := append([]byte(`{"id":7,"type":"step",`), append(request[1:], '\n')...)
	var out bytes.Buffer
	if err := wire.Serve(bytes.NewReader(line), &out, newReference); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got, reply conform.Reply
	if err := errors.Join(json.Unmarshal(out.Bytes(), &got), json.Unmarshal(body, &reply)); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	again, err := json.Marshal(&got)
	if err != nil || !bytes.Equal(again, body) {
		t.Fatalf("served %s\nwant %s", &out, body)
	}
}

// FuzzServe: whatever lines an engine of Serve gets, each is answered with one line, a JSON
// object with an id.
func FuzzServe(f *testing.F) {
	page, err := os.ReadFile("../props/conform/PROTOCOL.md")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if request, ok := strings.CutPrefix(line, "-> "); ok {
			f.Add([]byte(request))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := wire.Serve(bytes.NewReader(data), &out, newReference); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if cost := after.TotalAlloc - before.TotalAlloc; cost > maxReplyBytes {
			t.Fatalf("%d bytes of memory for %d of requests", cost, len(data))
		}
		lines := bytes.Count(data, []byte("\n"))
		if last := data[bytes.LastIndexByte(data, '\n')+1:]; len(bytes.TrimSpace(last)) > 0 {
			lines++
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != lines {
			t.Fatalf("%d lines are answered with %d:\n%s", lines, got, &out)
		}
		for line := range bytes.Lines(out.Bytes()) {
			var reply struct{ ID *int64 }
			if err := json.Unmarshal(line, &reply); err != nil || reply.ID == nil {
				t.Fatalf("%v: %s", err, line)
			}
		}
	})
}
