package rates

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// TestFrobenius: the display under (25) holds as an inequality alone, and C does not bound a
// Frobenius norm.
func TestFrobenius(t *testing.T) {
	other := judgeJ2(1, "", "", func(m j2Moments, _ float64) (left, right float64) { return m.carried, m.apart })
	operator := judgeJ2(1, "", "", func(m j2Moments, c float64) (left, right float64) { return m.carried, c * c * m.z })
	for name, c := range map[string]struct {
		judge claim.Judgement
		want  claim.Verdict
	}{
		"(25)": {JudgeEq25(1), claim.Refuted}, "(26)": {JudgeEq26Line(1), claim.Refuted},
		"(25), one way": {other, claim.Holds}, "(26), |.|_op": {operator, claim.Holds},
	} {
		j := c.judge
		if j.Verdict != c.want || j.Cases < 50 || !(j.Ratio > 0.99) || j.Note == "" {
			t.Errorf("%s: %s with ratio %v after %d cases, want %s: %s", name, j.Verdict, j.Ratio, j.Cases, c.want,
				j.Note)
		}
	}
}

// TestRootOf: within 1000 of 0, and the end of that where the root lies beyond.
func TestRootOf(t *testing.T) {
	for _, end := range []float64{-1000, 1000} {
		if got := rootOf(func(w float64) float64 { return w - 2*end }); !(math.Abs(got-end) <= 1e-9) {
			t.Errorf("w - %v is 0 beyond %v, not at %v", 2*end, end, got)
		}
	}
	for _, want := range []float64{0, 0.3, -7, 999} {
		if got := rootOf(func(w float64) float64 { return w - want }); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("w - %v is 0 at %v", want, got)
		}
	}
}

// TestSentences: the verdicts, and that each could be the other one.
func TestSentences(t *testing.T) {
	root := func(c float64) stepOf { return func(t float64) float64 { return c / math.Sqrt(t) } }
	logs := func(c float64) stepOf { return func(t float64) float64 { return c * math.Log(t) / t } }
	superexponential := func(n int, c, _ float64) float64 { return math.Exp(float64(n*n) * c) }
	// f times the bound ln max(1, C^2) max(1, 3C^2) max(1, 2Lf^2) + ln(4N^2)/N of ln(coefficient)/N.
	bounded := func(f float64) coefficientOf {
		return func(n int, c, lf float64) float64 {
			most := max(1, c*c) * max(1, 3*c*c) * max(1, 2*lf*lf)
			return math.Pow(4*float64(n*n)*math.Pow(most, float64(n)), f)
		}
	}
	for name, c := range map[string]struct {
		judge claim.Judgement
		want  claim.Verdict
	}{
		"depth, at the bound":           {judgeDepth(bounded(0.999)), claim.Holds},
		"depth, beyond the bound":       {judgeDepth(bounded(1.001)), claim.Refuted},
		"remark 1":                      {JudgeRemark1(), claim.Holds},
		"remark 1, g = 1/T":             {judgeRemark1(func(t float64) float64 { return 1 / t }), claim.Refuted},
		"remark 1 at its word":          {JudgeRemark1Word(), claim.Refuted},
		"remark 1, g ~ T^-1/2":          {judgeRemark1Word(root(0.3)), claim.Holds},
		"remark 2":                      {JudgeRemark2(), claim.Holds},
		"remark 2, c = 2":               {judgeRemark2(logs(2)), claim.Refuted},
		"remark 2 at its word":          {JudgeRemark2Word(), claim.Refuted},
		"remark 2, c = 1/2":             {judgeRemark2Word(logs(0.5)), claim.Holds},
		"<~ at its word":                {JudgeWord(), claim.Refuted},
		"depth":                         {JudgeDepth(), claim.Holds},
		"depth, e^(N^2)":                {judgeDepth(superexponential), claim.Refuted},
		"depth, C and Lf > 1":           {JudgeDepthAbove1(), claim.Holds},
		"depth, all C and Lf":           {JudgeDepthAll(), claim.Refuted},
		"mu = lambda":                   {JudgeConvexL2(1), claim.Holds},
		"mu = 1.01 lambda":              {judgeConvexL2(1, 1.01), claim.Refuted},
		"beyond the budgets":            {JudgeBeyond(), claim.Holds},
		"the order of the coefficients": {JudgeHierarchy(), claim.Refuted},
	} {
		if c.judge.Verdict != c.want || c.judge.Cases < 10 || c.judge.Note == "" {
			t.Errorf("%s: %s after %d cases, want %s: %s", name, c.judge.Verdict, c.judge.Cases, c.want, c.judge.Note)
		}
	}
}

// TestJ2MomentsByHand: J2^T z of linear(1,2) at x = 3 is 3 z, |J2|^2 is 2 9; eps_2 is (1, 0) or (-1, 0).
func TestJ2MomentsByHand(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "linear", In: 1, Out: 2}, {Op: "halfsq", N: 2}}, X: []float64{3},
		W: [][]float64{{1, 2}, {}}, Delta: []perturb.Spec{zero, zero},
		Eps: []perturb.Spec{zero, {Law: "twopoint", A: []float64{1, 0}, B: []float64{-1, 0}, P: 0.5}},
	}
	p, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := j2MomentsOf(p)
	if err != nil || len(all) != 3 || all[1] != (j2Moments{carried: 9, apart: 18, z: 1}) || all[2] != (j2Moments{}) {
		t.Errorf("%+v, error %v, want 9, 18, 1", all, err)
	}
}
