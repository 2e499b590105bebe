package webpage

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/notation"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
)

// MaxBytes is the size that a page of all claims stays below, figures not counted.
const MaxBytes = 3 << 20

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// commonJS is what every page has: links that open cards, light and dark, print.
//
//go:embed common.js
var commonJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// Options are what a page may have beside the report.
type Options struct {
	Figures []Figure // of the paper's experiments, in their order
}

// page is what the template fills in.
type page struct {
	Title     string
	CSS       template.CSS
	JS        template.JS
	Report    *report.Report
	Counts    []count
	Fails     int // printed statements that fail in at least one reading
	Statement int // printed statements
	Graphs    []graphTab
	Cards     []*card
	Errata    []erratum
	Sharper   template.HTML
	Figures   []figure
	Pages     []document
	Formats   []*chart
	Training  template.HTML
	Bets      template.HTML
	Faults    document
	Open      []openRow
	Rejected  []count
	Assumed   []assumed
}

type count struct {
	Name string
	N    int
}

type graphTab struct {
	Reading string
	Checked bool
	SVG     template.HTML
}

type assumed struct {
	ID        string
	Statement template.HTML
}

// openRow is a claim that was not decided, and why.
type openRow struct {
	Card, Name string
	Verdict    claim.Verdict
	Why        string
}

// Write writes the page of a report.
func Write(w io.Writer, r *report.Report, o Options) error {
	p, err := newPage(r, o)
	if err != nil {
		return err
	}
	var b bytes.Buffer // an error leaves nothing half written
	if err := pageTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("webpage: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func newPage(r *report.Report, o Options) (*page, error) {
	claims := props.Claims()
	p := &page{
		Title: "Perturbed passes: what holds", Report: r,
		CSS: template.CSS(graphCSS + pageCSS), JS: template.JS(pageJS + commonJS),
	}
	g, err := newGraph(claims)
	if err != nil {
		return nil, err
	}
	replays := replaying()
	if err := p.drawGraphs(g, KnownOf(r), replays); err != nil {
		return nil, err
	}
	drawn, err := newCharts()
	if err != nil {
		return nil, err
	}
	l := newListing(r, claims, g, drawn)
	p.Formats = drawn.figure(formatCharts)
	if p.Cards, err = l.cards(); err != nil {
		return nil, err
	}
	p.count(r)
	p.Errata = l.errata()
	if p.Sharper, err = asHTML(l.sharper()); err != nil {
		return nil, err
	}
	if p.Figures, err = inline(o.Figures); err != nil {
		return nil, err
	}
	if p.Pages, err = documents(); err != nil {
		return nil, err
	}
	if p.Faults, err = faults(); err != nil {
		return nil, err
	}
	if len(r.Training) > 0 {
		if p.Training, err = asHTML(r.TrainingTable()); err != nil {
			return nil, err
		}
	}
	if len(r.Sequential) > 0 {
		if p.Bets, err = asHTML(r.BetsTable()); err != nil {
			return nil, err
		}
	}
	for _, a := range claim.Assumptions {
		p.Assumed = append(p.Assumed, assumed{a.ID, template.HTML(notation.HTML(a.Statement))})
	}
	return p, nil
}

// drawGraphs draws the graph in each reading; the first is shown.
func (p *page) drawGraphs(g *graph, known Known, replays func(*claim.Claim) bool) error {
	l, err := readLayout(graphPlain)
	if err != nil {
		return err
	}
	for k, r := range claim.Readings {
		d := drawing{g: g, l: l, links: true}
		svg, err := d.svg(known, r, replays)
		if err != nil {
			return err
		}
		p.Graphs = append(p.Graphs, graphTab{r.String(), k == 0, template.HTML(svg)})
	}
	return nil
}

// verdicts are those that a page may show, the plain ones first.
var verdicts = []claim.Verdict{claim.Holds, claim.Refuted, claim.Unsettled, claim.Undecided, claim.Starved,
	claim.Invalid, claim.Elsewhere}

// count counts verdicts, statements and rejected cases, and lists what is open.
func (p *page) count(r *report.Report) {
	of, reasons := map[claim.Verdict]int{}, map[string]int{}
	fails, seen := map[string]bool{}, map[string]bool{}
	for k := range r.Claims {
		row := &r.Claims[k]
		of[row.Verdict]++
		for reason, n := range row.Reasons {
			reasons[reason] += n
		}
		if row.Form == claim.Printed {
			seen[row.ID] = true
			if row.Verdict == claim.Refuted {
				fails[row.ID] = true
			}
		}
		if row.Verdict != claim.Holds && row.Verdict != claim.Refuted {
			p.Open = append(p.Open, openRow{row.ID, row.Name(), row.Verdict, why(row)})
		}
	}
	p.Fails, p.Statement = len(fails), len(seen)
	for _, v := range verdicts {
		if of[v] > 0 {
			p.Counts = append(p.Counts, count{string(v), of[v]})
		}
	}
	for k := range claim.Reasons {
		if name := claim.Reason(k).String(); reasons[name] > 0 {
			p.Rejected = append(p.Rejected, count{name, reasons[name]})
		}
	}
	slices.SortStableFunc(p.Rejected, func(a, b count) int { return b.N - a.N })
}

// why says why a claim is open.
func why(row *report.Row) string {
	switch row.Verdict {
	case claim.Unsettled:
		return row.Note
	case claim.Undecided:
		return fmt.Sprintf("%d cases that no arithmetic at hand could decide", max(row.Undecided, 1))
	case claim.Starved:
		return fmt.Sprintf("%d valid cases, %d rejected", row.Cases, row.Rejected)
	case claim.Elsewhere:
		return "another part of the search settles it"
	}
	return "nothing ran"
}

// asHTML is a table for the page.
func asHTML(t *table.Table) (template.HTML, error) {
	var b strings.Builder
	err := t.HTML(&b)
	return template.HTML(b.String()), err
}
