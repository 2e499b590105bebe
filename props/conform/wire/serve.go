package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
)

// Serve makes a process out of a Go engine: it answers requests from r on w until r ends.
//
//	func main() {
//		err := wire.Serve(os.Stdin, os.Stdout, func() (conform.Engine, error) { return myengine.New() })
//		...
//
// A request that is malformed or of no use is answered with an error, as is one at which the
// engine panics. The error is one of r, w or the factory.
func Serve(r io.Reader, w io.Writer, factory conform.Factory) error {
	engine, err := factory()
	if err != nil {
		return err
	}
	c := &client{lines: bufio.NewReaderSize(r, 1<<16)}
	for {
		line, err := c.readLine()
		if err == nil || errors.Is(err, io.EOF) && len(bytes.TrimSpace(line)) > 0 {
			if _, err := w.Write(answer(engine, line)); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// answer is the line that answers a line.
func answer(engine conform.Engine, line []byte) []byte {
	var s requestJSON
	err := parse(line, &s)
	var id int64
	if err == nil && s.ID == nil {
		err = errors.New(`no field "id"`)
	}
	if err == nil {
		id = int64(*s.ID)
	}
	b := fmt.Appendf(nil, `{"id":%d`, id)
	body := []byte{}
	if err == nil {
		body, err = answerTo(engine, &s)
	}
	var unsupported *unsupportedError
	switch {
	case errors.As(err, &unsupported):
		b = appendText(b, "unsupported", unsupported.why)
	case errors.Is(err, errors.ErrUnsupported):
		b = appendText(b, "unsupported", err.Error())
	case err != nil:
		b = appendText(b, "error", err.Error())
	default:
		b = append(b, body...)
	}
	return append(b, '}', '\n')
}

func appendText(b []byte, key, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("wire: " + err.Error()) // a string cannot fail
	}
	return append(append(b, `,"`+key+`":`...), quoted...)
}

// answerTo is the reply without its id and braces.
func answerTo(engine conform.Engine, s *requestJSON) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = nil, fmt.Errorf("panicked: %v", p)
		}
	}()
	switch s.Type {
	case typeHello:
		return appendHello(nil, engine), nil
	case typeStep, typeTrace:
		return answerStep(engine, s)
	case typeBatch:
		e, ok := engine.(conform.Batcher)
		if !ok {
			return nil, &unsupportedError{"batch"}
		}
		req, err := s.batch()
		if err != nil {
			return nil, err
		}
		return appendReply(e.Batch(req))
	case typeRun:
		e, ok := engine.(conform.Runner)
		if !ok {
			return nil, &unsupportedError{"run"}
		}
		req, err := s.run()
		if err != nil {
			return nil, err
		}
		return appendRun(e.Run(req))
	}
	return nil, &unsupportedError{"type " + s.Type}
}

func answerStep(engine conform.Engine, s *requestJSON) ([]byte, error) {
	t, ok := engine.(conform.Tracer)
	if s.Type == typeTrace && !ok {
		return nil, &unsupportedError{typeTrace}
	}
	req, err := s.request()
	if err != nil {
		return nil, err
	}
	b, err := appendReply(engine.Step(req))
	if err != nil || s.Type == typeStep {
		return b, err
	}
	y, v, err := t.Trace(req)
	if err != nil {
		return nil, err
	}
	b = appendMatrix(append(b, `,"Y":`...), y)
	return appendMatrix(append(b, `,"V":`...), v[min(1, len(v)):]), nil
}

var errNoReply = errors.New("the engine returned no reply")

func appendReply(r *conform.Reply, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errNoReply
	}
	b := appendNumber([]byte(`,"loss":`), r.Loss)
	b = appendMatrix(append(b, `,"u":`...), r.U)
	return appendMatrix(append(b, `,"w":`...), r.W), nil
}

func appendRun(r *conform.RunReply, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errNoReply
	}
	b := appendVector([]byte(`,"losses":`), r.Losses)
	return appendList(append(b, `,"ws":`...), r.Ws, appendMatrix), nil
}

// appendHello says what the engine can do.
func appendHello(b []byte, engine conform.Engine) []byte {
	var info conform.Info
	if d, ok := engine.(conform.Describer); ok {
		info = d.Describe()
	}
	types := []string{typeStep}
	for _, x := range []struct {
		name string
		has  bool
	}{
		{typeTrace, is[conform.Tracer](engine)},
		{typeBatch, is[conform.Batcher](engine)},
		{typeRun, is[conform.Runner](engine)},
	} {
		if x.has {
			types = append(types, x.name)
		}
	}
	if info.Ops == nil {
		info.Ops = core.OpNames()
	}
	if info.Takes == nil {
		info.Takes = []string{}
	}
	precision := any(info.Mixed)
	if info.Mixed == (conform.Precision{}) {
		if info.Precision == "" {
			info.Precision = "float64"
		}
		precision = info.Precision
	}
	text, err := json.Marshal(struct {
		Protocol      int      `json:"protocol"`
		Name          string   `json:"name"`
		Version       string   `json:"version"`
		Precision     any      `json:"precision"`
		Deterministic bool     `json:"deterministic"`
		Ops           []string `json:"ops"`
		Types         []string `json:"types"`
		Takes         []string `json:"takes"`
	}{Version, info.Name, info.Version, precision, !info.Stochastic, info.Ops, types, info.Takes})
	if err != nil {
		panic("wire: " + err.Error()) // strings cannot fail
	}
	return append(append(b, ','), text[1:len(text)-1]...)
}

func is[T any](engine conform.Engine) bool {
	_, ok := engine.(T)
	return ok
}
