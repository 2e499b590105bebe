package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/trace"
)

// TraceJSON is a judgement or a comparison of recorded runs as verify writes it.
func TraceJSON(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", " ")
	return append(b, '\n'), err
}

// TracePage is the judgement of a recorded run; its first line is the verdict.
func TracePage(j *trace.Judgement) *table.Page {
	p := &table.Page{Title: j.Says, Command: "go run ./props/verify trace " + j.Record}
	p.Add(table.Text(fmt.Sprintf("%s (%s): steps %d to %d, %d in all, %d of %d samples a step, %v, regularizer %s.",
		j.Record, j.Engine, j.First, j.Last, j.Steps, j.Recorded, j.Samples, j.Precision, j.Reg)))
	if j.Note != "" {
		p.Add(table.Text("The record says: " + j.Note))
	}
	sentences := func(title string, list []string) {
		if len(list) == 0 {
			return
		}
		p.Add(table.Heading(title))
		for _, s := range list {
			p.Add(table.Text(s))
		}
	}
	sentences("Exceeded", says(j.Exceeded, func(s trace.Sentence) string { return s.Says }))
	sentences("Faults", says(j.Faults, func(f trace.Fault) string {
		if f.Steps == 1 {
			return f.Says
		}
		return fmt.Sprintf("%s (in %d steps)", f.Says, f.Steps)
	}))
	sentences("Suspects", says(j.Suspects, func(s trace.Suspect) string { return s.Says }))
	sentences("Spikes", says(j.Spikes, func(s trace.Spike) string { return s.Says }))
	if len(j.Sites) > 0 {
		p.Add(table.Heading("Sites"), TraceSites(j))
	}
	if len(j.Judged) > 0 {
		p.Add(table.Heading("The gradient's error beside Theorem 1, with constants on the box of the step"), TraceSteps(j))
	}
	if j.Drift.Steps > 0 {
		p.Add(table.Heading("Drift of the constants of A3"), table.Text(j.Drift.Says), table.Text(j.Drift.Means))
	}
	if len(j.Rate) > 0 {
		p.Add(table.Heading("Corollary 1, with the constant 1"))
		t := table.New("condition", "holds", "how")
		for _, s := range j.Rate {
			t.Add(s.Name, yesNo(s.Holds), s.Says)
		}
		p.Add(t)
	}
	sentences("Constants that (41) is evaluated with", says(j.Constants, func(s trace.Sentence) string {
		return s.Name + ": " + s.Says
	}))
	sentences("Not checked", j.Unchecked)
	return p
}

func says[T any](list []T, of func(T) string) []string {
	var out []string
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "-"
	case *b:
		return "yes"
	default:
		return "no"
	}
}

// TraceSites is a row a site.
func TraceSites(j *trace.Judgement) *table.Table {
	t := &table.Table{Columns: []table.Column{
		{Name: "site"}, {Name: "operator"},
		{Name: "error", Means: "root mean square of |error| of a sample"},
		{Name: "by rounding", Means: "the same as the declared precision leads one to expect"},
		{Name: "largest", Means: "of a step, root mean square over the batch"},
		{Name: "share", Means: "of |U-u|^2, first order, mean over the judged steps"},
		{Name: "gain", Means: "|U-u| per |error| of this site alone, largest"},
		{Name: "at most", Means: "its bound by Theorem 1 with constants per operator"},
		{Name: "bias", Means: "|mean of the error| over steps and samples"},
		{Name: "is it one", Means: "an interval of the mean that holds at all times does not have 0"},
		{Name: "may be", Means: "|error| up to which Corollary 1 keeps the rate, with the constant 1"},
	}}
	for _, s := range j.Sites {
		biased := "no sign of it"
		if s.Biased {
			biased = fmt.Sprintf("yes, at least %v", s.BiasLow)
		}
		if !s.Checked {
			biased = "unchecked"
		}
		operator := s.Operator
		if s.Declared != "" {
			operator += ", " + s.Declared
		}
		t.Add(s.Name, operator, s.RMS, s.Expected, s.Largest, s.Share, s.Amplification, s.AtMost, s.Bias, biased, s.MayBe)
	}
	return t
}

// maxTraceSteps is how many judged steps a page lists.
const maxTraceSteps = 20

// TraceSteps is a row a judged step, flagged ones first to be kept.
func TraceSteps(j *trace.Judgement) *table.Table {
	t := table.New("step", "flagged", "|u|^2", "|U-u|^2", "printed", "sharp", "per operator", "largest share")
	left := maxTraceSteps
	for _, s := range j.Judged {
		if s.Flagged {
			left--
		}
	}
	for _, s := range j.Judged {
		if !s.Flagged {
			if left <= 0 {
				continue
			}
			left--
		}
		if len(t.Rows) == maxTraceSteps {
			break
		}
		at := 0
		for k, x := range s.Share {
			if x > s.Share[at] || math.IsNaN(float64(s.Share[at])) {
				at = k
			}
		}
		flagged := ""
		if s.Flagged {
			flagged = "yes"
		}
		largest := ""
		if at < len(s.Share) && at < len(j.Sites) && !math.IsNaN(float64(s.Share[at])) {
			largest = fmt.Sprintf("%s %.0f %%", j.Sites[at].Name, 100*float64(s.Share[at]))
		}
		t.Add(s.Step, flagged, s.Grad2, s.Error2, s.Printed, s.Sharp, s.PerOp, largest)
	}
	return t
}

// TraceDrift is a row a constant of A3, and one for Theorem 1's bound with them.
func TraceDrift(j *trace.Judgement) *table.Table {
	t := table.New("constant", "first", "last", "last/first", "largest", "at step", "operator there", "largest/first")
	t.Columns[1].Means = "on the box of the first judged step's weights and states"
	t.Columns[6].Means = "the operator that has the largest"
	for _, c := range append(slices.Clone(j.Drift.Constants), j.Drift.Bound) {
		operator := ""
		if c.Op > 0 && c.Op <= len(j.Operators) {
			operator = fmt.Sprintf("%d, %s", c.Op, j.Operators[c.Op-1])
		}
		t.Add(c.Name, c.First.Words(), c.Last.Words(), driftFactor(c.Factor), c.Largest.Words(), c.At, operator,
			driftFactor(c.Most))
	}
	return t
}

// driftFactor is a factor, "-" where there is none.
func driftFactor(f trace.Number) string {
	if math.IsInf(float64(f), 0) {
		return "from 0"
	}
	return f.String()
}

// ComparePage is two recorded runs beside each other; its first line says where they part.
func ComparePage(c *trace.Comparison) *table.Page {
	p := &table.Page{Title: c.Says, Command: fmt.Sprintf("go run ./props/verify trace %s %s", c.Old.Record, c.New.Record)}
	p.Add(table.Text("old, "+c.Old.Record+": "+c.Old.Says), table.Text("new, "+c.New.Record+": "+c.New.Says))
	p.Add(CompareSites(c))
	return p
}

// CompareSites is a row a site of two runs.
func CompareSites(c *trace.Comparison) *table.Table {
	t := table.New("site", "old error", "new error", "new/old", "share, new less old")
	for _, s := range c.Sites {
		t.Add(s.Name, s.Old, s.New, s.Ratio, s.Share)
	}
	return t
}
