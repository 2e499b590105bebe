package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Options of a campaign.
type Options struct {
	Claims []claim.Claim
	Seed   uint64
	Dir    string        // with the journal, made where it is not there
	Time   time.Duration // of this call
	Units  int           // if positive, this call ends after so many
	Climb  int           // evaluations of a climb
	// Valid, if positive, makes it one that counts: it draws cases, cheap claims first, until
	// each claim has so many valid ones, and does nothing else; see count.go.
	Valid int
	// Native gives the binary of native fuzzing; it is called once, beside the first units.
	// nil is none.
	Native func() (*Native, error)
	// Stop ends the campaign with what it has.
	Stop <-chan struct{}
	// Say is called as the campaign goes on, from one goroutine at a time.
	Say func(s Status)
}

// Status is how far a campaign is.
type Status struct {
	Doing      string // the unit, or "" between two
	Event      string // something new, in words, or ""
	Elapsed    time.Duration
	Time       time.Duration // of this call, in all
	Units      int           // done, with those of calls before
	Executions int64         // cases tried, with those of calls before
	PerSecond  float64       // executions, of this call
	Rungs      float64       // climbed: the sum over claims of -log2(1-ratio), at most 20 each
	Refuted    int
	Claims     int
}

// Result is what came of a campaign, calls before included.
type Result struct {
	Findings   []*search.Finding // in the order of the claims
	Units      int
	Executions int64
	Seconds    float64  // spent in units
	Resumed    int      // units of calls before
	Again      []string // units that were begun and not finished by calls before
	Stopped    bool     // by Stop, before its time
	Kinds      []Spent  // where the time went
	Notes      []string
}

// Spent is what units of one sort took, and brought.
type Spent struct {
	Sort       string
	Units      int
	Seconds    float64
	Executions int64
	Rungs      float64
}

// topRung caps what a claim climbs: a ratio within 2^-20 of 1 has met its bound.
const topRung = 20

// height is how far a claim has climbed.
func height(f *search.Finding) float64 {
	if f.Confirmed > 0 || f.Ratio <= 0 || math.IsNaN(f.Ratio) || f.Claim.Kind == claim.SelfJudged {
		return 0
	}
	return -math.Log2(max(1-f.Ratio, 0x1p-20))
}

// refutation is what a refuted claim counts, in rungs.
const refutation = topRung

// run is a campaign under way.
type run struct {
	opt      Options
	journal  *journal
	state    []*search.Finding
	index    map[string]int
	arms     []*arm
	turns    []turn
	judged   chan judgement
	late     int     // claims that judge themselves beside the units
	unfuzzed float64 // seconds that native fuzzing has no share of
	result   *Result
	start    time.Time
	ended    <-chan struct{} // the time is up, or Stop
	executed int64           // in this call
	spent    map[string]*Spent
	next     map[string]int  // by the name of an arm, its first unit that is not done
	folders  map[string]bool // of finds of units that are done
}

// Run begins or goes on with a campaign.
func Run(opt Options) (*Result, error) {
	if opt.Say == nil {
		opt.Say = func(Status) {}
	}
	if err := os.MkdirAll(opt.Dir, 0o755); err != nil {
		return nil, err
	}
	id := identity{Version: journalVersion, Seed: opt.Seed, Claims: digest(opt.Claims)}
	j, entries, err := openJournal(opt.Dir, id)
	if err != nil {
		return nil, err
	}
	r := &run{
		opt: opt, journal: j, state: search.NewFindings(opt.Claims), index: map[string]int{},
		result: &Result{}, start: time.Now(), spent: map[string]*Spent{}, next: map[string]int{},
		folders: map[string]bool{}, judged: make(chan judgement, mostLate),
	}
	for k := range opt.Claims {
		r.index[opt.Claims[k].Name()] = k
	}
	err = r.all(entries)
	return r.result, errors.Join(err, j.close())
}

func digest(claims []claim.Claim) string {
	h := sha256.New()
	for k := range claims {
		fmt.Fprintln(h, claims[k].Name())
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r *run) all(entries []entry) error {
	r.arms, r.turns = r.newArms()
	if opt := &r.opt; opt.Valid > 0 {
		r.arms, r.turns = r.countArms(), nil
	}
	if err := r.replay(entries); err != nil {
		return err
	}
	ended := make(chan struct{})
	r.ended = ended
	timer := time.AfterFunc(r.opt.Time, func() { close(ended) })
	if r.opt.Stop != nil {
		over := make(chan struct{})
		defer close(over)
		go func() {
			select {
			case <-r.opt.Stop:
				if timer.Stop() {
					close(ended)
				}
			case <-over:
			}
		}()
	}
	err := r.work()
	select {
	case <-r.opt.Stop:
		r.result.Stopped = true
	default:
	}
	r.result.Findings = r.state
	for _, name := range sorts {
		if s := r.spent[name]; s != nil {
			r.result.Kinds = append(r.result.Kinds, *s)
		}
	}
	return err
}

// replay takes in what calls before have done.
func (r *run) replay(entries []entry) error {
	seen := map[string]bool{}
	for k, e := range entries {
		switch {
		case e.Begin != "":
			if !slices.Contains(r.result.Again, e.Begin) {
				r.result.Again = append(r.result.Again, e.Begin)
			}
		case e.Unit != nil:
			if seen[e.Unit.Name] {
				return fmt.Errorf("campaign: line %d of the journal: unit %.80q is there twice", k+2, e.Unit.Name)
			}
			seen[e.Unit.Name] = true
			r.result.Again = slices.DeleteFunc(r.result.Again, func(name string) bool { return name == e.Unit.Name })
			if err := r.take(e.Unit); err != nil {
				return fmt.Errorf("campaign: line %d of the journal: %w", k+2, err)
			}
			r.result.Resumed++
		}
	}
	return r.confirm()
}

// confirm computes anew what calls before say is worst, and what they say refutes a claim. A journal may
// be edited, or of a build whose formulas were others. Claims that judged themselves are believed:
// what they did takes as long again.
func (r *run) confirm() error {
	errs := pool.Map(len(r.state), func(k int) error {
		f, c := r.state[k], &r.opt.Claims[k]
		if f.Worst != nil {
			worst := search.Origin{Source: f.Source, Case: f.Worst}
			if err := worst.Confirm(c, search.Options{Seed: r.opt.Seed}, f.Ratio); err != nil {
				return fmt.Errorf("%s: worst: %w", c.Name(), err)
			}
		}
		switch {
		case f.Confirmed == 0 || f.Witness == nil && f.Ratio > 1: // by too little for a witness
			return nil
		case f.Witness == nil:
			return fmt.Errorf("%s: refuted %d times, and no case shows it", c.Name(), f.Confirmed)
		}
		saved := search.SavedCase{Case: f.Witness}
		if err := saved.Fits(c); err != nil {
			return fmt.Errorf("%s: witness: %w", c.Name(), err)
		}
		if search.Try(r.opt.Claims[k:k+1], f.Witness, "witness")[0].Violated == 0 {
			return fmt.Errorf("%s: its witness does not violate it", c.Name())
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("campaign: the journal is edited, or of another build: %w", err)
		}
	}
	return nil
}

// take adds a unit that was done to what is known.
func (r *run) take(u *done) error {
	before := r.total()
	for _, m := range u.Found {
		k, ok := r.index[m.Claim]
		if !ok {
			return fmt.Errorf("no claim %.80q", m.Claim)
		}
		f, err := m.Finding(&r.opt.Claims[k])
		if err != nil {
			return err
		}
		r.state[k].Merge(f)
	}
	gain := r.total() - before
	r.result.Units++
	r.result.Executions += u.Executions
	r.result.Seconds += u.Seconds
	if u.Note != "" {
		r.result.Notes = append(r.result.Notes, u.Name+": "+u.Note)
	}
	name, _, _ := strings.Cut(u.Name, "#")
	sort, _, _ := strings.Cut(name, " ")
	r.next[name]++
	r.folders[folder(u.Name)] = true
	if a := r.armOf(u.Name); a != nil { // else of native fuzzing, which is not there yet
		a.count(u, gain)
	}
	s := r.spent[sort]
	if s == nil {
		s = &Spent{Sort: sort}
		r.spent[sort] = s
	}
	s.Units++
	s.Seconds += u.Seconds
	s.Executions += u.Executions
	s.Rungs += gain
	return nil
}

// total is how far all claims have climbed.
func (r *run) total() (sum float64) {
	for _, f := range r.state {
		sum += height(f)
		if f.Verdict() == claim.Refuted {
			sum += refutation
		}
	}
	return sum
}

// over reports that the time is up, or the campaign stopped.
func (r *run) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// status is how far the campaign is.
func (r *run) status(doing, event string) Status {
	s := Status{
		Doing: doing, Event: event, Elapsed: time.Since(r.start), Time: r.opt.Time, Units: r.result.Units,
		Executions: r.result.Executions, Claims: len(r.state),
	}
	s.PerSecond = float64(r.executed) / max(s.Elapsed.Seconds(), 1e-3)
	for _, f := range r.state {
		s.Rungs += height(f)
		if f.Verdict() == claim.Refuted {
			s.Refuted++
		}
	}
	return s
}
