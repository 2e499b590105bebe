package props

import (
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
)

// TestOutcomesAreVaried: the outcomes of section 7, no more and no less, are those that choices are varied for.
func TestOutcomesAreVaried(t *testing.T) {
	var names []string
	for _, c := range ExperimentClaims() {
		if !strings.HasPrefix(c.ID, "sec53") {
			names = append(names, c.Name())
		}
	}
	varied := logistic.Outcomes()
	slices.Sort(names)
	slices.Sort(varied)
	if !slices.Equal(names, varied) {
		t.Errorf("claims %v, varied %v", names, varied)
	}
	for _, c := range ExperimentClaims() { // a cheap one: its evidence says what other choices do
		if c.Name() == "fig6/derivation" {
			if j := c.Judge(1); !strings.Contains(j.Note, "another verdict at lists = s [0.1 0.25]: holds") {
				t.Errorf("%+v", j)
			}
		}
	}
}
