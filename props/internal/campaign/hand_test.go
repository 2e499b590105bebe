//go:build unix

package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// idle is a campaign over some claims that has done nothing yet, with a journal of its own.
func idle(t *testing.T, names ...string) *run {
	t.Helper()
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
	if len(claims) != len(names) {
		t.Fatalf("%d claims of %q", len(claims), names)
	}
	dir := t.TempDir()
	j, _, err := openJournal(dir, identity{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.close() }) // some tests close it
	r := &run{opt: Options{Claims: claims, Seed: 1, Dir: dir, Climb: 5, Say: func(Status) {}}, journal: j,
		state: search.NewFindings(claims), index: map[string]int{}, result: &Result{}, spent: map[string]*Spent{},
		next: map[string]int{}, folders: map[string]bool{}, judged: make(chan judgement, mostLate),
		ended: make(chan struct{}), start: time.Now()}
	for k := range claims {
		r.index[claims[k].Name()] = k
	}
	return r
}

// tries are all cases of a finding, rejected ones too.
func tries(f *search.Finding) int {
	n := f.Cases
	for _, k := range f.Rejected {
		n += k
	}
	return n
}

// TestStarts: a climb begins from two of the worst cases, those of other lengths in turn; a ratio of
// 0 or infinity is no beginning.
func TestStarts(t *testing.T) {
	f := &search.Finding{ByN: map[int]*search.Extreme{}}
	cases := map[*gen.Case]int{}
	add := func(n int, ratio float64) {
		c := &gen.Case{}
		cases[c] = n
		f.ByN[n] = &search.Extreme{Ratio: ratio, Case: c}
	}
	at := func(number int) (ns []int) {
		for _, c := range starts(f, number) {
			ns = append(ns, cases[c])
		}
		return ns
	}
	if got := at(3); len(got) > 0 {
		t.Errorf("of nothing %v", got)
	}
	add(9, 0)
	add(3, -1)
	add(4, math.Inf(1))
	add(7, 0.5)
	add(2, 0.25)
	if got := at(1); !slices.Equal(got, []int{2, 7}) {
		t.Errorf("of two %v", got)
	}
	add(40, 0.125)
	for number, want := range [][]int{{2, 7}, {40, 2}, {7, 40}, {2, 7}} {
		if got := at(number); !slices.Equal(got, want) {
			t.Errorf("climb %d begins from %v, want %v", number, got, want)
		}
	}
}

// TestWorth: what the last units brought and took counts, older ones less and less; a rung is the
// most that one counts for.
func TestWorth(t *testing.T) {
	var a arm
	hope, least := 0.02, 0.05
	if got := a.worth(); got != hope/least {
		t.Errorf("before its first unit %v", got)
	}
	a.count(&done{Seconds: 2}, 0.5)
	a.count(&done{Seconds: 1}, 17)
	spent, gained := gainFades*2+1, gainFades*0.5+1
	if a.next != 2 || a.seconds != 3 || a.spent != spent || a.gained != gained {
		t.Errorf("%+v", a)
	}
	if got := a.worth(); got != (gained+0.02)/(spent+0.05) {
		t.Errorf("worth %v", got)
	}
	if a.unit(2) != "#2" {
		t.Errorf("the next unit is %s", a.unit(2))
	}
}

// TestChoose: turns come first, in order; then every fourth unit is of the arm that waited longest,
// the others of the one that is worth most; what is dead or under way is not chosen.
func TestChooses(t *testing.T) {
	dead := map[string]bool{}
	arms := map[string]*arm{}
	r := &run{result: &Result{}, spent: map[string]*Spent{}}
	for k, name := range []string{"a", "b", "c"} {
		arms[name] = &arm{sort: "draw", name: name, last: 3 - k, spent: 1, gained: float64(k % 2),
			dead: func() bool { return dead[name] }}
		r.arms = append(r.arms, arms[name])
	}
	name := func() string {
		if a := r.choose(); a != nil {
			return a.name
		}
		return ""
	}
	r.turns = []turn{{arms["c"], 1}, {arms["a"], 2}, {arms["c"], 2}}
	for _, want := range []string{"c", "a", "a", "c"} {
		if got := name(); got != want {
			t.Errorf("the turn of %s, want %s", got, want)
		}
		r.choose().next++
	}
	for units := range 13 {
		r.result.Units = units
		want := "b" // gains most
		if units%4 == 0 {
			want = "c" // waits longest
		}
		if got := name(); got != want {
			t.Errorf("after %d units %s is chosen, want %s", units, got, want)
		}
	}
	dead["b"] = true
	r.result.Units = 1
	arms["a"].gained = 0.5
	if got := name(); got != "a" {
		t.Errorf("where the best is dead %s is chosen", got)
	}
	arms["a"].late = true
	if got := name(); got != "c" {
		t.Errorf("where one is under way %s is chosen", got)
	}
	r.turns = []turn{{arms["b"], 99}, {arms["a"], 99}}
	if got := name(); got != "c" {
		t.Errorf("a turn of a dead one: %s", got)
	}
	dead["c"] = true
	if got := name(); got != "" {
		t.Errorf("where nothing is left %s is chosen", got)
	}
}

// TestFuzzDue: native fuzzing has a third of the time until each target had a turn, then a sixth, the
// target with fewest turns first.
func TestFuzzDue(t *testing.T) {
	r := &run{result: &Result{}, spent: map[string]*Spent{"fuzz": {}}}
	draw, x, y := &arm{sort: "draw"}, &arm{sort: "fuzz", name: "x"}, &arm{sort: "fuzz", name: "y"}
	for _, c := range []struct {
		x, y                  int
		fuzz, spent, unfuzzed float64
		want                  *arm
	}{
		{0, 0, 0, 0, 0, x}, {1, 0, 10, 30, 0, y}, {1, 0, 10.5, 30, 0, nil}, {1, 0, 10, 30, 1, nil}, {1, 1, 10, 30, 0, nil},
		{1, 1, 10, 60, 0, x}, {2, 1, 10, 60, 0, y}, {2, 2, 10.5, 60, 0, nil}, {2, 2, 10, 70, 10, x}, {2, 2, 10, 70, 11, nil},
	} {
		x.next, y.next, r.spent["fuzz"].Seconds, r.result.Seconds, r.unfuzzed = c.x, c.y, c.fuzz, c.spent, c.unfuzzed
		if got := r.fuzzDue([]*arm{draw, x, y}); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if got := r.fuzzDue([]*arm{draw}); got != nil {
		t.Errorf("without targets %+v", got)
	}
}

// TestAgain: what a call before began and did not finish comes first, where it still is the next
// unit of its arm.
func TestAgain(t *testing.T) {
	for _, c := range []struct{ begun, first string }{
		{"draw nodes#0", "draw nodes#0"}, {"draw nodes#1", "draw linear#0"}, {"nothing#0", "draw linear#0"},
	} {
		dir := t.TempDir()
		r := idle(t, "lemma2/printed/past", "eq6b/repaired")
		j, _, err := openJournal(dir, identity{Version: journalVersion, Seed: 1, Claims: digest(r.opt.Claims)})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.write(entry{Begin: c.begun}), j.write(entry{Begin: c.begun}), j.close()); err != nil {
			t.Fatal(err)
		}
		var doing []string
		got, err := Run(Options{Claims: r.opt.Claims, Seed: 1, Dir: dir, Time: time.Hour, Units: 1, Say: func(s Status) {
			if s.Doing != "" {
				doing = append(doing, s.Doing)
			}
		}})
		if err != nil || len(doing) != 1 || doing[0] != c.first || got.Units != 1 || got.Resumed != 0 {
			t.Errorf("%s was begun: %q, %+v, %v", c.begun, doing, got, err)
		}
	}
}

// TestStatus: what is done, by whom, how fast, how high; a call that has just begun divides by a
// thousandth of a second.
func TestStatus(t *testing.T) {
	r := idle(t, "thm1/printed", "eq14b/printed")
	r.start, r.opt.Time, r.executed = time.Now().Add(time.Hour), time.Minute, 7
	r.result.Units, r.result.Executions = 4, 99
	r.state[0].Ratio = 0.75
	got := r.status("x#1", "so")
	got.Elapsed = 0
	want := Status{Doing: "x#1", Event: "so", Time: time.Minute, Units: 4, Executions: 99, PerSecond: 7000, Rungs: 2,
		Claims: 2}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	r.start = time.Now().Add(-10 * time.Second)
	if s := r.status("", ""); s.PerSecond > 0.7 || s.PerSecond < 0.5 || s.Elapsed < 10*time.Second {
		t.Errorf("after ten seconds %+v", s)
	}
}

// TestEnough: so many units of this call.
func TestEnough(t *testing.T) {
	for _, c := range []struct {
		asked, units, resumed int
		want                  bool
	}{{0, 9, 0, false}, {3, 2, 0, false}, {3, 3, 0, true}, {3, 5, 3, false}, {3, 6, 3, true}} {
		r := &run{opt: Options{Units: c.asked}, result: &Result{Units: c.units, Resumed: c.resumed}}
		if got := r.enough(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestArm: without a binary native fuzzing is left out, with a note where that was an error.
func TestArm(t *testing.T) {
	r := idle(t, "thm1/printed", "spike/printed")
	if err := r.arm(built{}); err != nil || len(r.result.Notes) > 0 || len(r.arms) > 0 {
		t.Errorf("none: %v, %q", err, r.result.Notes)
	}
	said := ""
	r.opt.Say = func(s Status) { said = s.Event }
	if err := r.arm(built{native: &Native{}, err: errors.New("no compiler")}); err != nil || len(r.arms) > 0 ||
		!slices.Equal(r.result.Notes, []string{"no native fuzzing: no compiler"}) || said != r.result.Notes[0] {
		t.Errorf("%v, %q, said %q", err, r.result.Notes, said)
	}
	r.next["fuzz FuzzSpike"] = 3
	r.result.Seconds, r.spent["fuzz"] = 100, &Spent{Seconds: 10}
	n := &Native{Targets: props.Targets(), Others: []string{"FuzzData"}}
	if err := r.arm(built{native: n}); err != nil || len(r.arms) != len(n.Targets)+1 || r.unfuzzed != 40 {
		t.Fatalf("%v, %d arms, %v s without a share", err, len(r.arms), r.unfuzzed)
	}
	for _, a := range r.arms {
		alive := a.name == "fuzz FuzzSpike" || a.name == "fuzz FuzzPropagation" || a.name == "fuzz FuzzData"
		if a.sort != "fuzz" || a.dead() == alive || a.next != r.next[a.name] {
			t.Errorf("%+v, dead: %v", a, a.dead())
		}
	}
	r.state[r.index["spike/printed"]].Confirmed = 1
	r.state[r.index["thm1/printed"]].Ratio = 1
	for _, a := range r.arms {
		if a.dead() == (a.name == "fuzz FuzzData") {
			t.Errorf("%s is dead: %v", a.name, a.dead())
		}
	}
}

// script is a program in place of a binary of native fuzzing.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fuzz.test")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAims: a unit of native fuzzing aims at three claims, the next one at the next three; its flags,
// folder and count of executions; what fails is told with what it printed.
func TestAims(t *testing.T) {
	names := []string{"thm1/printed", "thm1/sharp", "thm1/sharp-each", "eq14b/printed"}
	r := idle(t, names...)
	work := t.TempDir()
	n := &Native{Targets: props.Targets(), Others: []string{"FuzzData"}, Work: work, dir: r.opt.Dir,
		Slice: 7 * time.Second, Binary: script(t, `pwd; echo "$CASCADE_CLAIMS|$*|$`+props.FindsVariable+`" >> seen
echo "fuzz: elapsed: 3s, execs: 41 (1/sec)"; echo "fuzz: elapsed: 6s, execs: 1042 (1/sec)"; echo PASS`)}
	arms := r.fuzzArms(n)
	a := arms[slices.IndexFunc(arms, func(a *arm) bool { return a.name == "fuzz FuzzPropagation" })]
	var mine []string
	for k := range r.opt.Claims {
		if n.Targets[0].Owns(&r.opt.Claims[k]) {
			mine = append(mine, r.opt.Claims[k].Name())
		}
	}
	for number := range 2 {
		if found, tried, note := a.do(number); len(found) > 0 || tried != 1042 || note != "" {
			t.Errorf("unit %d: %v, %d, %q", number, found, tried, note)
		}
	}
	if _, tried, note := arms[len(arms)-1].do(4); tried != 1042 || note != "" {
		t.Errorf("another target: %d, %q", tried, note)
	}
	seen, err := os.ReadFile(filepath.Join(work, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(seen)), "\n")
	if len(lines) != 3 || len(mine) != len(names) {
		t.Fatalf("%q, claims %q", lines, mine)
	}
	for number := range 2 {
		var aims []string
		for j := range claimsAtOnce {
			aims = append(aims, mine[(number*claimsAtOnce+j)%len(mine)])
		}
		words := strings.Split(lines[number], "|")
		if words[0] != strings.Join(aims, ",") || words[2] !=
			filepath.Join(r.opt.Dir, "finds", fmt.Sprintf("fuzz-FuzzPropagation#%d", number)) {
			t.Errorf("unit %d: %q, want to aim at %q", number, words, aims)
		}
		for _, flag := range []string{"-test.run=^$", "-test.fuzz=^FuzzPropagation$", "-test.fuzztime=7s",
			"-test.fuzzcachedir=" + filepath.Join(r.opt.Dir, "cache")} {
			if !slices.Contains(strings.Fields(words[1]), flag) {
				t.Errorf("unit %d: no %s in %s", number, flag, words[1])
			}
		}
	}
	if words := strings.Split(lines[2], "|"); words[0] != "" || words[2] != "" ||
		!strings.Contains(words[1], "-test.fuzz=^FuzzData$") {
		t.Errorf("another target: %q", words)
	}
	for k := range r.state {
		r.state[k].Confirmed = 1
	}
	if found, tried, note := a.do(2); found != nil || tried != 0 || note != "" {
		t.Errorf("with nothing to aim at: %v, %d, %q", found, tried, note)
	}
	n.Binary = script(t, "echo oh; echo no >&2; exit 3")
	if _, _, note := r.native(n, "FuzzX", "fuzz FuzzX#0", ""); note != "FuzzX failed (exit status 3): oh\nno\n" &&
		!strings.HasPrefix(note, "FuzzX failed (exit status 3): oh") {
		t.Errorf("note %q", note)
	}
	n.Binary = filepath.Join(work, "nowhere")
	if _, tried, note := r.native(n, "FuzzX", "fuzz FuzzX#0", ""); tried != 0 || !strings.Contains(note, "no such file") {
		t.Errorf("no binary: %q", note)
	}
	ended := make(chan struct{})
	close(ended)
	r.ended = ended
	n.Binary = script(t, "trap 'exit 1' INT; echo 'execs: 5'; while :; do sleep 0.01; done")
	if _, _, note := r.native(n, "FuzzX", "fuzz FuzzX#1", ""); note != "" {
		t.Errorf("interrupted when the time is up: %q", note)
	}
	n.dir = filepath.Join(work, "seen") // a file
	if _, _, note := r.native(n, "FuzzX", "fuzz FuzzX#0", ""); !strings.Contains(note, "not a directory") {
		t.Errorf("no folder: %q", note)
	}
}

// finds writes a file of finds.
func finds(t *testing.T, dir string, lines ...any) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for _, l := range lines {
		if s, ok := l.(string); ok {
			text = append(text, s...)
			continue
		}
		data, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, data...), '\n')
	}
	if err := os.WriteFile(filepath.Join(dir, "1.jsonl"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestIngest: cases of finds are tried on the claims of their kind, whatever the file says of them;
// lines that are cut off or of other campaigns are left out, cases that do not fit are told.
func TestIngest(t *testing.T) {
	r := idle(t, "eq14b/printed", "eq6b/repaired", "lemma2/printed/past")
	at := func(kind claim.Kind, k uint64) *gen.Case { return search.Draw(kind, gen.Random(5, k)) }
	dir := t.TempDir()
	finds(t, dir,
		props.Find{Claim: "eq14b/printed", Ratio: 99, Refuted: true, Case: at(claim.Step, 1)},
		props.Find{Claim: "none/printed", Case: at(claim.Step, 2)},
		props.Find{Claim: "eq14b/printed"},
		"{}\n", "what is this\n",
		props.Find{Claim: "lemma2/printed/past", Case: at(claim.Nodes, 3)},
		props.Find{Claim: "eq14b/printed", Case: at(claim.Training, 4)},
		props.Find{Claim: "eq14b/printed", Case: at(claim.Step, 5)},
		`{"claim":"eq14b/pri`)
	found, note := r.ingest(dir)
	if !strings.Contains(note, "eq14b is about one pass") {
		t.Errorf("note %q", note)
	}
	tried := map[string]int{}
	for _, f := range found {
		tried[f.Claim.Name()] = tries(f)
		if f.Ratio >= 99 {
			t.Errorf("%s: the ratio of the file is believed", f.Claim.Name())
		}
	}
	if len(tried) != 2 || tried["eq14b/printed"] != 2 || tried["lemma2/printed/past"] != 1 {
		t.Errorf("tried %v", tried)
	}
	if found, note := r.ingest(t.TempDir()); len(found) > 0 || note != "" {
		t.Errorf("of no file: %v, %q", found, note)
	}
}

// TestSalvage: what a killed unit had found is taken in once, and its folder is gone; that of a unit
// in the journal is removed as it is.
func TestSalvage(t *testing.T) {
	r := idle(t, "eq14b/printed")
	n := &Native{dir: r.opt.Dir}
	for _, name := range []string{"fuzz-FuzzX#0", "fuzz-FuzzX#1"} {
		finds(t, filepath.Join(findsDir(n.dir), name),
			props.Find{Claim: "eq14b/printed", Case: search.Draw(claim.Step, gen.Random(5, 1))})
	}
	if names, err := unfinished(n.dir); err != nil || !slices.Equal(names, []string{"fuzz-FuzzX#0", "fuzz-FuzzX#1"}) {
		t.Errorf("unfinished: %q, %v", names, err)
	}
	r.folders["fuzz-FuzzX#1"] = true
	n.left = []string{"fuzz-FuzzX#0", "fuzz-FuzzX#1"}
	if err := r.arm(built{native: n}); err != nil {
		t.Fatal(err)
	}
	if r.result.Units != 1 || r.next["left fuzz-FuzzX"] != 1 || tries(r.state[0]) != 1 ||
		r.spent["left"].Executions != 0 {
		t.Errorf("%+v, %v, %+v", r.result, r.next, r.state[0])
	}
	if left, err := unfinished(n.dir); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	if names, err := unfinished(t.TempDir()); err != nil || names != nil {
		t.Errorf("without finds: %q, %v", names, err)
	}
	if err := r.journal.close(); err != nil {
		t.Fatal(err)
	}
	n.left = []string{"fuzz-FuzzX#2"}
	if err := r.arm(built{native: n}); err == nil {
		t.Error("what was found is lost, and no error")
	}
}

// TestBuildNative: a binary comes with its folder and with what was left; an error does not.
func TestBuildNative(t *testing.T) {
	r := idle(t, "eq14b/printed")
	if r.build() != nil {
		t.Error("a binary of nothing")
	}
	finds(t, filepath.Join(findsDir(r.opt.Dir), "fuzz-FuzzX#0"))
	r.opt.Native = func() (*Native, error) { return &Native{}, nil }
	if b := <-r.build(); b.err != nil || b.native.dir != r.opt.Dir ||
		!slices.Equal(b.native.left, []string{"fuzz-FuzzX#0"}) {
		t.Errorf("%+v, %v", b.native, b.err)
	}
	r.opt.Native = func() (*Native, error) { return &Native{}, errors.New("no") }
	if b := <-r.build(); b.err == nil || b.err.Error() != "no" || b.native.dir != "" {
		t.Errorf("%+v, %v", b.native, b.err)
	}
}

// TestJournalLost: a campaign that cannot write its journal ends, whatever it is doing.
func TestJournalLost(t *testing.T) {
	steady(t)
	judged := claim.Claim{ID: "self", Kind: claim.SelfJudged, Judge: func(uint64) claim.Judgement {
		return claim.Judgement{Verdict: claim.Holds, Cases: 3}
	}}
	r := idle(t, "eq14b/printed")
	r.opt.Units = 1
	if err := r.journal.close(); err != nil {
		t.Fatal(err)
	}
	a := &arm{sort: "draw", name: "draw", dead: func() bool { return false },
		do: func(int) ([]*search.Finding, int64, string) {
			t.Error("a unit is begun without a line in the journal")
			return nil, 0, ""
		}}
	if err := r.one(a); err == nil {
		t.Error("begun without a journal")
	}
	r.arms = []*arm{a}
	if err := r.work(); err == nil {
		t.Error("no error from all units")
	}
	if err := r.enter("x#0", nil, 1, time.Second, "", nil); err == nil || r.result.Units != 0 {
		t.Errorf("entered without a journal: %v, %d units", err, r.result.Units)
	}
	if err := r.judge(r.judgeArm(&judged)); err == nil {
		t.Error("judged without a journal")
	}
	late := r.judgeArm(&judged)
	late.late, r.late = true, 1
	r.judged <- judgement{late, search.Judge([]claim.Claim{judged}, 1, nil)}
	if err := r.lastOnes(); err == nil || r.late != 0 {
		t.Errorf("the last ones: %v, %d are late", err, r.late)
	}
}

// TestJudged: a claim that judges itself counts with its cases and its time, where it was waited for
// with that alone; at most eight are under way, and each is judged once.
func TestJudged(t *testing.T) {
	steady(t)
	r := idle(t, "a1/printed")
	r.opt.Units = 1
	a := r.judgeArm(&r.opt.Claims[0])
	if a.name != "judge a1/printed" || a.dead() {
		t.Fatalf("%+v", a)
	}
	r.arms = []*arm{a}
	if err := r.one(a); err != nil {
		t.Fatal(err)
	}
	if r.result.Units != 1 || r.spent["judge"].Seconds != 0.1 || a.late || r.late != 0 || a.next != 1 || !a.dead() ||
		a.last != 1 || r.result.Executions != int64(r.state[0].Cases) || r.executed != r.result.Executions {
		t.Errorf("%+v, %+v, %+v", r.result, r.spent["judge"], a)
	}
	b := r.judgeArm(&r.opt.Claims[0])
	for r.late = range mostLate + 1 {
		if b.dead() != (r.late == mostLate) {
			t.Errorf("with %d under way it is dead: %v", r.late, b.dead())
		}
	}
}

// TestStoppedJudge: Stop leaves a claim that judges itself.
func TestStoppedJudge(t *testing.T) {
	release, stop := make(chan struct{}), make(chan struct{})
	defer close(release)
	dear := claim.Claim{ID: "dear", Kind: claim.SelfJudged, Judge: func(uint64) claim.Judgement {
		<-release
		return claim.Judgement{}
	}}
	r := idle(t, "eq14b/printed")
	r.opt.Stop = stop
	close(stop)
	if err := r.judge(r.judgeArm(&dear)); err != nil || r.late != 1 || r.result.Units != 0 {
		t.Errorf("%v, %d under way, %d units", err, r.late, r.result.Units)
	}
	if err := r.lastOnes(); err != nil || r.late != 1 {
		t.Errorf("the last ones: %v, %d under way", err, r.late)
	}
	if found, cases, _ := r.countFixed([]claim.Claim{dear}); found != nil || cases != 0 {
		t.Errorf("counting: %v, %d", found, cases)
	}
}

// TestCutOff: a unit that ends after the time is up is not kept, one of native fuzzing is.
func TestCutOff(t *testing.T) {
	for _, sort := range []string{"draw", "fuzz"} {
		r := idle(t, "eq14b/printed")
		ended := make(chan struct{})
		r.ended = ended
		a := &arm{sort: sort, name: sort + " x", do: func(k int) ([]*search.Finding, int64, string) {
			close(ended)
			return nil, 5, "a note"
		}}
		r.arms = []*arm{a}
		if err := r.one(a); err != nil {
			t.Fatal(err)
		}
		if kept := r.result.Units == 1 && r.executed == 5 && len(r.result.Notes) == 1; kept != (sort == "fuzz") {
			t.Errorf("%s: %+v", sort, r.result)
		}
	}
}

// TestCountUnits: a unit that counts has so many cases, other ones each time, of short runs, and the
// claims that lack some alone; what draws its own cases and what does not are arms of their own.
func TestCountUnits(t *testing.T) {
	usual := countCases
	defer func() { countCases = usual }()
	countCases = 14
	r := idle(t, "thm1/sharp", "lemma2/repaired/past", "eq6b/repaired", "thm3/sharp", "eq36/printed", "a1/printed")
	r.opt.Valid = 100
	var names []string
	for _, a := range r.countArms() {
		names = append(names, a.name)
		if a.sort == "fixed" {
			if found, _, _ := a.do(0); len(found) != 1 || a.dead() {
				t.Errorf("fixed: %+v", found)
			}
			if a.next = 1; !a.dead() {
				t.Error("fixed twice")
			}
			continue
		}
		for number := range 2 {
			found, n, note := a.do(number)
			if n != 14 || note != "" || len(found) == 0 {
				t.Errorf("%s: %d cases, %q, %d claims", a.name, n, note, len(found))
			}
			for _, f := range found {
				if tries(f) != 14 || f.Cases > 0 && !strings.HasPrefix(f.Source, "counted ") {
					t.Errorf("%s: %d cases of %d, by %s", f.Claim.Name(), f.Cases, tries(f), f.Source)
				}
				var first int
				if _, err := fmt.Sscanf(f.Source, "counted %d", &first); f.Cases > 0 && (err != nil || first/14 != number) {
					t.Errorf("%s: unit %d has the case %s", f.Claim.Name(), number, f.Source)
				}
				if f.Claim.Kind == claim.Training && f.Reach.Steps > 64 {
					t.Errorf("%s: %d steps", f.Claim.Name(), f.Reach.Steps)
				}
			}
		}
		for _, k := range a.claims {
			r.state[k].Cases = 100
		}
		if !a.dead() {
			t.Errorf("%s goes on", a.name)
		}
	}
	slices.Sort(names)
	want := []string{"count linear", "count nodes", "count step", "count training", "fixed"}
	if !slices.Equal(names, want) {
		t.Errorf("arms %q, want %q", names, want)
	}
}

// TestCheapest: what was not begun comes first, then what has least to do at the pace it had.
func TestCheapest(t *testing.T) {
	r := idle(t, "thm1/sharp", "lemma2/repaired/past", "eq6b/repaired")
	r.opt.Valid = 100
	arms := []*arm{{name: "a", claims: []int{0}}, {name: "b", claims: []int{1, 2}}, {name: "c"}}
	for _, c := range []struct {
		next    [3]int
		seconds [3]float64
		cases   [3]int
		want    string
	}{
		{[3]int{0, 0, 0}, [3]float64{}, [3]int{}, "a"}, {[3]int{1, 0, 1}, [3]float64{1, 0, 1}, [3]int{50, 0, 0}, "b"},
		{[3]int{1, 1, 1}, [3]float64{1, 1, 9}, [3]int{50, 50, 50}, "c"},
		{[3]int{1, 1, 1}, [3]float64{1, 1, 9}, [3]int{50, 50, 50}, "c"},
	} {
		for k, a := range arms {
			a.next, a.seconds, r.state[k].Cases = c.next[k], c.seconds[k], c.cases[k]
		}
		if got := r.cheapest(arms); got.name != c.want {
			t.Errorf("%+v: %s", c, got.name)
		}
	}
	two := arms[:2]
	for _, c := range []struct {
		seconds [2]float64
		cases   [3]int
		want    string
	}{
		{[2]float64{2, 1}, [3]int{50, 50, 50}, "b"}, {[2]float64{1, 2}, [3]int{50, 50, 50}, "a"},
		{[2]float64{1, 1}, [3]int{50, 60, 60}, "b"}, {[2]float64{1, 1}, [3]int{50, 60, 40}, "a"}, // the least of its claims
		{[2]float64{1, 1}, [3]int{50, 60, 100}, "b"}, {[2]float64{1, 1.5}, [3]int{0, 1, 1}, "a"},
	} {
		for k, a := range two {
			a.next, a.seconds = 1, c.seconds[k]
		}
		for k := range r.state {
			r.state[k].Cases = c.cases[k]
		}
		if got := r.cheapest(two); got.name != c.want {
			t.Errorf("%+v: %s", c, got.name)
		}
	}
}

// TestLacking: what has too few valid cases lacks some, but for what is refuted or has no other
// cases.
func TestLacking(t *testing.T) {
	step, drawn, fixed := &claim.Claim{Kind: claim.Step}, &claim.Claim{Kind: claim.SelfJudged, Drawn: true},
		&claim.Claim{Kind: claim.SelfJudged}
	refuted := &search.Finding{Claim: drawn, Cases: 1, Judged: &claim.Judgement{Verdict: claim.Refuted}}
	holds := &claim.Judgement{Verdict: claim.Holds}
	a, b := &search.Finding{Claim: step, Cases: 9}, &search.Finding{Claim: drawn, Cases: 9, Judged: holds}
	all := []*search.Finding{{Claim: step, Cases: 10}, a, refuted, b, {Claim: drawn, Cases: 10, Judged: holds},
		{Claim: fixed, Cases: 1, Judged: holds}}
	if got := Lacking(all, 10); !slices.Equal(got, []*search.Finding{a, b}) {
		t.Errorf("%d lack cases", len(got))
	}
}

// TestDigest: another list of claims is another campaign.
func TestDigest(t *testing.T) {
	all := few(t)
	if digest(all) != digest(few(t)) || digest(all) == digest(all[1:]) || len(digest(nil)) != 64 {
		t.Error(digest(all), digest(all[1:]), digest(nil))
	}
}

// TestFolders: names of folders and of files that are not there.
func TestFolders(t *testing.T) {
	if got := folder("fuzz FuzzX/y#3"); got != "fuzz-FuzzX-y#3" {
		t.Errorf("folder %s", got)
	}
	if err := syncDir(filepath.Join(t.TempDir(), "no")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := syncDir(t.TempDir()); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if in, err := ReadInputs(dir); err == nil || !strings.Contains(err.Error(), "sub") || in != nil {
		t.Errorf("a folder in a corpus: %v, %v", in, err)
	}
	if _, err := ReadInputs(filepath.Join(dir, "sub", "\x00")); err == nil {
		t.Error("a name that cannot be")
	}
}

// TestRungs: how far all claims have climbed, with twenty rungs for a refuted one; what a unit gains
// is of its sort.
func TestRungs(t *testing.T) {
	r := idle(t, "thm1/printed", "eq14b/printed", "thm1/sharp")
	r.state[0].Ratio, r.state[1].Ratio = 0.5, 0.75
	if got := r.total(); got != 3 {
		t.Errorf("total %v", got)
	}
	f := search.NewFindings(r.opt.Claims)
	k := r.index["eq14b/printed"]
	for number, ratio := range []float64{0.875, 1 - 0x1p-5} {
		g := *f[k]
		g.Ratio, g.Cases, g.Worst, g.Source = ratio, 1, search.Draw(claim.Step, gen.Random(5, 1)), "x"
		before := r.total()
		if err := r.take(&done{Name: fmt.Sprintf("climb x#%d", number), Found: []*search.Memo{g.Memo(f[k])}}); err != nil {
			t.Fatal(err)
		}
		if !(r.total() > before) {
			t.Errorf("%v: from %v to %v", ratio, before, r.total())
		}
	}
	if got := r.spent["climb"].Rungs; got != r.total()-3 || got < 3 {
		t.Errorf("climbs gained %v of %v", got, r.total()-3)
	}
}

// TestOrder: the turns of a campaign come in this order: cheap draws, judgements, the first batch of
// all, long runs, the second batch, climbs, far cases, two more batches.
func TestOrder(t *testing.T) {
	r := idle(t, "eq6b/repaired", "lemma2/repaired/past", "thm1/sharp", "thm3/sharp", "a1/printed")
	arms, turns := r.newArms()
	var got []string
	for _, u := range turns {
		got = append(got, fmt.Sprintf("%s %d", u.arm.name, u.upTo))
	}
	var want []string
	batch := func(from int, kinds ...string) {
		for k := from; k < from+batchDraws; k++ {
			for _, kind := range kinds {
				want = append(want, fmt.Sprintf("draw %s %d", kind, k+1))
			}
		}
	}
	all := []string{"linear", "nodes", "step", "training"}
	batch(0, all[:3]...)
	want = append(want, "judge a1/printed 1")
	batch(0, all...)
	want = append(want, "long 1")
	batch(batchDraws, all...)
	for k := range r.opt.Claims { // Linear is not climbed on
		if c := &r.opt.Claims[k]; c.Kind != claim.Linear && c.Kind != claim.SelfJudged {
			want = append(want, "climb "+c.Name()+" 1")
		}
	}
	for _, kind := range all {
		want = append(want, "far "+kind+" 1")
	}
	batch(2*batchDraws, all...)
	batch(3*batchDraws, all...)
	if !slices.Equal(got, want) {
		t.Errorf("turns\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(arms) != 4+1+1+4+3 {
		t.Errorf("%d arms", len(arms))
	}
	r.opt.Climb = 0
	if arms, _ := r.newArms(); len(arms) != 4+1+1+4 {
		t.Errorf("%d arms without climbs", len(arms))
	}
}

// TestDraws: the cases of a unit are those of a search that come after the unit before; refuted
// claims are tried in the first batch alone.
func TestDraws(t *testing.T) {
	usual := drawCases
	defer func() { drawCases = usual }()
	drawCases = 9
	r := idle(t, "lemma2/repaired/past", "lemma2/printed/past")
	arms, _ := r.newArms()
	of := func(name string) *arm {
		return arms[slices.IndexFunc(arms, func(a *arm) bool { return a.name == name })]
	}
	for _, c := range []struct {
		name, source string
		number, n    int
	}{{"draw nodes", "drawn", 0, 9}, {"draw nodes", "drawn", 3, 9}, {"far nodes", "far", 2, farCases}} {
		found, n, note := of(c.name).do(c.number)
		if n != int64(c.n) || note != "" || len(found) != 2 {
			t.Errorf("%+v: %d cases of %d claims, %q", c, n, len(found), note)
		}
		for _, f := range found {
			var at int
			if _, err := fmt.Sscanf(f.Source, c.source+" %d", &at); tries(f) != c.n || f.Cases > 0 &&
				(err != nil || at/c.n != c.number) {
				t.Errorf("%+v: %s by %q, %d cases", c, f.Claim.Name(), f.Source, tries(f))
			}
		}
	}
	r.state[r.index["lemma2/printed/past"]].Confirmed = 1
	for number, want := range map[int]int{batchDraws - 1: 2, batchDraws: 1} {
		if found, _, _ := of("draw nodes").do(number); len(found) != want {
			t.Errorf("unit %d tries %d claims, want %d", number, len(found), want)
		}
	}
	if of("draw nodes").dead() || of("far nodes").dead() {
		t.Error("dead though a claim is open")
	}
	r.state[r.index["lemma2/repaired/past"]].Confirmed = 1
	if !of("draw nodes").dead() || !of("far nodes").dead() {
		t.Error("not dead though all claims are refuted")
	}
}

// TestClimbDead: there is nothing to climb on where no case is known, a claim is refuted or its bound
// is met.
func TestClimbDead(t *testing.T) {
	r := idle(t, "thm1/printed")
	a, f := r.climbArm(0), r.state[0]
	if !a.dead() {
		t.Error("without a case")
	}
	f.Worst, f.Ratio = &gen.Case{}, 0.5
	if a.dead() || a.name != "climb thm1/printed" || a.sort != "climb" {
		t.Errorf("%+v, dead: %v", a, a.dead())
	}
	if f.Ratio = 1 - 0x1p-20; !a.dead() {
		t.Error("where the bound is met")
	}
	if f.Ratio = 1 - 0x1p-19; a.dead() {
		t.Error("just below the bound")
	}
	if f.Confirmed = 1; !a.dead() {
		t.Error("refuted")
	}
}

// TestCountFixed: all cases of all claims are added up; TestCountsFailures has those with seeds.
func TestCountFixed(t *testing.T) {
	r := idle(t, "thm1/printed")
	self := func(n int) claim.Claim {
		return claim.Claim{ID: fmt.Sprint(n), Kind: claim.SelfJudged, Judge: func(seed uint64) claim.Judgement {
			return claim.Judgement{Verdict: claim.Holds, Cases: n + int(seed)}
		}}
	}
	if found, n, note := r.countFixed([]claim.Claim{self(3), self(4)}); len(found) != 2 || n != 9 || note != "" {
		t.Errorf("%d claims, %d cases, %q", len(found), n, note)
	}
}

// TestCountsOne: one valid case of each claim is a number to count to.
func TestCountsOne(t *testing.T) {
	usual := countCases
	defer func() { countCases = usual }()
	countCases = 20
	r := idle(t, "lemma2/repaired/past")
	got, err := Run(Options{Claims: r.opt.Claims, Seed: 1, Dir: t.TempDir(), Time: time.Hour, Valid: 1})
	if err != nil || got.Units != 1 || len(got.Kinds) != 1 || got.Kinds[0].Sort != "count" || got.Findings[0].Cases < 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
