package campaign

import (
	"encoding/json"
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

// few are claims of each kind about a pass: refuted ones, some that hold, one that judges
// itself.
func few(t testing.TB) []claim.Claim {
	t.Helper()
	names := []string{"eq14b/printed", "eq15/printed", "thm1/printed", "spike/printed", "lemma2/printed/past",
		"eq6b/printed", "eq6b/repaired", "a1/printed"}
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
	if len(claims) != len(names) {
		t.Fatalf("%d claims, want %d", len(claims), len(names))
	}
	return claims
}

func refuted(found []*search.Finding) (names []string) {
	for _, f := range found {
		if f.Verdict() == claim.Refuted {
			names = append(names, f.Claim.Name())
		}
	}
	return names
}

// fewRefuted are those of few that a campaign refutes in a second.
var fewRefuted = []string{"eq6b/printed", "eq14b/printed", "spike/printed", "lemma2/printed/past"}

func units(t testing.TB, dir string, n int) *Result {
	t.Helper()
	r, err := Run(Options{Claims: few(t), Seed: 1, Dir: dir, Time: time.Hour, Units: n, Climb: 30})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGoesOn: a second call has all that the first one found, counts nothing twice, and goes
// on with other units.
func TestGoesOn(t *testing.T) {
	dir := t.TempDir()
	a := units(t, dir, 7)
	b := units(t, dir, 25)
	if a.Units != 7 || b.Resumed != 7 || b.Units != 32 || b.Executions <= a.Executions || b.Stopped {
		t.Errorf("%d units, then %d of %d", a.Units, b.Resumed, b.Units)
	}
	for k, f := range a.Findings {
		g := b.Findings[k]
		if g.Ratio < f.Ratio || g.Cases < f.Cases || g.Confirmed < f.Confirmed {
			t.Errorf("%s: ratio %v of %d cases, then %v of %d", f.Claim.Name(), f.Ratio, f.Cases, g.Ratio, g.Cases)
		}
	}
	if got := refuted(b.Findings); !slices.Equal(sorted(got), sorted(fewRefuted)) {
		t.Errorf("refuted: %v, want %v", got, fewRefuted)
	}
	again := units(t, dir, 1)
	for k, f := range b.Findings { // the journal says what was found
		if g := again.Findings[k]; g.Ratio < f.Ratio || g.Ratio == f.Ratio && g.Source != f.Source || g.Cases < f.Cases {
			t.Errorf("%s: %v of %d by %s, read again %v of %d by %s", f.Claim.Name(), f.Ratio, f.Cases, f.Source, g.Ratio,
				g.Cases, g.Source)
		}
	}
	if far := again.Findings[slices.IndexFunc(again.Findings, func(f *search.Finding) bool {
		return f.Claim.Name() == "thm1/printed"
	})].Reach; far.N < 10 || far.Width < 5 {
		t.Errorf("it reached %+v only", far)
	}
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return names
}

// TestStopped: a campaign that is stopped before it begins has nothing, and says so.
func TestStopped(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	r, err := Run(Options{Claims: few(t), Seed: 1, Dir: t.TempDir(), Time: time.Hour, Stop: stop})
	if err != nil || !r.Stopped || r.Units > 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestJournal: a last line that was cut off or half written is removed; other damage, a unit
// twice, a journal of another campaign and a second campaign at once are errors.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, journalName)
	id := identity{1, 1, "x"}
	j, entries, err := openJournal(dir, id)
	if err != nil || len(entries) != 0 {
		t.Fatal(entries, err)
	}
	if _, _, err := openJournal(dir, id); err == nil || !strings.Contains(err.Error(), "another campaign has it") {
		t.Errorf("opened twice: %v", err)
	}
	for _, e := range []entry{{Begin: "a#0"}, {Unit: &done{Name: "a#0", Seconds: 1}}, {Begin: "a#1"}} {
		if err := j.write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for cut := len(whole) - 1; cut >= 0; cut-- {
		full := 0
		for k := range cut {
			if whole[k] == '\n' {
				full++
			}
		}
		if entries, length, err := parse(whole[:cut]); err != nil || len(entries) != full ||
			length != len(strings.Join(lines[:full], "")) {
			t.Fatalf("cut at %d: %d entries, %d bytes, %v", cut, len(entries), length, err)
		}
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open := func(id identity) ([]entry, error) {
		j, entries, err := openJournal(dir, id)
		if err == nil {
			err = j.close()
		}
		return entries, err
	}
	write(lines[0] + lines[1] + "00000000 {}\n")
	if entries, err := open(id); err != nil || len(entries) != 1 {
		t.Errorf("a last line with a bad checksum: %v, %v", entries, err)
	}
	if left, err := os.ReadFile(path); err != nil || string(left) != lines[0]+lines[1] {
		t.Errorf("left: %q", left)
	}
	write(lines[0][:len(lines[0])/2])
	if entries, err := open(id); err != nil || len(entries) != 0 {
		t.Errorf("killed at its first line: %v, %v", entries, err)
	}
	for _, other := range []string{"notes of mine", "notes of mine\n", lines[0][:9] + "x"} {
		write(other)
		if _, err := open(id); err == nil || !strings.Contains(err.Error(), "is no journal") {
			t.Errorf("%q is taken for a journal: %v", other, err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != other {
			t.Errorf("%q is lost, left is %q, %v", other, left, err)
		}
	}
	write(lines[0] + strings.Replace(lines[1], "a#0", "a#7", 1) + lines[2])
	if _, err := open(id); err == nil || !strings.Contains(err.Error(), "line 2: the checksum") {
		t.Errorf("an edited line: %v", err)
	}
	write(lines[0] + lines[2] + lines[2])
	if _, err := Run(Options{Claims: nil, Dir: dir}); err == nil || !strings.Contains(err.Error(), "of another campaign") {
		t.Errorf("another campaign: %v", err)
	}
	r := &run{result: &Result{}, index: map[string]int{}, next: map[string]int{}, folders: map[string]bool{},
		spent: map[string]*Spent{}}
	unit := entry{Unit: &done{Name: "draw step#0"}}
	if err := r.replay([]entry{unit, unit}); err == nil || !strings.Contains(err.Error(), "is there twice") {
		t.Errorf("a unit twice: %v", err)
	}
	if err := r.replay([]entry{{Unit: &done{Name: "x#0", Found: []*search.Memo{{Claim: "none"}}}}}); err == nil ||
		!strings.Contains(err.Error(), "no claim") {
		t.Errorf("an unknown claim: %v", err)
	}
}

// TestMemo: what a journal says of a finding is the finding.
func TestMemo(t *testing.T) {
	claims := few(t)
	for k := range claims {
		c := &claims[k]
		if c.Kind == claim.SelfJudged {
			continue
		}
		f := search.Search(claims[k:k+1], search.Options{Seed: 2, Cases: 60})[0]
		fresh := search.NewFindings(claims[k : k+1])[0]
		data, err := json.Marshal(f.Memo(fresh))
		if err != nil {
			t.Fatal(err)
		}
		var m search.Memo
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		g, err := m.Finding(c)
		if err != nil || g.Cases != f.Cases || g.Rejected != f.Rejected || g.Confirmed != f.Confirmed ||
			math.Float64bits(g.Ratio) != math.Float64bits(f.Ratio) || g.Verdict() != f.Verdict() || len(g.ByN) != len(f.ByN) {
			t.Errorf("%s: %+v, read again %+v, %v", c.Name(), f, g, err)
		}
		if m := f.Memo(f); m.Worst != nil || len(m.ByN) != 0 || m.Witness != nil {
			t.Errorf("%s: known cases are written again", c.Name())
		}
	}
}

// TestMemoJudged: the certificate of a claim that judges itself is in the journal.
func TestMemoJudged(t *testing.T) {
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Name() != "eq48sum/printed" })
	f := search.Judge(claims, 1, nil)[0]
	data, err := json.Marshal(f.Memo(search.NewFindings(claims)[0]))
	if err != nil {
		t.Fatal(err)
	}
	var m search.Memo
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	g, err := m.Finding(&claims[0])
	if err != nil {
		t.Fatal(err)
	}
	bytes := func(f *search.Finding) string {
		c, err := f.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if want, got := bytes(f), bytes(g); got != want {
		t.Errorf("%s\nread again\n%s", want, got)
	}
	m.Judged.Certificate = json.RawMessage(`{}`)
	if _, err := m.Finding(&claims[0]); err == nil || !strings.Contains(err.Error(), "eq48sum/printed") {
		t.Errorf("an edited certificate: %v", err)
	}
}

// TestChoice: time goes where rungs are gained, none is given up, and one large gain is soon
// forgotten.
func TestChoice(t *testing.T) {
	chosen := func(n int, gain func(a *arm) float64) map[string]int {
		alive := func() bool { return false }
		good, poor := &arm{name: "good", dead: alive}, &arm{name: "poor", dead: alive}
		r := &run{arms: []*arm{poor, good}, result: &Result{}}
		times := map[string]int{}
		for range n {
			a := r.choose()
			times[a.name]++
			a.count(&done{Seconds: 1}, gain(a))
			r.result.Units++
			a.last = r.result.Units
		}
		return times
	}
	always := chosen(100, func(a *arm) float64 {
		if a.name == "good" {
			return 1
		}
		return 0
	})
	if always["good"] < 60 || always["poor"] < 10 {
		t.Errorf("the good one was chosen %d times, the poor one %d", always["good"], always["poor"])
	}
	once := chosen(20, func(a *arm) float64 {
		switch {
		case a.name == "good":
			return 0.05
		case a.next == 0:
			return refutation
		}
		return 0
	})
	if once["good"] < 8 {
		t.Errorf("after a large gain the good one was chosen %d times, the poor one %d", once["good"], once["poor"])
	}
}
