package conform

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

const tolerancesFile = "testdata/tolerances.md"

// toleratedRules are those whose requests meet every radius; those that some precisions ask are
// enough for the formats.
var (
	toleratedRules = []string{"operators", "sweep", "sizes", "step", "anchors", "batch"}
	formatRules    = []string{"operators", "step", "batch"}
)

// tally is how large the tolerances of one quantity are: a change of a hundredth of one shows.
type tally struct {
	zeros, infinite int
	positive        float64 // the sum of the logarithms to base 2
	count           int
}

func (y *tally) add(tol float64) {
	switch y.count++; {
	case tol == 0:
		y.zeros++
	case math.IsInf(tol, 1):
		y.infinite++
	default:
		y.positive += math.Log2(tol)
	}
}

func (y *tally) String() string {
	if y.count == 0 {
		return ""
	}
	return fmt.Sprintf("%d: %d 0, %d Inf, %.3f", y.count, y.zeros, y.infinite, y.positive)
}

// tolerated are the tallies of Y, V, U and W by the operator that they are of, and of means.
type tolerated map[string]*[4]tally

func (list tolerated) of(op string) *[4]tally {
	if list[op] == nil {
		list[op] = &[4]tally{}
	}
	return list[op]
}

// take takes in the tolerances of a job.
func (list tolerated) take(j *job) {
	if j.want == nil || j.want.wild {
		return
	}
	ar := j.want.ar
	for _, e := range j.want.first {
		for i, s := range j.chain {
			to := list.of(s.Op)
			for _, tol := range e.TolY[i+1] {
				to[0].add(tol)
			}
			if i > 0 {
				for _, tol := range e.TolV[i] {
					to[1].add(tol)
				}
			}
			for _, tol := range e.TolU[i+1] {
				to[2].add(tol)
			}
		}
	}
	gamma := j.steps[0].Gamma
	for i, w := range j.w {
		u, after := j.want.first[0].U[i+1], slices.Clone(w)
		core.Step(after, u, gamma, j.reg)
		for k, x := range w {
			list.of("(5d), " + j.reg.Kind)[3].add(ar.step(x, u[k], ar.offByStoring(u[k]), gamma, j.reg, after[k]))
		}
	}
	if j.kind == batch {
		to := list.of("means")
		_, tol, _, tolU := j.want.meanOf(j.want.first, j.steps[0].Accumulate)
		to[0].add(tol)
		for _, row := range tolU {
			for _, tol := range row {
				to[2].add(tol)
			}
		}
	}
}

// tolerancesTable is how large the tolerances are of what is always asked.
func tolerancesTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("# How far an engine may be off\n\nOf requests that are always asked: how many tolerances of Y, V, " +
		"U and W there are, how many are 0 and how many infinite,\nand the sum of the logarithms to base 2 of the rest. " +
		"ROUNDING.md derives them.\n\n| precision | what of | Y | V | U | W |\n|---|---|---|---|---|---|\n")
	row := func(p Precision, random bool, names []string) {
		ar, err := newArithmetic(p, random)
		if err != nil {
			t.Fatal(err)
		}
		info := Info{Mixed: p, Stochastic: random}
		list := tolerated{}
		for _, name := range names {
			s := &session{
				rule: ruleNamed(name), ar: ar, info: info, maker: newMaker(ar, info, nil, name),
				gate: newGate(nil, (*Options)(nil).withDefaults()),
			}
			for q := range s.fixed() {
				for _, x := range q.questions {
					list.take(x.job)
				}
			}
		}
		var parts []string
		for part := range list {
			parts = append(parts, part)
		}
		slices.Sort(parts)
		for _, part := range parts {
			fmt.Fprintf(&b, "| %v%s | %s |", p, map[bool]string{true: ", at random"}[random], part)
			for k := range list[part] {
				fmt.Fprintf(&b, " %v |", &list[part][k])
			}
			b.WriteString("\n")
		}
		kept.forget()
	}
	for _, p := range precisions {
		names := formatRules
		if p == float64s || p == word("bfloat16") || p == (Precision{"float32", "tf32", "float32"}) {
			names = toleratedRules
		}
		row(p, false, names)
	}
	row(word("bfloat16"), true, formatRules)
	return b.String()
}

// formulasTable is what the formulas of the rule mean give for some arguments: the derivative, its
// bound, and its bias.
func formulasTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n| precision | formula | derivative | bound | bias |\n|---|---|---|---|---|\n")
	for _, p := range []Precision{float64s, word("bfloat16"), {"float16", "float32", "float32"}} {
		ar, err := newArithmetic(p, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range slices.Sorted(maps.Keys(formulas)) {
			for k, f := range formulas[op] {
				var got [3]tally
				for _, x := range []float64{-9, -4.25, -4, -3.75, -1, 0.25, 0.9} {
					want, bound, bias := f(ar, x, curves[op].value(x))
					got[0].add(want)
					got[1].add(bound)
					got[2].add(bias)
				}
				fmt.Fprintf(&b, "| %v | %s %d | %v | %v | %v |\n", p, op, k+1, &got[0], &got[1], &got[2])
			}
		}
	}
	return b.String()
}

// TestTolerances: tolerances change on purpose alone. Whether they are right is for others to
// tell: too small ones accuse right engines, and of too large ones only the largest let a
// planted fault pass.
func TestTolerances(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("math's functions differ in their last bits: the table is that of amd64")
	}
	recordedAs(t, tolerancesFile, tolerancesTable(t)+formulasTable(t))
}
