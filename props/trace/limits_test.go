package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestLimitsOfRows: a row is looked at slowly when an entry is beyond its limit, and not when it is within, at each
// entry of each operator; limits are at most what the envelope allows, and their norm at most what is said of it.
func TestLimitsOfRows(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 37))
		for _, op := range core.OpNames() {
			o := allowedView(op)
			for _, v := range [][]float64{o.x, o.w} {
				for k := range v {
					v[k] = rng.NormFloat64()
				}
			}
			switch o.norms(); op {
			case "affine", "linear":
				o.spec.In, o.spec.Out = o.in, o.out
			case "fixed", "logistic":
			default:
				o.spec.N = o.in
			}
			o.forget()
			o.labels[0] = o.labels[1]
			if o.spec.Label = 0; op == "softmaxce" {
				o.spec.Label = o.labels[1]
			}
			f, err := core.NewOp(o.spec)
			if err != nil {
				t.Fatal(err)
			}
			e := newEnvelope([]Precision{{"bfloat16", "float32", "float32"}, {"e4m3", "float32", "bfloat16"}, float32s}[seed%3])
			b, more := rng.IntN(2), []float64{0, 0x1p-60}[rng.IntN(2)]
			vs := make([]float64, o.out)
			for k := range vs {
				vs[k] = 2 * rng.NormFloat64()
			}
			for _, forward := range []bool{true, false} {
				x, want := o.x[b*o.in:(b+1)*o.in], make([]float64, o.out)
				f.Forward(want, x, o.w)
				if !forward {
					y := want
					want = make([]float64, o.in)
					f.VJP1(want, x, o.w, y, vs)
				}
				d := len(want)
				var l limits
				entries := []float64(nil)
				allow := make([]float64, d)
				if forward {
					l.forward(&e, o)
					l.times = norm(x)
					e.forward(allow, o, b, want)
				} else {
					l.byInput(&e, o, more)
					l.times = norm(vs)
					if entries = vs; l.relV == 0 {
						entries = nil
					}
					e.byInput(allow, o, b, vs, want)
				}
				limit := make([]float64, d)
				l.fill(limit, want, entries)
				name := fmt.Sprintf("seed %d, %s, forward %v", seed, op, forward)
				sum := 0.0
				for k, a := range limit {
					sum += a * a
					if most := e.stored(want[k], allow[k]) + more; !(a <= most*(1+1e-12)) || !(a > 0) {
						t.Fatalf("%s: the limit of entry %d is %v, allowed is %v", name, k, a, most)
					}
				}
				got := l.norm(d, square(want), entries)
				if !(got*(1+1e-12) >= math.Sqrt(sum)) || !(got <= 3*math.Sqrt(float64(d)*sum)) {
					t.Fatalf("%s: the norm of %v is at most %v", name, limit, got)
				}
				for k := range d {
					for _, by := range near1 {
						for _, sign := range []float64{-1, 1} {
							got := slices.Clone(want)
							got[k] += sign * limit[k] * (1 + 1e3*(by-1))
							size := math.Abs(got[k] - want[k])
							for _, of := range []float64{size, 2 * size, 1e9} {
								if slow := l.row(got, want, entries, of); slow != (by > 1) || !(l.square == square(want)) {
									t.Fatalf("%s, entry %d at %v of its limit %v: slow %v", name, k, sign*by, limit[k], slow)
								}
							}
						}
					}
					got := slices.Clone(want)
					if got[k] = math.NaN(); !l.row(got, want, entries, math.NaN()) {
						t.Fatalf("%s: NaN is within the limit of entry %d", name, k)
					}
				}
			}
		}
	}
}

// TestSpread: n equal numbers have the spread of n, one that has nearly all that of one, and so have none; the same by
// coordinate.
func TestSpread(t *testing.T) {
	for _, c := range []struct {
		rows                 [][]float64
		numbers, coordinates float64
	}{
		{[][]float64{{2, 2, 2}, {2, 2, 2}}, 6, 3}, {[][]float64{{3, 0, 0}, {3, 0, 0}}, 2, 1},
		{[][]float64{{5, 0}, {0, 0}}, 1, 1},
		{[][]float64{{1, 3}}, 1.6, 1.6}, {[][]float64{{0, 0}}, 1, 1}, {[][]float64{{1, 0}, {0, 3}}, 1.6, 1.6},
	} {
		var s, sum spread
		s.reset(len(c.rows[0]))
		sum.reset(len(c.rows[0]))
		for _, row := range c.rows {
			one := spread{by: row}
			for _, x := range row {
				one.all, one.fourth = one.all+x, one.fourth+x*x
			}
			s.add(&one)
		}
		sum.add(&s)
		n, d := sum.numbers(), sum.coordinates()
		if !(math.Abs(n-c.numbers) < 1e-12) || !(math.Abs(d-c.coordinates) < 1e-12) {
			t.Errorf("%v: %v numbers and %v coordinates, want %v and %v", c.rows, n, d, c.numbers, c.coordinates)
		}
		if sum.reset(1); sum.all != 0 || sum.fourth != 0 || len(sum.by) != 1 || sum.by[0] != 0 {
			t.Errorf("begun anew: %+v", sum)
		}
	}
}
