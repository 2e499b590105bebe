package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// TestCoverage: every case is valid, both ends of every range are reached, and
// every operator and law is drawn, at ends and inside.
func TestCoverage(t *testing.T) {
	ops, lengths, widths, lawNames := map[string]int{}, map[int]int{}, map[int]int{}, map[string]int{}
	modes := map[string]int{}
	small, large := 0, 0
	const cases = 4000
	for index := range uint64(cases) {
		c := Step(Random(1, index))
		p, err := c.Build()
		if err != nil {
			t.Fatalf("case %d: %v", index, err)
		}
		n := p.Chain.N()
		lengths[n]++
		forward, backward := 0, 0
		for i := 1; i <= n; i++ {
			ops[c.Chain[i-1].Op]++
			widths[p.Chain.D(i)]++
			d, e := c.Delta[i-1], c.Eps[i-1]
			lawNames[d.Law+d.Mode]++
			lawNames[e.Law+e.Mode]++
			if d.Law != "zero" {
				forward++
			}
			if e.Law != "zero" {
				backward++
			}
			if i == 1 && e.Law != "zero" {
				t.Errorf("case %d perturbs eps_1", index)
			}
		}
		switch {
		case forward+backward == 0:
			modes["none"]++
		case forward+backward == 1:
			modes["one"]++
		case forward == n && backward == n-1:
			modes["all"]++
		case forward == 0:
			modes["backward"]++
		case backward == 0:
			modes["forward"]++
		}
		for _, w := range p.W {
			if w != 0 && w < 0.01 && w > -0.01 {
				small++
				break
			}
		}
		for _, w := range p.W {
			if w > 100 || w < -100 {
				large++
				break
			}
		}
	}
	for _, name := range core.OpNames() {
		if ops[name] < cases/200 {
			t.Errorf("operator %s was drawn %d times", name, ops[name])
		}
	}
	for n := MinN; n <= MaxN; n++ {
		if lengths[n] < cases/200 {
			t.Errorf("N = %d was drawn %d times", n, lengths[n])
		}
	}
	for w := 1; w <= MaxWidth; w++ {
		if widths[w] < cases/10 {
			t.Errorf("width %d was drawn %d times", w, widths[w])
		}
	}
	for _, name := range []string{"zero", "constant", "twopoint", "table", "roundnearest", "roundstochastic", "topk",
		"switch", "bitflip"} {
		if lawNames[name] < cases/100 {
			t.Errorf("law %s was drawn %d times", name, lawNames[name])
		}
	}
	for _, m := range []string{"none", "one", "all", "backward", "forward"} {
		if modes[m] < cases/40 {
			t.Errorf("perturbing %s was drawn %d times", m, modes[m])
		}
	}
	if small < cases/40 || large < cases/40 {
		t.Errorf("tiny weights in %d cases, large ones in %d", small, large)
	}
}

// TestUnequalWidths: some chains narrow, some widen.
func TestUnequalWidths(t *testing.T) {
	up, down := 0, 0
	for index := range uint64(500) {
		c, err := core.FromSpecs(Chain(Random(2, index), 5))
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < c.N(); i++ {
			switch {
			case c.D(i) > c.D(i-1):
				up++
			case c.D(i) < c.D(i-1):
				down++
			}
		}
	}
	if up < 50 || down < 50 {
		t.Errorf("%d operators widen and %d narrow, want at least 50 of each", up, down)
	}
}

// TestSources: rapid and bytes drive the same generator to valid cases.
func TestSources(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := Step(Rapid(rt)).Build(); err != nil {
			rt.Fatal(err)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(rt, "data")
		if _, err := Step(Bytes(data)).Build(); err != nil {
			rt.Fatal(err)
		}
	})
	a, b := Random(7, 9), Random(7, 9)
	for range 100 {
		if x, y := a.Int(-5, 1<<15), b.Int(-5, 1<<15); x != y || x < -5 || x > 1<<15 {
			t.Fatalf("%d and %d from the same seed", x, y)
		}
	}
}

// TestLinearStep: everything is an integer and only operator 1..N are linear.
func TestLinearStep(t *testing.T) {
	square := 0
	for index := range uint64(500) {
		c := LinearStep(Random(3, index))
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		if p.Chain.D(0) == p.Chain.D(1) {
			square++
		}
		for _, w := range append(append([]float64{}, p.W...), p.X...) {
			if w != float64(int(w)) || w > 3 || w < -3 {
				t.Fatalf("%v among the numbers of case %d", w, index)
			}
		}
		for i := range c.Delta {
			if c.Delta[i].Law != "zero" || c.Chain[i].Op != "linear" {
				t.Fatalf("case %d is not a linear network without delta", index)
			}
		}
	}
	if square < 100 || square > 450 {
		t.Errorf("%d of 500 networks begin square", square)
	}
}

func TestReadCase(t *testing.T) {
	c := Step(Random(1, 5))
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadCase(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("the round trip changed the case: %v\n%s\n%s", err, data, again)
	}
	for name, m := range map[string]struct{ in, want string }{
		"field":      {`{"chains":[]}`, "chains: unknown key"},
		"trailing":   {string(data) + " []", "more data after the value"},
		"cut":        {string(data[:len(data)/2]), "the data ends"},
		"key twice":  {`{"x":[1],"x":[2]}`, "line 1, column 10: x: repeated key"},
		"other case": {`{"chain":[{"op":"tanh","N":1}]}`, `chain[0].N: key in other case, want "n"`},
		"null":       {`{"w":[[null]]}`, "w[0][0]: null, want a number"},
	} {
		if _, err := ReadCase(strings.NewReader(m.in)); err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, m.want)
		}
	}
}

func TestBuildRefusals(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	fresh := func() *Case {
		return &Case{
			Chain: []core.Spec{{Op: "linear", In: 2, Out: 2}, {Op: "halfsq", N: 2}}, X: []float64{1, 2},
			W: [][]float64{{1, 2, 3, 4}, {}}, Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, zero},
		}
	}
	if _, err := fresh().Build(); err != nil {
		t.Fatal(err)
	}
	nan := perturb.Spec{Law: "gaussian", SD: 1}
	for want, change := range map[string]func(c *Case){
		"chain of 1 operators": func(c *Case) { c.Chain = c.Chain[:1] },
		"chain has 65 operators, want at most 64": func(c *Case) {
			c.Chain = append(slices.Repeat([]core.Spec{{Op: "bias", N: 2}}, MaxChain), c.Chain[1])
		},
		"x has length 1":                 func(c *Case) { c.X = c.X[:1] },
		"want one for each":              func(c *Case) { c.W = c.W[:1] },
		"w[0] has length 3":              func(c *Case) { c.W[0] = c.W[0][:3] },
		"law \"gaussian\" has no finite": func(c *Case) { c.Delta[0] = nan },
		"delta[1]: gen: law \"constant\" of length 2 on a state of 1": func(c *Case) {
			c.Delta[1] = perturb.Spec{Law: "constant", D: []float64{1, 2}}
		},
		"eps_1 does not exist": func(c *Case) { c.Eps[0] = perturb.Spec{Law: "topk"} },
		"unknown law":          func(c *Case) { c.Eps[1] = perturb.Spec{Law: "luck"} },
	} {
		c := fresh()
		change(c)
		if _, err := c.Build(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// TestMaxChain: the longest chain is built, and all that is drawn is far shorter.
func TestMaxChain(t *testing.T) {
	const n = MaxChain
	zero := slices.Repeat([]perturb.Spec{{Law: "zero"}}, n)
	c := &Case{
		Chain: append(slices.Repeat([]core.Spec{{Op: "bias", N: 1}}, n-1), core.Spec{Op: "halfsq", N: 1}),
		X:     []float64{1},
		W:     append(slices.Repeat([][]float64{{1}}, n-1), nil), Delta: zero, Eps: zero,
	}
	if _, err := c.Build(); err != nil {
		t.Error(err)
	}
	if MaxN > MaxChain/4 {
		t.Errorf("chains of up to %d are drawn, the cap is %d", MaxN, MaxChain)
	}
}

func BenchmarkStep(b *testing.B) {
	for k := uint64(0); b.Loop(); k++ {
		Step(Random(1, k))
	}
}

// TestRecord: what a generator draws at random is drawn again from the bytes of its choices.
func TestRecord(t *testing.T) {
	for k := range uint64(50) {
		for name, draw := range map[string]func(Source) *Case{"step": Step, "linear": LinearStep, "run": TrainingRun} {
			r := Record(Random(3, k))
			want := draw(r)
			if got := draw(Bytes(r.Bytes())); len(r.Bytes()) == 0 || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %d: %+v, from bytes %+v", name, k, want, got)
			}
		}
	}
}

// TestCodec: every input decodes to a valid case, the empty one to the simplest,
// and a changed byte to another case.
func TestCodec(t *testing.T) {
	src := Random(2, 2)
	changed := 0
	for range 500 {
		data := make([]byte, src.Int(0, 200))
		for k := range data {
			data[k] = byte(src.Int(0, 255))
		}
		a := fmt.Sprint(*Step(Bytes(data)))
		if _, err := Step(Bytes(data)).Build(); err != nil {
			t.Fatalf("%v: %v", data, err)
		}
		for k := range min(8, len(data)) {
			data[k] ^= 0x15
			if fmt.Sprint(*Step(Bytes(data))) != a {
				changed++
				break
			}
			data[k] ^= 0x15
		}
	}
	if changed < 450 {
		t.Errorf("one of the first eight bytes changed the case in %d of 500 inputs", changed)
	}
	if c := Step(Bytes(nil)); len(c.Chain) != MinN {
		t.Errorf("no bytes give N = %d, want %d", len(c.Chain), MinN)
	}
}
