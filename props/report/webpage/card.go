package webpage

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/notation"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
)

// card is a statement of the paper in all its forms and readings.
type card struct {
	ID, Label, Eq string
	Order         int
	Verdicts      []readingVerdict // of the printed statement; those of its readings where they differ
	Ratio         string           // the largest found of the printed statement
	RatioValue    float64
	Forms         []*form
	From, To      []link
	Assumes       string
	Charts        []*chart
	Words         string // that a filter looks through
	panels        []string
}

type readingVerdict struct {
	Verdict claim.Verdict
	Reading string // "" for all
}

type link struct{ ID, Label string }

// form is one form of a statement, in one reading or in all.
type form struct {
	ID        string
	Name      string // in words
	Statement template.HTML
	Proof     string
	AtMost    string
	Instead   []template.HTML // what holds in its place, where it fails
	Table     template.HTML
	Rows      []*row
	source    []*report.Row
	claim     *claim.Claim
}

// row is a form in one reading.
type row struct {
	ID, Reading string
	Verdict     claim.Verdict
	Plot        template.HTML
	Reasons     string // why cases were rejected
	Note        string
	Replay      string
	Worst       *worst
	Certificate *certificate
}

// certificate is one on record with its arithmetic.
type certificate struct {
	Path, Text string
	Replays    bool
	Command    string
}

// formNames say what a form is.
var formNames = map[claim.Form]string{
	claim.Printed:    "As printed",
	claim.Derivation: "A step of the printed proof",
	claim.Repaired:   "Repaired",
	claim.Conjecture: "Conjectured, without a proof",
	claim.Sharp:      "Sharper",
	claim.SharpEach:  "Sharper, with the constants of each operator",
	claim.SharpRoot:  "Sharper for short bursts of bias: the root form",
}

// formName is what a form is, and on what it stands: a proof, or else measurements or a search.
func formName(c *claim.Claim) string {
	name := formNames[c.Form]
	switch {
	case c.Form != claim.Repaired && c.Form != claim.Sharp:
		return name
	case c.Proof != "":
		return name + ", with a proof of ours"
	case c.Kind == claim.SelfJudged:
		return name + ", measured"
	}
	return name + ", searched"
}

// listing makes cards of a report.
type listing struct {
	report *report.Report
	claims []claim.Claim
	graph  *graph
	byName map[string]*report.Row
	charts *charts
}

func newListing(r *report.Report, claims []claim.Claim, g *graph, c *charts) *listing {
	l := &listing{report: r, claims: claims, graph: g, charts: c, byName: map[string]*report.Row{}}
	for k := range r.Claims {
		l.byName[r.Claims[k].Name()] = &r.Claims[k]
	}
	return l
}

// verdict is that of a claim, "" where it was not searched.
func (l *listing) verdict(c *claim.Claim) claim.Verdict {
	if row := l.byName[c.Name()]; row != nil {
		return row.Verdict
	}
	return ""
}

// cards are those of all statements that the report has, in the paper's order.
func (l *listing) cards() ([]*card, error) {
	var all []*card
	at := map[string]*card{}
	type job struct {
		to  *row
		row *report.Row
		c   *claim.Claim
	}
	var jobs []job
	for k := range l.claims {
		c := &l.claims[k]
		r := l.byName[c.Name()]
		if r == nil {
			continue
		}
		d := at[c.ID]
		if d == nil {
			d = &card{ID: c.ID, Label: labelOf(c), Eq: claim.Place(c.Eq), Order: len(all), panels: c.Panels}
			if strings.HasPrefix(strings.ToLower(d.Label), strings.ToLower(d.Eq)) {
				d.Eq = d.Label // Fig 3a and Section 5.3a have said it
			}
			at[c.ID], all = d, append(all, d)
		}
		f := d.form(c)
		to := &row{ID: rowID(c), Reading: c.Reading.String(), Verdict: r.Verdict, Note: noteOf(r), Replay: r.Replay,
			Plot: plot(r.RatioByN), Reasons: reasons(r)}
		f.Rows, f.source = append(f.Rows, to), append(f.source, r)
		jobs = append(jobs, job{to, r, c})
	}
	pool.Map(len(jobs), func(k int) struct{} {
		j := jobs[k]
		j.to.Worst = newWorst(j.row, j.c, l.report.Seed)
		j.to.Certificate = newCertificate(j.row, j.c)
		return struct{}{}
	})
	for _, d := range all {
		if err := l.finish(d); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// noteOf is the note of a row; that of a search says where the worst case came from alone,
// which its chain says as well.
func noteOf(r *report.Row) string {
	if r.Worst != nil && strings.HasPrefix(r.Note, "worst: "+r.Worst.Source) {
		return ""
	}
	return r.Note
}

// form is that of the claim, a new one where the card has none with its statement.
func (d *card) form(c *claim.Claim) *form {
	for _, f := range d.Forms {
		if f.claim.Form == c.Form && f.claim.Statement == c.Statement {
			return f
		}
	}
	f := &form{ID: c.ID + "-" + string(c.Form), Name: formName(c), claim: c, Proof: c.Proof,
		Statement: template.HTML(notation.HTML(c.Statement))}
	for _, g := range d.Forms {
		if g.ID == f.ID { // another statement in another reading
			f.ID += "-" + c.Reading.String()
		}
	}
	if c.AtMost > 0 {
		f.AtMost = fmt.Sprintf("%.4g, by %s", c.AtMost, c.AtMostBy)
	}
	d.Forms = append(d.Forms, f)
	return f
}

func rowID(c *claim.Claim) string { return strings.ReplaceAll(c.Name(), "/", "-") + "-row" }

// finish fills in what a card says of all its forms.
func (l *listing) finish(d *card) error {
	words := []string{d.ID, d.Label, d.Eq}
	for _, f := range d.Forms {
		t := table.New("reading", "verdict", "cases", "rejected", "searched to", "largest ratio")
		t.Columns[2].Means = "that say something about the claim"
		t.Columns[3].Means = "that break a hypothesis or say nothing"
		t.Columns[4].Means = report.ReachMeans
		t.Columns[5].Means = "left over right: 1 is a bound that is met, above 1 it fails"
		for _, r := range f.source {
			t.Add(cmp.Or(r.Reading.String(), "any"), r.Verdict, r.Cases, r.Rejected, r.ReachWords(),
				r.Tightness())
			if f.claim.Form == claim.Printed && (d.Ratio == "" || float64(r.Ratio) > d.RatioValue) {
				d.Ratio, d.RatioValue = r.Tightness(), float64(r.Ratio)
			}
			words = append(words, string(r.Verdict))
		}
		var err error
		if f.Table, err = asHTML(t); err != nil {
			return err
		}
		for _, text := range l.instead(f) {
			f.Instead = append(f.Instead, template.HTML(notation.HTML(text)))
		}
		words = append(words, string(f.claim.Form), f.claim.Statement)
		if a := strings.Join(f.claim.Assumes(), ", "); f.claim.Form == claim.Printed {
			d.Assumes = a
		}
	}
	var err error
	if d.Charts, err = l.charts.of(d.ID, d.panels); err != nil {
		return err
	}
	d.Words = strings.ToLower(strings.Join(words, " "))
	d.Verdicts = verdictsOf(d.Forms)
	for _, e := range l.graph.edges {
		switch {
		case e.to == d.ID && !strings.HasPrefix(e.from, "A"):
			d.From = append(d.From, link{e.from, l.label(e.from)})
		case e.from == d.ID:
			d.To = append(d.To, link{e.to, l.label(e.to)})
		}
	}
	return nil
}

func (l *listing) label(id string) string {
	for _, n := range l.graph.nodes {
		if n.id == id {
			return n.label
		}
	}
	return id
}

// verdictsOf are those of the printed statement, or of the first form where there is none.
func verdictsOf(forms []*form) []readingVerdict {
	f := forms[0]
	for _, g := range forms {
		if g.claim.Form == claim.Printed {
			f = g
			break
		}
	}
	first := f.Rows[0].Verdict
	if !slices.ContainsFunc(f.Rows, func(r *row) bool { return r.Verdict != first }) {
		return []readingVerdict{{first, ""}}
	}
	var all []readingVerdict
	for _, r := range f.Rows {
		all = append(all, readingVerdict{r.Verdict, r.Reading})
	}
	return all
}

// erratumOf is the report's erratum for a refuted claim, made from rows.
func (l *listing) erratumOf(c *claim.Claim) *report.Erratum {
	e := &report.Erratum{Claim: c}
	for k := range l.claims {
		d := &l.claims[k]
		switch {
		case d.Reading != c.Reading || l.byName[d.Name()] == nil || d.Name() == c.Name():
		case d.ID == c.ID && d.Form.Instead():
			if l.verdict(d) == claim.Refuted { // holds in nothing's place
				continue
			}
			e.Repaired = append(e.Repaired, d)
		case d.Form == claim.Printed && l.verdict(d) == claim.Holds && c.LeadsTo(d):
			e.Spared = append(e.Spared, d)
		}
	}
	return e
}

// instead is what holds in the place of a form in the readings where it fails.
func (l *listing) instead(f *form) []string {
	var all []string
	for _, r := range f.source {
		if r.Verdict != claim.Refuted {
			continue
		}
		c := *f.claim
		c.Reading = r.Reading
		e := l.erratumOf(&c)
		proofs := map[string]string{}
		for _, d := range e.Repaired {
			proofs[d.Statement] = d.Proof
		}
		for _, text := range e.Instead() {
			if p := proofs[text]; p != "" {
				text += "; proof: " + p
			}
			if r.Reading != claim.AnyReading {
				text = r.Reading.String() + ": " + text
			}
			all = append(all, text)
		}
	}
	return merged(all)
}

// merged joins texts that differ in the reading before their colon alone.
func merged(texts []string) []string {
	readings, order := map[string][]string{}, []string{}
	for _, text := range texts {
		reading, rest, ok := strings.Cut(text, ": ")
		if !ok || !slices.ContainsFunc(claim.Readings[:], func(r claim.Reading) bool { return r.String() == reading }) {
			reading, rest = "", text
		}
		if readings[rest] == nil {
			order = append(order, rest)
		}
		readings[rest] = append(readings[rest], reading)
	}
	var all []string
	for _, rest := range order {
		if names := readings[rest]; names[0] != "" && len(names) < len(claim.Readings) {
			rest = strings.Join(names, ", ") + ": " + rest
		}
		all = append(all, rest)
	}
	return all
}

// reasons are those of the rejected cases, the most frequent first.
func reasons(r *report.Row) string {
	type reason struct {
		name string
		n    int
	}
	var all []reason
	for name, n := range r.Reasons {
		all = append(all, reason{name, n})
	}
	slices.SortFunc(all, func(a, b reason) int { return cmp.Or(b.n-a.n, strings.Compare(a.name, b.name)) })
	var parts []string
	for _, x := range all {
		parts = append(parts, fmt.Sprintf("%d %s", x.n, x.name))
	}
	return strings.Join(parts, ", ")
}

// newCertificate replays the certificate that a row names; nil where it names none.
func newCertificate(r *report.Row, c *claim.Claim) *certificate {
	path := report.OnRecord(c)
	if r.Certificate == "" || path == "" {
		return nil
	}
	x := &certificate{Path: path, Command: "go run ./props/verify replay " + path}
	data, err := cascade.Testdata.ReadFile(path)
	if err != nil {
		x.Text = err.Error()
		return x
	}
	shown, err := cert.Check(data)
	if err != nil {
		x.Text = err.Error()
		return x
	}
	x.Replays, x.Text = true, shown.String()
	return x
}

// erratum is a printed statement that fails.
type erratum struct {
	Card, Label, Readings string
	Statement             template.HTML
	Witness               string // in the words of its certificate, or its note
	Instead               []template.HTML
}

// errata are the refuted claims of the paper, readings that share a statement together.
func (l *listing) errata() []erratum {
	var all []erratum
	seen := map[string]int{}
	for k := range l.claims {
		c := &l.claims[k]
		if l.verdict(c) != claim.Refuted {
			continue
		}
		key := c.ID + string(c.Form)
		at, ok := seen[key]
		if !ok {
			at, seen[key] = len(all), len(all)
			name := labelOf(c)
			if c.Form == claim.Derivation {
				name += ", a step of its proof"
			}
			all = append(all, erratum{Card: c.ID, Label: name, Statement: template.HTML(notation.HTML(c.Statement)),
				Witness: l.witness(c)})
		}
		if c.Reading != claim.AnyReading {
			all[at].Readings = strings.TrimPrefix(all[at].Readings+", "+c.Reading.String(), ", ")
		}
		for _, text := range l.erratumOf(c).Instead() {
			h := template.HTML(notation.HTML(text))
			if !slices.Contains(all[at].Instead, h) {
				all[at].Instead = append(all[at].Instead, h)
			}
		}
	}
	return all
}

// witness is what shows that a claim fails, in one sentence or two.
func (l *listing) witness(c *claim.Claim) string {
	if path := report.OnRecord(c); path != "" {
		if data, err := cascade.Testdata.ReadFile(path); err == nil {
			if shown, err := cert.Check(data); err == nil {
				return shown.Certificate.Text
			}
		}
	}
	return l.byName[c.Name()].Note
}

// sharper has a row for each sharp form that holds, readings together.
func (l *listing) sharper() *table.Table {
	t := table.New("statement", "form", "says", "largest ratio", "that of the printed or repaired form")
	t.Markup = map[int]func(string) string{2: notation.HTML}
	seen := map[string]bool{}
	for k := range l.claims {
		c := &l.claims[k]
		r := l.byName[c.Name()]
		key := c.ID + string(c.Form) + c.Statement
		if !c.Form.Sharper() || r == nil || r.Verdict != claim.Holds || seen[key] {
			continue
		}
		seen[key] = true
		t.Add(labelOf(c), c.Form, c.Statement, r.Tightness(), l.beside(c))
	}
	return t
}

// beside is the ratio of the form that a sharp one improves on.
func (l *listing) beside(c *claim.Claim) string {
	text := "-"
	for k := range l.claims {
		d := &l.claims[k]
		if d.ID != c.ID || d.Reading != c.Reading || l.verdict(d) != claim.Holds || d.Kind == claim.SelfJudged {
			continue
		}
		switch {
		case d.Form == claim.Printed:
			return l.byName[d.Name()].Tightness()
		case d.Form == claim.Repaired:
			text = l.byName[d.Name()].Tightness() + " (repaired)"
		}
	}
	return text
}
