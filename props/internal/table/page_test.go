package table

import (
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"testing"
)

// written is what a writer writes.
func written(t *testing.T, write func(w io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostile are texts that Markdown or HTML would take for their own.
var hostile = []string{`|`, `a|b`, "two\nlines", `<script>alert(1)</script>`, `"quoted"`, `'`, `&amp;`, `a <~ b`, ``,
	` `, "tab\there", `100 %s %d %!`, `\`, `\|`, `x*y_z`}

// TestCells: whatever a cell says, a Markdown row has as many bars that are not escaped as
// there are columns and one, on one line, and HTML has no tag or attribute but its own.
func TestCells(t *testing.T) {
	for _, s := range hostile {
		tab := New("name", s)
		tab.Columns[0].Means = s
		tab.Add(s, "x")
		lines := strings.Split(strings.TrimSuffix(written(t, tab.Markdown), "\n"), "\n")
		for _, line := range lines[len(lines)-3:] {
			bars := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if bars != 3 || !strings.HasPrefix(line, "|") {
				t.Errorf("%q: the line %q has %d bars, want 3", s, line, bars)
			}
		}
		page := written(t, tab.HTML)
		if want := "<td>" + html.EscapeString(s) + "</td>"; !strings.Contains(page, want) {
			t.Errorf("%q: no %s in %s", s, want, page)
		}
		for _, tag := range strings.Split(page, "<")[1:] {
			switch name, _, _ := strings.Cut(tag, ">"); strings.Fields(name)[0] {
			case "table", "/table", "thead", "/thead", "tbody", "/tbody", "tr", "/tr", "th", "/th", "td", "/td":
			default:
				t.Errorf("%q: the tag <%s> in %s", s, name, page)
			}
		}
	}
}

// TestBlocks: headings, texts and pictures of hostile texts, by writer.
func TestBlocks(t *testing.T) {
	for _, s := range hostile {
		for _, b := range []Block{Heading(s), Text(s), Image{Says: s, File: s}, List{s, s}, Code(s)} {
			d := &Page{Title: s, Command: s}
			d.Add(b)
			page := written(t, d.HTML)
			if strings.Contains(page, "<script") || strings.Count(page, html.EscapeString(s)) < 3 {
				t.Errorf("%T %q: %s", b, s, page)
			}
			if got := written(t, d.Text); !strings.HasPrefix(got, s+"\n\n") || strings.Contains(got, "%!(") {
				t.Errorf("%T %q: %s", b, s, got)
			}
			if got := written(t, d.Markdown); !strings.HasPrefix(got, "# "+s+"\n\nWritten by: "+s+"\n\n") {
				t.Errorf("%T %q: %s", b, s, got)
			}
		}
	}
	// In the order in which they were added, in one call or more.
	d := &Page{Title: "T"}
	d.Add(Text("1"), Heading("two"))
	d.Add()
	d.Add(Text("3"))
	if got := written(t, d.Text); got != "T\n\n1\n\nTWO\n\n3\n" {
		t.Errorf("%q", got)
	}
}

// TestListAndCode: a line for each point, and text whose columns stay where they are.
func TestListAndCode(t *testing.T) {
	d := &Page{}
	d.Add(List{"a < b", "c <~ d"}, List{}, Code("1  #\n2 <~\n"))
	for name, c := range map[string]struct {
		write func(w io.Writer) error
		want  string
	}{
		"text":     {d.Text, "\n\n- a < b\n- c <~ d\n\n\n1  #\n2 <~\n"},
		"markdown": {d.Markdown, "\n- a < b\n- c &lt;~ d\n\n\n```\n1  #\n2 <~\n```\n"},
		"html": {d.HTML, "<ul>\n<li>a &lt; b</li>\n<li>c &lt;~ d</li>\n</ul>\n<ul>\n</ul>\n" +
			"<pre>1  #\n2 &lt;~\n</pre>\n</article>\n"},
	} {
		if got := written(t, c.write); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %q, want the end %q", name, got, c.want)
		}
	}
}

// TestTable: cells of any type, no rows, no columns, columns aligned for a terminal.
func TestTable(t *testing.T) {
	tab := New("n", "value")
	if got := written(t, tab.Text); got != "n  value\n" {
		t.Errorf("no rows: %q", got)
	}
	if got := written(t, tab.Markdown); got != "| n | value |\n|---|---|\n" {
		t.Errorf("no rows: %q", got)
	}
	tab.Add(1000, 0.25)
	tab.Add(nil, errors.New("bad"))
	tab.Add(Heading("h"), []int{1, 2})
	if got, want := written(t, tab.Text), "n      value\n1000   0.25\n<nil>  bad\nh      [1 2]\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	none := New()
	none.Add()
	if got := written(t, none.Markdown); got != "|\n|\n|\n" {
		t.Errorf("no columns: %q", got)
	}
	// An empty meaning is none: no list, no title.
	if got := written(t, New("a").HTML); strings.Contains(got, "title") {
		t.Errorf("%s", got)
	}
	two := New("a", "b")
	two.Columns[0].Means, two.Columns[1].Means = "first", "second"
	if got := written(t, two.Markdown); !strings.HasPrefix(got, "- *a*: first\n- *b*: second\n\n| a | b |\n") {
		t.Errorf("%q", got)
	}
}

// TestFullAnywhere: a device with room for all but the last byte, or for none, is an error of
// the page and of the table alone; one with room for all is none.
func TestFullAnywhere(t *testing.T) {
	d := page()
	tab := d.Blocks[2].(*Table)
	for name, write := range map[string]func(w io.Writer) error{
		"text": d.Text, "markdown": d.Markdown, "html": d.HTML,
		"table text": tab.Text, "table markdown": tab.Markdown, "table html": tab.HTML,
	} {
		n := len(written(t, write))
		for room := range n {
			if err := write(&full{room: room}); !errors.Is(err, errFull) {
				t.Errorf("%s of %d bytes with room for %d: error %v", name, n, room, err)
			}
		}
		if err := write(&full{room: n}); err != nil {
			t.Errorf("%s with room for all: %v", name, err)
		}
	}
}

// TestPrinter: after an error nothing is written, whoever does the writing.
func TestPrinter(t *testing.T) {
	var b strings.Builder
	p := &Printer{To: &b}
	p.F("%d%%", 7)
	p.With(func(w io.Writer) error { _, err := fmt.Fprint(w, "!"); return err })
	if b.String() != "7%!" || p.Err != nil {
		t.Errorf("%q, error %v", b.String(), p.Err)
	}
	first := errors.New("first")
	p.With(func(io.Writer) error { return first })
	p.With(func(io.Writer) error { return errors.New("second") })
	p.F("more")
	p.row([]string{"more"})
	if p.Err != first || b.String() != "7%!" {
		t.Errorf("error %v after %q, want the first", p.Err, b.String())
	}
}

// TestRowsOfOtherLengths: too many cells panic as too few do, and say what they are; the
// table keeps the rows it had.
func TestRowsOfOtherLengths(t *testing.T) {
	tab := New("a", "b")
	tab.Add(1, 2)
	for _, cells := range [][]any{{}, {1}, {1, 2, 3}} {
		func() {
			defer func() {
				want := fmt.Sprintf("table: a row of %d cells for 2 columns: %v", len(cells), cells)
				if p := recover(); p != want {
					t.Errorf("panic %v, want %s", p, want)
				}
			}()
			tab.Add(cells...)
		}()
	}
	if len(tab.Rows) != 1 {
		t.Errorf("%d rows, want 1", len(tab.Rows))
	}
}
