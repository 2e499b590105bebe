package spikes

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Markdown runs everything and writes one page. The error is that of bad
// Options, before anything is written, or of w. The same seed gives the same
// bytes at any GOMAXPROCS.
func Markdown(w io.Writer, opt Options) error {
	report, err := Check(opt)
	if err != nil {
		return err
	}
	diagrams, err := Phase(opt)
	if err != nil {
		return err
	}
	fig2, err := Isolated(opt)
	if err != nil {
		return err
	}
	var p page
	both := ClaimBothWays(opt.Seed, opt.Chains)
	p.f("# Spikes\n\nWritten by: go run ./props/verify page spikes\n\n"+
		"%d of %d comparisons of runs with the bounds break one, and of %d recoveries that a bound promises %d are waited "+
		"for in vain.\nThat a spike occurs whenever some error is O(1), section 6.3, is false: %d of %d random chains with "+
		"one site hit have none.\n\n", len(report.Violations), report.Comparisons, report.Promised, report.Unrecovered,
		both.Zeros, both.Ones)
	p.f("A spike is |U-u|^2 = O(1) at one step (arXiv:2602.20646v1, section 6.3). Bounds are (40),\n" +
		"a+ <= (1 - mu g/3) a + (L g^2 + g/2)|U-u|^2, with a = l(w) - l*, " +
		"and for steps without chance its sharp form\n" +
		"a+ <= (1 - mu g) a + (g/2)|U-u|^2 and its root form, " +
		"a^{1/2}+ <= (1 - mu g (2 - L g))^{1/2} a^{1/2} + (L/2)^{1/2} g |U-u|.\n" +
		"All runs use the full batch.\n")
	p.check(report)
	for _, d := range diagrams {
		p.diagram(d)
	}
	p.budgets()
	p.both(both)
	p.comparison(fig2)
	_, err = io.WriteString(w, p.String())
	return err
}

type page struct{ strings.Builder }

func (p *page) f(format string, a ...any) { fmt.Fprintf(&p.Builder, format, a...) }

func (p *page) check(r Report) {
	p.f("\n## Runs against the bounds\n\n%d single spikes, %d trains, %d pairs of a spike and its opposite; measured "+
		"|U-u| from %.3g to %.3g.\n"+
		"%d recoveries promised by a bound, %d waited for in vain; %d comparisons, %d violations. Largest "+
		"measured/bound:\n\n| compared | (40) | sharp | root |\n|---|---|---|---|\n",
		r.Singles, r.Trains, r.Pairs, r.MinSize, r.MaxSize, r.Promised, r.Unrecovered, r.Comparisons, len(r.Violations))
	for _, row := range []struct {
		name string
		t    [forms]Tightness
	}{{"steps until recovery", r.Recovery}, {"gap, any step", r.Path}, {"gap before a spike of a train", r.Before}} {
		p.f("| %s | %.4f | %.4f | %.4f |\n", row.name, row.t[printed].Ratio, row.t[sharp].Ratio, row.t[root].Ratio)
	}
	p.f("| mean gap of a pair (zero mean: no g/2) | %.4f | | |\n\n", r.ZeroMean.Ratio)
	p.f("Slowest recovery: %s.\n", r.Recovery[printed].Case)
	p.violations(r.Violations)
}

// shown is how many violations a page lists.
const shown = 10

func (p *page) violations(all []Violation) {
	for _, v := range all[:min(shown, len(all))] {
		p.f("\n**VIOLATED** %s: %s: %v > %v\n", v.Case, v.What, v.Left, v.Right)
	}
}

func (p *page) diagram(d Diagram) {
	p.f("\n## Phase diagram: %s\n\nL = %.4g, mu = %.4g, g = %.4g, mu g/3 = 1/%.0f, %d steps. Recovered: gap <= %.3g "+
		"before every spike of the last half.\n"+
		"%d cells where a bound says recovered and the run did not.\n\n```\n|U-u|     Dt = %s\n",
		d.Name, d.L, d.Mu, d.G, 3/(d.Mu*d.G), d.Steps, d.Level, d.Wrong(), columns(d.Spacings))
	for i := len(d.Sizes) - 1; i >= 0; i-- {
		marks := make([]string, len(d.Spacings))
		for j, c := range d.Cells[i] {
			marks[j] = fmt.Sprintf("%5c", c.Mark())
		}
		p.f("%9.3g     %s\n", d.Sizes[i], strings.Join(marks, ""))
	}
	p.f("\n#  recovered, as (40) says        +  recovered, as the sharp form says, (40) does not\n" +
		"*  recovered, as only the root form says                o  recovered, bounds silent\n" +
		".  not recovered, bounds silent                         !  a bound is wrong\n```\n")
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
	p.f("\nSpikes allowed in %d steps for that level, beside the order O(1) of Table 1 (PL, not zero mean):\n\n"+
		"| size | (40), anywhere | root, anywhere | (40), evenly | sharp, evenly | root, evenly | measured, evenly "+
		"|\n|---|---|---|---|---|---|---|\n", d.Steps)
	s := setting{}
	s.s.L, s.s.Mu, s.s.Gamma = d.L, d.Mu, d.G
	rec := s.recursions()
	for i, m := range d.Sizes {
		p.f("| %.3g |", m)
		for _, b := range []bound{rec[printed], rec[root]} {
			p.f(" %s |", upTo(b.Worst(b.of(m), b.of(d.Level)), d.Steps))
		}
		for _, b := range rec {
			p.f(" %d |", d.Steps/b.MinSpacing(b.of(d.Level), b.of(m)))
		}
		p.f(" %d |\n", d.Steps/d.MostOften(i))
	}
}

// upTo is n, or "all" from steps on.
func upTo(n, steps int) string {
	if n >= steps {
		return "all"
	}
	return strconv.Itoa(n)
}

func (p *page) budgets() {
	p.f("\n## Table 1\n\nSpikes of |U-u| = 1 that the bounds allow, L = 2, mu = 1: nonconvex with g = T^-1/2/(3L) " +
		"and an added error of 10 T^-1/2,\n" +
		"PL with g = 3 ln T/(mu T) and 20 ln T/T. Table 1 counts spikes wherever they fall; by the root form (T/ln " +
		"T)^1/2 of them do no harm\n" +
		"there under PL, and spread out, or early, far more.\n\n" +
		"| T | nonconvex | zero mean | PL | zero mean | PL, root form | PL, evenly spaced | PL, all of the first " +
		"|\n|---|---|---|---|---|---|---|---|\n" +
		"| Table 1 | O(T^1/2) | O(T) | O(1) | O(T) | O(1) | | |\n")
	for steps := 1000; steps <= 10_000_000; steps *= 10 {
		b := NewBudget(steps)
		p.f("| %d | %.0f | %s | %s | %s | %d | %d | %d |\n", steps, b.Nonconvex, upTo(int(b.NonconvexZeroMean), steps),
			upTo(b.PL, steps), upTo(b.PLZeroMean, steps), b.PLRoot, b.PLSpaced, b.PLForgiven)
	}
}

func (p *page) both(b Both) {
	p.f("\n## \"A spike occurs whenever some |delta_i| or |eps_i| is O(1)\"\n\nIt makes none larger than itself: "+
		"|U-u|^2 <= c m^2 for |delta_i|, |eps_i| <= m held on %d random chains (%d skipped), "+
		"%d violations; largest ratio %.4f with c from (13), %.4f with its sharp form.\n",
		b.Chains, b.Skipped, len(b.Violations), b.Upper[printed].Ratio, b.Upper[sharp].Ratio)
	p.violations(b.Violations)
	p.f("\nIt need not make one: there is no c > 0 with |U-u| >= c m. Of %d random chains with one site hit, %d have "+
		"|U-u| = 0 as computed (|U-u|/m goes up to %.3g).\n"+
		"Found by search over small chains, smallest first, exact in integers:\n\n", b.Ones, b.Zeros, b.Largest)
	p.witnesses(b.Witnesses)
	p.f("\nAt the sites that never matter:\n\n")
	p.witnesses(b.Trivial)
	p.f("\n\"Blind\": the constants of each operator already give 0 there. \"Allows\" is the coefficient of (21) at " +
		"the site.\n")
}

func (p *page) witnesses(all []Witness) {
	p.f("| chain | x | w | perturbation | kind | moves | (u, u) | (U-u, U-u) | (13) allows " +
		"|\n|---|---|---|---|---|---|---|---|---|\n")
	for _, w := range all {
		names := make([]string, len(w.Chain))
		for j, s := range w.Chain {
			names[j] = s.String()
		}
		p.f("| %s | %s | %s | %v = %s | %s | %s | %v | %v | %.4g |\n", strings.Join(names, ", "), list(w.X),
			list(w.W), w.Site, list(w.V),
			w.Kind, strings.Join(w.Moved, " "), w.GradSq, w.DiffSq, w.Coefficient)
	}
}

func list(v []float64) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("spikes: " + err.Error())
	}
	return string(b)
}

func (p *page) comparison(c Comparison) {
	p.f("\n## Fig 2: a large spike that recovers, smaller ones that do not\n\n%s, %d steps, level %.3g. One spike of "+
		"|U-u| = %.3g at step %d, or from there on %d of %.3g, one every %d steps.\n\n"+
		"| | one large | many small |\n|---|---|---|\n", c.Name, c.Steps, c.Level, c.Large.Size, c.First,
		c.Small.Spikes, c.Small.Size, smallEvery)
	for _, row := range []struct {
		name string
		of   func(Course) string
	}{
		{"sum of squares of \\|U-u\\|", func(r Course) string { return fmt.Sprintf("%.4g", r.Squares) }},
		{"largest gap", func(r Course) string { return fmt.Sprintf("%.4g", r.Peak) }},
		{"largest gap of the last quarter", func(r Course) string { return fmt.Sprintf("%.4g", r.Last) }},
		{"steps until the gap stays at the level", func(r Course) string { return never(r.Recovery) }},
		{"the same, promised by (40)", func(r Course) string { return never(r.Bound) }},
		{"the same, promised by the root form", func(r Course) string { return never(r.Root) }},
		{"limit of the gap by (40)", func(r Course) string { return fmt.Sprintf("%.4g", r.Limit) }},
	} {
		p.f("| %s | %s | %s |\n", row.name, row.of(c.Large), row.of(c.Small))
	}
	p.f("\n| step | gap, one large | gap, many small |\n|---|---|---|\n")
	for j, t := range c.At {
		p.f("| %d | %.4g | %.4g |\n", t, c.Large.Gaps[j], c.Small.Gaps[j])
	}
}

func never(n int) string {
	if n == Never {
		return "never"
	}
	return strconv.Itoa(n)
}
