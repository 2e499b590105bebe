package webpage

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/report"
)

// drawn is a graph of two statements and an assumption, 4 inches wide and 2 high, with one
// statement without an edge.
func drawn() *drawing {
	one, two, alone := &node{id: "one", label: "(1)"}, &node{id: "two", label: "a < b"}, &node{id: "alone", label: "alone"}
	assumed := &node{id: "A1", label: "A1", assumption: true}
	return &drawing{
		g: &graph{nodes: []*node{assumed, one, two, alone}, edges: []edge{{"A1", "one"}, {"one", "two"}}},
		l: &layout{width: 4, height: 2, nodes: map[string]point{"A1": {1, 1.5}, "one": {1, 1}, "two": {1, 0.5}},
			edges: map[edge][]point{}},
	}
}

// TestPlace: inches from the lower left corner become pixels from the upper left one.
func TestPlace(t *testing.T) {
	d := drawn()
	for p, want := range map[point]point{{0, 0}: {0, 192}, {4, 2}: {384, 0}, {1, 1.5}: {96, 48}} {
		if got := d.place(p); got != want {
			t.Errorf("%v is drawn at %v, want %v", p, got, want)
		}
	}
	if got := straight(point{0, 0}, point{10, -5}); !slices.Equal(got, []point{{2, -1}, {4, -2}, {6, -3}, {8, -4}}) {
		t.Errorf("a line %v", got)
	}
}

// TestStandAlone: what has no edge, or no place in the layout, stands in rows below, as many in
// a row as have room, each at a place of its own.
func TestStandAlone(t *testing.T) {
	d := drawn()
	if got := d.standAlone(); math.Abs(got-(2+aloneAbove+aloneHeight)) > 1e-12 {
		t.Errorf("one row makes %v inches of 2", got)
	}
	if p := d.l.nodes["alone"]; p.x != nodeWidth/2 || p.y != -aloneAbove-nodeHeight/2 {
		t.Errorf("it stands at %v", p)
	}
	d = drawn()
	for _, id := range strings.Fields("a b c d e") {
		d.g.nodes = append(d.g.nodes, &node{id: id})
	}
	delete(d.l.nodes, "two") // newer than the layout
	if got := d.standAlone(); math.Abs(got-(2+aloneAbove+3*aloneHeight)) > 1e-12 {
		t.Errorf("seven of three a row make %v inches of 2", got)
	}
	at := map[point]string{}
	for id, p := range d.l.nodes {
		if at[p] != "" {
			t.Errorf("%s stands on %s", id, at[p])
		}
		at[p] = id
		if p.x-nodeWidth/2 < -1e-12 || p.x+nodeWidth/2 > 4 {
			t.Errorf("%s stands outside, at %v", id, p)
		}
	}
	d = drawn()
	d.g.nodes = d.g.nodes[:3]
	if got := d.standAlone(); got != 2 {
		t.Errorf("nothing alone makes %v inches of 2", got)
	}
}

// TestArrow: a head of 13 pixels in the direction of the edge, and none where there is no direction.
func TestArrow(t *testing.T) {
	for _, c := range []struct {
		from, to point
		want     string
	}{
		{point{0, 0}, point{0, 10}, `<path class="head sound" d="M0.0 19.0L-4.0 10.0L4.0 10.0Z"/>` + "\n"},
		{point{20, 5}, point{10, 5}, `<path class="head sound" d="M1.0 5.0L10.0 1.0L10.0 9.0Z"/>` + "\n"},
		{point{3, 3}, point{3, 3}, ""},
	} {
		var b strings.Builder
		if drawn().arrow(&b, c.from, c.to, sound); b.String() != c.want {
			t.Errorf("from %v to %v: %s, want %s", c.from, c.to, &b, c.want)
		}
	}
	var b strings.Builder
	drawn().edge(&b, []point{{1, 1}, {1, 0.9}, {1, 0.8}, {1, 0.7}}, fails)
	if want := `<path class="edge fails" d="M96 96C96 106 96 115 96 125"/>`; !strings.HasPrefix(b.String(), want) {
		t.Errorf("an edge %s, want %s", &b, want)
	}
}

// TestNode: classes, title and signs of a node by what is known of it.
func TestNode(t *testing.T) {
	for _, c := range []struct {
		name  string
		node  node
		s     state
		links bool
		want  []string
		not   []string
	}{
		{"an assumption", node{id: "A1", label: "A1", assumption: true}, state{}, true,
			[]string{`<a href="#assumed" class="assumption" aria-label="A1, an assumption">`, `<rect class="outline"`, "</a>"},
			[]string{"<ellipse", "badge"}},
		{"not searched", node{id: "x", label: "a < b"}, state{derivation: sound}, true,
			[]string{`<a href="#x" class="statement  unknown" aria-label="a &lt; b: not searched">`, `<ellipse class="outline"`,
				">a &lt; b</text>", `y="105"`},
			[]string{"inner", "badge"}},
		{"holds, by a proof", node{id: "x", label: "X"},
			state{verdict: claim.Holds, derivation: sound, ratio: "0.50", proved: true}, false,
			[]string{`<g class="statement holds sound">`, "<title>X: holds, largest ratio 0.50; proved by us</title>",
				`<ellipse class="inner"`, `<text class="badge" x="100" y="113">0.50</text>`, `y="99"`, "</g>"},
			[]string{"<a ", "✓"}},
		{"refuted", node{id: "x", label: "X"},
			state{verdict: claim.Refuted, derivation: fails, certificate: true}, false,
			[]string{"<title>X: refuted; a step of its proof fails; a certificate replays</title>", ">✓</text>"},
			[]string{"inner"}},
		{"draws on a false one", node{id: "x", label: "X"},
			state{verdict: claim.Refuted, derivation: restsFalse, ratio: "2.00", certificate: true}, false,
			[]string{"X: refuted, largest ratio 2.00; its proof draws on a statement that fails; a certificate replays",
				"2.00 ✓", `class="statement refuted rests-false"`}, nil},
	} {
		d := drawn()
		d.links = c.links
		var b strings.Builder
		d.node(&b, &c.node, point{100, 100}, c.s)
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %s in %s", c.name, want, &b)
			}
		}
		for _, not := range c.not {
			if strings.Contains(b.String(), not) {
				t.Errorf("%s: %s in %s", c.name, not, &b)
			}
		}
	}
}

// TestSVG: the file of its own has a size, its colours and a key below; on the page it has none.
func TestSVG(t *testing.T) {
	never := func(*claim.Claim) bool { return false }
	d := drawn()
	d.css, d.key = ".paper{}", true
	text, err := d.svg(Known{}, claim.Past, never)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, text)
	for want, n := range map[string]int{
		`width="384" height="374"`: 1, "<style>.paper{}</style>": 1, "proved by us": 1, "past reading": 1, `role="img"`: 1,
		`class="edge sound"`: 2, `class="head sound"`: 2, "<title>": 4, `class="assumption"`: 1,
	} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%d times %s, want %d, in\n%s", got, want, n, text)
		}
	}
	d = drawn()
	d.links = true
	if text, err = d.svg(Known{}, claim.Past, never); err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{"<style>", "proved by us", "<rect class=\"paper\"", ` height="`} {
		if strings.Contains(strings.SplitN(text, "\n", 2)[0], not) {
			t.Errorf("on the page: %s", not)
		}
	}
	if !strings.Contains(text, `role="group"`) || strings.Count(text, "<a href=") != 4 {
		t.Error("nodes on the page lead nowhere")
	}
}

// TestRatioText: what stands on a node, at the edges of each way to write it.
func TestRatioText(t *testing.T) {
	for v, want := range map[float64]string{0: "", 0.0099: "1e-02", 0.01: "0.01", 0.5: "0.50", 99.4: "99.40", 99.5: "100",
		999_999: "999999", 1e6: "∞", math.Inf(1): "∞"} {
		if got := ratioText(report.Entry{Ratio: claim.Number(v)}); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

// TestLabelOf: what readers call a statement.
func TestLabelOf(t *testing.T) {
	for want, c := range map[string]claim.Claim{
		"Theorem 1":   {ID: "thm1", Eq: "(13), (21)", Title: "Theorem 1"},
		"(28a)":       {ID: "eq28a", Eq: "(28)"},
		"Corollary 2": {ID: "cor2", Eq: "(49)"},
		"(49)":        {ID: "x49", Eq: "(49)"},
		"Bernoulli":   {ID: "bernoulli", Eq: "(50)"},
		"A.1":         {ID: "a1", Eq: "A.1, the first"},
		"Fig 3a":      {ID: "fig3a", Eq: "Fig 3"},
		"Remark 4":    {ID: "remark4", Eq: "Remark 4"},
		"Eq48sum":     {ID: "eq48sum", Eq: "48"},

		"Section 5.3":   {ID: "sec53", Eq: "5.3"},
		"Section 5.3c":  {ID: "sec53c", Eq: "5.3"},
		"Table 1 floor": {ID: "table1floor", Eq: "Table 1"},
	} {
		if got := labelOf(&c); got != want {
			t.Errorf("%s is called %s, want %s", c.ID, got, want)
		}
	}
}
