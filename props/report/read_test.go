package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
)

// TestReadRefuses: a report with one thing changed, and the digest of what it then says.
func TestReadRefuses(t *testing.T) {
	var all []edit
	add := func(name, want string, change func(r *Report)) { all = append(all, edit{name, change, want}) }
	row := func(name, want string, change func(c *Row)) {
		add(name, "report: eq14b/printed: "+want, func(r *Report) { change(&r.Claims[eq14b]) })
	}
	add("version", "report: version is 2, want 1", func(r *Report) { r.Version = 2 })
	add("no cases", "report: cases is 0, want 1..", func(r *Report) { r.Cases = 0 })
	add("climb", "report: climb is -1, want 0..", func(r *Report) { r.Climb = -1 })
	add("no shard", `report: shard is "", want i/n`, func(r *Report) { r.Shard = "" })
	add("shard 0", `report: shard is "0/2", want i/n`, func(r *Report) { r.Shard = "0/2" })
	add("shard beyond n", `report: shard is "3/2", want i/n`, func(r *Report) { r.Shard = "3/2" })
	add("shard in disguise", `report: shard is "01/2", want i/n`, func(r *Report) { r.Shard = "01/2" })
	add("no claims", "report: number of claims is 0, want 1 or more", func(r *Report) { r.Claims = []Row{} })
	add("unknown selection", `report: no claim "eq99"; there are: `, func(r *Report) { r.Select.Claims = "eq99" })
	add("unknown form of the selection", `report: form is "neat", want one of`,
		func(r *Report) { r.Select.Form = "neat" })
	add("unknown claim", `report: claims[1] is "eq99/printed", want eq14b/printed`,
		func(r *Report) { r.Claims[eq14b].ID = "eq99" })
	add("unknown form", `report: claims[1] is "eq14b/neat", want eq14b/printed`,
		func(r *Report) { r.Claims[eq14b].Form = "neat" })
	add("claim twice", `report: claims[2] is "eq14b/printed"`,
		func(r *Report) { r.Claims[eq14bRepaired] = r.Claims[eq14b] })
	add("order of claims", `report: claims[0] is "eq14b/printed"`, func(r *Report) {
		r.Claims[0], r.Claims[1] = r.Claims[1], r.Claims[0]
	})
	add("a unit is missing", "report: stopped is false, want true where units are missing",
		func(r *Report) { r.Units = r.Units[:2] })
	add("stopped, but complete", "report: stopped is true, want ", func(r *Report) { r.Stopped = true })
	add("idle with units", "report: idle is true, want ", func(r *Report) { r.Idle = true })
	add("a unit twice", "report: units[2] is unit 2, ", func(r *Report) { r.Units[2] = r.Units[1] })
	add("a unit too many", "report: number of units is 4, want at most 3", func(r *Report) {
		u := r.Units[2]
		u.Number, u.Batch = 4, 2
		r.Units = append(r.Units, u)
	})
	add("a unit of another batch", "report: units[1] is unit 2, step of batch 1,", func(r *Report) {
		r.Units[1].Batch = 1
	})
	add("a unit of another kind", "report: units[0] is unit 1, step of batch 0,", func(r *Report) {
		r.Units[0].Kind = "step"
	})
	add("a unit without a digest", "report: units[1] is unit 2, step of batch 0, with a digest of 0 characters",
		func(r *Report) { r.Units[1].Digest = "" })
	add("a unit of another shard", "report: units[0] is unit 1, ", func(r *Report) { r.Shard = "2/2" })
	add("units not in a list", "report: units[0] is unit 1, ", func(r *Report) { r.Only = "2-3" })
	add("a list that is none", `report: only is "3-2", want numbers`, func(r *Report) { r.Only = "3-2" })
	add("a list and a shard", "report: shard is 1/2, want 1/1", func(r *Report) { r.Only, r.Shard = "1-3", "1/2" })
	add("runs of a shard", "report: number of runs is 1, want none in a shard", func(r *Report) {
		r.Shard, r.Training = "1/2", oneRun(training.Result{Name: "x", Steps: 1, OK: true})
	})
	add("tests of a shard", "report: number of sequential tests is 1, want none in a shard", func(r *Report) {
		r.Shard, r.Sequential = "1/2", []betting.Result{{Name: "x", Steps: 1}}
	})
	add("run without a name", `report: run "": name is , want one of its own`, func(r *Report) {
		r.Training = oneRun(training.Result{Steps: 1, OK: true})
	})
	add("run of no steps", `report: run "x": steps is 0, want >= 1`, func(r *Report) {
		r.Training = oneRun(training.Result{Name: "x", OK: true})
	})
	add("run in doubt", `report: run "x": ok is true`, func(r *Report) {
		r.Training = oneRun(training.Result{Name: "x", Steps: 1, OK: true, Violated: []string{"thm1"}})
	})
	add("run unsure of less than nothing", `report: run "x": uncertain is -1`, func(r *Report) {
		r.Training = oneRun(training.Result{Name: "x", Steps: 1, OK: true, Uncertain: -1})
	})
	add("test twice", `report: sequential "x": name is x, want one of its own`, func(r *Report) {
		s := betting.Result{Name: "x", Steps: 1}
		r.Sequential = []betting.Result{s, s}
	})
	add("test of no steps", `report: sequential "x": steps is 0, want >= 1`, func(r *Report) {
		r.Sequential = []betting.Result{{Name: "x"}}
	})
	row("equation", `eq is (15), want (14)`, func(c *Row) { c.Eq = "(15)" })
	row("statement", `statement is 0 <= 1, want L1^2`, func(c *Row) { c.Statement = "0 <= 1" })
	row("long statement", `statement is `+strings.Repeat("a", 80)+`..., want L1^2`,
		func(c *Row) { c.Statement = strings.Repeat("a", 999) })
	row("verdict", `verdict is banana, want one of [holds refuted undecided starved invalid]`,
		func(c *Row) { c.Verdict = "banana" })
	row("no verdict", `verdict is , want one of [holds`, func(c *Row) { c.Verdict = "" })
	row("verdict of another kind", `verdict is unsettled, want one of [holds`,
		func(c *Row) { c.Verdict = claim.Unsettled })
	row("elsewhere", `verdict is elsewhere, want one of [holds`, func(c *Row) { c.Verdict = claim.Elsewhere })
	row("verdict against the counts", `verdict is holds, want undecided, which the counts say`, func(c *Row) {
		c.Verdict, c.Certificate = claim.Holds, ""
	})
	row("negative cases", "cases is -1, want 0..", func(c *Row) { c.Cases = -1 })
	row("huge cases", "cases is 1125899906842625, want 0..1125899906842624", func(c *Row) {
		over := maxCount + 1
		c.Cases = int(over)
	})
	row("negative rejections", "rejected is -1, want 0..", func(c *Row) { c.Rejected = -1 })
	row("huge rejections", "rejected is 1125899906842625, want 0..1125899906842624", func(c *Row) {
		over := maxCount + 1
		c.Rejected = int(over)
	})
	row("violations", "violated is -1, want 0..cases", func(c *Row) { c.Violated = -1 })
	row("undecided", "undecided is 2001, want 0..cases", func(c *Row) { c.Undecided = 2001 })
	row("ratio of no N", "ratio is 1.0000, want ", func(c *Row) { c.Ratio = 1 })
	row("ratio by N", "ratio_by_n: that of N = 1 is", func(c *Row) { c.RatioByN[1] = 0.5 })
	row("negative ratio by N", "ratio_by_n: that of N = 2 is -, want >= 0", func(c *Row) { c.RatioByN[2] = -1 })
	row("sum of the reasons", "rejected is ", func(c *Row) { c.Rejected++ })
	row("reason", `reasons: "luck" is 1, want a reason`, func(c *Row) { c.Reasons["luck"] = 1 })
	row("no reason", `reasons: "valid" is 1, want a reason`, func(c *Row) { c.Reasons["valid"] = 1 })
	row("certificate", `certificate is x.json, want that on record, or none`, func(c *Row) { c.Certificate = "x.json" })
	row("replay", `replay is rm -r, want one that ends in -seed 1 -cases 1100 -climb 5`,
		func(c *Row) { c.Replay = "rm -r" })
	row("no worst case", "worst is false, want true if there are cases", func(c *Row) { c.Worst = nil })
	row("no cases at all", "cases + rejected is 0, want 1100..", func(c *Row) {
		*c = Row{ID: c.ID, Eq: c.Eq, Form: c.Form, Statement: c.Statement, Replay: c.Replay, Verdict: claim.Invalid}
	})
	add("cases of a claim that judges itself", "report: a1/printed: cases is -3, want",
		func(r *Report) { r.Claims[a1].Cases = -3 })
	add("rejections of a claim that judges itself", "report: a1/printed: rejected, reasons",
		func(r *Report) { r.Claims[a1].Rejected = 3 })

	whole := written(t, part(t, 1, 1))
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.name] {
			t.Fatalf("two rows are called %s", e.name)
		}
		seen[e.name] = true
		r := read(t, whole)
		e.change(r)
		r.Seal()
		data, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(bytes.NewReader(data)); err == nil || !strings.Contains(err.Error(), e.want) {
			t.Errorf("%s: error %v, want %q in it", e.name, err, e.want)
		}
		if _, err := Merge([]*Report{r}); err == nil {
			t.Errorf("%s: merged", e.name)
		}
	}
}

// TestReadRefusesShard: what the second shard may not say of a claim that the first judges.
func TestReadRefusesShard(t *testing.T) {
	for _, e := range []edit{
		{"a verdict", func(r *Report) { r.Claims[a1].Verdict = claim.Holds },
			"a1/printed: verdict is holds, want one of [elsewhere] in shard 2/2"},
		{"cases", func(r *Report) { r.Claims[a1].Cases = 1 }, "a1/printed: cases, ratio or note: set"},
	} {
		r := sealed(t, part(t, 2, 2), e.change)
		if _, err := Read(bytes.NewReader(written(t, r))); err == nil || !strings.Contains(err.Error(), e.want) {
			t.Errorf("%s: error %v, want %q in it", e.name, err, e.want)
		}
	}
}

// TestReadMalformed: a file with a piece of its text replaced.
func TestReadMalformed(t *testing.T) {
	whole := string(written(t, part(t, 1, 1)))
	end := whole[len(whole)-5:]
	for _, c := range []struct{ name, old, new, want string }{
		{"all but the version", whole, `{"version":1}`, `report: shard is "", want i/n`},
		{"empty", whole, "", "report: line 1, column 1: "},
		{"null", whole, "null", "report: line 1, column 1: "},
		{"a list", whole, "[]", "report: line 1, column 1: "},
		{"cut off", end, "", "report: line "},
		{"garbage behind", end, end + "banana", "report: line "},
		{"a brace behind", end, end + "}", "report: line "},
		{"another report behind", end, end + whole, "report: line "},
		{"unknown field", `"seed"`, `"sead"`, "sead: unknown key"},
		{"field of another type", `"seed": 1`, `"seed": "1"`, "report: line 3, column "},
		{"field missing", ` "seed": 1,` + "\n", "", "report: digest is "},
		{"field missing below", `   "reading": "",` + "\n", "", `verify writes "   \"reading\": \"\",`},
		{"null for a number", `"undecided": 0`, `"undecided": null`, "undecided: "},
		{"field twice", ` "seed": 1,`, ` "seed": 1,` + "\n" + ` "seed": 1,`, "report: line 4, column "},
		{"capitals", `"seed"`, `"SEED"`, "report: line 3, column "},
		{"a number of ten million digits", `"seed": 1`, `"seed": ` + strings.Repeat("7", 10_000_000),
			"report: line 3, column "},
		{"no space", ` "seed": 1,`, ` "seed":1,`, `report: line 3 is " \"seed\":1,", verify writes " \"seed\": 1,"`},
		{"another seed", `"seed": 1`, `"seed": 2`, "report: digest is "},
		{"no digest", `"digest": "` + part(t, 1, 1).Digest, `"digest": "`, "report: digest is , want "},
	} {
		changed := strings.Replace(whole, c.old, c.new, 1)
		if changed == whole {
			t.Fatalf("%s: %q is not in the report", c.name, c.old)
		}
		_, err := Read(strings.NewReader(changed))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
		if err != nil && len(err.Error()) > 600 {
			t.Errorf("%s: an error of %d characters", c.name, len(err.Error()))
		}
	}
}

func TestReadTooLong(t *testing.T) {
	if _, err := Read(endless{}); err == nil || !strings.Contains(err.Error(), "report: more than 67108864 bytes") {
		t.Errorf("error %v", err)
	}
}

// endless has spaces without end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for k := range b {
		b[k] = ' '
	}
	return len(b), nil
}

// oneRun is a list of a run as training makes it.
func oneRun(run training.Result) []training.Result {
	run.Logged, run.Ratio = []training.LoggedStep{}, map[string]claim.Number{}
	return []training.Result{run}
}
