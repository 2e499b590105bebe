package webpage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestFigureCheck: a picture says that it is one within its first 2000 bytes.
func TestFigureCheck(t *testing.T) {
	for _, c := range []struct {
		before int
		ok     bool
	}{{0, true}, {1996, true}, {1997, false}} {
		for _, after := range []int{0, 5000} {
			f := Figure{"f.svg", []byte(strings.Repeat(" ", c.before) + "<svg" + strings.Repeat(" ", after))}
			if err := f.Check(); (err == nil) != c.ok {
				t.Errorf("<svg after %d bytes: %v", c.before, err)
			}
		}
	}
	if (&Figure{"f.svg", []byte("<sv")}).Check() == nil || (&Figure{}).Check() == nil {
		t.Error("no picture goes through")
	}
}

// claimOf is a claim of the list by its name.
func claimOf(t *testing.T, name string) *claim.Claim {
	t.Helper()
	for _, c := range props.Claims() {
		if c.Name() == name {
			return &c
		}
	}
	t.Fatalf("no claim %s", name)
	return nil
}

// TestWorstRuns: the sides of a run are computed again up to maxWorstSteps passes; its chain and what disturbs
// it are shown in any case.
func TestWorstRuns(t *testing.T) {
	c := claimOf(t, "thm3/printed")
	zero := perturb.Spec{Law: "zero"}
	for _, x := range []struct {
		steps, more int
		sides       bool
	}{{256, 0, true}, {128, 1, true}, {257, 0, false}, {129, 1, false}} {
		on := &gen.Case{
			Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{0.5}, W: [][]float64{{1}, {}},
			Delta: []perturb.Spec{{Law: "constant", D: []float64{0.25}}, zero}, Eps: []perturb.Spec{zero, zero},
			Run: &gen.Run{All: true, Steps: x.steps, Gamma: 0.25},
		}
		for range x.more {
			on.Run.More = append(on.Run.More, []float64{1})
		}
		w := newWorst(&report.Row{Worst: &search.Origin{Source: "here", Case: on}}, c, 1)
		if w == nil || len(w.Chain) != 2 || w.More != x.more || !strings.HasPrefix(w.Run, fmt.Sprintf("T = %d ", x.steps)) ||
			(w.Left != "") != x.sides || (w.Right != "") != x.sides {
			t.Errorf("%d steps on %d inputs: %+v", x.steps, 1+x.more, w)
			continue
		}
		if a, b := w.Chain[0], w.Chain[1]; a.N != 1 || a.Last || a.Delta != "[0.25]" || a.W != "[1]" || b.N != 2 || !b.Last ||
			b.Delta != "" || b.Name != "halfsq(1)" {
			t.Errorf("chain %+v", w.Chain)
		}
	}
	if newWorst(&report.Row{}, c, 1) != nil {
		t.Error("a row without a worst case has one")
	}
	random := &report.Row{Worst: &search.Origin{Source: "random case 1"}}
	if newWorst(random, &claim.Claim{Kind: claim.SelfJudged}, 1) != nil {
		t.Error("a claim that judges itself has a worst case")
	}
}

// TestFormsOfACard: claims of one form and statement share an entry; another statement in another reading has
// one of its own, with an id of its own.
func TestFormsOfACard(t *testing.T) {
	d := &card{}
	a := &claim.Claim{ID: "x", Form: claim.Printed, Reading: claim.Past, Statement: "A < B", AtMost: 2.5, AtMostBy: "hand"}
	same, other := *a, *a
	same.Reading, other.Reading, other.Statement = claim.Total, claim.Total, "A < C"
	f, g, h := d.form(a), d.form(&same), d.form(&other)
	if f != g || f == h || len(d.Forms) != 2 || f.ID != "x-printed" || h.ID != "x-printed-total" ||
		f.AtMost != "2.5, by hand" {
		t.Errorf("%+v, %+v, %+v", f, g, h)
	}
	none := *a
	none.Form, none.AtMost = claim.Sharp, 0
	if f := d.form(&none); f.AtMost != "" || f.ID != "x-sharp" {
		t.Errorf("%+v", f)
	}
	for want, c := range map[string]claim.Claim{
		"As printed":                     {Form: claim.Printed, Proof: "p"},
		"Repaired, with a proof of ours": {Form: claim.Repaired, Proof: "p"},
		"Sharper, measured":              {Form: claim.Sharp, Kind: claim.SelfJudged},
		"Repaired, searched":             {Form: claim.Repaired},
		formNames[claim.SharpEach]:       {Form: claim.SharpEach, Proof: "p"},
		"Conjectured, without a proof":   {Form: claim.Conjecture},
		"A step of the printed proof":    {Form: claim.Derivation},
		"Sharper, with a proof of ours":  {Form: claim.Sharp, Proof: "p", Kind: claim.SelfJudged},
	} {
		if got := formName(&c); got != want {
			t.Errorf("%s is called %q", want, got)
		}
	}
}

// TestVerdictsOf: one where all readings agree, else one each, of the printed form where there is one.
func TestVerdictsOf(t *testing.T) {
	of := func(f claim.Form, verdicts ...claim.Verdict) *form {
		x := &form{claim: &claim.Claim{Form: f}}
		for k, v := range verdicts {
			x.Rows = append(x.Rows, &row{Verdict: v, Reading: claim.Readings[k].String()})
		}
		return x
	}
	const holds, refuted = claim.Holds, claim.Refuted
	for _, c := range []struct {
		forms []*form
		want  string
	}{
		{[]*form{of(claim.Sharp, holds), of(claim.Printed, refuted, refuted), of(claim.Repaired, holds)}, "[{refuted }]"},
		{[]*form{of(claim.Sharp, holds, holds)}, "[{holds }]"},
		{[]*form{of(claim.Printed, holds, refuted, holds)}, "[{holds literal} {refuted past} {holds total}]"},
	} {
		if got := fmt.Sprint(verdictsOf(c.forms)); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestRowTexts: notes that say no more than the chain, reasons by their number, and certificates.
func TestRowTexts(t *testing.T) {
	for _, c := range []struct {
		r    report.Row
		want string
	}{
		{report.Row{Note: "n"}, "n"},
		{report.Row{Note: "worst: case 3", Worst: &search.Origin{Source: "case 3"}}, ""},
		{report.Row{Note: "worst: case 4", Worst: &search.Origin{Source: "case 3"}}, "worst: case 4"},
		{report.Row{Note: "worst: case 3"}, "worst: case 3"},
	} {
		if got := noteOf(&c.r); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := reasons(&report.Row{Reasons: map[string]int{"a": 1, "c": 3, "b": 3, "d": 2}}); got != "3 b, 3 c, 2 d, 1 a" {
		t.Error(got)
	}
	c := claimOf(t, "thm2/printed/past")
	if got := newCertificate(&report.Row{Certificate: "x"}, c); got == nil || !got.Replays || got.Text == "" ||
		got.Path != "testdata/certificates/thm2-past.json" || got.Command != "go run ./props/verify replay "+got.Path {
		t.Errorf("certificate %+v", got)
	}
	if newCertificate(&report.Row{}, c) != nil ||
		newCertificate(&report.Row{Certificate: "x"}, claimOf(t, "thm1/printed")) != nil {
		t.Error("a certificate that no row names, or that is not on record")
	}
}

// TestRatioOfACard: the largest of the printed form's readings, the first of equals, and of no other form.
func TestRatioOfACard(t *testing.T) {
	d := &card{ID: "x", Eq: "(1)", Label: "X"}
	l := newListing(&report.Report{}, nil, &graph{nodes: []*node{{id: "a", label: "A!"}, {id: "y", label: "Y!"}},
		edges: []edge{{"A1", "x"}, {"a", "x"}, {"x", "y"}, {"x", "z"}, {"a", "y"}}}, &charts{})
	for _, c := range []struct {
		form   claim.Form
		ratios []claim.Number
	}{
		{claim.Sharp, []claim.Number{9}}, {claim.Printed, []claim.Number{0.25, 0.75, 0.5}},
		{claim.Repaired, []claim.Number{8}},
	} {
		f := &form{claim: &claim.Claim{ID: "x", Form: c.form, Statement: "S " + string(c.form)}}
		for k, ratio := range c.ratios {
			f.Rows = append(f.Rows, &row{Verdict: claim.Holds})
			f.source = append(f.source, &report.Row{Verdict: claim.Holds, Ratio: ratio, Cases: 10 + k, Rejected: 3})
		}
		d.Forms = append(d.Forms, f)
	}
	if err := l.finish(d); err != nil {
		t.Fatal(err)
	}
	if d.Ratio != "0.7500" || d.RatioValue != 0.75 || fmt.Sprint(d.From, d.To) != "[{a A!}] [{y Y!} {z z}]" ||
		!strings.HasPrefix(d.Words, "x x (1) holds sharp s sharp") || strings.Count(string(d.Forms[1].Table), "<tr>") != 4 {
		t.Errorf("%+v", d)
	}
}
