package table

import (
	"fmt"
	"html"
	"io"
	"strings"
	"text/tabwriter"
)

// Column is a column of a Table.
type Column struct {
	Name  string
	Means string // what its values are, for readers of a page; "" where the name says it
}

// Table is a table: every row has a cell for each column.
type Table struct {
	Columns []Column
	Rows    [][]string

	// Markup is how HTML writes the cells of a column, by its place; text where there is none.
	Markup map[int]func(cell string) string
}

// New returns a table with columns of these names.
func New(names ...string) *Table {
	t := new(Table)
	for _, name := range names {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	return t
}

// Add appends a row; a cell that is not a string is written as by fmt.Sprint.
func (t *Table) Add(cells ...any) {
	if len(cells) != len(t.Columns) {
		panic(fmt.Sprintf("table: a row of %d cells for %d columns: %v", len(cells), len(t.Columns), cells))
	}
	row := make([]string, len(cells))
	for k, c := range cells {
		row[k] = fmt.Sprint(c)
	}
	t.Rows = append(t.Rows, row)
}

func (t *Table) names() []string {
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return names
}

// Text writes the table for a terminal, columns aligned.
func (t *Table) Text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.names()}, t.Rows...) {
		if _, err := fmt.Fprintln(tw, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// Markdown writes the table as GitHub's Markdown, the meaning of columns above it.
func (t *Table) Markdown(w io.Writer) error {
	p := &Printer{To: w}
	for _, c := range t.Columns {
		if c.Means != "" {
			p.F("- *%s*: %s\n", markdownCell(c.Name), escapeMarkdown(c.Means))
		}
	}
	if t.explained() {
		p.F("\n")
	}
	p.row(t.names())
	p.F("|%s\n", strings.Repeat("---|", len(t.Columns)))
	for _, row := range t.Rows {
		p.row(row)
	}
	return p.Err
}

func (t *Table) explained() bool {
	for _, c := range t.Columns {
		if c.Means != "" {
			return true
		}
	}
	return false
}

// HTML writes the table as a <table>; the meaning of a column is its title.
func (t *Table) HTML(w io.Writer) error {
	p := &Printer{To: w}
	p.F("<table>\n<thead><tr>")
	for _, c := range t.Columns {
		title := ""
		if c.Means != "" {
			title = fmt.Sprintf(` title="%s"`, html.EscapeString(c.Means))
		}
		p.F("<th scope=\"col\"%s>%s</th>", title, html.EscapeString(c.Name))
	}
	p.F("</tr></thead>\n<tbody>\n")
	for _, row := range t.Rows {
		p.F("<tr>")
		for k, cell := range row {
			if f := t.Markup[k]; f != nil {
				p.F("<td>%s</td>", f(cell))
				continue
			}
			p.F("<td>%s</td>", html.EscapeString(cell))
		}
		p.F("</tr>\n")
	}
	p.F("</tbody>\n</table>\n")
	return p.Err
}

// markdownCell is text that stays in one cell.
func markdownCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(escapeMarkdown(s))
}

// escapeMarkdown keeps "<~" from being taken for a tag.
func escapeMarkdown(s string) string { return strings.ReplaceAll(s, "<~", "&lt;~") }
