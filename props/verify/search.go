package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
)

// The default search takes about three minutes of a core, one and a half on two.
const (
	defaultCases = 4000
	defaultClimb = 1000
)

// enoughCases is the size from which a search is expected to reach the verdicts on
// record, whatever the seed: go test tries it with three. A smaller one that misses a
// refutation says so.
const enoughCases = 2 * search.Batch

// enough reports that the search which the report is of had that size.
func enough(r *report.Report) bool { return r.Tried() >= enoughCases }

var searchCommand = &command{
	synopsis: "[flags]",
	what:     "Searches for violations of every claim and says whether each verdict is the one on record.",
	long: `Examples:
  go run ./props/verify                                   the default search, about two minutes on two cores
  go run ./props/verify -claims thm1,thm2 -cases 20000    two claims, more cases
  go run ./props/verify -shard 2/8 -json two.json         the second of eight parts; see merge
  go run ./props/verify -save DIR                         the worst cases and certificates as files; see replay`,
	run: runSearch,
}

// searchFlags are the flags of a search.
type searchFlags struct {
	report.Selection
	seed         uint64
	cases, climb int
	budget       time.Duration
	shard, units string
	withTraining bool
	allowSmall   bool
	json, save   string
	page         pageFlags
}

// define adds the flags that say what is searched and how far.
func (f *searchFlags) define(c *call) {
	c.fs.StringVar(&f.Claims, "claims", "", "only these claim `ids`, separated by commas")
	c.fs.StringVar(&f.Form, "form", report.FormsAll, "`form` to check: "+strings.Join(report.FormNames(), ", ")+
		"; printed has its derivations with it, repaired all forms of ours")
	c.fs.Uint64Var(&f.seed, "seed", 1, "`seed` of the search")
	c.fs.IntVar(&f.cases, "cases", defaultCases,
		fmt.Sprintf("`n` random cases of each kind (a step, a run, ...), in batches of %d", search.Batch))
	c.fs.IntVar(&f.climb, "climb", defaultClimb, "`n` evaluations in each climb from a worst case, 0 for none")
	c.fs.DurationVar(&f.budget, "budget", 0,
		"begin no batch after this `time`; what is found then depends on the machine")
}

// check refuses values out of range.
func (f *searchFlags) check() error {
	if f.Form == report.FormsAll {
		f.Form = ""
	}
	switch {
	case f.cases < 1 || f.cases > report.MaxCases:
		return fmt.Errorf("-cases is %d, want 1..%d", f.cases, report.MaxCases)
	case f.climb < 0 || f.climb > report.MaxCases:
		return fmt.Errorf("-climb is %d, want 0..%d", f.climb, report.MaxCases)
	case f.budget < 0:
		return fmt.Errorf("-budget is %v, want >= 0", f.budget)
	}
	return nil
}

// options are those of the search, which report to p.
func (f *searchFlags) options(c *call, p *progress) search.Options {
	return search.Options{
		Seed: f.seed, Cases: f.cases, Climb: f.climb, Budget: f.budget,
		Stop: c.ctx.Done(), Progress: p.at,
	}
}

func runSearch(c *call) (int, error) {
	var f searchFlags
	f.define(c)
	c.fs.StringVar(&f.shard, "shard", "1/1",
		"`i/n`: the i-th of n disjoint parts of the search, without the runs if n > 1; auto: as the scheduler's "+
			"environment says")
	c.fs.StringVar(&f.units, "units", "",
		"only these `units` of work, as merge names them: 4,9-12 or 3-99/8 for every eighth; without the runs")
	c.fs.BoolVar(&f.withTraining, "runs", true, "also check the training runs on real data and the sequential tests")
	c.fs.BoolVar(&f.allowSmall, "allow-small", false,
		"exit with 0 though the search is too small to reach a verdict on record")
	c.fs.StringVar(&f.json, "json", "", "write the machine report to this `file`")
	f.page.define(c)
	c.fs.StringVar(&f.save, "save", "",
		"write the worst case of every claim into this `dir`, and certificates below it")
	if err := c.parse(0, 0); err != nil {
		return exitUsage, err
	}
	if err := f.check(); err != nil {
		return exitUsage, err
	}
	if f.shard == "auto" {
		shard, err := autoShard(os.Getenv)
		if err == nil {
			err = touchShardStatus(os.Getenv)
		}
		if err != nil {
			return exitUsage, fmt.Errorf("-shard auto: %w", err)
		}
		f.shard = shard
	}
	part, parts, err := report.ParseShard(f.shard)
	if err != nil {
		return exitUsage, fmt.Errorf("-shard is %w", err)
	}
	claims, err := report.Select(f.Selection)
	if err != nil {
		return exitUsage, err
	}
	all := search.UnitsOf(claims, f.cases)
	units, err := f.onlyUnits(parts, all)
	if err != nil {
		return exitUsage, err
	}
	if err := f.writable(claims); err != nil {
		return exitUsage, err
	}
	start := time.Now()
	p := newProgress(c.stderr)
	defer p.end()
	whole := parts == 1 && units == nil
	opt := f.options(c, p)
	opt.Shard, opt.Shards, opt.Units = part-1, parts, units
	p.expect(guesses(claims, f.climb, f.withTraining && whole), unitNames(all, &opt))
	out := search.Run(claims, opt)
	r := report.New(f.Selection, out, opt)
	if f.withTraining && whole {
		if err := addRuns(c.ctx, p, r, out.Findings, f.seed); err != nil {
			return exitUsage, err
		}
	}
	p.end()
	// The files come first: a terminal that is gone does not cost what was found, nor does a
	// file that cannot be written cost the table.
	written := f.write(c, r, out.Findings)
	if err := errors.Join(written, r.Page().Text(c.stdout)); err != nil {
		return exitUsage, err
	}
	switch {
	case c.ctx.Err() != nil:
		return exitStopped, sayStopped(c.stdout, r)
	case !whole:
		return judgePart(c.stdout, r)
	}
	return judge(c.stdout, r, f.allowSmall, time.Since(start))
}

// onlyUnits are the units of -units, nil where it is not set.
func (f *searchFlags) onlyUnits(parts int, all search.Units) ([]int, error) {
	if f.units == "" {
		return nil, nil
	}
	if parts > 1 {
		return nil, errors.New("-units and -shard: give one of them")
	}
	units, err := search.ParseUnits(f.units)
	if err != nil {
		return nil, fmt.Errorf("-units is %w", err)
	}
	if last := units[len(units)-1]; last > all.Len() {
		return nil, fmt.Errorf("-units has unit %d, and the search has %d", last, all.Len())
	}
	return units, nil
}

// sayStopped says how far a search came that a signal has stopped, and how to do the rest.
func sayStopped(w io.Writer, r *report.Report) error {
	p := &table.Printer{To: w}
	p.F("\nstopped; what there is, is above\n")
	missing, asked, err := r.Missing()
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		p.F("%d of %d units are missing; this does them, and verify merge joins:\n", len(missing), asked)
		p.F("  %s\n", r.CommandOf(missing))
	} else {
		p.F("all units are done; what is missing are the training runs and sequential tests\n")
	}
	return p.Err
}

// addRuns trains on real data and bets on long runs. When a signal comes they are left
// out.
func addRuns(ctx context.Context, p *progress, r *report.Report, found []*props.Finding, seed uint64) error {
	var trained []training.Result
	var bets []betting.Result
	done, err := unlessStopped(ctx, func() (err error) {
		p.doing(unitRuns)
		trained, bets, err = trainAndBet(found, seed)
		return err
	})
	if err != nil || !done {
		return err
	}
	r.Training, r.Sequential = trained, bets
	r.Seal()
	return nil
}

// trainAndBet takes ten seconds of a core; tests replace it.
var trainAndBet = func(found []*props.Finding, seed uint64) ([]training.Result, []betting.Result, error) {
	trained, err := training.Run(training.Options{Seed: seed, Findings: found})
	if err != nil {
		return nil, nil, err
	}
	bets, err := betting.Run(betting.Options{Seed: seed, Claims: props.Claims()})
	return trained, bets, err
}

// unlessStopped waits for f, which cannot be stopped: when ctx is done first it is left
// behind, since the program ends soon, and what it returns is lost.
func unlessStopped(ctx context.Context, f func() error) (done bool, err error) {
	if ctx.Err() != nil {
		return false, nil
	}
	end := make(chan error, 1)
	go func() { end <- f() }()
	select {
	case <-ctx.Done():
		return false, nil
	case err := <-end:
		return true, err
	}
}

// writable tries the files to write before a search of minutes, not after it.
func (f *searchFlags) writable(claims []claim.Claim) error {
	if err := f.page.check(); err != nil {
		return err
	}
	if err := writable(nil, pathOf{"-json", f.json}, pathOf{"-html", f.page.html}); err != nil {
		return err
	}
	if f.save != "" {
		if err := os.MkdirAll(filepath.Join(f.save, "certificates"), 0o755); err != nil {
			return fmt.Errorf("-save: %w", err)
		}
		return f.apart(claims)
	}
	return nil
}

// apart tries the files that -save may write, and refuses a report that one of them would be written over.
func (f *searchFlags) apart(claims []claim.Claim) error {
	saved := map[string]string{}
	for k := range claims {
		for _, name := range []string{claims[k].FileName(), filepath.Join("certificates", claims[k].CertificateName())} {
			path := filepath.Join(f.save, name)
			file, err := strict.Writable(path)
			if err != nil {
				return fmt.Errorf("-save: %s: %w", path, err)
			}
			saved[file] = claims[k].Name()
		}
	}
	delete(saved, "") // a pipe or a device, which nothing is written over
	for _, p := range []pathOf{{"-json", f.json}, {"-html", f.page.html}} {
		if p.path == "" {
			continue
		}
		file, err := strict.Target(p.path)
		if err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
		if name := saved[file]; name != "" {
			return fmt.Errorf("%v is the file that -save writes for %s", p, name)
		}
	}
	return nil
}

// pathOf is a path and the flag that has it, "" where it is an argument.
type pathOf struct{ flag, path string }

func (p pathOf) String() string { return strings.TrimSpace(p.flag + " " + strict.Cut(p.path)) }

// writable says why a file cannot be written to one of the paths out, of which "" asks for
// none, or would be written over another of them or over what is read.
func writable(read []string, out ...pathOf) error {
	seen := map[string]pathOf{}
	for _, path := range read {
		if path == "" {
			continue
		}
		if file, err := strict.Target(path); err == nil && file != "" {
			seen[file] = pathOf{path: path}
		}
	}
	for _, p := range out {
		if p.path == "" {
			continue
		}
		file, err := strict.Writable(p.path)
		if err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
		if other, same := seen[file]; same && file != "" {
			return fmt.Errorf("%v is the same file as %v", p, other)
		}
		seen[file] = p
	}
	return nil
}

// write writes the files that were asked for: one that cannot be written does not cost the
// others.
func (f *searchFlags) write(c *call, r *report.Report, found []*props.Finding) error {
	var failed []error
	if f.json != "" {
		data, err := r.Marshal()
		if err == nil {
			err = strict.WriteFile(f.json, data)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("-json: %w", err))
		}
	}
	failed = append(failed, f.page.write(r))
	if f.save != "" {
		err := saveWorst(f.save, found, f.seed)
		if err == nil {
			err = saveCertificates(filepath.Join(f.save, "certificates"), found, c.stderr)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("-save: %w", err))
		}
	}
	return errors.Join(failed...)
}

func saveWorst(dir string, found []*props.Finding, seed uint64) error {
	for _, f := range found {
		s := search.Save(f, seed)
		if s == nil {
			continue
		}
		data, err := s.Marshal()
		if err != nil {
			return err
		}
		if err := strict.WriteFile(filepath.Join(dir, f.Claim.FileName()), data); err != nil {
			return err
		}
	}
	return nil
}

// saveCertificates makes a certificate of every refuted claim that may have one and
// writes it into dir; what has none is told to stderr.
func saveCertificates(dir string, found []*props.Finding, stderr io.Writer) error {
	for _, f := range found {
		if f.Verdict() != claim.Refuted || !f.Claim.Certifiable() {
			continue
		}
		made, err := f.Certificate()
		if err != nil {
			fmt.Fprintf(stderr, "verify: no certificate of %s: %v\n", f.Claim.Name(), err)
			continue
		}
		data, err := made.Marshal()
		if err != nil {
			return err
		}
		if err := strict.WriteFile(filepath.Join(dir, f.Claim.CertificateName()), data); err != nil {
			return err
		}
	}
	return nil
}

// judgePart fails a shard of several only for what merge cannot mend: a
// refutation that is not on record.
func judgePart(w io.Writer, r *report.Report) (int, error) {
	on, err := report.OnDisk()
	if err != nil {
		return exitUsage, err
	}
	p := &table.Printer{To: w}
	code := exitOK
	for _, row := range r.Claims {
		if want := on[row.Name()].Verdict; row.Verdict == claim.Refuted && want != claim.Refuted {
			code = exitDiffers
			p.F("DIFFERS %s: refuted, on record: %q\n", row.Name(), want)
		}
	}
	switch {
	case r.Idle:
		p.F("shard %s is idle: the search has no unit for it\n", r.Shard)
	case code == exitOK:
		what := "shard " + r.Shard
		if r.Only != "" {
			what = "units " + r.Only
		}
		p.F("%s: nothing refuted that is on record as true; join with the others: verify merge\n", what)
	}
	return code, p.Err
}

// judge compares the verdicts with the record.
func judge(w io.Writer, r *report.Report, allowSmall bool, took time.Duration) (int, error) {
	on, err := report.OnDisk()
	if err != nil {
		return exitUsage, err
	}
	p := &table.Printer{To: w}
	differs, small := 0, 0
	for _, d := range on.Compare(r) {
		if d.Missed && !enough(r) {
			small++
			p.F("NOT SEARCHED ENOUGH %s\n", d.Text)
			continue
		}
		differs++
		p.F("DIFFERS %s\n", d.Text)
	}
	switch {
	case differs > 0:
		p.F("%d of %d verdicts differ from the record\n", differs, len(r.Claims)+len(r.Training)+len(r.Sequential))
		return exitDiffers, p.Err
	case small > 0:
		p.F("not searched enough: %d verdicts need a search of %d cases or more\n", small, enoughCases)
		if allowSmall {
			return exitOK, p.Err
		}
		return exitDiffers, p.Err
	}
	p.F("all %d verdicts as on record (%v)\n", len(r.Claims), took.Round(100*time.Millisecond))
	return exitOK, p.Err
}
