package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

func TestReadRecord(t *testing.T) {
	on, err := ReadRecord(strings.NewReader("# comment\n\na/printed holds 0.5 # more\nb/sharp/past refuted " +
		"inf\nc/printed unsettled -\n"))
	want := Record{
		"a/printed": {claim.Holds, 0.5}, "b/sharp/past": {claim.Refuted, claim.Number(inf)},
		"c/printed": {Verdict: claim.Unsettled},
	}
	if d := cmp.Diff(want, on); err != nil || d != "" {
		t.Errorf("error %v (-want +got):\n%s", err, d)
	}
	for name, c := range map[string]struct{ in, want string }{
		"two fields":  {"a holds\n", "record: line 1: 2 fields"},
		"four fields": {"a holds 1 really\n", "record: line 1: 4 fields"},
		"unknown": {"# c\na probably 1\n",
			`record: line 2: verdict "probably", want holds, refuted or unsettled`},
		"not searched":   {"a starved 1\n", `record: line 1: verdict "starved"`},
		"twice":          {"a holds 1\nb holds 1\na refuted 1\n", "record: line 3: a is there twice"},
		"words":          {"a holds much\n", `record: line 1: ratio "much", want a number >= 0, inf or -`},
		"negative":       {"a holds -1\n", `record: line 1: ratio "-1"`},
		"not a number":   {"a holds nan\n", `record: line 1: ratio "nan"`},
		"a long line":    {"a " + strings.Repeat("x", 70000) + " 1\n", "too long"},
		"a long verdict": {"a " + strings.Repeat("x", 999) + " 1\n", strings.Repeat("x", 80) + "..."},
	} {
		if _, err := ReadRecord(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// TestWriteRecord: what is written is read again, ratios to six digits.
func TestWriteRecord(t *testing.T) {
	rows := []Row{
		{ID: "a", Form: claim.Printed, Verdict: claim.Holds, Ratio: 1.0 / 3},
		{ID: "b", Form: claim.Sharp, Reading: claim.Past, Verdict: claim.Refuted, Ratio: claim.Number(inf)},
		{ID: "c", Form: claim.Printed, Verdict: claim.Refuted, Ratio: 2.3e18},
		{ID: "d", Form: claim.Printed, Verdict: claim.Unsettled},
	}
	var b strings.Builder
	if err := WriteRecord(&b, rows); err != nil {
		t.Fatal(err)
	}
	on, err := ReadRecord(strings.NewReader(b.String()))
	want := Record{
		"a/printed": {claim.Holds, 0.333333}, "b/sharp/past": {claim.Refuted, claim.Number(inf)},
		"c/printed": {claim.Refuted, claim.Number(inf)}, "d/printed": {Verdict: claim.Unsettled},
	}
	if d := cmp.Diff(want, on); err != nil || d != "" {
		t.Errorf("error %v (-want +got):\n%s", err, d)
	}
}

// onDisk are the record and the list.
func onDisk(t testing.TB) (Record, []claim.Claim) {
	t.Helper()
	on, err := OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	claims, err := Select(Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return on, claims
}

// TestOnDisk: the record has every claim of the list and no other one.
func TestOnDisk(t *testing.T) {
	on, claims := onDisk(t)
	for _, c := range claims {
		if !on[c.Name()].Verdict.Recordable() {
			t.Errorf("%s is not on record", c.Name())
		}
	}
	if len(on) != len(claims) {
		t.Errorf("%d on record, %d on the list", len(on), len(claims))
	}
}

// TestCompare: every way in which a report is not as the record has it.
func TestCompare(t *testing.T) {
	on := Record{
		"same/printed": {Verdict: claim.Holds}, "other/printed": {Verdict: claim.Holds},
		"missed/printed": {Verdict: claim.Refuted},
		"small/printed":  {Verdict: claim.Holds}, "eq14b/printed": {Verdict: claim.Refuted},
		"gone/printed": {Verdict: claim.Unsettled},
	}
	row := func(id string, v claim.Verdict) Row { return Row{ID: id, Form: claim.Printed, Verdict: v} }
	r := &Report{
		Claims: []Row{
			row("same", claim.Holds), row("other", claim.Refuted), row("missed", claim.Holds),
			row("small", claim.Starved),
			row("eq14b", claim.Refuted), row("new", claim.Holds),
		},
		Training:   []training.Result{{Name: "good", OK: true}, {Name: "bad"}},
		Sequential: []betting.Result{{Name: "good"}, {Name: "bad", Rejected: true, Wealth: 30}},
	}
	want := []Difference{
		{Text: "other/printed: refuted, on record: holds"},
		{Text: "missed/printed: holds, on record: refuted", Missed: true},
		{Text: "small/printed: starved, on record: holds", Missed: true},
		{Text: "eq14b/printed: refuted, but testdata/certificates has no certificate"},
		{Text: "new/printed: holds, not on record"},
		{Text: "run bad: a claim on record as true fails there"},
		{Text: "sequential test bad: rejected, log wealth 30"},
		{Text: "gone/printed: on record as unsettled, but no such claim"},
	}
	if d := cmp.Diff(want, on.Compare(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	r.Select.Claims = "same"
	if d := cmp.Diff(want[:len(want)-1], on.Compare(r)); d != "" {
		t.Errorf("of a selection (-want +got):\n%s", d)
	}
}

// TestRecorded: ratios go on record as math/big has them, whatever the last digits of
// float64 were; those of claims that judge themselves and of runs as they are.
func TestRecorded(t *testing.T) {
	claims, err := Select(Selection{Claims: "eq14b,eq15,a2,thm3", Form: FormsOfPaper})
	if err != nil {
		t.Fatal(err)
	}
	found := make([]*search.Finding, len(claims))
	r := new(Report)
	for k := range claims {
		f := &search.Finding{Claim: &claims[k], Ratio: -1}
		for n := uint64(0); claims[k].Kind != claim.SelfJudged && !(f.Ratio > 0); n++ {
			f = search.Try(claims[k:k+1], search.Draw(claims[k].Kind, gen.Random(1, n)), "")[0]
		}
		found[k] = f
		// As if another architecture had computed it.
		r.Claims = append(r.Claims, Row{ID: claims[k].ID, Form: claims[k].Form,
			Ratio: claim.Number(f.Ratio * (1 + 1e-4))})
	}
	again := r.Recorded(found)
	for k, f := range found {
		got, name := again.Claims[k].Ratio, f.Claim.Name()
		want := r.Claims[k].Ratio
		if kind := f.Claim.Kind; kind != claim.SelfJudged && kind != claim.Training {
			want = claim.Number(search.CheckInBig(f.Claim, f.Worst).Ratio)
			if !(fmt.Sprintf("%.6g", float64(want)) == fmt.Sprintf("%.6g", f.Ratio)) {
				t.Errorf("%s: %v in float64, %v in math/big", name, f.Ratio, want)
			}
		}
		if got != want {
			t.Errorf("%s: %v goes on record, want %v", name, float64(got), float64(want))
		}
		if r.Claims[k].Ratio == want && f.Claim.Kind == claim.Step {
			t.Errorf("%s: nothing was planted", name)
		}
	}
}
