package table

import (
	"fmt"
	"io"
)

// Printer writes formatted text and keeps the first error of many writes; after one it
// writes nothing more.
type Printer struct {
	To  io.Writer
	Err error
}

// F writes what fmt.Fprintf writes.
func (p *Printer) F(format string, args ...any) {
	p.With(func(w io.Writer) error {
		_, err := fmt.Fprintf(w, format, args...)
		return err
	})
}

// With has write do the writing.
func (p *Printer) With(write func(w io.Writer) error) {
	if p.Err == nil {
		p.Err = write(p.To)
	}
}

// row writes cells as a line of a Markdown table.
func (p *Printer) row(cells []string) {
	p.F("|")
	for _, c := range cells {
		p.F(" %s |", markdownCell(c))
	}
	p.F("\n")
}
