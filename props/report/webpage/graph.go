package webpage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/report"
)

// node is a statement of the paper, or one of its assumptions.
type node struct {
	id, label  string
	assumption bool
	claims     []*claim.Claim // printed, of all readings; of a step without a statement, the step
	steps      []*claim.Claim // derivations that lead to it
}

// edge says that the proof of to draws on from.
type edge struct{ from, to string }

// graph is the paper.
type graph struct {
	nodes []*node
	edges []edge
}

// newGraph is the graph of the claims. An edge from a statement that is not on the list is
// an error.
func newGraph(claims []claim.Claim) (*graph, error) {
	g, at := new(graph), map[string]*node{}
	add := func(n *node) *node {
		g.nodes, at[n.id] = append(g.nodes, n), n
		return n
	}
	for _, a := range claim.Assumptions {
		add(&node{id: a.ID, label: a.ID, assumption: true})
	}
	for k := range claims {
		c := &claims[k]
		if c.Form == claim.Printed {
			n := at[c.ID]
			if n == nil {
				n = add(&node{id: c.ID, label: labelOf(c)})
			}
			n.claims = append(n.claims, c)
		}
	}
	for k := range claims {
		c := &claims[k]
		if c.Form != claim.Derivation {
			continue
		}
		if n := at[c.ID]; n != nil {
			n.steps = append(n.steps, c)
		} else {
			add(&node{id: c.ID, label: labelOf(c), claims: []*claim.Claim{c}})
		}
	}
	assumed := map[string][]string{} // by statements, those of what they follow from included
	for _, n := range g.nodes {
		for _, c := range append(slices.Clone(n.claims), n.steps...) {
			for _, from := range c.FollowsFrom {
				e := edge{from, n.id}
				if at[from] == nil {
					return nil, fmt.Errorf("webpage: %s follows from %q, which is not on the list", c.Name(), from)
				}
				if !slices.Contains(g.edges, e) {
					g.edges = append(g.edges, e)
				}
			}
			for _, a := range c.Assumes() {
				if !slices.Contains(assumed[n.id], a) {
					assumed[n.id] = append(assumed[n.id], a)
				}
			}
		}
	}
	// An assumption leads to the statements that no premise brings it to.
	for _, n := range g.nodes {
		for _, a := range assumed[n.id] {
			if !slices.ContainsFunc(g.edges, func(e edge) bool {
				return e.to == n.id &&
					slices.Contains(assumed[e.from], a)
			}) {
				g.edges = append(g.edges, edge{a, n.id})
			}
		}
	}
	return g, nil
}

// ids of equations and corollaries say their numbers.
var (
	ofSection   = regexp.MustCompile(`^sec[0-9]+([a-z]?)$`)
	ofEquation  = regexp.MustCompile(`^eq([0-9]+[a-z]?)$`)
	ofCorollary = regexp.MustCompile(`^cor([0-9]+)$`)
)

// labelOf is the name of a statement: what readers call it, or its number.
func labelOf(c *claim.Claim) string {
	if c.Title != "" {
		return c.Title
	}
	if m := ofEquation.FindStringSubmatch(c.ID); m != nil {
		return "(" + m[1] + ")"
	}
	if m := ofSection.FindStringSubmatch(c.ID); m != nil {
		return "Section " + c.Eq + m[1]
	}
	if m := ofCorollary.FindStringSubmatch(c.ID); m != nil {
		return "Corollary " + m[1]
	}
	switch {
	case ofNumber.MatchString(c.Eq) && !ofName.MatchString(c.ID):
		return c.Eq
	case strings.HasPrefix(c.Eq, "A."):
		first, _, _ := strings.Cut(c.Eq, ",")
		return first
	}
	name := strings.ToUpper(c.ID[:1]) + c.ID[1:]
	if m := ofOther.FindStringSubmatch(name); m != nil {
		return m[1] + " " + m[2] // Fig 3a
	}
	if m := ofTable.FindStringSubmatch(strings.Replace(name, "Table", "Table ", 1)); m != nil {
		return m[1] + " " + m[2] // Table 1 floor
	}
	return name
}

var (
	ofNumber = regexp.MustCompile(`^\([0-9]+\)$`)
	ofOther  = regexp.MustCompile(`^([A-Z][a-z]+)([0-9]+[a-z]?)$`)
	ofTable  = regexp.MustCompile(`^(Table [0-9]+)([a-z]{2,})$`)
	ofName   = regexp.MustCompile(`^[a-z]{5,}$`) // bernoulli, spike
)

// The size of a node in inches, as Graphviz has it.
const (
	nodeWidth  = 1.05
	nodeHeight = 0.52
)

// Dot is the graph of the claims for Graphviz.
func Dot(claims []claim.Claim) (string, error) {
	g, err := newGraph(claims)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("digraph paper {\n")
	fmt.Fprintf(&b, "nodesep=0.14; ranksep=0.34; node [fixedsize=true, width=%v, height=%v, label=\"\"];\n",
		nodeWidth, nodeHeight)
	alone := g.alone()
	for _, n := range g.nodes {
		shape := "ellipse"
		if n.assumption {
			shape = "box"
		}
		if !slices.Contains(alone, n) {
			fmt.Fprintf(&b, "%s [shape=%s];\n", n.id, shape)
		}
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "%s -> %s;\n", e.from, e.to)
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// alone are the nodes without an edge: they stand in rows below the others, and need no
// layout.
func (g *graph) alone() []*node {
	linked := map[string]bool{}
	for _, e := range g.edges {
		linked[e.from], linked[e.to] = true, true
	}
	return slices.DeleteFunc(slices.Clone(g.nodes), func(n *node) bool { return linked[n.id] })
}

// state is what is known of a node or an edge in one reading.
type state struct {
	verdict     claim.Verdict // of the printed statement; "" where nothing is known
	derivation  derivation
	ratio       string // "" where there is none
	proved      bool
	certificate bool // on record, and it replays
}

// derivation is what is known of the printed proof of a statement.
type derivation string

const (
	sound      derivation = "sound"       // no step of it was found to fail
	fails      derivation = "fails"       // a step fails
	restsFalse derivation = "rests-false" // it draws on a statement that fails
)

// Known is what a search, or the record, says of claims by their names.
type Known map[string]report.Entry

// KnownOf is what a report says.
func KnownOf(r *report.Report) Known {
	known := Known{}
	for k := range r.Claims {
		row := &r.Claims[k]
		known[row.Name()] = report.Entry{Verdict: row.Verdict, Ratio: row.Ratio}
	}
	return known
}

// in are the claims of the list that speak in the reading.
func in(r claim.Reading, claims []*claim.Claim) []*claim.Claim {
	return slices.DeleteFunc(slices.Clone(claims), func(c *claim.Claim) bool {
		return c.Reading != claim.AnyReading && c.Reading != r
	})
}

// states are those of all nodes, and of the edges whose step fails.
func (g *graph) states(known Known, r claim.Reading, replays func(*claim.Claim) bool) (map[string]state,
	map[edge]derivation) {
	states, edges := map[string]state{}, map[edge]derivation{}
	for _, n := range g.nodes {
		s := state{derivation: sound}
		for _, c := range in(r, n.claims) {
			e := known[c.Name()]
			s.verdict, s.proved = e.Verdict, c.Proof != ""
			s.ratio = ratioText(e)
			s.certificate = e.Verdict == claim.Refuted && replays(c)
		}
		states[n.id] = s
	}
	for _, n := range g.nodes {
		s := states[n.id]
		rests := ""
		for _, c := range in(r, n.claims) {
			rests = c.RestsOn
		}
		for _, e := range g.edges {
			if e.to != n.id {
				continue
			}
			edges[e] = sound
			// A statement that holds and draws on a false one does so where that is true, unless
			// the list says otherwise.
			if states[e.from].verdict == claim.Refuted && (s.verdict != claim.Holds || rests == e.from) {
				edges[e] = restsFalse
				s.derivation = restsFalse
			}
		}
		steps := in(r, n.steps)
		if len(n.claims) > 0 && n.claims[0].Form == claim.Derivation {
			steps = in(r, n.claims)
		}
		for _, c := range steps {
			if known[c.Name()].Verdict != claim.Refuted {
				continue
			}
			s.derivation = fails
			s.certificate = s.certificate || replays(c)
			for _, from := range c.FollowsFrom {
				edges[edge{from, n.id}] = fails
			}
		}
		states[n.id] = s
	}
	return states, edges
}

// ratioText is a ratio for a badge.
func ratioText(e report.Entry) string {
	switch v := float64(e.Ratio); {
	case v == 0:
		return ""
	case v >= 1e6:
		return "∞"
	case v >= 99.5:
		return fmt.Sprintf("%.0f", v)
	case v < 0.01:
		return fmt.Sprintf("%.0e", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// replaying finds out which certificates on record replay, each once.
func replaying() func(*claim.Claim) bool {
	known := map[string]bool{}
	return func(c *claim.Claim) bool {
		path := report.OnRecord(c)
		if path == "" {
			return false
		}
		ok, done := known[path]
		if !done {
			data, err := cascade.Testdata.ReadFile(path)
			if err == nil {
				_, err = cert.Check(data)
			}
			ok = err == nil
			known[path] = ok
		}
		return ok
	}
}
