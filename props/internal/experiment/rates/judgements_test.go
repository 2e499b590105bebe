package rates

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// golden compares what is printed with a file, which -update writes.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-on record +now), see -update:\n%s", file, d)
	}
}

// TestJudgements: what each judge says, of two seeds where it draws, is what
// testdata/judgements.txt has: verdict, cases, ratio and the evidence in words. That they are
// right is for the tests by hand; here a change of any of them is seen and looked at.
func TestJudgements(t *testing.T) {
	var out strings.Builder
	say := func(name string, j claim.Judgement) {
		certificate := ""
		if j.Certificate != nil {
			certificate = ", with a certificate"
		}
		fmt.Fprintf(&out, "%s: %s after %d cases, ratio %.5g%s\n    %s\n", name, j.Verdict, j.Cases, j.Ratio, certificate,
			j.Note)
	}
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
	}{
		{"RootBudget", JudgeRootBudget}, {"Asymmetry", JudgeAsymmetry},
		{"Remark1", JudgeRemark1}, {"Remark1Word", JudgeRemark1Word}, {"Remark2", JudgeRemark2},
		{"Remark2Word", JudgeRemark2Word}, {"Word", JudgeWord}, {"Depth", JudgeDepth},
		{"DepthAbove1", JudgeDepthAbove1}, {"DepthAll", JudgeDepthAll}, {"Beyond", JudgeBeyond},
		{"Hierarchy", JudgeHierarchy}, {"Eq48", JudgeEq48}, {"Eq48Repaired", JudgeEq48Repaired},
	} {
		say(c.name, c.judge())
	}
	for _, c := range []struct {
		name  string
		judge func(seed uint64) claim.Judgement
	}{
		{"Eq25", JudgeEq25}, {"Eq26Line", JudgeEq26Line}, {"ConvexL2", JudgeConvexL2}, {"Bernoulli", JudgeBernoulli},
		{"Sharp41Steps", JudgeSharp41Steps}, {"Root41Steps", JudgeRoot41Steps}, {"SpikeFloor", JudgeSpikeFloor},
		{"ConstantFloor", JudgeConstantFloor}, {"Harmonic", JudgeHarmonic},
	} {
		for seed := range uint64(2) {
			say(fmt.Sprintf("%s, seed %d", c.name, seed+1), c.judge(seed+1))
		}
	}
	golden(t, "testdata/judgements.txt", out.String())
}
