package wire

import (
	"fmt"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Break says how the protocol was broken.
type Break string

// The ways to break the protocol.
const (
	NotStarted Break = "not started"  // there is no such program
	Hang       Break = "hang"         // no reply within the limit, or no exit after the end of stdin
	Died       Break = "died"         // the process ended where a reply was due
	Torn       Break = "torn line"    // the last line of output does not end
	NotJSON    Break = "not JSON"     // a line that is not a JSON object: a greeting
	Malformed  Break = "malformed"    // an object that is no reply
	OutOfOrder Break = "out of order" // the reply has another id
	TooMuch    Break = "too much"     // a line of more than MaxLine bytes, or a line nobody asked for
	BadExit    Break = "bad exit"     // the process ended with another code than 0 after the end of stdin
)

// BrokenError says how the engine broke the protocol, what was sent and what came back.
type BrokenError struct {
	Break  Break
	Reason string
	Sent   string // the request, "" for none
	Came   string // the line that came back, as far as it came; cut
	Exit   string // how the process ended, "" when it did not on its own
	Stderr string // what it said last on stderr
}

// maxShown is how many bytes of a line an error message repeats.
const maxShown = 600

// Error implements error.
func (e *BrokenError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the engine broke the protocol (%s): %s", e.Break, e.Reason)
	if e.Exit != "" {
		fmt.Fprintf(&b, "\n  it ended: %s", e.Exit)
	}
	if e.Sent != "" {
		fmt.Fprintf(&b, "\n  sent: %s", shown(e.Sent))
	}
	came := "nothing"
	if e.Came != "" {
		came = shown(e.Came)
	}
	fmt.Fprintf(&b, "\n  came: %s", came)
	if e.Stderr != "" {
		fmt.Fprintf(&b, "\n  stderr: %s", strings.ReplaceAll(strings.TrimRight(e.Stderr, "\n"), "\n", "\n          "))
	}
	return b.String()
}

// shown is a line, printable and cut.
func shown(line string) string {
	cut := ""
	if len(line) > maxShown {
		line, cut = line[:maxShown], fmt.Sprintf("... (%d bytes)", len(line))
	}
	line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
	line = strings.ToValidUTF8(line, "\uFFFD")
	var b strings.Builder
	for len(line) > 0 { // strict.Cut makes printable what it does not cut
		n := min(len(line), strict.MaxQuoted/2)
		for n < len(line) && line[n]&0xC0 == 0x80 {
			n++
		}
		b.WriteString(strict.Cut(line[:n]))
		line = line[n:]
	}
	return b.String() + cut
}
