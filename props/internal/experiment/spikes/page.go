package spikes

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Result is what Run finds.
type Result struct {
	Report   Report    // runs against the bounds
	Diagrams []Diagram // size against spacing
	Both     Both      // does an O(1) perturbation make a spike, and only then?
	Fig2     Comparison
}

// Run is Check, Phase, Isolated and ClaimBothWays. The error is that of bad Options. The same
// seed gives the same result at any GOMAXPROCS.
func Run(opt Options) (*Result, error) {
	r := new(Result)
	var err error
	if r.Report, err = Check(opt); err != nil {
		return nil, err
	}
	if r.Diagrams, err = Phase(opt); err != nil {
		return nil, err
	}
	if r.Fig2, err = Isolated(opt); err != nil {
		return nil, err
	}
	r.Both = ClaimBothWays(opt.Seed, opt.Chains)
	return r, nil
}

// Page is all of it on one page.
func (r *Result) Page() *table.Page {
	p := &page{table.Page{Title: "Spikes", Command: "go run ./props/verify page spikes"}}
	p.text("%d of %d comparisons of runs with the bounds break one, and of %d recoveries that a bound promises %d are "+
		"waited for in vain.\nThat a spike occurs whenever some error is O(1), section 6.3, is false: %d of %d random chains with "+
		"one site hit have none.", len(r.Report.Violations), r.Report.Comparisons, r.Report.Promised, r.Report.Unrecovered,
		r.Both.Zeros, r.Both.Ones)
	p.text("A spike is |U-u|^2 = O(1) at one step (arXiv:2602.20646v1, section 6.3). Bounds are (40),\n" +
		"a+ <= (1 - mu g/3) a + (L g^2 + g/2)|U-u|^2, with a = l(w) - l*, " +
		"and for steps without chance its sharp form\n" +
		"a+ <= (1 - mu g) a + (g/2)|U-u|^2 and its root form, " +
		"a^{1/2}+ <= (1 - mu g (2 - L g))^{1/2} a^{1/2} + (L/2)^{1/2} g |U-u|.\n" +
		"All runs use the full batch.")
	p.check(r.Report)
	for _, d := range r.Diagrams {
		p.diagram(d)
	}
	p.budgets()
	p.both(r.Both)
	p.comparison(r.Fig2)
	return &p.Page
}

// page is a Page that is being written.
type page struct{ table.Page }

func (p *page) heading(format string, a ...any) { p.Add(table.Heading(fmt.Sprintf(format, a...))) }

func (p *page) text(format string, a ...any) { p.Add(table.Text(fmt.Sprintf(format, a...))) }

func (p *page) check(r Report) {
	p.heading("Runs against the bounds")
	p.text("%d single spikes, %d trains, %d pairs of a spike and its opposite; measured |U-u| from %.3g to %.3g.\n"+
		"%d recoveries promised by a bound, %d waited for in vain; %d comparisons, %d violations. Largest "+
		"measured/bound:",
		r.Singles, r.Trains, r.Pairs, r.MinSize, r.MaxSize, r.Promised, r.Unrecovered, r.Comparisons, len(r.Violations))
	t := table.New("compared", "(40)", "sharp", "root")
	ratio := func(of Tightness) string { return fmt.Sprintf("%.4f", of.Ratio) }
	for _, row := range []struct {
		name string
		of   [forms]Tightness
	}{{"steps until recovery", r.Recovery}, {"gap, any step", r.Path}, {"gap before a spike of a train", r.Before}} {
		t.Add(row.name, ratio(row.of[printed]), ratio(row.of[sharp]), ratio(row.of[root]))
	}
	t.Add("mean gap of a pair (zero mean: no g/2)", ratio(r.ZeroMean), "", "")
	p.Add(t)
	p.text("Slowest recovery: %s.", r.Recovery[printed].Case)
	p.violations(r.Violations)
}

// violationsShown is how many violations a page lists.
const violationsShown = 10

func (p *page) violations(all []Violation) {
	for _, v := range all[:min(violationsShown, len(all))] {
		p.text("**VIOLATED** %s: %s: %v > %v", v.Case, v.What, v.Left, v.Right)
	}
}

func (p *page) diagram(d Diagram) {
	p.heading("Phase diagram: %s", d.Name)
	p.text("L = %.4g, mu = %.4g, g = %.4g, mu g/3 = 1/%.0f, %d steps. Recovered: gap <= %.3g before every spike of "+
		"the last half.\n"+
		"%d cells where a bound says recovered and the run did not.",
		d.L, d.Mu, d.G, 3/(d.Mu*d.G), d.Steps, d.Level, d.Wrong())
	var grid strings.Builder
	fmt.Fprintf(&grid, "|U-u|     Dt = %s\n", columns(d.Spacings))
	for i := len(d.Sizes) - 1; i >= 0; i-- {
		fmt.Fprintf(&grid, "%9.3g     ", d.Sizes[i])
		for _, c := range d.Cells[i] {
			fmt.Fprintf(&grid, "%5c", c.Mark())
		}
		grid.WriteString("\n")
	}
	grid.WriteString("\n#  recovered, as (40) says        +  recovered, as the sharp form says, (40) does not\n" +
		"*  recovered, as only the root form says                o  recovered, bounds silent\n" +
		".  not recovered, bounds silent                         !  a bound is wrong\n")
	p.Add(table.Code(grid.String()))
	p.allowed(d)
}

func columns(spacings []int) string {
	var b strings.Builder
	for _, dt := range spacings {
		fmt.Fprintf(&b, "%5d", dt)
	}
	return strings.TrimPrefix(b.String(), " ")
}

// allowed sets the spikes that the bounds allow beside those that were measured.
func (p *page) allowed(d Diagram) {
	p.text("Spikes allowed in %d steps for that level, beside the order O(1) of Table 1 (PL, not zero mean):", d.Steps)
	t := table.New("size", "(40), anywhere", "root, anywhere", "(40), evenly", "sharp, evenly", "root, evenly",
		"measured, evenly")
	s := setting{}
	s.s.L, s.s.Mu, s.s.Gamma = d.L, d.Mu, d.G
	rec := s.recursions()
	for i, m := range d.Sizes {
		anywhere := func(b bound) string { return upTo(b.Worst(b.of(m), b.of(d.Level)), d.Steps) }
		evenly := func(b bound) int { return d.Steps / b.MinSpacing(b.of(d.Level), b.of(m)) }
		t.Add(fmt.Sprintf("%.3g", m), anywhere(rec[printed]), anywhere(rec[root]),
			evenly(rec[printed]), evenly(rec[sharp]), evenly(rec[root]), d.Steps/d.MostOften(i))
	}
	p.Add(t)
}

// upTo is n, or "all" from steps on.
func upTo(n, steps int) string {
	if n >= steps {
		return "all"
	}
	return strconv.Itoa(n)
}

func (p *page) budgets() {
	p.heading("Table 1")
	p.text("Spikes of |U-u| = 1 that the bounds allow, L = 2, mu = 1: nonconvex with g = T^-1/2/(3L) and an added " +
		"error of 10 T^-1/2,\n" +
		"PL with g = 3 ln T/(mu T) and 20 ln T/T. Table 1 counts spikes wherever they fall; by the root form (T/ln " +
		"T)^1/2 of them do no harm\n" +
		"there under PL, and spread out, or early, far more.")
	t := table.New("T", "nonconvex", "zero mean", "PL", "zero mean", "PL, root form", "PL, evenly spaced",
		"PL, all of the first")
	t.Add("Table 1", "O(T^1/2)", "O(T)", "O(1)", "O(T)", "O(1)", "", "")
	for steps := 1000; steps <= 10_000_000; steps *= 10 {
		b := NewBudget(steps)
		t.Add(steps, fmt.Sprintf("%.0f", b.Nonconvex), upTo(int(b.NonconvexZeroMean), steps), upTo(b.PL, steps),
			upTo(b.PLZeroMean, steps), b.PLRoot, b.PLSpaced, b.PLForgiven)
	}
	p.Add(t)
}

func (p *page) both(b Both) {
	p.heading("\"A spike occurs whenever some |delta_i| or |eps_i| is O(1)\"")
	p.text("It makes none larger than itself: |U-u|^2 <= c m^2 for |delta_i|, |eps_i| <= m held on %d random chains "+
		"(%d skipped), %d violations; largest ratio %.4f with c from (13), %.4f with its sharp form.",
		b.Chains, b.Skipped, len(b.Violations), b.Upper[printed].Ratio, b.Upper[sharp].Ratio)
	p.violations(b.Violations)
	p.text("It need not make one: there is no c > 0 with |U-u| >= c m. Of %d random chains with one site hit, %d have "+
		"|U-u| = 0 as computed (|U-u|/m goes up to %.3g).\n"+
		"Found by search over small chains, smallest first, exact in integers:", b.Ones, b.Zeros, b.Largest)
	p.witnesses(b.Witnesses)
	p.text("At the sites that never matter:")
	p.witnesses(b.Trivial)
	p.text("\"Blind\": the constants of each operator already give 0 there. \"Allows\" is the coefficient of (21) at " +
		"the site.")
}

func (p *page) witnesses(all []Witness) {
	t := table.New("chain", "x", "w", "perturbation", "kind", "moves", "(u, u)", "(U-u, U-u)", "(13) allows")
	for _, w := range all {
		names := make([]string, len(w.Chain))
		for j, s := range w.Chain {
			names[j] = s.String()
		}
		t.Add(strings.Join(names, ", "), list(w.X), list(w.W), fmt.Sprintf("%v = %s", w.Site, list(w.V)), w.Kind,
			strings.Join(w.Moved, " "), w.GradSq, w.DiffSq, fmt.Sprintf("%.4g", w.Coefficient))
	}
	p.Add(t)
}

func list(v []float64) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("spikes: " + err.Error())
	}
	return string(b)
}

func (p *page) comparison(c Comparison) {
	p.heading("Fig 2: a large spike that recovers, smaller ones that do not")
	p.text("%s, %d steps, level %.3g. One spike of |U-u| = %.3g at step %d, or from there on %d of %.3g, one every %d "+
		"steps.", c.Name, c.Steps, c.Level, c.Large.Size, c.First, c.Small.Spikes, c.Small.Size, smallEvery)
	t := table.New("", "one large", "many small")
	number := func(x float64) string { return fmt.Sprintf("%.4g", x) }
	for _, row := range []struct {
		name string
		of   func(Course) string
	}{
		{"sum of squares of |U-u|", func(r Course) string { return number(r.Squares) }},
		{"largest gap", func(r Course) string { return number(r.Peak) }},
		{"largest gap of the last quarter", func(r Course) string { return number(r.Last) }},
		{"steps until the gap stays at the level", func(r Course) string { return never(r.Recovery) }},
		{"the same, promised by (40)", func(r Course) string { return never(r.Bound) }},
		{"the same, promised by the root form", func(r Course) string { return never(r.Root) }},
		{"limit of the gap by (40)", func(r Course) string { return number(r.Limit) }},
	} {
		t.Add(row.name, row.of(c.Large), row.of(c.Small))
	}
	gaps := table.New("step", "gap, one large", "gap, many small")
	for j, at := range c.At {
		gaps.Add(at, number(c.Large.Gaps[j]), number(c.Small.Gaps[j]))
	}
	p.Add(t, gaps)
}

func never(n int) string {
	if n == Never {
		return "never"
	}
	return strconv.Itoa(n)
}
