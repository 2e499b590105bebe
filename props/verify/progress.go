package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// progress says what a search or a gate is doing, how far it is and about how long it will take:
// as a bar on a terminal, as a line every betweenLines elsewhere.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil off a terminal
	start time.Time
	stop  chan struct{}
	ended sync.WaitGroup
	once  sync.Once

	mu          sync.Mutex
	done, total int           // units
	units       []string      // by name, in order
	what        string        // is being done
	since       time.Duration // from start to when it began
	guess       map[string]time.Duration
	spent       map[string]time.Duration // on what is done, by its name
	times       map[string]int           // how often each was done
	gate        conform.Progress
}

const (
	// betweenLines is the time between two lines off a terminal.
	betweenLines = 8 * time.Second

	// betweenDrawings is the time between two drawings of the bar.
	betweenDrawings = 100 * time.Millisecond

	// prior is how long the guesses count as true before what was measured scales them.
	prior = 10 * time.Second
)

// The units of a search, as search.Unit.Does names them: what is done once, what is done for
// each batch; and what comes after them.
var (
	unitsBefore  = []string{"claims that judge themselves", "long runs"}
	unitsOfBatch = []string{
		"claims of kind step", "claims of kind nodes", "claims of kind linear", "claims of kind training",
	}
	unitsAfter = []string{unitRuns}
)

const unitRuns = "training runs and sequential tests"

// guesses are about how long each unit takes one core, in a search for the claims with
// climbs or without. They are for units of which none has been done, and what has been done
// scales them.
func guesses(claims []claim.Claim, climb int, withTraining bool) map[string]time.Duration {
	seconds := map[string]float64{}
	kinds := map[claim.Kind]bool{}
	for _, c := range claims {
		kinds[c.Kind] = true
		if c.Kind != claim.SelfJudged {
			continue
		}
		seconds[unitsBefore[0]] += cmp.Or(c.JudgeSeconds, 0.2)
	}
	step, training := 3.0, 3.0
	if climb > 0 {
		step, training = 24, 9
	}
	for unit, s := range map[claim.Kind]float64{
		claim.Step: step, claim.Nodes: 1.5, claim.Linear: 0.1, claim.Training: training,
	} {
		if kinds[unit] {
			seconds[fmt.Sprintf("claims of kind %v", unit)] = s
			seconds[search.FarUnit] = 4
		}
	}
	if kinds[claim.Training] {
		seconds[unitsBefore[1]] = 2
	}
	if withTraining {
		seconds[unitRuns] = 9
	}
	guess := map[string]time.Duration{}
	for unit, s := range seconds {
		guess[unit] = time.Duration(s / float64(runtime.GOMAXPROCS(0)) * float64(time.Second))
	}
	return guess
}

// expect says which units there are and how long those take that have not been done, as
// guesses has them.
func (p *progress) expect(guess map[string]time.Duration, units []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.guess, p.units = guess, units
}

// expectAll is expect for a search of all units, with the training runs or without.
func (p *progress) expectAll(claims []claim.Claim, f *searchFlags, withTraining bool) {
	p.expect(guesses(claims, f.climb, withTraining), unitNames(search.UnitsOf(claims, f.cases), &search.Options{}))
}

// maxNamed caps the units whose time is foretold one by one.
const maxNamed = 1 << 16

// unitNames are what the units do that are asked for, and what comes after them.
func unitNames(all search.Units, opt *search.Options) (names []string) {
	for number := range all.Asked(opt) {
		u := all.At(number)
		if names = append(names, u.Does()); len(names) == maxNamed {
			break
		}
	}
	return names
}

// newProgress begins to write to w; end must be called.
func newProgress(w io.Writer) *progress {
	p := &progress{w: w, start: time.Now(), stop: make(chan struct{})}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false), progressbar.OptionThrottle(betweenDrawings))
	}
	p.ended.Go(func() {
		tick := time.NewTicker(betweenLines)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case now := <-tick.C:
				p.mu.Lock()
				p.say(now.Sub(p.start))
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
	p.begin(done, total, doing, time.Since(p.start))
	if p.bar != nil {
		p.bar.ChangeMax(total)
		_ = p.bar.Set(done) // drawing is best effort
	}
	switch {
	case p.bar != nil:
		p.say(p.since)
	case first:
		p.say(0)
	}
}

// begin ends a unit and begins the next, so much time after the start.
func (p *progress) begin(done, total int, doing string, at time.Duration) {
	if p.spent == nil {
		p.spent, p.times = map[string]time.Duration{}, map[string]int{}
	}
	if p.what != "" {
		p.spent[p.what] += at - p.since
		p.times[p.what]++
	}
	p.done, p.total, p.what, p.since = done, total, doing, at
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

// doing says what comes after all units.
func (p *progress) doing(what string) { p.at(p.total, p.total, what) }

// say writes what line has; it is best effort.
func (p *progress) say(took time.Duration) {
	if p.bar != nil {
		p.bar.Describe(p.what + p.leftWords(took))
		return
	}
	fmt.Fprintln(p.w, p.line(took))
}

// line is what to say after so much time.
func (p *progress) line(took time.Duration) string {
	line := fmt.Sprintf("verify: %d of %d units, %s", p.done, p.total, p.what)
	if g := p.gate; g.Rules > 0 {
		line = fmt.Sprintf("verify: %d of %d rules, %d requests, %s", g.Done, g.Rules, g.Requests, p.what)
	}
	if took > 0 {
		line += fmt.Sprintf("; %v", took.Round(time.Second))
	}
	return line + p.leftWords(took)
}

// leftWords say how much time is left, if that is a second or more.
func (p *progress) leftWords(took time.Duration) string {
	left := p.left(took).Round(time.Second)
	if left <= 0 {
		return ""
	}
	return fmt.Sprintf(", about %v left", left)
}

// left is about how long all the rest takes: each unit as long as those of its name have
// taken, or as guessed; of a gate, each request as long as those before it.
func (p *progress) left(took time.Duration) time.Duration {
	if g := p.gate; g.Rules > 0 {
		if took == 0 || g.Requests == 0 || g.Requests >= g.Expected {
			return 0
		}
		return time.Duration(float64(took) * float64(g.Expected-g.Requests) / float64(g.Requests))
	}
	var guessed, spent time.Duration // of what is done
	for unit, n := range p.times {
		guessed += time.Duration(n) * p.guess[unit]
		spent += p.spent[unit]
	}
	scaled := func() float64 {
		return float64(spent+prior) / float64(guessed+prior)
	}
	scale := scaled()
	// A unit that takes longer than guessed says so before it ends.
	if here, g := took-p.since, p.guess[p.what]; p.times[p.what] == 0 && float64(here) > scale*float64(g) {
		guessed, spent = guessed+g, spent+here
		scale = scaled()
	}
	of := func(unit string) time.Duration {
		if n := p.times[unit]; n > 0 {
			return p.spent[unit] / time.Duration(n)
		}
		return time.Duration(scale * float64(p.guess[unit]))
	}
	rest := max(0, of(p.what)-(took-p.since))
	for _, unit := range p.ahead() {
		rest += of(unit)
	}
	return rest
}

// ahead are the units that come after this one.
func (p *progress) ahead() []string {
	if k := slices.Index(unitsAfter, p.what); k >= 0 {
		return unitsAfter[k+1:]
	}
	if p.done >= len(p.units) || p.units[p.done] != p.what {
		return nil
	}
	return slices.Concat(p.units[p.done+1:], unitsAfter)
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
