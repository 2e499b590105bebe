package trace

import (
	"fmt"
	"math"
	"strings"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// A3 are the constants of assumption A3 on the box of a step: that of its recorded and of its exact states and of its
// weights, widened by core.Margin, for the labels of its samples. What overflowed is infinite. Lists are in the order
// of the operators.
type A3 struct {
	C    Number   `json:"c"`  // C_grad-f
	Lf   Number   `json:"lf"` // f_i is Lf-Lipschitz in the input
	L1   Number   `json:"l1"` // L_grad-f
	L2   Number   `json:"l2"` // L_grad2-f, which Theorem 1 does not read
	OpC  []Number `json:"opC"`
	OpLf []Number `json:"opLf"`
	OpL1 []Number `json:"opL1"`
	OpL2 []Number `json:"opL2"`
}

// newA3 takes the constants of all operators and of each, per[1..N].
func newA3(all core.Regularity, per []core.Regularity) A3 {
	a := A3{C: Number(all.C()), Lf: Number(all.Lf), L1: Number(all.L1), L2: Number(all.L2)}
	for _, p := range per[1:] {
		a.OpC, a.OpLf = append(a.OpC, Number(p.C())), append(a.OpLf, Number(p.Lf))
		a.OpL1, a.OpL2 = append(a.OpL1, Number(p.L1)), append(a.OpL2, Number(p.L2))
	}
	return a
}

// Drift is how the constants of A3 moved over the judged steps of a run, and Theorem 1's bound with them. The box of a
// step is that of its own samples, so that a batch moves the constants as well as the weights do.
type Drift struct {
	Steps int `json:"steps"` // judged steps, 0: nothing is known
	First int `json:"first"` // number of the first and the last one
	Last  int `json:"last"`
	// Constants are C, Lf, L1 and L2.
	Constants []ConstantDrift `json:"constants"`
	// Bound is Theorem 1 as printed for the same errors at all steps: each site's root mean square over the run.
	Bound ConstantDrift `json:"bound"`
	// Carrier is the constant whose move from the first step to the last changes Bound most in the direction in
	// which it went, the others kept: "C", "Lf" or "L1"; empty where Bound stays or has no factor.
	Carrier string `json:"carrier,omitempty"`
	Alone   Number `json:"alone"` // the factor of Bound with the carrier's move alone
	Says    string `json:"says"`  // how the constants moved
	Means   string `json:"means"` // what that is to Theorem 1
}

// ConstantDrift is how a constant moved over the judged steps.
type ConstantDrift struct {
	Name    string `json:"name"`
	First   Number `json:"first"`
	Last    Number `json:"last"`
	Largest Number `json:"largest"` // NaN or infinite as soon as the constant is that at a step
	At      int    `json:"at"`      // the first step that has the largest
	Op      int    `json:"op"`      // the operator that has it there, 1..N; 0 for the bound and where it is not finite
	Factor  Number `json:"factor"`  // Last over First; 1 where both are 0, NaN where one is not finite, or of one step
	Most    Number `json:"most"`    // Largest over First
}

// stays is how far from 1 the factor of the bound may be for nobody to carry it.
const stays = 0.01

// drift takes judged steps of a chain of n operators, and the mean squares d2[1..N-1] and e2[2..N] of the errors that
// the bound is evaluated with.
func drift(judged []StepSum, n int, d2, e2 []float64) Drift {
	nan := Number(math.NaN())
	d := Drift{Steps: len(judged), Constants: []ConstantDrift{}, Alone: nan,
		Bound: ConstantDrift{Name: "Theorem 1", First: nan, Last: nan, Largest: nan, Factor: nan, Most: nan}}
	if len(judged) == 0 {
		d.Says = "unknown: no step was taken apart"
		return d
	}
	d.First, d.Last = judged[0].Step, judged[len(judged)-1].Step
	for _, c := range []struct {
		name string
		of   func(a *A3) (Number, []Number)
	}{
		{"C", func(a *A3) (Number, []Number) { return a.C, a.OpC }},
		{"Lf", func(a *A3) (Number, []Number) { return a.Lf, a.OpLf }},
		{"L1", func(a *A3) (Number, []Number) { return a.L1, a.OpL1 }},
		{"L2", func(a *A3) (Number, []Number) { return a.L2, a.OpL2 }},
	} {
		moved := follow(c.name, judged, func(s *StepSum) (float64, []Number) {
			v, per := c.of(&s.A3)
			return float64(v), per
		})
		d.Constants = append(d.Constants, moved)
	}
	bound := func(a *A3) float64 {
		k := bounds.Const{N: n, C: float64(a.C), Lf: float64(a.Lf), L1: float64(a.L1), L2: float64(a.L2)}
		return bounds.Theorem1(k, d2, e2)
	}
	d.Bound = follow("Theorem 1", judged, func(s *StepSum) (float64, []Number) { return bound(&s.A3), nil })
	first, last := &judged[0].A3, &judged[len(judged)-1].A3
	if way := math.Log(float64(d.Bound.Factor)); math.Abs(way) > stays && !math.IsInf(way, 0) {
		d.carrier(way, func(name string) float64 {
			a := *first
			switch name {
			case "C":
				a.C = last.C
			case "Lf":
				a.Lf = last.Lf
			case "L1":
				a.L1 = last.L1
			}
			return float64(factor(float64(d.Bound.First), bound(&a)))
		})
	}
	d.say()
	return d
}

// carrier finds the constant that moves the bound most, way being the logarithm of the bound's factor.
func (d *Drift) carrier(way float64, alone func(name string) float64) {
	best := 0.0
	for _, name := range []string{"C", "Lf", "L1"} {
		f := alone(name)
		if far := math.Log(f) * math.Copysign(1, way); far > best {
			best, d.Carrier, d.Alone = far, name, Number(f)
		}
	}
}

// follow follows a constant over the judged steps, of which there is at least one.
func follow(name string, judged []StepSum, of func(*StepSum) (float64, []Number)) ConstantDrift {
	var c ConstantDrift
	largest := math.Inf(-1)
	for k := range judged {
		v, per := of(&judged[k])
		if k == 0 {
			c = ConstantDrift{Name: name, First: Number(v)}
		}
		c.Last = Number(v)
		if math.IsNaN(largest) || !(v > largest || math.IsNaN(v)) {
			continue
		}
		largest, c.At, c.Op = v, judged[k].Step, 0
		for i, x := range per {
			if finite(v) && float64(x) == v {
				c.Op = i + 1
				break
			}
		}
	}
	c.Largest = Number(largest)
	c.Factor, c.Most = factor(float64(c.First), float64(c.Last)), factor(float64(c.First), largest)
	if len(judged) == 1 {
		c.Factor, c.Most = Number(math.NaN()), Number(math.NaN())
	}
	return c
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// factor is last over first, which are not negative: 1 where they are the same, infinite where something came of 0,
// NaN where one of them is not finite.
func factor(first, last float64) Number {
	switch {
	case !finite(first) || !finite(last):
		return Number(math.NaN())
	case first == last:
		return 1
	}
	return Number(last / first)
}

// times is a factor in words.
func times(f Number) string {
	switch x := float64(f); {
	case math.IsNaN(x):
		return "no factor"
	case math.IsInf(x, 0):
		return "from 0"
	default:
		return fmt.Sprintf("%.4g times", x)
	}
}

// say writes the two sentences.
func (d *Drift) say() {
	var parts, broken []string
	for _, c := range append(d.Constants[:len(d.Constants):len(d.Constants)], d.Bound) {
		if !finite(float64(c.Largest)) {
			broken = append(broken, fmt.Sprintf("%s is %s at step %d", c.Name, c.Largest.Words(), c.At))
		}
		if c.Name == d.Bound.Name {
			continue
		}
		if c.Factor == 1 && c.Most == 1 {
			parts = append(parts, fmt.Sprintf("%s stays %s", c.Name, c.First.Words()))
			continue
		}
		if d.Steps == 1 {
			parts = append(parts, fmt.Sprintf("%s is %s", c.Name, c.First.Words()))
			continue
		}
		part := fmt.Sprintf("%s %s (%s to %s", c.Name, times(c.Factor), c.First.Words(), c.Last.Words())
		if c.Largest != c.Last && c.Largest != c.First {
			part += fmt.Sprintf(", largest %s at step %d", c.Largest.Words(), c.At)
		}
		parts = append(parts, part+")")
	}
	where := fmt.Sprintf("from step %d to step %d, %s judged", d.First, d.Last, steps(d.Steps))
	if d.Steps == 1 {
		where = fmt.Sprintf("step %d alone was judged", d.First)
	}
	d.Says = where + ": " + strings.Join(parts, ", ")
	b := &d.Bound
	same := "Theorem 1 bounds the same errors alike at the first and at the last of these steps"
	if b.Factor != 1 {
		same = fmt.Sprintf("Theorem 1 bounds the same errors at the last of these steps by %s what it does at the first",
			times(b.Factor))
	}
	most := ""
	if b.At != d.Last && math.Abs(float64(b.Most)-float64(b.Factor)) > stays*float64(b.Factor) {
		most = fmt.Sprintf("; its bound is largest at step %d, %s the first", b.At, times(b.Most))
		if b.At == d.First {
			most = "; its bound is largest at the first"
		}
	}
	switch {
	case d.Steps == 1 && len(broken) == 0:
		d.Means = "whether Theorem 1's bound drifts is unknown: one step was judged"
	case len(broken) > 0:
		d.Means = strings.Join(broken, ", ") + ": Theorem 1 says nothing there"
		if finite(float64(b.Factor)) {
			d.Means += "; " + same
		}
	case d.Carrier == "":
		d.Means = same + most
	default:
		d.Means = fmt.Sprintf("%s; %s carries that: its move alone makes %s%s", same, d.Carrier, times(d.Alone), most)
	}
}

// drift is that of the run.
func (r *runJudge) drift() Drift {
	n := r.chain.N()
	d2, e2 := make([]float64, n+1), make([]float64, n+1)
	for k := range r.sums {
		t, site := &r.sums[k], r.site(k)
		mean2 := 0.0
		if t.samples > 0 {
			mean2 = t.sum2 / float64(t.samples)
		}
		if site.Kind == "delta" {
			d2[site.I] = mean2
		} else {
			e2[site.I] = mean2
		}
	}
	return drift(r.out.Judged, n, d2, e2)
}
