package strict

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const (
	// Patience is how long a pipe or a device may go without delivering or taking a
	// byte: long enough for a command in <(...) to start and say something.
	Patience = 10 * time.Second

	// MaxWait is how long it may take in all, or a byte every nine seconds would do.
	MaxWait = 2 * time.Minute
)

// patience and maxWait are Patience and MaxWait but in tests.
var patience, maxWait = Patience, MaxWait

// SetPatience is for tests of what waits: it has Patience and MaxWait be others until undo.
func SetPatience(idle, all time.Duration) (undo func()) {
	oldIdle, oldAll := patience, maxWait
	patience, maxWait = idle, all
	return func() { patience, maxWait = oldIdle, oldAll }
}

// ErrStopped says that a read was given up because of StopWaiting.
var ErrStopped = errors.New("stopped by a signal")

// stopped ends what waits for a pipe or a device, nil for never.
var stopped <-chan struct{}

// StopWaiting has every read that waits for a pipe or a device end with ErrStopped once done
// is closed, until undo.
func StopWaiting(done <-chan struct{}) (undo func()) {
	old := stopped
	stopped = done
	return func() { stopped = old }
}

// Read reads all of r, which may have at most max bytes.
func Read(r io.Reader, max int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > max {
		return nil, tooLong(max)
	}
	return data, nil
}

func tooLong(max int64) error { return fmt.Errorf("more than %d bytes", max) }

// Open opens the file at path, which may have at most max bytes: reading more is an error.
// It may be a pipe or a device, such as /dev/stdin or what the shell makes of <(command);
// one that does not deliver within Patience, again and again, or MaxWait in all gives
// [os.ErrDeadlineExceeded]. Directories are refused.
func Open(path string, max int64) (io.ReadCloser, error) {
	// Without O_NONBLOCK a FIFO that nobody writes to would be waited for here.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) && sameFile(path, os.Stdin) { // /dev/stdin is a socket
		f, err = os.Stdin, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a directory", path)
	case info.Mode().IsRegular() && info.Size() > max:
		err = fmt.Errorf("%s: %w", path, tooLong(max))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if info.Mode().IsRegular() {
		return &capped{path, f, max, max}, nil
	}
	return &capped{path, newPatient(f, info.Mode()&os.ModeNamedPipe != 0), max, max}, nil
}

// ReadStdin is all of the standard input, with the rules of Open.
func ReadStdin(max int64) ([]byte, error) {
	info, err := os.Stdin.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() {
		return Read(os.Stdin, max)
	}
	// Its writer is there from the start: an end is its end.
	return io.ReadAll(&capped{"standard input", newPatient(os.Stdin, false), max, max})
}

// ReadFile is all of the file at path, with the rules of Open.
func ReadFile(path string, max int64) ([]byte, error) {
	f, err := Open(path, max)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func sameFile(path string, f *os.File) bool {
	a, err := os.Stat(path)
	if err != nil {
		return false
	}
	b, err := f.Stat()
	return err == nil && os.SameFile(a, b)
}

// capped reads at most max bytes.
type capped struct {
	path      string
	from      io.ReadCloser
	left, max int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.from.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("%s: %w", c.path, tooLong(c.max))
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", c.path, err)
	}
	return n, err
}

func (c *capped) Close() error { return c.from.Close() }

// patient reads from a pipe or a device, and not for ever. A terminal or a socket may
// have no deadline, so another goroutine reads; it ends with the file, or is left behind.
type patient struct {
	f      *os.File
	pieces chan piece
	closed chan struct{}
	rest   []byte
	err    error
	idle   time.Duration
	until  time.Time
	stop   <-chan struct{}
}

type piece struct {
	data []byte
	err  error
}

// newPatient reads from f. A FIFO that nobody has opened for writing yet ends at once:
// that is taken for its end only when something came before.
func newPatient(f *os.File, fifo bool) *patient {
	p := &patient{f: f, pieces: make(chan piece), closed: make(chan struct{}), stop: stopped}
	p.idle, p.until = patience, time.Now().Add(maxWait)
	go p.pump(fifo)
	return p
}

// pump reads ahead by one piece.
func (p *patient) pump(waits bool) {
	const size = 1 << 16 // of a pipe
	for {
		next := piece{data: make([]byte, size)}
		var n int
		n, next.err = p.f.Read(next.data)
		next.data = next.data[:n]
		if waits && n == 0 && next.err == io.EOF {
			select {
			case <-p.closed:
				return
			case <-time.After(p.idle / 100):
				continue
			}
		}
		waits = false
		select {
		case p.pieces <- next:
		case <-p.closed:
			return
		}
		if next.err != nil {
			return
		}
	}
}

func (p *patient) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		select {
		case next := <-p.pieces:
			p.rest, p.err = next.data, next.err
		case <-p.stop:
			p.err = ErrStopped
		case <-time.After(min(p.idle, time.Until(p.until))):
			p.err = fmt.Errorf("nothing came in time: %w", os.ErrDeadlineExceeded)
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close ends the other goroutine too, where closing the file wakes it up.
func (p *patient) Close() error {
	close(p.closed)
	return p.f.Close()
}
