package bounds

// The lines of Theorem 2's proof between the numbered ones: the sums (27) and (31), what
// stands between the signs of (28) and (29), both unrolled, and the display before (33).

// Eq27 is 2C^2 sum_{i<N} E|E^{H_i}[V_i-v_i]|^2 + 4 Cv^2 C2^2 sum_{i<N} E|E^{G_i}[Y_i-y_i]|^2
// + 2 Cv^2 L2^2 sum_{i<N} E|Y_i-y_i|^4, the bound of E|E_t[U-u]|^2 that is the sum of (24)
// and (26). It implements (27).
func Eq27(k Const, vMean2, yMean2, y4 []float64) float64 {
	k.moments("(27)", vMean2, yMean2, y4)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(2, k.C, k.C, vMean2[i]) + k.lemma2Terms(4, 2, yMean2[i], y4[i])
	}
	return sum
}

// Eq28Middle is (3/2) bMean2[i] + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2, i < N, with bMean2[i] =
// E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} - J1_{i+1}(y_i)^T v_{i+1}]|^2. It implements the line
// between the two signs of (28).
func Eq28Middle(k Const, i int, bMean2, eMean2 []float64) float64 {
	k.moments("(28)", bMean2, eMean2)
	index("(28)", i, 1, k.N-1)
	return product(1.5, bMean2[i]) + product(3, eMean2[i+1])
}

// Eq28c is sum_{j=i..N-1} (3C^2)^{j-i} ( 6 Cv^2 C2^2 E|E^{G_j}[Y_j-y_j]|^2 + 3 Cv^2 L2^2
// E|Y_j-y_j|^4 + 3 E|E^{H_{j+1}}[eps_{j+1}]|^2 ), i < N. It implements the last line of
// (28), unrolled, with the index j of its fourth moment as printed.
func Eq28c(k Const, i int, yMean2, y4, eMean2 []float64) float64 {
	k.moments("(28) unrolled", yMean2, y4, eMean2)
	index("(28) unrolled", i, 1, k.N-1)
	sum := 0.0
	for j := i; j <= k.N-1; j++ {
		at := k.lemma2Terms(6, 3, yMean2[j], y4[j]) + product(3, eMean2[j+1])
		sum += product(pow(k.threeCSq(), j-i), at)
	}
	return sum
}

// Eq29Middle is 2 fMean2[i] + 2 E|E^{G_i}[delta_i]|^2, i = 1..N, with fMean2[i] =
// E|E^{G_i}[f_i(Y_{i-1},w_i)-f_i(y_{i-1},w_i)]|^2. It implements the line before (29).
func Eq29Middle(k Const, i int, fMean2, dMean2 []float64) float64 {
	k.moments("before (29)", fMean2, dMean2)
	index("before (29)", i, 1, k.N)
	return product(2, fMean2[i]) + product(2, dMean2[i])
}

// Eq29b is 2 L1^2 sum_{j<i} (4C^2)^{i-j-1} E|Y_j-y_j|^4 + 2 sum_{j<=i} (4C^2)^{i-j}
// E|E^{G_j}[delta_j]|^2, i = 1..N. It implements (29) unrolled.
func Eq29b(k Const, i int, y4, dMean2 []float64) float64 {
	k.moments("(29) unrolled", y4, dMean2)
	index("(29) unrolled", i, 1, k.N)
	sum := 0.0
	for j := 1; j <= i; j++ {
		if j < i {
			sum += product(2, k.L1, k.L1, pow(k.fourCSq(), i-j-1), y4[j])
		}
		sum += product(2, pow(k.fourCSq(), i-j), dMean2[j])
	}
	return sum
}

// Eq31 is 2 Cv^2 sum_{i<N} S_i ( 2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + L2^2 E|Y_i-y_i|^4 ) +
// 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|E^{H_{i+1}}[eps_{i+1}]|^2, the bound of
// E|E_t[U-u]|^2. It implements (31).
func Eq31(k Const, yMean2, y4, eMean2 []float64) float64 {
	k.moments("(31)", yMean2, y4, eMean2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(k.S(i), k.lemma2Terms(4, 2, yMean2[i], y4[i]))
		sum += product(Theorem2Eps(k, i+1), eMean2[i+1])
	}
	return sum
}

// Display33 is Theorem2 with 8 C2^2 Cv^2 for 8 L2^2 Cv^2 in Cb_d. It implements the display
// between (32) and (33).
func Display33(k Const, dMean2, d4, eMean2 []float64) float64 {
	k.moments("before (33)", dMean2, d4, eMean2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(8, k.C2, k.C2, k.CvSq(), k.weightedS(i, k.fourCSq()), dMean2[i])
		sum += product(Theorem2Delta4(k, i), d4[i])
		sum += product(Theorem2Eps(k, i+1), eMean2[i+1])
	}
	return sum
}

// RepairedEq28cPast is sum_{j=i..N-1} (3C^2)^{j-i} ( 3 Cv^2 L1^2 E|Y_j-y_j|^2 + 3 e[j+1] ) with
// e[i+1] = E|E^{H_{i+1}}[eps_{i+1}]|^2 and e[j+1] = E|eps_{j+1}|^2 for j > i, a bound of
// E|E^{H_i}[V_i-v_i]|^2, i < N, in the past reading: V_{i+1} is known there, with all of
// its errors.
func RepairedEq28cPast(k Const, i int, y2, e2, eMean2 []float64) float64 {
	k.moments("repaired (28), unrolled", y2, e2, eMean2)
	index("repaired (28), unrolled", i, 1, k.N-1)
	sum := 0.0
	for j := i; j <= k.N-1; j++ {
		e := e2[j+1]
		if j == i {
			e = eMean2[j+1]
		}
		at := product(3, k.CvSq(), k.L1, k.L1, y2[j]) + product(3, e)
		sum += product(pow(k.threeCSq(), j-i), at)
	}
	return sum
}

// RepairedEq28c is sum_{j=i..N-1} (3C^2)^{j-i} ( 6 Cv^2 L1^2 E|E[Y_j-y_j|x]|^2 + 3 Cv^2 L2^2
// E|Y_j-y_j|^4 + 3 E|E[eps_{j+1}|x]|^2 + 12 L1^2 yv[j] ), yv[j] = E |Y_j-y_j|^2
// |V_{j+1}-v_{j+1}|^2: RepairedEq28b unrolled, a bound of E|E[V_i-v_i|x]|^2, i < N, in the
// total reading.
func RepairedEq28c(k Const, i int, yMean2, y4, eMean2, yv []float64) float64 {
	k.moments("repaired (28), unrolled", yMean2, y4, eMean2, yv)
	index("repaired (28), unrolled", i, 1, k.N-1)
	none := make([]float64, k.N+1)
	sum := 0.0
	for j := i; j <= k.N-1; j++ {
		sum += product(pow(k.threeCSq(), j-i), RepairedEq28b(k, j, none, yMean2, y4, eMean2, yv))
	}
	return sum
}

// RepairedEq29bPast is 2 sum_{j<i} (2 Lf^2)^{i-j} E|delta_j|^2 + 2 E|E^{G_i}[delta_i]|^2, a bound
// of E|E^{G_i}[Y_i-y_i]|^2, i = 1..N, in the past reading, where all but delta_i is known.
func RepairedEq29bPast(k Const, i int, d2, dMean2 []float64) float64 {
	k.moments("repaired (29), unrolled", d2, dMean2)
	index("repaired (29), unrolled", i, 1, k.N)
	sum := product(2, dMean2[i])
	for j := 1; j < i; j++ {
		sum += product(2, pow(k.twoLfSq(), i-j), d2[j])
	}
	return sum
}

// RepairedEq31Past is 2 Cv^2 sum_{i<N} S_i ( 2 L1^2 E|E^{G_i}[Y_i-y_i]|^2 + L2^2 E|Y_i-y_i|^4 ) +
// 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|E^{H_{i+1}}[eps_{i+1}]|^2, (31) with L1 for C2, a bound of
// E|E_t[U-u]|^2 in the past and the literal reading, eps in the past one. Proof: PROOFS.md, (3.30).
func RepairedEq31Past(k Const, yMean2, y4, eMean2 []float64) float64 {
	k.moments("repaired (31)", yMean2, y4, eMean2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		at := product(4, k.CvSq(), k.L1, k.L1, yMean2[i]) + product(2, k.CvSq(), k.L2, k.L2, y4[i])
		sum += product(k.S(i), at)
		sum += product(Theorem2Eps(k, i+1), eMean2[i+1])
	}
	return sum
}

// RepairedEq31 is RepairedEq31Past and 4 L1^4 Cv^2 sum_{i<N} ( (i-1)^2 S_{i-1} +
// sum_{j=i+1..N-1} (j-1) S_{j-1} ) E|Y_i-y_i|^4 for products of errors, a bound of
// E|E_t[U-u]|^2 in the total reading of delta, eps in the past one. Proof: PROOFS.md, (3.15).
func RepairedEq31(k Const, yMean2, y4, eMean2 []float64) float64 {
	sum := RepairedEq31Past(k, yMean2, y4, eMean2)
	for i := 1; i <= k.N-1; i++ {
		sum += product(4, k.L1, k.L1, k.L1, k.L1, k.CvSq(), k.productsOfErrors(i), y4[i])
	}
	return sum
}
