// Package wire carries the gate to engines that are programs: the engine protocol,
// version 1, over standard input and output. PROTOCOL.md in the folder above is the text for
// authors of engines; what is here is held against it by tests.
//
//	engines := wire.Command([]string{"python3", "engine.py"}, nil)
//	report := conform.Run(engines.Factory, engines.Options(nil))
//	err := engines.Close() // a *wire.BrokenError when the protocol was broken
//
// In comes a command; out comes a conform.Factory whose engines all talk to one process.
// The other way round, Serve turns a Go engine into such a process. Rooms above conform may
// import it; it imports conform, core and strict.
//
// # Bad input
//
// All that a process says is data from outside. What breaks the protocol (a hang, a crash, a
// torn line, a greeting, a reply out of order, null for a number, too much output) is a
// *BrokenError, after which nothing more is asked; it says what was sent and what came back.
// A reply of the wrong lengths, an {"error": ...} or a wrong number is a fault of the engine,
// for conform to judge. A process, and all that it started, is killed when it breaks the
// protocol or outlives its time.
package wire
