package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/campaign"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
)

var campaignCommand = &command{
	synopsis: "[flags]",
	what: "Searches for so long as it is told: random and far cases, climbs and native fuzzing, where ratios " +
		"still move.",
	long: `What it does is in the journal of the folder of -dir: stopped or killed, it goes on where it was. Native fuzzing
needs the go command and the sources, or -binary. The folder then has report.json, report.html and, in worst, the worst
case of every claim and certificates; see replay.

Examples:
  go run ./props/verify campaign -time 10m
  go run ./props/verify campaign -time 8h -dir night                    once more: it goes on
  go run ./props/verify campaign -claims thm4 -targets FuzzHorizon      one claim and its target
  go run ./props/verify campaign -targets none                          without native fuzzing
  go run ./props/verify campaign -form repaired -valid 1000000 -dir count   a million cases of each form of ours`,
	run: runCampaign,
}

// The defaults of a campaign.
const (
	campaignDir   = "campaign"
	campaignTime  = 10 * time.Minute
	campaignSlice = 10 * time.Second
)

// campaignFlags are the flags of a campaign.
type campaignFlags struct {
	report.Selection
	seed         uint64
	climb        int
	time, slice  time.Duration
	dir, targets string
	binary       string
	allowSmall   bool
	valid        int
}

func runCampaign(c *call) (int, error) {
	var f campaignFlags
	c.fs.StringVar(&f.Claims, "claims", "", "only these claim `ids`, separated by commas")
	c.fs.StringVar(&f.Form, "form", report.FormsAll, "`form` to search: "+strings.Join(report.FormNames(), ", "))
	c.fs.Uint64Var(&f.seed, "seed", 1, "`seed` of what is drawn")
	c.fs.IntVar(&f.climb, "climb", defaultClimb, "`n` evaluations in each climb, 0 for none")
	c.fs.DurationVar(&f.time, "time", campaignTime, "search for this `time`")
	c.fs.DurationVar(&f.slice, "slice", campaignSlice, "`time` of a unit of native fuzzing")
	c.fs.StringVar(&f.dir, "dir", campaignDir, "`folder` of the campaign, made where it is not there")
	c.fs.StringVar(&f.targets, "targets", "claims",
		"fuzz `targets`, separated by commas; claims: those of the selected claims; none")
	c.fs.StringVar(&f.binary, "binary", "", "instrumented `file`, as fuzz/build.sh makes it")
	c.fs.IntVar(&f.valid, "valid", 0,
		"draw cases, and nothing else, until each claim has `n` valid ones, cheap claims first; 0 for a campaign")
	c.fs.BoolVar(&f.allowSmall, "allow-small", false,
		"exit with 0 though the campaign is too short to reach a verdict on record")
	if err := c.parse(0, 0); err != nil {
		return exitUsage, err
	}
	if f.Form == report.FormsAll {
		f.Form = ""
	}
	switch {
	case f.climb < 0 || f.climb > report.MaxCases:
		return exitUsage, fmt.Errorf("-climb is %d, want 0..%d", f.climb, report.MaxCases)
	case f.valid < 0 || f.valid > report.MaxCases:
		return exitUsage, fmt.Errorf("-valid is %d, want 0..%d", f.valid, report.MaxCases)
	case f.time <= 0 || f.slice < time.Second:
		return exitUsage, fmt.Errorf("-time is %v and -slice %v, want > 0 and >= 1s", f.time, f.slice)
	}
	claims, err := report.Select(f.Selection)
	if err != nil {
		return exitUsage, err
	}
	if f.valid > 0 {
		f.targets = "none"
	}
	native, err := f.native(claims)
	if err != nil {
		return exitUsage, err
	}
	start := time.Now()
	v := newView(c.stderr)
	out, err := campaign.Run(campaign.Options{
		Claims: claims, Seed: f.seed, Dir: f.dir, Time: f.time, Climb: f.climb, Native: native,
		Stop: c.ctx.Done(), Say: v.say, Valid: f.valid,
	})
	v.end()
	if err != nil {
		return exitUsage, err
	}
	r, err := f.write(c, out)
	if err != nil {
		return exitUsage, err
	}
	if err := r.Page().Text(c.stdout); err != nil {
		return exitUsage, err
	}
	if err := told(c.stdout, out, f.dir); err != nil {
		return exitUsage, err
	}
	if f.valid > 0 {
		if err := counted(out.Findings, f.valid).Text(c.stdout); err != nil {
			return exitUsage, err
		}
	}
	if c.ctx.Err() != nil {
		return exitStopped, nil
	}
	return judge(c.stdout, r, f.allowSmall, time.Since(start))
}

// write writes the report, its page, the worst cases and the certificates.
func (f *campaignFlags) write(c *call, out *campaign.Result) (*report.Report, error) {
	worst := filepath.Join(f.dir, "worst")
	if err := os.MkdirAll(filepath.Join(worst, "certificates"), 0o755); err != nil {
		return nil, err
	}
	r := report.NewCampaign(f.Selection, out.Findings, f.seed, f.climb, &report.Campaign{
		Units: out.Units, Seconds: out.Seconds, Executions: out.Executions, Notes: out.Notes,
	}, worst)
	data, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	if err := strict.WriteFile(filepath.Join(f.dir, "report.json"), data); err != nil {
		return nil, err
	}
	page := pageFlags{html: filepath.Join(f.dir, "report.html")}
	if err := page.write(r); err != nil {
		return nil, err
	}
	if err := saveWorst(worst, out.Findings, f.seed); err != nil {
		return nil, err
	}
	return r, saveCertificates(filepath.Join(worst, "certificates"), out.Findings, c.stderr)
}

// told says where the time went.
func told(w io.Writer, out *campaign.Result, dir string) error {
	t := table.New("units", "number", "seconds", "cases", "rungs")
	for _, s := range out.Kinds {
		t.Add(s.Sort, s.Units, fmt.Sprintf("%.1f", s.Seconds), s.Executions, fmt.Sprintf("%.1f", s.Rungs))
	}
	d := &table.Page{Title: "Campaign", Command: "go run ./props/verify campaign"}
	d.Add(t, table.Text(fmt.Sprintf("rungs are gained by the units of a line: the sum over claims of "+
		"-log2(1-ratio), at most "+
		"20 each,\nand 20 for a refutation. report.json, report.html and worst are in %s.", strict.Cut(dir))))
	if out.Resumed > 0 {
		d.Add(table.Text(fmt.Sprintf("%d of %d units are of calls before.", out.Resumed, out.Units)))
	}
	for _, note := range out.Notes {
		d.Add(table.Text(note))
	}
	return d.Text(w)
}

// counted says which claims have fewer valid cases than are wanted.
func counted(found []*props.Finding, valid int) *table.Page {
	lacking := campaign.Lacking(found, valid)
	fixed := 0
	t := table.New("claim", "valid cases", "of")
	for _, f := range lacking {
		t.Add(f.Claim.Name(), f.Cases, valid)
	}
	for _, f := range found {
		if f.Claim.Kind == claim.SelfJudged && !f.Claim.Drawn {
			fixed++
		}
	}
	d := &table.Page{Title: "Counted", Command: "go run ./props/verify campaign -valid"}
	words := fmt.Sprintf("%d of %d claims have %d valid cases or are refuted; %d more go through cases of their own.",
		len(found)-fixed-len(lacking), len(found)-fixed, valid, fixed)
	if len(lacking) > 0 {
		words += " These have not, and the same command goes on:"
	}
	d.Add(table.Text(words))
	if len(lacking) > 0 {
		d.Add(t)
	}
	return d
}

// native is how the binary of native fuzzing comes about, nil for none.
func (f *campaignFlags) native(claims []claim.Claim) (func() (*campaign.Native, error), error) {
	if f.targets == "none" {
		return nil, nil
	}
	n := &campaign.Native{Slice: f.slice}
	all := props.Targets()
	if f.targets == "claims" {
		n.Targets = slices.DeleteFunc(all, func(t props.Target) bool {
			return !slices.ContainsFunc(claims, func(c claim.Claim) bool { return t.Owns(&c) })
		})
	} else {
		names, err := words("targets", f.targets)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			at := slices.IndexFunc(all, func(t props.Target) bool { return t.Name == name })
			switch {
			case at >= 0:
				n.Targets = append(n.Targets, all[at])
			case strings.HasPrefix(name, "Fuzz") && !strings.ContainsAny(name, "^$|.*\n"):
				n.Others = append(n.Others, name)
			default:
				return nil, fmt.Errorf("-targets has %s, want names such as FuzzHorizon, claims or none", strict.Quote(name))
			}
		}
	}
	return func() (*campaign.Native, error) { return n, f.build(n) }, nil
}

// instrumented are the packages of the binary of native fuzzing that give coverage, as in
// fuzz/build.sh, which says why these.
var instrumented = []string{"github.com/cascade-sgd/cascade/...", "compress/...", "archive/zip"}

// build builds the instrumented binary and lays out the folder that it runs in, which has
// the corpora: what it finds is written there and not into the sources.
func (f *campaignFlags) build(n *campaign.Native) error {
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return err
	}
	n.Work = filepath.Join(dir, "fuzz")
	if f.binary != "" {
		if n.Binary, err = filepath.Abs(f.binary); err != nil {
			return err
		}
		return os.MkdirAll(n.Work, 0o755)
	}
	const room = "github.com/cascade-sgd/cascade/fuzz"
	list, err := exec.Command("go", "list", "-f", "{{.Dir}}", room).Output()
	if err != nil {
		return fmt.Errorf("go list %s: %w", room, err)
	}
	source := strings.TrimSpace(string(list))
	n.Binary = filepath.Join(dir, "fuzz.test")
	args := []string{"test", "-c"}
	for _, packages := range instrumented {
		args = append(args, "-gcflags="+packages+"=-d=libfuzzer")
	}
	out, err := exec.Command("go", append(args, "-o", n.Binary, room)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go test -c: %w: %s", err, strict.Cut(string(out)))
	}
	if _, err := os.Stat(n.Work); err == nil {
		return nil
	}
	if err := os.CopyFS(n.Work, os.DirFS(source)); err != nil {
		return fmt.Errorf("copying %s: %w", source, err)
	}
	page := filepath.Join("props", "conform", "PROTOCOL.md") // a target of decoders reads it
	data, err := os.ReadFile(filepath.Join(filepath.Dir(source), page))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(page)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, page), data, 0o644)
}

// view shows a campaign: some lines that stay in place on a terminal, elsewhere a line
// every quiet and for every event.
type view struct {
	w       io.Writer
	live    bool
	stop    chan struct{}
	ended   sync.WaitGroup
	mu      sync.Mutex
	last    campaign.Status
	at      time.Time // when last was true
	doing   string
	drawn   int // lines that are redrawn
	said    bool
	refresh time.Duration
}

func newView(w io.Writer) *view {
	v := &view{w: w, stop: make(chan struct{}), refresh: betweenLines}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		v.live, v.refresh = true, time.Second
	}
	v.ended.Go(func() {
		tick := time.NewTicker(v.refresh)
		defer tick.Stop()
		for {
			select {
			case <-v.stop:
				return
			case <-tick.C:
				v.mu.Lock()
				v.draw()
				v.mu.Unlock()
			}
		}
	})
	return v
}

// say is the Say of a campaign.
func (v *view) say(s campaign.Status) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last, v.at = s, time.Now()
	if s.Doing != "" {
		v.doing = s.Doing
	}
	if s.Event != "" {
		v.clear()
		fmt.Fprintf(v.w, "verify campaign: %v %s\n", s.Elapsed.Round(time.Second), s.Event)
	}
	if v.live || !v.said {
		v.draw()
	}
	v.said = true
}

// clear takes the lines away that are redrawn.
func (v *view) clear() {
	if v.drawn > 0 {
		fmt.Fprintf(v.w, "\x1b[%dA\x1b[J", v.drawn)
		v.drawn = 0
	}
}

// draw is best effort.
func (v *view) draw() {
	if v.at.IsZero() {
		return
	}
	took := v.last.Elapsed + time.Since(v.at)
	if !v.live {
		fmt.Fprintf(v.w, "verify campaign: %s\n", v.line(took))
		return
	}
	v.clear()
	fmt.Fprintf(v.w, "  %s\n  doing %s\n", v.line(took), v.doing)
	v.drawn = 2
}

func (v *view) line(took time.Duration) string {
	s := &v.last
	left := max(0, s.Time-took).Round(time.Second)
	return fmt.Sprintf("%v, %v left; %d units, %d cases, %.0f/s; %.1f rungs; %d of %d claims refuted",
		took.Round(time.Second), left, s.Units, s.Executions, s.PerSecond, s.Rungs, s.Refuted, s.Claims)
}

func (v *view) end() {
	close(v.stop)
	v.ended.Wait()
	v.clear()
}
