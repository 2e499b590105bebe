package report

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestRowOfParts: counts are sums over the units, ratios by N and reaches the largest; what is not
// counted is that of the row.
func TestRowOfParts(t *testing.T) {
	starved := claim.Reason(1).String()
	row := Row{ID: "x", Cases: 7, Certificate: "old", Ratio: 0.5, Note: "kept", Reasons: map[string]int{"gone": 1}}
	parts := []*Part{
		{Cases: 3, Reasons: map[string]int{starved: 2}, RatioByN: map[int]claim.Number{2: 0.25, 3: 0.5},
			Reach: &gen.Extent{N: 8, Width: 2}},
		{Cases: 4, Reasons: map[string]int{starved: 1, "other": 4}, RatioByN: map[int]claim.Number{2: 0.125, 5: 1},
			Reach: &gen.Extent{N: 2, Width: 9}},
		{},
	}
	want := Row{ID: "x", Cases: 7, Rejected: 7, Reasons: map[string]int{starved: 3, "other": 4}, Ratio: 0.5, Note: "kept",
		RatioByN: map[int]claim.Number{2: 0.25, 3: 0.5, 5: 1}, Reach: &gen.Extent{N: 8, Width: 9}, Verdict: claim.Holds}
	if d := cmp.Diff(want, row.with(parts)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for name, c := range map[string]struct {
		parts []*Part
		want  claim.Verdict
	}{
		"nothing ran":           {nil, claim.Invalid},
		"a violation":           {[]*Part{{Cases: 3}, {Cases: 1, Violated: 1}}, claim.Undecided},
		"one that is open":      {[]*Part{{Cases: 3, Undecided: 1}}, claim.Undecided},
		"one that is confirmed": {[]*Part{{Cases: 3}, {Cases: 1, Violated: 1, Refuted: true}}, claim.Refuted},
		"starved":               {[]*Part{{Cases: 1, Reasons: map[string]int{"x": 100_000}}}, claim.Starved},
	} {
		if got := row.with(c.parts).Verdict; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestUnitOf: batches are of their kind, long runs of claims about runs, far cases of all.
func TestUnitOf(t *testing.T) {
	for _, c := range []struct {
		unit string
		kind claim.Kind
		want bool
	}{
		{"step", claim.Step, true}, {"step", claim.Nodes, false}, {"training", claim.Training, true},
		{search.LongUnit, claim.Training, true}, {search.LongUnit, claim.Step, false},
		{search.FarUnit, claim.Step, true}, {search.FarUnit, claim.Linear, true}, {"", claim.Step, false},
	} {
		if got := unitOf(&search.Unit{Kind: c.unit}, c.kind); got != c.want {
			t.Errorf("a unit of %q tries claims of kind %v: %v", c.unit, c.kind, got)
		}
	}
}

// TestNewParts: a part for each claim that the unit tries, with what was counted.
func TestNewParts(t *testing.T) {
	rejected := [claim.Reasons]int{}
	rejected[1] = 5
	step := &claim.Claim{ID: "a", Form: claim.Printed, Kind: claim.Step}
	found := []*search.Finding{
		{Claim: step, Cases: 9, Violated: 2, Undecided: 1, Confirmed: 1, Ratio: 1.5, Rejected: rejected},
		{Claim: &claim.Claim{ID: "b", Form: claim.Printed, Kind: claim.Nodes}, Cases: 3},
		{Claim: &claim.Claim{ID: "c", Form: claim.Printed, Kind: claim.SelfJudged}, Cases: 3},
		{Claim: &claim.Claim{ID: "d", Form: claim.Printed, Kind: claim.Step}, Ratio: -1},
	}
	got := newParts(&search.Unit{Kind: claim.Step.String()}, found)
	if len(got) != 2 {
		t.Fatalf("%d parts: %+v", len(got), got)
	}
	a := got[0]
	if a.Claim != "a/printed" || a.Cases != 9 || a.Violated != 2 || a.Undecided != 1 || !a.Refuted || a.Ratio != 1.5 ||
		len(a.Reasons) != 1 || a.Reasons[claim.Reason(1).String()] != 5 {
		t.Errorf("%+v", a)
	}
	if d := got[1]; d.Claim != "d/printed" || d.Ratio != 0 || d.Refuted {
		t.Errorf("%+v", d)
	}
}

// TestSameInAReport: what is written alike is the same; what cannot be written is an error.
func TestSameInAReport(t *testing.T) {
	if same, err := equal(Row{ID: "a", Reasons: map[string]int{}}, Row{ID: "a"}); !same || err != nil {
		t.Errorf("no reasons: %v, %v", same, err)
	}
	if same, err := equal(Row{ID: "a"}, Row{ID: "b"}); same || err != nil {
		t.Errorf("two claims: %v, %v", same, err)
	}
	for _, pair := range [][2]any{{math.NaN(), 1}, {1, math.Inf(1)}} {
		if _, err := equal(pair[0], pair[1]); err == nil {
			t.Errorf("%v in JSON", pair)
		}
	}
	if got := text(map[string]int{"a": 1}); got != `{"a":1}` {
		t.Error(got)
	}
	if got := text(math.NaN()); !strings.Contains(got, "unsupported value") {
		t.Error(got)
	}
}

// TestThisBuild: the program that runs has a digest of its file, and is the same each time.
func TestThisBuild(t *testing.T) {
	b := ThisBuild()
	if len(b.Executable) != 64 || strings.Trim(b.Executable, "0123456789abcdef") != "" || !strings.HasPrefix(b.Go, "go") ||
		b != ThisBuild() || executableDigest() != b.Executable {
		t.Errorf("%+v", b)
	}
}
