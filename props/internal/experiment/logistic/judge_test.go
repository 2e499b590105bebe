package logistic

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// ofRounding are errors that another architecture may have otherwise.
var ofRounding = regexp.MustCompile(`within \de-1\d`)

// TestJudgements: the verdict of each printed outcome, and in testdata/judgements.txt the figures that
// it rests on; of those that both regularizers have the other one is in every search.
func TestJudgements(t *testing.T) {
	var got strings.Builder
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
		want  claim.Verdict
	}{
		{"backward to zero, nonconvex", func() claim.Judgement { return JudgeToZero(Nonconvex, []float64{2}) },
			claim.Holds},
		{"at fixed T", func() claim.Judgement { return JudgeFixedT(Nonconvex) }, claim.Refuted},
		{"little improvement", JudgeLittle, claim.Holds},
		{"every level, nonconvex", func() claim.Judgement { return JudgeEvery(Nonconvex) }, claim.Holds},
		{"saturates", JudgeSaturates, claim.Holds},
		{"only large ones", JudgeOnlyLarge, claim.Refuted},
		{"one-sided", JudgeOneSided, claim.Holds},
		{"a stationary point", JudgeStationary, claim.Refuted},
		{"exact", JudgeExact, claim.Holds},
		{"falls", func() claim.Judgement { return JudgeFalls(Nonconvex) }, claim.Holds},
		{"again to zero", func() claim.Judgement { return JudgeAgain(Nonconvex) }, claim.Refuted},
		{"reciprocal", func() claim.Judgement { return JudgeReciprocal(Intermittent) }, claim.Holds},
		{"larger", func() claim.Judgement { return JudgeLarger(Nonconvex) }, claim.Holds},
		{"coupled", JudgeCoupled, claim.Holds},
	} {
		start := time.Now()
		j := c.judge()
		if j.Verdict != c.want || j.Cases == 0 || j.Note == "" {
			t.Errorf("%s: %+v, want %s", c.name, j, c.want)
		}
		t.Logf("%s: %v", c.name, time.Since(start).Round(time.Millisecond))
		note := ofRounding.ReplaceAllString(j.Note, "within rounding")
		fmt.Fprintf(&got, "%s: %s, %d cases\n\t%s\n", c.name, j.Verdict, j.Cases, note)
	}
	path := filepath.Join("testdata", "judgements.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("judgements (-on record +got); go test ./props/internal/experiment/logistic -run Judgements -update "+
			"writes them:\n%s", d)
	}
}
