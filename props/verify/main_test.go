package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cascade-sgd/cascade/props"
)

// verify runs the command and returns its exit code and output.
func verify(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-claims", "thm9"}, `no claim "thm9"; there are: lemma1`},
		{[]string{"-form", "neat"}, `-form is "neat"`},
		{[]string{"-claims", "lemma1", "-form", "repaired"}, "selects no claim"},
		{[]string{"-cases", "0"}, "-cases is 0"},
		{[]string{"-cases", "x"}, `invalid value "x"`},
		{[]string{"-climb", "-1"}, "-climb is -1"},
		{[]string{"-budget", "-3s"}, "-budget is -3s"},
		{[]string{"-claims", " ,"}, `-claims is " ,"`},
		{[]string{"-errata", "-record"}, "-errata and -record exclude each other"},
		{[]string{"-page", "spikes", "-replay", "x"}, "-replay and -page exclude each other"},
		{[]string{"-errata", "-json", "x", "-save", "d"}, "-errata does not use -json, -save"},
		{[]string{"-errata", "-shard", "1/2"}, "-errata does not use -shard"},
		{[]string{"-errata", "-runs=false"}, "-errata does not use -runs"},
		{[]string{"-page", "spikes", "-claims", "thm1", "-form", "sharp"}, "-page does not use -claims, -form"},
		{[]string{"-page", "spikes", "-json", "x"}, "-page does not use -json"},
		{[]string{"-page", ""}, `-page is ""`},
		{[]string{"-replay", "x", "-seed", "1"}, "-replay does not use -seed"},
		{[]string{"-replay", "x", "-cases", "7", "-climb", "7", "-budget", "1s", "-shard", "1/2", "-runs"}, "-replay does not use -budget, -cases, -climb, -runs, -shard"},
		{[]string{"-replay", ""}, "-replay: open"},
		{[]string{"-shard", "1/2", "-runs"}, "-shard 1/2 does not use -runs"},
		{[]string{"-json", "."}, "-json .: is a directory"},
		{[]string{"-save", "main.go/x"}, "-save main.go/x: "},
		{[]string{"-record", "-claims", "thm1"}, "-record needs all claims"},
		{[]string{"-shard", "3/2"}, `-shard is "3/2"`},
		{[]string{"-shard", "1/2/3"}, `-shard is "1/2/3"`},
		{[]string{"-shard", "01/2"}, `-shard is "01/2"`},
		{[]string{"merge"}, "no reports"},
		{[]string{"merge", "main.go"}, "main.go: report:"},
		{[]string{"-colour"}, "not defined: -colour"},
		{[]string{"now"}, `unexpected argument "now"`},
		{[]string{"-replay", "nowhere.json"}, "nowhere.json"},
		{[]string{"-claims", "lemma1", "-cases", "1", "-climb", "0", "-runs=false", "-json", "no/such/dir/x"}, "no/such/dir"},
	} {
		code, _, stderr := verify(c.args...)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("verify %v: exit %d, want %d; message %q, want %q in it", c.args, code, exitUsage, stderr, c.want)
		}
	}
	if code, _, stderr := verify("-h"); code != exitOK || !strings.Contains(stderr, "-replay") {
		t.Errorf("verify -h: exit %d, message %q", code, stderr)
	}
}

func TestForms(t *testing.T) {
	all := props.Claims()
	for _, c := range all {
		if !slices.Contains(forms["all"], c.Form) {
			t.Errorf("-form all leaves out %s", c.Name())
		}
	}
	count := func(form string) int {
		claims, err := selectClaims("", form)
		if err != nil {
			t.Fatal(err)
		}
		return len(claims)
	}
	if p, r := count("printed"), count("repaired"); p == 0 || r == 0 || p+r != len(all) || count("all") != len(all) {
		t.Errorf("%d printed, %d repaired, %d claims", p, r, len(all))
	}
	for _, f := range []string{"derivation", "sharp", "sharp-each", "sharp-root"} {
		claims, err := selectClaims("", f)
		if err != nil || slices.ContainsFunc(claims, func(c props.Claim) bool { return string(c.Form) != f }) {
			t.Errorf("-form %s: %d claims, %v", f, len(claims), err)
		}
	}
}

// TestEndToEnd searches, writes a report and the worst cases, and replays each.
func TestEndToEnd(t *testing.T) {
	dir := t.TempDir()
	report := filepath.Join(dir, "report.json")
	worst := filepath.Join(dir, "worst")
	code, stdout, stderr := verify("-cases", "2000", "-climb", "50", "-runs=false", "-json", report, "-save", worst)
	if code != exitOK || !strings.Contains(stdout, "verdicts as on record") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "batch 2/2") {
		t.Errorf("no plain progress without a terminal: %q", stderr)
	}
	r, err := props.ReadReport(bytes.NewReader(must(os.ReadFile(report))))
	if err != nil {
		t.Fatal(err)
	}
	if r.Version != 1 || r.Seed != 1 || len(r.Claims) != len(props.Claims()) {
		t.Errorf("report of version %d, seed %d, %d claims", r.Version, r.Seed, len(r.Claims))
	}
	files, err := filepath.Glob(filepath.Join(worst, "*.json"))
	want := 0 // claims of Kind Own have no case
	for _, c := range props.Claims() {
		if c.Kind != props.Own {
			want++
		}
	}
	if err != nil || len(files) != want {
		t.Fatalf("%d saved cases, want %d (%v)", len(files), want, err)
	}
	on, err := props.ReadVerdicts(bytes.NewReader(must(os.ReadFile("../../testdata/verdicts"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		_, claim, err := props.ReadSaved(bytes.NewReader(must(os.ReadFile(f))))
		if err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := verify("-replay", f)
		violates := strings.Contains(stdout, "violates the claim")
		refuted := on[claim.Name()] == "refuted"
		if code != exitOK || violates != refuted {
			t.Errorf("%s: exit %d\n%s%s", filepath.Base(f), code, stdout, stderr)
		}
	}
	// A file that says something else is not believed.
	lie := strings.Replace(string(must(os.ReadFile(files[0]))), `"ratio": `, `"ratio": 7`, 1)
	path := filepath.Join(dir, "lie.json")
	if err := os.WriteFile(path, []byte(lie), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := verify("-replay", path); code != exitDiffers {
		t.Errorf("a file with a wrong ratio: exit %d, want %d", code, exitDiffers)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestJudge: a verdict that differs from the record is exit 1.
func TestJudge(t *testing.T) {
	var out bytes.Buffer
	report := &props.Report{Claims: []props.ClaimReport{{ID: "lemma1", Form: props.Printed, Verdict: "refuted"}}}
	code, err := judge(report, false, 0, &out)
	if err != nil || code != exitDiffers || !strings.Contains(out.String(), "lemma1/printed: refuted, on record: holds") {
		t.Errorf("exit %d, %v: %s", code, err, &out)
	}
	report.Claims[0].Verdict = "holds"
	report.Runs = []props.RunReport{{Name: "x"}}
	if code, _ := judge(report, false, 0, &out); code != exitDiffers {
		t.Errorf("a run that fails: exit %d, want %d", code, exitDiffers)
	}
}

// TestReadme: the table in README says what is on record, and every command it
// names exists.
func TestReadme(t *testing.T) {
	readme := string(must(os.ReadFile("../../README.md")))
	on, err := props.ReadVerdicts(bytes.NewReader(must(os.ReadFile("../../testdata/verdicts"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range props.Claims() {
		found := false
		for _, line := range strings.Split(readme, "\n") {
			cells := strings.Split(line, " | ")
			if len(cells) == 7 && cells[0] == "| "+c.ID && cells[2] == formCell(&c) {
				found = true
				if cells[3] != on[c.Name()] {
					t.Errorf("README says that %s is %s, on record: %s", c.Name(), cells[3], on[c.Name()])
				}
			}
		}
		if !found {
			t.Errorf("README has no row for %s", c.Name())
		}
	}
	for _, line := range strings.Split(readme, "\n") {
		if cmd, ok := strings.CutPrefix(line, "    go run ./props/verify"); ok {
			cmd, _, _ = strings.Cut(cmd, "#")
			var err bytes.Buffer
			args := strings.Fields(cmd)
			if len(args) > 0 && args[0] == "merge" {
				continue // takes files alone, TestMerge
			}
			if _, e := parse(args, &err); e != nil {
				t.Errorf("README names a command that does not parse: %s: %v", line, e)
			}
		}
	}
}

func formCell(c *props.Claim) string {
	if c.Reading != "" {
		return string(c.Form) + ", " + c.Reading
	}
	return string(c.Form)
}

func TestReplaceBetween(t *testing.T) {
	got, err := replaceBetween("a<b>old<e>c", "<b>", "<e>", "new")
	if err != nil || got != "a<b>new<e>c" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := replaceBetween("a<b>old", "<b>", "<e>", "new"); err == nil {
		t.Error("a missing mark was not noticed")
	}
}

// TestMerge: each shard of a search ends well, though the third has no batch, and
// joined they are the search. One claim is of Kind Own and refuted.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	search := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		args = append(args, "-claims", "thm1,eq14b,eq48sum,a2", "-cases", "2000", "-climb", "50", "-json", path)
		if code, stdout, stderr := verify(args...); code != exitOK {
			t.Fatalf("%v: exit %d\n%s%s", args, code, stdout, stderr)
		}
		return path
	}
	whole := search("whole.json", "-runs=false")
	a, b, c := search("a.json", "-shard", "1/3"), search("b.json", "-shard", "2/3"), search("c.json", "-shard", "3/3")
	code, stdout, stderr := verify("merge", b, c, a)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	want, err := props.ReadReport(bytes.NewReader(must(os.ReadFile(whole))))
	if err != nil {
		t.Fatal(err)
	}
	got, err := props.ReadReport(strings.NewReader(stdout))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(props.ClaimReport{}, "Note", "Replay")); d != "" {
		t.Errorf("(-whole +merged):\n%s", d)
	}
	if code, _, stderr := verify("merge", whole); code != exitOK {
		t.Errorf("the whole alone: exit %d, %s", code, stderr)
	}

	file := func(name string, data string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first := string(must(os.ReadFile(a)))
	for _, r := range []struct {
		name, want string
		files      []string
	}{
		{"the whole twice", "reports 1 and 2: shard is 1/1 in both", []string{whole, whole}},
		{"one shard", "1 of 3 shards, 2/3 is not there", []string{a}},
		{"a shard missing", "2 of 3 shards, 3/3 is not there", []string{a, b}},
		{"a shard of another seed", "report 2: seed is 2, want 1", []string{a, search("seed.json", "-shard", "2/3", "-seed", "2"), c}},
		{"a version", "v.json: report: shard is", []string{file("v.json", `{"version":1}`)}},
		{"words behind", "w.json: report: not JSON: line ", []string{a, b, c, file("w.json", first+"words")}},
		{"a verdict", `banana.json: report: eq14b/repaired: verdict is "banana"`, []string{
			file("banana.json", strings.Replace(first, `"holds",`, `"banana",`, 1)), b, c}},
	} {
		code, stdout, stderr := verify(append([]string{"merge"}, r.files...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, r.want) {
			t.Errorf("%s: exit %d, %s, want %q", r.name, code, stderr, r.want)
		}
	}
}

// TestJudgePart: a shard fails on a refutation that is not on record, on nothing
// else.
func TestJudgePart(t *testing.T) {
	for _, c := range []struct {
		id, verdict string
		want        int
	}{
		{"lemma1", "refuted", exitDiffers},
		{"cor1", "refuted", exitDiffers}, // unsettled on record
		{"new", "refuted", exitDiffers},
		{"lemma1", "holds", exitOK},
		{"lemma1", "starved", exitOK},
		{"lemma1", "undecided", exitOK},
		{"eq14b", "refuted", exitOK},
		{"eq14b", "holds", exitOK}, // another shard refutes it
		{"eq48sum", props.Elsewhere, exitOK},
		{"new", "holds", exitOK},
	} {
		var out bytes.Buffer
		report := &props.Report{Shard: "2/3", Claims: []props.ClaimReport{{ID: c.id, Form: props.Printed, Verdict: c.verdict}}}
		code, err := judgePart(report, &out)
		if err != nil || code != c.want || code == exitDiffers && !strings.Contains(out.String(), "DIFFERS "+c.id+"/printed: refuted, on record: ") {
			t.Errorf("%s %s: exit %d, %v: %s", c.id, c.verdict, code, err, &out)
		}
	}
}

// TestReplayBroken: what is not JSON is said to be that, and where; it is neither a
// certificate nor a saved case.
func TestReplayBroken(t *testing.T) {
	certificate := string(must(os.ReadFile("../../testdata/certificates/eq14b.json")))
	for name, c := range map[string]struct{ data, want string }{
		"empty":     {"", "not JSON: line 1, column 1: unexpected end of JSON input"},
		"cut off":   {certificate[:len(certificate)-4], "not JSON: line "},
		"comma":     {strings.Replace(certificate, `"claim"`, `,"claim"`, 1), "not JSON: line 3, column 3: invalid character ','"},
		"behind":    {certificate + "}", "not JSON: line "},
		"a number":  {"7", "saved case: json: cannot unmarshal number"},
		"an object": {"{}", "saved case: version 0, want 1"},
	} {
		path := filepath.Join(t.TempDir(), "broken.json")
		if err := os.WriteFile(path, []byte(c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := verify("-replay", path)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "verify: -replay "+path+": "+c.want) {
			t.Errorf("%s: exit %d, %q, want %q", name, code, stderr, c.want)
		}
	}
}

// TestReplayLong: a saved case of thousands of operators is refused.
func TestReplayLong(t *testing.T) {
	var ops, w, zero []string
	for range 3000 {
		ops, w, zero = append(ops, `{"op":"bias","n":1}`), append(w, "[0]"), append(zero, `{"law":"zero"}`)
	}
	list := func(l []string, last string) string { return "[" + strings.Join(append(l, last), ",") + "]" }
	laws := list(zero, `{"law":"zero"}`)
	data := `{"version":1,"claim":"thm1","form":"printed","ratio":0,"case":{"chain":` + list(ops, `{"op":"halfsq","n":1}`) +
		`,"x":[1],"w":` + list(w, "[]") + `,"delta":` + laws + `,"eps":` + laws + `}}`
	path := filepath.Join(t.TempDir(), "long.json")
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := verify("-replay", path); code != exitUsage || !strings.Contains(stderr, "chain has 3001 operators, want at most 64") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// TestPages: the committed pages are what their commands write. (TABLE1.md takes
// minutes; package rates measures a row of it.)
func TestPages(t *testing.T) {
	for page, file := range map[string]string{
		"counterexamples": "../pages/COUNTEREXAMPLES.md",
		"theorem1":        "../pages/THEOREM1.md",
		"spikes":          "../pages/SPIKES.md",
	} {
		code, stdout, stderr := verify("-page", page)
		if code != exitOK || stderr != "" {
			t.Fatalf("-page %s: exit %d, %s", page, code, stderr)
		}
		if d := cmp.Diff(string(must(os.ReadFile(file))), stdout); d != "" {
			t.Errorf("%s is not what verify -page %s writes (-committed +written):\n%s", file, page, d)
		}
	}
	if code, _, stderr := verify("-page", "table9"); code != exitUsage || !strings.Contains(stderr, `-page is "table9"`) {
		t.Errorf("-page table9: exit %d, %s", code, stderr)
	}
}

// TestReplayCertificates: every committed certificate replays, and one that lies
// is refused with the reason.
func TestReplayCertificates(t *testing.T) {
	files, err := filepath.Glob("../../testdata/certificates/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d certificates, %v", len(files), err)
	}
	for _, f := range files {
		code, stdout, stderr := verify("-replay", f)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, "\nrefuted ") {
			t.Errorf("%s: exit %d\n%s%s", f, code, stdout, stderr)
		}
	}
	data := string(must(os.ReadFile("../../testdata/certificates/eq14b.json")))
	for change, want := range map[[2]string]string{
		{`"lhs": "`, `"lhs": "1`}:            "lhs",
		{`"claim": "eq14b"`, `"claim": "x"`}: "x",
	} {
		path := filepath.Join(t.TempDir(), "lie.json")
		lie := strings.Replace(data, change[0], change[1], 1)
		if lie == data {
			t.Fatalf("no %q in the certificate", change[0])
		}
		if err := os.WriteFile(path, []byte(lie), 0o644); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := verify("-replay", path); code != exitDiffers || !strings.Contains(stderr, "refused") || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit %d, %s", change, code, stderr)
		}
	}
}
