package wire

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/cascade-sgd/cascade/props/conform"
)

// Options of a process; nil and the zero value are useful.
type Options struct {
	Timeout time.Duration // of one request; 0 means 30 s
	Start   time.Duration // from the start to the reply to hello; 0 means 2 minutes
	Exit    time.Duration // from the end of stdin to the exit; 0 means 5 s
	Restart time.Duration // in all for processes that find smallest cases; 0 means 30 s

	// EachRule starts a process for each engine that the factory makes, not one for all.
	EachRule bool

	// Stderr gets what the process says on its standard error, the first MaxStderr bytes of
	// all processes together; nil means nobody.
	Stderr io.Writer
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	for _, x := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&d.Timeout, 30 * time.Second},
		{&d.Start, 2 * time.Minute},
		{&d.Exit, 5 * time.Second},
		{&d.Restart, 30 * time.Second},
	} {
		if *x.value < 0 {
			panic(fmt.Sprintf("wire: options with a time of %v", *x.value))
		}
		if *x.value == 0 {
			*x.value = x.def
		}
	}
	return d
}

// Engines makes engines out of a command.
type Engines struct {
	opt    Options
	start  func() (*peer, *BrokenError)
	mu     sync.Mutex
	shared *client
	again  *client // the last one of Again
	spent  time.Duration
	err    *BrokenError
	broken chan struct{}
	closed bool
	single bool // there is one peer, and no other

	living sync.Mutex // of what follows; mu is held while a process starts
	peers  []*peer
	killed bool
}

func newEngines(start func() (*peer, *BrokenError), opt *Options) *Engines {
	return &Engines{opt: opt.withDefaults(), start: start, broken: make(chan struct{})}
}

// Command makes engines out of a program and its arguments. Nothing is started yet. It
// panics when args is empty.
func Command(args []string, opt *Options) *Engines {
	if len(args) == 0 {
		panic("wire: no command")
	}
	o := opt.withDefaults()
	if o.Stderr != nil {
		o.Stderr = &firstBytes{to: o.Stderr, left: MaxStderr}
	}
	return newEngines(func() (*peer, *BrokenError) { return startProcess(args, o.Stderr) }, opt)
}

// Factory is a conform.Factory: its engines talk to one process, or to one each with
// Options.EachRule.
func (e *Engines) Factory() (conform.Engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shared != nil && e.opt.EachRule && e.err == nil && !e.single {
		e.note(e.shared.close())
		e.shared = nil
	}
	if e.shared == nil {
		c, err := e.dial()
		if err != nil {
			return nil, err
		}
		e.shared = c
	}
	return e.engine(e.shared)
}

// Again is a conform.Factory for finding the smallest case of a fault: each engine is a
// process of its own, so that nothing is left of earlier requests, as long as
// Options.Restart allows.
func (e *Engines) Again() (conform.Engine, error) {
	if e.single {
		return e.Factory()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.spent < e.opt.Restart {
		begun := time.Now()
		if e.again != nil {
			e.again.peer.kill()
		}
		c, err := e.dial()
		if err != nil {
			return nil, err
		}
		e.again = c
		e.spent += time.Since(begun)
	}
	return e.engine(e.again)
}

func (e *Engines) dial() (*client, error) {
	if e.err != nil {
		return nil, e.err
	}
	if e.closed {
		return nil, &BrokenError{Break: NotStarted, Reason: "the engines are closed"}
	}
	p, err := e.startPeer()
	if err != nil {
		e.note(err)
		return nil, err
	}
	c, err := dial(p, e.opt)
	if err != nil {
		e.note(err)
		return nil, err
	}
	return c, nil
}

// note keeps the first break.
func (e *Engines) note(err *BrokenError) {
	if err != nil && e.err == nil {
		e.err = err
		close(e.broken)
	}
}

// Err is how the protocol was broken, nil if it was not.
func (e *Engines) Err() *BrokenError {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// Broken is closed when the protocol is broken.
func (e *Engines) Broken() <-chan struct{} { return e.broken }

// Close ends the input of the process and waits until it ends. The error is how the
// protocol was broken, now or before.
func (e *Engines) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.again != nil {
		e.again.peer.kill()
	}
	if e.shared != nil && !e.closed {
		e.note(e.shared.close())
	}
	e.closed = true
	if e.err == nil {
		return nil
	}
	return e.err
}

// Kill ends all processes at once: a call that waits for one returns, and the run ends as
// if the protocol were broken.
func (e *Engines) Kill() {
	e.living.Lock()
	defer e.living.Unlock()
	e.killed = true
	for _, p := range e.peers {
		p.kill()
	}
}

// startPeer starts a process unless all were killed.
func (e *Engines) startPeer() (*peer, *BrokenError) {
	p, err := e.start()
	if err != nil {
		return nil, err
	}
	e.living.Lock()
	defer e.living.Unlock()
	e.peers = append(e.peers, p)
	if e.killed {
		p.kill()
	}
	return p, nil
}

// Options is opt for a run with these engines: the limit of a request is the one here, and
// the run stops when the protocol is broken.
func (e *Engines) Options(opt *conform.Options) *conform.Options {
	var o conform.Options
	if opt != nil {
		o = *opt
	}
	o.Timeout = 2*e.opt.Start + 2*e.opt.Timeout // never before the process is killed
	o.Again = e.Again
	o.Stop = e.broken
	return &o
}

// remote is an engine at the other end.
type remote struct {
	all *Engines
	c   *client
	// A reply to a trace has all that a step has: the step that asks for the same is
	// answered from it.
	tracedBody  []byte
	tracedReply *conform.Reply
}

// tracer, batcher and runner add abilities to an engine.
type (
	tracer  struct{ *remote }
	batcher struct{ *remote }
	runner  struct{ *remote }
)

// engine is the conform.Engine with the abilities that the hello has.
func (e *Engines) engine(c *client) (conform.Engine, error) {
	r := &remote{all: e, c: c}
	has := func(kind string) bool { return slices.Contains(c.hello.types, kind) }
	t, b, n := tracer{r}, batcher{r}, runner{r}
	switch [3]bool{has(typeTrace), has(typeBatch), has(typeRun)} {
	case [3]bool{true, false, false}:
		return struct {
			*remote
			conform.Tracer
		}{r, t}, nil
	case [3]bool{false, true, false}:
		return struct {
			*remote
			conform.Batcher
		}{r, b}, nil
	case [3]bool{false, false, true}:
		return struct {
			*remote
			conform.Runner
		}{r, n}, nil
	case [3]bool{true, true, false}:
		return struct {
			*remote
			conform.Tracer
			conform.Batcher
		}{r, t, b}, nil
	case [3]bool{true, false, true}:
		return struct {
			*remote
			conform.Tracer
			conform.Runner
		}{r, t, n}, nil
	case [3]bool{false, true, true}:
		return struct {
			*remote
			conform.Batcher
			conform.Runner
		}{r, b, n}, nil
	case [3]bool{true, true, true}:
		return struct {
			*remote
			conform.Tracer
			conform.Batcher
			conform.Runner
		}{r, t, b, n}, nil
	}
	return r, nil
}

// Describe implements conform.Describer.
func (r *remote) Describe() conform.Info { return r.c.hello.info }

func (r *remote) exchange(kind string, body []byte, read func(line []byte) error) error {
	err := r.c.exchange(kind, body, r.c.opt.Timeout, read)
	if broken, ok := err.(*BrokenError); ok {
		r.all.mu.Lock()
		r.all.note(broken)
		r.all.mu.Unlock()
	}
	return err
}

// Step implements conform.Engine.
func (r *remote) Step(req *conform.Request) (reply *conform.Reply, err error) {
	if !slices.Contains(r.c.hello.types, typeStep) {
		return nil, &unsupportedError{"no steps"}
	}
	body, err := req.MarshalJSON()
	if err != nil {
		return nil, err
	}
	traced := r.tracedReply
	r.tracedReply = nil
	if traced != nil && bytes.Equal(body, r.tracedBody) {
		return traced, nil
	}
	err = r.exchange(typeStep, body, func(line []byte) (err error) {
		reply, err = parseStep(line, most(req))
		return err
	})
	return reply, err
}

// Trace implements conform.Tracer.
func (r tracer) Trace(req *conform.Request) (y, v [][]float64, err error) {
	body, err := req.MarshalJSON()
	if err != nil {
		return nil, nil, err
	}
	err = r.exchange(typeTrace, body, func(line []byte) error {
		t, err := parseTrace(line, most(req))
		if err != nil {
			return err
		}
		y, v = t.y, t.v
		r.tracedBody, r.tracedReply = body, t.Reply
		return nil
	})
	return y, v, err
}

// Batch implements conform.Batcher.
func (r batcher) Batch(req *conform.BatchRequest) (reply *conform.Reply, err error) {
	body, err := req.MarshalJSON()
	if err != nil {
		return nil, err
	}
	err = r.exchange(typeBatch, body, func(line []byte) (err error) {
		reply, err = parseStep(line, sparedNumbers+4*numbers(req.W))
		return err
	})
	return reply, err
}

// Run implements conform.Runner.
func (r runner) Run(req *conform.RunRequest) (reply *conform.RunReply, err error) {
	body, err := req.MarshalJSON()
	if err != nil {
		return nil, err
	}
	err = r.exchange(typeRun, body, func(line []byte) (err error) {
		reply, err = parseRun(line, sparedNumbers+2*len(req.Steps)*(numbers(req.W)+2))
		return err
	})
	return reply, err
}

// sparedNumbers is how many numbers more than twice those of a right reply are read, so that a
// reply of wrong lengths is told from one that fills the memory.
const sparedNumbers = 1 << 12

// most is how many numbers and arrays a reply to a step or a trace may have.
func most(req *conform.Request) int {
	return sparedNumbers + 4*(numbers(req.W)+len(req.X)+numbers(req.Delta))
}

func numbers(rows [][]float64) int {
	n := 1
	for _, row := range rows {
		n += 1 + len(row)
	}
	return n
}
