package appendix

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/pages"
	"github.com/google/go-cmp/cmp"
)

// TestPage: the page has every run, as it is on record, and the note of every claim.
func TestPage(t *testing.T) {
	judged := claim.Claim{
		ID: "x", Eq: "A.9", Form: claim.Printed, Statement: "so it is",
		Judge: func(seed uint64) claim.Judgement {
			return claim.Judgement{Verdict: claim.Holds, Cases: int(seed), Note: "seen"}
		},
	}
	var b bytes.Buffer
	if err := Page([]claim.Claim{judged}, 1).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	record, err := pages.FS.ReadFile("COUNTEREXAMPLES.md")
	if err != nil {
		t.Fatal(err)
	}
	tail := func(page string) string {
		_, after, _ := strings.Cut(page, "\n## A.1\n")
		return after
	}
	if got, want := tail(b.String()), tail(string(record)); got != want || got == "" {
		t.Errorf("behind the claims COUNTEREXAMPLES.md is not this page: %s", cmp.Diff(want, got))
	}
	for _, want := range []struct {
		text string
		n    int
	}{
		{"A.9, printed: so it is | holds | 1 | seen", 1},
		{"| A.2 |", len(a2Runs())},
		// 2 matrices, 2 momenta, 3 steps, 7 starts, with and without the compressor
		{"| A.3, A of ", 168}, {"| diverges |", 40}, {"| converges |", 100},
	} {
		if n := strings.Count(b.String(), want.text); n < want.n {
			t.Errorf("%q is %d times on the page, want %d", want.text, n, want.n)
		}
	}
}

// TestJudgeA1: the gap that the judgement rests on is a^2/16 as a -> 0.
func TestJudgeA1(t *testing.T) {
	j := JudgeA1()
	if j.Verdict != claim.Holds || j.Cases != 61 || !(j.Ratio < 1) {
		t.Errorf("%+v", j)
	}
	for _, c := range a1Cases() {
		if gap := (c.At0 - c.Engine) / (c.A * c.A); c.A < 0.05 && !(gap > 0.0620 && gap < 0.0626) {
			t.Errorf("a = %v: the gap is %v a^2, want a^2/16", c.A, gap)
		}
	}
}
