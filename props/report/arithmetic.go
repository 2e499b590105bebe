package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// quantity is a number of a view that a side of a claim may speak of.
type quantity struct {
	name string // in the notation of theory.md
	at   *float64
}

// side is the left or the right side of a claim at one index.
type side func(v *claim.View, i int) float64

// term is what a side makes of one quantity: coefficient times value where the side is
// linear in it.
type term struct {
	name               string
	value, coefficient float64
	linear             bool
	without            float64 // the side with 0 for the quantity
}

// linearWithin is the relative difference up to which two increments of a side are taken
// to be equal: rounding of package bounds, many times over.
const linearWithin = 1e-6

// termsOf finds what a side speaks of by changing one quantity of the view at a time: a
// claim is data, and its sides are functions. Quantities that are 0 come as names alone.
func termsOf(f side, v *claim.View, i int) (terms []term, zero []string) {
	v = cloneView(v)
	whole := f(v, i)
	for _, q := range quantities(v) {
		value := *q.at
		set := func(x float64) float64 {
			*q.at = x
			defer func() { *q.at = value }()
			return f(v, i)
		}
		if value == 0 {
			if set(1) != whole {
				zero = append(zero, q.name)
			}
			continue
		}
		without, twice := set(0), set(2*value)
		if without == whole && twice == whole {
			continue
		}
		first, second := whole-without, twice-whole
		terms = append(terms, term{
			name: q.name, value: value, coefficient: first / value, without: without,
			linear: math.Abs(first-second) <= linearWithin*max(math.Abs(whole), math.Abs(twice)),
		})
	}
	return terms, zero
}

// explainSides prints both sides term by term: the left one of lower bounds, the right one
// of upper bounds.
func explainSides(p *table.Printer, c *claim.Claim, lo, hi *claim.View, i int) {
	t := table.New("side", "speaks of", "which is", "coefficient", "term")
	for _, s := range []struct {
		name string
		f    side
		v    *claim.View
	}{{"left", c.Left, lo}, {"right", c.Right, hi}} {
		terms, zero := termsOf(s.f, s.v, i)
		for _, m := range terms {
			coefficient, product := "-", fmt.Sprintf("side is %s without it", number(m.without))
			if m.linear {
				coefficient, product = number(m.coefficient), number(m.coefficient*m.value)
			}
			t.Add(s.name, m.name, number(m.value), coefficient, product)
		}
		if len(terms)+len(zero) == 0 {
			whole := number(s.f(s.v, i))
			t.Add(s.name, "constants alone", whole, "", whole)
		}
		if len(zero) > 0 {
			t.Add(s.name, strings.Join(zero, ", "), "0", "", "0")
		}
	}
	p.With(t.Text)
}

// number is x with ten digits, enough to follow the arithmetic by hand.
func number(x float64) string { return fmt.Sprintf("%.10g", x) }

// constant is one of A3.
type constant struct {
	name string
	of   func(k *bounds.Const) *float64
}

var constants = []constant{
	{"C", func(k *bounds.Const) *float64 { return &k.C }},
	{"C2", func(k *bounds.Const) *float64 { return &k.C2 }},
	{"Lf", func(k *bounds.Const) *float64 { return &k.Lf }},
	{"L1", func(k *bounds.Const) *float64 { return &k.L1 }},
	{"L2", func(k *bounds.Const) *float64 { return &k.L2 }},
}

// explainConstants prints the constants of A3, and those of each operator where a side
// speaks of them.
func explainConstants(p *table.Printer, c *claim.Claim, v *claim.View, i int) {
	k := v.K
	p.F("A3       on the hull of all visited states:\n")
	for _, name := range constants {
		x := *name.of(&k)
		stands := ""
		if x == measure.Positive {
			stands = " = 2^-30, stands for 0: A3 wants it positive"
		}
		p.F("         %-2s = %s%s\n", name.name, number(x), stands)
	}
	p.F("         Cv^2 = max{1, C^2N} = %s\n", number(k.CvSq()))
	if !speaksOfEach(c, v, i) {
		return
	}
	t := table.New("operator", "|J1|", "|J2|", "C2", "Lf", "L1", "L2")
	for n, r := range v.Per[1:] {
		t.Add(n+1, number(r.J1), number(r.J2), number(r.C2), number(r.Lf), number(r.L1), number(r.L2))
	}
	p.With(t.Text)
}

// speaksOfEach reports that a side changes with the constants of single operators, or was
// summed over steps with them.
func speaksOfEach(c *claim.Claim, v *claim.View, i int) bool {
	if v.Per == nil {
		return false
	}
	if c.Form == claim.SharpEach {
		return true
	}
	larger := *v
	larger.Per = slices.Clone(v.Per)
	for n := range larger.Per {
		r := &larger.Per[n]
		*r = core.Regularity{J1: 2*r.J1 + 1, J2: 2*r.J2 + 1, C2: 2*r.C2 + 1, Lf: 2*r.Lf + 1, L1: 2*r.L1 + 1,
			L2: 2*r.L2 + 1}
	}
	return c.Left(v, i) != c.Left(&larger, i) || c.Right(v, i) != c.Right(&larger, i)
}

// explainRemedy says from which value of a constant of A3 on a violated claim would hold,
// the others as they are: a constant may be larger than it need be, so a violation that
// such a value ends hangs on how small that constant was taken.
func explainRemedy(p *table.Printer, c *claim.Claim, lo, hi *claim.View) {
	found := false
	p.F("         constants of A3 may be taken larger; all else as it is, the claim\n")
	for _, k := range constants {
		if from, ok := holdsFrom(c, lo, hi, k); ok {
			found = true
			p.F("         would hold from %s = %.6g on, raised alone from %.6g\n", k.name, from, *k.of(&lo.K))
		}
	}
	if !found {
		p.F("         fails whichever of them is raised alone\n")
	}
}

const (
	// maxRaise is the largest factor, as a power of two, by which a constant is raised.
	maxRaise = 80
	// raiseBisections bring the value to six digits.
	raiseBisections = 24
)

// holdsFrom searches for the least value of one constant from which the claim holds on
// the view: it doubles the constant until it does, and halves the last step. ok is false
// where no value does, or where a larger one violates the claim again.
func holdsFrom(c *claim.Claim, lo, hi *claim.View, k constant) (from float64, ok bool) {
	answers := func(x float64) claim.Result {
		a, b := *lo, *hi
		*k.of(&a.K), *k.of(&b.K) = x, x
		return c.Check(&a, &b)
	}
	holds := func(x float64) bool {
		r := answers(x)
		return r.Reason == claim.Valid && r.Answer == claim.Yes
	}
	low := *k.of(&lo.K)
	high := 2 * low
	for raised := 1; !holds(high); raised++ {
		if raised == maxRaise {
			return 0, false
		}
		low, high = high, 2*high
	}
	for range raiseBisections {
		if mid := (low + high) / 2; holds(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	for _, factor := range []float64{2, 0x1p10, 0x1p20} {
		if r := answers(factor * high); r.Reason == claim.Valid && r.Answer == claim.No {
			return 0, false
		}
	}
	return high, true
}

// cloneView is a copy whose quantities may be changed.
func cloneView(v *claim.View) *claim.View {
	c := *v
	c.V0 = slices.Clone(v.V0)
	if v.Moments != nil {
		m := *v.Moments
		for _, l := range []*[]float64{&m.D2, &m.D4, &m.E2, &m.E4, &m.Y2, &m.Y4, &m.V2, &m.V4, &m.YV2, &m.Ui2,
			&m.UiMean2, &m.D22} {
			*l = slices.Clone(*l)
		}
		for _, r := range claim.Readings {
			for _, l := range []*[]float64{&m.DMean2[r], &m.EMean2[r], &m.YMean2[r], &m.VMean2[r], &m.DMean22[r],
				&m.FMean2[r], &m.BMean2[r]} {
				*l = slices.Clone(*l)
			}
		}
		c.Moments = &m
	}
	for r := range c.Nodes {
		c.Nodes[r] = slices.Clone(v.Nodes[r])
	}
	if v.Run != nil {
		run := *v.Run
		run.Leaves = slices.Clone(v.Run.Leaves)
		c.Run = &run
	}
	return &c
}

// quantities are all that a claim may speak of on a view but the constants, which are in
// no sum.
func quantities(v *claim.View) []quantity {
	var all []quantity
	list := func(format string, l []float64) {
		for i := range l {
			all = append(all, quantity{fmt.Sprintf(format, i), &l[i]})
		}
	}
	list("|v_%d|^2", v.V0)
	if m := v.Moments; m != nil {
		list("E|delta_%d|^2", m.D2)
		list("E|delta_%d|^4", m.D4)
		list("E_x E[|delta_%d|^2 | x]^2", m.D22)
		list("E|eps_%d|^2", m.E2)
		list("E|eps_%d|^4", m.E4)
		list("E|Y_%[1]d-y_%[1]d|^2", m.Y2)
		list("E|Y_%[1]d-y_%[1]d|^4", m.Y4)
		list("E|V_%[1]d-v_%[1]d|^2", m.V2)
		list("E|V_%[1]d-v_%[1]d|^4", m.V4)
		for i := range m.YV2 {
			all = append(all, quantity{fmt.Sprintf("E|Y_%[1]d-y_%[1]d|^2 |V_%[2]d-v_%[2]d|^2", i, i+1), &m.YV2[i]})
		}
		list("E|U_%[1]d-u_%[1]d|^2", m.Ui2)
		list("|E_t[U_%[1]d-u_%[1]d]|^2", m.UiMean2)
		all = append(all, quantity{"E|U-u|^2", &m.U2}, quantity{"|E_t[U-u]|^2", &m.UMean2})
		for _, r := range claim.Readings {
			of := ", " + r.String()
			list("E|E^{G_%[1]d}[delta_%[1]d]|^2"+of, m.DMean2[r])
			list("E_x E[|E^{G_%[1]d}[delta_%[1]d]|^2 | x]^2"+of, m.DMean22[r])
			list("E|E^{H_%[1]d}[eps_%[1]d]|^2"+of, m.EMean2[r])
			list("E|E^{G_%[1]d}[Y_%[1]d-y_%[1]d]|^2"+of, m.YMean2[r])
			list("E|E^{H_%[1]d}[V_%[1]d-v_%[1]d]|^2"+of, m.VMean2[r])
			list("E|E^{G_%[1]d}[Y_%[1]d-y_%[1]d-delta_%[1]d]|^2"+of, m.FMean2[r])
			for i := range m.BMean2[r] {
				name := fmt.Sprintf("E|E^{H_%[2]d}[V_%[1]d-v_%[1]d-eps_%[2]d]|^2%[3]s", i, i+1, of)
				all = append(all, quantity{name, &m.BMean2[r][i]})
			}
		}
	}
	for _, r := range claim.Readings {
		for k := range v.Nodes[r] {
			n := &v.Nodes[r][k]
			at := fmt.Sprintf(", operator %d, event %d, %v", n.I, k, r)
			all = append(all, quantity{"|E[J2(Y)-J2(y)]|^2" + at, &n.Left}, quantity{"|E[Y-y]|^2" + at, &n.Mean2},
				quantity{"E|Y-y|^4" + at, &n.Four})
		}
	}
	if v.Run != nil {
		all = append(all, runQuantities(v.Run)...)
	}
	return all
}

func runQuantities(r *claim.Run) []quantity {
	all := []quantity{
		{"sigma^2", &r.S.SigmaSq},
		{"l(w^0)-l*", &r.D0},
		{"(1/T) sum_t E|grad l(w^t)|^2", &r.Grad2},
		{"E l(w^T)-l*", &r.GapT},
		{"sum_t q^{(T-1-t)/2} (E|E_t[U-u]|^2)^{1/2}", &r.RootBias},
		{"E_t l(w+)-l(w) + (g/6)|grad l(w)|^2", &r.Drop36},
		{"E_t l(w+)-l(w) + (g/2)|grad l(w)|^2", &r.SharpDrop36},
		{"E_t l(w+)-l(w) + g(1-Lg)|grad l(w)|^2 + g <grad l(w), E_t[U-u]>", &r.Line36},
		{"-g <grad l(w), E_t[U-u]> - (g/2)|grad l(w)|^2", &r.Young36},
		{"E_t|grad l(w)-(u+r)|^2", &r.Variance},
		{"E_t l(w+)-l* - (1-mu g/3)(l(w)-l*)", &r.Drop40},
		{"E_t l(w+)-l* - (1-mu g)(l(w)-l*)", &r.SharpDrop40},
		{"E_t l(w+)-l* - q (l(w)-l*), q of the root form", &r.RootDrop40},
		{"E l(w^T)-l* - (1-mu g/3)^T (l(w^0)-l*)", &r.Added41},
		{"E l(w^T)-l* - (1-mu g)^T (l(w^0)-l*)", &r.SharpAdded41},
		{"E l(w^T)-l* - q^T (l(w^0)-l*), q of the root form", &r.RootAdded41},
	}
	for _, s := range []struct {
		name string
		sums *claim.StepSums
	}{
		{"at step 0", &r.First}, {"summed over t", &r.Sum}, {"summed with (1-mu g/3)^{T-t}", &r.Weighted41},
		{"summed with (1-mu g)^{T-1-t}", &r.WeightedSharp}, {"summed with q^{T-1-t} of the root form", &r.WeightedRoot},
	} {
		all = append(all,
			quantity{"E|U-u|^2 " + s.name, &s.sums.E2}, quantity{"E|E_t[U-u]|^2 " + s.name, &s.sums.Mean2},
			quantity{"E|U-u|^2-E|E_t[U-u]|^2 " + s.name, &s.sums.Spread},
			quantity{"right side of (13) " + s.name, &s.sums.Thm1},
			quantity{"sharp right side of (13) " + s.name, &s.sums.Sharp1},
			quantity{"sharp right side of (13) with constants of each operator " + s.name, &s.sums.Each1})
		for _, reading := range claim.Readings {
			of := fmt.Sprintf(", %v, %s", reading, s.name)
			all = append(all, quantity{"right side of (23)" + of, &s.sums.Thm2[reading]},
				quantity{"right side of the repaired (23)" + of, &s.sums.Repaired2[reading]},
				quantity{"sharp right side of (23)" + of, &s.sums.Sharp2[reading]},
				quantity{"sharp right side of (23) with constants of each operator" + of, &s.sums.Each2[reading]})
		}
	}
	for k := range r.Leaves {
		l := &r.Leaves[k]
		all = append(all,
			quantity{fmt.Sprintf("l(w+)-l(w) + g <grad l, u+r> + g <grad l, U-u>, outcome %d", k), &l.Drop},
			quantity{fmt.Sprintf("|u+r|^2, outcome %d", k), &l.UR2}, quantity{fmt.Sprintf("|U-u|^2, outcome %d", k),
				&l.E2})
	}
	return all
}
