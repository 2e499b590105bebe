package measure

import (
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// linearNet runs the passes of (6) on a case of gen.LinearStep.
func linearNet(p *gen.Pass) *claim.LinearNet {
	c := p.Chain
	n := c.N()
	net := &claim.LinearNet{X: p.X, VN: []float64{1}, W: make([][][]float64, n+1), Eps: make([][]float64, n+1)}
	onlyN := make([][]float64, n+1)
	for i := 1; i <= n; i++ {
		net.W[i] = rows(c.W(i, p.W), c.D(i), c.D(i-1))
		if l := p.Plan.Eps[i]; l != nil {
			net.Eps[i] = make([]float64, c.D(i-1))
			l.Outcome(net.Eps[i], make([]float64, c.D(i-1)), 0, 0)
		}
	}
	onlyN[n] = net.Eps[n]
	s := core.NewState(c)
	u1 := func(eps [][]float64) [][]float64 {
		s.Pass(c, p.X, p.W, &core.Given{EpsAt: eps})
		return rows(append([]float64(nil), s.U[1]...), c.D(1), c.D(0))
	}
	net.U0 = u1(nil)
	net.V1 = append([]float64(nil), s.V[1]...)
	net.U, net.UN = u1(net.Eps), u1(onlyN)
	return net
}

func rows(flat []float64, m, n int) [][]float64 {
	a := make([][]float64, m)
	for i := range a {
		a[i] = flat[i*n : (i+1)*n]
	}
	return a
}
