package campaign

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Native is native fuzzing with an instrumented binary of package fuzz.
type Native struct {
	Binary  string
	Work    string         // the folder that its testdata is in
	Targets []props.Target // of claims
	Others  []string       // other targets
	Slice   time.Duration  // of a unit

	dir  string   // of the campaign
	left []string // what units left that were not finished
}

// claimsAtOnce is how many claims a unit of native fuzzing aims at: a rung that any of them
// reaches is a coverage point, so that of many the lowest go unseen.
const claimsAtOnce = 3

type built struct {
	native *Native
	err    error
}

// build gives the binary once it is there.
func (r *run) build() chan built {
	if r.opt.Native == nil {
		return nil
	}
	made := make(chan built, 1)
	go func() {
		n, err := r.opt.Native()
		if n != nil && err == nil {
			n.dir = r.opt.Dir
			n.left, err = unfinished(r.opt.Dir)
		}
		made <- built{n, err}
	}()
	return made
}

// folder is the name of that which the processes of a unit write to.
func folder(unit string) string { return strings.NewReplacer(" ", "-", "/", "-").Replace(unit) }

// findsDir has these folders.
func findsDir(dir string) string { return filepath.Join(dir, "finds") }

// forget removes the folder of a unit that is in the journal.
func (r *run) forget(unit string) error {
	return os.RemoveAll(filepath.Join(findsDir(r.opt.Dir), folder(unit)))
}

// unfinished are the folders of units that were not finished.
func unfinished(dir string) (names []string, err error) {
	entries, err := os.ReadDir(findsDir(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// salvage takes in what a unit of a call before had found when it was killed.
func (r *run) salvage(n *Native, name string) error {
	dir := filepath.Join(findsDir(n.dir), name)
	if r.folders[name] { // it is in the journal
		return os.RemoveAll(dir)
	}
	start := time.Now()
	found, note := r.ingest(dir)
	unit := fmt.Sprintf("left %s#%d", name, r.result.Units)
	if err := r.enter(unit, found, 0, time.Since(start), note, nil); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// fuzzArms has an arm for each target.
func (r *run) fuzzArms(n *Native) (arms []*arm) {
	for k := range n.Targets {
		t := &n.Targets[k]
		mine := func() (open []int) { // those that can still climb, the lowest first
			for j := range r.opt.Claims {
				if t.Owns(&r.opt.Claims[j]) && r.state[j].Confirmed == 0 && r.state[j].Ratio < 1-0x1p-20 {
					open = append(open, j)
				}
			}
			return open
		}
		arms = append(arms, &arm{sort: "fuzz", name: "fuzz " + t.Name,
			dead: func() bool { return len(mine()) == 0 },
			do: func(number int) ([]*search.Finding, int64, string) {
				open := mine()
				if len(open) == 0 {
					return nil, 0, ""
				}
				var names []string
				for j := range min(claimsAtOnce, len(open)) {
					names = append(names, r.opt.Claims[open[(number*claimsAtOnce+j)%len(open)]].Name())
				}
				return r.native(n, t.Name, fmt.Sprintf("fuzz %s#%d", t.Name, number), strings.Join(names, ","))
			}})
	}
	for _, name := range n.Others {
		arms = append(arms, &arm{sort: "fuzz", name: "fuzz " + name, dead: func() bool { return false },
			do: func(number int) ([]*search.Finding, int64, string) {
				return r.native(n, name, fmt.Sprintf("fuzz %s#%d", name, number), "")
			}})
	}
	return arms
}

// executions is how native fuzzing says how many inputs it has tried.
var executions = regexp.MustCompile(`execs: ([0-9]+)`)

// native runs a target for a slice of time and takes in what it wrote.
func (r *run) native(n *Native, target, unit, aim string) (found []*search.Finding, tried int64, note string) {
	finds := filepath.Join(findsDir(n.dir), folder(unit))
	if err := os.MkdirAll(finds, 0o755); err != nil {
		return nil, 0, err.Error()
	}
	cmd := exec.Command(n.Binary, "-test.run=^$", "-test.fuzz=^"+target+"$", "-test.fuzztime="+n.Slice.String(),
		"-test.fuzzminimizetime=0x", "-test.fuzzcachedir="+filepath.Join(n.dir, "cache"),
		"-test.parallel="+strconv.Itoa(runtime.GOMAXPROCS(0)))
	cmd.Dir = n.Work
	cmd.Env = append(os.Environ(), "CASCADE_CLAIMS="+aim)
	if aim != "" {
		cmd.Env = append(cmd.Env, props.FindsVariable+"="+finds)
	}
	dieWithParent(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err.Error()
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, 0, err.Error()
	}
	over := make(chan struct{})
	stopped := make(chan bool, 1)
	go func() {
		select {
		case <-r.ended:
			_ = cmd.Process.Signal(os.Interrupt)
			stopped <- true
			select {
			case <-over:
			case <-time.After(patience):
				_ = cmd.Process.Kill()
			}
		case <-over:
			stopped <- false
		}
	}()
	var tail bytes.Buffer
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		if m := executions.FindSubmatch(lines.Bytes()); m != nil {
			tried, _ = strconv.ParseInt(string(m[1]), 10, 64) // digits
			continue
		}
		if tail.Len() < maxNote {
			tail.Write(append(lines.Bytes(), '\n'))
		}
	}
	_, _ = io.Copy(io.Discard, out) // a line too long: the rest is left unread
	err = cmd.Wait()
	close(over)
	if err != nil && !<-stopped {
		note = fmt.Sprintf("%s failed (%v): %s", target, err, strict.Cut(tail.String()))
	}
	found, trouble := r.ingest(finds)
	if trouble != "" {
		note = strings.TrimSpace(note + " " + trouble)
	}
	return found, tried, note
}

// patience is how long native fuzzing may take to stop.
const patience = 5 * time.Second

// maxNote caps what is kept of the output of native fuzzing.
const maxNote = 1 << 12

// maxFinds caps a file of finds.
const maxFinds = 1 << 26

// ingest tries the cases that processes wrote on the claims of the kind: what they say of
// them is not believed, but done again. A last line may be cut off.
func (r *run) ingest(dir string) (found []*search.Finding, note string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err.Error()
	}
	cases := map[claim.Kind][]*gen.Case{}
	for _, file := range files {
		data, err := strict.ReadFile(file, maxFinds)
		if err != nil {
			note = err.Error()
			continue
		}
		for line := range bytes.Lines(data) {
			var find props.Find
			if err := strict.Unmarshal(line, &find); err != nil || find.Case == nil {
				continue // cut off
			}
			k, ok := r.index[find.Claim]
			if !ok {
				continue
			}
			kind := r.opt.Claims[k].Kind
			saved := search.SavedCase{Case: find.Case}
			if err := saved.Fits(&r.opt.Claims[k]); err != nil {
				note = err.Error()
				continue
			}
			cases[kind] = append(cases[kind], find.Case)
		}
	}
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
		if some := cases[kind]; len(some) > 0 {
			found = slices.Concat(found, search.TryCases(r.open(kind), kind, len(some), nil,
				func(k int) (*gen.Case, string) { return some[k], "fuzz" }))
		}
	}
	return found, note
}
