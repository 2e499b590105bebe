package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/draw"
	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
)

var figuresCommand = &command{
	synopsis: "[flags]",
	what: "Runs the experiments of Figs 3 to 8, and short formats on real data, and draws them beside an oracle, " +
		"as SVG, PNG and CSV.",
	long: `By default at full size (d = 10, M = 2000, T = 200000) for one draw of the data and one reading of delta_t and
eps_t. Every finished run is stored in DIR/points; called again, it goes on where it was stopped, however it was.
Without -only a page, FIGURES.md, is written too, and all points, figures.csv.
The exit code is 1 when a measured value lies outside of the interval of its oracle.

Examples:
  go run ./props/verify figures -quick             a small version of all, a minute of CPU
  go run ./props/verify figures -only fig4,fig7    two figures
  go run ./props/verify figures -quick -only formats   bf16, fp8, int8 and Top-k on breast_cancer and digits
  go run ./props/verify figures -full -out DIR     three draws of the data, both readings; six times as long`,
	run: runFigures,
}

// figureFlags are the flags of figures.
type figureFlags struct {
	only, out, draws, readings string
	repeats                    string
	quick, full                bool
	seed                       uint64
	start, ewma                float64
	phase                      int
}

func (f *figureFlags) define(c *call) {
	c.fs.StringVar(&f.only, "only", "", "only these figures, fig3 to fig8, remark4, formats and seeds, `ids` "+
		"separated by commas")
	c.fs.StringVar(&f.out, "out", "figures", "`directory` of points and pictures")
	c.fs.BoolVar(&f.quick, "quick", false, "a small version: 300 samples, 20000 steps, fewer levels")
	c.fs.BoolVar(&f.full, "full", false, "three draws of the data and both readings")
	c.fs.Uint64Var(&f.seed, "seed", 1, "`seed` of all noise")
	c.fs.StringVar(&f.draws, "draws", "", "draws of the data, `seeds` separated by commas")
	c.fs.StringVar(&f.readings, "readings", "", "what delta_t and eps_t are: step, one number a step, "+
		"sample, one a sample; `readings` separated by commas")
	c.fs.StringVar(&f.repeats, "repeats", "", "run a curve of Fig 4 again from other `seeds` of the noise, separated "+
		"by commas: the figure seeds")
	c.fs.Float64Var(&f.start, "start", 0, "every coordinate of w^0 is this `number`")
	c.fs.Float64Var(&f.ewma, "ewma", 0.99, "`weight` of the past in the moving averages (EWMA) that are drawn")
	c.fs.IntVar(&f.phase, "phase", 0, "delta_t of Figs 7 and 8 comes at steps `n` modulo the spacing")
}

// quickFigures are the options of -quick; tests have fewer steps.
var quickFigures = logistic.Quick

// options are what the flags ask for.
func (f *figureFlags) options() (logistic.Options, error) {
	o := logistic.Default(f.seed)
	switch {
	case f.quick && f.full:
		return o, errors.New("both -quick and -full")
	case f.quick:
		o = quickFigures(f.seed)
	case f.full:
		o = logistic.Full(f.seed)
	}
	o.Start, o.EWMA, o.Phase = f.start, f.ewma, f.phase
	if f.phase < 0 {
		return o, fmt.Errorf("-phase is %d, want >= 0", f.phase)
	}
	draws, err := seeds("draws", f.draws)
	if err != nil {
		return o, err
	}
	if draws != nil {
		o.Draws = draws
	}
	if o.Repeats, err = seeds("repeats", f.repeats); err != nil {
		return o, err
	}
	readings, err := words("readings", f.readings)
	if err != nil {
		return o, err
	}
	if readings != nil {
		o.Readings = nil
		for _, word := range readings {
			o.Readings = append(o.Readings, logistic.Reading(word))
		}
	}
	return o, o.Check()
}

// idle is an error for a flag without which the figures of ids are the same ones.
func (f *figureFlags) idle(figures []logistic.Figure, ids []string) error {
	for _, flag := range []struct {
		name  string
		given bool
		reset func(*figureFlags)
	}{
		{"draws", f.draws != "", func(g *figureFlags) { g.draws = "" }},
		{"readings", f.readings != "", func(g *figureFlags) { g.readings = "" }},
		{"repeats", f.repeats != "", func(g *figureFlags) { g.repeats = "" }},
		{"phase", f.phase != 0, func(g *figureFlags) { g.phase = 0 }},
		{"start", f.start != 0, func(g *figureFlags) { g.start = 0 }},
	} {
		if !flag.given {
			continue
		}
		without := *f
		flag.reset(&without)
		o, err := without.options()
		if err != nil {
			return err
		}
		if with, _ := f.options(); reflect.DeepEqual(with, o) {
			continue // the default, said aloud
		}
		// Without -repeats there may be no such figure, which is a difference too.
		others, err := logistic.Select(logistic.Figures(o), ids)
		if err == nil && logistic.SamePoints(figures, others) {
			return fmt.Errorf("-%s changes nothing in the figures that are asked for", flag.name)
		}
	}
	return nil
}

// seeds are those of a flag, each once; nil for "".
func seeds(name, text string) (all []uint64, err error) {
	list, err := words(name, text)
	if err != nil {
		return nil, err
	}
	for _, word := range list {
		seed, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("-%s: %s is no seed", name, strict.Quote(word))
		}
		if slices.Contains(all, seed) {
			return nil, fmt.Errorf("-%s has %d twice", name, seed)
		}
		all = append(all, seed)
	}
	return all, nil
}

func runFigures(c *call) (int, error) {
	var f figureFlags
	f.define(c)
	if err := c.parse(0, 0); err != nil {
		return exitUsage, err
	}
	o, err := f.options()
	if err != nil {
		return exitUsage, err
	}
	ids, err := words("only", f.only)
	if err != nil {
		return exitUsage, err
	}
	if slices.Contains(ids, logistic.RepeatsID) && len(o.Repeats) == 0 {
		return exitUsage, fmt.Errorf("-only: the figure %s is made of the seeds of -repeats, and there are none",
			logistic.RepeatsID)
	}
	figures, err := logistic.Select(logistic.Figures(o), ids)
	if err != nil {
		return exitUsage, fmt.Errorf("-only: %w", err)
	}
	if err := f.idle(figures, ids); err != nil {
		return exitUsage, err
	}
	left := &timeLeft{say: func(line string) { fmt.Fprintln(c.stderr, "verify figures:", line) }, start: time.Now()}
	distinct, steps, took := logistic.Estimate(figures)
	left.say(fmt.Sprintf("%d runs, %.1f million steps, about %v from nothing", distinct, float64(steps)/1e6,
		max(took, time.Second).Round(time.Second)))
	result, err := logistic.Run(c.ctx, figures, f.out, left.at)
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(c.stderr, "verify figures: stopped; the same command goes on from "+
			"%s\n", filepath.Join(f.out, "points"))
		return exitStopped, nil
	}
	if err != nil {
		return exitUsage, err
	}
	result.Command = figuresLine(c.fs)
	files, err := writeFigures(result, f.out, len(ids) == 0)
	if err != nil {
		return exitUsage, err
	}
	panels, against := result.Agreement()
	if err := panels.Text(c.stdout); err != nil {
		return exitUsage, err
	}
	return sayFigures(c.stdout, against, files, f.out)
}

// sayFigures says what is outside of its interval and where the files are.
func sayFigures(w io.Writer, against []string, files int, dir string) (int, error) {
	p := &table.Printer{To: w}
	for _, line := range against {
		p.F("outside of its interval: %s\n", line)
	}
	p.F("wrote %d files to %s\n", files, dir)
	switch {
	case p.Err != nil:
		return exitUsage, p.Err
	case len(against) > 0:
		return exitDiffers, nil
	}
	return exitOK, nil
}

// figuresLine is the command that writes the same page: every flag that was set but where to.
func figuresLine(fs *flag.FlagSet) string {
	line := "go run ./props/verify figures"
	fs.Visit(func(f *flag.Flag) {
		switch value := f.Value.String(); {
		case f.Name == "out":
		case value == "true":
			line += " -" + f.Name
		default:
			line += " -" + f.Name + "=" + value
		}
	})
	return line
}

// writeFigures writes the pictures and the numbers of all figures, and the page if they are
// all there.
func writeFigures(r *logistic.Result, dir string, page bool) (files int, err error) {
	write := func(name string, data []byte) {
		if err == nil {
			err = strict.WriteFile(filepath.Join(dir, name), data)
			files++
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return 0, err
	}
	for k := range r.Figures {
		fig := &r.Figures[k]
		var b bytes.Buffer
		if err := r.CSV(&b, fig); err != nil {
			return files, err
		}
		write(fig.Name()+".csv", b.Bytes())
		pictures, drawn := draw.Pictures(fig, r)
		if drawn != nil {
			return files, drawn
		}
		for _, p := range pictures {
			write(p.Name+".svg", p.SVG)
			write(p.Name+".png", p.PNG)
		}
	}
	if page {
		var b bytes.Buffer
		d, said := report.FiguresPage(r, logistic.PageSeed)
		if said != nil {
			return files, said
		}
		if err := d.Markdown(&b); err != nil {
			return files, err
		}
		write("FIGURES.md", b.Bytes())
		var points bytes.Buffer
		if said := r.CSV(&points, r.All()...); said != nil {
			return files, said
		}
		write(logistic.PointsFile, points.Bytes())
	}
	return files, err
}

// timeLeft says how far the runs are, at most every quiet.
type timeLeft struct {
	say   func(line string)
	start time.Time

	mu   sync.Mutex
	last time.Time
}

// at is a logistic.Progress.
func (l *timeLeft) at(done, total, stored int64, share float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if done < total && now.Sub(l.last) < betweenLines {
		return
	}
	l.last = now
	l.say(leftLine(done, total, stored, share, now.Sub(l.start)))
}

// leftLine is what to say after so much time, in which share of the cost of what was not stored was paid. Steps alone
// would say too long: the dearest are done first, and much of their cost is not that of steps.
func leftLine(done, total, stored int64, share float64, took time.Duration) string {
	line := fmt.Sprintf("%.1f of %.1f million steps; "+
		"%v", float64(done)/1e6, float64(total)/1e6, took.Round(time.Second))
	if done > stored && done < total && share > 0 {
		left := time.Duration(float64(took) * (1 - share) / share)
		line += fmt.Sprintf(", about %v left", left.Round(time.Second))
	}
	return line
}
