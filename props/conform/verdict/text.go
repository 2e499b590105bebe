package verdict

import (
	"fmt"
	"io"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// maxReplay is how long requests may be to be printed for copying; longer ones are in the
// JSON.
const maxReplay = 4000

// Headline is the conclusion in one line.
func (v *Verdict) Headline() string {
	conclusion := v.Conclusion()
	if v.Baseline != nil && (conclusion == Passed || conclusion == Failed) {
		return v.comparedLine()
	}
	var b strings.Builder
	b.WriteString(strings.ToUpper(string(conclusion)) + ": " + v.engine())
	switch conclusion {
	case Passed:
		b.WriteString(": no fault found")
		if n := len(v.Findings); n > 0 {
			fmt.Fprintf(&b, " but for %s", faults(n, "known fault"))
		}
	case Failed:
		var parts []string
		if n := v.unknown(); n > 0 {
			parts = append(parts, faults(n, "fault"))
		}
		if n := len(v.Findings) - v.unknown(); n > 0 {
			parts = append(parts, faults(n, "known fault"))
		}
		if n := len(v.Missing); n > 0 {
			parts = append(parts, faults(n, "known fault")+" that did not show")
		}
		b.WriteString(": " + strings.Join(parts, ", "))
	case Invalid:
		b.WriteString(": nothing is decided: " + v.Report.Invalid())
	case Broken:
		reason, _, _ := strings.Cut(v.Broken.Error(), "\n")
		if v.Baseline != nil && v.Baseline.Broken {
			reason = v.Baseline.named() + ": " + reason
		}
		b.WriteString(": " + reason)
	case Stopped:
		b.WriteString(": stopped by a signal")
	}
	return b.String()
}

func faults(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// engine is the name of the engine, or the command when it said none.
func (v *Verdict) engine() string {
	e := v.Report.Engine
	if e.Name == "" {
		return strict.Cut(v.Command)
	}
	precision := e.Precision
	if e.Mixed.Storage != "" {
		precision = e.Mixed.String()
	}
	if precision == "" {
		precision = "float64"
	}
	return strict.Cut(strings.TrimSpace(e.Name+" "+e.Version)) + " (" + strict.Cut(precision) + ")"
}

// Text writes the conclusion, then what was asked, then the faults.
func (v *Verdict) Text(w io.Writer) error {
	p := &table.Printer{To: w}
	p.F("%s\n", v.Headline())
	if v.Replayed {
		p.F("replayed %d requests\n", v.Report.Requests)
	} else {
		p.F("%s\n", v.Report.Ran())
	}
	for _, why := range v.leftOut() {
		p.F("  %s\n", printable(why))
	}
	if v.Broken != nil {
		p.F("\n%v\n", v.Broken)
	}
	if v.Baseline != nil && v.Baseline.Compared != nil {
		v.comparison(p)
	}
	for k, f := range v.Findings {
		p.F("\n%d. %s", k+1, f.ID)
		if f.Known {
			p.F("  (known)")
		}
		p.F("\n   %s\n", v.line(f))
		if f.Request != "" {
			p.F("%s", v.replay(f.Request))
		}
	}
	if len(v.Missing) > 0 {
		p.F("\nKnown faults that did not show; take them off the list:\n")
		for _, id := range v.Missing {
			p.F("  %s\n", id)
		}
	}
	return p.Err
}

// leftOut are lines on what was not asked: the rules that were skipped for the same reason share
// one.
func (v *Verdict) leftOut() (lines []string) {
	var reasons []string
	rules := map[string][]string{}
	for _, o := range v.Report.Outcomes {
		switch {
		case o.Skipped != "":
			if rules[o.Skipped] == nil {
				reasons = append(reasons, o.Skipped)
			}
			rules[o.Skipped] = append(rules[o.Skipped], o.Rule)
		case o.Untried != "":
			lines = append(lines, o.Rule+": "+o.Untried)
		}
	}
	for _, why := range reasons {
		lines = append(lines, "skipped "+strings.Join(rules[why], ", ")+": "+why)
	}
	return lines
}

// line is a fault in one line.
func (v *Verdict) line(f Finding) string {
	text := strings.Join(strings.Fields(printable(f.Detail)), " ")
	if shown := f.Shown(); shown != "" {
		text += "; " + shown
	}
	return text
}

// replay is what to type to see a fault again.
func (v *Verdict) replay(request string) string {
	if len(request) > maxReplay {
		return fmt.Sprintf("   its requests have %d bytes: -json FILE has them, -replay FILE asks them\n", len(request))
	}
	return fmt.Sprintf("   verify gate -replay - %s <<'END'\n%s\nEND\n", v.Command, request)
}

// printable is a text of the engine's for a terminal: what is no text is replaced, and long
// ones are cut.
func printable(s string) string {
	const most = 2000
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return '\uFFFD'
		}
		return c
	}, s)
}
