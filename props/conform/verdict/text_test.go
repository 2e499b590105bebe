package verdict

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written is what write writes.
func written(t *testing.T, write func(w io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Error(err)
	}
	return b.String()
}

const (
	ran = "ran 2 of 19 rules, 9 requests, 8 answered, seed 5; 1 requests unsupported; " + `unknown operators "conv"`

	leftOut = "  operators: 3 cases drawn of 60\n  skipped trace, run: no trace\n  skipped batch: no <batch>\n"
)

// TestText: the whole text, in which every rule that was skipped is named once.
func TestText(t *testing.T) {
	step := "   W[1]: got 3, want 4 | a*b_c; in 7 of 9 requests of step, run\n" +
		"   verify gate -replay - cmd <<'END'\n{\"type\":\"step\"}\nEND\n"
	for name, want := range map[string]string{
		"passed": "PASSED: mine 1.2 (float32): no fault found\n" + ran + "\n" + leftOut,
		"failed": "FAILED: mine 1.2 (float32): 1 fault, 1 known fault\n" + ran + "\n" + leftOut +
			"\n1. (5d) the step  (known)\n" + step +
			"\n2. panic: Step: panicked:\uFFFDno \uFFFD[31mluck\n" +
			"   Step: panicked:\uFFFDno \uFFFD[31mluck; smallest case: none\n",
		"missing": "FAILED: mine 1.2 (float32): 2 known faults that did not show\n" + ran + "\n" + leftOut +
			"\nKnown faults that did not show; take them off the list:\n  (5b) eps\n  (5a) f\n",
		"lacks one": "FAILED: mine 1.2 (float32): 1 known fault that did not show\n" + ran + "\n" + leftOut +
			"\nKnown faults that did not show; take them off the list:\n  (5b) eps\n",
		"replayed": "PASSED: mine 1.2 (float32): no fault found\nreplayed 9 requests\n" + leftOut,
		"broken": "BROKEN: mine 1.2 (float32): the engine broke the protocol (torn line): half a line\n" + ran +
			"\n" + leftOut + "\nthe engine broke the protocol (torn line): half a line\n  it ended: exit 1\n" +
			"  sent: a```b\n  came: c\n  stderr: oh\n\n1. (5d) the step\n" + step,
	} {
		if diff := cmp.Diff(want, written(t, verdicts()[name].Text)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// TestReplayText: requests that are too long to copy are not printed.
func TestReplayText(t *testing.T) {
	v := verdicts()["passed"]
	long := strings.Repeat("1", maxReplay)
	if got := v.replay(long); !strings.Contains(got, long) {
		t.Errorf("%d bytes are not printed: %.60q", len(long), got)
	}
	got := v.replay(long + "2")
	if !strings.Contains(got, "4001 bytes: -json FILE") || strings.Contains(got, "11") {
		t.Errorf("%d bytes: %.60q", len(long)+1, got)
	}
}

// TestPrintable: what an engine says cannot steer a terminal, nor fill it.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb~ é":                       "a\nb~ é",
		"\x1b[2J\x00\x1f\x7f":           "\uFFFD[2J\uFFFD\uFFFD\uFFFD",
		"\u0080\u009f\u00a0":            "\uFFFD\uFFFD\u00a0",
		strings.Repeat("x", 2000):       strings.Repeat("x", 2000),
		strings.Repeat("x", 2001):       strings.Repeat("x", 2000) + "...",
		strings.Repeat("x", 1999) + "é": strings.Repeat("x", 1999) + "...",
	} {
		if got := printable(text); got != want {
			t.Errorf("%.20q is %.20q, want %.20q", text, got, want)
		}
	}
}

// full is a device that is full after some bytes.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

// TestFull: what could not be written is an error.
func TestFull(t *testing.T) {
	for _, name := range []string{"failed", "missing", "broken"} {
		v := verdicts()[name]
		for kind, write := range map[string]func(w io.Writer) error{
			"text": v.Text, "JUnit": v.JUnit, "annotations": v.Annotations, "summary": v.Summary,
		} {
			if write(&full{}) == nil {
				t.Errorf("%s, %s: no error", name, kind)
			}
		}
	}
}
