package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// peer is the other end: a process, or in tests a goroutine.
type peer struct {
	in  io.WriteCloser // its standard input
	out io.Reader
	// kill ends it at once, with all that it started, and whatever waits for it.
	kill func()
	// wait waits for its end and says how it ended; ok is true for the exit code 0.
	wait   func() (how string, ok bool)
	stderr func() string // what it said last
}

// client talks to one peer.
type client struct {
	opt   Options
	peer  *peer
	lines *bufio.Reader
	id    int64
	hello *hello
	mu    sync.Mutex // one request is in flight at a time
	err   *BrokenError
}

// dial says hello to a peer.
func dial(p *peer, opt Options) (*client, *BrokenError) {
	c := &client{opt: opt, peer: p, lines: bufio.NewReaderSize(p.out, 1<<16)}
	var h *hello
	err := c.exchange(typeHello, []byte(`{"protocol":1}`), opt.Start, func(line []byte) (err error) {
		h, err = parseHello(line)
		return err
	})
	if err != nil {
		var broken *BrokenError
		if !errors.As(err, &broken) {
			broken = c.broke(Malformed, err.Error(), "", "")
		}
		return nil, broken
	}
	c.hello = h
	return c, nil
}

// broke ends the peer.
func (c *client) broke(how Break, reason, sent, came string) *BrokenError {
	c.peer.kill()
	exit, _ := c.peer.wait()
	c.err = &BrokenError{Break: how, Reason: reason, Sent: sent, Came: came, Exit: exit, Stderr: c.peer.stderr()}
	return c.err
}

// exchange sends a request, an object of JSON without type and id, and reads the reply. An
// error that read returns breaks the protocol, unless it is an answer of the engine.
func (c *client) exchange(kind string, body []byte, limit time.Duration, read func(line []byte) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.id++
	request := make([]byte, 0, len(body)+64)
	request = append(request, `{"id":`...)
	request = strconv.AppendInt(request, c.id, 10)
	request = append(request, `,"type":"`+kind+`",`...)
	request = append(append(request, body[1:]...), '\n')
	if len(request) > MaxLine {
		return &unsupportedError{fmt.Sprintf("a request of %d bytes, a line has at most %d", len(request), MaxLine)}
	}
	line, broken := c.roundTrip(request, limit)
	if broken == nil {
		broken = c.checkLine(request, line)
	}
	if broken != nil {
		return broken
	}
	err := read(line)
	var tooMuch *tooMuchError
	var said *engineError
	if err == nil || errors.Is(err, errors.ErrUnsupported) || errors.As(err, &tooMuch) || errors.As(err, &said) {
		return err
	}
	return c.broke(Malformed, err.Error(), string(request), string(line))
}

// roundTrip writes and reads a line. Both at once: an engine may answer before it has read
// all, and a pipe that nobody empties would stop both.
func (c *client) roundTrip(request []byte, limit time.Duration) ([]byte, *BrokenError) {
	var late atomic.Bool
	timer := time.AfterFunc(limit, func() {
		late.Store(true)
		c.peer.kill()
	})
	defer timer.Stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = c.peer.in.Write(request) // one that does not read does not answer either
	}()
	line, err := c.readLine()
	sent := string(request)
	switch {
	case late.Load():
		return nil, c.broke(Hang, fmt.Sprintf("no reply within %v", limit), sent, string(line))
	case errors.Is(err, errTooLong):
		return nil, c.broke(TooMuch, fmt.Sprintf("a line of more than %d bytes", MaxLine), sent,
			string(line[:maxShown]))
	case err != nil && len(line) > 0:
		how, _ := c.ended()
		return nil, c.broke(Torn, "the output ends within a line"+how, sent, string(line))
	case err != nil:
		how, _ := c.ended()
		return nil, c.broke(Died, "the output ended where a reply was due"+how, sent, "")
	}
	<-written
	if late.Load() {
		reason := fmt.Sprintf("a reply came, but the request was not read within %v", limit)
		return nil, c.broke(Hang, reason, sent, string(line))
	}
	return line, nil
}

// lastWords is how long a process whose output has ended gets to end, too.
const lastWords = time.Second

// ended says how the peer ended on its own.
func (c *client) ended() (how string, ok bool) {
	timer := time.AfterFunc(lastWords, c.peer.kill)
	defer timer.Stop()
	how, ok = c.peer.wait()
	if how != "" {
		how = ": " + how
	}
	return how, ok
}

var errTooLong = errors.New("line too long")

// readLine reads a line with its end, of at most MaxLine bytes.
func (c *client) readLine() ([]byte, error) {
	var line []byte
	for {
		piece, err := c.lines.ReadSlice('\n')
		line = append(line, piece...)
		if len(line) > MaxLine {
			return line, errTooLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// checkLine checks that the line is an object with the id of the request.
func (c *client) checkLine(request, line []byte) *BrokenError {
	broke := func(how Break, reason string) *BrokenError {
		return c.broke(how, reason, string(request), string(line))
	}
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) == 0 || trimmed[0] != '{' {
		return broke(NotJSON, "the line is not a JSON object; nothing but replies may go to stdout")
	}
	var h head
	if err := parse(line, &h); err != nil {
		if json.Valid(trimmed) {
			return broke(Malformed, err.Error())
		}
		return broke(NotJSON, err.Error())
	}
	switch {
	case h.ID == nil:
		return broke(Malformed, `no field "id"`)
	case int64(*h.ID) != c.id:
		return broke(OutOfOrder, fmt.Sprintf("id is %d, want %d", *h.ID, c.id))
	}
	return nil
}

// close ends the input of the peer and waits for its end.
func (c *client) close() *BrokenError {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	var late atomic.Bool
	timer := time.AfterFunc(c.opt.Exit, func() {
		late.Store(true)
		c.peer.kill()
	})
	defer timer.Stop()
	_ = c.peer.in.Close()
	rest, _ := io.ReadAll(io.LimitReader(c.lines, maxRest))
	if len(rest) == maxRest {
		return c.broke(TooMuch, "output after the last reply", "", string(rest))
	}
	how, ok := c.peer.wait()
	c.peer.kill() // what it left behind
	switch {
	case late.Load():
		return c.broke(Hang, fmt.Sprintf("no exit within %v after the end of stdin", c.opt.Exit), "", string(rest))
	case len(bytes.TrimSpace(rest)) > 0:
		return c.broke(TooMuch, "output after the last reply", "", string(rest))
	case !ok:
		return c.broke(BadExit, "after the end of stdin it ended with "+strict.Cut(how)+", want exit code 0", "", "")
	}
	c.err = &BrokenError{Break: Died, Reason: "the engine is closed"}
	return nil
}

// maxRest is how much output after the last reply is read.
const maxRest = 1 << 16
