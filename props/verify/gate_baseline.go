package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/verdict"
	"github.com/cascade-sgd/cascade/props/conform/wire"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// exclusive refuses flags that do not go together.
func (f *gateFlags) exclusive() error {
	for _, pair := range [][4]string{
		{"baseline", f.baseline, "replay", f.replay},
		{"baseline", f.baseline, "save-replies", f.save},
		{"save-replies", f.save, "replay", f.replay},
	} {
		if pair[1] != "" && pair[3] != "" {
			return fmt.Errorf("-%s and -%s are two runs: give one of them", pair[0], pair[2])
		}
	}
	if f.baseline != "" && f.eachRule {
		return errors.New("-baseline asks both builds about one another's smallest cases: leave -each-rule away")
	}
	if f.save != "" && f.time > 0 {
		return errors.New("-save-replies with -time would keep what the clock allowed: use a smaller -cases")
	}
	return nil
}

// saveReplies writes what was answered. A run that did not come to its end, or that decided
// nothing, is no baseline.
func (f *gateFlags) saveReplies(c *call, r *conform.Recorder, v *verdict.Verdict) error {
	if f.save == "" {
		return nil
	}
	switch v.Conclusion() {
	case verdict.Broken, verdict.Stopped, verdict.Invalid:
		fmt.Fprintf(c.stderr, "verify gate: %s is not written: the run is no baseline\n", f.save)
		return nil
	}
	if err := r.WriteFile(f.save); err != nil {
		return fmt.Errorf("-save-replies: %w", err)
	}
	of := ""
	if len(v.Findings) > 0 {
		of = ", of a build with faults: -baseline calls it a fault unless -known-failing lists them"
	}
	_, err := fmt.Fprintf(c.stdout, "%d replies are in %s%s\n", r.Len(), f.save, of)
	return err
}

// shellMarks are the characters that part the words of a command line, or are none of a name.
const shellMarks = " \t\n\"'$&;|<>()=`\\"

// isReplies tells a file of replies from a command line, as the help of -baseline has it.
func isReplies(old string) (bool, error) {
	info, err := os.Stat(old)
	if err != nil { // it is no file, so it must be a command
		if _, err := exec.LookPath(old); err != nil && !strings.ContainsAny(old, shellMarks) {
			return false, fmt.Errorf("-baseline %s is neither a file nor a command", strict.Quote(old))
		}
		return false, nil
	}
	if info.IsDir() {
		return false, fmt.Errorf("-baseline %s is a directory", strict.Quote(old))
	}
	path := old
	if !strings.ContainsRune(path, os.PathSeparator) && !strings.Contains(path, "/") {
		path = "." + string(os.PathSeparator) + path // not one in PATH
	}
	_, err = exec.LookPath(path)
	return err != nil, nil
}

// as takes the options of a recording, and refuses flags that ask for others.
func (f *gateFlags) as(c *call, opt *conform.Options, r *conform.Recording) (*conform.Options, error) {
	recorded := r.Options()
	given := map[string]bool{}
	c.fs.Visit(func(x *flag.Flag) { given[x.Name] = true })
	list := func(names []string) string {
		if names == nil {
			return "all"
		}
		return strings.Join(names, ",")
	}
	for _, x := range []struct{ name, now, then string }{
		{"seed", fmt.Sprint(opt.Seed), fmt.Sprint(recorded.Seed)},
		{"cases", fmt.Sprint(opt.Cases), fmt.Sprint(recorded.Cases)},
		{"ops", list(opt.Ops), list(recorded.Ops)},
	} {
		if given[x.name] && x.now != x.then {
			return nil, fmt.Errorf("-%s is %s, but %s was recorded with %s: leave the flag away, or record anew",
				x.name, x.now, f.baseline, x.then)
		}
	}
	for _, rule := range opt.Rules { // fewer rules ask what they asked then
		if recorded.Rules != nil && !slices.Contains(recorded.Rules, rule) {
			return nil, fmt.Errorf("-rules has %s, but %s was recorded with %s: leave it away, or record anew",
				rule, f.baseline, list(recorded.Rules))
		}
	}
	o := *opt
	o.Seed, o.Cases, o.Ops = recorded.Seed, recorded.Cases, recorded.Ops
	if o.Rules == nil {
		o.Rules = recorded.Rules
	}
	return &o, nil
}

// runBaseline holds the engine against an old build.
func (f *gateFlags) runBaseline(c *call, opt *conform.Options, known []string) (int, error) {
	words, text := commandLine(c.args)
	b := &verdict.Baseline{Old: f.baseline, Known: known}
	replies, err := isReplies(f.baseline)
	if err != nil {
		return exitUsage, err
	}
	stderr := together(c.stderr)
	start := func(words []string) *wire.Engines {
		return wire.Command(words, &wire.Options{Timeout: f.timeout, EachRule: f.eachRule, Stderr: stderr})
	}
	ended := make(chan struct{})
	defer close(ended)
	stop := make(chan struct{})
	var old conform.Factory
	var before *wire.Engines
	if replies {
		r, err := conform.ReadRecordingFile(f.baseline)
		if err != nil {
			return exitUsage, fmt.Errorf("-baseline %s: %w", f.baseline, err)
		}
		if opt, err = f.as(c, opt, r); err != nil {
			return exitUsage, err
		}
		old, b.Replies = r.Engine, r.Len()
	} else {
		before = start(wire.Shell(f.baseline))
		old, opt.AgainOld = before.Factory, before.Again
		defer before.Kill()
		defer context.AfterFunc(c.ctx, before.Kill)()
	}
	after := start(words)
	defer after.Kill()
	defer context.AfterFunc(c.ctx, after.Kill)()
	opt = after.Options(opt)
	opt.Stop = stop
	go func() { // one that breaks the protocol ends the run of both
		var oldBroken <-chan struct{}
		if before != nil {
			oldBroken = before.Broken()
		}
		select {
		case <-after.Broken():
		case <-oldBroken:
		case <-ended:
			return
		}
		close(stop)
	}()
	p := newProgress(stderr)
	opt.Progress = both(p.gating)
	compared, err := conform.Compare(old, after.Factory, opt)
	p.end()
	v := f.compared(c, text, b, compared, before, after)
	switch {
	case v == nil:
		return exitUsage, err
	case v.Conclusion() != verdict.Stopped && v.Conclusion() != verdict.Broken && replies && compared.Compared == 0 &&
		compared.New.Err() == nil:
		return exitUsage, fmt.Errorf("-baseline %s has no reply to any of the %d requests of this gate: record anew",
			f.baseline, compared.New.Requests)
	}
	if err := f.write(c, v); err != nil {
		return exitUsage, err
	}
	return gateCodes[v.Conclusion()], nil
}

// compared is the verdict, nil when there was nothing to compare. before is nil for a file.
func (f *gateFlags) compared(c *call, text string, b *verdict.Baseline, compared *conform.Comparison,
	before, after *wire.Engines) *verdict.Verdict {
	_ = after.Close() // Err has it
	broken := after.Err()
	if before != nil {
		_ = before.Close()
		if err := before.Err(); err != nil {
			broken, b.Broken = err, true
		}
	}
	if broken != nil || c.ctx.Err() != nil {
		r := &conform.Report{Seed: f.seed}
		if compared != nil && !b.Broken {
			r = compared.New
		}
		v := verdict.New(text, r, broken, b.Known)
		v.Baseline, v.Stopped = b, c.ctx.Err() != nil
		return v
	}
	if compared == nil {
		return nil
	}
	b.Compared = compared
	return verdict.HoldAgainst(text, b)
}

// both says of a Progress which of two gates, one after the other, it is of.
func both(progress func(conform.Progress)) func(conform.Progress) {
	done, build := 0, "old build, "
	return func(p conform.Progress) {
		if p.Done < done {
			build = "new build, "
		}
		done = p.Done
		p.Doing = build + p.Doing
		progress(p)
	}
}
