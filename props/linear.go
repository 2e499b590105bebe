package props

import (
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// linearClaims are (6a), (6b) and the sentence after them (6c), as equations:
// the left side is the distance between U_1 as (5) computes it and as the
// equation has it, exactly, and the right side is 0.
func linearClaims() []claim.Claim {
	zero := func(*claim.View, int) float64 { return 0 }
	row := func(id string, form claim.Form, statement string, left func(net *claim.LinearNet) float64) claim.Claim {
		return claim.Claim{
			ID: id, Eq: "(6)", Form: form, Kind: claim.Linear, Statement: statement, Right: zero,
			Left: func(v *claim.View, _ int) float64 { return left(v.Linear) },
		}
	}
	claims := []claim.Claim{
		row("eq6a", claim.Printed, "U_1 = W_2^T ... W_N^T v_N v_1^T + e for an additive error e", func(net *claim.LinearNet) float64 {
			m, err := bounds.Eq6a(net.W, net.VN, net.V1, nil)
			return distance(net.U0, m, err)
		}),
		row("eq6a", claim.Repaired, "U_1 = W_2^T ... W_N^T v_N x^T + e for an additive error e", func(net *claim.LinearNet) float64 {
			m, err := bounds.Eq6aRepaired(net.W, net.VN, net.X, nil)
			return distance(net.U0, m, err)
		}),
		row("eq6b", claim.Printed, "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) v_1^T + eps_1", func(net *claim.LinearNet) float64 {
			m, err := bounds.Eq6b(net.W, net.VN, net.V1, net.Eps)
			return distance(net.U, m, err)
		}),
		row("eq6b", claim.Repaired, "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) x^T", func(net *claim.LinearNet) float64 {
			m, err := bounds.Eq6bRepaired(net.W, net.VN, net.X, net.Eps)
			return distance(net.U, m, err)
		}),
		row("eq6c", claim.Printed, "eps_N reaches U_1 multiplied by W_1^T ... W_{N-1}^T", func(net *claim.LinearNet) float64 {
			m, err := bounds.Eq6Text(net.W, net.X, net.Eps)
			return distance(sub(net.UN, net.U0), m, err)
		}),
		row("eq6c", claim.Repaired, "eps_N reaches U_1 as (W_2^T ... W_{N-1}^T eps_N) x^T", func(net *claim.LinearNet) float64 {
			m, err := bounds.Eq6TextRepaired(net.W, net.X, net.Eps)
			return distance(sub(net.UN, net.U0), m, err)
		}),
	}
	claims[0].WithoutErrors, claims[1].WithoutErrors = true, true // (6a) compares exact passes
	return claims
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
