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
	"time"

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
	// atOnce is set where a signal ends the command at once, since it writes to stdout alone.
	atOnce bool
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

// sayWhyAfter is how long a command may go on after a signal before it says why.
const sayWhyAfter = 300 * time.Millisecond

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it: then a terminal that is gone stops nothing
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		stop()                  // a second signal ends the program at once
		time.Sleep(sayWhyAfter) // what ends by then need not be explained
		fmt.Fprintln(os.Stderr, "verify: stopped by a signal: what is at hand is finished, a second one ends all")
	})
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
	defer strict.StopWaiting(ctx.Done())()
	code, err := cmd.runOrStop(c)
	if errors.Is(err, flag.ErrHelp) {
		code, err = exitOK, help(stdout, name, cmd, fs)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", strings.TrimSpace("verify "+name), err)
		if errors.Is(err, strict.ErrStopped) {
			return exitStopped
		}
		return exitUsage
	}
	return code
}

// runOrStop runs the command, one that is atOnce until a signal comes: it is left behind
// then, and the process is about to end.
func (cmd *command) runOrStop(c *call) (code int, err error) {
	if !cmd.atOnce {
		return cmd.run(c)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		code, err = cmd.run(c)
	}()
	select {
	case <-done:
		return code, err
	case <-c.ctx.Done():
		return exitStopped, strict.ErrStopped
	}
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
	empty := ""
	c.fs.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" {
			empty = f.Name // as of -json "$REPORT" where nobody has set REPORT
		}
	})
	switch {
	case empty != "":
		return fmt.Errorf("-%s is empty", empty)
	case len(free) < least:
		return fmt.Errorf("%d arguments, want %d or more", len(free), least)
	case len(free) > most && commands[free[most]] != nil:
		return fmt.Errorf("unexpected argument %s: a command comes before all flags", strict.Quote(free[most]))
	case len(free) > most:
		return fmt.Errorf("unexpected argument %s", strict.Quote(free[most]))
	}
	return nil
}

// words are the words of a flag that is a list, none where it is empty. Each is said once:
// what is there twice is a slip, and an experiment that is counted twice says more than it
// shows.
func words(flag, list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	all := strings.Split(list, ",")
	for k, word := range all {
		all[k] = strings.TrimSpace(word)
		switch {
		case all[k] == "":
			return nil, fmt.Errorf("-%s is %s: word %d is empty", flag, strict.Quote(list), k+1)
		case slices.Contains(all[:k], all[k]):
			return nil, fmt.Errorf("-%s has %s twice", flag, strict.Quote(all[k]))
		}
	}
	return all, nil
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
