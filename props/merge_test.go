package props

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// mergeClaims are two that are searched, one of them refuted, and one of Kind Own.
func mergeClaims() []Claim {
	return slices.DeleteFunc(Claims(), func(c Claim) bool { return c.ID != "eq14b" && c.ID != "a2" })
}

// report searches shard i of n, from 1.
func report(t testing.TB, i, n int) *Report {
	t.Helper()
	opt := Options{Seed: 1, Cases: 2 * Batch, Shard: i - 1, Shards: n}
	r := &Report{Version: 1, Seed: opt.Seed, Cases: opt.Cases, Shard: fmt.Sprintf("%d/%d", i, n)}
	for _, f := range Search(mergeClaims(), opt) {
		r.Claims = append(r.Claims, f.Row(opt, opt.Cases))
	}
	return reread(t, r)
}

func reread(t testing.TB, r *Report) *Report {
	t.Helper()
	r, err := ReadReport(bytes.NewReader(written(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func written(t testing.TB, r *Report) []byte {
	t.Helper()
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestMergeIsTheSearch: the shards, joined in any order, are the whole. Of three
// shards of two batches the last has no case.
func TestMergeIsTheSearch(t *testing.T) {
	whole := report(t, 1, 1)
	for _, n := range []int{1, 2, 3} {
		var parts []*Report
		for i := n; i >= 1; i-- {
			parts = append(parts, report(t, i, n))
		}
		sum, err := Merge(parts)
		if err != nil {
			t.Fatal(err)
		}
		// Where ratios are equal, the first shard names its case.
		free := cmpopts.IgnoreFields(ClaimReport{}, "Note", "Replay")
		if d := cmp.Diff(whole, reread(t, sum), free); d != "" {
			t.Errorf("%d shards (-whole +merged):\n%s", n, d)
		}
	}
}

// TestReadReportRefuses: a report with one thing changed.
func TestReadReportRefuses(t *testing.T) {
	type change struct {
		name, want string
		of         func(r *Report)
	}
	var all []change
	add := func(name, want string, of func(r *Report)) { all = append(all, change{name, want, of}) }
	row := func(name, want string, of func(c *ClaimReport)) {
		add(name, "report: eq14b/printed: "+want, func(r *Report) { of(&r.Claims[0]) })
	}
	add("version", "report: version is 2, want 1", func(r *Report) { r.Version = 2 })
	add("no cases", "report: cases is 0, want 1..", func(r *Report) { r.Cases = 0 })
	add("climb", "report: climb is -1, want 0..", func(r *Report) { r.Climb = -1 })
	add("no shard", `report: shard is "", want i/n`, func(r *Report) { r.Shard = "" })
	add("shard 0", `report: shard is "0/2", want i/n`, func(r *Report) { r.Shard = "0/2" })
	add("shard beyond n", `report: shard is "3/2", want i/n`, func(r *Report) { r.Shard = "3/2" })
	add("shard in disguise", `report: shard is "01/2", want i/n`, func(r *Report) { r.Shard = "01/2" })
	add("no claims", "report: number of claims is 0, want 1 or more", func(r *Report) { r.Claims = nil })
	add("unknown claim", `report: claims[0]: no claim "eq99" in form "printed"`, func(r *Report) { r.Claims[0].ID = "eq99" })
	add("unknown form", `report: claims[0]: no claim "eq14b" in form "neat"`, func(r *Report) { r.Claims[0].Form = "neat" })
	add("claim twice", "report: claims[1]: eq14b/printed is there twice", func(r *Report) { r.Claims[1] = r.Claims[0] })
	add("runs of a shard", "report: number of runs is 1, want none in a shard", func(r *Report) {
		r.Shard, r.Runs = "1/2", []RunReport{{Name: "x", Steps: 1, OK: true}}
	})
	add("run without a name", `report: run "": name is "", want one of its own`, func(r *Report) { r.Runs = []RunReport{{Steps: 1, OK: true}} })
	add("run of no steps", `report: run "x": steps is 0, want >= 1`, func(r *Report) { r.Runs = []RunReport{{Name: "x", OK: true}} })
	add("run in doubt", `report: run "x": ok is true`, func(r *Report) {
		r.Runs = []RunReport{{Name: "x", Steps: 1, OK: true, Violated: []string{"thm1"}}}
	})
	add("test twice", `report: sequential "x": name is "x", want one of its own`, func(r *Report) {
		s := SequentialReport{Name: "x", Steps: 1}
		r.Sequential = []SequentialReport{s, s}
	})
	row("equation", `eq is "(15)", want (14)`, func(c *ClaimReport) { c.Eq = "(15)" })
	row("statement", `statement is "0 <= 1", want L1^2`, func(c *ClaimReport) { c.Statement = "0 <= 1" })
	row("verdict", `verdict is "banana", want holds, refuted, undecided, starved`, func(c *ClaimReport) { c.Verdict = "banana" })
	row("no verdict", `verdict is "", want holds`, func(c *ClaimReport) { c.Verdict = "" })
	row("verdict of another kind", `verdict is "unsettled", want holds`, func(c *ClaimReport) { c.Verdict = "unsettled" })
	row("elsewhere", `verdict is "elsewhere", want holds`, func(c *ClaimReport) { c.Verdict = Elsewhere })
	row("verdict against the counts", `certificate is "testdata/certificates/eq14b.json", want that on record, or none`, func(c *ClaimReport) { c.Verdict = "holds" })
	row("no violation", `verdict is "refuted", want holds, which the counts say`, func(c *ClaimReport) { c.Violated = 0 })
	row("negative cases", "cases is -1, want 0..", func(c *ClaimReport) { c.Cases = -1 })
	row("huge cases", "cases is 1125899906842625, want 0..1125899906842624", func(c *ClaimReport) { over := maxCount + 1; c.Cases = int(over) })
	row("negative rejections", "rejected is -1, want 0..", func(c *ClaimReport) { c.Rejected = -1 })
	row("violations", "violated is -1, want 0..cases", func(c *ClaimReport) { c.Violated = -1 })
	row("undecided", "undecided is 2001, want 0..cases", func(c *ClaimReport) { c.Undecided = 2001 })
	row("ratio", "ratio is -, want >= 0", func(c *ClaimReport) { c.Ratio = -1 })
	row("ratio of no N", "ratio is 1.0000, want ", func(c *ClaimReport) { c.Ratio = 1 })
	row("ratio by N", "ratio_by_n: that of N = 1 is", func(c *ClaimReport) { c.RatioByN[1] = 0.5 })
	row("sum of the reasons", "rejected is ", func(c *ClaimReport) { c.Rejected++ })
	row("reason", `reasons: "luck" is 1, want a reason`, func(c *ClaimReport) { c.Reasons["luck"] = 1 })
	row("certificate", `certificate is "x.json", want that on record, or none`, func(c *ClaimReport) { c.Certificate = "x.json" })
	row("replay", `replay is "rm -r", want one that ends in -seed 1 -cases 2000 -climb 0`, func(c *ClaimReport) { c.Replay = "rm -r" })
	add("cases of a claim of Kind Own", "report: a2/printed: cases is -3, want", func(r *Report) { r.Claims[2].Cases = -3 })
	add("rejections of a claim of Kind Own", "report: a2/printed: rejected, reasons", func(r *Report) { r.Claims[2].Rejected = 3 })
	add("claim of Kind Own in shard 2", `report: a2/printed: verdict is "holds", want elsewhere in shard 2/2`, func(r *Report) { r.Shard = "2/2" })
	add("cases elsewhere", "report: a2/printed: cases, ratio or note: set", func(r *Report) {
		r.Shard, r.Claims[2].Verdict = "2/2", Elsewhere
	})

	whole := written(t, report(t, 1, 1))
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.name] {
			t.Fatalf("two rows are called %s", c.name)
		}
		seen[c.name] = true
		r, err := ReadReport(bytes.NewReader(whole))
		if err != nil {
			t.Fatal(err)
		}
		c.of(r)
		if _, err := ReadReport(bytes.NewReader(written(t, r))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
		if _, err := Merge([]*Report{r}); err == nil {
			t.Errorf("%s: merged", c.name)
		}
	}
}

// TestReadReportMalformed: a file with a piece of its text replaced.
func TestReadReportMalformed(t *testing.T) {
	whole := string(written(t, report(t, 1, 1)))
	for _, c := range []struct{ name, old, new, want string }{
		{"all but the version", whole, `{"version":1}`, `report: shard is "", want i/n`},
		{"empty", whole, "", "report: not JSON: line 1, column 1: unexpected end"},
		{"null", whole, "null", "report: version is 0, want 1"},
		{"cut off", "]\n}\n", "", "report: not JSON: line "},
		{"garbage behind", "]\n}\n", "]\n}\nbanana", "report: not JSON: line "},
		{"a brace behind", "]\n}\n", "]\n}\n}", "report: not JSON: line "},
		{"another report behind", "]\n}\n", "]\n}\n" + whole, "report: not JSON: line "},
		{"unknown field", `"seed"`, `"sead"`, `report: json: unknown field "sead"`},
		{"field of another type", `"seed": 1`, `"seed": "1"`, "report: line 3, column 12: json: cannot unmarshal string"},
		{"field missing", ` "seed": 1,` + "\n", "", `report: eq14b/printed: replay is`},
		{"field missing below", `   "reading": "",` + "\n", "", `report: line 12 is "   \"verdict\": \"refuted\",", verify writes "   \"reading\": \"\",`},
		{"null for a number", `"undecided": 0`, `"undecided": null`, `null,", verify writes "   \"undecided\": 0,`},
		{"field twice", ` "seed": 1,`, ` "seed": 1,` + "\n" + ` "seed": 1,`, `report: line 4 is " \"seed\": 1,"`},
		{"capitals", `"seed"`, `"SEED"`, `report: line 3 is " \"SEED\": 1,", verify writes " \"seed\": 1,"`},
	} {
		changed := strings.Replace(whole, c.old, c.new, 1)
		if changed == whole {
			t.Fatalf("%s: %q is not in the report", c.name, c.old)
		}
		if _, err := ReadReport(strings.NewReader(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
	}
}

// TestMergeRefuses: what is not each shard of one search once.
func TestMergeRefuses(t *testing.T) {
	whole, a, b, last := report(t, 1, 1), report(t, 1, 2), report(t, 2, 2), report(t, 3, 3)
	other := func(r *Report, change func(r *Report)) *Report {
		r = reread(t, r)
		change(r)
		for k := range r.Claims {
			r.Claims[k].Replay = "verify" + searchFlags(r.Seed, r.Cases, r.Climb)
		}
		return reread(t, r)
	}
	for _, c := range []struct {
		name  string
		parts []*Report
		want  string
	}{
		{"none", nil, "no reports"},
		{"the whole twice", []*Report{whole, whole}, "reports 1 and 2: shard is 1/1 in both"},
		{"a shard twice", []*Report{a, b, a}, "reports 1 and 3: shard is 1/2 in both"},
		{"one alone", []*Report{a}, "1 of 2 shards, 2/2 is not there"},
		{"the last alone", []*Report{b}, "1 of 2 shards, 1/2 is not there"},
		{"a shard and the whole", []*Report{a, whole}, "report 2: shard is 1/1, want one of 2"},
		{"a shard of another n", []*Report{a, b, last}, "report 3: shard is 3/3, want one of 2"},
		{"seed", []*Report{a, other(b, func(r *Report) { r.Seed = 2 })}, "report 2: seed is 2, want 1 as in the first"},
		{"cases", []*Report{a, other(b, func(r *Report) { r.Cases = 9 })}, "report 2: cases is 9, want 2000 as in the first"},
		{"climb", []*Report{a, other(b, func(r *Report) { r.Climb = 5 })}, "report 2: climb is 5, want 0 as in the first"},
		{"number of claims", []*Report{a, other(b, func(r *Report) { r.Claims = r.Claims[:2] })}, "report 2: number of claims is 2, want 3"},
		{"order of claims", []*Report{a, other(b, func(r *Report) { r.Claims[0], r.Claims[1] = r.Claims[1], r.Claims[0] })},
			"report 2: claims[0] is eq14b/repaired, want eq14b/printed"},
	} {
		if sum, err := Merge(c.parts); err == nil || sum != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
	}
}

// TestMergeRows: what the verdicts of two shards make together.
func TestMergeRows(t *testing.T) {
	row := func(verdict string, valid, rejected, violated, undecided int) ClaimReport {
		r := ClaimReport{Verdict: verdict, Cases: valid, Rejected: rejected, Violated: violated, Undecided: undecided}
		if verdict == "refuted" {
			r.Certificate = "x.json"
		}
		return r
	}
	for _, c := range []struct {
		a, b ClaimReport
		want string
	}{
		{row("holds", 9, 1, 0, 0), row("holds", 9, 1, 0, 0), "holds"},
		{row("holds", 9, 1, 0, 0), row("starved", 0, 0, 0, 0), "holds"},
		{row("holds", 9, 1, 0, 0), row("starved", 1, 999, 0, 0), "starved"},
		{row("starved", 0, 0, 0, 0), row("starved", 0, 0, 0, 0), "starved"},
		{row("holds", 9, 1, 0, 0), row("refuted", 9, 1, 1, 0), "refuted"},
		{row("undecided", 9, 1, 0, 1), row("refuted", 9, 1, 1, 0), "refuted"},
		{row("undecided", 9, 1, 1, 0), row("holds", 9, 1, 0, 0), "undecided"},
		{row("undecided", 1, 999, 0, 1), row("starved", 0, 9, 0, 0), "undecided"},
		{row("starved", 0, 9, 0, 0), row("refuted", 1, 999, 1, 0), "refuted"},
		{row("unsettled", 9, 0, 0, 0), row(Elsewhere, 0, 0, 0, 0), "unsettled"},
	} {
		pairs := [][2]ClaimReport{{c.a, c.b}, {c.b, c.a}}
		if c.b.Verdict == Elsewhere { // shard 1 comes first
			pairs = pairs[:1]
		}
		for _, p := range pairs {
			got := mergeRows(p[0], p[1])
			if got.Verdict != c.want || (got.Certificate != "") != (c.want == "refuted") {
				t.Errorf("%s and %s: %s with certificate %q, want %s", p[0].Verdict, p[1].Verdict, got.Verdict, got.Certificate, c.want)
			}
			if got.Cases != c.a.Cases+c.b.Cases || got.Rejected != c.a.Rejected+c.b.Rejected {
				t.Errorf("%s and %s: %d cases, %d rejected", p[0].Verdict, p[1].Verdict, got.Cases, got.Rejected)
			}
		}
	}
}
