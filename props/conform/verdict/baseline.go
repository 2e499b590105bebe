package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Baseline is the old build that an engine was held against.
type Baseline struct {
	Old     string // as the user named it
	Replies int    // that were recorded; 0 when the old build itself was asked

	// Broken says that it is the old build that broke the protocol.
	Broken bool

	// Compared is nil when the comparison did not come to an end.
	Compared *conform.Comparison
	Known    []string
}

// HoldAgainst is the verdict on a new build that was held against an old one. Faults that are
// known are none of either build.
func HoldAgainst(command string, b *Baseline) *Verdict {
	v := New(command, b.Compared.New, nil, b.Known)
	v.Baseline = b
	return v
}

// named is the old build in a sentence.
func (b *Baseline) named() string {
	if b.Replies > 0 {
		return fmt.Sprintf("the old build, whose %d replies are in %s", b.Replies, printable(b.Old))
	}
	return "the old build, " + printable(b.Old)
}

// isKnown reports whether a list has a fault of the old build. Replies in a file show a fault
// but not its smallest case, so that the part may be named otherwise: the equation decides.
func (b *Baseline) isKnown(f *conform.Violation) bool {
	return isListed(b.Known, f) || b.Replies > 0 && f.Equation != "" &&
		slices.ContainsFunc(b.Known, func(id string) bool {
			return strings.HasPrefix(strings.TrimPrefix(id, sometimes), f.Equation+" ")
		})
}

// oldFaults are the faults of the old build that no list has.
func (b *Baseline) oldFaults() []string {
	var ids []string
	for _, f := range b.Compared.Old.Findings {
		if !b.isKnown(f) {
			ids = append(ids, ID(f))
		}
	}
	return ids
}

// compared is the verdict on both builds: that of the comparison, but for faults that are known.
func (v *Verdict) compared() conform.Verdict {
	c := v.Baseline.Compared
	switch {
	case len(v.reasons()) > 0:
		return conform.Fault
	case c.Differ > 0:
		return conform.Inside
	}
	return conform.SameBits
}

// reasons say why the comparison ends with a fault, nil when it does not.
func (v *Verdict) reasons() (list []string) {
	b, c := v.Baseline, v.Baseline.Compared
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if n := v.unknown(); n > 0 {
		add("the new build has %s", faults(n, "fault"))
	}
	if n := len(v.Missing); n > 0 {
		add("%s of the new build did not show", faults(n, "known fault"))
	}
	if why := c.New.Invalid(); why != "" {
		add("nothing is decided on the new build: %s", why)
	}
	if ids := b.oldFaults(); len(ids) > 0 {
		add("the old build has %s: %s", faults(len(ids), "fault"), strings.Join(ids, ", "))
	}
	if why := c.Old.Invalid(); why != "" {
		add("nothing is decided on the old build: %s", why)
	}
	if len(c.Gone) > 0 {
		add("the new build no longer has %s", strings.Join(c.Gone, ", "))
	}
	if c.Lost > 0 {
		add("the new build no longer answers %s that the old one answered", faults(c.Lost, "request"))
	}
	if c.Outside() {
		add("they differ by more than the envelope")
	}
	return list
}

// percent is a share of the envelope in words.
func percent(share float64) string {
	switch {
	case math.IsInf(share, 1):
		return "where nothing may differ"
	case share >= 10:
		return fmt.Sprintf("%.3g times the envelope", share)
	}
	return fmt.Sprintf("%.2g %% of the envelope", 100*share)
}

// comparedLine is the headline of a comparison.
func (v *Verdict) comparedLine() string {
	c := v.Baseline.Compared
	verdict := v.compared()
	line := strings.ToUpper(string(verdict)) + ": " + v.engine() + ": "
	switch verdict {
	case conform.Fault:
		line += strings.Join(v.reasons(), "; ")
	case conform.Inside:
		line += fmt.Sprintf("%d of %d requests have another number than before, by %s at most", c.Differ,
			c.Compared, percent(max(c.Largest.Share, c.First.Share)))
	default:
		line += fmt.Sprintf("%s answered with the same numbers as before", faults(c.Compared, "request"))
	}
	if n := len(v.Findings) - v.unknown(); n > 0 {
		line += fmt.Sprintf(" (%s)", faults(n, "known fault"))
	}
	return line
}

// place is where a drift shows, with its numbers.
func place(d *conform.Drift) string {
	at := d.Quantity
	if d.Operator > 0 {
		at = fmt.Sprintf("%s_%d[%d]", d.Quantity, d.Operator, d.Index)
	}
	return fmt.Sprintf("%s was %v, is %v: %s, which is +-%.3g", at, d.Old, d.New, percent(d.Share), d.Tolerance)
}

func origin(d *conform.Drift) string { return cmp.Or(d.Op, "the step (5d)") }

// comparison writes what differs, one line each, and the operators in a table.
func (v *Verdict) comparison(p *table.Printer) {
	b, c := v.Baseline, v.Baseline.Compared
	p.F("held against %s\n", b.named())
	p.F("%d requests compared, %d with another number somewhere\n", c.Compared, c.Differ)
	if c.Lost > 0 {
		p.F("no longer answered, %d requests, the first: %s\n", c.Lost, short(c.LostRequest))
	}
	if c.Added > 0 {
		p.F("never compared, %d requests that only the new build answered, the first: %s\n", c.Added,
			short(c.AddedRequest))
	}
	if c.First == nil {
		return
	}
	p.F("they part in %s, in %v: %s\n", origin(c.First), c.Precision, place(c.First))
	p.F("  smallest case: %s\n", short(c.First.Request))
	p.F("largest drift, in %s: %s (rule %s)\n\n", origin(c.Largest), place(c.Largest), c.Largest.Rule)
	t := table.New("operator", "differs in", "by at most")
	for _, o := range c.Operators {
		t.Add(o.Op, fmt.Sprintf("%d of %d requests", o.Differ, o.Compared), percent(o.Share))
	}
	p.With(t.Text)
	p.F("\nThe envelope is the reference's number plus and minus what the declared precision may do: 100 %% is from\n" +
		"one end to the other. An operator counts where a request that has it differs, whatever the cause.\n")
}

// short is a request that fits a screen.
func short(request string) string {
	if len(request) > maxReplay/4 {
		return fmt.Sprintf("%s... (%d bytes)", printable(request[:maxReplay/4]), len(request))
	}
	return printable(request)
}

// annotation is the workflow command of GitHub Actions that says what the comparison came to.
func (v *Verdict) annotation() string {
	level := "notice"
	if v.compared() == conform.Fault {
		level = "error"
	}
	text := v.comparedLine()
	if c := v.Baseline.Compared; c.First != nil {
		text += fmt.Sprintf("; they part in %s: %s", origin(c.First), place(c.First))
	}
	return fmt.Sprintf("::%s title=%s::%s\n", level, property("conform: baseline"), message(printable(text)))
}

// The JSON of a comparison.
type (
	baselineJSON struct {
		Old         string             `json:"old"`
		Recorded    int                `json:"recorded_replies"`
		Verdict     conform.Verdict    `json:"verdict"`
		Reasons     []string           `json:"reasons"`
		Engine      engineJSON         `json:"old_engine"`
		OldFindings []oldFindingJSON   `json:"old_findings"`
		Compared    int                `json:"compared"`
		Differ      int                `json:"differ"`
		Lost        int                `json:"lost"`
		LostFirst   string             `json:"lost_request"`
		Added       int                `json:"added"`
		AddedFirst  string             `json:"added_request"`
		Gone        []string           `json:"gone"`
		First       *driftJSON         `json:"first"`
		Largest     *driftJSON         `json:"largest"`
		Operators   []operatorDiffJSON `json:"operators"`
	}
	oldFindingJSON struct {
		ID     string `json:"id"`
		Known  bool   `json:"known"`
		Detail string `json:"detail"`
	}
	driftJSON struct {
		Part      string `json:"part"`
		Quantity  string `json:"quantity"`
		Operator  int    `json:"operator"`
		Index     int    `json:"index"`
		Old       any    `json:"old"`
		New       any    `json:"new"`
		Tolerance any    `json:"tolerance"`
		Share     any    `json:"share"`
		Rule      string `json:"rule"`
		Request   string `json:"request"`
	}
	operatorDiffJSON struct {
		Op       string `json:"op"`
		Compared int    `json:"compared"`
		Differ   int    `json:"differ"`
		Share    any    `json:"share"`
	}
)

func driftOf(d *conform.Drift) *driftJSON {
	if d == nil {
		return nil
	}
	return &driftJSON{
		origin(d), d.Quantity, d.Operator, d.Index, number(d.Old), number(d.New), number(d.Tolerance), number(d.Share),
		d.Rule, d.Request,
	}
}

func (v *Verdict) baselineJSON() *baselineJSON {
	if v.Baseline == nil || v.Baseline.Compared == nil {
		return nil
	}
	b, c := v.Baseline, v.Baseline.Compared
	s := &baselineJSON{
		Old: b.Old, Recorded: b.Replies, Verdict: v.compared(), Reasons: append([]string{}, v.reasons()...),
		Engine: engineOf(c.Old), OldFindings: []oldFindingJSON{}, Compared: c.Compared, Differ: c.Differ,
		Lost: c.Lost, LostFirst: c.LostRequest, Added: c.Added, AddedFirst: c.AddedRequest,
		Gone: append([]string{}, c.Gone...), First: driftOf(c.First), Largest: driftOf(c.Largest),
		Operators: []operatorDiffJSON{},
	}
	for _, f := range c.Old.Findings {
		s.OldFindings = append(s.OldFindings, oldFindingJSON{ID(f), b.isKnown(f), f.Detail})
	}
	for _, o := range c.Operators {
		s.Operators = append(s.Operators, operatorDiffJSON{o.Op, o.Compared, o.Differ, number(o.Share)})
	}
	return s
}
