package webpage

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/pages"
	"github.com/cascade-sgd/cascade/props/report"
)

func record(t *testing.T) Known {
	t.Helper()
	on, err := report.OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	return Known(on)
}

func paper(t *testing.T) *graph {
	t.Helper()
	g, err := newGraph(props.Claims())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestLayoutIsOfTheList: graph.plain has the edges of the list and their nodes, and no others.
func TestLayoutIsOfTheList(t *testing.T) {
	l, err := readLayout(graphPlain)
	if err != nil {
		t.Fatal(err)
	}
	g := paper(t)
	for _, e := range g.edges {
		if l.edges[e] == nil {
			t.Errorf("graph.plain lacks the edge from %s to %s: make it anew, see doc.go", e.from, e.to)
		}
		delete(l.edges, e)
	}
	for e := range l.edges {
		t.Errorf("graph.plain has an edge from %s to %s, which the list has not: make it anew, see doc.go", e.from,
			e.to)
	}
	alone := g.alone()
	var ids []string
	for _, n := range g.nodes {
		if !slices.Contains(alone, n) {
			ids = append(ids, n.id)
		}
	}
	slices.Sort(ids)
	if has := slices.Sorted(maps.Keys(l.nodes)); !slices.Equal(has, ids) {
		t.Errorf("graph.plain has the nodes %v, the list %v", has, ids)
	}
}

// TestEdgeToNowhere: a statement that follows from one that is not on the list is an error.
func TestEdgeToNowhere(t *testing.T) {
	lost := claim.Claim{ID: "eq99", Eq: "(99)", Form: claim.Printed, FollowsFrom: []string{"eq98"}}
	if _, err := newGraph([]claim.Claim{lost}); err == nil ||
		!strings.Contains(err.Error(), `from "eq98", which is not on the list`) {
		t.Errorf("error %v", err)
	}
}

// TestNewerThanLayout: a claim that the layout does not have is drawn all the same.
func TestNewerThanLayout(t *testing.T) {
	newer := claim.Claim{ID: "eq99", Eq: "(99)", Form: claim.Printed, FollowsFrom: []string{"thm1"}}
	claims := append(props.Claims(), newer)
	svg, err := GraphSVG(claims, nil, claim.Past)
	if err != nil || !strings.Contains(svg, "<title>(99): not searched</title>") || strings.Contains(svg, "NaN") {
		t.Errorf("error %v", err)
	}
}

// TestLayoutRefusals: what is not the format is refused with its line.
func TestLayoutRefusals(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "has no graph"},
		{"graph 1 2", "line 1: too short"},
		{"graph 1 2 3\nnode a 1 NaN", "line 2: not a place"},
		{"graph 1 2 3\nedge a b 2 1 1 1 1", "line 2: not a curve"},
		{"graph 1 2 3\nedge a b 4 1 1 1 1", "line 2: too short"},
		{"figure", "line 1: unknown"},
	} {
		if _, err := readLayout(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

// TestStates: what the record says of the statements that the paper's story hangs on.
func TestStates(t *testing.T) {
	g, known := paper(t), record(t)
	for _, c := range []struct {
		reading claim.Reading
		id      string
		want    state
	}{
		{claim.Literal, "eq20", state{verdict: claim.Holds, derivation: fails, proved: true, certificate: true}},
		{claim.Total, "thm1", state{verdict: claim.Holds, derivation: sound, proved: true}},
		{claim.Literal, "eq24", state{verdict: claim.Holds, derivation: sound, proved: true}},
		{claim.Literal, "eq26", state{verdict: claim.Holds, derivation: fails, proved: true}},
		{claim.Total, "eq26", state{verdict: claim.Refuted, derivation: fails, certificate: true}},
		{claim.Literal, "eq29", state{verdict: claim.Holds, derivation: sound, proved: true}},
		{claim.Past, "eq29", state{verdict: claim.Refuted, derivation: restsFalse, certificate: true}},
		{claim.Past, "thm4", state{verdict: claim.Refuted, derivation: restsFalse, certificate: true}},
		{claim.Past, "cor2", state{verdict: claim.Unsettled, derivation: restsFalse}},
		{claim.Past, "cor3", state{verdict: claim.Unsettled, derivation: fails}},
		{claim.Past, "cor4pl", state{verdict: claim.Holds, derivation: sound}},
	} {
		states, _ := g.states(known, c.reading, replaying())
		s := states[c.id]
		if s.ratio = ""; s != c.want {
			t.Errorf("%v, %s: %+v, want %+v", c.reading, c.id, s, c.want)
		}
	}
	_, edges := g.states(known, claim.Literal, replaying())
	for e, want := range map[edge]derivation{
		{"eq19", "eq20"}: fails, {"eq18b", "eq20"}: sound, {"lemma2", "eq24"}: sound, {"lemma2", "eq26"}: restsFalse,
		{"thm2", "thm4"}: restsFalse, {"thm1", "thm4"}: sound, {"A3", "eq12"}: sound,
	} {
		if edges[e] != want {
			t.Errorf("edge %v: %q, want %q", e, edges[e], want)
		}
	}
}

// TestGraphOnRecord: the picture that README shows is that of the record.
func TestGraphOnRecord(t *testing.T) {
	has, err := pages.FS.ReadFile("graph.svg")
	if err != nil {
		t.Fatal(err)
	}
	want, err := GraphSVG(props.Claims(), record(t), claim.Literal)
	if err != nil {
		t.Fatal(err)
	}
	if string(has) != want {
		t.Error("props/pages/graph.svg is another: go run ./props/verify page graph > props/pages/graph.svg")
	}
}
