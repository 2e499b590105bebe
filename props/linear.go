package props

import (
	"math"
	"math/big"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/bigpass"
)

// linearClaims are the display before (12), (6a), (6b) and the sentence after them (6c), as equations:
// the left side is the distance between U_1 as (5) computes it and as the
// equation has it, exactly, and the right side is 0.
//
// Where float64 is exact (bigpass.FitsFloat64) both are the matrices of package bounds
// and of the pass; elsewhere both are rational.
func linearClaims() []claim.Claim {
	claims := []claim.Claim{
		equation("disp12", claim.Printed,
			"v_1 = (J1_N)^T ... (J1_3)^T (J1_2)^T in this order of factors, v_N left out, "+
				"linear network; where the factors fit together", disp12Printed),
		equation("disp12", claim.Repaired, "v_1 = (J1_2)^T (J1_3)^T ... (J1_N)^T v_N", disp12Repaired),
		equation("eq6a", claim.Printed, "U_1 = W_2^T ... W_N^T v_N v_1^T + e for an additive error e", eq6aPrinted),
		equation("eq6a", claim.Repaired, "U_1 = W_2^T ... W_N^T v_N x^T + e for an additive error e", eq6aRepaired),
		equation("eq6b", claim.Printed, "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) v_1^T + eps_1",
			eq6bPrinted),
		equation("eq6b", claim.Repaired, "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) x^T", eq6bRepaired),
		equation("eq6c", claim.Printed, "eps_N reaches U_1 multiplied by W_1^T ... W_{N-1}^T", eq6cPrinted),
		equation("eq6c", claim.Repaired, "eps_N reaches U_1 as (W_2^T ... W_{N-1}^T eps_N) x^T", eq6cRepaired),
	}
	for k := range claims[:4] {
		claims[k].WithoutErrors = true // the display and (6a) compare exact passes
	}
	claims[0].Eq, claims[1].Eq = "before (12)", "before (12)"
	claims[1].Proof = "bounds/PROOFS.md (1.1)"
	return claims
}

var (
	disp12Printed = eq6{
		is:    func(net *claim.LinearNet) [][]float64 { return column(net.V1) },
		says:  func(net *claim.LinearNet) ([][]float64, error) { return bounds.Display12(net.W) },
		exact: func(net *exactNet) (is, says matrix) { return net.v1(), net.reversed() },
	}
	disp12Repaired = eq6{
		is:    func(net *claim.LinearNet) [][]float64 { return column(net.V1) },
		says:  func(net *claim.LinearNet) ([][]float64, error) { return bounds.Display12Repaired(net.W, net.VN) },
		exact: func(net *exactNet) (is, says matrix) { return net.v1(), column(net.v(nil)) },
	}
	eq6aPrinted = eq6{
		is:    func(net *claim.LinearNet) [][]float64 { return net.U0 },
		says:  func(net *claim.LinearNet) ([][]float64, error) { return bounds.Eq6a(net.W, net.VN, net.V1, nil) },
		exact: func(net *exactNet) (is, says matrix) { return net.u(nil), bigpass.Outer(net.v(nil), net.v(nil)) },
	}
	eq6aRepaired = eq6{
		is: func(net *claim.LinearNet) [][]float64 { return net.U0 },
		says: func(net *claim.LinearNet) ([][]float64, error) {
			return bounds.Eq6aRepaired(net.W, net.VN, net.X,
				nil)
		},
		exact: func(net *exactNet) (is, says matrix) { return net.u(nil), bigpass.Outer(net.v(nil), net.x()) },
	}
	eq6bPrinted = eq6{
		is:   func(net *claim.LinearNet) [][]float64 { return net.U },
		says: func(net *claim.LinearNet) ([][]float64, error) { return bounds.Eq6b(net.W, net.VN, net.V1, net.Eps) },
		exact: func(net *exactNet) (is, says matrix) {
			return net.u(net.Eps), bigpass.Outer(net.v(net.Eps), net.v(nil))
		},
	}
	eq6bRepaired = eq6{
		is: func(net *claim.LinearNet) [][]float64 { return net.U },
		says: func(net *claim.LinearNet) ([][]float64, error) {
			return bounds.Eq6bRepaired(net.W, net.VN, net.X, net.Eps)
		},
		exact: func(net *exactNet) (is, says matrix) { return net.u(net.Eps), bigpass.Outer(net.v(net.Eps), net.x()) },
	}
	eq6cPrinted = eq6{
		is:    func(net *claim.LinearNet) [][]float64 { return sub(net.UN, net.U0) },
		says:  func(net *claim.LinearNet) ([][]float64, error) { return bounds.Eq6Text(net.W, net.X, net.Eps) },
		exact: func(net *exactNet) (is, says matrix) { return net.ofEpsN(), bigpass.Outer(net.carried(1), net.x()) },
	}
	eq6cRepaired = eq6{
		is:    func(net *claim.LinearNet) [][]float64 { return sub(net.UN, net.U0) },
		says:  func(net *claim.LinearNet) ([][]float64, error) { return bounds.Eq6TextRepaired(net.W, net.X, net.Eps) },
		exact: func(net *exactNet) (is, says matrix) { return net.ofEpsN(), bigpass.Outer(net.carried(2), net.x()) },
	}
)

// eq6 is one equation of (6): what U_1 is and what the paper says it is, in float64 and
// in rational numbers. What it says is an error where the printed shapes do not fit.
type eq6 struct {
	is    func(net *claim.LinearNet) [][]float64
	says  func(net *claim.LinearNet) ([][]float64, error)
	exact func(net *exactNet) (is, says matrix)
}

type matrix = [][]*big.Rat

func equation(id string, form claim.Form, statement string, e eq6) claim.Claim {
	return claim.Claim{
		ID: id, Eq: "(6)", Form: form, Kind: claim.Linear, Statement: statement,
		Left:  func(v *claim.View, _ int) float64 { return e.left(v.Linear) },
		Right: func(*claim.View, int) float64 { return 0 },
	}
}

// left is the distance of the two, NaN where the printed statement is not even one
// about U_1.
func (e eq6) left(net *claim.LinearNet) float64 {
	is := e.is(net)
	says, err := e.says(net)
	if err != nil || !sameShape(is, says) {
		return math.NaN()
	}
	if bigpass.FitsFloat64(net.W[1:], net.X, net.Eps) {
		return distance(is, says)
	}
	return bigpass.Norm(bigpass.Difference(e.exact(&exactNet{net})))
}

// exactNet is a network in rational numbers. Its methods panic where the network does
// not fit together.
type exactNet struct{ *claim.LinearNet }

func (net *exactNet) x() []*big.Rat { return bigpass.Rationals(net.X) }

// u is U_1 of the pass with these eps, by the recursion (5b).
func (net *exactNet) u(eps [][]float64) matrix {
	return must(bigpass.LinearGradient(net.W[1:], net.X, eps))
}

// v is the chain of (6) with these eps, multiplied out.
func (net *exactNet) v(eps [][]float64) []*big.Rat { return must(bigpass.Accumulated(net.W[1:], eps)) }

// v1 is W_2^T ... W_N^T, v_N = 1, multiplied out.
func (net *exactNet) v1() matrix { return must(bigpass.Transposed(net.W[1:], 2, len(net.W)-1)) }

// reversed is the display before (12), whose factors fit together.
func (net *exactNet) reversed() matrix {
	p, ok := bigpass.Reversed(net.W[1:])
	if !ok {
		panic("props: before (12): factors that do not fit together")
	}
	return p
}

// ofEpsN is what eps_N alone adds to U_1.
func (net *exactNet) ofEpsN() matrix {
	only := make([][]float64, len(net.Eps))
	only[len(only)-1] = net.Eps[len(only)-1]
	return bigpass.Difference(net.u(only), net.u(nil))
}

func (net *exactNet) carried(first int) []*big.Rat {
	return must(bigpass.Carried(net.W[1:], first, net.Eps[len(net.Eps)-1]))
}

func column[T any](v []T) [][]T {
	m := make([][]T, len(v))
	for k, x := range v {
		m[k] = []T{x}
	}
	return m
}

func must[T any](x T, err error) T {
	if err != nil {
		panic("props: (6): " + err.Error())
	}
	return x
}

func sameShape(a, b [][]float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
	}
	return true
}

// distance is |a - b|_F of two matrices of one shape.
func distance(a, b [][]float64) float64 {
	sum := 0.0
	for i := range a {
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
