package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/cascade-sgd/cascade/props/conform"
)

// progress says what a search or a gate is doing, how far it is and about how long it will take:
// as a bar on a terminal, as a line every quiet elsewhere.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil off a terminal
	start time.Time
	stop  chan struct{}
	ended sync.WaitGroup
	once  sync.Once

	mu          sync.Mutex
	done, total int    // batches
	within      int    // parts of the batch that are done
	what        string // is being done
	gate        conform.Progress
}

const (
	// quiet is the time between two lines off a terminal.
	quiet = 8 * time.Second

	// between is the time between two drawings of the bar.
	between = 100 * time.Millisecond

	// partsOfBatch are those of the first batch, a call of search.Options.Progress each:
	// claims that judge themselves, long runs, and four kinds of claims.
	partsOfBatch = 6
)

// newProgress begins to write to w; end must be called.
func newProgress(w io.Writer) *progress {
	p := &progress{w: w, start: time.Now(), stop: make(chan struct{})}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(between))
		return p
	}
	p.ended.Go(func() {
		tick := time.NewTicker(quiet)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case now := <-tick.C:
				p.mu.Lock()
				fmt.Fprintln(p.w, p.line(now.Sub(p.start))) // best effort
				p.mu.Unlock()
			}
		}
	})
	return p
}

// at is the Progress of a search.
func (p *progress) at(done, total int, doing string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.what == ""
	if p.within++; first || done != p.done {
		p.within = 0 // no part of the batch is done
	}
	p.done, p.total, p.what = done, total, doing
	switch {
	case p.bar != nil:
		p.bar.Describe(doing)
		p.bar.ChangeMax(total)
		_ = p.bar.Set(done) // drawing is best effort
	case first:
		fmt.Fprintln(p.w, p.line(0))
	}
}

// gating is the Progress of a gate.
func (p *progress) gating(g conform.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.what == ""
	p.what, p.gate = g.Doing, g
	switch {
	case p.bar != nil:
		p.bar.ChangeMax(max(1, g.Expected))
		p.bar.Describe(fmt.Sprintf("%d of %d rules, %s", g.Done, g.Rules, g.Doing))
		_ = p.bar.Set(g.Requests) // drawing is best effort
	case first:
		fmt.Fprintln(p.w, p.line(0))
	}
}

// doing says what comes after all batches.
func (p *progress) doing(what string) { p.at(p.total, p.total, what) }

// line is what to say after so much time.
func (p *progress) line(took time.Duration) string {
	line := fmt.Sprintf("verify: %d of %d batches, %s", p.done, p.total, p.what)
	part := float64(p.done) + float64(min(p.within, partsOfBatch-1))/partsOfBatch
	total := float64(p.total)
	if g := p.gate; g.Rules > 0 {
		line = fmt.Sprintf("verify: %d of %d rules, %d requests, %s", g.Done, g.Rules, g.Requests, p.what)
		part, total = float64(g.Requests), float64(g.Expected)
	}
	if took > 0 {
		line += fmt.Sprintf("; %v", took.Round(time.Second))
	}
	if took > 0 && part > 0 && part < total {
		left := time.Duration(float64(took) * (total - part) / part)
		line += fmt.Sprintf(", about %v left", left.Round(time.Second))
	}
	return line
}

// end stops writing. It may be called again.
func (p *progress) end() {
	p.once.Do(func() {
		close(p.stop)
		p.ended.Wait()
		if p.bar != nil {
			_ = p.bar.Finish()
		}
	})
}

// together lets an engine's words and progress go to the same place.
func together(w io.Writer) io.Writer {
	if _, ok := w.(*os.File); ok {
		return w // the system keeps writes apart
	}
	return &oneByOne{w: w}
}

// oneByOne writes for one at a time.
type oneByOne struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *oneByOne) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(b)
}
