package wire

import (
	"strings"
	"testing"
)

// TestShown: lines are printable, without their ends, and cut where they are long.
func TestShown(t *testing.T) {
	for line, want := range map[string]string{
		"a\tb\r\n":                      "a    b",
		"a\n\n":                         "a",
		"":                              "",
		"\xff":                          "\uFFFD",
		strings.Repeat("x", maxShown):   strings.Repeat("x", maxShown),
		strings.Repeat("é", maxShown/2): strings.Repeat("é", maxShown/2),
		strings.Repeat("x", 601):        strings.Repeat("x", 600) + "... (601 bytes)",
	} {
		if got := shown(line); got != want {
			t.Errorf("%.20q is shown as %q, want %q", line, got, want)
		}
	}
	for k := range 4 { // no character is cut in two where a line is quoted in pieces
		for _, c := range []string{"é", "€", "𝛿"} { // of two, three and four bytes, odd ones among them
			line := strings.Repeat("x", k) + strings.Repeat(c, 145)
			if got := shown(line); got != line {
				t.Errorf("after %d bytes of one each: %q", k, got)
			}
		}
	}
	if got := shown("\x1b[2J"); strings.Contains(got, "\x1b") {
		t.Errorf("a terminal is steered: %q", got)
	}
}

func TestBrokenError(t *testing.T) {
	e := &BrokenError{Break: Torn, Reason: "half", Sent: "a\n", Came: "b\n", Exit: "7", Stderr: "c\nd\n"}
	want := "the engine broke the protocol (torn line): half\n  it ended: 7\n  sent: a\n  came: b\n" +
		"  stderr: c\n          d"
	if got := e.Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	e = &BrokenError{Break: Died, Reason: "none"}
	if got, want := e.Error(), "the engine broke the protocol (died): none\n  came: nothing"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
