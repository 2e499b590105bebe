package campaign

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestHeight: a rung is a halving of what is missing to a ratio of 1, up to 20 of them; what is
// refuted, says nothing or judges itself has not climbed.
func TestHeight(t *testing.T) {
	step, itself := &claim.Claim{Kind: claim.Step}, &claim.Claim{Kind: claim.SelfJudged}
	for _, c := range []struct {
		f    search.Finding
		want float64
	}{
		{search.Finding{Claim: step, Ratio: 0.5}, 1}, {search.Finding{Claim: step, Ratio: 0.875}, 3},
		{search.Finding{Claim: step, Ratio: 1}, 20}, {search.Finding{Claim: step, Ratio: 1 - 0x1p-30}, 20},
		{search.Finding{Claim: step, Ratio: -1}, 0}, {search.Finding{Claim: step}, 0},
		{search.Finding{Claim: step, Ratio: math.NaN()}, 0}, {search.Finding{Claim: step, Ratio: 2, Confirmed: 1}, 0},
		{search.Finding{Claim: itself, Ratio: 0.5}, 0},
	} {
		if got := height(&c.f); got != c.want {
			t.Errorf("ratio %v, %d confirmed, %v: %v, want %v", c.f.Ratio, c.f.Confirmed, c.f.Claim.Kind, got, c.want)
		}
	}
}

// TestAccount: what units took is added up, by sort and in all, with their notes, and the number
// of the next unit of each arm.
func TestAccount(t *testing.T) {
	r := &run{result: &Result{}, index: map[string]int{}, next: map[string]int{}, folders: map[string]bool{},
		spent: map[string]*Spent{}}
	for _, u := range []*done{
		{Name: "draw step#0", Seconds: 0.5, Executions: 100}, {Name: "climb thm1/printed#1", Seconds: 2, Executions: 7},
		{Name: "draw nodes#0", Seconds: 0.25, Executions: 40, Note: "odd"},
		{Name: "draw step#1", Seconds: 1, Executions: 60},
	} {
		if err := r.take(u); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.result; got.Units != 4 || got.Executions != 207 || got.Seconds != 3.75 ||
		!slices.Equal(got.Notes, []string{"draw nodes#0: odd"}) {
		t.Errorf("in all %+v", got)
	}
	if got, want := *r.spent["draw"], (Spent{Sort: "draw", Units: 3, Seconds: 1.75, Executions: 200}); got != want {
		t.Errorf("drawing took %+v, want %+v", got, want)
	}
	if got, want := *r.spent["climb"], (Spent{Sort: "climb", Units: 1, Seconds: 2, Executions: 7}); got != want {
		t.Errorf("climbing took %+v, want %+v", got, want)
	}
	if r.next["draw step"] != 2 || r.next["draw nodes"] != 1 || r.next["climb thm1/printed"] != 1 {
		t.Errorf("the next units are %v", r.next)
	}
}

// TestEvents: a refutation is told once, with the unit that found it, and kinds are listed with
// what they took.
func TestEvents(t *testing.T) {
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Name() != "eq14b/printed" })
	var events []string
	r, err := Run(Options{Claims: claims, Seed: 1, Dir: t.TempDir(), Time: time.Hour, Units: 3, Climb: 1,
		Say: func(s Status) {
			if s.Event != "" {
				events = append(events, s.Event)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	told := slices.DeleteFunc(events, func(e string) bool { return !strings.Contains(e, "refuted") })
	if !slices.Equal(told, []string{"eq14b/printed refuted, by draw step#0"}) {
		t.Errorf("events %q", events)
	}
	var units int
	var executions int64
	for _, s := range r.Kinds {
		units, executions = units+s.Units, executions+s.Executions
		if s.Units == 0 {
			t.Errorf("%+v", s)
		}
	}
	if units != r.Units || executions != r.Executions || r.Executions == 0 {
		t.Errorf("%d units of %d, %d executions of %d", units, r.Units, executions, r.Executions)
	}
}

// TestNoEvent: a claim that holds is never told as refuted, and without a number of units a
// campaign does some until it is stopped.
func TestNoEvent(t *testing.T) {
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Name() != "thm1/printed" })
	stop := make(chan struct{})
	r, err := Run(Options{Claims: claims, Seed: 1, Dir: t.TempDir(), Time: time.Hour, Climb: 1, Stop: stop,
		Say: func(s Status) {
			if s.Event != "" {
				t.Errorf("event %q", s.Event)
			}
			if s.Units > 0 {
				select {
				case <-stop:
				default:
					close(stop)
				}
			}
		}})
	if err != nil || !r.Stopped || r.Units == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestJournalErrors: a journal that cannot be read is an error, not a journal without entries.
func TestJournalErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(maxJournal + 1); err != nil {
		t.Skip("no sparse files here:", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openJournal(dir, identity{Version: 1}); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("a journal of a gigabyte: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != maxJournal+1 {
		t.Errorf("it is changed: %v, %v", info, err)
	}
	closed := &journal{file: f}
	if err := closed.write(entry{Begin: "a#0"}); err == nil {
		t.Error("a line is written to a closed file")
	}
}

// TestReplayErrors: a journal with a unit twice, or with what is no finding, ends a campaign.
func TestReplayErrors(t *testing.T) {
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Name() != "eq14b/printed" })
	unit := func(found ...*search.Memo) entry { return entry{Unit: &done{Name: "draw step#0", Found: found}} }
	for _, c := range []struct {
		entries []entry
		want    string
	}{
		{[]entry{unit(), unit()}, "is there twice"},
		{[]entry{unit(&search.Memo{Claim: "none/printed"})}, "no claim"},
		{[]entry{unit(&search.Memo{Claim: "eq14b/printed", Cases: -1})}, "campaign: line 2 of the journal: "},
	} {
		dir := t.TempDir()
		j, _, err := openJournal(dir, identity{Version: journalVersion, Seed: 1, Claims: digest(claims)})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.entries {
			if err := j.write(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		r, err := Run(Options{Claims: claims, Seed: 1, Dir: dir, Time: time.Hour, Units: 1, Climb: 1})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v, error %v, want %s", r, err, c.want)
		}
	}
}

// TestIngestNote: a file of finds that cannot be read is noted.
func TestIngestNote(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "1.jsonl"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := &run{index: map[string]int{}}
	if found, note := r.ingest(dir); len(found) > 0 || !strings.Contains(note, "is a directory") {
		t.Errorf("%v, note %q", found, note)
	}
}
