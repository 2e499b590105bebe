package bounds

// Second moments of conditional means end in Mean2: yMean2[i] is
// E|E^{G_i}[Y_i-y_i]|^2, vMean2[i] is E|E^{H_i}[V_i-v_i]|^2, dMean2[i] is
// E|E^{G_i}[delta_i]|^2, eMean2[i] is E|E^{H_i}[eps_i]|^2. The right sides are the
// same numbers in every reading of the conditional expectations.

// Eq24 is 4 Cv^2 C2^2 E|E^{G_{N-1}}[Y_{N-1}-y_{N-1}]|^2 + 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^4,
// the bound of E|E_t[U_N-u_N]|^2. It implements (24).
func Eq24(k Const, yMean2, y4 []float64) float64 {
	k.moments("(24)", yMean2, y4)
	return k.lemma2Terms(4, 2, yMean2[k.N-1], y4[k.N-1])
}

// Eq26 is 2C^2 E|E^{H_i}[V_i-v_i]|^2 + 4 Cv^2 C2^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2
// + 2 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4, the bound of E|E_t[U_i-u_i]|^2 for i < N. It
// implements (26).
func Eq26(k Const, i int, vMean2, yMean2, y4 []float64) float64 {
	k.moments("(26)", vMean2, yMean2, y4)
	index("(26)", i, 1, k.N-1)
	return product(2, k.C, k.C, vMean2[i]) + k.lemma2Terms(4, 2, yMean2[i-1], y4[i-1])
}

// Eq28b is 3C^2 E|E^{H_{i+1}}[V_{i+1}-v_{i+1}]|^2 + 6 Cv^2 C2^2 E|E^{G_i}[Y_i-y_i]|^2
// + 3 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4 + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2, the bound of
// E|E^{H_i}[V_i-v_i]|^2, i < N. It implements the second inequality of (28), with
// the index i-1 of its fourth moment as printed.
func Eq28b(k Const, i int, vMean2, yMean2, y4, eMean2 []float64) float64 {
	k.moments("(28)", vMean2, yMean2, y4, eMean2)
	index("(28)", i, 1, k.N-1)
	return product(3, k.C, k.C, vMean2[i+1]) + k.lemma2Terms(6, 3, yMean2[i], y4[i-1]) + product(3, eMean2[i+1])
}

// Eq29 is 4C^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 L1^2 E|Y_{i-1}-y_{i-1}|^4
// + 2 E|E^{G_i}[delta_i]|^2, the bound of E|E^{G_i}[Y_i-y_i]|^2, i = 1..N. It
// implements (29).
func Eq29(k Const, i int, yMean2, y4, dMean2 []float64) float64 {
	k.moments("(29)", yMean2, y4, dMean2)
	index("(29)", i, 1, k.N)
	return product(4, k.C, k.C, yMean2[i-1]) + product(2, k.L1, k.L1, y4[i-1]) + product(2, dMean2[i])
}

// Eq32Left is 4 C2^2 Cv^2 sum_{i<N} S_i E|E^{G_i}[Y_i-y_i]|^2. It implements the
// left side of (32).
func Eq32Left(k Const, yMean2 []float64) float64 {
	k.moments("(32)", yMean2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(4, k.C2, k.C2, k.CvSq(), k.S(i), yMean2[i])
	}
	return sum
}

// Eq32Right is 8 C2^2 Cv^2 sum_{i<N} ( sum_{j=i..N-1} S_j (4C^2)^{j-i} ) E|E^{G_i}[delta_i]|^2
// + 8 C2^2 L1^2 Cv^2 sum_{i<N-1} ( sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} ) E|Y_i-y_i|^4.
// It implements the right side of (32).
func Eq32Right(k Const, dMean2, y4 []float64) float64 {
	k.moments("(32)", dMean2, y4)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(8, k.C2, k.C2, k.CvSq(), k.weightedS(i, k.fourCSq()), dMean2[i])
	}
	for i := 1; i <= k.N-2; i++ {
		sum += product(8, k.C2, k.C2, k.L1, k.L1, k.CvSq(), k.weightedS(i+1, k.fourCSq()), y4[i])
	}
	return sum
}

// Theorem2DeltaMean is Cb_d[i] = 8 L2^2 Cv^2 sum_{j=i..N-1} S_j (4C^2)^{j-i}, the
// coefficient of E|E^{G_i}[delta_i]|^2, i = 1..N-1. It implements (33), with L2
// as printed.
func Theorem2DeltaMean(k Const, i int) float64 {
	k.check()
	index("Cb_d", i, 1, k.N-1)
	return product(8, k.L2, k.L2, k.CvSq(), k.weightedS(i, k.fourCSq()))
}

// Theorem2Eps is Cb_e[i] = 2 sum_{j=1..i-1} (3C^2)^j, the coefficient of
// E|E^{H_i}[eps_i]|^2, i = 2..N. It implements (33), which has it at i+1.
func Theorem2Eps(k Const, i int) float64 {
	k.check()
	index("Cb_e", i, 2, k.N)
	return product(2, geometric(k.threeCSq(), 1, i-1))
}

// Theorem2Delta4 is Ct_d[i] = 8 sum_{j=i..N-1} Cy[j] (8 Lf^4)^{j-i}, the
// coefficient of E|delta_i|^4, i = 1..N-1. It implements (33).
func Theorem2Delta4(k Const, i int) float64 {
	k.check()
	index("Ct_d", i, 1, k.N-1)
	return k.delta4(Cy, i)
}

// delta4 is 8 sum_{j=i..N-1} cy(k, j) (8 Lf^4)^{j-i}.
func (k Const) delta4(cy func(Const, int) float64, i int) float64 {
	sum := 0.0
	for j := i; j <= k.N-1; j++ {
		sum += product(8, cy(k, j), pow(k.eightLf4(), j-i))
	}
	return sum
}

// Cy is Cy[i] = 8 C2^2 L1^2 Cv^2 sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} + 2 L2^2 Cv^2 S_i,
// i = 1..N-1. It implements (33).
func Cy(k Const, i int) float64 {
	k.check()
	index("Cy", i, 1, k.N-1)
	return product(8, k.C2, k.C2, k.L1, k.L1, k.CvSq(), k.weightedS(i+1, k.fourCSq())) +
		product(2, k.L2, k.L2, k.CvSq(), k.S(i))
}

// Theorem2 is sum_{i<N} Cb_d[i] E|E^{G_i}[delta_i]|^2 + sum_{i<N} Ct_d[i] E|delta_i|^4
// + sum_{i<N} Cb_e[i+1] E|E^{H_{i+1}}[eps_{i+1}]|^2, the bound of E|E_t[U-u]|^2. It
// implements Theorem 2, (23).
func Theorem2(k Const, dMean2, d4, eMean2 []float64) float64 {
	k.moments("(23)", dMean2, d4, eMean2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(Theorem2DeltaMean(k, i), dMean2[i])
		sum += product(Theorem2Delta4(k, i), d4[i])
		sum += product(Theorem2Eps(k, i+1), eMean2[i+1])
	}
	return sum
}

func (k Const) fourCSq() float64 { return product(4, k.C, k.C) }

func (k Const) eightLf4() float64 { return product(8, k.Lf, k.Lf, k.Lf, k.Lf) }

// lemma2Terms is a Cv^2 C2^2 mean2 + b Cv^2 L2^2 fourth: Lemma 2 times Cv^2 in (24),
// (26) and (28), with their factors.
func (k Const) lemma2Terms(a, b, mean2, fourth float64) float64 {
	return product(a, k.CvSq(), k.C2, k.C2, mean2) + product(b, k.CvSq(), k.L2, k.L2, fourth)
}
