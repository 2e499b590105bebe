// Command verify searches for violations of every claim on the list and says
// whether each verdict is the one on record.
//
//	go run ./props/verify [flags]
//
//	-claims a,b     only these claim ids (default all)
//	-form f         printed (with its derivations), repaired (all forms of ours), all (the default),
//	                or one of derivation, sharp, sharp-each, sharp-root
//	-seed n         seed of the search (default 1)
//	-cases n        random cases of each scenario, in batches of 1000
//	-climb n        evaluations of each climb from a worst case, 0 for none
//	-budget d       begin no batch after this time; what is found then depends on the machine
//	-shard i/n      the i-th of n disjoint parts of the search, without the runs if n > 1
//	-runs           also check the training runs on real data (default true)
//	-json file      machine report
//	-save dir       the worst case of every claim, and a certificate of every refuted one, as files that -replay reads
//	-replay file    explain one certificate or one saved case
//	-errata         print what fails as printed, with a small witness, instead of the table
//	-page name      print a page as Markdown: theorem1, table1, spikes or counterexamples
//	-record         write testdata/verdicts and the tables in README.md anew from this search
//
//	go run ./props/verify merge a.json b.json ...
//
// joins the reports (-json) of all n shards of one search, prints their sum and
// judges it. Reports that differ in seed, cases, climb or claims are refused.
//
// A flag that the chosen one of -replay, -errata, -page and -record does not use is
// refused: -replay uses none, -page the seed, -errata what selects claims and
// governs the search.
//
// It exits with 0 when every verdict is as on record, 1 when one differs, 2 on
// bad usage or input. A shard with n > 1 is a part: it exits with 1 only on a
// refutation that is not on record, which no other shard takes back. Claims that go
// through their cases by themselves are settled in shard 1 and "elsewhere" in the
// others, a shard may have too few cases, and merge judges all.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/schollz/progressbar/v3"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props"
)

const (
	exitOK = iota
	exitDiffers
	exitUsage
)

// DefaultCases and DefaultClimb end within about two minutes on two cores.
const (
	DefaultCases = 4000
	DefaultClimb = 1000
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

type config struct {
	claims, form       string
	shard              string
	part, parts        int // of shard
	seed               uint64
	cases, climb       int
	budget             time.Duration
	runs               bool
	json, save, replay string
	record, errata     bool
	page               string
	mode               string // the flag that makes the command do something else, or ""
}

func parse(args []string, stderr io.Writer) (*config, error) {
	c := new(config)
	fs := flag.NewFlagSet("verify", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&c.claims, "claims", "", "only these claim `ids`, separated by commas (default all)")
	fs.StringVar(&c.form, "form", "all", "`form` to check: "+strings.Join(formNames(), ", "))
	fs.Uint64Var(&c.seed, "seed", 1, "seed of the search")
	fs.IntVar(&c.cases, "cases", DefaultCases, "random cases of each scenario, in batches of 1000")
	fs.IntVar(&c.climb, "climb", DefaultClimb, "evaluations of each climb, 0 for none")
	fs.DurationVar(&c.budget, "budget", 0, "begin no batch after this time (default none)")
	fs.StringVar(&c.shard, "shard", "1/1", "`i/n`: the i-th of n disjoint parts of the search, without the runs if n > 1")
	fs.BoolVar(&c.runs, "runs", true, "also check the training runs on real data")
	fs.StringVar(&c.json, "json", "", "write the machine report to this `file`")
	fs.StringVar(&c.save, "save", "", "write the worst case of every claim into this `dir`, and certificates below it")
	fs.StringVar(&c.replay, "replay", "", "explain one certificate or saved case `file`")
	fs.BoolVar(&c.errata, "errata", false, "print what fails as printed, with a small witness, instead of the table")
	fs.StringVar(&c.page, "page", "", "print a page as Markdown: theorem1, table1, spikes or counterexamples")
	fs.BoolVar(&c.record, "record", false, "write testdata/verdicts and the table in README.md anew from this search")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	var err error
	if c.part, c.parts, err = props.ParseShard(c.shard); err != nil {
		return nil, fmt.Errorf("-shard is %w", err)
	}
	set := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { set[f.Name] = true })
	if err := c.setMode(set); err != nil {
		return nil, err
	}
	wantsRuns := c.runs
	c.runs = c.runs && c.parts == 1
	switch {
	case fs.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case c.cases < 1 || c.cases > props.MaxCases:
		return nil, fmt.Errorf("-cases is %d, want 1..%d", c.cases, props.MaxCases)
	case c.climb < 0 || c.climb > props.MaxCases:
		return nil, fmt.Errorf("-climb is %d, want 0..%d", c.climb, props.MaxCases)
	case c.budget < 0:
		return nil, fmt.Errorf("-budget is %v, want >= 0", c.budget)
	case set["runs"] && wantsRuns && !c.runs:
		return nil, fmt.Errorf("-shard %s does not use -runs", c.shard)
	case c.record && (c.claims != "" || c.form != "all" || !c.runs):
		return nil, errors.New("-record needs all claims, all forms and the runs")
	}
	return c, nil
}

// uses are the flags that a mode goes by, itself apart; -record goes by all.
var uses = map[string][]string{
	"replay": nil,
	"page":   {"seed"},
	"errata": {"claims", "form", "seed", "cases", "climb", "budget"},
}

// setMode finds the mode among the flags given, and refuses those without effect in
// it.
func (c *config) setMode(set map[string]bool) error {
	var modes []string
	for _, f := range []struct {
		name string
		on   bool
	}{{"replay", set["replay"]}, {"page", set["page"]}, {"errata", c.errata}, {"record", c.record}} {
		if f.on {
			modes = append(modes, f.name)
		}
	}
	switch len(modes) {
	case 0:
		return nil
	case 1:
		c.mode = modes[0]
	default:
		return fmt.Errorf("-%s exclude each other", strings.Join(modes, " and -"))
	}
	used, limited := uses[c.mode]
	var unused []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if limited && name != c.mode && !slices.Contains(used, name) {
			unused = append(unused, "-"+name)
		}
	}
	if len(unused) > 0 {
		return fmt.Errorf("-%s does not use %s", c.mode, strings.Join(unused, ", "))
	}
	return nil
}

// writable tries the files to write before a search of minutes, not after it.
func (c *config) writable() error {
	if c.json != "" {
		if info, err := os.Stat(c.json); err == nil && info.IsDir() {
			return fmt.Errorf("-json %s: is a directory", c.json)
		}
		f, err := os.CreateTemp(filepath.Dir(c.json), ".verify-*")
		if err != nil {
			return fmt.Errorf("-json %s: %w", c.json, err)
		}
		f.Close()
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("-json %s: %w", c.json, err)
		}
	}
	if c.save != "" {
		if err := os.MkdirAll(c.save, 0o755); err != nil {
			return fmt.Errorf("-save %s: %w", c.save, err)
		}
	}
	return nil
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "merge" {
		return merge(args[1:], stdout, stderr)
	}
	c, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err == nil && c.mode == "replay" {
		return replay(c.replay, stdout, stderr)
	}
	if err == nil && c.mode == "page" {
		return page(c.page, c.seed, stdout, stderr)
	}
	var claims []props.Claim
	if err == nil {
		claims, err = selectClaims(c.claims, c.form)
	}
	if err != nil {
		fmt.Fprintln(stderr, "verify:", err)
		return exitUsage
	}
	code, err := search(c, claims, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "verify:", err)
		return exitUsage
	}
	return code
}

// forms are the values of -form: printed is what the paper says, repaired what
// we say instead.
var forms = map[string][]props.Form{
	"all":        {props.Printed, props.Derivation, props.Repaired, props.Conjecture, props.Sharp, props.SharpEach, props.SharpRoot},
	"printed":    {props.Printed, props.Derivation},
	"repaired":   {props.Repaired, props.Conjecture, props.Sharp, props.SharpEach, props.SharpRoot},
	"derivation": {props.Derivation},
	"sharp":      {props.Sharp},
	"sharp-each": {props.SharpEach},
	"sharp-root": {props.SharpRoot},
}

func formNames() []string { return slices.Sorted(maps.Keys(forms)) }

// selectClaims keeps the list's order. A name that selects nothing is an error.
func selectClaims(ids, form string) ([]props.Claim, error) {
	selects, ok := forms[form]
	if !ok {
		return nil, fmt.Errorf("-form is %q, want one of %s", form, strings.Join(formNames(), ", "))
	}
	all := props.Claims()
	want := map[string]bool{}
	for _, id := range strings.FieldsFunc(ids, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.ContainsFunc(all, func(c props.Claim) bool { return c.ID == id }) {
			return nil, fmt.Errorf("-claims: no claim %q; there are: %s", id, strings.Join(claimIDs(all), " "))
		}
		want[id] = true
	}
	if ids != "" && len(want) == 0 {
		return nil, fmt.Errorf("-claims is %q, want ids separated by commas", ids)
	}
	keep := slices.DeleteFunc(all, func(c props.Claim) bool {
		return len(want) > 0 && !want[c.ID] || !slices.Contains(selects, c.Form)
	})
	if len(keep) == 0 {
		return nil, fmt.Errorf("-claims %q with -form %s selects no claim", ids, form)
	}
	return keep, nil
}

func claimIDs(claims []props.Claim) []string {
	var ids []string
	for _, c := range claims {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func search(c *config, claims []props.Claim, stdout, stderr io.Writer) (int, error) {
	if err := c.writable(); err != nil {
		return 0, err
	}
	start := time.Now()
	opt := props.Options{Seed: c.seed, Cases: c.cases, Climb: c.climb, Budget: c.budget, Progress: progress(stderr), Shard: c.part - 1, Shards: c.parts}
	findings := props.Search(claims, opt)
	if c.errata {
		errata(stdout, findings)
		return exitOK, nil
	}
	report := &props.Report{Version: 1, Seed: c.seed, Cases: c.cases, Climb: c.climb, Shard: c.shard}
	if c.runs {
		runs, err := props.CheckRuns(findings, c.seed)
		if err != nil {
			return 0, err
		}
		report.Runs = runs
		if report.Sequential, err = props.CheckSequential(c.seed, 1); err != nil {
			return 0, err
		}
	}
	for _, f := range findings {
		report.Claims = append(report.Claims, f.Row(opt, c.cases))
	}
	table(stdout, report)

	if c.json != "" {
		data, err := report.Marshal()
		if err != nil {
			return 0, err
		}
		if err := writeFile(c.json, data); err != nil {
			return 0, err
		}
	}
	if c.save != "" {
		if err := saveWorst(c.save, findings, c.seed); err != nil {
			return 0, err
		}
		if err := saveCertificates(c.save, findings, stderr); err != nil {
			return 0, err
		}
	}
	if c.record {
		return record(report, findings, stdout)
	}
	if c.parts > 1 {
		return judgePart(report, stdout)
	}
	return judge(report, c.claims == "" && c.form == "all", time.Since(start), stdout)
}

// onRecord reads testdata/verdicts.
func onRecord() (map[string]string, error) {
	f, err := cascade.Testdata.Open("testdata/verdicts")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return props.ReadVerdicts(f)
}

// judgePart fails a shard of several only for what merge cannot mend: a
// refutation that is not on record.
func judgePart(report *props.Report, stdout io.Writer) (int, error) {
	on, err := onRecord()
	if err != nil {
		return 0, err
	}
	code := exitOK
	for _, r := range report.Claims {
		if want := on[r.Name()]; r.Verdict == "refuted" && want != "refuted" {
			code = exitDiffers
			fmt.Fprintf(stdout, "DIFFERS %s: refuted, on record: %q\n", r.Name(), want)
		}
	}
	if code == exitOK {
		fmt.Fprintf(stdout, "shard %s refutes nothing that is on record as true; join it with the others: verify merge\n", report.Shard)
	}
	return code, nil
}

// judge compares the verdicts with testdata/verdicts.
func judge(report *props.Report, all bool, took time.Duration, stdout io.Writer) (int, error) {
	on, err := onRecord()
	if err != nil {
		return 0, err
	}
	diff := props.Differences(report.Claims, on, all)
	certifiable := map[string]bool{}
	for _, c := range props.Claims() {
		certifiable[c.Name()] = c.Certifiable()
	}
	for _, r := range report.Claims {
		if r.Verdict == "refuted" && certifiable[r.Name()] && r.Certificate == "" {
			diff = append(diff, fmt.Sprintf("%s: refuted, but testdata/certificates has no certificate", r.Name()))
		}
	}
	for _, d := range diff {
		fmt.Fprintln(stdout, "DIFFERS", d)
	}
	broken := 0
	for _, r := range report.Runs {
		if !r.OK {
			broken++
			fmt.Fprintf(stdout, "DIFFERS run %s: a claim on record as true fails there\n", r.Name)
		}
	}
	for _, r := range report.Sequential {
		if r.Rejected {
			broken++
			fmt.Fprintf(stdout, "DIFFERS sequential test %s: rejected, log wealth %v\n", r.Name, float64(r.Wealth))
		}
	}
	if len(diff)+broken > 0 {
		fmt.Fprintf(stdout, "%d of %d verdicts differ from the record\n", len(diff)+broken, len(report.Claims)+len(report.Runs)+len(report.Sequential))
		return exitDiffers, nil
	}
	fmt.Fprintf(stdout, "all %d verdicts as on record (%v)\n", len(report.Claims), took.Round(100*time.Millisecond))
	return exitOK, nil
}

// record writes the verdicts, and the table in README between its marks.
func record(report *props.Report, findings []*props.Finding, stdout io.Writer) (int, error) {
	for _, r := range report.Claims {
		if !slices.Contains([]string{"holds", "refuted", "unsettled"}, r.Verdict) {
			return 0, fmt.Errorf("-record: %s is %s; nothing is written", r.Name(), r.Verdict)
		}
	}
	var verdicts bytes.Buffer
	if err := props.WriteVerdicts(&verdicts, report.Claims); err != nil {
		return 0, err
	}
	old, err := os.ReadFile("README.md")
	if err != nil {
		return 0, fmt.Errorf("-record: run it at the root of the module: %w", err)
	}
	readme, err := replaceBetween(string(old), readmeBegin, readmeEnd, markdown(report))
	if err != nil {
		return 0, fmt.Errorf("-record: README.md: %w", err)
	}
	readme, err = replaceBetween(readme, errataBegin, readmeEnd, errataTable(findings))
	if err == nil {
		readme, err = replaceBetween(readme, sharperBegin, readmeEnd, sharperTable(findings))
	}
	if err != nil {
		return 0, fmt.Errorf("-record: README.md: %w", err)
	}
	if err := writeFile("testdata/verdicts", verdicts.Bytes()); err != nil {
		return 0, err
	}
	if err := writeFile("README.md", []byte(readme)); err != nil {
		return 0, err
	}
	fmt.Fprintf(stdout, "wrote %d verdicts to testdata/verdicts and README.md\n", len(report.Claims))
	return exitOK, nil
}

// writeFile replaces path whole or not at all.
func writeFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".verify-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(data); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// progress draws a bar on a terminal and plain lines elsewhere.
func progress(w io.Writer) func(done, total int) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("searching"),
			progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true))
		return func(done, total int) {
			bar.ChangeMax(total)
			_ = bar.Set(done) // drawing is best effort
		}
	}
	return func(done, total int) { fmt.Fprintf(w, "verify: batch %d/%d\n", done, total) }
}
