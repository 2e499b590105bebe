package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// The exit codes.
const (
	exitOK      = 0   // every verdict as on record, the replayed file shows what it says
	exitDiffers = 1   // a verdict differs, a search too small to say, a file that does not show what it says
	exitUsage   = 2   // usage, malformed input, or output that cannot be written
	exitBroken  = 3   // the engine that is gated broke the protocol or died
	exitStopped = 130 // stopped by a signal, after writing what there is
)

// command is one subcommand.
type command struct {
	synopsis string // its arguments
	what     string // in one line
	long     string // the rest of its help: examples, notes
	// run returns an exit code; an error is printed, and its code is exitUsage.
	run func(c *call) (code int, err error)
}

// call is one call of a subcommand.
type call struct {
	ctx            context.Context
	fs             *flag.FlagSet
	args           []string // what is not a flag
	stdout, stderr io.Writer
}

// commands by name; "" is the search.
var commands map[string]*command

func init() {
	commands = map[string]*command{
		"":          searchCommand,
		"merge":     mergeCommand,
		"replay":    replayCommand,
		"export":    exportCommand,
		"constants": constantsCommand,
		"errata":    errataCommand,
		"figures":   figuresCommand,
		"page":      pageCommand,
		"record":    recordCommand,
		"gate":      gateCommand,
		"adapters":  adaptersCommand,
		"trace":     traceCommand,
		"campaign":  campaignCommand,
		"corpus":    corpusCommand,
	}
}

// collectAt is the garbage collector's percentage where GOGC does not set one: a search
// keeps little alive and throws much away, so that a heap that grows to five times what
// lives costs some tens of MB and saves most collections.
const collectAt = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it: then a terminal that is gone stops nothing
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command without a process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name, args := split(args)
	if name == "help" { // help NAME is NAME -h
		name, _ = split(args)
		args = []string{"-h"}
	}
	cmd := commands[name]
	if cmd == nil {
		fmt.Fprintf(stderr, "verify: no command %s, want one of: %s, or flags for a search\n",
			strict.Quote(name), strings.Join(names(), ", "))
		return exitUsage
	}
	fs := flag.NewFlagSet("verify "+name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // help goes to stdout, errors are printed below
	c := &call{ctx: ctx, fs: fs, args: args, stdout: stdout, stderr: stderr}
	code, err := cmd.run(c)
	if errors.Is(err, flag.ErrHelp) {
		code, err = exitOK, help(stdout, name, cmd, fs)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", strings.TrimSpace("verify "+name), err)
		return exitUsage
	}
	return code
}

// split takes the name of a command from the front of args, "" where there is none.
func split(args []string) (name string, rest []string) {
	if len(args) > 0 && args[0] != "" && !strings.HasPrefix(args[0], "-") {
		return args[0], args[1:]
	}
	return "", args
}

// names are the subcommands.
func names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(commands)), func(n string) bool { return n == "" })
}

// parse reads the flags, which may stand before or after arguments, and leaves the
// arguments in c.args: at least least and at most most of them.
func (c *call) parse(least, most int) error {
	var free []string
	for rest := c.args; len(rest) > 0; {
		if err := c.fs.Parse(rest); err != nil {
			return err
		}
		left := c.fs.Args()
		if n := len(rest) - len(left); n > 0 && rest[n-1] == "--" || len(left) == 0 {
			free = append(free, left...)
			break
		}
		free, rest = append(free, left[0]), left[1:]
	}
	c.args = free
	switch {
	case len(free) < least:
		return fmt.Errorf("%d arguments, want %d or more", len(free), least)
	case len(free) > most && commands[free[most]] != nil:
		return fmt.Errorf("unexpected argument %s: a command comes before all flags", strict.Quote(free[most]))
	case len(free) > most:
		return fmt.Errorf("unexpected argument %s", strict.Quote(free[most]))
	}
	return nil
}

// help prints what a command is for, its flags and its exit codes.
func help(w io.Writer, name string, cmd *command, fs *flag.FlagSet) error {
	p := &table.Printer{To: w}
	p.F("%s\n\n  go run ./props/verify %s\n", cmd.what, strings.TrimSpace(name+" "+cmd.synopsis))
	if cmd.long != "" {
		p.F("\n%s\n", cmd.long)
	}
	first := true
	fs.VisitAll(func(f *flag.Flag) {
		if first {
			p.F("\nFlags, before or after arguments:\n")
			first = false
		}
		value, usage := flag.UnquoteUsage(f)
		p.F("  -%-14s %s", strings.TrimSpace(f.Name+" "+value), usage)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0s" {
			p.F(" (default %s)", f.DefValue)
		}
		p.F("\n")
	})
	if name == "" {
		p.F("\nCommands, each with -h:\n")
		for _, n := range names() {
			p.F("  %-8s %s\n", n, commands[n].what)
		}
	}
	p.F("\nExit codes: 0 every verdict as on record, the file shows what it says, the engine passed; 1 a verdict\n" +
		"differs, the search was too small to say, the file does not show what it says, the engine has a fault;\n" +
		"2 usage, malformed input, or output that cannot be written; 3 the engine broke the protocol or died;\n" +
		"130 stopped by a signal after writing what there is. go run makes 1 of all but 0: for the codes\n" +
		"go build ./props/verify and run ./verify.\n")
	return p.Err
}
