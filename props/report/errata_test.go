package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// onRecord are findings of the whole list with the verdicts and ratios on record, and the
// simplest case for a witness: what is printed of a search that takes minutes.
func onRecord(t *testing.T) []*search.Finding {
	t.Helper()
	on, claims := onDisk(t)
	var all []*search.Finding
	for k := range claims {
		c := &claims[k]
		e := on[c.Name()]
		f := &search.Finding{Claim: c, Cases: 1, Ratio: float64(e.Ratio)}
		switch {
		case c.Kind == claim.SelfJudged:
			f.Judged = &claim.Judgement{Verdict: e.Verdict, Cases: 1, Note: "a note"}
		case e.Verdict == claim.Refuted:
			f.Violated, f.Confirmed = 1, 1
			f.Witness = search.Draw(c.Kind, gen.Bytes(nil))
		}
		if f.Verdict() != e.Verdict {
			t.Fatalf("%s: %s, on record %s", c.Name(), f.Verdict(), e.Verdict)
		}
		all = append(all, f)
	}
	return all
}

// TestErrata: every claim that is refuted on record has an erratum with what holds instead:
// a repaired form, or the word that the statement holds by itself.
func TestErrata(t *testing.T) {
	found := onRecord(t)
	refuted := 0
	for _, f := range found {
		if f.Verdict() == claim.Refuted {
			refuted++
		}
	}
	errata := Errata(found)
	if len(errata) != refuted || refuted == 0 {
		t.Errorf("%d errata, %d claims on record as refuted", len(errata), refuted)
	}
	for _, e := range errata {
		slack := map[string]string{
			"lemma2/printed/literal": "(26)", "lemma2/printed/past": "(26)", "eq20/derivation": "(20)",
			"eq41/derivation": "(41)",
		}[e.Claim.Name()]
		if got, _, _ := strings.Cut(e.Slack(), " hold"); got != slack {
			t.Errorf("%s: %q hold through slack, want %q", e.Claim.Name(), got, slack)
		}
		if len(e.Repaired) == 0 && e.Claim.Form != claim.Derivation && e.Claim.Instead == "" ||
			len(e.Instead()) == 0 {
			t.Errorf("%s: no repaired form stands beside it: %v", e.Claim.Name(), e.Instead())
		}
		if e.Claim.Kind == claim.SelfJudged && (e.Note == "" || e.Witness != nil || e.WitnessLine() != e.Note) {
			t.Errorf("%s: note %q, witness %v", e.Claim.Name(), e.Note, e.Witness)
		}
		if e.Claim.Certifiable() && e.Certificate == "" {
			t.Errorf("%s: no certificate is on record", e.Claim.Name())
		}
	}
	conjectures := 0
	for _, e := range errata {
		for _, s := range e.Instead() {
			if strings.HasPrefix(s, "conjecture: ") {
				conjectures++
			}
		}
	}
	if conjectures != 0 { // every repaired form has a proof
		t.Errorf("%d conjectures, want none", conjectures)
	}
}

// TestImprovements: the sharp forms on record, beside what, and in how many readings.
func TestImprovements(t *testing.T) {
	var sharper []string
	for _, i := range Improvements(onRecord(t)) {
		sharper = append(sharper, i.Claim.Name())
		ofBias := slices.Contains([]string{"thm2", "thm4", "thm5"}, i.Claim.ID)
		if repaired := strings.HasSuffix(i.BesideRatio(), "(repaired)"); repaired != ofBias {
			t.Errorf("%s stands beside %s", i.Claim.Name(), i.BesideRatio())
		}
		readings := 3
		if i.Claim.ID == "thm2" {
			readings = 2 // the total one has no sharp form
		}
		if i.Claim.Reading != claim.AnyReading && len(i.Readings) != readings {
			t.Errorf("%s is listed with the readings %v", i.Claim.Name(), i.Readings)
		}
	}
	want := []string{"thm1/sharp", "thm1/sharp-each", "thm2/sharp/literal", "thm2/sharp-each/literal", "eq36/sharp",
		"thm3/sharp", "eq40/sharp", "eq41/sharp",
		"eq40/sharp-root",
		"eq41/sharp-root", "thm4/sharp/literal", "thm5/sharp/literal",
		"thm4/sharp-each/literal", "thm5/sharp-each/literal", "table1/sharp",
		"eq41steps/sharp", "eq41steps/sharp-root", "table1floor/sharp", "table1constant/sharp", "table1steps/sharp",
		"fig4a/sharp", "fig6/sharp", "ef1/sharp", "ef2/sharp", "ef3/sharp", "ef4/sharp", "ef5/sharp", "ef6/sharp",
		"ef7/sharp", "sa1/sharp",
		"sa2/sharp", "sa3/sharp", "sa4/sharp", "hb1/sharp", "hb2/sharp", "hb3/sharp"}
	if d := cmp.Diff(want, sharper); d != "" {
		t.Errorf("sharper forms (-want +got):\n%s", d)
	}
}

// TestErrataWitnesses: a search alone finds witnesses that violate in math/big, small ones,
// and certificates that are accepted. (verify record has all claims, one of each way
// stands here.)
func TestErrataWitnesses(t *testing.T) {
	claims, err := Select(Selection{Claims: "eq14b,eq6a,eq48sum,eq28a"})
	if err != nil {
		t.Fatal(err)
	}
	found := search.Search(claims, search.Options{Seed: 1, Cases: search.Batch})
	errata := Errata(found)
	if len(errata) != 4 {
		t.Errorf("%d errata, want 4", len(errata))
	}
	for _, e := range errata {
		if e.Claim.Kind == claim.SelfJudged {
			continue
		}
		if e.Result.Answer != claim.No {
			t.Errorf("%s: the witness %s does not violate it", e.Claim.Name(), e.WitnessLine())
		}
		if len(e.Witness.Chain) > 3 {
			t.Errorf("%s: the witness has %d operators: %s", e.Claim.Name(), len(e.Witness.Chain), e.WitnessLine())
		}
	}
	for _, f := range found {
		if f.Verdict() != claim.Refuted || !f.Claim.Certifiable() {
			continue
		}
		c, err := f.Certificate()
		if err != nil {
			t.Errorf("%s: no certificate: %v", f.Claim.Name(), err)
			continue
		}
		data, err := c.Marshal()
		if err != nil {
			t.Errorf("%s: %v", f.Claim.Name(), err)
			continue
		}
		if r, err := cert.Check(data); err != nil || r.Verdict != cert.Refuted {
			t.Errorf("%s: %v, %v", f.Claim.Name(), r, err)
		}
	}
	var b strings.Builder
	if err := ErrataPage(found).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| eq14b (14) |", "| eq28a (28), literal |", " > ",
		"2 Cv^2 L1^2 E\\|Y_{N-1}-y_{N-1}\\|^2"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q on the page:\n%s", want, &b)
		}
	}
}
