//go:build unix

package strict

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func fifo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip("no FIFOs here:", err)
	}
	return name
}

// TestSilentFIFO: nobody writes, or somebody has opened it and says nothing more.
func TestSilentFIFO(t *testing.T) {
	impatient(t, 50*time.Millisecond, time.Minute)
	for _, said := range []string{"nobody", "", "some"} {
		name := fifo(t)
		if said != "nobody" {
			w, err := os.OpenFile(name, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if _, err := w.WriteString(said); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := ReadFile(name, 100); !errors.Is(err, os.ErrDeadlineExceeded) ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%q, then silence: %q, error %v", said, got, err)
		}
	}
}

// TestStopWaiting: what waits ends when it is told to, and after undo waits again.
func TestStopWaiting(t *testing.T) {
	impatient(t, 50*time.Millisecond, time.Minute)
	done := make(chan struct{})
	close(done)
	undo := StopWaiting(done)
	if got, err := ReadFile(fifo(t), 100); !errors.Is(err, ErrStopped) || len(got) > 0 {
		t.Errorf("%q, error %v", got, err)
	}
	undo()
	if got, err := ReadFile(fifo(t), 100); !errors.Is(err, os.ErrDeadlineExceeded) || len(got) > 0 {
		t.Errorf("after undo: %q, error %v", got, err)
	}
}

// stdin has the standard input be f.
func stdin(t *testing.T, f *os.File) {
	t.Helper()
	old := os.Stdin
	os.Stdin = f
	t.Cleanup(func() {
		os.Stdin = old
		_ = f.Close()
	})
}

// TestReadStdin: a file, a pipe that ends, one that is silent, one that is too long, and
// nothing at all.
func TestReadStdin(t *testing.T) {
	for _, c := range []struct {
		name, said string
		file, ends bool
		want, err  string
	}{
		{"file", "words", true, true, "words", ""},
		{"pipe", "words", false, true, "words", ""},
		{"silent pipe", "words", false, false, "", "standard input: nothing came in time"},
		{"long file", "words and words", true, true, "", "more than 10 bytes"},
		{"long pipe", "words and words", false, true, "", "standard input: more than 10 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			impatient(t, 30*time.Second, time.Minute)
			if !c.ends {
				impatient(t, 50*time.Millisecond, time.Minute)
			}
			name := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(name, []byte(c.said), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := os.Open(name)
			if !c.file {
				var w *os.File
				r, w, err = os.Pipe()
				if err == nil {
					_, err = w.WriteString(c.said)
				}
				if c.ends {
					_ = w.Close()
				} else {
					defer w.Close()
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			stdin(t, r)
			got, err := ReadStdin(10)
			if c.err == "" && (err != nil || string(got) != c.want) ||
				c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%q, error %v, want %q, %q", got, err, c.want, c.err)
			}
		})
	}
	t.Run("closed", func(t *testing.T) {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		stdin(t, f)
		if got, err := ReadStdin(10); err == nil {
			t.Errorf("%q, no error", got)
		}
	})
}

// TestSlowFIFO: one that says something again and again, but for too long.
func TestSlowFIFO(t *testing.T) {
	impatient(t, time.Minute, 100*time.Millisecond)
	name := fifo(t)
	w, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				_, _ = w.WriteString("x")
			}
		}
	}()
	_, err = ReadFile(name, 1<<20)
	close(stop)
	<-done
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// TestFIFO: one whose writer comes late is read to its end, and capped.
func TestFIFO(t *testing.T) {
	impatient(t, 30*time.Second, time.Minute)
	for _, c := range []struct {
		max  int64
		want string
	}{{200000, ""}, {199999, "more than 199999 bytes"}} {
		name := fifo(t)
		data := strings.Repeat("x", 200000)
		wrote := make(chan error)
		go func() {
			time.Sleep(50 * time.Millisecond)
			wrote <- os.WriteFile(name, []byte(data), 0)
		}()
		got, err := ReadFile(name, c.max)
		wErr := <-wrote
		if c.want == "" && (err != nil || wErr != nil || string(got) != data) {
			t.Errorf("%d bytes, %v; written: %v", len(got), err, wErr)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}

// TestDescriptors: what <(command) hands over, and devices.
func TestDescriptors(t *testing.T) {
	if _, err := os.Stat("/dev/fd/0"); err != nil {
		t.Skip("no /dev/fd here:", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("said by a command"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFile(fmt.Sprintf("/dev/fd/%d", r.Fd()), 100); err != nil || string(got) != "said by a command" {
		t.Errorf("pipe: %q, %v", got, err)
	}
	if got, err := ReadFile("/dev/null", 100); err != nil || len(got) != 0 {
		t.Errorf("/dev/null: %q, %v", got, err)
	}
	if _, err := ReadFile("/dev/zero", 100); err == nil || !strings.Contains(err.Error(), "more than 100 bytes") {
		t.Errorf("/dev/zero: error %v", err)
	}
}

// TestSocket: a socket as standard input has no name to be opened by.
func TestSocket(t *testing.T) {
	if _, err := os.Stat("/dev/stdin"); err != nil {
		t.Skip("no /dev/stdin here:", err)
	}
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	was, err := syscall.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Dup2(ends[0], 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Dup2(was, 0); err != nil {
			t.Fatal(err)
		}
	}()
	if _, err := syscall.Write(ends[1], []byte("over a socket")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Close(ends[1]); err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	os.Stdin = os.NewFile(0, "/dev/stdin")
	if got, err := ReadFile("/dev/stdin", 100); err != nil || string(got) != "over a socket" {
		t.Errorf("%q, %v", got, err)
	}
}
