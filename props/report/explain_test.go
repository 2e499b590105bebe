package report

import (
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// golden compares what is printed with a file of testdata, which -update writes.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = "testdata/" + file
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-on record +now), see -update:\n%s", file, d)
	}
}

// paths are where the numbers of a view are, by their addresses.
func paths(v reflect.Value, at string, all map[*float64]string) {
	switch v.Kind() {
	case reflect.Float64:
		all[v.Addr().Interface().(*float64)] = at
	case reflect.Pointer:
		if !v.IsNil() {
			paths(v.Elem(), at, all)
		}
	case reflect.Struct:
		for k := range v.NumField() {
			if v.Type().Field(k).IsExported() {
				paths(v.Field(k), at+"."+v.Type().Field(k).Name, all)
			}
		}
	case reflect.Slice, reflect.Array:
		for k := range v.Len() {
			paths(v.Index(k), fmt.Sprintf("%s[%d]", at, k), all)
		}
	}
}

// fullView is a view with every part that claims of any kind speak of.
func fullView(t *testing.T) *claim.View {
	t.Helper()
	lo, _, why := measure.Case(claim.Step, squared())
	if why != claim.Valid {
		t.Fatal(why)
	}
	v := *lo
	for _, r := range claim.Readings {
		v.Nodes[r] = []claim.Node{{I: 2}, {I: 3}}
	}
	v.Run = &claim.Run{Leaves: []claim.Leaf{{}, {}}}
	return &v
}

// TestQuantities: testdata/quantities.txt has the name of each number that a replay may speak of beside the field
// that it is. A copy of a view shares none of them.
func TestQuantities(t *testing.T) {
	v := fullView(t)
	at := map[*float64]string{}
	paths(reflect.ValueOf(v), "v", at)
	var lines []string
	for _, q := range quantities(v) {
		if at[q.at] == "" {
			t.Errorf("%s is no field of the view", q.name)
		}
		lines = append(lines, fmt.Sprintf("%s: %s\n", at[q.at], q.name))
	}
	golden(t, "quantities.txt", strings.Join(lines, ""))
	names := map[string]bool{}
	for _, line := range lines {
		_, name, _ := strings.Cut(line, ": ")
		if names[name] {
			t.Errorf("two quantities are called %s", name)
		}
		names[name] = true
	}
	for _, q := range quantities(cloneView(v)) {
		if at[q.at] != "" {
			t.Errorf("a copy shares %s", at[q.at])
		}
	}
	if got := quantities(&claim.View{V0: []float64{1, 2}}); len(got) != 2 || got[1].name != "|v_1|^2" {
		t.Errorf("of |v_i|^2 alone: %v", got)
	}
}

// exact has operators and laws whose numbers are rational.
func exact(change func(c *gen.Case)) *gen.Case {
	c := squared()
	change(c)
	return c
}

// TestExplainOnRecord: testdata/explain.txt has what replays print of cases of every kind, to all digits. What is
// right is shown by TestExplain and TestSavedCases; here a change of a line is seen.
func TestExplainOnRecord(t *testing.T) {
	two := perturb.Spec{Law: "twopoint", A: []float64{0.25}, B: []float64{-0.5}, P: 0.25}
	zero, always := perturb.Spec{Law: "zero"}, perturb.Spec{Law: "constant", D: []float64{0.25}}
	pass := exact(func(c *gen.Case) { c.Eps[1], c.Delta[1] = two, two })
	weights := exact(func(c *gen.Case) {
		c.Chain[1], c.W[1], c.Eps[1] = core.Spec{Op: "linear", In: 1, Out: 1}, []float64{3}, two
	})
	line := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "fixed", A: [][]float64{{0.75}}}, {Op: "halfsq", N: 1}},
		X:     []float64{0.5}, W: [][]float64{{1}, {}, {}}, Delta: []perturb.Spec{two, zero, zero},
		Eps: []perturb.Spec{zero, zero, zero},
	}
	logistic := &gen.Case{
		Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "logistic"}}, X: []float64{0.5, 1},
		W: [][]float64{{1, -0.5}, {}}, Delta: []perturb.Spec{always, zero}, Eps: []perturb.Spec{zero, always},
		Run: &gen.Run{Gamma: 0.0625, Steps: 2, More: [][]float64{{-0.75, 0.25}}, All: true,
			Reg: core.Regularizer{Kind: "l2", Rho: 0.5}},
	}
	run := func(r gen.Run) *gen.Case {
		c := *line
		c.Run = &r
		return &c
	}
	net := &gen.Case{
		Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "linear", In: 1, Out: 1}, {Op: "linear", In: 1, Out: 1}},
		X:     []float64{1, 2}, W: [][]float64{{1, 2}, {3}, {-1}}, Delta: []perturb.Spec{zero, zero, zero},
		Eps: []perturb.Spec{zero, {Law: "constant", D: []float64{1}}, {Law: "constant", D: []float64{2}}},
	}
	var out strings.Builder
	for _, c := range []struct {
		name string
		on   *gen.Case
	}{
		{"lemma1/printed", pass}, {"eq14b/printed", squared()}, {"thm1/printed", pass}, {"thm1/sharp-each", pass},
		{"thm2/printed/past", pass}, {"lemma2/printed/past", weights}, {"thm2/repaired/total", pass},
		{"eq6b/printed", net}, {"eq6b/repaired", net},
		{"thm3/printed", run(gen.Run{Gamma: 0.25, Steps: 1, More: [][]float64{{-0.5}}})},
		{"thm4/printed/past", run(gen.Run{Gamma: 0.125, Steps: 2, More: [][]float64{{-0.5}, {0.25}}})},
		{"thm5/sharp-each/past", logistic},
		{"thm3/printed", run(gen.Run{Gamma: 4, Steps: 1})},
		{"thm1/printed", exact(func(c *gen.Case) { c.Delta[0] = zero })},
	} {
		on := named(t, c.name)
		s := saved(on, c.on)
		if same, err := Explain(&out, s, on); err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else {
			fmt.Fprintf(&out, "as saved: %v\n\n", same)
		}
	}
	// A mean that cancels leaves the rounding of an architecture.
	golden(t, "explain.txt", regexp.MustCompile(`[0-9.]+e-(1[89]|2[0-9])`).ReplaceAllString(out.String(), "rounding"))
}

// TestSpeaksOfEach: a side that reads one constant of one operator speaks of each, whichever it is; one that reads
// A3 alone does not, and of no operators nothing is said.
func TestSpeaksOfEach(t *testing.T) {
	v := fullView(t)
	none := func(*claim.View, int) float64 { return 1 }
	constants := map[string]func(r *core.Regularity) float64{
		"J1": func(r *core.Regularity) float64 { return r.J1 }, "J2": func(r *core.Regularity) float64 { return r.J2 },
		"C2": func(r *core.Regularity) float64 { return r.C2 }, "Lf": func(r *core.Regularity) float64 { return r.Lf },
		"L1": func(r *core.Regularity) float64 { return r.L1 }, "L2": func(r *core.Regularity) float64 { return r.L2 },
	}
	for name, of := range constants {
		for n := 1; n < len(v.Per); n++ {
			for _, value := range []float64{0, 1, 2} {
				w := *v
				w.Per = slices.Clone(v.Per)
				w.Per[n] = core.Regularity{J1: value, J2: value, C2: value, Lf: value, L1: value, L2: value}
				reads := func(v *claim.View, _ int) float64 { return of(&v.Per[n]) }
				for side, c := range map[string]*claim.Claim{"left": {Left: reads, Right: none},
					"right": {Left: none, Right: reads}} {
					if !speaksOfEach(c, &w, 0) {
						t.Errorf("%s of operator %d, %v, on the %s: not seen", name, n, value, side)
					}
				}
				if of(&w.Per[n]) != value {
					t.Errorf("%s of operator %d is changed to %v", name, n, of(&w.Per[n]))
				}
			}
		}
	}
	common := func(v *claim.View, _ int) float64 { return v.K.L1 }
	if speaksOfEach(&claim.Claim{Left: common, Right: none}, v, 0) {
		t.Error("a constant of all operators is taken for those of each")
	}
	if c := (&claim.Claim{Form: claim.SharpEach, Left: none, Right: none}); !speaksOfEach(c, v, 0) ||
		speaksOfEach(c, &claim.View{}, 0) {
		t.Error("the form of each operator, with and without them")
	}
}

// TestConstants: each name is that of its field.
func TestConstants(t *testing.T) {
	k := bounds.Const{N: 9, C: 1, C2: 2, Lf: 3, L1: 4, L2: 5}
	got := map[string]float64{}
	for _, c := range constants {
		got[c.name] = *c.of(&k)
	}
	if want := map[string]float64{"C": 1, "C2": 2, "Lf": 3, "L1": 4, "L2": 5}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestHoldsFromFar: a constant is raised by 2^80 at most, to six digits; what breaks again at 2, 2^10 or 2^20 times
// the value holds from nowhere.
func TestHoldsFromFar(t *testing.T) {
	lo, hi, why := measure.InBig(claim.Step, squared(), measure.BigPrec)
	if why != claim.Valid {
		t.Fatal(why)
	}
	l1 := slices.IndexFunc(constants, func(c constant) bool { return c.name == "L1" })
	c := *named(t, "eq14b/printed")
	c.Left = func(v *claim.View, _ int) float64 { return v.Y2[2] }
	start := lo.K.L1
	for _, row := range []struct {
		from, again float64 // in units of L1; again 0: never
		ok          bool
	}{
		{1.5, 0, true}, {100, 0, true}, {math.Ldexp(1, 79), 0, true}, {math.Ldexp(1.9, 79), 0, true},
		{math.Ldexp(1.1, 80), 0, false}, {1.5, 2.5, false}, {1.5, 1.5 * 512, false}, {1.5, 1.5 * (1 << 19), false},
		{1.5, 1.5 * (1 << 21), true},
	} {
		c.Right = func(v *claim.View, _ int) float64 {
			if x := v.K.L1 / start; x < row.from || row.again > 0 && x >= row.again {
				return v.Y2[2] / 2
			}
			return 2 * v.Y2[2]
		}
		from, ok := holdsFrom(&c, lo, hi, constants[l1])
		if ok != row.ok || ok && !(math.Abs(from/start/row.from-1) <= 1e-6) || !ok && from != 0 {
			t.Errorf("from %v to %v times L1: %v times, %v", row.from, row.again, from/start, ok)
		}
	}
}

// TestLinear: increments that differ by less than a millionth of the side are taken for equal.
func TestLinear(t *testing.T) {
	v := fullView(t)
	y2 := v.Y2[1]
	for _, c := range []struct {
		bend float64
		want bool
	}{{0, true}, {0.4e-6, true}, {3e-6, false}} {
		// At 0, y and 2y: 0, 1 and 2 + bend, so that the increments differ by bend, of 2 at most.
		terms, zero := termsOf(func(v *claim.View, _ int) float64 {
			x := v.Y2[1] / y2
			return x + c.bend*x*(x-1)/2
		}, v, 0)
		if len(terms) != 1 || len(zero) != 0 || terms[0].linear != c.want || terms[0].without != 0 ||
			math.Abs(terms[0].coefficient*y2-1) > 1e-12 {
			t.Errorf("bent by %v: %+v, %v", c.bend, terms, zero)
		}
	}
	// What is the same at 0 and at twice the value, and not between, is a term; what is the same at 0 alone as well.
	for name, f := range map[string]func(x float64) float64{
		"a peak": func(x float64) float64 { return x * (2 - x) }, "a step": func(x float64) float64 { return max(x, 1) },
		"a ramp": func(x float64) float64 { return min(x, 1) },
	} {
		if terms, _ := termsOf(func(v *claim.View, _ int) float64 { return f(v.Y2[1] / y2) }, v, 0); len(terms) != 1 ||
			terms[0].linear {
			t.Errorf("%s: %+v", name, terms)
		}
	}
	if got := v.Y2[1]; got != y2 {
		t.Errorf("the view is changed: %v", got)
	}
}

// TestExplainSides: a side of constants alone is one row, what is 0 stands in one row, and what is not linear is told
// by what is left without it.
func TestExplainSides(t *testing.T) {
	v := fullView(t)
	v.Y2 = []float64{0, 2, 0, 3}
	c := &claim.Claim{
		Left: func(*claim.View, int) float64 { return 7 },
		Right: func(v *claim.View, i int) float64 {
			return float64(i) + 4*v.Y2[1] + v.Y2[3]*v.Y2[3] + v.Y2[0] + v.Y2[2]
		},
	}
	var out strings.Builder
	explainSides(&table.Printer{To: &out}, c, v, v, 5)
	const want = "side   speaks of                  which is  coefficient  term\n" +
		"left   constants alone            7                      7\n" +
		"right  E|Y_1-y_1|^2               2         4            8\n" +
		"right  E|Y_3-y_3|^2               3         -            side is 13 without it\n" +
		"right  E|Y_0-y_0|^2, E|Y_2-y_2|^2 0                      0\n"
	if got := out.String(); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("%s, want\n%s", got, want)
	}
}

// TestAgree: a part in a million is allowed either way, no more, and two that are infinite agree.
func TestAgree(t *testing.T) {
	for _, c := range []struct {
		a, b float64
		want bool
	}{
		{1, 1, true}, {1 + 0.9e-6, 1, true}, {1 - 0.9e-6, 1, true}, {1 + 1.1e-6, 1, false}, {1 - 1.1e-6, 1, false},
		{0, 0, true}, {1e-9, 0, false}, {-1e-9, 0, false}, {math.Inf(1), math.Inf(1), true}, {1, math.Inf(1), true},
		{math.NaN(), 1, false}, {200, 200 + 1e-4, true},
	} {
		if got := agree(c.a, c.b); got != c.want {
			t.Errorf("%v and %v agree: %v", c.a, c.b, got)
		}
	}
}
