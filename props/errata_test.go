package props_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestCertificates: a certificate of every refutation that may have one comes from the
// search alone, where a human only commits it, and package cert agrees.
func TestCertificates(t *testing.T) {
	on := record(t)
	for _, f := range searchAll().claims {
		if on[f.Claim.Name()].Verdict != claim.Refuted || !f.Claim.Certifiable() {
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
}

// TestErrata: every refuted claim gets a witness that still violates it in math/big and
// is small, and a repaired form or the word that the statement holds by itself.
func TestErrata(t *testing.T) {
	refuted := 0
	for _, f := range searchAll().claims {
		if record(t)[f.Claim.Name()].Verdict == claim.Refuted {
			refuted++
		}
	}
	errata := report.Errata(searchAll().claims)
	if len(errata) != refuted {
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
		if len(e.Repaired) == 0 && e.Claim.Form != claim.Derivation && e.Claim.Instead == "" {
			t.Errorf("%s: no repaired form stands beside it", e.Claim.Name())
		}
		if e.Claim.Kind == claim.SelfJudged {
			if e.Note == "" || e.Witness != nil {
				t.Errorf("%s: note %q, witness %v", e.Claim.Name(), e.Note, e.Witness)
			}
			continue
		}
		if e.Result.Answer != claim.No {
			t.Errorf("%s: the witness %s does not violate it", e.Claim.Name(), e.Witness.Line())
		}
		most := 3
		if e.Claim.ID == "disp12" { // reversed factors fit together from four operators on
			most = 4
		}
		if len(e.Witness.Chain) > most {
			t.Errorf("%s: the witness has %d operators: %s", e.Claim.Name(), len(e.Witness.Chain), e.Witness.Line())
		}
	}
}

// TestImprovements: the sharp forms that hold use more of their right side than the forms
// beside them. (Readings of one ratio share a row; whether they have one is for package
// report to say, of the record.)
func TestImprovements(t *testing.T) {
	var sharper []string
	for _, i := range report.Improvements(searchAll().claims) {
		sharper = append(sharper, i.Claim.ID+"/"+string(i.Claim.Form))
		// Theorem 1's each has its own constants.
		if i.Beside != nil && i.Claim.Form == claim.Sharp && !(float64(i.Ratio) >= i.Beside.Ratio) {
			t.Errorf("%s: ratio %v, the form beside it has %s", i.Claim.Name(), i.Ratio, i.BesideRatio())
		}
		ofBias := slices.Contains([]string{"thm2", "thm4", "thm5"}, i.Claim.ID)
		if repaired := strings.HasSuffix(i.BesideRatio(), "(repaired)"); repaired != ofBias {
			t.Errorf("%s stands beside %s", i.Claim.Name(), i.BesideRatio())
		}
	}
	slices.Sort(sharper)
	sharper = slices.Compact(sharper)
	want := []string{
		"ef1/sharp", "ef2/sharp", "ef3/sharp", "ef4/sharp", "ef5/sharp", "ef6/sharp", "ef7/sharp",
		"eq36/sharp", "eq40/sharp", "eq40/sharp-root", "eq41/sharp", "eq41/sharp-root",
		"eq41steps/sharp", "eq41steps/sharp-root", "fig4a/sharp", "fig6/sharp",
		"hb1/sharp", "hb2/sharp", "hb3/sharp", "sa1/sharp", "sa2/sharp", "sa3/sharp", "sa4/sharp", "table1/sharp",
		"table1constant/sharp", "table1floor/sharp", "table1steps/sharp", "thm1/sharp",
		"thm1/sharp-each", "thm2/sharp", "thm2/sharp-each", "thm3/sharp", "thm4/sharp", "thm4/sharp-each",
		"thm5/sharp", "thm5/sharp-each",
	}
	searched := map[string]bool{}
	for _, f := range searchAll().claims {
		searched[f.Claim.ID+"/"+string(f.Claim.Form)] = true
	}
	// Without -full experiments are not judged.
	want = slices.DeleteFunc(want, func(name string) bool { return !searched[name] && !*full })
	if d := cmp.Diff(want, sharper); d != "" {
		t.Errorf("sharper forms (-want +got):\n%s", d)
	}
}
