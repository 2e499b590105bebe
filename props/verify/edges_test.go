package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/adapters"
	"github.com/cascade-sgd/cascade/props/internal/campaign"
	"github.com/cascade-sgd/cascade/props/internal/draw"
	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/report/webpage"
	"github.com/cascade-sgd/cascade/props/trace/recorders"
)

// TestExitCodes are what help and scripts have.
func TestExitCodes(t *testing.T) {
	if got := fmt.Sprint(exitOK, exitDiffers, exitUsage, exitBroken, exitStopped); got != "0 1 2 3 130" {
		t.Error(got)
	}
}

// TestRanges: the first and the last value of each flag is taken, so that a later word is refused, and those
// beside them are not.
func TestRanges(t *testing.T) {
	const most = "1000000000"
	dir := t.TempDir()
	search := []string{"-claims", "eq99"}
	campaign := []string{"campaign", "-claims", "eq99", "-dir", filepath.Join(dir, "no")}
	corpus := []string{"corpus", "-dir", dir, "-targets", "FuzzNothing"}
	gate := []string{"gate", "-replay", filepath.Join(dir, "nowhere")}
	merge := []string{"merge", filepath.Join(dir, "nowhere")}
	figures := []string{"figures", "-only", "fig2", "-out", filepath.Join(dir, "no")}
	many := func(n int) []string { return strings.Split(strings.Repeat("x ", n-1)+"x", " ") }
	for _, c := range []struct {
		args    []string
		flag    string
		value   string
		refused string // "" for taken
	}{
		{search, "-cases", "1", ""}, {search, "-cases", most, ""}, {search, "-climb", "0", ""},
		{search, "-climb", most, ""}, {search, "-budget", "0s", ""},
		{search, "-budget", "-1ns", "-budget is -1ns, want >= 0"},
		{search, "-climb", "1000000001", "-climb is 1000000001, want 0.." + most},
		{campaign, "-climb", "0", ""}, {campaign, "-climb", most, ""}, {campaign, "-valid", "0", ""},
		{campaign, "-valid", most, ""}, {campaign, "-time", "1ns", ""}, {campaign, "-slice", "1s", ""},
		{campaign, "-climb", "1000000001", "-climb is 1000000001, want 0.." + most},
		{campaign, "-valid", "1000000001", "-valid is 1000000001, want 0.." + most},
		{campaign, "-valid", "-1", "-valid is -1"}, {campaign, "-slice", "999ms", "-slice 999ms"},
		{campaign, "-time", "-1ns", "-time is -1ns"},
		{corpus, "-draws", "0", ""}, {corpus, "-draws", most, ""}, {corpus, "-draws", "-1", "-draws is -1, want 0.." + most},
		{corpus, "-draws", "1000000001", "-draws is 1000000001"},
		{gate, "-seed", "1", ""}, {gate, "-cases", "1", ""}, {gate, "-cases", "100000", ""}, {gate, "-time", "0s", ""},
		{gate, "-timeout", "1ns", ""}, {gate, "-limit", "1ns", ""}, {gate, "-seed", "0", "-seed is 0, want 1 or more"},
		{gate, "-cases", "100001", "-cases is 100001, want 1..100000"}, {gate, "-cases", "0", "-cases is 0"},
		{gate, "-time", "-1ns", "-time is -1ns"}, {gate, "-timeout", "-1ns", "-timeout is -1ns"},
		{gate, "-limit", "0s", "-limit is 0s"},
		{merge, "-recheck", "0", ""}, {merge, "-recheck", "-1", "-recheck is -1"},
		{figures, "-phase", "0", ""}, {figures, "-phase", "-1", "-phase is -1"},
	} {
		args := append(slices.Clone(c.args), c.flag, c.value)
		if c.args[0] == "gate" {
			args = append(args, "true")
		}
		later := map[string]string{
			"-claims": `no claim "eq99"`, "campaign": `no claim "eq99"`, "corpus": `"FuzzNothing"`, "gate": "nowhere",
			"merge": "nowhere", "figures": `no figure "fig2"`,
		}[c.args[0]]
		want := c.refused
		if want == "" {
			want = later
		}
		code, stdout, stderr := verify(args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) ||
			c.refused == "" && strings.Contains(stderr, c.flag+" is ") {
			t.Errorf("%s %s %s: exit %d, %s%s, want %q", c.args[0], c.flag, c.value, code, stdout, stderr, want)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{append([]string{"gate", "-replay", filepath.Join(dir, "nowhere")}, many(1000)...), "nowhere"},
		{append([]string{"gate", "-replay", filepath.Join(dir, "nowhere")}, many(1001)...), `unexpected argument "x"`},
		{append([]string{"corpus", "-dir", dir}, many(1<<10)...), `"x" is no folder`},
		{append([]string{"corpus", "-dir", dir}, many(1<<10+1)...), `unexpected argument "x"`},
		{[]string{"adapters", "a", "b"}, `unexpected argument "b"`},
		{[]string{"adapters", "-write", dir, "numpy"}, `-write writes all: unexpected argument "numpy"`},
		{[]string{"gate", " "}, "the command is empty"},
	} {
		if code, _, stderr := verify(c.args...); code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s with %d words: exit %d, %.200s, want %q", c.args[0], len(c.args), code, stderr, c.want)
		}
	}
}

// TestCommandLine: one word is for the shell, more are a program and its arguments; it is said as it may be
// written.
func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		text string
	}{
		{[]string{"python3 engine.py"}, "'python3 engine.py'"}, {[]string{"./engine"}, "./engine"},
		{[]string{"./engine", "it's", "-x"}, `-- ./engine 'it'\''s' -x`},
	} {
		words, text := commandLine(c.args)
		if text != c.text {
			t.Errorf("%q is said as %s, want %s", c.args, text, c.text)
		}
		if last := words[len(words)-1]; last != c.args[len(c.args)-1] || (len(words) == len(c.args)) != (len(c.args) > 1) {
			t.Errorf("%q runs %q", c.args, words)
		}
	}
}

// TestAdapterTexts: each engine and recorder is printed as its file is; the list has all of both.
func TestAdapterTexts(t *testing.T) {
	_, list, _ := verify("adapters")
	dir := t.TempDir()
	if err := writeAdapters(dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, run string
		text      func(string) (string, error)
	}{{adapters.All()[0].Name, adapters.All()[0].Run, adapters.Text}, {recorders.All()[0].Name, recorders.All()[0].Run,
		recorders.Text}} {
		want, err := c.text(c.name)
		code, got, _ := verify("adapters", c.name)
		if err != nil || code != exitOK || got != want || !strings.Contains(list, c.name+" ") ||
			!strings.Contains(list, c.run) {
			t.Errorf("%s: exit %d, %v, %.100q, and the list is\n%s", c.name, code, err, got, list)
		}
	}
	for name, text := range recorders.Files() {
		if got := string(must(os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))))); got != text {
			t.Errorf("%s is written as %.100q", name, got)
		}
	}
	if code, _, stderr := verify("adapters", "record-nothing"); code != exitUsage ||
		!strings.Contains(stderr, `"record-nothing"`) {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if err := writeAdapters(filepath.Join(file(t, "file", ""), "x")); err == nil {
		t.Error("written below a file")
	}
	blocked := t.TempDir()
	if err := os.Mkdir(filepath.Join(blocked, "install.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeAdapters(blocked); err == nil || !strings.Contains(err.Error(), "install.sh") {
		t.Errorf("a folder in the place of a file: %v", err)
	}
}

// TestInTheWay: a folder in the place of a file that is to be written is an error that names it, for each file of
// a search and of a campaign.
func TestInTheWay(t *testing.T) {
	claims, err := report.Select(report.Selection{Claims: "eq14b"})
	if err != nil {
		t.Fatal(err)
	}
	opt := search.Options{Seed: 1, Cases: 40, Shards: 1}
	out := search.Run(claims, opt)
	r := report.New(report.Selection{Claims: "eq14b"}, out, opt)
	worst, certificate := claims[0].FileName(), claims[0].CertificateName()
	for _, path := range []string{"", "r.json", "p.html", filepath.Join("save", worst),
		filepath.Join("save", "certificates", certificate)} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "save", "certificates"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, path), 0o755); err != nil {
			t.Fatal(err)
		}
		f := searchFlags{json: filepath.Join(dir, "r.json"), save: filepath.Join(dir, "save")}
		f.page.html = filepath.Join(dir, "p.html")
		var stderr strings.Builder
		err := f.write(&call{stderr: &stderr}, r, out.Findings)
		named := path == "" && err == nil || path != "" && err != nil && strings.Contains(err.Error(), filepath.Base(path))
		if !named || strings.Count(fmt.Sprint(err), "\n") > 0 {
			t.Errorf("search, %q: %v", path, err)
		}
		for _, other := range []string{"r.json", "p.html"} {
			if info, err := os.Stat(filepath.Join(dir, other)); other != path && (err != nil || info.Size() < 1000) {
				t.Errorf("search, %q: %s is not written: %v", path, other, err)
			}
		}
	}
	result := &campaign.Result{Findings: out.Findings, Units: 3, Seconds: 1.5, Executions: 1000, Notes: []string{"a note"}}
	for _, path := range []string{"", "report.json", "report.html", filepath.Join("worst", worst),
		filepath.Join("worst", "certificates", certificate)} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, path), 0o755); err != nil {
			t.Fatal(err)
		}
		f := campaignFlags{dir: dir, seed: 1}
		got, err := f.write(&call{stderr: &strings.Builder{}}, result)
		if path == "" {
			if err != nil || got.Campaign.Units != 3 || got.Campaign.Seconds != 1.5 || got.Campaign.Executions != 1000 ||
				!slices.Equal(got.Campaign.Notes, []string{"a note"}) {
				t.Errorf("campaign: %v, %+v", err, got)
			}
			for _, name := range []string{"report.json", "report.html", "worst/" + worst,
				"worst/certificates/" + certificate} {
				if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
					t.Error(err)
				}
			}
		} else if err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("campaign, %q: %v", path, err)
		}
	}
	f := campaignFlags{dir: file(t, "file", "")}
	if _, err := f.write(&call{}, result); err == nil {
		t.Error("a campaign in a file")
	}
}

// TestRecordedOptions: what a recording was made with is asked again; a flag that asks for something else is
// refused, fewer rules are not.
func TestRecordedOptions(t *testing.T) {
	recording := func(opt *conform.Options) *conform.Recording {
		t.Helper()
		rec := conform.NewRecorder(func() (conform.Engine, error) { return conform.NewReference(), nil }, opt)
		conform.Run(rec.Engine, opt)
		path := filepath.Join(t.TempDir(), "old.gz")
		if err := rec.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		r, err := conform.ReadRecordingFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	some := recording(&conform.Options{Seed: 7, Cases: 2, Ops: []string{"bias", "halfsq"},
		Rules: []string{"step", "sizes"}})
	all := recording(&conform.Options{Seed: 3, Cases: 1, Ops: []string{"halfsq"}, Rules: nil})
	for _, c := range []struct {
		of    *conform.Recording
		args  string
		rules string
		want  string // an error, "" for none
	}{
		{some, "", "step sizes", ""}, {some, "-seed 7 -cases 2 -ops bias,halfsq", "step sizes", ""},
		{some, "-rules sizes", "sizes", ""}, {all, "-rules sizes", "sizes", ""}, {all, "", "", ""},
		{some, "-seed 1", "", "-seed is 1, but OLD was recorded with 7"},
		{some, "-cases 60", "", "-cases is 60, but OLD was recorded with 2"},
		{some, "-ops bias", "", "-ops is bias, but OLD was recorded with bias,halfsq"},
		{some, "-rules step,trace", "", "-rules has trace, but OLD was recorded with step,sizes"},
	} {
		f := gateFlags{baseline: "OLD"}
		one := &call{fs: flag.NewFlagSet("gate", flag.ContinueOnError)}
		f.define(one)
		if err := one.fs.Parse(append([]string{"-baseline", "OLD"}, strings.Fields(c.args)...)); err != nil {
			t.Fatal(err)
		}
		opt, err := f.options()
		if err != nil {
			t.Fatal(err)
		}
		before := *opt
		got, err := f.as(one, opt, c.of)
		if d := cmp.Diff(before.Rules, opt.Rules); d != "" || opt.Seed != before.Seed {
			t.Errorf("%q changes the options: %s", c.args, d)
		}
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: %v, want %q", c.args, err, c.want)
			}
			continue
		}
		is := c.of.Options()
		if err != nil || got.Seed != is.Seed || got.Cases != is.Cases || !slices.Equal(got.Ops, is.Ops) ||
			strings.Join(got.Rules, " ") != c.rules || got.Limit != before.Limit {
			t.Errorf("%q: %v, %+v", c.args, err, got)
		}
	}
}

// TestIsReplies tells files from commands.
func TestIsReplies(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, mode := range map[string]os.FileMode{"replies": 0o644, "engine": 0o755, "sub/replies": 0o644} {
		made := os.MkdirAll(filepath.Dir(name), 0o755)
		if err := errors.Join(made, os.WriteFile(name, []byte("#!/bin/sh\n"), mode)); err != nil {
			t.Fatal(err)
		}
	}
	for old, want := range map[string]string{
		"replies": "true", "engine": "false", "sub/replies": "true", "./replies": "true",
		filepath.Join(dir, "engine"): "false",
		"sh":                         "false", "python3 engine.py": "false", "a$b": "false",
		"sub":     `-baseline "sub" is a directory`,
		"nowhere": `-baseline "nowhere" is neither a file nor a command`,
	} {
		is, err := isReplies(old)
		if got := fmt.Sprint(is); err == nil && got != want || err != nil && (err.Error() != want || is) {
			t.Errorf("%q: %v, %v, want %s", old, is, err, want)
		}
	}
}

// TestFigureOptions: which size, and what the flags change of it.
func TestFigureOptions(t *testing.T) {
	options := func(args ...string) (logistic.Options, error) {
		var f figureFlags
		one := &call{fs: flag.NewFlagSet("figures", flag.ContinueOnError)}
		f.define(one)
		if err := one.fs.Parse(args); err != nil {
			t.Fatal(err)
		}
		return f.options()
	}
	with := func(o logistic.Options, change func(o *logistic.Options)) logistic.Options { change(&o); return o }
	for _, c := range []struct {
		args string
		want logistic.Options
	}{
		{"", logistic.Default(1)}, {"-quick", quickFigures(1)}, {"-full -seed 5", logistic.Full(5)},
		{"-seed 4 -quick", quickFigures(4)},
		{"-quick -start 0.5 -ewma 0.75 -phase 3", with(quickFigures(1), func(o *logistic.Options) {
			o.Start, o.EWMA, o.Phase = 0.5, 0.75, 3
		})},
		{"-quick -draws 4,2 -readings sample,step", with(quickFigures(1), func(o *logistic.Options) {
			o.Draws, o.Readings = []uint64{4, 2}, []logistic.Reading{logistic.OneASample, logistic.OneAStep}
		})},
	} {
		if got, err := options(strings.Fields(c.args)...); err != nil || cmp.Diff(c.want, got) != "" {
			t.Errorf("%q: %v, %s", c.args, err, cmp.Diff(c.want, got))
		}
	}
	for _, args := range []string{"-quick -full", "-draws 1,,2", "-draws -1", "-readings step,,sample", "-ewma 1"} {
		if _, err := options(strings.Fields(args)...); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// TestTimeLeft: a line at once and at the end, and none before quiet has passed.
func TestTimeLeft(t *testing.T) {
	var said []string
	l := &timeLeft{say: func(line string) { said = append(said, line) }, start: time.Now()}
	for _, done := range []int64{0, 1e6, 2e6, 4e6} {
		l.at(done, 4e6, 0, float64(done)/4e6)
	}
	l.last = time.Now().Add(-2 * betweenLines)
	l.at(3e6, 4e6, 0, 0.75)
	if len(said) != 3 || !strings.HasPrefix(said[0], "0.0 of 4.0 ") || !strings.HasPrefix(said[1], "4.0 of 4.0 ") ||
		!strings.HasPrefix(said[2], "3.0 of 4.0 ") || l.last.Before(time.Now().Add(-betweenLines)) {
		t.Errorf("%q", said)
	}
}

// TestBesideRecords: the files of a record are not written over, those beside them are.
func TestBesideRecords(t *testing.T) {
	record, other := t.TempDir(), t.TempDir()
	for path, refused := range map[string]bool{
		"": false, filepath.Join(record, "run.json"): true, filepath.Join(record, "steps-000001.npz"): true,
		filepath.Join(record, "j.json"): false, filepath.Join(other, "run.json"): false,
		filepath.Join(other, "no", "run.json"): false,
	} {
		err := besideRecords([]string{filepath.Join(other, "a.npz"), record}, pathOf{"-json", path})
		want := fmt.Sprintf("-json %s is a part of the record %s", path, record)
		if (err != nil) != refused || refused && err.Error() != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestIsCertificate: which keys make a certificate of a file.
func TestIsCertificate(t *testing.T) {
	for data, want := range map[string]bool{
		`{"claim":1}`: true, `{"claim":1,"case":2}`: false, `{"case":2}`: false,
	} {
		if got, err := isCertificate([]byte(data)); err != nil || got != want {
			t.Errorf("%s: %v, %v", data, got, err)
		}
	}
	for _, data := range []string{"[]", "7", `{"claim"`, "{}", `{"Case":1}`} {
		if _, err := isCertificate([]byte(data)); err == nil {
			t.Errorf("%s is taken", data)
		}
	}
}

// TestCorpusFiles: what is kept is there with its bytes, what is not is gone, and nothing of another folder.
func TestCorpusFiles(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "FuzzSpike")
	in := func(name, data string) campaign.Input { return campaign.Input{Name: name, Data: []byte(data)} }
	old := []campaign.Input{in("stays", "a"), in("goes", "b"), in("../other", "c")}
	for _, one := range old {
		path := filepath.Join(dir, one.Name)
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(path, one.Text(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeCorpus(dir, old, []campaign.Input{in("stays", "d"), in("new", "e")}); err != nil {
		t.Fatal(err)
	}
	got, err := campaign.ReadInputs(dir)
	if err != nil || len(got) != 2 || got[0].Name != "new" || string(got[0].Data) != "e" || got[1].Name != "stays" ||
		string(got[1].Data) != "d" {
		t.Errorf("%v, %+v", err, got)
	}
	if _, err := os.Stat(filepath.Join(root, "other")); err != nil {
		t.Error(err)
	}
	if err := writeCorpus(dir, []campaign.Input{in("not there", "")}, nil); err == nil {
		t.Error("what cannot be removed is no error")
	}
	if err := writeCorpus(root, nil, []campaign.Input{in("FuzzSpike", "")}); err == nil {
		t.Error("a folder in the place of an input")
	}
	if err := writeCorpus(file(t, "file", ""), nil, nil); err == nil {
		t.Error("a corpus in a file")
	}
	all := props.Targets()
	targets, err := namedTargets(all[2].Name + "," + all[0].Name)
	if err != nil || len(targets) != 2 || targets[0].Name != all[2].Name || targets[1].Name != all[0].Name {
		t.Errorf("%v, %+v", err, targets)
	}
	if targets, err := namedTargets(""); err != nil || len(targets) != len(all) {
		t.Errorf("%v, %d targets", err, len(targets))
	}
	if _, err := namedTargets(all[0].Name + ",FuzzNothing"); err == nil ||
		!strings.Contains(err.Error(), `"FuzzNothing"`) {
		t.Errorf("%v", err)
	}
}

// TestFiguresOfPage: the *.svg of a folder in the order of their names; none is refused, and so are figures
// without a page.
func TestFiguresOfPage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.svg": "<svg>b", "a.svg": "<svg>a", "c.png": "png", "d.svg.txt": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := (&pageFlags{html: "x", figures: dir}).read()
	want := []webpage.Figure{{Name: "a.svg", SVG: []byte("<svg>a")}, {Name: "b.svg", SVG: []byte("<svg>b")}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v, %s", err, d)
	}
	if all, err := (&pageFlags{html: "x"}).read(); err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
	for _, c := range []struct {
		flags pageFlags
		want  string
	}{
		{pageFlags{figures: dir}, "without -html"}, {pageFlags{html: "x", figures: t.TempDir()}, "has no *.svg"},
		{pageFlags{html: "x", figures: filepath.Join(dir, "no")}, "-figures: "},
	} {
		if err := c.flags.check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.flags, err, c.want)
		}
	}
	if err := (&pageFlags{}).write(nil); err != nil {
		t.Error(err)
	}
}

// TestEachVariable: of every scheduler each variable that is no number is named with its value, and one that is
// missing by what sets it.
func TestEachVariable(t *testing.T) {
	for _, s := range schedulers {
		set := map[string]string{s.index: "1", s.count: "3"}
		if s.first != "" {
			set[s.first] = "0"
		}
		if s.step != "" {
			set[s.step] = "1"
		}
		read := func() (i, n int, err error) { return s.read(func(name string) string { return set[name] }) }
		if i, n, err := read(); err != nil || i != 1-s.origin || n != 3 {
			t.Errorf("%s: %d of %d, %v", s.name, i, n, err)
		}
		for name, usual := range set {
			for _, bad := range []string{"x", "-1", "+1", "1.5"} {
				set[name] = bad
				if _, _, err := read(); err == nil || err.Error() != fmt.Sprintf("%s is %q, want a whole number from 0 on", name,
					bad) {
					t.Errorf("%s is %s: %v", name, bad, err)
				}
			}
			set[name] = ""
			if _, _, err := read(); (err == nil) != (name == s.step) || err != nil && err.Error() != name+" is not set"+s.help {
				t.Errorf("%s is not set: %v", name, err)
			}
			set[name] = usual
		}
	}
}

// TestFigureFiles: numbers and pictures of a figure are what was drawn; a folder in the place of one of them is
// an error.
func TestFigureFiles(t *testing.T) {
	o := logistic.Quick(1)
	o.M, o.T, o.Gammas, o.Forward, o.Backward = 20, 60, []float64{0.3}, []float64{2}, []float64{1}
	figures, err := logistic.Select(logistic.Figures(o), []string{"fig6"})
	if err != nil {
		t.Fatal(err)
	}
	figures[0].Panels = figures[0].Panels[:1]
	r, err := logistic.Run(t.Context(), figures, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := draw.Pictures(&r.Figures[0], r)
	if err != nil || len(pictures) == 0 {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	files, err := writeFigures(r, dir, false)
	if err != nil || files != 1+2*len(pictures) {
		t.Errorf("%d files, %v", files, err)
	}
	for _, p := range pictures {
		for name, want := range map[string][]byte{p.Name + ".svg": p.SVG, p.Name + ".png": p.PNG} {
			if got := must(os.ReadFile(filepath.Join(dir, name))); string(got) != string(want) {
				t.Errorf("%s is another picture", name)
			}
		}
	}
	if got := must(os.ReadFile(filepath.Join(dir, "fig6.csv"))); !strings.HasPrefix(string(got), "figure,panel,") {
		t.Errorf("fig6.csv is %.80q", got)
	}
	if _, err := writeFigures(r, file(t, "file", ""), false); err == nil {
		t.Error("figures in a file")
	}
	name := pictures[0].Name + ".png"
	if err := errors.Join(os.Remove(filepath.Join(dir, name)), os.Mkdir(filepath.Join(dir, name), 0o755)); err != nil {
		t.Fatal(err)
	}
	if _, err := writeFigures(r, dir, false); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a folder in the place of %s: %v", name, err)
	}
}

// TestCampaignCounts: with -valid the claims are counted at the end, and what cannot be written is an error
// wherever the device is full.
func TestCampaignCounts(t *testing.T) {
	args := []string{"campaign", "-claims", "eq14b", "-valid", "10", "-time", "1m", "-allow-small", "-dir",
		filepath.Join(t.TempDir(), "count")}
	code, stdout, stderr := verify(args...)
	if code != exitOK || !strings.Contains(stdout, "claims have 10 valid cases or are refuted") ||
		!strings.Contains(stdout, "rungs are gained by the units of a line") || strings.Contains(stdout, "native") {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	for _, part := range []string{"rungs are gained", "claims have 10 valid"} {
		room := strings.Index(stdout, part)
		if room < 0 {
			t.Errorf("it does not say %q", part)
		}
		var errs strings.Builder
		if code := run(t.Context(), args, &full{room: room}, &errs); code != exitUsage ||
			!strings.Contains(errs.String(), errFull.Error()) {
			t.Errorf("no room for %q: exit %d, %s", part, code, &errs)
		}
	}
}
