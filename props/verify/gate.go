package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/verdict"
	"github.com/cascade-sgd/cascade/props/conform/wire"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

var gateCommand = &command{
	synopsis: "[flags] 'COMMAND' | -- PROGRAM ARG...",
	what:     "Gates a training engine, any program that speaks the engine protocol on stdin and stdout.",
	long: `props/conform/PROTOCOL.md is for authors of engines; verify adapters lists engines to begin with.
One argument is a command line for the shell, more are a program and its arguments.

Examples:
  go run ./props/verify gate 'python3 engine.py'
  go run ./props/verify gate -junit gate.xml -known-failing known.txt -- ./engine --float32
  go run ./props/verify gate -json gate.json 'python3 engine.py'
  go run ./props/verify gate -replay gate.json 'python3 engine.py'   its faults again: 1 when one still shows
  go run ./props/verify gate -save-replies old.gz 'python3 engine.py'
  go run ./props/verify gate -baseline old.gz 'python3 engine.py'    after a change: did any number move?

-baseline ends with "same bits" or "drift inside the envelope" (exit 0), or with "fault" (exit 1): one of the builds
does not pass, they differ by more than the envelope, or the new one no longer answers what the old one did. The
envelope is what the declared precision may do. A file of replies is asked again with the -seed, -cases, -ops and
-rules that it was recorded with.

Where GITHUB_ACTIONS is true, faults are annotations as well, and the step summary gets them.`,
	run: runGate,
}

// gateFlags are the flags of a gate.
type gateFlags struct {
	seed                       uint64
	cases                      int
	time, timeout, limit       time.Duration
	rules, ops                 string
	eachRule                   bool
	json, junit, known, replay string
	baseline, save             string
}

func (f *gateFlags) define(c *call) {
	c.fs.Uint64Var(&f.seed, "seed", 1, "`seed` of what is drawn, beside what is always asked")
	c.fs.IntVar(&f.cases, "cases", 60, "`n` cases drawn for each rule")
	c.fs.DurationVar(&f.time, "time", 0, "spend at most this `time` on drawn cases; what is always asked is never cut")
	c.fs.DurationVar(&f.timeout, "timeout", 30*time.Second,
		"the engine is killed when a request takes longer than this `time`; to start it has 2m")
	c.fs.DurationVar(&f.limit, "limit", 30*time.Minute,
		"`time` for the whole gate: one that is not done by then decides nothing")
	c.fs.StringVar(&f.rules, "rules", "", "only these `rules`, separated by commas")
	c.fs.StringVar(&f.ops, "ops", "", "send only these `operators`, separated by commas")
	c.fs.BoolVar(&f.eachRule, "each-rule", false, "start the engine anew for each rule")
	c.fs.StringVar(&f.json, "json", "", "write the verdict as JSON to this `file`")
	c.fs.StringVar(&f.junit, "junit", "", "write the verdict as JUnit XML to this `file`")
	c.fs.StringVar(&f.known, "known-failing", "",
		"`file` with names of known faults, one a line: they do not fail the gate, and one that does not show does, "+
			"unless its line begins with sometimes:")
	c.fs.StringVar(&f.replay, "replay", "",
		"ask again what this `file` has, the -json of an earlier gate or lines of requests; - is stdin")
	c.fs.StringVar(&f.baseline, "baseline", "",
		"hold the engine against an `OLD` build of it: a file of replies when a file of this name exists that is not\n"+
			"                  executable, else a command line for the shell")
	c.fs.StringVar(&f.save, "save-replies", "", "write what the engine answers to this `file`, for -baseline")
}

// some splits a list and refuses what is not in all.
func some(flag, list string, all []string) ([]string, error) {
	names, err := words(flag, list)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("-%s names %s, want some of %s", flag, strict.Quote(name),
				strings.Join(all, ", "))
		}
	}
	return names, nil
}

// options checks the flags.
func (f *gateFlags) options() (*conform.Options, error) {
	rules, err := some("rules", f.rules, conform.RuleNames())
	if err != nil {
		return nil, err
	}
	ops, err := some("ops", f.ops, core.OpNames())
	if err != nil {
		return nil, err
	}
	switch {
	case f.seed == 0:
		return nil, errors.New("-seed is 0, want 1 or more")
	case f.cases < 1 || f.cases > maxGateCases:
		return nil, fmt.Errorf("-cases is %d, want 1..%d", f.cases, maxGateCases)
	case f.time < 0:
		return nil, fmt.Errorf("-time is %v, want >= 0", f.time)
	case f.timeout <= 0:
		return nil, fmt.Errorf("-timeout is %v, want > 0", f.timeout)
	case f.limit <= 0:
		return nil, fmt.Errorf("-limit is %v, want > 0", f.limit)
	}
	return &conform.Options{
		Seed: f.seed, Cases: f.cases, Time: f.time, Limit: f.limit, Rules: rules, Ops: ops,
	}, nil
}

const (
	maxGateCases  = 100_000
	maxKnownBytes = 1 << 20
)

// programs are the words of command lines that may be files, such as the engine itself, that nothing is to be
// written over.
func programs(args []string) []string {
	var files []string
	for _, line := range args {
		files = append(files, line)
		files = append(files, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(shellMarks, r) })...)
	}
	return files
}

// commandLine is the command to run, and how the user would write it.
func commandLine(args []string) (words []string, text string) {
	if len(args) == 1 {
		return wire.Shell(args[0]), shellQuote(args[0])
	}
	text = "--"
	for _, a := range args {
		text += " " + shellQuote(a)
	}
	return args, text
}

func shellQuote(s string) string {
	plain := func(c rune) bool {
		return strings.ContainsRune("-_./=:,+@%", c) || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c &&
			c <= 'Z'
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func runGate(c *call) (int, error) {
	var f gateFlags
	f.define(c)
	if err := c.parse(1, maxArguments); err != nil {
		return exitUsage, err
	}
	opt, err := f.options()
	if err != nil {
		return exitUsage, err
	}
	if strings.TrimSpace(c.args[0]) == "" {
		return exitUsage, errors.New("the command is empty")
	}
	if err := f.exclusive(); err != nil {
		return exitUsage, err
	}
	kept := append(programs(c.args), append(programs([]string{f.baseline}), f.replay, f.known)...)
	if err := writable(kept, pathOf{"-json", f.json}, pathOf{"-junit", f.junit},
		pathOf{"-save-replies", f.save}); err != nil {
		return exitUsage, err
	}
	var known []string
	if f.known != "" {
		data, err := strict.ReadFile(f.known, maxKnownBytes)
		if err == nil {
			known, err = verdict.ParseKnown(string(data))
		}
		if err != nil {
			return exitUsage, fmt.Errorf("-known-failing %s: %w", f.known, err)
		}
	}
	if f.baseline != "" {
		return f.runBaseline(c, opt, known)
	}
	words, text := commandLine(c.args)
	stderr := together(c.stderr)
	engines := wire.Command(words, &wire.Options{Timeout: f.timeout, EachRule: f.eachRule, Stderr: stderr})
	defer engines.Kill()
	defer context.AfterFunc(c.ctx, engines.Kill)()
	var r *conform.Report
	recorder := conform.NewRecorder(engines.Factory, opt)
	if f.replay == "" {
		p := newProgress(stderr)
		opt.Progress = p.gating
		factory := engines.Factory
		if f.save != "" {
			factory = recorder.Engine
		}
		r = conform.Run(factory, engines.Options(opt))
		p.end()
	} else if r, err = replayGate(&f, engines, opt); err != nil {
		return exitUsage, err
	}
	_ = engines.Close() // Err has it
	v := verdict.New(text, r, engines.Err(), known)
	v.Replayed, v.Stopped = f.replay != "", c.ctx.Err() != nil
	if err := f.write(c, v); err != nil {
		return exitUsage, err
	}
	if err := f.saveReplies(c, recorder, v); err != nil {
		return exitUsage, err
	}
	return gateCodes[v.Conclusion()], nil
}

// maxArguments is how many words a command may have.
const maxArguments = 1000

var gateCodes = map[verdict.Conclusion]int{
	verdict.Passed: exitOK, verdict.Failed: exitDiffers, verdict.Invalid: exitDiffers, verdict.Broken: exitBroken,
	verdict.Stopped: exitStopped,
}

// replayGate asks what a file has. An engine that breaks the protocol ends it.
func replayGate(f *gateFlags, engines *wire.Engines, opt *conform.Options) (*conform.Report, error) {
	var data []byte
	var err error
	if f.replay == "-" {
		data, err = strict.ReadStdin(conform.MaxRequest)
	} else {
		data, err = strict.ReadFile(f.replay, conform.MaxRequest)
	}
	var list []string
	if err == nil {
		list, err = verdict.Requests(data)
	}
	if err != nil {
		return nil, fmt.Errorf("-replay %s: %w", f.replay, err)
	}
	r := &conform.Report{Seed: f.seed}
	for _, requests := range list {
		if engines.Err() != nil {
			break
		}
		found, err := verdict.Violations(conform.Replay(engines.Factory, requests, engines.Options(opt)))
		if err != nil && engines.Err() == nil {
			return nil, fmt.Errorf("-replay %s: %w", f.replay, err)
		}
		r.Findings = append(r.Findings, found...)
		r.Requests += strings.Count(strings.TrimSpace(requests), "\n") + 1
	}
	return r, nil
}

// write writes the files first: a terminal that is gone does not cost what was found, nor
// does a file that cannot be written cost the rest.
func (f *gateFlags) write(c *call, v *verdict.Verdict) error {
	return errors.Join(f.files(v), f.say(c, v))
}

func (f *gateFlags) files(v *verdict.Verdict) error {
	var failed []error
	if f.json != "" {
		data, err := v.JSON()
		if err == nil {
			err = strict.WriteFile(f.json, data)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("-json: %w", err))
		}
	}
	if f.junit != "" {
		var b bytes.Buffer
		err := v.JUnit(&b)
		if err == nil {
			err = strict.WriteFile(f.junit, b.Bytes())
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("-junit: %w", err))
		}
	}
	return errors.Join(failed...)
}

// say writes to the terminal, and to GitHub where that runs the gate.
func (f *gateFlags) say(c *call, v *verdict.Verdict) error {
	if err := v.Text(c.stdout); err != nil {
		return err
	}
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	if err := v.Annotations(c.stdout); err != nil {
		return err
	}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		var b bytes.Buffer
		if err := v.Summary(&b); err != nil {
			return err
		}
		if err := strict.AppendFile(path, b.Bytes()); err != nil {
			return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
		}
	}
	return nil
}
