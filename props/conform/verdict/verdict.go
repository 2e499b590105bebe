package verdict

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Conclusion is the outcome of a gate in one word.
type Conclusion string

// The conclusions.
const (
	Passed  Conclusion = "passed"
	Failed  Conclusion = "failed"
	Invalid Conclusion = "invalid" // nothing was decided, which is no pass
	Broken  Conclusion = "broken"  // the engine broke the protocol
	Stopped Conclusion = "stopped" // by a signal
)

// Finding is one fault with its name in lists of known ones.
type Finding struct {
	*conform.Violation
	ID    string
	Known bool
}

// Verdict is what came of one gate.
type Verdict struct {
	Command  string // that was gated, as the user would write it
	Report   *conform.Report
	Findings []Finding
	Missing  []string // known faults that did not show, though what they are of was asked
	Broken   *wire.BrokenError
	Stopped  bool // by a signal
	Replayed bool // the report is one of requests of before

	// Baseline, unless nil, is what the engine was held against.
	Baseline *Baseline
}

// New is the verdict on a report. Of the known faults those that do not show are missing,
// unless the run ended early.
func New(command string, r *conform.Report, broken *wire.BrokenError, known []string) *Verdict {
	v := &Verdict{Command: command, Report: r, Broken: broken}
	var seen []string
	for _, f := range r.Findings {
		v.Findings = append(v.Findings, Finding{f, ID(f), isListed(known, f)})
		seen = append(seen, append(each(f), ID(f))...)
	}
	if broken == nil && !r.Stopped && r.Late == 0 {
		for _, id := range known {
			if !strings.HasPrefix(id, sometimes) && !slices.Contains(seen, id) {
				v.Missing = append(v.Missing, id)
			}
		}
	}
	return v
}

// isListed reports whether a fault is among the known ones: under its own name, or operator by
// operator where it is one of several.
func isListed(known []string, f *conform.Violation) bool {
	missing := func(id string) bool { return !slices.Contains(known, id) && !slices.Contains(known, sometimes+id) }
	names := each(f)
	return !missing(ID(f)) || len(names) > 0 && !slices.ContainsFunc(names, missing)
}

// each is the name of a fault of several operators in each of them, as it is where it shows
// in two of them alone: how many show it may depend on the seed.
func each(f *conform.Violation) []string {
	var names []string
	head, _, _ := strings.Cut(f.Part, " of ")
	for _, op := range f.Operators {
		one := *f
		one.Part = head + " of " + op
		names = append(names, ID(&one))
	}
	return names
}

// ID is the name of a fault: the equation and the part that is wrong, or what the engine did
// instead of an answer. Where the part is one of several operators it lists them, and each
// may stand in a list of known faults on a line of its own.
func ID(f *conform.Violation) string {
	if f.Part != "" {
		return strings.TrimSpace(f.Equation + " " + f.Part)
	}
	where := f.Quantity
	if where == "" {
		where, _, _ = strings.Cut(f.Detail, ";")
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s: %s", f.Kind, strict.Cut(where))), " ")
}

// Conclusion is the outcome.
func (v *Verdict) Conclusion() Conclusion {
	switch {
	case v.Stopped:
		return Stopped
	case v.Broken != nil:
		return Broken
	case v.unknown() > 0 || len(v.Missing) > 0:
		return Failed
	case !v.Replayed && v.Report.Invalid() != "":
		return Invalid
	case v.Baseline != nil && v.compared() == conform.Fault:
		return Failed
	}
	return Passed
}

// unknown counts the findings that no list has.
func (v *Verdict) unknown() int {
	n := 0
	for _, f := range v.Findings {
		if !f.Known {
			n++
		}
	}
	return n
}

// maxKnown is how many faults a list may have.
const maxKnown = 1000

// sometimes begins the line of a known fault that only some seeds show: its absence is no
// failure.
const sometimes = "sometimes: "

// ParseKnown reads a list of known faults: one ID a line, behind "sometimes: " where only
// some seeds show it; lines that begin with # and empty lines say nothing.
func ParseKnown(text string) ([]string, error) {
	var ids []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		if k := strings.IndexFunc(line, unprintable); k >= 0 {
			r, _ := utf8.DecodeRuneInString(line[k:])
			return nil, fmt.Errorf("line %d, byte %d: %+q, want text in UTF-8", number, k+1, r)
		}
		id := strings.Join(strings.Fields(line), " ")
		switch {
		case id == "" || id[0] == '#':
			continue
		case id+" " == sometimes:
			return nil, fmt.Errorf("line %d: no name behind %q", number, id)
		case slices.Contains(ids, id), slices.Contains(ids, sometimes+id),
			slices.Contains(ids, strings.TrimPrefix(id, sometimes)):
			return nil, fmt.Errorf("line %d: %s is listed twice", number, strict.Quote(id))
		case len(ids) == maxKnown:
			return nil, fmt.Errorf("line %d: more than %d faults", number, maxKnown)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// unprintable is what no name has: a control character, a byte order mark, a byte that is
// no UTF-8. In a list it would make a name that no fault has.
func unprintable(r rune) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) && !unicode.IsSpace(r)
}

// Violations are the faults in an error of conform.Replay; other errors come back.
func Violations(err error) (list []*conform.Violation, other error) {
	if err == nil {
		return nil, nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			more, o := Violations(e)
			list, other = append(list, more...), errors.Join(other, o)
		}
		return list, other
	}
	var v *conform.Violation
	if errors.As(err, &v) {
		return []*conform.Violation{v}, nil
	}
	return nil, err
}
