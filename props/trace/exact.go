package trace

import "github.com/cascade-sgd/cascade/core"

// exactPass is (4) at the weights and samples of a step: states with a row for each recorded sample, and the mean
// gradient.
type exactPass struct {
	y, v [][]float64 // y_1..y_N and v_1..v_{N-1}
	u    []float64
}

// exactPasses makes them.
type exactPasses struct {
	*shape
	batch *core.Batch
}

// window is how many samples a pass of the judge takes at once.
const window = 256

func (s *shape) window() int {
	w := window
	for w > 1 && s.numbers(w) > MaxNumbers { // a chain of very wide states
		w /= 2
	}
	return w
}

func newExactPasses(s *shape) *exactPasses {
	return &exactPasses{s, core.NewBatch(s.chain, s.window())}
}

// take fills p with the exact pass of st, nil for a new one.
func (e *exactPasses) take(p *exactPass, st *Step) *exactPass {
	n := e.chain.N()
	if p == nil {
		p = &exactPass{y: make([][]float64, n+1), v: make([][]float64, n+1)}
	}
	for i := 1; i <= n; i++ {
		p.y[i] = sized(p.y[i], st.B*e.chain.D(i))
		if i < n {
			p.v[i] = sized(p.v[i], st.B*e.chain.D(i))
		}
	}
	e.batch.Load(stepData{st, e.shape}, nil)
	e.batch.Pass(st.W, func(from, to int) core.Perturber { return &observer{p, from, to - from} })
	p.u = append(p.u[:0], e.batch.U()...)
	return p
}

// observer is a Perturber of nothing that keeps the states of a window.
type observer struct {
	*exactPass
	from, rows int
}

// Delta implements core.Perturber.
func (o *observer) Delta(i int, dst, f []float64) {
	copy(o.y[i][o.from*(len(f)/o.rows):], f)
	clear(dst)
}

// Eps implements core.Perturber.
func (o *observer) Eps(i int, dst, g []float64) {
	copy(o.v[i-1][o.from*(len(g)/o.rows):], g)
	clear(dst)
}
