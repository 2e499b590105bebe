package trace

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Declared is a compressor that the engine says stands behind a state, Y_i or V_i, on its way to the next operator.
// What it does to the state is no fault, and its site is no suspect; what it may not do is a fault.
type Declared struct {
	Kind     string  `json:"kind"`               // "topk", "int8" or "any"
	Keep     int     `json:"keep,omitempty"`     // topk: how many entries of a sample are not 0, the largest ones
	Relative float64 `json:"relative,omitempty"` // budget: |error| over |state|, root mean square over the samples
}

// String is the compressor in words.
func (d *Declared) String() string {
	switch d.Kind {
	case "topk":
		return fmt.Sprintf("the largest %d declared", d.Keep)
	case "int8":
		return "int8 declared"
	}
	return "an error declared"
}

// int8Steps is how many steps an int8 state has on each side of 0.
const int8Steps = 127

// declare reads Run.Declared.
func (s *shape) declare() error {
	n := s.chain.N()
	s.declared = make([]*Declared, 2*n-1)
	for name, d := range s.run.Declared {
		kind, number, _ := strings.Cut(name, "_")
		i, err := strconv.Atoi(number)
		if err != nil || kind != "Y" && kind != "V" || i < 1 || i >= n || strconv.Itoa(i) != number {
			return fmt.Errorf("declared: %s is no state, want Y_1..Y_%d or V_1..V_%d", strict.Quote(name), n-1, n-1)
		}
		columns := s.columns.y[i]
		if kind == "V" {
			columns = s.columns.v[i]
		}
		sampled := columns != nil
		switch {
		case !slices.Contains([]string{"topk", "int8", "any"}, d.Kind):
			return fmt.Errorf("declared: %s is %s, want topk, int8 or any", name, strict.Quote(d.Kind))
		case d.Kind == "topk" && (d.Keep < 1 || d.Keep > s.chain.D(i)):
			return fmt.Errorf("declared: %s keeps %d entries, want 1 to %d", name, d.Keep, s.chain.D(i))
		case d.Kind != "topk" && d.Keep != 0:
			return fmt.Errorf("declared: %s is %s, which keeps no number of entries", name, d.Kind)
		case !(d.Relative >= 0) || math.IsInf(d.Relative, 0):
			return fmt.Errorf("declared: %s has the budget %v, want a number above 0", name, d.Relative)
		case d.Kind != "any" && sampled:
			return fmt.Errorf("declared: %s is %s, which needs all of its coordinates, and it is sampled", name, d.Kind)
		}
		site := s.deltaSite(i)
		if kind == "V" {
			site = s.epsSite(i + 1)
		}
		s.declared[site] = &d
	}
	return nil
}

// mayBe is what |error| of a row may be, for a compressor and the value want: +Inf where it is not bounded.
func (d *Declared) mayBe(want []float64, largest float64) float64 {
	switch d.Kind {
	case "topk":
		return norm(want)
	case "int8":
		return largest / int8Steps * math.Sqrt(float64(len(want)))
	}
	return math.Inf(1)
}

// largestOf is the largest magnitude in v.
func largestOf(v []float64) float64 {
	most := 0.0
	for _, x := range v {
		most = max(most, math.Abs(x))
	}
	return most
}

// holdDeclared holds a row behind a compressor against want, what it was made of, of which r.allow has what the
// engine may be off by before it is compressed and stored. largest is that of the state over all samples.
func (r *recovery) holdDeclared(d *Declared, site Site, b int, got, want []float64, largest float64) {
	switch d.Kind {
	case "topk":
		// The largest of what is 0 may not be larger than the least that is not. Equal ones may all be kept, and
		// rounding hides which are equal.
		least, kept, off := math.Inf(1), r.kept[:0], 0.0
		for k, x := range got {
			if x != 0 {
				kept = append(kept, math.Abs(want[k]))
				off = max(off, r.allow[k])
				least = min(least, math.Abs(x)+r.allow[k])
			}
		}
		r.kept = kept
		slices.Sort(kept)
		if more := len(kept) - d.Keep; more > 0 && kept[more]-kept[0] > 2*off {
			k := slices.IndexFunc(want, func(x float64) bool { return math.Abs(x) == kept[0] })
			r.declaredFault(d, site, b, k, got, want, fmt.Sprintf("%d entries are not 0", len(kept)))
			return
		}
		for k, x := range got {
			if x == 0 && len(kept) >= d.Keep {
				r.allow[k] += least
			}
		}
	case "int8":
		for k := range r.allow {
			r.allow[k] += (largest + r.allow[k]) / int8Steps * (1 + 4*r.env.c)
		}
	default:
		return
	}
	r.hold(site, "declared", b, got, want, r.allow)
}

func (r *recovery) declaredFault(d *Declared, site Site, b, k int, got, want []float64, how string) {
	if n := len(r.seen); n > 0 && r.seen[n-1].Site == site {
		return
	}
	f := Fault{Site: site, Step: r.st.T, Sample: b, Index: r.index(k), Value: Number(got[k]), Want: Number(want[k]),
		Allowed: Number(math.NaN()), Rule: "declared"}
	f.Says = fmt.Sprintf("%s is not what is declared (%v): %s", f.place(), d, how)
	r.seen = append(r.seen, f)
}

// declaredRows is what the looks at rows do for a declared site in place of their limits: bounds of the errors for
// the tests of bias, and faults. allow writes to r.allow what the engine may be off by before it is stored.
func (r *recovery) declaredRows(d *Declared, e *siteError, site Site, got, want []float64, allow func(b int)) {
	r.allow = sized(r.allow, e.d)
	state := r.st.Y[site.I]
	if site.Kind == "eps" {
		state = r.st.V[site.I-1]
	}
	// The state of all samples was rounded to its steps.
	largest := max(largestOf(want), largestOf(state)) * (1 + 1.0/int8Steps)
	for b := r.from; b < r.to; b++ {
		rows := (b - r.from) * e.d
		g, w := got[rows:rows+e.d], want[rows:rows+e.d]
		clear(r.allow)
		allow(b)
		for k := range r.allow {
			r.allow[k] = r.env.stored(w[k], r.allow[k]*r.env.judged()) + judge.s*math.Abs(w[k]) + r.small()
		}
		e.bound += d.mayBe(w, largest) + norm(r.allow)
		r.holdDeclared(d, site, b, g, w, largest)
	}
}

// declaredBudgets notes steps in which a compressor is further from its state than its budget allows.
func (r *runJudge) declaredBudgets(st *Step) {
	for k, d := range r.declared {
		e := &r.sites[k]
		if d == nil || d.Relative == 0 || !e.checked {
			continue
		}
		site := r.site(k)
		state := st.Y[site.I]
		if site.Kind == "eps" {
			state = st.V[site.I-1]
		}
		// What was compressed is the state less its error.
		r.other = sized(r.other, len(e.e))
		size := 0.0
		for j, x := range e.e {
			y := state[j] - x
			size += y * y
		}
		if size == 0 && square(e.e) == 0 {
			continue
		}
		ratio := math.Sqrt(square(e.e) / size) // +Inf of a state that was 0
		name := r.name(site) + ", declared"
		if ratio <= d.Relative || slices.ContainsFunc(r.out.Exceeded, func(s Sentence) bool {
			return s.Name == name
		}) {
			continue
		}
		no := false
		r.out.Exceeded = append(r.out.Exceeded, Sentence{name, &no, fmt.Sprintf(
			"step %d: the declared error of %s is %.3g of its state, and its budget allows %.3g", st.T, r.name(site), ratio,
			d.Relative)})
	}
}
