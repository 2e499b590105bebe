package wire

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
)

// pipe makes engines that are served by a goroutine each.
func pipe(factory conform.Factory, opt *Options) *Engines {
	return newEngines(func() (*peer, *BrokenError) {
		ours, theirs := io.Pipe()
		reply, answers := io.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- Serve(ours, answers, factory)
			_ = ours.CloseWithError(io.ErrClosedPipe)
			_ = answers.Close()
		}()
		p := &peer{in: theirs, out: reply, stderr: func() string { return "" }}
		p.kill = func() {
			_ = theirs.Close()
			_ = reply.CloseWithError(io.ErrClosedPipe)
		}
		p.wait = func() (string, bool) {
			err := <-done
			done <- err
			return "served", err == nil || errors.Is(err, io.ErrClosedPipe)
		}
		return p, nil
	}, opt)
}

var full = flag.Bool("full", false, "send all requests of a gate over the pipe")

// alike are rules of many requests that are on the wire as those of others are.
var alike = []string{"one-part", "deterministic", "widths", "ties", "sweep", "sizes", "step", "anchors", "mean"}

// TestReference: the reference engine passes the gate over a pipe, with all abilities.
func TestReference(t *testing.T) {
	e := pipe(newReference, nil)
	opt := &conform.Options{Cases: 10}
	if !*full {
		opt.Cases = 2
		opt.Rules = slices.DeleteFunc(conform.RuleNames(), func(r string) bool { return slices.Contains(alike, r) })
	}
	r := conform.Run(e.Factory, e.Options(opt))
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if skipped := r.Skipped(); len(skipped) > 1 || r.Engine.Name != "cascade/core" { // unbiased
		t.Errorf("skipped %v, engine %+v", skipped, r.Engine)
	}
	t.Log(r.Summary())
}

// planted is the reference with a fault.
type planted struct {
	conform.Engine
	fault func(req *conform.Request, r *conform.Reply)
}

func (p *planted) Step(req *conform.Request) (*conform.Reply, error) {
	r, err := p.Engine.Step(req)
	if err == nil {
		p.fault(req, r)
	}
	return r, err
}

// TestPlanted: a planted fault is found over the wire, with the part that is wrong, also
// one that needs two requests.
func TestPlanted(t *testing.T) {
	factory := func(fault func(req *conform.Request, r *conform.Reply)) conform.Factory {
		return func() (conform.Engine, error) { return &planted{conform.NewReference(), fault}, nil }
	}
	doubled := factory(func(req *conform.Request, r *conform.Reply) {
		if req.Reg.Kind == "l2" {
			core.Step(r.W[0], make([]float64, len(r.W[0])), req.Gamma, req.Reg)
		}
	})
	forgetful := func() (conform.Engine, error) { // forgets the first request only
		var before float64
		return &planted{conform.NewReference(), func(req *conform.Request, r *conform.Reply) {
			before, r.Loss = r.Loss, r.Loss+before
		}}, nil
	}
	for _, c := range []struct {
		factory conform.Factory
		part    string
		lines   int
	}{{doubled, "the step with its regularizer", 1}, {forgetful, "what is kept of earlier requests", 2}} {
		e := pipe(c.factory, nil)
		r := conform.Run(e.Factory,
			e.Options(&conform.Options{Cases: 5, Rules: []string{"operators", "step", "no-memory"}}))
		if len(r.Findings) != 1 || r.Findings[0].Part != c.part ||
			strings.Count(r.Findings[0].Request, "\n") != c.lines-1 {
			t.Errorf("found %v, want %q", r.Err(), c.part)
			continue
		}
		again := pipe(c.factory, nil)
		var v *conform.Violation
		if err := conform.Replay(again.Factory, r.Findings[0].Request, again.Options(nil)); !errors.As(err, &v) {
			t.Errorf("%s: replayed: %v", c.part, err)
		}
		if err := errors.Join(e.Close(), again.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestOptions: a run over the wire gives up no call before the process is killed, finds smallest
// cases on processes of their own, and stops when the protocol is broken.
func TestOptions(t *testing.T) {
	e := pipe(newReference, &Options{Start: 3 * time.Second, Timeout: 5 * time.Second})
	got := e.Options(&conform.Options{Cases: 4})
	if got.Cases != 4 || got.Timeout != 16*time.Second || got.Again == nil || got.Stop != e.Broken() {
		t.Errorf("options %+v", got)
	}
	for _, o := range []Options{{Timeout: -1}, {Start: -1}, {Exit: -1}, {Restart: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", o)
				}
			}()
			o.withDefaults()
		}()
	}
}

// TestAgain: each engine for smallest cases is at a peer of its own, which ends when the next one
// begins, or with all; when the time for them is spent, the last one stays.
func TestAgain(t *testing.T) {
	e := pipe(newReference, nil)
	start := e.start
	var killed []int
	e.start = func() (*peer, *BrokenError) {
		p, err := start()
		k := len(killed)
		killed = append(killed, 0)
		kill := p.kill
		p.kill = func() { killed[k]++; kill() }
		return p, err
	}
	again := func() {
		t.Helper()
		if _, err := e.Again(); err != nil {
			t.Error(err)
		}
	}
	again()
	again()
	if len(killed) != 2 || killed[0] != 1 || killed[1] != 0 {
		t.Errorf("peers were ended %v times, want the first once", killed)
	}
	e.spent = e.opt.Restart
	again()
	if len(killed) != 2 || killed[1] != 0 {
		t.Errorf("peers were ended %v times, want no other peer", killed)
	}
	if err := e.Close(); err != nil || killed[1] != 1 {
		t.Errorf("error %v, peers were ended %v times, want each once", err, killed)
	}
	if _, err := e.Factory(); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("error %v, want one that says closed", err)
	}
}

// TestConnect: an engine at the other end of a connection is one for all, and killing it closes
// both ways.
func TestConnect(t *testing.T) {
	ours, theirs := io.Pipe()
	reply, answers := io.Pipe()
	go func() { _ = Serve(ours, answers, newReference) }()
	e := Connect(reply, theirs, nil)
	for _, f := range []conform.Factory{e.Factory, e.Again, e.Factory} {
		engine, err := f()
		if err != nil {
			t.Fatal(err)
		}
		if engine.(conform.Describer).Describe().Name != "cascade/core" {
			t.Errorf("the engine says %+v", engine.(conform.Describer).Describe())
		}
	}
	if len(e.peers) != 1 {
		t.Errorf("%d peers, want one", len(e.peers))
	}
	e.Kill()
	if _, err := theirs.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("requests can be sent: %v", err)
	}
	if _, err := answers.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("replies can be sent: %v", err)
	}
}

// TestLongRun: the reply to a run of many steps has many numbers, and is read whole.
func TestLongRun(t *testing.T) {
	const width, steps = 40, 200
	zero, ones := make([]float64, width), make([]float64, width)
	for k := range ones {
		ones[k] = 1
	}
	req := &conform.RunRequest{
		Chain: []core.Spec{{Op: "bias", N: width}, {Op: "linear", In: width, Out: 1}}, W: [][]float64{zero, ones},
		Reg: core.Regularizer{Kind: "none"},
	}
	for range steps {
		req.Steps = append(req.Steps, conform.RunStep{Gamma: 0, Accumulate: 1, Samples: []conform.Sample{{
			X: ones, Delta: [][]float64{zero, {0}}, Eps: [][]float64{{}, zero},
		}}})
	}
	e := pipe(newReference, nil)
	engine, err := e.Factory()
	if err != nil {
		t.Fatal(err)
	}
	reply, err := engine.(conform.Runner).Run(req)
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Losses) != steps || reply.Losses[steps-1] != width || 2*width*steps <= 2*sparedNumbers {
		t.Errorf("%d losses", len(reply.Losses))
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestAbilities: an engine can what its hello says, and nothing else, in every combination.
func TestAbilities(t *testing.T) {
	for bits := range 8 {
		types := []string{typeStep}
		for k, kind := range []string{typeTrace, typeBatch, typeRun} {
			if bits>>k&1 == 1 {
				types = append(types, kind)
			}
		}
		info := conform.Info{Name: "x"}
		e := newEngines(nil, nil)
		engine, err := e.engine(&client{hello: &hello{info: info, types: types}})
		if err != nil || engine == nil {
			t.Fatalf("%v: engine %v, error %v", types, engine, err)
		}
		got := []string{typeStep}
		if is[conform.Tracer](engine) {
			got = append(got, typeTrace)
		}
		if is[conform.Batcher](engine) {
			got = append(got, typeBatch)
		}
		if is[conform.Runner](engine) {
			got = append(got, typeRun)
		}
		if !slices.Equal(got, types) || engine.(conform.Describer).Describe().Name != "x" {
			t.Errorf("an engine of %v can %v", types, got)
		}
	}
	engine, _ := newEngines(nil, nil).engine(&client{hello: &hello{types: []string{typeTrace}}})
	if _, err := engine.Step(&conform.Request{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a step of an engine without: error %v", err)
	}
}
