package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
)

// mustBe checks an error: nil for "", else one with want.
func mustBe(t *testing.T, what string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: error %v, want one with %q", what, err, want)
	}
}

const goodRequest = `{"chain":[{"op":"linear","in":2,"out":1},{"op":"halfsq","n":1}],"x":[1,2],"w":[[3,4],[]],` +
	`"delta":[[0],[0]],"eps":[[],[0]],"gamma":0.5,"reg":{"kind":"none","rho":0}}`

// TestCheckRequest: each promise of FuzzRequest is broken once, by a decoder or by an engine.
func TestCheckRequest(t *testing.T) {
	type decoder = func(io.Reader) (*conform.Request, error)
	refuses := func(text string) decoder {
		return func(io.Reader) (*conform.Request, error) { return nil, errors.New(text) }
	}
	second := func(change func(*conform.Request) error) decoder {
		calls := 0
		return func(r io.Reader) (*conform.Request, error) {
			req, err := conform.ParseRequest(r)
			if calls++; calls == 2 && err == nil {
				err = change(req)
			}
			return req, err
		}
	}
	faulty := func(fault func(req *conform.Request, r *conform.Reply)) conform.Factory {
		return func() (conform.Engine, error) { return &planted{conform.NewReference(), fault}, nil }
	}
	nth := func(n int, other conform.Factory) conform.Factory {
		calls := 0
		return func() (conform.Engine, error) {
			if calls++; calls == n {
				return other()
			}
			return newReference()
		}
	}
	none := func() (conform.Engine, error) { return nil, errors.New("no engine") }
	row := []float64{}
	for _, c := range []struct {
		what          string
		decode        decoder
		factory       conform.Factory
		refusal, want string
	}{
		{"right", conform.ParseRequest, newReference, "", ""},
		{"refused", refuses("conform: no"), newReference, "conform: no", ""},
		{"refused with other words", refuses("no"), newReference, "no", "a refusal of 2 bytes"},
		{"refused in many words", refuses("conform: " + strings.Repeat("x", 991)), newReference, "conform: ", ""},
		{"refused in too many", refuses("conform: " + strings.Repeat("x", 992)), newReference, "conform: ", "of 1001 bytes"},
		{"refused when written", second(func(*conform.Request) error { return errors.New("why") }), newReference,
			"", "written, then refused: why"},
		{"read as another", second(func(r *conform.Request) error { r.Gamma++; return nil }), newReference,
			"", "read and written"},
		{"no engine", conform.ParseRequest, none, "", "no engine"},
		{"no engine to serve", conform.ParseRequest, nth(2, none), "", "no engine"},
		{"an engine that refuses", conform.ParseRequest, func() (conform.Engine, error) { return refuser{}, nil },
			"", "the reference engine refuses what was read: not I"},
		{"too few gradients", conform.ParseRequest,
			faulty(func(_ *conform.Request, r *conform.Reply) { r.U = r.U[:1] }), "", "1 gradients and 2 weights of 2"},
		{"too many weights", conform.ParseRequest,
			faulty(func(_ *conform.Request, r *conform.Reply) { r.W = append(r.W, row) }), "", "2 gradients and 3 weights"},
		{"the request is changed", conform.ParseRequest,
			faulty(func(req *conform.Request, _ *conform.Reply) { req.X[1]++ }), "", "changed the request"},
		{"served with another loss", conform.ParseRequest,
			nth(2, faulty(func(_ *conform.Request, r *conform.Reply) { r.Loss++ })), "", "want "},
		{"served without a reply", conform.ParseRequest,
			nth(2, func() (conform.Engine, error) { return stepper{}, nil }), "", "no reply"},
	} {
		refusal, err := checkRequest([]byte(goodRequest), c.decode, c.factory)
		mustBe(t, c.what+": refusal", refusal, c.refusal)
		mustBe(t, c.what, err, c.want)
	}
	if refusal, err := FuzzRequest([]byte(goodRequest)); refusal != nil || err != nil {
		t.Errorf("refusal %v, error %v", refusal, err)
	}
	refusal, err := FuzzRequest([]byte(goodRequest[1:]))
	mustBe(t, "half a request: refusal", refusal, "conform: ")
	mustBe(t, "half a request", err, "")
}

// refuser answers nothing.
type refuser struct{}

func (refuser) Step(*conform.Request) (*conform.Reply, error) { return nil, errors.New("not I") }

// TestCheckAnswers: each promise of FuzzServe is broken once, by a line too few, too many, of no
// JSON or without id.
func TestCheckAnswers(t *testing.T) {
	const ok, no, cannot = `{"id":1}` + "\n", `{"id":2,"error":"bad"}` + "\n", `{"id":3,"unsupported":"cannot"}` + "\n"
	for _, c := range []struct{ data, out, refusal, want string }{
		{"", "", "no line", ""},
		{" \t", "", "no line", ""},
		{"\n", ok, "", ""},
		{"x", ok, "", ""},
		{"x\n  ", ok, "", ""},
		{"x\ny", ok + no, "bad", ""},
		{"x\ny", no + ok, "", ""},
		{"x\ny\n", no + cannot, "cannot", ""},
		{"x\ny", ok, "", "2 lines are answered with 1"},
		{"x\n", ok + ok, "", "1 lines are answered with 2"},
		{"", ok, "", "0 lines are answered with 1"},
		{"x", "{\n", "", "unexpected end"},
		{"x", `{"error":"bad"}` + "\n", "", `{"error":"bad"}`},
	} {
		refusal, err := checkAnswers([]byte(c.data), []byte(c.out))
		mustBe(t, c.data+c.out+": refusal", refusal, c.refusal)
		mustBe(t, c.data+c.out, err, c.want)
	}
	refusal, err := FuzzServe([]byte(`{"id":7,"type":"hello"}` + "\n" + `{"id":8,"type":"dream"}`))
	mustBe(t, "two requests: refusal", refusal, "type dream")
	mustBe(t, "two requests", err, "")
	refusal, err = FuzzServe([]byte(`{"id":7,"type":"hello"}`))
	mustBe(t, "hello: refusal", refusal, "")
	mustBe(t, "hello", err, "")
}

// TestMemory: what fills the memory is an error, also where it ends in another one, which is kept.
func TestMemory(t *testing.T) {
	mustBe(t, "at the limit", checkMemory(7, maxFuzzBytes), "")
	mustBe(t, "above it", checkMemory(7, maxFuzzBytes+1), "104857601 bytes of memory for 7 of data")
	why := errors.New("why")
	if err := allocating(7, func() error { return why }); !errors.Is(err, why) || err.Error() != "why" {
		t.Errorf("error %v", err)
	}
	var big []byte
	err := allocating(7, func() error { big = make([]byte, maxFuzzBytes+1); return why })
	if !errors.Is(err, why) {
		t.Errorf("error %v, want also why", err)
	}
	mustBe(t, "much memory", err, "bytes of memory for 7 of data")
	if len(big) == 0 {
		t.Error("no memory was taken")
	}
	if err := allocating(7, func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// TestLargeInputs: an input that takes much memory to read is an error of each target that reads lines, and what
// is wrong with an answer is one.
func TestLargeInputs(t *testing.T) {
	much := bytes.Repeat([]byte(" "), maxFuzzBytes/2) // a line grows by copies of itself
	_, err := FuzzServe(much)
	mustBe(t, "requests", err, "bytes of memory for 52428800 of data")
	_, err = FuzzReply(much)
	mustBe(t, "replies", err, "bytes of memory for ")
	refusal, err := checkReply(nil, func(e *Engines) (refusal, err error) {
		return errors.New("a refusal"), errors.New("too many")
	})
	mustBe(t, "an answer: refusal", refusal, "a refusal")
	mustBe(t, "an answer", err, "too many")
}

// TestCheckRefusals: an error without words or of too many is one of FuzzReply, and what breaks
// the protocol may say what came.
func TestCheckRefusals(t *testing.T) {
	plain := func(n int) error { return errors.New(strings.Repeat("x", n)) }
	broken := func(n int) error { // of n bytes in all, of which Error shows the reason whole
		e := &BrokenError{Break: Died, Reason: "x"}
		e.Reason = strings.Repeat("x", n-len(e.Error())+1)
		return e
	}
	for _, c := range []struct {
		what            string
		refusal, closed error
		both, want      string
	}{
		{"neither", nil, nil, "", ""},
		{"a refusal", plain(1000), nil, "xxx", ""},
		{"a long refusal", plain(1001), nil, "xxx", "an error of 1001 bytes"},
		{"a refusal without words", errors.New(""), nil, "", "an error of 0 bytes"},
		{"broken", broken(8000), nil, "broke the protocol", ""},
		{"broken in too many words", broken(8001), nil, "broke the protocol", "an error of 8001 bytes"},
		{"broken at the end", plain(3), broken(100), "xxx\nthe engine broke", ""},
		{"broken at the end alone", nil, broken(100), "the engine broke", ""},
		{"broken at the end in too many words", plain(3), broken(8001), "xxx", "an error of 8001 bytes"},
		{"broken without words", &BrokenError{Break: Died}, nil, "broke the protocol", "an error of"},
	} {
		both, err := checkRefusals(c.refusal, c.closed)
		if c.what != "a refusal without words" {
			mustBe(t, c.what+": refusal", both, c.both)
		}
		mustBe(t, c.what, err, c.want)
	}
}

// TestCheckSize: a reply with a number more than there may be.
func TestCheckSize(t *testing.T) {
	sized := func(u, w int) *conform.Reply { // with the rows
		return &conform.Reply{U: [][]float64{make([]float64, u-2), {}}, W: [][]float64{make([]float64, w-1)}}
	}
	mustBe(t, "the most", checkSize(sized(3000, 2000), nil), "")
	mustBe(t, "too much", checkSize(sized(3000, 2001), nil), "a reply of 5001 numbers")
	mustBe(t, "too much", checkSize(sized(3001, 2000), nil), "a reply of 5001 numbers")
	mustBe(t, "refused", checkSize(nil, errors.New("why")), "")
}

// TestFuzzReply: what an engine says is read as the answer to the kind of request in the first
// byte, behind its own hello or that of FuzzHello.
func TestFuzzReply(t *testing.T) {
	const (
		step    = `{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]]}` + "\n"
		trace   = `{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]],"Y":[[1],[0.5]],"V":[[1]]}` + "\n"
		run     = `{"id":2,"losses":[1,2],"ws":[[[1,2],[]],[[1,2],[]]]}` + "\n"
		stepper = `{"id":1,"protocol":1,"name":"x","precision":"float64","ops":[],"types":["step"]}` + "\n"
	)
	many := `{"id":2,"loss":0.5,"u":[[` + strings.Repeat("1,", 4000) + `1],[]],"w":[[1,2],[]]}` + "\n"
	for _, c := range []struct {
		said    string
		refusal string
	}{
		{"", "no kind of request"},
		{"\x00" + step, ""},
		{"\x00" + many, ""},
		{"\x00" + strings.Repeat(" ", 3) + step, ""},
		{"\x01" + trace, ""},
		{"\x01" + step, `no field "Y"`},
		{"\x02" + step, ""},
		{"\x02" + run, `no field "loss"`},
		{"\x03" + run, ""},
		{"\x03" + step, `no field "losses"`},
		{"\x04" + stepper + step, ""},
		{"\x05" + stepper, "the engine has no such type of request"},
		{"\x06" + stepper, "the engine has no such type of request"},
		{"\x07" + stepper, "the engine has no such type of request"},
		{"\x07" + FuzzHello + run, ""},
		{"\x0b" + run, ""},
		{"\x04" + step, "id is 2, want 1"},
		{"\x00" + step + "more", "output after the last reply"},
		{"\x00", "the output ended where a reply was due"},
		{"\x00" + `{"id":2,"error":"no memory"}` + "\n", "no memory"},
	} {
		refusal, err := FuzzReply([]byte(c.said))
		mustBe(t, c.said+": refusal", refusal, c.refusal)
		mustBe(t, c.said, err, "")
	}
	// Of what is read only as much as the request may have: more is refused.
	much := strings.Replace(many, "[[", "[["+strings.Repeat("1,", 1000), 1)
	refusal, err := FuzzReply([]byte("\x00" + much))
	mustBe(t, "a long reply: refusal", refusal, "many more numbers than there can be")
	mustBe(t, "a long reply", err, "")
}

// asked keeps what the reference is asked, and answers.
type asked struct {
	echo
	reply *conform.Reply
}

func (a *asked) Step(req *conform.Request) (*conform.Reply, error) {
	a.step = req
	var err error
	a.reply, err = conform.NewReference().Step(req)
	return a.reply, err
}

func (a *asked) Batch(req *conform.BatchRequest) (*conform.Reply, error) {
	a.batch = req
	return conform.NewReference().(conform.Batcher).Batch(req)
}

func (a *asked) Run(req *conform.RunRequest) (*conform.RunReply, error) {
	a.run = req
	return conform.NewReference().(conform.Runner).Run(req)
}

// TestAsk: each kind of request is one that the reference answers, on (w x)^2 / 2 at
// w = x = (1, 2) without perturbations: the loss is 12.5 and the gradient 5 x.
func TestAsk(t *testing.T) {
	zero := 0
	sample := conform.Sample{X: []float64{1, 2}, Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}, Label: &zero}
	chain := []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "halfsq", N: 1}}
	for kind := range byte(4) {
		a := &asked{}
		e := pipe(func() (conform.Engine, error) { return a, nil }, nil)
		refusal, err := ask(e, kind)
		if refusal != nil || err != nil {
			t.Errorf("kind %d: refusal %v, error %v", kind, refusal, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		switch kind {
		case 0, 1:
			if a.step == nil || a.reply.Loss != 12.5 || cmp.Diff([][]float64{{5, 10}, {}}, a.reply.U) != "" {
				t.Fatalf("kind %d: asked %+v, answered %+v", kind, a.step, a.reply)
			}
		case 2:
			if b := a.batch; b == nil || cmp.Diff(chain, b.Chain) != "" || b.Accumulate != 1 ||
				cmp.Diff([]conform.Sample{sample}, b.Samples) != "" {
				t.Errorf("asked %+v", b)
			}
		case 3:
			if a.run == nil || cmp.Diff(chain, a.run.Chain) != "" || len(a.run.Steps) != 2 {
				t.Fatalf("asked %+v", a.run)
			}
			for _, s := range a.run.Steps {
				if s.Accumulate != 1 || cmp.Diff([]conform.Sample{sample}, s.Samples) != "" {
					t.Errorf("asked for the step %+v", s)
				}
			}
		}
	}
	e := Connect(strings.NewReader("greetings\n"), discard{io.Discard}, nil)
	refusal, err := ask(e, 0)
	mustBe(t, "a greeting: refusal", refusal, "not JSON")
	mustBe(t, "a greeting", err, "")
}

// linesOf is a client of what an engine says.
func linesOf(said io.Reader) *client {
	e := Connect(said, discard{io.Discard}, nil)
	p, _ := e.start()
	return &client{opt: e.opt, peer: p, lines: bufio.NewReaderSize(said, 1<<16)}
}

// TestMaxLine: a line has at most MaxLine bytes with its end, either way, and what follows the
// last reply less than maxRest.
func TestMaxLine(t *testing.T) {
	said := bytes.Repeat([]byte(" "), MaxLine+1)
	said[MaxLine-1] = '\n'
	line, err := linesOf(bytes.NewReader(said)).readLine()
	if len(line) != MaxLine || err != nil {
		t.Errorf("%d bytes, error %v", len(line), err)
	}
	said[MaxLine-1], said[MaxLine] = ' ', '\n'
	if _, err := linesOf(bytes.NewReader(said)).readLine(); !errors.Is(err, errTooLong) {
		t.Errorf("a line of %d bytes: error %v", len(said), err)
	}
	for k := range said {
		said[k] = ' '
	}
	said[0] = '{'
	// Besides the body, less its brace, a request has this:
	const around = len(`{"id":1,"type":"step",`) + len("\n")
	for extra, want := range []string{"", "a request of 67108865 bytes, a line has at most 67108864"} {
		c := linesOf(strings.NewReader(`{"id":1}` + "\n"))
		read := false
		err := c.exchange(typeStep, said[:MaxLine-around+1+extra], c.opt.Timeout, func([]byte) error {
			read = true
			return nil
		})
		mustBe(t, "a long request", err, want)
		if read != (want == "") {
			t.Errorf("an answer was read: %v", read)
		}
	}
	for extra, want := range []string{"", "output after the last reply"} {
		if err := linesOf(bytes.NewReader(said[1 : maxRest+extra])).close(); (err == nil) != (want == "") ||
			err != nil && (err.Break != TooMuch || err.Reason != want) {
			t.Errorf("%d blanks after the last reply: %v", maxRest-1+extra, err)
		}
	}
}
