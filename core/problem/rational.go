package problem

import (
	"math"
	"math/big"
)

// rationals converts finite numbers, exactly.
func rationals(a [][]float64) [][]*big.Rat {
	m := make([][]*big.Rat, len(a))
	for i, row := range a {
		for _, v := range row {
			m[i] = append(m[i], new(big.Rat).SetFloat64(v))
		}
	}
	return m
}

// times is m x, timesT is m^T x.
func times(m [][]*big.Rat, x []*big.Rat) []*big.Rat {
	y := zeros(len(m))
	for i, row := range m {
		for j, v := range row {
			addProduct(y[i], v, x[j])
		}
	}
	return y
}

func timesT(m [][]*big.Rat, x []*big.Rat) []*big.Rat {
	y := zeros(len(m[0]))
	for i, row := range m {
		for j, v := range row {
			addProduct(y[j], v, x[i])
		}
	}
	return y
}

func zeros(n int) []*big.Rat {
	v := make([]*big.Rat, n)
	for j := range v {
		v[j] = new(big.Rat)
	}
	return v
}

func addProduct(sum, a, b *big.Rat) { sum.Add(sum, new(big.Rat).Mul(a, b)) }

// spread is (1/K) sum_k |p_k - mean p|^2 = (1/K) sum_k |p_k|^2 - |mean p|^2.
func spread(points [][]*big.Rat) *big.Rat {
	inv := big.NewRat(1, int64(len(points)))
	sum, total := new(big.Rat), zeros(len(points[0]))
	for _, p := range points {
		for j, v := range p {
			addProduct(sum, v, v)
			total[j].Add(total[j], v)
		}
	}
	sum.Mul(sum, inv)
	for _, t := range total {
		t.Mul(t, inv)
		sum.Sub(sum, t.Mul(t, t))
	}
	return sum
}

// below and above round to a float64 on the named side; below is finite.
func below(r *big.Rat) float64 {
	f, _ := r.Float64()
	if math.IsInf(f, 1) || new(big.Rat).SetFloat64(f).Cmp(r) > 0 {
		return math.Nextafter(f, math.Inf(-1))
	}
	return f
}

func above(r *big.Rat) float64 {
	f, _ := r.Float64()
	if math.IsInf(f, 1) || new(big.Rat).SetFloat64(f).Cmp(r) >= 0 {
		return f
	}
	return math.Nextafter(f, math.Inf(1))
}
