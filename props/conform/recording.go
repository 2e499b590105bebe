package conform

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Recording is what an engine answered to requests, to be compared with another build
// when the engine itself is no more there. As a file it is gzipped lines of JSON:
//
//	{"format":"cascade-replies","version":1,"engine":{...},"types":["step",...],
//	 "seed":1,"cases":60,"ops":[],"rules":[]}
//	{"request":"<SHA-256>","reply":{"loss":0.7,"u":[...],"w":[...]}}    step, batch
//	{"request":"<SHA-256>","trace":{"y":[Y_0..Y_N],"v":[V_0..V_N]}}
//	{"request":"<SHA-256>","run":{"losses":[...],"ws":[...]}}
//	{"request":"<SHA-256>","unsupported":"why"}
//	{"request":"<SHA-256>","error":"why"}
//	{"replies":7450}
//
// The key of a request is the SHA-256 of its line of JSON as in Violation.Request, with
// its type. Of equal requests the first answer is kept. ops and rules are those of the
// options; none means all.
type Recording struct {
	mu      sync.Mutex
	head    recordingHead
	replies map[requestKey]*recordedReply
	order   []requestKey
}

const (
	recordingFormat  = "cascade-replies"
	recordingVersion = 1

	// MaxRecording is the size of the largest recording that is read, in bytes, packed or
	// not. That of a default gate has 10 MB, and 4 packed.
	MaxRecording = 1 << 28
)

type requestKey [sha256.Size]byte

func keyOf(line string) requestKey { return sha256.Sum256([]byte(line)) }

// The shapes of the lines.
type (
	recordingHead struct {
		Format  string     `json:"format"`
		Version int        `json:"version"`
		Engine  engineJSON `json:"engine"`
		Types   []string   `json:"types"`
		Seed    uint64     `json:"seed"`
		Cases   int        `json:"cases"`
		Ops     []string   `json:"ops"`
		Rules   []string   `json:"rules"`
	}
	engineJSON struct {
		Name       string    `json:"name"`
		Version    string    `json:"version"`
		Precision  Precision `json:"precision"`
		Ops        []string  `json:"ops"`
		AllOps     bool      `json:"all_ops"`
		Stochastic bool      `json:"stochastic"`
		Takes      []string  `json:"takes"`
	}
	statesJSON struct {
		Y matrix `json:"y"`
		V matrix `json:"v"`
	}
	replyLine struct {
		Request     string        `json:"request,omitempty"`
		Reply       *replyJSON    `json:"reply,omitempty"`
		Trace       *statesJSON   `json:"trace,omitempty"`
		Run         *runReplyJSON `json:"run,omitempty"`
		Unsupported string        `json:"unsupported,omitempty"`
		Error       string        `json:"error,omitempty"`
		Replies     *int          `json:"replies,omitempty"`
	}
)

// recordedReply is one answer: a line without its key.
type recordedReply struct{ replyLine }

func newRecording(opt *Options) *Recording {
	o := opt.withDefaults()
	return &Recording{replies: map[requestKey]*recordedReply{}, head: recordingHead{
		Format: recordingFormat, Version: recordingVersion, Seed: o.Seed, Cases: o.Cases,
		Types: []string{}, Ops: notNil(o.Ops), Rules: notNil(o.Rules),
	}}
}

func notNil(list []string) []string { return append([]string{}, list...) }

// Options are those with which the recording's requests are asked again.
func (r *Recording) Options() *Options {
	o := &Options{Seed: r.head.Seed, Cases: r.head.Cases}
	if len(r.head.Ops) > 0 {
		o.Ops = slices.Clone(r.head.Ops)
	}
	if len(r.head.Rules) > 0 {
		o.Rules = slices.Clone(r.head.Rules)
	}
	return o
}

// Len is the number of different requests that were answered.
func (r *Recording) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.order)
}

func (r *Recording) info() Info {
	e := r.head.Engine
	info := Info{Name: e.Name, Version: e.Version, Mixed: e.Precision, Stochastic: e.Stochastic, Takes: e.Takes}
	if !e.AllOps {
		info.Ops = notNil(e.Ops)
	}
	return info
}

func (r *Recording) describe(e Engine) {
	info := infoOf(e)
	var types []string
	for _, kind := range []string{step, trace, batch, run} {
		if abilities(e)[kind] {
			types = append(types, kind)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head.Types = types
	r.head.Engine = engineJSON{
		info.Name, info.Version, info.precision(), notNil(info.Ops), info.Ops == nil, info.Stochastic,
		notNil(info.Takes),
	}
}

func infoOf(e Engine) Info {
	if d, ok := e.(Describer); ok {
		return d.Describe()
	}
	return Info{}
}

// keep takes the first answer to a request.
func (r *Recording) keep(line string, a replyLine, err error) {
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		a = replyLine{Unsupported: err.Error()}
	case err != nil:
		a = replyLine{Error: err.Error()}
	case a.Reply == nil && a.Trace == nil && a.Run == nil:
		a = replyLine{Error: "no reply"}
	}
	key := keyOf(line)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.replies[key] == nil {
		r.replies[key] = &recordedReply{a}
		r.order = append(r.order, key)
	}
}

// Write writes the recording.
func (r *Recording) Write(w io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	z := gzip.NewWriter(w)
	lines := json.NewEncoder(z)
	if err := lines.Encode(r.head); err != nil {
		return fmt.Errorf("conform: recording: %w", err)
	}
	for _, key := range r.order {
		line := r.replies[key].replyLine
		line.Request = hex.EncodeToString(key[:])
		if err := lines.Encode(line); err != nil {
			return fmt.Errorf("conform: recording: %w", err)
		}
	}
	n := len(r.order)
	if err := errors.Join(lines.Encode(replyLine{Replies: &n}), z.Close()); err != nil {
		return fmt.Errorf("conform: recording: %w", err)
	}
	return nil
}

// WriteFile writes the recording to a file, which is replaced whole or not at all.
func (r *Recording) WriteFile(path string) error {
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return err
	}
	return strict.WriteFile(path, b.Bytes())
}

// ReadRecordingFile reads a recording from a file.
func ReadRecordingFile(path string) (*Recording, error) {
	f, err := strict.Open(path, MaxRecording)
	if err != nil {
		return nil, err
	}
	r, err := ReadRecording(f)
	return r, errors.Join(err, f.Close())
}

// ReadRecording reads what Write writes, gzipped or not. The error names the line: an
// unknown version, field or precision, a request that comes twice, an answer of no or of
// two kinds, an end that is missing or counts otherwise.
func ReadRecording(from io.Reader) (*Recording, error) {
	b := bufio.NewReader(from)
	var lines io.Reader = b
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("conform: recording: %w", err)
		}
		lines = z
	}
	limited := &io.LimitedReader{R: lines, N: MaxRecording + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(make([]byte, 1<<16), MaxRequest)
	r := newRecording(nil)
	n, ended := 0, false
	for scanner.Scan() {
		n++
		if ended {
			return nil, fmt.Errorf("conform: recording: line %d: something after the end", n)
		}
		var err error
		if n == 1 {
			err = r.readHead(scanner.Bytes())
		} else {
			ended, err = r.readLine(scanner.Bytes())
		}
		if err != nil {
			return nil, fmt.Errorf("conform: recording: %w", strict.OnLine(n, err))
		}
	}
	switch err := scanner.Err(); {
	case err != nil:
		return nil, fmt.Errorf("conform: recording: after line %d: %w", n, err)
	case limited.N <= 0:
		return nil, fmt.Errorf("conform: recording of more than %d bytes", MaxRecording)
	case !ended:
		return nil, fmt.Errorf("conform: recording: no end after line %d: it was cut", n)
	}
	return r, nil
}

func (r *Recording) readHead(line []byte) error {
	var version struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := strict.Unmarshal(line, &version, strict.AllowUnknown); err != nil {
		return err
	}
	if version.Format != recordingFormat || version.Version != recordingVersion {
		return fmt.Errorf("format %s of version %d, want %q of version %d",
			quote(version.Format), version.Version, recordingFormat, recordingVersion)
	}
	if err := strict.Unmarshal(line, &r.head); err != nil {
		return err
	}
	if _, err := newArithmetic(r.head.Engine.Precision, false); err != nil {
		return err
	}
	for _, kind := range r.head.Types {
		if !slices.Contains([]string{step, trace, batch, run}, kind) {
			return fmt.Errorf("unknown type %s, want step, trace, batch or run", quote(kind))
		}
	}
	for _, name := range r.head.Rules {
		if !slices.Contains(RuleNames(), name) {
			return fmt.Errorf("unknown rule %s, want some of %v", quote(name), RuleNames())
		}
	}
	for _, op := range r.head.Ops {
		if len(unknown([]string{op})) > 0 {
			return fmt.Errorf("unknown operator %s", quote(op))
		}
	}
	if r.head.Cases < 1 || r.head.Cases > maxCases || r.head.Seed < 1 {
		return fmt.Errorf("seed %d, %d cases, want a seed of 1 and more, 1..%d cases", r.head.Seed,
			r.head.Cases, maxCases)
	}
	return nil
}

func (r *Recording) readLine(text []byte) (ended bool, err error) {
	var line replyLine
	if err := strict.Unmarshal(text, &line); err != nil {
		return false, err
	}
	kinds := 0
	for _, is := range []bool{
		line.Reply != nil, line.Trace != nil, line.Run != nil, line.Unsupported != "", line.Error != "",
		line.Replies != nil,
	} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return false, fmt.Errorf("%d answers, want one", kinds)
	}
	if line.Replies != nil {
		if *line.Replies != len(r.order) || line.Request != "" {
			return false, fmt.Errorf("the end counts %d replies, there are %d", *line.Replies, len(r.order))
		}
		return true, nil
	}
	raw, err := hex.DecodeString(line.Request)
	if err != nil || len(raw) != sha256.Size {
		return false, fmt.Errorf("request %s, want a SHA-256 in hexadecimal", quote(line.Request))
	}
	key := requestKey(raw)
	if r.replies[key] != nil {
		return false, fmt.Errorf("request %s comes twice", line.Request)
	}
	line.Request = ""
	r.replies[key] = &recordedReply{line}
	r.order = append(r.order, key)
	return false, nil
}

// NotRecorded is the error of a recording for a request that it has no answer to. It is an
// errors.ErrUnsupported, so that a gate counts it and goes on.
type NotRecorded struct {
	Request string // as a line of JSON, see Replay
}

// Error implements error.
func (e *NotRecorded) Error() string { return "conform: never recorded: " + cut(e.Request) }

// Unwrap makes it an errors.ErrUnsupported.
func (e *NotRecorded) Unwrap() error { return errors.ErrUnsupported }

// Engine returns an engine that answers from the recording: r.Engine is a Factory.
func (r *Recording) Engine() (Engine, error) { return &recordedEngine{r}, nil }

type recordedEngine struct{ r *Recording }

func (e *recordedEngine) Describe() Info { return e.r.info() }

func (e *recordedEngine) answers(kind string) bool { return slices.Contains(e.r.head.Types, kind) }

// find gives the answer to a request, or the error that it was answered with.
func (e *recordedEngine) find(line string) (*recordedReply, error) {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	a := e.r.replies[keyOf(line)]
	switch {
	case a == nil:
		return nil, &NotRecorded{line}
	case a.Unsupported != "":
		return nil, fmt.Errorf("%w: %s", errors.ErrUnsupported, a.Unsupported)
	case a.Error != "":
		return nil, errors.New(a.Error)
	}
	return a, nil
}

func (e *recordedEngine) reply(line string) (*Reply, error) {
	a, err := e.find(line)
	switch {
	case err != nil:
		return nil, err
	case a.Reply == nil:
		return nil, errors.New("recorded with an answer of another type")
	}
	return &Reply{float64(a.Reply.Loss), a.Reply.U.floats(), a.Reply.W.floats()}, nil
}

func (e *recordedEngine) Step(req *Request) (*Reply, error) { return e.reply(lineOf(step, req)) }

func (e *recordedEngine) Batch(req *BatchRequest) (*Reply, error) { return e.reply(lineOf(batch, req)) }

func (e *recordedEngine) Run(req *RunRequest) (*RunReply, error) {
	a, err := e.find(lineOf(run, req))
	switch {
	case err != nil:
		return nil, err
	case a.Run == nil:
		return nil, errors.New("recorded with an answer of another type")
	}
	r := &RunReply{Losses: a.Run.Losses.floats()}
	for _, w := range a.Run.Ws {
		r.Ws = append(r.Ws, w.floats())
	}
	return r, nil
}

func (e *recordedEngine) Trace(req *Request) (y, v [][]float64, err error) {
	a, err := e.find(lineOf(trace, req))
	switch {
	case err != nil:
		return nil, nil, err
	case a.Trace == nil:
		return nil, nil, errors.New("recorded with an answer of another type")
	}
	return a.Trace.Y.floats(), a.Trace.V.floats(), nil
}

// Recorder wraps a factory and keeps what its engines answer:
//
//	recorder := conform.NewRecorder(factory, opt)
//	report := conform.Run(recorder.Engine, opt)
//	err := recorder.WriteFile("replies.gz")
type Recorder struct {
	*Recording
	factory Factory
}

// NewRecorder makes a recorder for a run with these options.
func NewRecorder(factory Factory, opt *Options) *Recorder {
	return &Recorder{newRecording(opt), factory}
}

// Engine makes an engine that is recorded: the method is a Factory.
func (r *Recorder) Engine() (Engine, error) {
	e, err := r.factory()
	if err != nil || e == nil {
		return nil, err
	}
	r.describe(e)
	return &watchedEngine{e, r.Recording}, nil
}

// watchedEngine passes everything on, memory too, and keeps copies of the answers.
type watchedEngine struct {
	Engine
	r *Recording
}

func (e *watchedEngine) Describe() Info { return infoOf(e.Engine) }

func (e *watchedEngine) answers(kind string) bool { return abilities(e.Engine)[kind] }

func replyOf(r *Reply) replyLine {
	if r == nil {
		return replyLine{}
	}
	return replyLine{Reply: &replyJSON{number(r.Loss), toMatrix(r.U), toMatrix(r.W)}}
}

func (e *watchedEngine) Step(req *Request) (*Reply, error) {
	line := lineOf(step, req)
	r, err := e.Engine.Step(req)
	e.r.keep(line, replyOf(r), err)
	return r, err
}

func (e *watchedEngine) Batch(req *BatchRequest) (*Reply, error) {
	line := lineOf(batch, req)
	r, err := e.Engine.(Batcher).Batch(req)
	e.r.keep(line, replyOf(r), err)
	return r, err
}

func (e *watchedEngine) Run(req *RunRequest) (*RunReply, error) {
	line := lineOf(run, req)
	r, err := e.Engine.(Runner).Run(req)
	a := replyLine{}
	if r != nil {
		a.Run = &runReplyJSON{toVector(r.Losses), []matrix{}}
		for _, w := range r.Ws {
			a.Run.Ws = append(a.Run.Ws, toMatrix(w))
		}
	}
	e.r.keep(line, a, err)
	return r, err
}

func (e *watchedEngine) Trace(req *Request) (y, v [][]float64, err error) {
	line := lineOf(trace, req)
	y, v, err = e.Engine.(Tracer).Trace(req)
	e.r.keep(line, replyLine{Trace: &statesJSON{toMatrix(y), toMatrix(v)}}, err)
	return y, v, err
}
