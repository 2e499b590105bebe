package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/report/webpage"
)

// pageFlags say where a report is written as a page.
type pageFlags struct {
	html    string
	figures string
}

// maxFigure caps the file of one figure.
const maxFigure = 1 << 20

// define adds the flags.
func (f *pageFlags) define(c *call) {
	c.fs.StringVar(&f.html, "html", "", "write the report as a page that needs no network to this `file`")
	c.fs.StringVar(&f.figures, "figures", "",
		"with -html, show the figures of this `dir`, *.svg in the order of their names")
}

// check refuses figures that cannot be read, those that no page shows, and a page in the place of one, before a
// search of minutes, not after it.
func (f *pageFlags) check() error {
	if f.figures != "" && f.html == "" {
		return fmt.Errorf("-figures %s without -html: there is no page to show them", strict.Cut(f.figures))
	}
	figures, err := f.read()
	if err != nil || len(figures) == 0 {
		return err
	}
	page, err := strict.Target(f.html)
	if err != nil {
		return fmt.Errorf("-html %s: %w", strict.Cut(f.html), err)
	}
	for k := range figures {
		if err := figures[k].Check(); err != nil {
			return fmt.Errorf("-figures: %w", err)
		}
		picture, err := strict.Target(filepath.Join(f.figures, figures[k].Name))
		if err == nil && picture == page && page != "" {
			return fmt.Errorf("-html %s is a picture of -figures", strict.Cut(f.html))
		}
	}
	return nil
}

// read reads the figures.
func (f *pageFlags) read() ([]webpage.Figure, error) {
	if f.figures == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(f.figures)
	if err != nil {
		return nil, fmt.Errorf("-figures: %w", err)
	}
	var all []webpage.Figure
	for _, e := range entries { // in the order of their names
		if filepath.Ext(e.Name()) != ".svg" {
			continue
		}
		data, err := strict.ReadFile(filepath.Join(f.figures, e.Name()), maxFigure)
		if err != nil {
			return nil, fmt.Errorf("-figures: %w", err)
		}
		all = append(all, webpage.Figure{Name: e.Name(), SVG: data})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("-figures %s has no *.svg", strict.Cut(f.figures))
	}
	return all, nil
}

// write writes the page of a report where one is asked for.
func (f *pageFlags) write(r *report.Report) error {
	if f.html == "" {
		return nil
	}
	figures, err := f.read()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := webpage.Write(&b, r, webpage.Options{Figures: figures}); err != nil {
		return fmt.Errorf("-html: %w", err)
	}
	if err := strict.WriteFile(f.html, b.Bytes()); err != nil {
		return fmt.Errorf("-html: %w", err)
	}
	return nil
}
