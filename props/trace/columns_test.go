package trace

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestColumnsOfLongRuns: a run of any length is in at most MaxColumns pieces of as many steps each, but for the last:
// means of the loss, of |u|^2 and of the shares that were taken, the largest of all else.
func TestColumnsOfLongRuns(t *testing.T) {
	for _, steps := range []int{1, 2, MaxColumns - 1, MaxColumns, MaxColumns + 1, MaxColumns + 2, 2 * MaxColumns,
		2*MaxColumns + 1, 4*MaxColumns + 7} {
		rng := rand.New(rand.NewPCG(uint64(steps), 34))
		c := &columns{sites: 2}
		loss, error2, grad2 := make([]float64, steps), make([]float64, steps), make([]float64, steps)
		size, ratio, share := make([][2]float64, steps), make([][2]float64, steps), make([][2]float64, steps)
		for k := range steps {
			loss[k], error2[k], grad2[k] = rng.Float64(), rng.Float64(), rng.Float64()
			e := make([]siteError, 2)
			for i := range e {
				sum2, pred := rng.Float64(), rng.Float64()
				e[i].checked, e[i].pred = i == 0 || steps%2 == 1, pred
				e[i].sum2 = [ways]float64{sum2, math.NaN(), sum2 / 2, math.NaN()}
				size[k][i], ratio[k][i] = math.Sqrt(sum2/3), math.Sqrt(sum2/2/pred)
				if share[k][i] = math.NaN(); !e[i].checked {
					size[k][i], ratio[k][i] = math.NaN(), math.NaN()
				}
			}
			var first []float64
			if k%3 == 1 {
				first = []float64{rng.Float64(), rng.Float64()}
				for i := range e {
					if e[i].checked {
						share[k][i] = first[i]
					}
				}
			}
			c.add(measured{t: 10 + 2*k, loss: loss[k], error2: error2[k], grad2: grad2[k]}, e, 3, first)
		}
		list, per := c.list(), 1
		for (steps+per-1)/per > MaxColumns {
			per *= 2
		}
		if len(list) != (steps+per-1)/per {
			t.Fatalf("%d steps are in %d columns, want them of %d steps", steps, len(list), per)
		}
		mean := func(n int, of func(k int) float64) float64 {
			sum, count := 0.0, 0
			for k := n * per; k < min((n+1)*per, steps); k++ {
				if x := of(k); x == x {
					sum, count = sum+x, count+1
				}
			}
			return sum / float64(count)
		}
		most := func(n int, of func(k int) float64) float64 {
			most := math.NaN()
			for k := n * per; k < min((n+1)*per, steps); k++ {
				if x := of(k); !(x <= most) && x == x {
					most = x
				}
			}
			return most
		}
		is := func(what string, n int, got Number, want float64) {
			t.Helper()
			if !(math.Abs(float64(got)-want) <= 1e-12) && !(got != got && want != want) {
				t.Fatalf("%d steps, column %d: %s is %v, want %v", steps, n, what, got, want)
			}
		}
		for n, got := range list {
			if from, to := 10+2*n*per, 10+2*(min((n+1)*per, steps)-1); got.From != from || got.To != to {
				t.Fatalf("%d steps, column %d: from %d to %d, want %d to %d", steps, n, got.From, got.To, from, to)
			}
			is("loss", n, got.Loss, mean(n, func(k int) float64 { return loss[k] }))
			is("|u|^2", n, got.Grad2, mean(n, func(k int) float64 { return grad2[k] }))
			is("error", n, got.Error2, most(n, func(k int) float64 { return error2[k] }))
			for i := range 2 {
				is("size", n, got.Size[i], most(n, func(k int) float64 { return size[k][i] }))
				is("ratio", n, got.Ratio[i], most(n, func(k int) float64 { return ratio[k][i] }))
				is("share", n, got.Share[i], mean(n, func(k int) float64 { return share[k][i] }))
			}
		}
	}
}
