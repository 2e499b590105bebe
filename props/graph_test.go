package props

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestGraph: an edge of the graph of statements leads to a claim of the list, none leads
// back to where it began, and every theorem, corollary and line of a proof but the first
// ones has an edge.
func TestGraph(t *testing.T) {
	from := map[string][]string{}
	for _, c := range Claims() {
		if c.Form == claim.Printed {
			from[c.ID] = c.FollowsFrom
		}
		if c.Form == claim.Derivation && c.Kind != claim.SelfJudged && len(c.FollowsFrom) != 1 {
			t.Errorf("%s is a step from %v, want one statement", c.Name(), c.FollowsFrom)
		}
		if c.RestsOn != "" && !slices.Contains(c.FollowsFrom, c.RestsOn) {
			t.Errorf("%s rests on %s and does not follow from it", c.Name(), c.RestsOn)
		}
	}
	var walk func(id string, path []string)
	walk = func(id string, path []string) {
		if slices.Contains(path, id) {
			t.Fatalf("%s follows from itself: %v", id, path)
		}
		for _, next := range from[id] {
			if _, ok := from[next]; !ok {
				t.Errorf("%s follows from %q, which is not on the list", id, next)
				continue
			}
			walk(next, append(path, id))
		}
	}
	roots := []string{"eq12", "eq14a", "eq18a", "eq30a", "spike", "eq6a", "eq6b", "eq6c", "lemma2", "eq28a", "eq29m",
		"eq35", "bernoulli", "disp12", "sec33", "a1", "a2", "a3"}
	for _, c := range Claims() {
		if c.Experiment && c.Form == claim.Printed {
			roots = append(roots, c.ID) // what is seen follows from nothing
		}
	}
	for id, edges := range from {
		walk(id, nil)
		if len(edges) == 0 != slices.Contains(roots, id) {
			t.Errorf("%s has the edges %v", id, edges)
		}
	}
}

// TestTitles: the statements that readers know by name have one.
func TestTitles(t *testing.T) {
	var titles []string
	for _, c := range Claims() {
		if c.Title != "" && !slices.Contains(titles, c.Title) {
			titles = append(titles, c.Title)
		}
		if (c.AtMost > 0) != (c.AtMostBy != "") || c.AtMost > 1 {
			t.Errorf("%s: at most %v, by %q", c.Name(), c.AtMost, c.AtMostBy)
		}
	}
	want := []string{"Lemma 1", "Theorem 1", "Lemma 2", "Theorem 2", "Theorem 3", "Theorem 4", "Theorem 5", "Table 1"}
	if !slices.Equal(titles, want) {
		t.Errorf("titles %q, want %q", titles, want)
	}
}

// withoutPlace are our forms whose proof is a line of algebra beside the formula.
var withoutPlace = []string{"disp12", "eq6a", "eq6b", "eq6c"}

// TestProofs: the place of a proof is there, our forms have one unless they judge
// themselves, and a conjecture has none.
func TestProofs(t *testing.T) {
	data, err := os.ReadFile("../bounds/PROOFS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Claims() {
		ours := !c.Form.OfPaper() && c.Form != claim.Conjecture && c.Kind != claim.SelfJudged &&
			!slices.Contains(withoutPlace, c.ID)
		if ours && c.Proof == "" || c.Form == claim.Conjecture && c.Proof != "" {
			t.Errorf("%s has the proof %q", c.Name(), c.Proof)
		}
		if line, ok := strings.CutPrefix(c.Proof, "bounds/PROOFS.md "); c.Proof != "" &&
			(!ok || !strings.Contains(string(data), "\n- "+line)) {
			t.Errorf("%s: no line %q", c.Name(), c.Proof)
		}
	}
}

// TestAssumptions: what a claim speaks under follows from its kind.
func TestAssumptions(t *testing.T) {
	want := map[string][]string{
		"thm1/printed": {"A3"}, "eq36/printed": {"A1", "A2"}, "thm5/printed/past": {"A1", "A2", "A4"},
		"eq6a/printed": nil, "table1/printed": nil,
	}
	for _, c := range Claims() {
		if a, ok := want[c.Name()]; ok && !slices.Equal(a, c.Assumes()) {
			t.Errorf("%s assumes %v, want %v", c.Name(), c.Assumes(), a)
		}
	}
}
