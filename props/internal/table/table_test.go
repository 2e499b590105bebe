package table

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func page() *Page {
	t := New("claim", "ratio")
	t.Columns[1].Means = "left over right, a <~ b"
	t.Add("|v| <~ 1", 0.5)
	t.Add("two\nlines", "<b>")
	d := &Page{Title: "A & B", Command: "go run ./props/verify page a"}
	d.Add(Text("What |v| <~ 1 says."), Heading("First"), t, Image{"a \"b\"", "c.svg"})
	return d
}

func TestWriters(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(d *Page, w *strings.Builder) error
		want  string
	}{
		{"text", func(d *Page, w *strings.Builder) error { return d.Text(w) },
			"A & B\n\nWhat |v| <~ 1 says.\n\nFIRST\n\nclaim     ratio\n|v| <~ 1  0.5\ntwo\nlines  <b>\n\nc.svg: a " +
				"\"b\"\n"},
		{"markdown", func(d *Page, w *strings.Builder) error { return d.Markdown(w) },
			"# A & B\n\nWritten by: go run ./props/verify page a\n\nWhat |v| &lt;~ 1 says.\n\n## First\n\n" +
				"- *ratio*: left over right, a &lt;~ b\n\n| claim | ratio |\n|---|---|\n| \\|v\\| &lt;~ 1 | 0.5 " +
				"|\n| two lines | <b> |\n\n![a \"b\"](c.svg)\n"},
		{"html", func(d *Page, w *strings.Builder) error { return d.HTML(w) },
			"<article>\n<h1>A &amp; B</h1>\n<p>Written by: <code>go run ./props/verify page a</code></p>\n<p>What " +
				"|v| &lt;~ 1 says.</p>\n" +
				"<h2>First</h2>\n<table>\n<thead><tr><th scope=\"col\">claim</th><th scope=\"col\" title=\"left " +
				"over right, a &lt;~ b\">ratio</th></tr></thead>\n" +
				"<tbody>\n<tr><td>|v| &lt;~ " +
				"1</td><td>0.5</td></tr>\n<tr><td>two\nlines</td><td>&lt;b&gt;</td></tr>\n</tbody>\n</table>\n" +
				"<img src=\"c.svg\" alt=\"a &#34;b&#34;\">\n</article>\n"},
	} {
		var b strings.Builder
		if err := c.write(page(), &b); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, b.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// full takes so many bytes and then fails, as a full device does.
type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, errFull
	}
	f.room -= len(b)
	return len(b), nil
}

// TestWriteErrors: wherever the device is full, the error is returned.
func TestWriteErrors(t *testing.T) {
	for room := range 120 {
		for name, write := range map[string]func(w *full) error{
			"text":     func(w *full) error { return page().Text(w) },
			"markdown": func(w *full) error { return page().Markdown(w) },
			"html":     func(w *full) error { return page().HTML(w) },
		} {
			if err := write(&full{room: room}); room < 60 && !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: error %v", name, room, err)
			}
		}
	}
}

func TestShortRowPanics(t *testing.T) {
	defer func() {
		if p, _ := recover().(string); !strings.HasPrefix(p, "table: a row of 1 cells for 2 columns") {
			t.Errorf("panic %q", p)
		}
	}()
	New("a", "b").Add(1)
}

// TestMarkup: a column with markup is written by it in HTML, and as it is elsewhere; the others are escaped.
func TestMarkup(t *testing.T) {
	tab := New("a", "b")
	tab.Markup = map[int]func(string) string{1: func(cell string) string { return "<i>" + cell + "</i>" }}
	tab.Add("<x>", "y")
	var html, text strings.Builder
	if err := errors.Join(tab.HTML(&html), tab.Text(&text)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(html.String(), "<td>&lt;x&gt;</td><td><i>y</i></td>") ||
		!strings.Contains(text.String(), "<x>  y\n") {
		t.Errorf("%s%s", html.String(), text.String())
	}
}
