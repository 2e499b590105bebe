package table

import (
	"html"
	"io"
	"strings"
)

// Page is a document: a title, the command that writes it, and blocks.
type Page struct {
	Title   string
	Command string // "go run ./props/verify page NAME"
	Blocks  []Block
}

// Block is a part of a Page: a Heading, a Text, a List, a Code, an Image or a *Table.
type Block interface {
	text(p *Printer)
	markdown(p *Printer)
	html(p *Printer)
}

// Heading begins a section.
type Heading string

// Text is a paragraph; its line breaks are kept out of the page.
type Text string

// List has points, one a line.
type List []string

// Code is text whose columns stay where they are; it ends with a line break.
type Code string

// Image is a picture in a file beside the page.
type Image struct{ Says, File string }

// Add appends blocks.
func (d *Page) Add(blocks ...Block) { d.Blocks = append(d.Blocks, blocks...) }

// Text writes the page for a terminal.
func (d *Page) Text(w io.Writer) error {
	p := &Printer{To: w}
	p.F("%s\n", d.Title)
	for _, b := range d.Blocks {
		p.F("\n")
		b.text(p)
	}
	return p.Err
}

// Markdown writes the page as Markdown.
func (d *Page) Markdown(w io.Writer) error {
	p := &Printer{To: w}
	p.F("# %s\n\nWritten by: %s\n", d.Title, d.Command)
	for _, b := range d.Blocks {
		p.F("\n")
		b.markdown(p)
	}
	return p.Err
}

// HTML writes the page as an <article>.
func (d *Page) HTML(w io.Writer) error {
	p := &Printer{To: w}
	p.F("<article>\n<h1>%s</h1>\n", html.EscapeString(d.Title))
	p.F("<p>Written by: <code>%s</code></p>\n", html.EscapeString(d.Command))
	for _, b := range d.Blocks {
		b.html(p)
	}
	p.F("</article>\n")
	return p.Err
}

func (h Heading) text(p *Printer)     { p.F("%s\n", strings.ToUpper(string(h))) }
func (h Heading) markdown(p *Printer) { p.F("## %s\n", escapeMarkdown(string(h))) }
func (h Heading) html(p *Printer)     { p.F("<h2>%s</h2>\n", html.EscapeString(string(h))) }

func (i Image) text(p *Printer)     { p.F("%s: %s\n", i.File, i.Says) }
func (i Image) markdown(p *Printer) { p.F("![%s](%s)\n", escapeMarkdown(i.Says), i.File) }
func (i Image) html(p *Printer) {
	p.F("<img src=\"%s\" alt=\"%s\">\n", html.EscapeString(i.File), html.EscapeString(i.Says))
}

func (t Text) text(p *Printer)     { p.F("%s\n", t) }
func (t Text) markdown(p *Printer) { p.F("%s\n", escapeMarkdown(string(t))) }
func (t Text) html(p *Printer)     { p.F("<p>%s</p>\n", html.EscapeString(string(t))) }

func (l List) text(p *Printer) { l.lines(p, "- %s\n", func(s string) string { return s }) }

func (l List) markdown(p *Printer) { l.lines(p, "- %s\n", escapeMarkdown) }

func (l List) html(p *Printer) {
	p.F("<ul>\n")
	l.lines(p, "<li>%s</li>\n", html.EscapeString)
	p.F("</ul>\n")
}

func (l List) lines(p *Printer, format string, escape func(string) string) {
	for _, point := range l {
		p.F(format, escape(point))
	}
}

func (c Code) text(p *Printer)     { p.F("%s", string(c)) }
func (c Code) markdown(p *Printer) { p.F("```\n%s```\n", string(c)) }
func (c Code) html(p *Printer)     { p.F("<pre>%s</pre>\n", html.EscapeString(string(c))) }

func (t *Table) text(p *Printer)     { p.With(t.Text) }
func (t *Table) markdown(p *Printer) { p.With(t.Markdown) }
func (t *Table) html(p *Printer)     { p.With(t.HTML) }
