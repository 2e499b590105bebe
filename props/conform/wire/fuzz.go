package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
)

// The bodies of the fuzz targets of requests and replies. Each has a refusal, nil where
// the data are what they should be, and an error: what is wrong with either.

const (
	maxRefusal   = 1000      // bytes of a refusal: of a value, 80 characters are quoted
	maxFuzzBytes = 100 << 20 // of memory, for reading one input
)

// newReference is a conform.Factory.
func newReference() (conform.Engine, error) { return conform.NewReference(), nil }

// FuzzRequest is the body of a fuzz target: any bytes are refused with a reason, or are a
// request that reads the same when it is written, that the reference engine answers in its
// shapes, and that it answers likewise when it is served.
func FuzzRequest(data []byte) (refusal, err error) {
	return checkRequest(data, conform.ParseRequest, newReference)
}

// checkRequest is FuzzRequest of a decoder and engines.
func checkRequest(data []byte, decode func(io.Reader) (*conform.Request, error), factory conform.Factory) (
	refusal, err error,
) {
	req, refusal := decode(bytes.NewReader(data))
	if refusal != nil {
		if text := refusal.Error(); len(text) > maxRefusal || !strings.HasPrefix(text, "conform: ") {
			err = fmt.Errorf("a refusal of %d bytes, want it to begin with conform: %.200q", len(text), text)
		}
		return refusal, err
	}
	line, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	again, err := decode(bytes.NewReader(line))
	if err != nil {
		return nil, fmt.Errorf("written, then refused: %w\n%s", err, line)
	}
	if second, err := json.Marshal(again); err != nil || !bytes.Equal(line, second) {
		return nil, fmt.Errorf("written\n%s\nread and written (%v)\n%s", line, err, second)
	}
	engine, err := factory()
	if err != nil {
		return nil, err
	}
	reply, err := engine.Step(req)
	if err != nil {
		return nil, fmt.Errorf("the reference engine refuses what was read: %w\n%s", err, line)
	}
	if len(reply.U) != len(req.Chain) || len(reply.W) != len(req.Chain) {
		return nil, fmt.Errorf("%d gradients and %d weights of %d operators", len(reply.U), len(reply.W), len(req.Chain))
	}
	if after, err := json.Marshal(req); err != nil || !bytes.Equal(line, after) {
		return nil, fmt.Errorf("the engine changed the request\n%s\nto\n%s", line, after)
	}
	return nil, servedAs(line, reply, factory)
}

// servedAs is nil where an engine, served, answers a request as it does in process.
func servedAs(request []byte, want *conform.Reply, factory conform.Factory) error {
	line := append([]byte(`{"id":7,"type":"step",`), append(request[1:], '\n')...)
	var out bytes.Buffer
	if err := Serve(bytes.NewReader(line), &out, factory); err != nil {
		return err
	}
	body, err := json.Marshal(want)
	if err != nil {
		return err
	}
	var got conform.Reply
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		return fmt.Errorf("%w: %s", err, &out)
	}
	if again, err := json.Marshal(&got); err != nil || !bytes.Equal(again, body) {
		return fmt.Errorf("served %s\nwant %s", &out, body)
	}
	return nil
}

// FuzzServe is the body of a fuzz target: whatever lines an engine of Serve gets, each is
// answered with one line, a JSON object with an id. The refusal is that of the last line.
func FuzzServe(data []byte) (refusal, err error) {
	var out bytes.Buffer
	if err := allocating(len(data), func() error {
		return Serve(bytes.NewReader(data), &out, newReference)
	}); err != nil {
		return nil, err
	}
	return checkAnswers(data, out.Bytes())
}

// checkAnswers is FuzzServe of what was answered.
func checkAnswers(data, out []byte) (refusal, err error) {
	lines := bytes.Count(data, []byte("\n"))
	if last := data[bytes.LastIndexByte(data, '\n')+1:]; len(bytes.TrimSpace(last)) > 0 {
		lines++
	}
	if got := bytes.Count(out, []byte("\n")); got != lines {
		return nil, fmt.Errorf("%d lines are answered with %d:\n%s", lines, got, out)
	}
	refusal = errors.New("no line")
	for line := range bytes.Lines(out) {
		var reply struct {
			ID                 *int64
			Error, Unsupported string
		}
		if err := json.Unmarshal(line, &reply); err != nil || reply.ID == nil {
			return nil, fmt.Errorf("%v: %s", err, line)
		}
		refusal = nil
		if why := reply.Error + reply.Unsupported; why != "" {
			refusal = errors.New(why)
		}
	}
	return refusal, nil
}

// allocating runs body, on an input of so many bytes, and fails where it fills the memory.
func allocating(size int, body func() error) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := body()
	runtime.ReadMemStats(&after)
	return errors.Join(checkMemory(size, after.TotalAlloc-before.TotalAlloc), err)
}

// checkMemory is nil for a cost in bytes that an input of so many may have.
func checkMemory(size int, cost uint64) error {
	if cost > maxFuzzBytes {
		return fmt.Errorf("%d bytes of memory for %d of data", cost, size)
	}
	return nil
}

// FuzzHello is the hello of an engine with all abilities, which FuzzReply puts first.
const FuzzHello = `{"id":1,"protocol":1,"name":"x","version":"1","precision":"float64","deterministic":true,` +
	`"ops":["linear","halfsq"],"types":["step","trace","batch","run"],"takes":[]}` + "\n"

// FuzzReply is the body of a fuzz target: whatever an engine writes, at hello or later, and
// whatever it is asked, is read as an answer, or ends in an error that says what came;
// nothing panics, waits or fills the memory. An answer has no more numbers than the request
// allows. The first byte, modulo 4, is what is asked: a step, a trace, a batch, a run; 4
// more has the engine say its own hello, which is FuzzHello otherwise. The rest is what it
// writes.
func FuzzReply(data []byte) (refusal, err error) {
	if len(data) == 0 {
		return errors.New("no kind of request"), nil
	}
	kind, said := data[0], data[1:]
	if kind&4 == 0 {
		said = append([]byte(FuzzHello), said...)
	}
	return checkReply(said, func(e *Engines) (refusal, err error) { return ask(e, kind%4) })
}

// checkReply is FuzzReply of what an engine says and of who asks it.
func checkReply(said []byte, ask func(*Engines) (refusal, err error)) (refusal, err error) {
	var closed error
	if err := allocating(len(said), func() (err error) {
		e := Connect(bytes.NewReader(said), discard{io.Discard}, nil)
		refusal, err = ask(e)
		closed = e.Close()
		return err
	}); err != nil {
		return refusal, err
	}
	return checkRefusals(refusal, closed)
}

// checkRefusals checks the errors of a request and of the end: what they say, and how long
// they are. An error that breaks the protocol has what was sent and what came, too.
func checkRefusals(refusal, closed error) (both, err error) {
	var broken *BrokenError
	if errors.As(refusal, &broken) || errors.As(closed, &broken) {
		if broken.Reason == "" || len(broken.Error()) > 8*maxRefusal {
			return refusal, fmt.Errorf("an error of %d bytes: %w", len(broken.Error()), broken)
		}
		return errors.Join(refusal, closed), nil
	}
	if refusal != nil {
		if text := refusal.Error(); text == "" || len(text) > maxRefusal {
			return refusal, fmt.Errorf("an error of %d bytes: %w", len(text), refusal)
		}
	}
	return refusal, nil
}

// discard is a connection that nobody reads.
type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// ask asks a request of a kind; err says that too many numbers came.
func ask(e *Engines, kind byte) (refusal, err error) {
	engine, refusal := e.Factory()
	if refusal != nil {
		return refusal, nil
	}
	label := 0
	sample := conform.Sample{X: []float64{1, 2}, Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}, Label: &label}
	chain := []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "halfsq", N: 1}}
	w := [][]float64{{1, 2}, {}}
	request := &conform.Request{Chain: chain, X: sample.X, W: w, Delta: sample.Delta, Eps: sample.Eps}
	refusal = errors.New("the engine has no such type of request")
	switch kind {
	case 0:
		r, why := engine.Step(request)
		return why, checkSize(r, why)
	case 1:
		if tracer, ok := engine.(conform.Tracer); ok {
			_, _, refusal = tracer.Trace(request)
		}
	case 2:
		if batcher, ok := engine.(conform.Batcher); ok {
			_, refusal = batcher.Batch(&conform.BatchRequest{Chain: chain, W: w, Accumulate: 1,
				Samples: []conform.Sample{sample}})
		}
	case 3:
		if runner, ok := engine.(conform.Runner); ok {
			step := conform.RunStep{Samples: []conform.Sample{sample}, Accumulate: 1}
			_, refusal = runner.Run(&conform.RunRequest{Chain: chain, W: w, Steps: []conform.RunStep{step, step}})
		}
	}
	return refusal, nil
}

// maxReply is how many numbers and rows the reply to the step of ask may have.
const maxReply = 5000

func checkSize(r *conform.Reply, why error) error {
	if why != nil {
		return nil
	}
	if n := sizeOf(r.U) + sizeOf(r.W); n > maxReply {
		return fmt.Errorf("a reply of %d numbers", n)
	}
	return nil
}

// sizeOf counts numbers, and the rows.
func sizeOf(rows [][]float64) int {
	n := len(rows)
	for _, row := range rows {
		n += len(row)
	}
	return n
}
