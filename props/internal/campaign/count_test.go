package campaign

import (
	"slices"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// counted are a claim of each kind about a pass or a run, one that draws its cases and one that
// does not.
func counted(t *testing.T) []claim.Claim {
	t.Helper()
	names := []string{"thm1/sharp", "lemma2/repaired/past", "eq6b/repaired", "thm3/sharp", "ef5/sharp", "table1/sharp",
		"eq14b/printed"}
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
	if len(claims) != len(names) {
		t.Fatalf("%d claims, want %d", len(claims), len(names))
	}
	return claims
}

// TestCounts: it ends when every claim has what is wanted, or is refuted, in as many calls as
// it takes, and counts no case twice.
func TestCounts(t *testing.T) {
	usual := countCases
	countCases = 300
	defer func() { countCases = usual }()
	dir, claims := t.TempDir(), counted(t)
	const valid = 150
	opt := Options{Claims: claims, Seed: 1, Dir: dir, Time: time.Hour, Valid: valid, Units: 3}
	first, err := Run(opt)
	if err != nil {
		t.Fatal(err)
	}
	if short := Lacking(first.Findings, valid); first.Units != 3 || len(short) == 0 {
		t.Errorf("%d units, %d claims lack cases", first.Units, len(short))
	}
	opt.Units = 0
	r, err := Run(opt)
	if err != nil {
		t.Fatal(err)
	}
	if short := Lacking(r.Findings, valid); len(short) > 0 || r.Resumed != 3 {
		t.Errorf("%d of %d units are of the call before; lacking: %d", r.Resumed, r.Units, len(short))
	}
	for _, f := range r.Findings {
		want := claim.Holds
		if f.Claim.Form == claim.Printed {
			want = claim.Refuted
		}
		if f.Verdict() != want {
			t.Errorf("%s: %s", f.Claim.Name(), f.Verdict())
		}
		if f.Claim.Kind == claim.Training && f.Reach.Steps > 1<<(lengths-1) {
			t.Errorf("%s: a run of %d steps, at most %d are counted", f.Claim.Name(), f.Reach.Steps, 1<<(lengths-1))
		}
	}
	again, err := Run(opt)
	if err != nil || again.Units != r.Units {
		t.Errorf("done, and goes on: %d units, then %d, %v", r.Units, again.Units, err)
	}
}

// TestCountsFailures: a judgement that fails by one of many seeds is the verdict.
func TestCountsFailures(t *testing.T) {
	calls := 0
	c := claim.Claim{
		ID: "once", Form: claim.Sharp, Kind: claim.SelfJudged, Statement: "0 <= 0", Drawn: true,
		Judge: func(uint64) claim.Judgement {
			calls++
			if calls == 3 {
				return claim.Judgement{Verdict: claim.Refuted, Cases: 5000, Note: "the third"}
			}
			return claim.Judgement{Verdict: claim.Holds, Cases: 5000, Note: "no"}
		},
	}
	r, err := Run(Options{Claims: []claim.Claim{c}, Seed: 1, Dir: t.TempDir(), Time: time.Hour, Valid: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	f := r.Findings[0]
	if f.Verdict() != claim.Refuted || f.Judged.Note != "the third" || f.Cases != countJudged {
		t.Errorf("%s, %q, %d cases", f.Verdict(), f.Judged.Note, f.Cases)
	}
}
