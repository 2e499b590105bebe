package webpage

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/trace"
)

// maxSpikes is how many spikes have a card; the page says how many have none.
const maxSpikes = 50

// maxTexts is how many faults or suspects a page lists.
const maxTexts = 20

//go:embed trace.html
var traceHTML string

//go:embed trace.css
var traceCSS string

//go:embed trace.js
var traceJS string

var traceTemplate = template.Must(template.New("trace").Parse(traceHTML))

// tracePage is what the template fills in.
type tracePage struct {
	Title   string
	Verdict trace.Verdict
	Says    string
	More    []string // sentences behind the verdict
	Command string
	CSS     template.CSS
	JS      template.JS
	Parts   template.HTML // of two runs: the sites beside each other
	Runs    []*tracedRun
}

// tracedRun is a run on the page.
type tracedRun struct {
	*trace.Judgement
	P            string // prefix of ids
	Title        string // of two runs: which
	Maps         []heatMap
	Strip, Chart template.HTML // loss and errors beneath the maps; bounds by step
	Cards        []*spikeCard
	NoCard       int // spikes without a card
	Pieces       []columnText
	Table, Apart template.HTML // sites over the run; steps that were taken apart
	DriftChart   template.HTML // constants of A3 over the judged steps
	DriftTable   template.HTML
	Faulty, Odd  []string // sentences of faults and suspects
	NotListed    int
	Rates        []rateRow
	Holds        bool
}

// spikeCard is that of a spike.
type spikeCard struct {
	ID, Where, Cause, Size, Usual, Share, Back, Promised string
	Recovered                                            bool
	Says                                                 string
	Bounds                                               []boundText
	Table                                                template.HTML // its sites, the largest share first
}

type boundText struct{ Name, Value, Times string }

// columnText is what the slider says of a column.
type columnText struct {
	Steps, Loss, Error, Grad string
	Top                      []string // sites that stand out most
}

type rateRow struct{ Name, Holds, Says string }

// WriteTrace writes the page of a recorded run. The error is that of the writer.
func WriteTrace(w io.Writer, j *trace.Judgement) error {
	p := &tracePage{
		Title:   "A recorded run: " + j.Record,
		Verdict: j.Verdict,
		Says:    withoutVerdict(j.Says),
		More:    behind(j),
		Command: "go run ./props/verify trace " + j.Record + " -html FILE",
	}
	r, err := newTracedRun(j, "", "")
	if err != nil {
		return err
	}
	p.Runs = []*tracedRun{r}
	return p.write(w)
}

// WriteComparison writes the page of two recorded runs. The error is that of the writer.
func WriteComparison(w io.Writer, c *trace.Comparison) error {
	p := &tracePage{Title: "Two recorded runs: " + c.Old.Record + " and " + c.New.Record, Verdict: c.New.Verdict,
		Says:    c.Says,
		More:    []string{"Old: " + c.Old.Says, "New: " + c.New.Says},
		Command: "go run ./props/verify trace " + c.Old.Record + " " + c.New.Record + " -html FILE"}
	var err error
	if p.Parts, err = asHTML(report.CompareSites(c)); err != nil {
		return err
	}
	for _, one := range []struct {
		j              *trace.Judgement
		prefix, titled string
	}{{c.New, "new-", "New"}, {c.Old, "old-", "Old"}} {
		r, err := newTracedRun(one.j, one.prefix, one.titled+": "+one.j.Record)
		if err != nil {
			return err
		}
		p.Runs = append(p.Runs, r)
	}
	return p.write(w)
}

func (p *tracePage) write(w io.Writer) error {
	p.CSS, p.JS = template.CSS(pageCSS+traceCSS), template.JS(traceJS+commonJS)
	var b bytes.Buffer // an error leaves nothing half written
	if err := traceTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("webpage: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// withoutVerdict is a verdict's sentence without the word that stands before it on the page.
func withoutVerdict(says string) string {
	for _, v := range []trace.Verdict{trace.Faulty, trace.Suspected, trace.NothingJudged} {
		says = strings.TrimPrefix(says, string(v)+": ")
	}
	return says
}

// steps is a number of steps in words.
func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// behind are the two sentences behind the verdict: what came of it, and how sure it is.
func behind(j *trace.Judgement) []string {
	var out []string
	switch n := len(j.Spikes); {
	case j.Verdict == trace.NothingJudged && j.Steps == 0:
		return []string{"A record without a step says nothing about an engine; it never passes."}
	case j.Verdict == trace.NothingJudged:
		return []string{"A run that moves no weight says nothing about training; it never passes."}
	case n == 0:
		out = append(out, fmt.Sprintf("The gradient's error |U−u|², by (5c) from the recorded states, "+
			"has no spike in %d steps.", j.Steps))
	case n == 1:
		out = append(out, "One spike: "+j.Spikes[0].Says+".")
	default:
		worst := slices.MaxFunc(j.Spikes, func(a, b trace.Spike) int {
			if a.Error2 < b.Error2 {
				return -1
			}
			return 1
		})
		out = append(out, fmt.Sprintf("%d spikes; the largest: %s.", n, worst.Says))
	}
	switch j.Verdict {
	case trace.Faulty:
		out = append(out, "A fault is beyond all that rounding in the declared precision can do: no clean engine has one.")
	default:
		out = append(out, fmt.Sprintf("A clean run is called suspect at most once in %.0f runs, "+
			"by calibration; an error that the "+
			"declared "+
			"precision explains is no cause.", 1/j.FalseAlarm))
	}
	return out
}

func newTracedRun(j *trace.Judgement, prefix, title string) (*tracedRun, error) {
	h := newHeatRun(j, prefix)
	r := &tracedRun{Judgement: j, P: prefix, Title: title, Strip: h.strip(), Chart: h.bounds(), DriftChart: h.drift(),
		Holds: j.Verdict == trace.NoCause}
	if len(j.Columns) > 0 && len(j.Sites) > 0 {
		r.Maps = h.maps()
	}
	for k := range j.Columns {
		r.Pieces = append(r.Pieces, r.column(&j.Columns[k]))
	}
	for _, f := range j.Faults {
		says := f.Says
		if f.Steps > 1 {
			says += fmt.Sprintf(" (in %d steps)", f.Steps)
		}
		r.Faulty = append(r.Faulty, says)
	}
	for _, s := range j.Suspects {
		r.Odd = append(r.Odd, s.Says)
	}
	for _, list := range []*[]string{&r.Faulty, &r.Odd} {
		if n := len(*list) - maxTexts; n > 0 {
			r.NotListed += n
			*list = (*list)[:maxTexts]
		}
	}
	for k := range j.Spikes {
		if k == maxSpikes {
			r.NoCard = len(j.Spikes) - maxSpikes
			break
		}
		c, err := r.card(k)
		if err != nil {
			return nil, err
		}
		r.Cards = append(r.Cards, c)
	}
	for _, list := range [][]trace.Sentence{j.Exceeded, j.Rate} {
		for _, s := range list {
			holds := "cannot be said"
			if s.Holds != nil {
				holds = map[bool]string{true: "holds", false: "fails"}[*s.Holds]
			}
			r.Rates = append(r.Rates, rateRow{s.Name, holds, s.Says})
		}
	}
	var err error
	if r.Table, err = asHTML(report.TraceSites(j)); err != nil {
		return nil, err
	}
	if len(j.Judged) > 0 {
		if r.Apart, err = asHTML(report.TraceSteps(j)); err != nil {
			return nil, err
		}
		if j.Drift.Steps > 0 {
			r.DriftTable, err = asHTML(report.TraceDrift(j))
		}
	}
	return r, err
}

// LastColumn is the last place of the slider.
func (r *tracedRun) LastColumn() int { return max(len(r.Pieces)-1, 0) }

// site is a site in words.
func (r *tracedRun) site(s trace.Site) string {
	way := map[string]string{"delta": "forward", "eps": "backward"}[s.Kind]
	if way == "" || s.Op < 1 || s.Op > len(r.Operators) {
		return fmt.Sprintf("%s_%d", s.Kind, s.I)
	}
	return fmt.Sprintf("%s_%d (%s, %s)", s.Kind, s.I, r.Operators[s.Op-1], way)
}

// card is that of spike k.
func (r *tracedRun) card(k int) (*spikeCard, error) {
	s := &r.Spikes[k]
	c := &spikeCard{ID: fmt.Sprintf("%sspike-%d", r.P, k+1), Size: s.Error2.String(), Usual: s.Usual2.String(),
		Says:      s.Says,
		Recovered: s.Recovered, Cause: "no site's error stands out", Where: fmt.Sprintf("Step %d", s.Peak),
		Back:     "not recovered",
		Promised: "nothing"}
	if s.Why != "" {
		c.Promised += ": " + s.Why
	}
	if s.From != s.To {
		c.Where = fmt.Sprintf("Steps %d to %d, highest at %d", s.From, s.To, s.Peak)
	}
	if s.Cause != nil {
		c.Cause, c.Share = r.site(*s.Cause), percent(float64(s.Share))
	}
	if s.Recovered {
		c.Back = "recovered after " + steps(s.Took)
	}
	if s.Promised >= 0 {
		c.Promised = steps(s.Promised)
		if s.Estimated {
			c.Promised += ", with L and μ estimated along the run"
		}
	}
	at := slices.IndexFunc(r.Judged, func(j trace.StepSum) bool { return j.Step == s.Peak })
	if at < 0 {
		return c, nil
	}
	j := &r.Judged[at]
	for _, b := range []struct {
		name  string
		value trace.Number
	}{{"Theorem 1 as printed", j.Printed}, {"sharp", j.Sharp}, {"with constants of each operator", j.PerOp}} {
		times := "-"
		if v := float64(b.value) / float64(j.Error2); v > 0 {
			times = fmt.Sprintf("%.3g", v)
		}
		c.Bounds = append(c.Bounds, boundText{b.name, b.value.String(), times})
	}
	t := table.New("site", "share", "with it alone", "without it", "gain", "at most")
	t.Columns[1].Means = "of |U-u|^2, first order, or what goes away without the site where errors are too large for that"
	t.Columns[2].Means = "|U-u|^2 with the error of this site alone, over all of it"
	t.Columns[3].Means = "|U-u|^2 with the error of this site removed, over all of it"
	t.Columns[4].Means = "|U-u| per |error|, this site alone"
	t.Columns[5].Means = "its bound by Theorem 1 with constants of each operator"
	for _, i := range largestOf(j.Share, topSites) {
		if i < len(r.Sites) {
			name := r.site(r.Sites[i].Site)
			t.Add(name, percent(float64(j.Share[i])), numberAt(j.Only, i), numberAt(j.Without, i), numberAt(j.Gain, i),
				numberAt(j.GainAtMost, i))
		}
	}
	var err error
	c.Table, err = asHTML(t)
	return c, err
}

// topSites is how many sites a card lists.
const topSites = 6

func numberAt(list []trace.Number, i int) string {
	if i < len(list) {
		return list[i].String()
	}
	return "-"
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf("%.3g %%", 100*v)
}

// largestOf are the indices of the n largest sizes, NaN left out.
func largestOf(list []trace.Number, n int) []int {
	var at []int
	for i, x := range list {
		if x == x {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int {
		x, y := math.Abs(float64(list[a])), math.Abs(float64(list[b]))
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return at[:min(n, len(at))]
}

// column is what the slider says of one.
func (r *tracedRun) column(c *trace.Column) columnText {
	t := columnText{Steps: fmt.Sprintf("step %d", c.From), Loss: c.Loss.String(), Error: c.Error2.String(),
		Grad: c.Grad2.String()}
	if c.To != c.From {
		t.Steps = fmt.Sprintf("steps %d to %d", c.From, c.To)
	}
	for _, i := range largestOf(c.Ratio, 3) {
		if i >= len(r.Sites) {
			continue
		}
		s := fmt.Sprintf("%s %s× rounding", r.Sites[i].Name, c.Ratio[i])
		if i < len(c.Share) && c.Share[i] == c.Share[i] {
			s += ", " + percent(float64(c.Share[i]))
		}
		t.Top = append(t.Top, s)
	}
	return t
}

// Plain is the verdict's sentence without the verdict.
func (r *tracedRun) Plain() string { return withoutVerdict(r.Says) }

// Left and Right are the margins of the maps, for the slider.
func (r *tracedRun) Left() int  { return heatLeft }
func (r *tracedRun) Right() int { return heatRight }
