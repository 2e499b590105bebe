package wire

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// tailBytes is how much of stderr is kept for a message.
const tailBytes = 2000

// MaxStderr is how much of what an engine says on its standard error is passed on: one that
// says the same in an endless loop must not fill the disk with the log of the gate.
const MaxStderr = 16 << 20

// firstBytes passes on the first bytes that are written to it and says where they end.
type firstBytes struct {
	to   io.Writer
	mu   sync.Mutex
	left int
}

// Write takes all that it gets.
func (f *firstBytes) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return len(b), nil
	}
	n := min(f.left, len(b))
	f.left -= n
	_, err := f.to.Write(b[:n])
	if f.left == 0 {
		_, err = io.WriteString(f.to, "\n[the engine says more on its standard error than is passed on]\n")
	}
	return len(b), err
}

// tail passes on what is written and keeps the end of it.
type tail struct {
	to   io.Writer
	mu   sync.Mutex
	last []byte
}

// Write never fails: a terminal that is gone must not stop the engine.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to != nil {
		_, _ = t.to.Write(b)
	}
	t.last = append(t.last, b[max(0, len(b)-tailBytes):]...)
	t.last = t.last[max(0, len(t.last)-tailBytes):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for line := range strings.Lines(string(t.last)) {
		lines = append(lines, shown(line))
	}
	return strings.Join(lines, "\n")
}

// process waits for the end of a command once, for all who ask.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// startProcess starts a command in a process group of its own.
func startProcess(args []string, stderr io.Writer) (*peer, *BrokenError) {
	words := &tail{to: stderr}
	cmd := exec.Command(args[0], args[1:]...)
	ownGroup(cmd)
	cmd.Stderr = words
	cmd.WaitDelay = lastWords // what it started may keep stderr open
	in, out, err := start(cmd)
	if err != nil {
		reason := fmt.Sprintf("%s: %v", strict.Quote(strings.Join(args, " ")), err)
		return nil, &BrokenError{Break: NotStarted, Reason: reason}
	}
	p := &process{cmd, make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // its state says it all
	}()
	kill := sync.OnceFunc(func() {
		killGroup(cmd.Process)
		time.AfterFunc(lastWords, func() { // a process that left the group may hold the pipes
			_ = in.Close()
			_ = out.Close()
		})
	})
	return &peer{in: in, out: out, kill: kill, wait: p.wait, stderr: words.String}, nil
}

// start starts cmd with pipes. The one for its output is not closed when cmd ends, as that
// of cmd.StdoutPipe would be: what is in it is still to be read.
func start(cmd *exec.Cmd) (in io.WriteCloser, out *os.File, err error) {
	if in, err = cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		_ = in.Close()
		return nil, nil, err
	}
	cmd.Stdout = theirs
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = out.Close()
	}
	return in, out, err
}

// wait waits for the end.
func (p *process) wait() (how string, ok bool) {
	<-p.done
	if p.cmd.ProcessState == nil {
		return "unknown", false
	}
	return p.cmd.ProcessState.String(), p.cmd.ProcessState.Success()
}
