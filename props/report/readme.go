package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// The marks between which README.md holds what a search found, and some of its output.
const (
	foundBegin  = "<!-- what was found, written by: go run ./props/verify record -->\n"
	outputBegin = "<!-- some of the output, written by: go run ./props/verify record -->\n"
	blockEnd    = "<!-- end -->"
)

// Readme is README.md with the parts between its marks written anew from the report, which
// is of all claims.
func (r *Report) Readme(old string) (string, error) {
	claims, err := Select(r.Select)
	if err != nil {
		return "", err
	}
	var found, output strings.Builder
	d := r.summary(claims)
	fmt.Fprintf(&found, "%s\n\n", d.text)
	if err := d.table.Markdown(&found); err != nil {
		return "", err
	}
	if err := r.excerpt().Text(&output); err != nil {
		return "", err
	}
	text, err := replaceBlock(old, foundBegin, found.String())
	if err != nil {
		return "", err
	}
	return replaceBlock(text, outputBegin,
		indent(output.String())+fmt.Sprintf("    ...\n    all %d verdicts as on record\n", len(r.Claims)))
}

type summary struct {
	text  string
	table *table.Table
}

// summary counts the printed statements, each in its readings, and lists those that
// readers know by name.
func (r *Report) summary(claims []claim.Claim) summary {
	verdicts := map[string][]claim.Verdict{} // of the printed statements, by id
	var printed []string
	for _, row := range r.Claims {
		if row.Form != claim.Printed {
			continue
		}
		if verdicts[row.ID] == nil {
			printed = append(printed, row.ID)
		}
		verdicts[row.ID] = append(verdicts[row.ID], row.Verdict)
	}
	holds, fails, open := 0, 0, 0
	for _, id := range printed {
		switch {
		case slices.Contains(verdicts[id], claim.Refuted):
			fails++
		case slices.Contains(verdicts[id], claim.Unsettled):
			open++
		default:
			holds++
		}
	}
	s := summary{table: table.New("statement", "as printed", "largest found", "in its place")}
	s.text = fmt.Sprintf("Of %d printed inequalities and claims %d hold in every reading, %d fail in at least "+
		"one, and %d, about rates, are unsettled.\n"+
		"`largest found` is left/right where it was worst: 1 is a bound that is met.", len(printed), holds, fails, open)
	for k, c := range claims {
		if c.Title == "" || slices.ContainsFunc(claims[:k], func(d claim.Claim) bool { return d.Title == c.Title }) {
			continue
		}
		name := c.Title
		if c.Eq != c.Title {
			name += ", " + c.Eq
		}
		s.table.Add(name, r.printedVerdict(c.ID), r.printedRatio(c.ID), r.inPlace(c.ID))
	}
	return s
}

// rows are those of a statement in a form.
func (r *Report) rows(id string, form claim.Form) []*Row {
	var rows []*Row
	for k := range r.Claims {
		if row := &r.Claims[k]; row.ID == id && row.Form == form {
			rows = append(rows, row)
		}
	}
	return rows
}

// printedVerdict is the verdict of a printed statement, by reading where they differ.
func (r *Report) printedVerdict(id string) string {
	rows := r.rows(id, claim.Printed)
	var parts []string
	for _, row := range rows {
		if row.Verdict != rows[0].Verdict {
			for _, row := range rows {
				parts = append(parts, fmt.Sprintf("%s (%s)", row.Verdict, row.Reading))
			}
			return strings.Join(parts, ", ")
		}
	}
	return string(rows[0].Verdict)
}

func (r *Report) printedRatio(id string) string {
	worst := r.rows(id, claim.Printed)[0]
	for _, row := range r.rows(id, claim.Printed) {
		if row.Ratio > worst.Ratio {
			worst = row
		}
	}
	return worst.Tightness()
}

// inPlace are the forms of ours that hold, with what was found of them.
func (r *Report) inPlace(id string) string {
	var forms []string
	for _, form := range claim.Forms {
		if form.OfPaper() {
			continue
		}
		for _, row := range r.rows(id, form) {
			if text := fmt.Sprintf("%s (%s)", form, row.Tightness()); row.Verdict == claim.Holds &&
				!slices.Contains(forms, text) {
				forms = append(forms, text)
			}
		}
	}
	if forms == nil {
		return "-"
	}
	return strings.Join(forms, ", ")
}

// The claims of the excerpt: the README chooses them as it chooses its words, no rule about
// claims does.
var excerptIDs = []string{"thm1", "thm2"}

// excerpt is the part of ClaimsTable about Theorems 1 and 2, without the columns of the
// equation, the reach and the replay and without the forms with constants of each operator.
func (r *Report) excerpt() *table.Table {
	all := r.ClaimsTable()
	leave := func(k int) bool {
		return slices.Contains([]string{"equation", "searched to", "replay"}, all.Columns[k].Name)
	}
	t := table.New()
	for k := range all.Columns {
		if !leave(k) {
			t.Columns = append(t.Columns, all.Columns[k])
		}
	}
	for k, row := range r.Claims {
		if slices.Contains(excerptIDs, row.ID) && row.Form != claim.SharpEach &&
			row.Reading != claim.Literal && row.Reading != claim.Total {
			var cells []string
			for j, cell := range all.Rows[k] {
				if !leave(j) {
					cells = append(cells, cell)
				}
			}
			t.Rows = append(t.Rows, cells)
		}
	}
	return t
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

func replaceBlock(text, begin, with string) (string, error) {
	head, rest, ok := strings.Cut(text, begin)
	_, tail, ok2 := strings.Cut(rest, blockEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("the marks %q and %q are not there", strings.TrimSpace(begin), blockEnd)
	}
	return head + begin + with + blockEnd + tail, nil
}
