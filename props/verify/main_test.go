package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/pages"
	"github.com/cascade-sgd/cascade/props/report"
)

// verify runs the command in process and returns its exit code and output.
func verify(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, &out, &err)
	return code, out.String(), err.String()
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// file writes a file into a new directory.
func file(t testing.TB, name, data string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// small is a search of a tenth of a second.
func small(args ...string) []string {
	return append([]string{"-claims", "eq14b", "-cases", "200", "-climb", "0", "-runs=false"}, args...)
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-claims", "thm9"}, `verify: no claim "thm9"; there are: lemma1`},
		{[]string{"-form", "neat"}, `form is "neat"`},
		{[]string{"-claims", "lemma1", "-form", "repaired"}, "there is none"},
		{[]string{"-cases", "0"}, "-cases is 0, want 1.."},
		{[]string{"-cases", "1000000001"}, "-cases is 1000000001, want 1..1000000000"},
		{[]string{"-cases", "x"}, `invalid value "x"`},
		{[]string{"-climb", "-1"}, "-climb is -1"},
		{[]string{"-budget", "-3s"}, "-budget is -3s"},
		{[]string{"-claims", " ,"}, `claims is " ,"`},
		{[]string{"-claims", ""}, "-claims is empty"},
		{[]string{"-claims", "thm1,,thm2"}, "number 2 is empty"},
		{[]string{"-claims", "thm1,thm1"}, `claims has "thm1" twice`},
		{[]string{"-json", ""}, "-json is empty"},
		{[]string{"replay", "", "x"}, `unexpected argument "x"`},
		{[]string{"gate", "-json=", "true"}, "-json is empty"},
		{[]string{"gate", "-ops", "linear,,tanh", "true"}, `-ops is "linear,,tanh": word 2 is empty`},
		{[]string{"gate", "-rules", "step, step", "true"}, `-rules has "step" twice`},
		{[]string{"figures", "-only", "fig3,fig3"}, `-only has "fig3" twice`},
		{[]string{"figures", "-draws", "1,1"}, `-draws has "1" twice`},
		{[]string{"figures", "-draws", "1,01"}, "-draws has 1 twice"},
		{[]string{"figures", "-readings", "step,step"}, `-readings has "step" twice`},
		{[]string{"campaign", "-targets", "FuzzData,FuzzData"}, `-targets has "FuzzData" twice`},
		{[]string{"-shard", "3/2"}, `-shard is "3/2", want i/n`},
		{[]string{"-shard", "1/2/3"}, `-shard is "1/2/3"`},
		{[]string{"-shard", "01/2"}, `-shard is "01/2"`},
		{[]string{"-shard", "1/2", "-units", "1"}, "-units and -shard: give one of them"},
		{[]string{"-units", "2-1"}, "-units is "},
		{[]string{"-units", "2-9", "-claims", "eq14b", "-cases", "1000"}, "-units has unit 9, and the search has 1"},
		{[]string{"-json", "."}, "-json .: is a directory"},
		{[]string{"-json", "no/such/dir/x"}, "-json no/such/dir/x: its directory is not there"},
		{[]string{"-save", "main.go/x"}, "-save: mkdir main.go: not a directory"},
		{[]string{"-colour"}, "not defined: -colour"},
		{[]string{""}, `unexpected argument ""`},
		{[]string{"-seed", "1", "now"}, `unexpected argument "now"`},
		{[]string{"-seed", "1", "merge", "x"}, `unexpected argument "merge": a command comes before all flags`},
		{[]string{"now"}, `no command "now", want one of: adapters, campaign, constants, corpus, errata, export, figures, ` +
			`gate, merge, page, record, replay, trace`},
		{[]string{strings.Repeat("x", 999)}, `no command "` + strings.Repeat("x", 80) + `..."`},
		{[]string{"help", "now"}, `no command "now"`},
		{[]string{"merge"}, "verify merge: 0 arguments, want 1 or more"},
		{[]string{"merge", "-recheck", "-1", "main.go"}, "-recheck is -1"},
		{[]string{"merge", "main.go"}, "verify merge: main.go: report: line 1, column 1: "},
		{[]string{"merge", "nowhere.json"}, "nowhere.json"},
		{[]string{"replay"}, "verify replay: 0 arguments"},
		{[]string{"replay", "a", "b"}, `unexpected argument "b"`},
		{[]string{"merge", "-html", "no/such/dir/x", "nowhere.json"}, "-html no/such/dir/x: its directory is not there"},
		{[]string{"replay", "--", "a", "-b"}, `unexpected argument "-b"`},
		{[]string{"replay", "nowhere.json"}, "nowhere.json"},
		{[]string{"replay", "."}, "is a directory"},
		{[]string{"replay", "main.go"}, "main.go: line 1, column 1: "},
		{[]string{"replay", "-seed", "1", "x"}, "not defined: -seed"},
		{[]string{"page"}, "verify page: 0 arguments"},
		{[]string{"page", "table9"},
			`no page "table9", want one of constants, counterexamples, counts, curves, dot, feedback, fig4a, fig4b-steps, ` +
				`fig6b, fig7b, figures, graph, growth, memories, momentum, ratios, saved, spikes, table1, theorem1, valid`},
		{[]string{"page", "graph", "x.json"}, `graph is made of no report, but "x.json" is given`},
		{[]string{"page", "ratios"}, "no report"},
		{[]string{"page", "counts"}, "no report"},
		{[]string{"page", "counts", "main.go"}, "main.go: report: line 1, column 1"},
		{[]string{"page", "ratios", "main.go"}, "main.go: report: line 1, column 1"},
		{[]string{"errata", "-seed", "2"}, "without -search"},
		{[]string{"errata", "-json", "x"}, "not defined: -json"},
		{[]string{"errata", "-search", "-cases", "0"}, "-cases is 0"},
		{[]string{"record", "-seed", "2"}, "not defined: -seed"},
		{[]string{"record"}, "run it at the root of the module"},
	} {
		code, stdout, stderr := verify(c.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("verify %.80q: exit %d, want %d; message %q, want %q in it", c.args, code, exitUsage, stderr,
				c.want)
		}
		if strings.Count(stderr, "\n") != 1 || len(stderr) > 800 {
			t.Errorf("verify %.80q: more than one line of 800 characters: %q", c.args, stderr)
		}
	}
}

// TestErrataOnRecord: without flags the errata are those on record, at once.
func TestErrataOnRecord(t *testing.T) {
	want := string(must(pages.FS.ReadFile("ERRATA.md")))
	if code, stdout, stderr := verify("errata"); code != exitOK || stdout != want || stderr != "" {
		t.Errorf("exit %d, %q, %d characters, want the %d of ERRATA.md", code, stderr, len(stdout), len(want))
	}
}

// TestRecordable: nothing that no search came to goes on record.
func TestRecordable(t *testing.T) {
	for v, want := range map[claim.Verdict]string{
		claim.Holds: "", claim.Refuted: "", claim.Unsettled: "",
		claim.Undecided: "b/printed is undecided; nothing is written",
		claim.Starved:   "b/printed is starved; nothing is written",
		claim.Invalid:   "b/printed is invalid; nothing is written",
	} {
		r := &report.Report{Claims: []report.Row{{ID: "a", Form: claim.Printed, Verdict: claim.Holds},
			{ID: "b", Form: claim.Printed, Verdict: v}}}
		if err := recordable(r); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: error %v, want %q", v, err, want)
		}
	}
}

// TestHelp: on standard output, with synopsis, example, each flag once and the exit codes;
// for every command, spelled in every way.
func TestHelp(t *testing.T) {
	for _, name := range append(names(), "") {
		args := strings.Fields(name + " -h")
		code, stdout, stderr := verify(args...)
		if code != exitOK || stderr != "" {
			t.Errorf("verify %v: exit %d, %q", args, code, stderr)
		}
		synopsis := strings.TrimSpace("  go run ./props/verify " + name)
		for _, want := range []string{synopsis, "Exit codes: 0 ", "130 stopped by a signal"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("verify %v: no %q in\n%s", args, want, stdout)
			}
		}
		for _, other := range [][]string{strings.Fields(name + " -help"), strings.Fields("help " + name),
			strings.Fields(name + " --h")} {
			if c, again, _ := verify(other...); c != exitOK || again != stdout {
				t.Errorf("verify %v: exit %d, other help than -h", other, c)
			}
		}
		flags := map[string]int{}
		for _, line := range strings.Split(stdout, "\n") {
			if strings.HasPrefix(line, "  -") {
				flags[strings.Fields(line)[0]]++
			}
		}
		for f, n := range flags {
			if n != 1 {
				t.Errorf("verify %v: flag %s is there %d times", args, f, n)
			}
		}
		if name == "" && (len(flags) < 10 || !strings.Contains(stdout, "Examples:") ||
			!strings.Contains(stdout, "\n  replay   ")) {
			t.Errorf("flags %v in\n%s", flags, stdout)
		}
	}
	if code := run(context.Background(), []string{"-h"}, &full{}, &bytes.Buffer{}); code != exitUsage {
		t.Errorf("help to a full device: exit %d", code)
	}
}

var errFull = errors.New("no space left")

// full takes so many bytes and then fails.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFlagsAnywhere: flags stand before or after arguments; after "--" nothing is a flag.
func TestFlagsAnywhere(t *testing.T) {
	certificate := "../../testdata/certificates/eq14b.json"
	for _, args := range [][]string{{certificate}, {"--", certificate}} {
		if code, _, stderr := verify(append([]string{"replay"}, args...)...); code != exitOK {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
	if code, _, stderr := verify("replay", "--", "-h"); code != exitUsage || !strings.Contains(stderr, "-h") {
		t.Errorf("-- -h: exit %d, %s", code, stderr)
	}
	for _, args := range [][]string{{"-seed", "3", "graph"}, {"graph", "-seed", "3"}, {"graph", "-seed=3", "--"}} {
		if code, _, stderr := verify(append([]string{"page"}, args...)...); code != exitOK {
			t.Errorf("page %v: exit %d, %s", args, code, stderr)
		}
	}
}

// TestOverItsOwn: what a command writes does not go over what else it writes, nor over the program that it runs.
func TestOverItsOwn(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "certificates"), 0o700); err != nil {
		t.Fatal(err)
	}
	claims, err := report.Select(report.Selection{Claims: "eq14b"})
	if err != nil {
		t.Fatal(err)
	}
	worst := filepath.Join(dir, claims[0].FileName())
	certificate := filepath.Join(dir, "certificates", claims[0].CertificateName())
	engine := filepath.Join(dir, "engine.py")
	if err := os.WriteFile(engine, []byte("print()"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{small("-save", dir, "-json", worst), "is the file that -save writes for eq14b"},
		{small("-save", dir, "-html", certificate), "is the file that -save writes for eq14b"},
		{[]string{"gate", "-json", engine, "true " + engine}, "is the same file as "},
		{[]string{"gate", "-junit", engine, "A=1 true '" + engine + "'; exit 1"}, "is the same file as "},
		{[]string{"gate", "-save-replies", engine, "--", "true", engine}, "is the same file as "},
		{[]string{"gate", "-json", engine, "-baseline", "true " + engine, "true"}, "is the same file as "},
	} {
		if code, stdout, stderr := verify(c.args...); code != exitUsage || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: exit %d, %s%s", c.args, code, stdout, stderr)
		}
	}
	if got := string(must(os.ReadFile(engine))); got != "print()" {
		t.Errorf("the engine is now %.80q", got)
	}
}

// TestSavedInTheWay: what cannot be saved is said before the search, not after it.
func TestSavedInTheWay(t *testing.T) {
	claims, err := report.Select(report.Selection{Claims: "eq14b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{claims[0].FileName(), filepath.Join("certificates", claims[0].CertificateName())} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := verify(small("-save", dir)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, name+": is a directory") {
			t.Errorf("%s is a directory: exit %d, %s%s", name, code, stdout, stderr)
		}
	}
}

// TestPicturesOfPage: a picture that is none, and a page that would be written over a picture, are refused before the
// search, by merge too.
func TestPicturesOfPage(t *testing.T) {
	dir := t.TempDir()
	picture := filepath.Join(dir, "a.svg")
	for _, c := range []struct{ data, html, says string }{
		{"<svg/>", picture, "is a picture of -figures"}, {"<html>", filepath.Join(t.TempDir(), "p.html"), "is not SVG"},
	} {
		if err := os.WriteFile(picture, []byte(c.data), 0o600); err != nil {
			t.Fatal(err)
		}
		flags := []string{"-html", c.html, "-figures", dir}
		for _, args := range [][]string{small(flags...), append([]string{"merge", "nowhere.json"}, flags...)} {
			code, stdout, stderr := verify(args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.says) {
				t.Errorf("%v: exit %d, %s%s", args, code, stdout, stderr)
			}
		}
		if got := string(must(os.ReadFile(picture))); got != c.data {
			t.Errorf("the picture is now %.40q", got)
		}
	}
}

var update = flag.Bool("update", false, "write testdata/help.txt")

// TestHelpOnRecord: what each command says of itself, with its flags and their defaults:
// go test ./props/verify -run TestHelpOnRecord -update.
func TestHelpOnRecord(t *testing.T) {
	var b strings.Builder
	for _, name := range append([]string{""}, names()...) {
		_, stdout, _ := verify(strings.Fields(name + " -h")...)
		b.WriteString(stdout + "\n" + strings.Repeat("=", 80) + "\n\n")
	}
	file := filepath.Join("testdata", "help.txt")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o777), os.WriteFile(file, []byte(b.String()), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(must(os.ReadFile(file))), b.String()); diff != "" {
		t.Errorf("help (-record +now): %s", diff)
	}
}
