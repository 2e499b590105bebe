package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting/anytime"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Tightness is Ratio for a table, "-" for a claim whose evidence is not a ratio, and
// "unbounded" over a right side that is 0 but for outward rounding.
func (r *Row) Tightness() string {
	switch {
	case r.Ratio == 0 && len(r.RatioByN) == 0:
		return "-"
	case float64(r.Ratio) >= unbounded && r.Verdict == claim.Refuted:
		return "unbounded"
	}
	return r.Ratio.String()
}

// unbounded is the ratio above which a right side is 0 but for rounding outwards: sides
// are enclosed to a relative 2^-50 of states of size 1, and squares of that are 1e-30.
const unbounded = 1e15

// What the columns of verdicts mean, wherever they are shown.
const (
	verdictMeans = "holds: nothing was found against it, no proof; refuted: a certificate or math/big shows a " +
		"violation; unsettled: a statement about rates"
	casesMean     = "that say something about the claim"
	rejectedMeans = "that break a hypothesis or say nothing"
	// ReachMeans is about ReachWords.
	ReachMeans = "the most operators, the widest state, the most steps T of a run and the most joint outcomes " +
		"(leaves) of a pass, of a case that says something; - where a claim judges itself"
	ratioMeans = "the largest left/right that this search found: 1 is a bound that is met, 0.33 one that is " +
		"three times too large; unbounded: the right side is 0 but for rounding; of a claim about a rate or a " +
		"growth, the constant that it needs"
)

// ClaimsTable has a row for each claim.
func (r *Report) ClaimsTable() *table.Table {
	t := table.New("id", "equation", "form", "reading", "verdict", "cases", "rejected", "searched to",
		"largest ratio", "replay")
	for _, c := range r.Claims {
		reading := c.Reading.String()
		if reading == "" {
			reading = "-"
		}
		t.Add(c.ID, claim.Place(c.Eq), c.Form, reading, c.Verdict, c.Cases, c.Rejected, c.ReachWords(), c.Tightness(),
			c.Replay)
	}
	return t
}

// ReachWords are how large the valid cases were, the largest in each direction, "-" where
// there were none.
func (r *Row) ReachWords() string {
	if r.Reach == nil {
		return "-"
	}
	return extentWords(*r.Reach)
}

func extentWords(x gen.Extent) string {
	if x.Steps > 0 {
		return fmt.Sprintf("N %d, width %d, T %d, leaves %d", x.N, x.Width, x.Steps, x.Leaves)
	}
	return fmt.Sprintf("N %d, width %d, leaves %d", x.N, x.Width, x.Leaves)
}

// leastReach is how far all the rows were searched, the least in each direction: "-" where
// one was not.
func leastReach(rows []*Row) string {
	if slices.ContainsFunc(rows, func(r *Row) bool { return r.Reach == nil }) {
		return "-"
	}
	x := *rows[0].Reach
	for _, r := range rows[1:] {
		y := *r.Reach
		x = gen.Extent{N: min(x.N, y.N), Width: min(x.Width, y.Width), Steps: min(x.Steps, y.Steps),
			Leaves: min(x.Leaves, y.Leaves)}
	}
	return extentWords(x)
}

// TrainingTable has a row for each training run, with what its last logged step measured.
func (r *Report) TrainingTable() *table.Table {
	t := table.New("run", "steps", "loss", "E|U-u|^2 measured", "Theorem 1's bound", "sharp", "sharp-each",
		"claims violated")
	for _, run := range r.Training {
		var last training.LoggedStep
		if n := len(run.Logged); n > 0 {
			last = run.Logged[n-1]
		}
		violated := "none"
		if !run.OK {
			violated = fmt.Sprint(run.Violated)
		}
		short := func(n claim.Number) string { return fmt.Sprintf("%.3g", float64(n)) }
		t.Add(run.Name, run.Steps, fmt.Sprintf("%v -> %v", run.LossFirst, run.LossLast),
			short(last.Measured), short(last.Bound), short(last.Sharp), short(last.Each), violated)
	}
	return t
}

// BetsTable has a row for each sequential test.
func (r *Report) BetsTable() *table.Table {
	t := table.New("test", "observations", "log wealth", "verdict")
	for _, s := range r.Sequential {
		verdict := "not refuted"
		if s.Rejected {
			verdict = "refuted"
		}
		t.Add(s.Name, s.Steps, fmt.Sprintf("%.2f", float64(s.Wealth)), verdict)
	}
	return t
}

// legend says on a terminal what the columns are.
const legend = `form           printed as in version 1 of the paper; derivation: a step of a printed proof; others: ours
reading        how the conditional expectations of section 3 are taken: literal, past, total
verdict        holds: nothing was found against it, no proof; refuted: a certificate or math/big shows a violation;
               unsettled: a statement about rates
cases          that say something about the claim; rejected are those that break a hypothesis or say nothing
searched to    the most operators, the widest state, the most steps of a run and outcomes of a pass of a valid case
largest ratio  left/right at its worst: 1 is a bound that is met; unbounded: the right side is 0 but for rounding;
               of a claim about a rate or a growth (<~, O): the constant that it needs
` + legendOfReplay

// The last line of the legend, of a search and of a campaign.
const (
	legendOfReplay = "replay         " +
		"the same search for this claim alone, with the claims that its worst case was found by"
	legendOfCampaign = `replay         the file of its worst case in the folder of the campaign, for verify replay`
)

// Page is the report as a document.
func (r *Report) Page() *table.Page {
	d := &table.Page{Title: "Verdicts", Command: "go run ./props/verify"}
	says := legend
	if r.Campaign != nil {
		says = strings.TrimSuffix(legend, legendOfReplay) + legendOfCampaign
	}
	d.Add(r.ClaimsTable(), table.Text(says))
	if len(r.Training) > 0 {
		d.Add(table.Text("Training runs on real data. At every logged step all claims about one step are checked, but\n"+
			"for (6), spike and lemma2; E is over the samples of the batch and their draws; the last step is shown."),
			r.TrainingTable())
	}
	if len(r.Sequential) > 0 {
		d.Add(table.Text(fmt.Sprintf("Long stochastic runs, tested by betting against the claim: below 0 the bets have "+
			"lost. A claim that\nis true is refuted in one of all these tests with a probability of %g at most.",
			anytime.SuiteAlpha)), r.BetsTable())
	}
	return d
}

// RecordPage is Page for the record: readings that share verdict, counts and ratio share a
// row, and columns say what they are.
func (r *Report) RecordPage() *table.Page {
	d := &table.Page{Title: "Verdicts", Command: "go run ./props/verify record"}
	count := map[claim.Verdict]int{}
	for _, row := range r.Claims {
		count[row.Verdict]++
	}
	d.Add(table.Text(fmt.Sprintf("Of %d rows, a claim in one form and reading each, %d hold, %d are refuted and "+
		"%d are unsettled. What fails as printed, with witnesses and what holds instead, is on "+
		"the page of errata (ERRATA.md).",
		len(r.Claims), count[claim.Holds], count[claim.Refuted], count[claim.Unsettled])))
	t := table.New("id", "equation", "form", "readings", "verdict", "cases", "rejected", "searched to",
		"largest found", "largest possible")
	for k, means := range []string{
		3: "of the conditional expectations (literal, past, total) that share the verdict; -: there are none",
		4: verdictMeans,
		5: casesMean + "; a build for another processor may have a few more or fewer, where a climb turns on a last digit",
		6: rejectedMeans,
		7: ReachMeans + "; of readings that share a row, what each was searched to",
		8: ratioMeans,
		9: "an upper bound of left/right over all cases, where one is proved; empty where it is not known",
	} {
		t.Columns[k].Means = means
	}
	possible := r.possible()
	for _, same := range r.byReading(possible) {
		c := same[0]
		t.Add(c.ID, claim.Place(c.Eq), c.Form, readings(same), c.Verdict, between(same, func(r *Row) int { return r.Cases }),
			between(same, func(r *Row) int { return r.Rejected }), leastReach(same), worst(same).Tightness(),
			possible[c.Name()])
	}
	d.Add(t)
	if len(r.Training) > 0 {
		d.Add(table.Heading("Training runs"),
			table.Text("Claims about one step at every logged step, E over the samples "+
				"of the batch and their draws; measured and bounds are those of the last one."), r.TrainingTable())
	}
	return d
}

// byReading groups rows that differ in their reading, and not in their verdict or in the
// largest ratio that is possible.
func (r *Report) byReading(possible map[string]string) [][]*Row {
	var groups [][]*Row
	for k := range r.Claims {
		row := &r.Claims[k]
		at := slices.IndexFunc(groups, func(g []*Row) bool {
			o := g[0]
			return row.Reading != claim.AnyReading && o.ID == row.ID && o.Form == row.Form &&
				o.Verdict == row.Verdict && possible[o.Name()] == possible[row.Name()]
		})
		if at < 0 {
			groups = append(groups, []*Row{row})
			continue
		}
		groups[at] = append(groups[at], row)
	}
	return groups
}

// readings are those of the rows, "-" for none.
func readings(rows []*Row) string {
	if rows[0].Reading == claim.AnyReading {
		return "-"
	}
	var names []string
	for _, row := range rows {
		names = append(names, row.Reading.String())
	}
	return strings.Join(names, ", ")
}

// between is a number of the rows, or its least and its largest.
func between(rows []*Row, of func(*Row) int) string {
	lo, hi := of(rows[0]), of(rows[0])
	for _, row := range rows {
		lo, hi = min(lo, of(row)), max(hi, of(row))
	}
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}

// worst is the row with the largest ratio.
func worst(rows []*Row) *Row {
	return slices.MaxFunc(rows, func(a, b *Row) int { return cmp.Compare(a.Ratio, b.Ratio) })
}

// possible are the largest ratios that are possible, with the place of the proof, by the
// names of the claims.
func (r *Report) possible() map[string]string {
	claims, err := Select(r.Select)
	if err != nil {
		return nil // the report is not of this list
	}
	possible := map[string]string{}
	for _, c := range claims {
		if c.AtMost > 0 {
			possible[c.Name()] = fmt.Sprintf("%.3g, %s", c.AtMost, c.AtMostBy)
		}
	}
	return possible
}

// ErrataTable has a row for each statement that fails as printed.
func ErrataTable(found []*search.Finding) *table.Table {
	t := table.New("statement", "as printed", "smallest witness", "left, right", "instead")
	for _, e := range Errata(found) {
		c := e.Claim
		name := c.ID + " " + claim.Place(c.Eq)
		if c.Reading != claim.AnyReading {
			name += ", " + c.Reading.String()
		}
		if c.Form == claim.Derivation {
			name += ", derivation"
		}
		sides := ""
		if e.Witness != nil {
			sides = fmt.Sprintf("%.4g > %.4g", e.Result.Left.Lo, e.Result.Right.Hi)
		}
		if e.Certificate != "" {
			sides += " (" + e.Certificate + ")"
		}
		t.Add(name, c.Statement, e.WitnessLine(), strings.TrimSpace(sides), strings.Join(e.Instead(), "; "))
	}
	return t
}

// SharperTable has a row for each sharp form that holds.
func SharperTable(found []*search.Finding) *table.Table {
	t := table.New("id", "form", "statement", "ratio", "ratio beside it")
	t.Columns[3].Means = "the largest left/right found"
	t.Columns[4].Means = "that of the printed form, or of the repaired one where that fails; -: none"
	for _, i := range Improvements(found) {
		form := strings.Join(append([]string{string(i.Claim.Form)}, i.Readings...), ", ")
		t.Add(i.Claim.ID+" "+claim.Place(i.Claim.Eq), form, i.Claim.Statement, i.Ratio, i.BesideRatio())
	}
	return t
}

// ErrataPage lists what fails as printed, and the sharper forms that hold.
func ErrataPage(found []*search.Finding) *table.Page {
	d := &table.Page{Title: "What fails as printed, and what holds instead",
		Command: "go run ./props/verify page errata"}
	failing := map[claim.Form]map[string]bool{claim.Printed: {}, claim.Derivation: {}, claim.Conjecture: {}}
	for _, e := range Errata(found) {
		failing[e.Claim.Form][e.Claim.ID] = true
	}
	d.Add(table.Text(fmt.Sprintf("%d statements of arXiv:2602.20646v1 fail as printed, in one reading or more, and so "+
		"do %d steps that its text takes silently, and %d conjectures on what it leaves open. Each is here with its "+
		"smallest witness and with what holds in its place; a constant of A3 that is 0 on the case stands as 2^-30.",
		len(failing[claim.Printed]), len(failing[claim.Derivation]), len(failing[claim.Conjecture]))), ErrataTable(found),
		table.Heading("Sharper forms that hold"), SharperTable(found))
	return d
}
