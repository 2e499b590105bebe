package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/report/webpage"
	"github.com/cascade-sgd/cascade/props/trace"
)

var traceCommand = &command{
	synopsis: "RECORD | OLD NEW",
	what:     "Judges a recorded run: which operator's error did it? With two, says where they part.",
	long: `A record is a directory, an .npz or a .jsonl file that an engine wrote while it trained: its weights and the
states of some samples at each step, see props/trace/FORMAT.md. The first line is the verdict:
  fault     the record contradicts itself beyond all that its precision allows; the place is named
  suspect   the error of an operator stands out of what clean engines show
  no cause  no cause above the noise
Exit code 1: a fault, a suspect, a declared budget that is exceeded, no step, or no weight that moved. Of two runs
the new one is judged so.

Examples:
  go run ./props/verify trace run.npz
  go run ./props/verify trace run.npz -html page.html -json judgement.json
  go run ./props/verify trace old.npz new.npz`,
	run: runTrace,
}

func runTrace(c *call) (int, error) {
	jsonFile := c.fs.String("json", "", "write the judgement as JSON to `FILE`")
	htmlFile := c.fs.String("html", "", "write a page with everything on it to `FILE`")
	if err := c.parse(1, 2); err != nil {
		return exitUsage, err
	}
	if err := writable(c.args, pathOf{"-json", *jsonFile}, pathOf{"-html", *htmlFile}); err != nil {
		return exitUsage, err
	}
	for _, out := range []pathOf{{"-json", *jsonFile}, {"-html", *htmlFile}} {
		if err := besideRecords(c.args, out); err != nil {
			return exitUsage, err
		}
	}
	var answer interface{ Fails() bool }
	var page *table.Page
	var err error
	if len(c.args) == 1 {
		var j *trace.Judgement
		if j, err = trace.Judge(c.ctx, c.args[0]); j == nil {
			return exitUsage, err
		}
		answer, page = j, report.TracePage(j)
	} else {
		var both *trace.Comparison
		if both, err = trace.Compare(c.ctx, c.args[0], c.args[1]); both == nil {
			return exitUsage, err
		}
		answer, page = both, report.ComparePage(both)
	}
	stopped := errors.Is(err, context.Canceled)
	if err != nil && !stopped {
		return exitUsage, err
	}
	if err := errors.Join(writeTrace(*jsonFile, *htmlFile, answer), page.Text(c.stdout)); err != nil {
		return exitUsage, err
	}
	switch {
	case stopped:
		_, err := fmt.Fprintln(c.stdout, "stopped: the steps behind are not judged")
		return exitStopped, err
	case answer.Fails():
		return exitDiffers, nil
	}
	return exitOK, nil
}

// besideRecords refuses to write over a part of a record that is a directory.
func besideRecords(records []string, out pathOf) error {
	if out.path == "" {
		return nil
	}
	name := filepath.Base(out.path)
	for _, record := range records {
		a, errA := os.Stat(record)
		b, errB := os.Stat(filepath.Dir(out.path))
		if errA == nil && errB == nil && os.SameFile(a, b) && (name == "run.json" || strings.HasPrefix(name, "steps-")) {
			return fmt.Errorf("%v is a part of the record %s", out, record)
		}
	}
	return nil
}

// writeTrace writes the files that are asked for.
func writeTrace(jsonFile, htmlFile string, answer any) error {
	var failed []error
	if jsonFile != "" {
		data, err := report.TraceJSON(answer)
		if err == nil {
			err = strict.WriteFile(jsonFile, data)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("-json: %w", err))
		}
	}
	if htmlFile != "" {
		var b bytes.Buffer
		err := writePage(&b, answer)
		if err == nil {
			err = strict.WriteFile(htmlFile, b.Bytes())
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("-html: %w", err))
		}
	}
	return errors.Join(failed...)
}

// writePage writes the page of a judgement or a comparison.
func writePage(w io.Writer, answer any) error {
	if c, two := answer.(*trace.Comparison); two {
		return webpage.WriteComparison(w, c)
	}
	return webpage.WriteTrace(w, answer.(*trace.Judgement))
}
