package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/draw"
	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/pages"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/report/webpage"
)

var pageCommand = &command{
	synopsis: "[-seed n] NAME [PART.json...]",
	what:     "Writes a page: " + pageNames() + ".",
	long: `The pages on record are in props/pages; some take minutes. They are Markdown but for graph, the statements of
the paper as SVG, dot, the same for a layout program, curves, the picture of growth (growth.svg), and fig4a and the
like, pictures of figures; these and figures are made of figures.csv, which verify figures writes. ratios writes what
growth is made of (growth.csv) from the reports of parts of a search without climbs; counts writes what valid is made
of (valid.csv), that on record and what reports of verify campaign -valid add to it.

Examples:
  go run ./props/verify page theorem1
  go run ./props/verify page ratios PART.json > props/pages/growth.csv
  go run ./props/verify page counts DIR/report.json > valid.csv`,
	run:    runPage,
	atOnce: true,
}

// pageWriters write the pages by their names: those of report, and the graph of the
// statements as SVG and for a layout program.
func pageWriters() map[string]func(w io.Writer, seed uint64) error {
	all := maps.Clone(report.Pages)
	all["graph"] = func(w io.Writer, _ uint64) error {
		on, err := report.OnDisk()
		if err != nil {
			return err
		}
		return writeGraph(w, on)
	}
	for _, file := range logistic.Shown() {
		name := strings.TrimSuffix(file, ".svg")
		all[name] = func(w io.Writer, _ uint64) error {
			r, err := report.RecordedFigures()
			if err != nil {
				return err
			}
			svg, err := draw.SVG(r, name)
			if err != nil {
				return err
			}
			_, err = w.Write(svg)
			return err
		}
	}
	all["dot"] = func(w io.Writer, _ uint64) error {
		dot, err := webpage.Dot(props.Claims())
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, dot)
		return err
	}
	return all
}

// writeGraph writes the graph that README shows.
func writeGraph(w io.Writer, known map[string]report.Entry) error {
	svg, err := webpage.GraphSVG(props.Claims(), known, claim.Literal)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, svg)
	return err
}

// ofReports write what is made of reports.
var ofReports = map[string]func(w io.Writer, reports []*report.Report) error{
	"ratios": func(w io.Writer, parts []*report.Report) error {
		g, err := report.GrowthOf(parts)
		if err != nil {
			return err
		}
		return g.CSV(w)
	},
	"counts": func(w io.Writer, reports []*report.Report) error {
		known, err := report.ValidOnDisk()
		if err != nil {
			return err
		}
		counts, err := report.AddValid(known, reports)
		if err != nil {
			return err
		}
		return report.WriteValid(w, counts)
	},
}

func pageNames() string {
	names := append(slices.Collect(maps.Keys(pageWriters())), slices.Collect(maps.Keys(ofReports))...)
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func runPage(c *call) (int, error) {
	seed := c.fs.Uint64("seed", 1, "`seed` of what the page measures")
	if err := c.parse(1, math.MaxInt); err != nil {
		return exitUsage, err
	}
	write, ok := pageWriters()[c.args[0]]
	gather, gathers := ofReports[c.args[0]]
	switch {
	case gathers:
		reports, err := readReports(c.args[1:])
		if err == nil {
			err = gather(c.stdout, reports)
		}
		if err != nil {
			return exitUsage, err
		}
		return exitOK, nil
	case ok && len(c.args) > 1:
		return exitUsage, fmt.Errorf("%s is made of no report, but %s is given", c.args[0], strict.Quote(c.args[1]))
	case !ok:
		return exitUsage, fmt.Errorf("no page %s, want one of %s", strict.Quote(c.args[0]), pageNames())
	}
	if err := write(c.stdout, *seed); err != nil {
		return exitUsage, err
	}
	return exitOK, nil
}

var errataCommand = &command{
	synopsis: "[-search [flags]]",
	what:     "Prints what fails as printed, with a small witness, and what holds instead.",
	long:     `At once, as it stands on record in props/pages/ERRATA.md; with -search it is searched for anew.`,
	run:      runErrata,
}

func runErrata(c *call) (int, error) {
	var f searchFlags
	f.define(c)
	anew := c.fs.Bool("search", false, "search anew, with the other flags")
	if err := c.parse(0, 0); err != nil {
		return exitUsage, err
	}
	if !*anew {
		if c.fs.NFlag() > 0 {
			return exitUsage, fmt.Errorf("without -search there is nothing to search for: the other flags need it")
		}
		data, err := pages.FS.ReadFile("ERRATA.md")
		if err != nil {
			return exitUsage, fmt.Errorf("nothing is on record, search with -search: %w", err)
		}
		_, err = c.stdout.Write(data)
		return exitOK, err
	}
	if err := f.check(); err != nil {
		return exitUsage, err
	}
	claims, err := report.Select(f.Selection)
	if err != nil {
		return exitUsage, err
	}
	p := newProgress(c.stderr)
	defer p.end()
	p.expectAll(claims, &f, false)
	out := search.Run(claims, f.options(c, p))
	p.end()
	if err := report.ErrataPage(out.Findings).Markdown(c.stdout); err != nil {
		return exitUsage, err
	}
	if c.ctx.Err() != nil {
		return exitStopped, nil
	}
	return exitOK, nil
}

var recordCommand = &command{
	synopsis: "",
	what: "Writes testdata/record, props/pages/VERDICTS.md, ERRATA.md, GROWTH.md, graph.svg and growth.svg, and " +
		"parts of README.md anew from the default search.",
	long: `Run it at the root of the module. A changed verdict is a result: the commit says why.`,
	run:  runRecord,
}

func runRecord(c *call) (int, error) {
	f := searchFlags{seed: 1, cases: defaultCases, climb: defaultClimb}
	if err := c.parse(0, 0); err != nil {
		return exitUsage, err
	}
	for _, path := range []string{"README.md", "testdata", filepath.Join("props", "pages")} {
		if _, err := os.Stat(path); err != nil {
			return exitUsage, fmt.Errorf("run it at the root of the module: %w", err)
		}
	}
	readme, err := strict.ReadFile("README.md", maxReadme) // before a search of minutes
	if err != nil {
		return exitUsage, err
	}
	claims, err := report.Select(f.Selection)
	if err != nil {
		return exitUsage, err
	}
	p := newProgress(c.stderr)
	defer p.end()
	p.expectAll(claims, &f, true)
	opt := f.options(c, p)
	out := search.Run(claims, opt)
	r := report.New(f.Selection, out, opt).Recorded(out.Findings)
	if err := addRuns(c.ctx, p, r, out.Findings, f.seed); err != nil {
		return exitUsage, err
	}
	p.end()
	if c.ctx.Err() != nil {
		return exitStopped, nil // nothing is written
	}
	if err := recordable(r); err != nil {
		return exitUsage, err
	}
	if err := writeRecord(r, out.Findings, string(readme)); err != nil {
		return exitUsage, err
	}
	_, err = fmt.Fprintf(c.stdout, "wrote %d verdicts to %s and props/pages\n", len(r.Claims), report.RecordPath)
	return exitOK, err
}

// recordable refuses a report with a verdict that no search came to.
func recordable(r *report.Report) error {
	for _, row := range r.Claims {
		if !row.Verdict.Recordable() {
			return fmt.Errorf("%s is %s; nothing is written", row.Name(), row.Verdict)
		}
	}
	return nil
}

// maxReadme caps README.md.
const maxReadme = 1 << 20

// writeRecord writes the files that a default search is on record with; old is README.md as
// it is.
func writeRecord(r *report.Report, found []*search.Finding, old string) error {
	var record, verdicts, errata, graph, page, curves strings.Builder
	if err := r.RecordPage().Markdown(&verdicts); err != nil {
		return err
	}
	if err := report.ErrataPage(found).Markdown(&errata); err != nil {
		return err
	}
	if err := report.WriteRecord(&record, r.Claims); err != nil {
		return err
	}
	on, err := report.ReadRecord(strings.NewReader(record.String()))
	if err != nil {
		return err
	}
	if err := writeGraph(&graph, on); err != nil {
		return err
	}
	growth, err := report.GrowthOnDisk()
	if err != nil {
		return err
	}
	if err := report.GrowthPage(growth, on).Markdown(&page); err != nil {
		return err
	}
	if err := report.GrowthSVG(&curves, growth, on); err != nil {
		return err
	}
	readme, err := r.Readme(old)
	if err != nil {
		return fmt.Errorf("README.md: %w", err)
	}
	for _, file := range []struct{ path, text string }{
		{"README.md", readme},
		{report.RecordPath, record.String()},
		{filepath.Join("props", "pages", "VERDICTS.md"), verdicts.String()},
		{filepath.Join("props", "pages", "ERRATA.md"), errata.String()},
		{filepath.Join("props", "pages", "graph.svg"), graph.String()},
		{filepath.Join("props", "pages", "GROWTH.md"), page.String()}, // which has the ratios on record
		{filepath.Join("props", "pages", "growth.svg"), curves.String()},
	} {
		if err := strict.WriteFile(file.path, []byte(file.text)); err != nil {
			return err
		}
	}
	return nil
}
