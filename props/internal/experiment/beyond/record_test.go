package beyond

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/pages"
)

// onRecord holds a judgement at seed 1 against what stands on record of its claim: verdict, cases,
// ratio and evidence on its page, and the ratio with 6 digits in testdata/record.
func onRecord(t *testing.T, page, id string, got claim.Judgement) {
	t.Helper()
	text, err := pages.FS.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ` + id + `: .*$`).FindString(string(text))
	cells := strings.Split(row, " | ")
	if len(cells) != 6 {
		t.Fatalf("%s: the row on %s has %d cells: %s", id, page, len(cells), row)
	}
	want := strings.Join([]string{cells[1], cells[2], cells[3], strings.TrimSuffix(cells[5], " |")}, " | ")
	is := fmt.Sprintf("%s | %d | %s | %s", got.Verdict, got.Cases, ratioOf(got.Ratio),
		strings.ReplaceAll(got.Note, "|", `\|`))
	if is != want {
		t.Errorf("%s is\n%s\non record is\n%s", id, is, want)
	}
	record, err := cascade.Testdata.ReadFile("testdata/record")
	if err != nil {
		t.Fatal(err)
	}
	ratio := "-"
	if got.Ratio > 0 {
		ratio = strconv.FormatFloat(got.Ratio, 'g', 6, 64)
	}
	line := regexp.MustCompile(`(?m)^` + id + `/sharp +holds +` + regexp.QuoteMeta(ratio) + `$`)
	if !line.Match(record) {
		t.Errorf("%s: the ratio is %s, which is not the one in testdata/record", id, ratio)
	}
}

// TestOnRecord: each judgement is the one on record: what is drawn, how much, how near to a bound
// it comes, and what is said of it. ef7 is TestSchemes.
func TestOnRecord(t *testing.T) {
	for page, judges := range map[string]map[string]func(uint64) claim.Judgement{
		"FEEDBACK.md": {"ef1": JudgeFeedback, "ef2": JudgeFeedbackMean},
		"MEMORIES.md": {
			"ef3": JudgeOneMemory, "ef4": JudgeSampleMemory, "ef5": JudgeReference, "ef6": JudgeCarried,
		},
		"SAVED.md":    {"sa1": JudgeSavedQuadratic, "sa2": JudgeSavedMean, "sa3": JudgeSaved},
		"MOMENTUM.md": {"hb1": JudgeHeavyBall, "hb2": JudgeHeavyBallLimit, "hb3": JudgeMomentumMean},
	} {
		for id, judge := range judges {
			onRecord(t, page, id, judge(1))
		}
	}
}
