package props

import (
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/pages"
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

// TestPagesOfClaims: a page on record has the claims that say so, in the order of the list.
func TestPagesOfClaims(t *testing.T) {
	said, has := map[string][]string{}, map[string][]string{}
	for _, c := range Claims() {
		if c.Page != "" {
			said[c.Page] = append(said[c.Page], c.ID)
		}
	}
	for page := range said {
		text, err := pages.FS.ReadFile(strings.ToUpper(page) + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			id, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), ": ")
			if ok && strings.HasPrefix(line, "| ") && !strings.Contains(id, " ") {
				has[page] = append(has[page], id)
			}
		}
		if !slices.Equal(said[page], has[page]) {
			t.Errorf("page %s has %v, the list %v", page, has[page], said[page])
		}
	}
	if len(said) != 4 {
		t.Errorf("%d pages have claims of their own", len(said))
	}
}
