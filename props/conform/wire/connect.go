package wire

import (
	"io"
	"sync"
)

// Connect makes engines out of an engine that is there already, at the other end of a
// connection: it reads requests from w and writes replies to r. There is no process to kill;
// both are closed instead, r if it can be.
func Connect(r io.Reader, w io.WriteCloser, opt *Options) *Engines {
	kill := sync.OnceFunc(func() {
		_ = w.Close()
		if c, ok := r.(io.Closer); ok {
			_ = c.Close()
		}
	})
	p := &peer{
		in: w, out: r, kill: kill,
		wait:   func() (string, bool) { return "", true },
		stderr: func() string { return "" },
	}
	e := newEngines(func() (*peer, *BrokenError) { return p, nil }, opt)
	e.single = true
	return e
}
