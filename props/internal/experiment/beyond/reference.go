package beyond

import (
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// reference is gradient descent on |y - c|^2/2, y = A w, where the forward pass sends Top-1
// of the difference between y and a reference that is kept: Y = r_t = r_{t-1} + Top1(y - r_{t-1}).
type reference struct {
	a        [][]float64 // rows
	w, c     []float64
	gamma    float64
	steps    int
	absolute bool // Top-1 of y itself
}

// run are |Y_t - y_t|, |y_t - y_{t-1}| (at t = 0 from the reference 0, |y_0|) by step.
func (f *reference) run() (delta, moved []float64) {
	n := len(f.a)
	w, r, before := append([]float64(nil), f.w...), make([]float64, n), make([]float64, n)
	for range f.steps {
		y := make([]float64, n)
		for j, row := range f.a {
			for k, x := range row {
				y[j] += x * w[k]
			}
		}
		if f.absolute {
			clear(r)
		}
		sent := 0
		for j := range y {
			if math.Abs(y[j]-r[j]) > math.Abs(y[sent]-r[sent]) {
				sent = j
			}
		}
		r[sent] = y[sent]
		delta, moved = append(delta, distance(r, y)), append(moved, distance(y, before))
		before = y
		for k := range w {
			for j, row := range f.a {
				w[k] -= f.gamma * row[k] * (r[j] - f.c[j])
			}
		}
	}
	return delta, moved
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for k := range a {
		sum += (a[k] - b[k]) * (a[k] - b[k])
	}
	return math.Sqrt(sum)
}

func drawReference(r *rand.Rand) *reference {
	f := &reference{steps: 1 + r.IntN(200), gamma: pick(r, 0.01, between(r, 0.001, 0.2))}
	for range 1 + r.IntN(3) {
		f.w = append(f.w, between(r, -2, 2))
	}
	for range 1 + r.IntN(4) {
		var row []float64
		for range f.w {
			row = append(row, between(r, -1, 1))
		}
		f.a, f.c = append(f.a, row), append(f.c, between(r, -2, 2))
	}
	return f
}

// JudgeReference holds bounds.Tracking against runs.
func JudgeReference(seed uint64) claim.Judgement { return judgeReference(seed, false) }

func judgeReference(seed uint64, absolute bool) claim.Judgement {
	j, r := newJudge(), source(seed, 11)
	for range cases / 4 {
		f := drawReference(r)
		f.absolute = absolute
		delta, moved := f.run()
		rho := math.Sqrt(1 - 1/float64(len(f.a)))
		for t := range delta {
			right := bounds.Tracking(rho, moved[:t+1])
			if right == 0 || delta[t] < 1e-12 { // rounding of y alone
				j.demand(delta[t] < 1e-12, "|delta| = %v: %+v", delta[t], f)
				continue
			}
			j.compare(delta[t], right, f)
		}
	}
	return j.done("runs of 1 to 200 steps, Top-1 of the difference to a reference")
}
