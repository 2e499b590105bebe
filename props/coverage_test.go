package props

import (
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestCoverage: every claim of the paper stands at a place, every place has a claim of the
// list or a reason.
func TestCoverage(t *testing.T) {
	for _, problem := range coverageProblems(Coverage(), Claims()) {
		t.Error(problem)
	}
	// It is seen red: without a claim, without a place, with neither claim nor reason.
	few := slices.DeleteFunc(Claims(), func(c claim.Claim) bool { return c.ID == "eq31" })
	if p := coverageProblems(Coverage(), few); len(p) != 1 {
		t.Errorf("without eq31: %q", p)
	}
	if p := coverageProblems(append(Coverage()[1:], Place{Eq: "(99)"}, Coverage()[1]), Claims()); len(p) != 2 {
		t.Errorf("with a place that has nothing, and one twice: %q", p)
	}
	if p := coverageProblems(Coverage()[2:], Claims()); len(p) != 3 {
		t.Errorf("without (6): %q", p)
	}
}

func coverageProblems(places []Place, claims []claim.Claim) (problems []string) {
	ofPaper, covered, seen := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range claims {
		if c.Form.OfPaper() {
			ofPaper[c.ID] = true
		}
	}
	for _, p := range places {
		if seen[p.Eq] {
			problems = append(problems, p.Eq+" is there twice")
		}
		seen[p.Eq] = true
		if len(p.Claims) == 0 && p.Why == "" {
			problems = append(problems, p.Eq+" has neither a claim nor a reason")
		}
		for _, id := range p.Claims {
			covered[id] = true
			if !ofPaper[id] {
				problems = append(problems, p.Eq+": no claim of the paper has the id "+id)
			}
		}
	}
	for id := range ofPaper {
		if !covered[id] {
			problems = append(problems, id+" stands at no place of the paper")
		}
	}
	return problems
}
