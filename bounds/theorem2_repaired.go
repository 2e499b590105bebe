package bounds

// Repaired forms of Theorem 2 and its steps; the proofs are in PROOFS.md,
// section 3. Four steps need none, being true as printed: (24) in every reading,
// (26) in the literal and the past one, (29) and (32) in the literal and the
// total one.

// RepairedEq28b is a bound of E|E[V_i-v_i|x]|^2, i < N, in the total reading:
//
//	3C^2 E|E[V_{i+1}-v_{i+1}|x]|^2 + 6 Cv^2 L1^2 E|E[Y_i-y_i|x]|^2 + 3 Cv^2 L2^2 E|Y_i-y_i|^4
//	+ 3 E|E[eps_{i+1}|x]|^2 + 12 L1^2 yv[i],    yv[i] = E |Y_i-y_i|^2 |V_{i+1}-v_{i+1}|^2
//
// It is (28) with L1 for C2, grad^2_11 meant, the fourth moment of Y_i, and the
// product of errors that (28) leaves out.
func RepairedEq28b(k Const, i int, vMean2, yMean2, y4, eMean2, yv []float64) float64 {
	k.moments("repaired (28)", vMean2, yMean2, y4, eMean2, yv)
	index("repaired (28)", i, 1, k.N-1)
	return product(3, k.C, k.C, vMean2[i+1]) +
		product(6, k.CvSq(), k.L1, k.L1, yMean2[i]) +
		product(3, k.CvSq(), k.L2, k.L2, y4[i]) +
		product(3, eMean2[i+1]) +
		product(12, k.L1, k.L1, yv[i])
}

// RepairedEq28Past is 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2
// + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2, a bound of E|E^{H_i}[V_i-v_i]|^2, i < N, in the past
// reading: there V_{i+1} and Y_i are known, so that only eps_{i+1} is averaged.
func RepairedEq28Past(k Const, i int, v2, y2, eMean2 []float64) float64 {
	return Eq17a(k, i, v2, y2, eMean2)
}

// RepairedEq29Past is 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 + 2 E|E^{G_i}[delta_i]|^2, a bound of
// E|E^{G_i}[Y_i-y_i]|^2, i = 1..N, in the past reading: there Y_{i-1} is known, so
// that only delta_i is averaged.
func RepairedEq29Past(k Const, i int, y2, dMean2 []float64) float64 {
	return Eq18a(k, i, y2, dMean2)
}

// RepairedDeltaMean is 8 L1^2 Cv^2 sum_{j=i..N-1} S_j (4C^2)^{j-i}: Cb_d[i] of (33)
// with L1 for L2 (the step (32) has C2 there).
func RepairedDeltaMean(k Const, i int) float64 {
	k.check()
	index("repaired Cb_d", i, 1, k.N-1)
	return product(8, k.L1, k.L1, k.CvSq(), k.weightedS(i, k.fourCSq()))
}

// RepairedCy is Cy[i] of (33) with L1 for C2, and with what the products
// |Y_j-y_j| |Y_i-y_i| of errors add, i = 1..N-1:
//
//	8 L1^4 Cv^2 sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} + 2 L2^2 Cv^2 S_i
//	+ 4 L1^4 Cv^2 ( (i-1)^2 S_{i-1} + sum_{j=i+1..N-1} (j-1) S_{j-1} )
func RepairedCy(k Const, i int) float64 {
	return RepairedCyPast(k, i) + product(4, k.L1, k.L1, k.L1, k.L1, k.CvSq(), k.productsOfErrors(i))
}

// productsOfErrors is (i-1)^2 S_{i-1} + sum_{j=i+1..N-1} (j-1) S_{j-1}.
func (k Const) productsOfErrors(i int) float64 {
	sum := product(float64(i-1), float64(i-1), k.S(i-1))
	for j := i + 1; j <= k.N-1; j++ {
		sum += product(float64(j-1), k.S(j-1))
	}
	return sum
}

// RepairedDelta4 is 8 sum_{j=i..N-1} RepairedCy[j] (8 Lf^4)^{j-i}, i = 1..N-1.
func RepairedDelta4(k Const, i int) float64 {
	k.check()
	index("repaired Ct_d", i, 1, k.N-1)
	return k.delta4(RepairedCy, i)
}

// RepairedTheorem2 bounds E|E_t[U-u]|^2 by sum_{i<N} RepairedDeltaMean[i]
// E|E[delta_i]|^2 + sum_{i<N} RepairedDelta4[i] E|delta_i|^4 + sum_{i<N} Cb_e[i+1]
// E|E[eps_{i+1}]|^2 with Cb_e as printed. delta_i is averaged in any reading, eps_{i+1}
// given the forward pass and V_N..V_{i+1} (past or literal). Laws may depend on
// everything computed before. For d4 the smaller E_x(E[|delta_i|^2 | x]^2) will do, and
// the list of claims has it. RepairedTheorem2Past is smaller where it holds.
// Proof: PROOFS.md, (3.17) and (3.24).
func RepairedTheorem2(k Const, dMean2, d4, eMean2 []float64) float64 {
	k.moments("repaired (23)", dMean2, d4, eMean2)
	return k.repairedBias(RepairedCy, dMean2, d4, eMean2)
}

// RepairedCyPast is RepairedCy without the products of errors, so Cy[i] of (33) with L1
// for C2, i = 1..N-1:
//
//	8 L1^4 Cv^2 sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} + 2 L2^2 Cv^2 S_i
func RepairedCyPast(k Const, i int) float64 {
	k.check()
	index("repaired Cy", i, 1, k.N-1)
	return product(8, k.L1, k.L1, k.L1, k.L1, k.CvSq(), k.weightedS(i+1, k.fourCSq())) +
		product(2, k.L2, k.L2, k.CvSq(), k.S(i))
}

// RepairedDelta4Past is 8 sum_{j=i..N-1} RepairedCyPast[j] (8 Lf^4)^{j-i}, i = 1..N-1.
func RepairedDelta4Past(k Const, i int) float64 {
	k.check()
	index("repaired Ct_d", i, 1, k.N-1)
	return k.delta4(RepairedCyPast, i)
}

// RepairedTheorem2Past is, for delta_i and eps_{i+1} averaged in the past or the literal
// reading,
//
//	sum_{i<N} RepairedDeltaMean[i] E|E[delta_i]|^2 + sum_{i<N} RepairedDelta4Past[i] E_x(E[|delta_i|^2 | x]^2)
//	+ sum_{i<N} Cb_e[i+1] E|E[eps_{i+1}]|^2
//
// a bound of E|E_t[U-u]|^2: Theorem 2 as printed but for L1 in place of C2, and of L2 in
// Cb_d, and with second moments of delta_i given x, d22[i], where fourth moments are
// printed. In the total reading it is false, see PROOFS.md, section 3.4. Proof: PROOFS.md,
// section 3.5.
func RepairedTheorem2Past(k Const, dMean2, d22, eMean2 []float64) float64 {
	k.moments("repaired (23), past", dMean2, d22, eMean2)
	return k.repairedBias(RepairedCyPast, dMean2, d22, eMean2)
}

// ConjecturedTheorem2 is RepairedTheorem2Past with the fourth moments d4[i] =
// E|delta_i|^4, which are at least E_x(E[|delta_i|^2 | x]^2). Its name is from before
// the proof.
//
// Deprecated: use RepairedTheorem2Past.
func ConjecturedTheorem2(k Const, dMean2, d4, eMean2 []float64) float64 {
	return RepairedTheorem2Past(k, dMean2, d4, eMean2)
}

func (k Const) repairedBias(cy func(Const, int) float64, dMean2, fourth, eMean2 []float64) float64 {
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(RepairedDeltaMean(k, i), dMean2[i])
		sum += product(k.delta4(cy, i), fourth[i])
		sum += product(Theorem2Eps(k, i+1), eMean2[i+1])
	}
	return sum
}
