package webpage

import (
	_ "embed"
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
)

// perInch is the size of the graph in pixels.
const perInch = 96

// graphCSS colours the graph; the page and the file for README share it.
//
//go:embed graph.css
var graphCSS string

// GraphSVG is the graph as a file of its own, as README shows it: of what is known, in one
// reading.
func GraphSVG(claims []claim.Claim, known Known, r claim.Reading) (string, error) {
	g, err := newGraph(claims)
	if err != nil {
		return "", err
	}
	l, err := readLayout(graphPlain)
	if err != nil {
		return "", err
	}
	d := drawing{g: g, l: l, css: graphCSS, key: true}
	return d.svg(known, r, replaying())
}

// drawing draws a graph.
type drawing struct {
	g     *graph
	l     *layout
	css   string // "" where the page has it
	links bool   // nodes lead to cards
	key   bool   // what the signs mean stands below
}

// svg draws what is known in one reading.
func (d *drawing) svg(known Known, r claim.Reading, replays func(*claim.Claim) bool) (string, error) {
	states, edges := d.g.states(known, r, replays)
	var b strings.Builder
	height := d.standAlone()
	if d.key {
		height += keyHeight
	}
	name := fmt.Sprintf("The statements of arXiv:2602.20646 and what each follows from, %s reading", r)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 %.0f %.0f"`,
		d.l.width*perInch, height*perInch)
	if d.css != "" {
		fmt.Fprintf(&b, ` width="%.0f" height="%.0f"`, d.l.width*perInch, height*perInch)
	}
	role := "img"
	if d.links {
		role = "group"
	}
	fmt.Fprintf(&b, ` role="%s" aria-label="%s">`+"\n", role, name)
	if d.css != "" {
		fmt.Fprintf(&b, "<style>%s</style>\n", d.css)
		b.WriteString("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n")
	}
	for _, e := range d.g.edges {
		points, ok := d.l.edges[e]
		if !ok {
			return "", fmt.Errorf("webpage: graph.plain has no edge from %s to %s: make it anew", e.from, e.to)
		}
		d.edge(&b, points, edges[e])
	}
	for _, n := range d.g.nodes {
		at, ok := d.l.nodes[n.id]
		if !ok {
			return "", fmt.Errorf("webpage: graph.plain has no node %s: make it anew", n.id)
		}
		d.node(&b, n, d.place(at), states[n.id])
	}
	if d.key {
		d.legend(&b, height-keyHeight/2)
	}
	b.WriteString("</svg>\n")
	return b.String(), nil
}

// The rows of statements without an edge, in inches.
const (
	aloneGap    = 0.14
	aloneAbove  = 0.3
	aloneHeight = nodeHeight + 0.18
)

// standAlone gives the nodes without an edge places in rows below the graph, and returns
// the height of all.
func (d *drawing) standAlone() float64 {
	alone := d.g.alone()
	each := nodeWidth + aloneGap
	perRow := max(1, int((d.l.width+aloneGap)/each))
	for k, n := range alone {
		d.l.nodes[n.id] = point{
			nodeWidth/2 + float64(k%perRow)*each,
			-aloneAbove - nodeHeight/2 - float64(k/perRow)*aloneHeight,
		}
	}
	if len(alone) == 0 {
		return d.l.height
	}
	return d.l.height + aloneAbove + float64((len(alone)-1)/perRow+1)*aloneHeight
}

// place is a point of the layout in pixels from the upper left corner.
func (d *drawing) place(p point) point {
	return point{p.x * perInch, (d.l.height - p.y) * perInch}
}

func (d *drawing) edge(b *strings.Builder, points []point, of derivation) {
	fmt.Fprintf(b, `<path class="edge %s" d="`, of)
	for k, p := range points {
		q := d.place(p)
		switch {
		case k == 0:
			fmt.Fprintf(b, "M%.0f %.0f", q.x, q.y)
		case k == 1:
			fmt.Fprintf(b, "C%.0f %.0f", q.x, q.y)
		default:
			fmt.Fprintf(b, " %.0f %.0f", q.x, q.y)
		}
	}
	b.WriteString("\"/>")
	d.arrow(b, d.place(points[len(points)-2]), d.place(points[len(points)-1]), of)
}

// arrow draws a head of 8 pixels; Graphviz leaves it room.
func (d *drawing) arrow(b *strings.Builder, from, to point, of derivation) {
	v := point{to.x - from.x, to.y - from.y}
	n := hypot(v)
	if n == 0 {
		return
	}
	v.x, v.y = v.x/n, v.y/n
	tip := point{to.x + 9*v.x, to.y + 9*v.y}
	fmt.Fprintf(b, `<path class="head %s" d="M%.1f %.1fL%.1f %.1fL%.1f %.1fZ"/>`+"\n", of,
		tip.x, tip.y, to.x-4*v.y, to.y+4*v.x, to.x+4*v.y, to.y-4*v.x)
}

func (d *drawing) node(b *strings.Builder, n *node, at point, s state) {
	says := n.label + ", an assumption"
	class := "assumption"
	if !n.assumption {
		of := s.derivation
		if s.verdict == "" {
			of = "unknown"
		}
		class = html.EscapeString(strings.Join([]string{"statement", string(s.verdict), string(of)}, " "))
		says = d.describe(n, s)
	}
	if d.links {
		href := "#" + n.id
		if n.assumption {
			href = "#assumed"
		}
		fmt.Fprintf(b, `<a href="%s" class="%s" aria-label="%s">`, href, class, html.EscapeString(says))
	} else {
		fmt.Fprintf(b, `<g class="%s">`, class)
	}
	fmt.Fprintf(b, "<title>%s</title>", html.EscapeString(says))
	outline := func(class string, shrink float64) {
		w, h := nodeWidth*perInch/2-shrink, nodeHeight*perInch/2-shrink
		if n.assumption {
			fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, at.x-w, at.y-h,
				2*w, 2*h)
			return
		}
		fmt.Fprintf(b, `<ellipse class="%s" cx="%.0f" cy="%.0f" rx="%.1f" ry="%.1f"/>`, class, at.x, at.y, w, h)
	}
	outline("outline", 1.5)
	if s.proved {
		outline("inner", 5)
	}
	up := 5.0
	if s.ratio != "" || s.certificate {
		up = -1
		fmt.Fprintf(b, `<text class="badge" x="%.0f" y="%.0f">%s</text>`, at.x, at.y+13, badge(s))
	}
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f">%s</text>`, at.x, at.y+up, html.EscapeString(n.label))
	if d.links {
		b.WriteString("</a>\n")
	} else {
		b.WriteString("</g>\n")
	}
}

// badge is the largest ratio, and the mark of a certificate that replays.
func badge(s state) string {
	parts := s.ratio
	if s.certificate {
		parts = strings.TrimSpace(parts + " ✓")
	}
	return parts
}

// describe says in words what a node shows.
func (d *drawing) describe(n *node, s state) string {
	says := n.label
	if s.verdict == "" {
		return says + ": not searched"
	}
	says += ": " + string(s.verdict)
	if s.ratio != "" {
		says += ", largest ratio " + s.ratio
	}
	switch s.derivation {
	case fails:
		says += "; a step of its proof fails"
	case restsFalse:
		says += "; its proof draws on a statement that fails"
	}
	if s.proved {
		says += "; proved by us"
	}
	if s.certificate {
		says += "; a certificate replays"
	}
	return says
}

// The height of the key in inches, and its entries.
const keyHeight = 0.9

func (d *drawing) legend(b *strings.Builder, middle float64) {
	y := middle * perInch
	step := d.l.width * perInch / 7
	x := step / 2
	for _, k := range []struct {
		class, says string
		inner       bool
	}{
		{"statement holds sound", "holds", false},
		{"statement refuted sound", "refuted", false},
		{"statement unsettled sound", "unsettled", false},
		{"statement holds fails", "a step fails", false},
		{"statement holds rests-false", "draws on a false one", false},
		{"statement holds sound", "proved by us", true},
	} {
		fmt.Fprintf(b, `<g class="%s"><ellipse class="outline" cx="%.0f" cy="%.0f" rx="22" ry="11"/>`, k.class, x, y-14)
		if k.inner {
			fmt.Fprintf(b, `<ellipse class="inner" cx="%.0f" cy="%.0f" rx="18.5" ry="7.5"/>`, x, y-14)
		}
		fmt.Fprintf(b, `<text class="badge" x="%.0f" y="%.0f">%s</text></g>`+"\n", x, y+16, k.says)
		x += step
	}
	fmt.Fprintf(b, `<g class="statement"><text x="%.0f" y="%.0f">0.50 ✓</text>`, x, y-9)
	fmt.Fprintf(b, `<text class="badge" x="%.0f" y="%.0f">largest ratio; certificate</text></g>`+"\n", x, y+16)
}

func hypot(p point) float64 { return math.Hypot(p.x, p.y) }
