package trace

import "gonum.org/v1/gonum/floats"

// exactPass is (4) at the weights and samples of a step: states with a row for each recorded sample, and the mean
// gradient.
type exactPass struct {
	y, v [][]float64 // y_1..y_N and v_1..v_N
	u    []float64
}

// exactPasses makes them.
type exactPasses struct {
	*shape
	operators []batchOp
	st        *Step
}

// window is how many samples the judge looks at at once.
const window = 256

func newExactPasses(s *shape) *exactPasses {
	e := &exactPasses{shape: s}
	e.operators = s.batchOps(func(sample int) int { return e.st.Labels[sample] })
	return e
}

// take fills p, nil for a new one, with the exact pass at weights w and the samples of st.
func (e *exactPasses) take(p *exactPass, st *Step, w []float64) *exactPass {
	e.st = st
	n := e.chain.N()
	if p == nil {
		p = &exactPass{y: make([][]float64, n+1), v: make([][]float64, n+1), u: make([]float64, e.chain.NW())}
	}
	p.y[0] = st.X
	for i := 1; i <= n; i++ {
		p.y[i], p.v[i] = sized(p.y[i], st.B*e.chain.D(i)), sized(p.v[i], st.B*e.chain.D(i))
	}
	for k := range p.v[n] {
		p.v[n][k] = 1
	}
	clear(p.u)
	for from := 0; from < st.B; from += window {
		to := min(from+window, st.B)
		of := func(m []float64, d int) []float64 { return samplesOf(m, d, from, to) }
		for i := 1; i <= n; i++ {
			o := &e.operators[i]
			o.forward(of(p.y[i], o.out), of(p.y[i-1], o.in), e.chain.W(i, w), from)
		}
		for i := n; i >= 1; i-- {
			o, wi := &e.operators[i], e.chain.W(i, w)
			x, y, v := of(p.y[i-1], o.in), of(p.y[i], o.out), of(p.v[i], o.out)
			o.byWeights(e.chain.W(i, p.u), x, wi, y, v, from)
			if i > 1 {
				o.byInput(of(p.v[i-1], o.in), x, wi, y, v, from)
			}
		}
	}
	floats.Scale(1/float64(st.B), p.u)
	return p
}

// samplesOf is samples from..to-1 of rows of d numbers.
func samplesOf(rows []float64, d, from, to int) []float64 { return rows[from*d : to*d] }
