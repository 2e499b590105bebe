package measure

import (
	"fmt"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/bigpass"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// linearNet runs the passes of (6). Its matrices are exact where float64 is, by
// bigpass.FitsFloat64, and the nearest to the exact ones elsewhere: who compares them
// there, decides in rational numbers.
func linearNet(p *gen.Pass) *claim.LinearNet {
	c := p.Chain
	n := c.N()
	net := &claim.LinearNet{X: p.X, VN: []float64{1}, W: make([][][]float64, n+1), Eps: make([][]float64, n+1)}
	onlyN := make([][]float64, n+1)
	for i := 1; i <= n; i++ {
		net.W[i] = rows(c.W(i, p.W), c.D(i), c.D(i-1))
		if i == 1 {
			continue
		}
		net.Eps[i] = make([]float64, c.D(i-1))
		if l := p.Plan.Eps[i]; l != nil {
			l.Outcome(net.Eps[i], make([]float64, c.D(i-1)), 0, 0)
		}
	}
	onlyN[n] = net.Eps[n]
	if !bigpass.FitsFloat64(net.W[1:], net.X, net.Eps) {
		nearest(net, onlyN)
		return net
	}
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

// nearest fills the matrices of a network whose passes float64 rounds.
func nearest(net *claim.LinearNet, onlyN [][]float64) {
	u1 := func(eps [][]float64) [][]float64 {
		u, err := bigpass.LinearGradient(net.W[1:], net.X, eps)
		if err != nil {
			panic(fmt.Sprintf("measure: a linear network that was built: %v", err))
		}
		return floats(u)
	}
	v1, err := bigpass.Accumulated(net.W[1:], nil)
	if err != nil {
		panic(fmt.Sprintf("measure: a linear network that was built: %v", err))
	}
	net.V1 = floats([][]*big.Rat{v1})[0]
	net.U0, net.U, net.UN = u1(nil), u1(net.Eps), u1(onlyN)
}

func floats(a [][]*big.Rat) [][]float64 {
	f := make([][]float64, len(a))
	for i, row := range a {
		for _, x := range row {
			v, _ := x.Float64()
			f[i] = append(f[i], v)
		}
	}
	return f
}

func rows(flat []float64, m, n int) [][]float64 {
	a := make([][]float64, m)
	for i := range a {
		a[i] = flat[i*n : (i+1)*n]
	}
	return a
}
