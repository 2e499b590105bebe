package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// form is SharpQ at one C and lambda = Lf/C <= 1, with L1 = 1/Cv, by its factors: a
// product with a vector takes O(N^2). Entries 0..N-2 are delta_1..delta_{N-1}, the
// others eps_2..eps_N. Away from C = 1 each row of a product with positive weights is a
// sum, with positive coefficients, of products of powers of C and lambda, of maxima of
// such with 1, and of roots of such: its logarithm is convex in ln C and ln lambda.
type form struct {
	n            int
	lf           float64
	state        [][]float64 // stateQ
	coefficients []float64   // (21)
}

func newForm(n int, c, lambda float64) *form {
	lf := lambda * c
	f := &form{n: n, lf: lf}
	power := powers(lf, n)
	squares := make([]float64, n) // sum_{i<j} Lf^{2i}
	for j := 1; j < n; j++ {
		squares[j] = squares[j-1] + float64(power[j-1]*power[j-1])
	}
	inner := func(j, l int) float64 { // <K_j, K_l>
		return c * c * power[max(j, l)-min(j, l)] * squares[min(j, l)]
	}
	f.state = make([][]float64, 2*n-2)
	for s := range f.state {
		f.state[s] = make([]float64, 2*n-2)
	}
	set := func(s, t int, value float64) { f.state[s][t], f.state[t][s] = value, value }
	for j := 1; j < n; j++ {
		g := boundOfV(n, j+1, c, lambda)
		set(j-1, j-1, g*g*math.Max(1, inner(j, j)))
		for l := 1; l < n; l++ {
			overAngles := inner(j, l)
			if l > j { // <D_j, K_l> is Lf^{l-j-1} C
				overAngles = math.Hypot(c*power[l-j-1], overAngles)
				set(j-1, l-1, g*boundOfV(n, l+1, c, lambda)*overAngles)
			}
			set(j-1, n+l-2, g*overAngles)
			set(n+j-2, n+l-2, inner(j, l))
		}
	}
	for _, d := range coefficientsAt(n, c, lambda) {
		f.coefficients = append(f.coefficients, d.value)
	}
	return f
}

// boundOfV is Lf^{N-i}/Cv, the bound of |v_i| L1.
func boundOfV(n, i int, c, lambda float64) float64 {
	if c < 1 {
		return pow(lambda*c, n-i)
	}
	return pow(lambda, n-i) / pow(c, i)
}

// powers is q^0, ..., q^{n-1}.
func powers(q float64, n int) []float64 {
	p := make([]float64, n)
	p[0] = 1
	for k := 1; k < n; k++ {
		p[k] = mul(p[k-1], q)
	}
	return p
}

// coefficient is one of (21) with the derivatives of its logarithm by ln C and ln lambda.
type coefficient struct {
	value, slopeC, slopeLambda float64
}

// coefficientsAt is 4 sum_{j=i..N-1} S_j (2 Lf^2)^{j-i} for delta_1..delta_{N-1}, then
// sum_{l=1..j} (3C^2)^l for eps_2..eps_N, j = 1..N-1. A derivative is the mean of the
// exponents of the terms.
func coefficientsAt(n int, c, lambda float64) []coefficient {
	all := make([]coefficient, 2*n-2)
	three := powers(3*c*c, n)
	s, slope := make([]float64, n), make([]float64, n) // S_j - 1 and its derivative by ln C
	for j := 1; j < n; j++ {
		s[j] = s[j-1] + three[j]
		slope[j] = slope[j-1] + float64(2*float64(j)*three[j])
		all[n+j-2] = coefficient{value: s[j], slopeC: slope[j] / s[j]}
	}
	two := powers(2*lambda*lambda*c*c, n)
	for i := 1; i < n; i++ {
		var d coefficient
		for j := i; j < n; j++ {
			exponent := 2 * float64(j-i)
			term := float64(4 * (1 + s[j]) * two[j-i])
			d.value += term
			d.slopeC += float64(exponent*term) + float64(4*slope[j]*two[j-i])
			d.slopeLambda += float64(exponent * term)
		}
		d.slopeC /= d.value
		d.slopeLambda /= d.value
		all[i-1] = d
	}
	return all
}

// times is Q w.
func (f *form) times(w []float64) []float64 {
	n := f.n
	states := make([]float64, len(w)) // |Y_j-y_j|, then |eps_i|
	copy(states, w)
	for j := 1; j < n-1; j++ {
		states[j] += float64(f.lf * states[j-1])
	}
	out := make([]float64, len(w))
	for s, row := range f.state {
		for t, x := range row {
			out[s] += float64(x * states[t])
		}
	}
	for j := n - 3; j >= 0; j-- {
		out[j] += float64(f.lf * out[j+1])
	}
	return out
}

// largestQuotient is the bound of Collatz and Wielandt for the coefficients given: the
// largest (Q w)_s/(d_s w_s), raised by its rounding; +Inf where a weight is not positive
// and finite.
func (f *form) largestQuotient(w, d []float64) float64 {
	most := 0.0
	for s, row := range f.times(w) {
		quotient := row / (d[s] * w[s]) * (1 + rangeMargin)
		if !(w[s] > 0) || !(quotient <= math.MaxFloat64) {
			return math.Inf(1)
		}
		most = max(most, quotient)
	}
	return most
}

// rayleigh is w^T Q w over the same with the coefficients (21), a ratio that the moments
// w reach.
func (f *form) rayleigh(w []float64) float64 {
	above, below := 0.0, 0.0
	for s, row := range f.times(w) {
		above += float64(w[s] * row)
		below += float64(w[s] * f.coefficients[s] * w[s])
	}
	return above / below
}

// scaled is D^{-1/2} Q D^{-1/2}, D the diagonal of the coefficients (21).
func (f *form) scaled() *mat.SymDense {
	size := len(f.coefficients)
	m := mat.NewSymDense(size, nil)
	unit := make([]float64, size)
	for s, d := range f.coefficients {
		unit[s] = 1 / math.Sqrt(d)
		column := f.times(unit)
		for t := s; t < size; t++ {
			m.SetSym(s, t, column[t]/math.Sqrt(f.coefficients[t]))
		}
		unit[s] = 0
	}
	return m
}

// weights are w > 0 with D^{-1} Q w < theta w, from (theta - D^{-1/2} Q D^{-1/2}) D^{1/2} w =
// (1, ..., 1); nil where the largest eigenvalue of D^{-1} Q is not below theta.
func (f *form) weights(theta float64) []float64 {
	m := f.scaled()
	size := len(f.coefficients)
	m.ScaleSym(-1, m)
	for s := range size {
		m.SetSym(s, s, theta+m.At(s, s))
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(m) {
		return nil
	}
	w := mat.NewVecDense(size, slices.Repeat([]float64{1}, size))
	if err := cholesky.SolveVecTo(w, w); err != nil {
		return nil
	}
	out := w.RawVector().Data
	for s, d := range f.coefficients {
		out[s] /= math.Sqrt(d)
	}
	return out
}

// ratio is close to the largest eigenvalue of D^{-1} Q and at most that: it is reached
// by the moments of the eigenvector.
func (f *form) ratio() float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(f.scaled(), true) {
		return 0
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	size := len(f.coefficients)
	w := make([]float64, size)
	for s, d := range f.coefficients {
		w[s] = math.Abs(vectors.At(s, size-1)) / math.Sqrt(d)
	}
	return f.rayleigh(w)
}
