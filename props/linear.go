package props

import (
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// LinearFacts are the matrices of (6): a network of linear operators W_1..W_N
// with delta = 0, in integers small enough that float64 is exact.
type LinearFacts struct {
	W      [][][]float64 // W[i], i = 1..N
	X      []float64     // x = y_0
	VN, V1 []float64     // exact v_N = 1 and v_1
	Eps    [][]float64   // eps_i, i = 2..N
	U0     [][]float64   // u_1 of the exact pass
	U      [][]float64   // U_1 of the pass with all eps_i
	UN     [][]float64   // U_1 of the pass with eps_N alone
}

// measureLinear runs the passes of (6) on a case of gen.LinearStep.
func measureLinear(p *gen.Pass) *LinearFacts {
	c := p.Chain
	n := c.N()
	f := &LinearFacts{X: p.X, VN: []float64{1}, W: make([][][]float64, n+1), Eps: make([][]float64, n+1)}
	onlyN := make([][]float64, n+1)
	for i := 1; i <= n; i++ {
		f.W[i] = rows(c.W(i, p.W), c.D(i), c.D(i-1))
		if l := p.Plan.Eps[i]; l != nil {
			f.Eps[i] = make([]float64, c.D(i-1))
			l.Outcome(f.Eps[i], make([]float64, c.D(i-1)), 0, 0)
		}
	}
	onlyN[n] = f.Eps[n]
	s := core.NewState(c)
	u1 := func(eps [][]float64) [][]float64 {
		s.Pass(c, p.X, p.W, &core.Given{EpsAt: eps})
		return rows(append([]float64(nil), s.U[1]...), c.D(1), c.D(0))
	}
	f.U0 = u1(nil)
	f.V1 = append([]float64(nil), s.V[1]...)
	f.U, f.UN = u1(f.Eps), u1(onlyN)
	return f
}

// trivial reports that no eps and no input reaches U_1.
func (f *LinearFacts) trivial() bool {
	for i := range f.U {
		for j := range f.U[i] {
			if f.U[i][j] != 0 && f.U0[i][j] != 0 && f.U[i][j] != f.U0[i][j] {
				return false
			}
		}
	}
	return true
}

func rows(flat []float64, m, n int) [][]float64 {
	a := make([][]float64, m)
	for i := range a {
		a[i] = flat[i*n : (i+1)*n]
	}
	return a
}

// distance is |a - b|_F, NaN when b could not be formed or has other shapes:
// the printed statement is then not even one about U_1.
func distance(a, b [][]float64, err error) float64 {
	if err != nil || len(a) != len(b) {
		return math.NaN()
	}
	sum := 0.0
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return math.NaN()
		}
		for j := range a[i] {
			d := a[i][j] - b[i][j]
			sum += float64(d * d)
		}
	}
	return math.Sqrt(sum)
}

func sub(a, b [][]float64) [][]float64 {
	c := make([][]float64, len(a))
	for i := range a {
		c[i] = make([]float64, len(a[i]))
		for j := range a[i] {
			c[i][j] = a[i][j] - b[i][j]
		}
	}
	return c
}

// linearClaims are (6a), (6b) and the sentence after them (6c), as equations:
// the left side is the distance between U_1 as (5) computes it and as the
// equation has it, exactly, and the right side is 0.
func linearClaims() []Claim {
	zero := func(*View, int) float64 { return 0 }
	claim := func(id string, form Form, statement string, left func(f *LinearFacts) float64) Claim {
		return Claim{
			ID: id, Eq: "(6)", Form: form, Kind: Linear, Statement: statement, Right: zero,
			Left: func(v *View, _ int) float64 { return left(v.Linear) },
		}
	}
	return []Claim{
		claim("eq6a", Printed, "U_1 = W_2^T ... W_N^T v_N v_1^T + e for an additive error e", func(f *LinearFacts) float64 {
			m, err := bounds.Eq6a(f.W, f.VN, f.V1, nil)
			return distance(f.U0, m, err)
		}),
		claim("eq6a", Repaired, "U_1 = W_2^T ... W_N^T v_N x^T + e for an additive error e", func(f *LinearFacts) float64 {
			m, err := bounds.Eq6aRepaired(f.W, f.VN, f.X, nil)
			return distance(f.U0, m, err)
		}),
		claim("eq6b", Printed, "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) v_1^T + eps_1", func(f *LinearFacts) float64 {
			m, err := bounds.Eq6b(f.W, f.VN, f.V1, f.Eps)
			return distance(f.U, m, err)
		}),
		claim("eq6b", Repaired, "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) x^T", func(f *LinearFacts) float64 {
			m, err := bounds.Eq6bRepaired(f.W, f.VN, f.X, f.Eps)
			return distance(f.U, m, err)
		}),
		claim("eq6c", Printed, "eps_N reaches U_1 multiplied by W_1^T ... W_{N-1}^T", func(f *LinearFacts) float64 {
			m, err := bounds.Eq6Text(f.W, f.X, f.Eps)
			return distance(sub(f.UN, f.U0), m, err)
		}),
		claim("eq6c", Repaired, "eps_N reaches U_1 as (W_2^T ... W_{N-1}^T eps_N) x^T", func(f *LinearFacts) float64 {
			m, err := bounds.Eq6TextRepaired(f.W, f.X, f.Eps)
			return distance(sub(f.UN, f.U0), m, err)
		}),
	}
}
