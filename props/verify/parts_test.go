//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/campaign"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/trace"
)

// fakeGo puts a program into PATH that answers go list with a folder, go test -c with an empty
// binary, and fails where it is told to.
func fakeGo(t *testing.T, source, fails string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\n[ $1 = '" + fails + "' ] && { echo no such luck; exit 1; }\n" +
		"case $1 in list) echo '" + source + "' ;; test) shift; for a; do [ \"$o\" = -o ] && : >\"$a\"; o=$a; done ;; esac\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

// TestBuild: the binary, the corpora beside it and the page that a target reads are laid out, once;
// each step that fails is told.
func TestBuild(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("fuzz/testdata/fuzz/FuzzX/a", "seed")
	fuzz := filepath.Join(root, "fuzz")
	page := filepath.Join("props", "conform", "PROTOCOL.md")
	build := func(dir, source, fails string) (*campaign.Native, error) {
		fakeGo(t, source, fails)
		n := &campaign.Native{}
		return n, (&campaignFlags{dir: dir}).build(n)
	}
	if _, err := build(t.TempDir(), fuzz, ""); err == nil || !strings.Contains(err.Error(), "PROTOCOL.md") {
		t.Errorf("a source without its page: %v", err)
	}
	write(page, "the protocol")
	dir := t.TempDir()
	for range 2 { // the second time it is all there
		n, err := build(dir, fuzz, "")
		if err != nil || n.Binary != filepath.Join(dir, "fuzz.test") || n.Work != filepath.Join(dir, "fuzz") {
			t.Fatalf("%+v, %v", n, err)
		}
		for path, want := range map[string]string{
			"fuzz/testdata/fuzz/FuzzX/a": "seed", page: "the protocol", "fuzz.test": "",
		} {
			if got, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(got) != want {
				t.Errorf("%s is %q, %v", path, got, err)
			}
		}
		write("fuzz/testdata/fuzz/FuzzX/a", "changed")
	}
	for _, c := range []struct{ source, fails, want string }{
		{fuzz, "list", "go list github.com/cascade-sgd/cascade/fuzz: exit status 1"},
		{fuzz, "test", "go test -c: exit status 1: no such luck"},
		{filepath.Join(root, "nowhere"), "", "nowhere"},
	} {
		if _, err := build(t.TempDir(), c.source, c.fails); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	inTheWay := t.TempDir()
	if err := os.WriteFile(filepath.Join(inTheWay, "props"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := build(inTheWay, fuzz, ""); err == nil || !strings.Contains(err.Error(), "props") {
		t.Errorf("a file where a folder must be: %v", err)
	}
	n, binary := &campaign.Native{}, filepath.Join(dir, "other.test")
	other := t.TempDir()
	if err := (&campaignFlags{dir: other, binary: binary}).build(n); err != nil || n.Binary != binary {
		t.Errorf("-binary: %+v, %v", n, err)
	}
	work := filepath.Join(other, "fuzz")
	if info, err := os.Stat(work); err != nil || !info.IsDir() || n.Work != work {
		t.Errorf("-binary: no folder to work in: %+v, %v", n, err)
	}
	if err := (&campaignFlags{dir: filepath.Join(inTheWay, "props"), binary: binary}).build(n); err == nil {
		t.Error("-binary: a folder below a file")
	}
}

// TestInstrumented: a campaign and fuzz/build.sh build the same binary.
func TestInstrumented(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	dir := t.TempDir()
	said := filepath.Join(dir, "said")
	script := "#!/bin/sh\n[ $1 = list ] && { echo github.com/cascade-sgd/cascade; exit; }\n" +
		"for a; do case $a in -gcflags=*) echo \"$a\" ;; esac; done >'" + said + "'\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	flags := func() string {
		t.Helper()
		text, err := os.ReadFile(said)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	cmd := exec.Command(bash, "../../fuzz/build.sh", filepath.Join(dir, "fuzz.test"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := flags()
	_ = (&campaignFlags{dir: dir}).build(&campaign.Native{}) // no sources to lay out
	if got := flags(); got != want || !strings.Contains(want, "cascade/...=-d=libfuzzer\n") {
		t.Errorf("a campaign builds with\n%sfuzz/build.sh with\n%s", got, want)
	}
}

// TestSayFigures: one line outside of its interval is a difference.
func TestSayFigures(t *testing.T) {
	for _, c := range []struct {
		against []string
		code    int
		want    string
	}{
		{nil, exitOK, "wrote 4 files to there\n"},
		{[]string{"a: 1"}, exitDiffers, "outside of its interval: a: 1\nwrote 4 files to there\n"},
	} {
		var b strings.Builder
		if code, err := sayFigures(&b, c.against, 4, "there"); code != c.code || err != nil || b.String() != c.want {
			t.Errorf("%q: exit %d, %v, %q", c.against, code, err, b.String())
		}
		if code, err := sayFigures(&full{}, c.against, 4, "there"); code != exitUsage || err == nil {
			t.Errorf("%q: exit %d, %v on a full device", c.against, code, err)
		}
	}
}

// TestBaselineOnce: one build against itself, with its files and with files that cannot be written.
func TestBaselineOnce(t *testing.T) {
	dir := t.TempDir()
	replies := filepath.Join(dir, "old.gz")
	args := []string{"-rules", "step", "-ops", "bias,halfsq", "-cases", "1"}
	expect(t, exitOK, " replies are in "+replies, "right", append(args, "-save-replies", replies)...)
	expect(t, exitOK, "SAME BITS: ", "right", append(args, "-baseline", replies)...)
	if _, err := os.Stat("/dev/full"); err == nil {
		expect(t, exitUsage, "-json: ", "right", append(args, "-baseline", replies, "-json", "/dev/full")...)
	}
	expect(t, exitBroken, "ran 1 of 19 rules, ", "dies", append(args, "-baseline", replies)...)
	json := filepath.Join(dir, "gate.json")
	expect(t, exitDiffers, "FAILED", "faulty", append(args, "-json", json)...)
	expect(t, exitOK, "replayed 1 requests", "right", "-replay", json)
}

// TestFullDevices: a page and a table that cannot be written are errors.
func TestFullDevices(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	if code, stdout, stderr := verify(small("-html", "/dev/full")...); code != exitUsage ||
		!strings.Contains(stderr, "-html: ") || !strings.Contains(stdout, "largest ratio") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "FuzzSpike"), 0o755); err != nil {
		t.Fatal(err)
	}
	input := (&campaign.Input{Data: []byte("abcdefgh")}).Text()
	if err := os.WriteFile(filepath.Join(dir, "FuzzSpike", "mine"), input, 0o644); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	if code := run(t.Context(), []string{"corpus", "-dir", dir, "-targets", "FuzzSpike"}, &full{}, &stderr); code !=
		exitUsage || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("corpus: exit %d, %s", code, &stderr)
	}
}

// TestErrataEstimate: a search anew for errata says about how long it takes.
func TestErrataEstimate(t *testing.T) {
	code, stdout, stderr := verify("errata", "-search", "-claims", "eq14b", "-cases", "200", "-climb", "1")
	if code != exitOK || !strings.Contains(stdout, "| eq14b (14) |") ||
		!strings.HasPrefix(stderr, "verify: 0 of 1 units, claims of kind step, about ") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
}

// TestRecordStopped: a record that a signal stops writes nothing, and says so by its exit code alone.
func TestRecordStopped(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("testdata", 0o755), os.MkdirAll("props/pages", 0o755),
		os.WriteFile("README.md", []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stdout, stderr strings.Builder
	if code := run(ctx, []string{"record"}, &stdout, &stderr); code != exitStopped || stdout.Len() > 0 {
		t.Errorf("exit %d, %s%s", code, &stdout, &stderr)
	}
	if entries, err := os.ReadDir("testdata"); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestSaveWorst: what has no case is left out, and costs the others nothing.
func TestSaveWorst(t *testing.T) {
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Name() != "eq14b/printed" })
	none := search.NewFindings(claims)[0]
	some := search.Search(claims, search.Options{Seed: 1, Cases: 40})[0]
	dir := t.TempDir()
	if err := saveWorst(dir, []*props.Finding{none, some}, 1); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := verify("replay", filepath.Join(dir, some.Claim.FileName())); code != exitOK {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	if err := saveWorst(filepath.Join(dir, "no"), []*props.Finding{some}, 1); err == nil {
		t.Error("saved where no folder is")
	}
}

// TestBar: on a terminal a bar follows the units and the rules, says what is done, and is gone at
// the end.
func TestBar(t *testing.T) {
	var b bytes.Buffer
	bar := func() *progressbar.ProgressBar {
		return progressbar.NewOptions(1, progressbar.OptionSetWriter(&b), progressbar.OptionClearOnFinish())
	}
	p := &progress{w: &b, start: time.Now(), stop: make(chan struct{}), bar: bar()}
	p.at(0, 4, "first")
	p.at(3, 4, "second")
	if got := p.bar.State(); got.CurrentNum != 3 || got.Max != 4 || !strings.Contains(got.Description, "second") {
		t.Errorf("%+v", got)
	}
	if p.bar.IsFinished() {
		t.Error("it ends before its end")
	}
	p.end()
	if !p.bar.IsFinished() {
		t.Error("the bar is left behind")
	}
	if strings.Contains(b.String(), "verify: ") {
		t.Errorf("lines beside a bar: %q", b.String())
	}
	g := &progress{w: &b, start: time.Now(), stop: make(chan struct{}), bar: bar()}
	g.gating(conform.Progress{Doing: "operators", Done: 2, Rules: 19, Requests: 5, Expected: 90})
	if got := g.bar.State(); got.CurrentNum != 5 || got.Max != 90 || got.Description != "2 of 19 rules, operators" {
		t.Errorf("%+v", got)
	}
	g.end()
}

// TestRunsOfSearch: the runs and bets belong to whole searches that did not turn them off; what
// they come to counts, and so does their failure.
func TestRunsOfSearch(t *testing.T) {
	usual := trainAndBet
	defer func() { trainAndBet = usual }()
	var seeds []uint64
	ok, fail := true, error(nil)
	trainAndBet = func(found []*props.Finding, seed uint64) ([]training.Result, []betting.Result, error) {
		seeds = append(seeds, seed)
		return []training.Result{{Name: "planted", OK: ok, Steps: len(found)}}, nil, fail
	}
	args := []string{"-claims", "a1", "-cases", "1000", "-climb", "0", "-seed", "9"}
	for _, c := range []struct {
		more  []string
		ok    bool
		fail  error
		code  int
		calls int
	}{
		{nil, true, nil, exitOK, 1},
		{nil, false, nil, exitDiffers, 1},
		{nil, true, errors.New("no data"), exitUsage, 1},
		{[]string{"-runs=false"}, false, nil, exitOK, 0},
		{[]string{"-shard", "1/2"}, false, nil, exitOK, 0},
		{[]string{"-units", "1"}, false, nil, exitOK, 0},
	} {
		seeds, ok, fail = nil, c.ok, c.fail
		code, stdout, stderr := verify(append(args, c.more...)...)
		if code != c.code || len(seeds) != c.calls || c.calls > 0 && seeds[0] != 9 ||
			(code == exitDiffers) != strings.Contains(stdout, "DIFFERS run planted") {
			t.Errorf("%v: exit %d, runs with %d\n%s%s", c, code, seeds, stdout, stderr)
		}
	}
}

// TestWriteTrace: each file that cannot be written is told, and does not cost the other.
func TestWriteTrace(t *testing.T) {
	j, err := trace.Judge(t.Context(), file(t, "run.jsonl", traceRun+"}\n"+traceStep))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := writeTrace("", "", j); err != nil {
		t.Error(err)
	}
	err = writeTrace(in("no/j.json"), in("page.html"), j)
	if err == nil || !strings.Contains(err.Error(), "-json: ") || strings.Contains(err.Error(), "-html") {
		t.Errorf("no folder for -json: %v", err)
	}
	err = writeTrace(in("j.json"), in("no/page.html"), j)
	if err == nil || !strings.Contains(err.Error(), "-html: ") || strings.Contains(err.Error(), "-json") {
		t.Errorf("no folder for -html: %v", err)
	}
	for _, name := range []string{"page.html", "j.json"} {
		if info, err := os.Stat(in(name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestShellQuote: plain words stay, others are quoted so that a shell gives them back.
func TestShellQuote(t *testing.T) {
	for word, want := range map[string]string{
		"az-AZ_09./=:,+@%": "az-AZ_09./=:,+@%", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'", "é": "'é'",
	} {
		if got := shellQuote(word); got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
}

// TestNoBar: a file is no terminal, and has neither bar nor lines that are redrawn.
func TestNoBar(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := newProgress(f)
	p.end()
	v := newView(f)
	v.end()
	if p.bar != nil || v.live {
		t.Error("a file is taken for a terminal")
	}
}

// TestLiveView: on a terminal two lines are redrawn in place, and gone at the end.
func TestLiveView(t *testing.T) {
	var b strings.Builder
	v := &view{w: &b, live: true, stop: make(chan struct{}), refresh: time.Hour}
	said := func(s campaign.Status) string {
		b.Reset()
		v.say(s)
		return b.String()
	}
	got := said(campaign.Status{Doing: "draw step#0", Time: time.Minute, Claims: 2})
	if !strings.HasPrefix(got, "  0s, ") || !strings.HasSuffix(got, "\n  doing draw step#0\n") ||
		strings.Count(got, "\n") != 2 {
		t.Errorf("at first %q", got)
	}
	got = said(campaign.Status{Event: "x refuted", Elapsed: time.Second, Time: time.Minute, Claims: 2, Refuted: 1})
	if !strings.HasPrefix(got, "\x1b[2A\x1b[Jverify campaign: 1s x refuted\n  1s, 59s left; ") ||
		!strings.HasSuffix(got, "; 1 of 2 claims refuted\n  doing draw step#0\n") {
		t.Errorf("with an event %q", got)
	}
	b.Reset()
	if v.end(); b.String() != "\x1b[2A\x1b[J" {
		t.Errorf("at the end %q", b.String())
	}
}

// TestCounted: which claims lack cases, and what there is when none does.
func TestCounted(t *testing.T) {
	all := props.Claims()
	named := func(name string, cases int) *props.Finding {
		k := slices.IndexFunc(all, func(c claim.Claim) bool { return c.Name() == name })
		return &props.Finding{Claim: &all[k], Cases: cases}
	}
	page := func(found ...*props.Finding) string {
		var b strings.Builder
		if err := counted(found, 100).Text(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	fixed := named("a1/printed", 0) // goes through cases of its own
	got := page(named("thm1/printed", 100), named("eq15/printed", 99), fixed)
	if !strings.Contains(got, "1 of 2 claims have 100 valid cases or are refuted; 1 more go through cases of their own. "+
		"These have not") || !strings.Contains(got, "eq15/printed") || strings.Contains(got, "thm1/printed") {
		t.Errorf("one lacks cases:\n%s", got)
	}
	if got := page(named("thm1/printed", 100), fixed); !strings.Contains(got, "1 of 1 claims") ||
		strings.Contains(got, "These have not") || strings.Contains(got, "valid cases  of") {
		t.Errorf("none lacks cases:\n%s", got)
	}
}

// TestHelpDefaults: defaults are said but for those that say nothing.
func TestHelpDefaults(t *testing.T) {
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	fs.Int("cases", 7, "`n` cases")
	fs.Bool("off", false, "no")
	fs.Bool("runs", true, "yes")
	fs.Duration("budget", 0, "no `time`")
	fs.String("json", "", "a `file`")
	var b strings.Builder
	if err := help(&b, "x", &command{what: "Does.", synopsis: "FILE", long: "At length."}, fs); err != nil {
		t.Fatal(err)
	}
	want := "Does.\n\n  go run ./props/verify x FILE\n\nAt length.\n\nFlags, before or after arguments:\n" +
		"  -budget time    no time\n  -cases n        n cases (default 7)\n  -json file      a file\n" +
		"  -off            no\n  -runs           yes (default true)\n\nExit codes: 0 "
	if !strings.HasPrefix(b.String(), want) {
		t.Errorf("%s\nwant\n%s", &b, want)
	}
	b.Reset()
	if err := help(&b, "", &command{what: "Does."}, flag.NewFlagSet("", flag.ContinueOnError)); err != nil ||
		strings.Contains(b.String(), "Flags") || strings.Count(b.String(), commands["gate"].what) != 1 {
		t.Errorf("%v: %s", err, &b)
	}
}

// TestBothBuilds: progress says of which build it is, the new one once it begins anew.
func TestBothBuilds(t *testing.T) {
	var got []string
	say := both(func(p conform.Progress) { got = append(got, p.Doing) })
	for _, done := range []int{0, 1, 1, 2, 0, 0, 1} {
		say(conform.Progress{Done: done, Doing: "x"})
	}
	want := []string{"old build, x", "old build, x", "old build, x", "old build, x", "new build, x", "new build, x",
		"new build, x"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
