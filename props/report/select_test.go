package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

var inf = math.Inf(1)

// TestForms: the claims of the paper and those of ours are all, and a form selects itself.
func TestForms(t *testing.T) {
	count := func(form string) int {
		claims, err := Select(Selection{Form: form})
		if err != nil {
			t.Fatal(err)
		}
		return len(claims)
	}
	paper, ours, all := count(FormsOfPaper), count(FormsOfOurs), len(props.Claims())
	if paper == 0 || ours == 0 || paper+ours != all || count(FormsAll) != all || count("") != all {
		t.Errorf("%d printed, %d repaired, %d claims", paper, ours, all)
	}
	for _, f := range claim.Forms {
		if f == claim.Printed || f == claim.Repaired || f == claim.Conjecture {
			continue // names of groups, and a form that no claim of the list has any more
		}
		claims, err := Select(Selection{Form: string(f)})
		if err != nil || len(claims) == 0 ||
			slices.ContainsFunc(claims, func(c claim.Claim) bool { return c.Form != f }) {
			t.Errorf("form %s: %d claims, %v", f, len(claims), err)
		}
	}
}

func TestSelectRefuses(t *testing.T) {
	for _, c := range []struct {
		s    Selection
		want string
	}{
		{Selection{Claims: "thm9"}, `no claim "thm9"; there are: lemma1`},
		{Selection{Claims: strings.Repeat("x", 999)}, `no claim "` + strings.Repeat("x", 80) + `..."; there are`},
		{Selection{Claims: " ,"}, `claims is " ,", want ids separated by commas`},
		{Selection{Claims: "thm1,,thm2"}, `claims is "thm1,,thm2", want ids separated by commas: number 2 is empty`},
		{Selection{Claims: "thm1,"}, "number 2 is empty"},
		{Selection{Claims: "thm1,thm2, thm1"}, `claims has "thm1" twice`},
		{Selection{Form: "neat"}, `form is "neat", want one of all, printed`},
		{Selection{Claims: "lemma1", Form: "sharp"}, `claims "lemma1" in form sharp: there is none`},
	} {
		if _, err := Select(c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.s, err, c.want)
		}
	}
}

// TestSelectionAll: a selection by id or by form leaves something out.
func TestSelectionAll(t *testing.T) {
	for _, c := range []struct {
		s    Selection
		want bool
	}{
		{Selection{}, true}, {Selection{Form: FormsAll}, true}, {Selection{Form: FormsOfPaper}, false},
		{Selection{Claims: "thm1"}, false}, {Selection{Claims: "thm1", Form: FormsAll}, false},
	} {
		if got := c.s.All(); got != c.want {
			t.Errorf("%+v: all is %v", c.s, got)
		}
	}
}
