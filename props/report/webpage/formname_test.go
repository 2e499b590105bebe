package webpage

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestFormName: no form is said to be proved that has no proof, and of the paper's forms as printed nothing is said.
func TestFormName(t *testing.T) {
	for _, c := range []struct {
		claim claim.Claim
		want  string
	}{
		{claim.Claim{Form: claim.Repaired, Proof: "P1"}, "Repaired, with a proof of ours"},
		{claim.Claim{Form: claim.Sharp, Proof: "P1", Kind: claim.SelfJudged}, "Sharper, with a proof of ours"},
		{claim.Claim{Form: claim.Repaired, Kind: claim.SelfJudged}, "Repaired, measured"},
		{claim.Claim{Form: claim.Sharp}, "Sharper, searched"},
		{claim.Claim{Form: claim.Printed}, "As printed"},
		{claim.Claim{Form: claim.Conjecture}, "Conjectured, without a proof"},
	} {
		if got := formName(&c.claim); got != c.want {
			t.Errorf("%+v: %q, want %q", c.claim, got, c.want)
		}
	}
	for _, c := range props.Claims() {
		if strings.Contains(formName(&c), "a proof of ours") && c.Proof == "" {
			t.Errorf("%s: %q", c.Name(), formName(&c))
		}
	}
}

// TestToPage: a link of a page on record to another leads to that one on the same page.
func TestToPage(t *testing.T) {
	d, err := markdown("x", []byte("# A title\n\nSee [Spikes](SPIKES.md) and [more](https://example.org/A.md).\n"))
	if err != nil || !strings.Contains(string(d.HTML), `href="#page-spikes"`) ||
		!strings.Contains(string(d.HTML), `href="https://example.org/A.md"`) {
		t.Errorf("%v, %s", err, d.HTML)
	}
	all, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if strings.Contains(string(d.HTML), `.md"`) {
			t.Errorf("%s links to a file that is not there", d.ID)
		}
	}
}
