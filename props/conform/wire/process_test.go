//go:build unix

package wire

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/conform"
)

// asEngine makes a process of the test binary an engine, which behaves as its value says.
const asEngine = "CASCADE_TEST_ENGINE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(asEngine); mode != "" {
		misbehave(mode)
		os.Exit(0)
	}
	debug.SetGCPercent(400) // as verify has it
	os.Exit(m.Run())
}

const helloReply = `{"id":1,"protocol":1,"name":"x","version":"1","precision":"float64","deterministic":true,` +
	`"ops":["linear","halfsq"],"types":["step"],"takes":[]}`

// misbehave is an engine that breaks the protocol at the first step, or where mode says.
func misbehave(mode string) {
	in := bufio.NewReader(os.Stdin)
	line := func() { _, _ = in.ReadString('\n') }
	switch mode {
	case "greet":
		fmt.Println("Using backend: CPU")
	case "dies at once":
		fmt.Fprintln(os.Stderr, "ImportError: no module named frobnicate")
		os.Exit(1)
	case "leaves a child": // in a session of its own, with the standard error alone
		child := exec.Command("sleep", "3600")
		child.SysProcAttr, child.Stderr = &syscall.SysProcAttr{Setsid: true}, os.Stderr
		_ = child.Start()
		fmt.Fprintln(os.Stderr, "child", child.Process.Pid)
		os.Exit(3)
	case "silent":
		time.Sleep(time.Hour)
	case "good", "bad exit", "stays", "chatters":
		_ = Serve(os.Stdin, os.Stdout, newReference)
		switch mode {
		case "bad exit":
			os.Exit(7)
		case "stays":
			time.Sleep(time.Hour)
		case "chatters":
			fmt.Println("bye")
		}
		return
	}
	line()
	fmt.Println(helloReply)
	line()
	switch mode {
	case "hang", "hang with children":
		if mode != "hang" {
			child := exec.Command("sleep", "3600")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			_ = child.Start()
			fmt.Fprintln(os.Stderr, "child", child.Process.Pid)
		}
		time.Sleep(time.Hour)
	case "dies":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case "torn":
		fmt.Print(`{"id":2,"loss":0.`)
	case "order":
		fmt.Println(`{"id":3,"loss":0,"u":[],"w":[]}`)
	case "twice":
		fmt.Println(`{"id":2,"loss":0,"u":[[],[]],"w":[[],[]]}` + "\n" + `{"id":2,"loss":0,"u":[[],[]],"w":[[],[]]}`)
	case "null":
		fmt.Println(`{"id":2,"loss":0,"u":[[0,null]],"w":[]}`)
	case "bare NaN":
		fmt.Println(`{"id":2,"loss":NaN,"u":[],"w":[]}`)
	case "case":
		fmt.Println(`{"id":2,"Loss":0,"u":[],"w":[]}`)
	case "flood":
		for b := make([]byte, 1<<20); ; {
			if _, err := os.Stdout.Write(b); err != nil {
				return
			}
		}
	}
	time.Sleep(100 * time.Millisecond)
}

// TestBroken: each way to break the protocol ends the run within its limit and says what
// was sent and what came back.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		mode string
		want Break
		says string
	}{
		{"greet", NotJSON, "Using backend: CPU"},
		{"dies at once", Died, "frobnicate"},
		{"silent", Hang, "no reply within"},
		{"hang", Hang, `"type":"step"`},
		{"hang with children", Hang, "no reply within"},
		{"dies", Died, "signal: killed"},
		{"torn", Torn, `came: {"id":2,"loss":0.`},
		{"order", OutOfOrder, "id is 3, want 2"},
		{"twice", OutOfOrder, "id is 2, want 3"},
		{"null", Malformed, `u[0][1]: null, want a number; what is not finite is one of the strings`},
		{"bare NaN", NotJSON, `strings "NaN"`},
		{"case", Malformed, `key in other case, want "loss"`},
		{"flood", TooMuch, "67108864 bytes"},
		{"bad exit", BadExit, "exit status 7"},
		{"stays", Hang, "after the end of stdin"},
		{"chatters", TooMuch, "bye"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Setenv(asEngine, c.mode)
			var stderr strings.Builder
			// What does not hang ends long before a minute, on a slow machine too.
			opt := &Options{Timeout: time.Minute, Start: time.Minute, Exit: time.Minute, Stderr: &stderr}
			const soon = 200 * time.Millisecond
			switch c.mode {
			case "silent":
				opt.Start = soon
			case "hang":
				opt.Timeout = soon
			case "hang with children":
				opt.Timeout = time.Second // the child is to begin before
			case "stays":
				opt.Exit = soon
			}
			e := Command([]string{os.Args[0]}, opt)
			begun := time.Now()
			r := conform.Run(e.Factory, e.Options(&conform.Options{Rules: []string{"perturbations"}, Cases: 1}))
			_ = e.Close()
			err := e.Err()
			if err == nil || err.Break != c.want || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want %s with %q", err, c.want, c.says)
			}
			if took := time.Since(begun); took > 2*time.Minute {
				t.Errorf("it took %v", took)
			}
			if c.want != BadExit && c.mode != "stays" && c.mode != "chatters" && !r.Stopped {
				t.Error("the run was not stopped")
			}
			if _, pid, ok := strings.Cut(stderr.String(), "child "); ok {
				n, _ := strconv.Atoi(strings.TrimSpace(pid))
				for k := 0; syscall.Kill(n, 0) == nil && !zombie(n); k++ {
					if time.Sleep(50 * time.Millisecond); k > 40 {
						t.Fatalf("the child %d lives on", n)
					}
				}
			}
		})
	}
}

// zombie reports that a process has ended, though nobody has asked how.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}

// TestFirstBytes: what an engine says is passed on up to a limit, and that it is cut is said
// once.
func TestFirstBytes(t *testing.T) {
	var to strings.Builder
	f := &firstBytes{to: &to, left: 5}
	for _, words := range []string{"abc", "defg", "hij", ""} {
		if n, err := f.Write([]byte(words)); n != len(words) || err != nil {
			t.Errorf("%q: %d, %v", words, n, err)
		}
	}
	said, cut, _ := strings.Cut(to.String(), "\n")
	if said != "abcde" || strings.Count(cut, "the engine says more") != 1 || strings.Contains(cut, "hij") {
		t.Errorf("passed on %q", &to)
	}
}

// TestLoud: the standard error of a command is passed on through that limit.
func TestLoud(t *testing.T) {
	var to counter
	e := Command([]string{"sh", "-c", fmt.Sprintf("head -c %d /dev/zero >&2; exit 1", MaxStderr+1000)},
		&Options{Stderr: &to})
	defer e.Close()
	if _, err := e.Factory(); err == nil {
		t.Error("an engine")
	}
	if n := to.Len(); n <= MaxStderr || n > MaxStderr+100 {
		t.Errorf("%d bytes are passed on", n)
	}
}

// counter counts what it gets.
type counter struct {
	mu sync.Mutex
	n  int
}

func (l *counter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n += len(b)
	return len(b), nil
}

func (l *counter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// TestKilledFirst: a process that starts after Kill is killed, whatever it would do.
func TestKilledFirst(t *testing.T) {
	e := Command([]string{"sleep", "3600"}, &Options{Start: time.Minute})
	e.Kill()
	var broken *BrokenError
	if _, err := e.Factory(); !errors.As(err, &broken) || broken.Break == Hang {
		t.Errorf("error %v", err)
	}
}

// TestChildElsewhere: a child that is not killed with the engine, and keeps its standard error open, holds
// up nobody.
func TestChildElsewhere(t *testing.T) {
	t.Setenv(asEngine, "leaves a child")
	e := Command([]string{os.Args[0]}, &Options{Start: time.Minute})
	_, err := e.Factory()
	var broken *BrokenError
	if !errors.As(err, &broken) || broken.Break != Died || broken.Exit != "exit status 3" {
		t.Fatalf("error %v", err)
	}
	_, pid, _ := strings.Cut(broken.Stderr, "child ")
	if n, err := strconv.Atoi(strings.TrimSpace(pid)); err != nil || syscall.Kill(n, syscall.SIGKILL) != nil {
		t.Errorf("the child %q has ended", pid)
	}
}

// TestUnknownEnd: a process of which nobody knows how it ended did not end well.
func TestUnknownEnd(t *testing.T) {
	p := &process{cmd: &exec.Cmd{}, done: make(chan struct{})}
	close(p.done)
	if how, ok := p.wait(); how != "unknown" || ok {
		t.Errorf("it ended %q, well: %v", how, ok)
	}
}

// TestNotStarted: a program that is not there.
func TestNotStarted(t *testing.T) {
	e := Command([]string{"/no/such/program"}, nil)
	if _, err := e.Factory(); err == nil || e.Err() == nil || e.Err().Break != NotStarted {
		t.Errorf("error %v", err)
	}
}

// TestGood: a process that keeps to the protocol, one for all rules and one for each; what
// is killed stops.
func TestGood(t *testing.T) {
	t.Setenv(asEngine, "good")
	for _, each := range []bool{false, true} {
		e := Command([]string{os.Args[0]}, &Options{EachRule: each})
		r := conform.Run(e.Factory,
			e.Options(&conform.Options{Rules: []string{"perturbations", "batch", "trace"}, Cases: 1}))
		if err := errors.Join(r.Err(), e.Close()); err != nil {
			t.Error(err)
		}
		if want := map[bool]int{false: 1, true: 3}[each]; len(e.peers) != want {
			t.Errorf("%d processes, want %d", len(e.peers), want)
		}
	}
	e := Command([]string{os.Args[0]}, nil)
	time.AfterFunc(300*time.Millisecond, e.Kill)
	if r := conform.Run(e.Factory, e.Options(nil)); !r.Stopped || e.Err() == nil {
		t.Errorf("stopped %v, %v", r.Stopped, e.Err())
	}
}
