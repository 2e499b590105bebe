package bounds

// Theorem1Delta is Ce_d[i] = 4 Cv^2 L1^2 sum_{j=i..N-1} S_j (2 Lf^2)^{j-i},
// i = 1..N-1. It implements (21).
func Theorem1Delta(k Const, i int) float64 {
	k.check()
	index("Ce_d", i, 1, k.N-1)
	return product(4, k.CvSq(), k.L1, k.L1, k.weightedS(i, k.twoLfSq()))
}

// Theorem1Eps is Ce_e[i] = sum_{j=1..i-1} (3C^2)^j, the coefficient of
// E|eps_i|^2, i = 2..N. It implements (21), which has it at i+1.
func Theorem1Eps(k Const, i int) float64 {
	k.check()
	index("Ce_e", i, 2, k.N)
	return geometric(k.threeCSq(), 1, i-1)
}

// Theorem1 is sum_{i=1..N-1} Ce_d[i] E|delta_i|^2 + sum_{i=1..N-1} Ce_e[i+1]
// E|eps_{i+1}|^2, the bound of E|U-u|^2. It implements Theorem 1, (13).
func Theorem1(k Const, d2, e2 []float64) float64 {
	k.moments("(13)", d2, e2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(Theorem1Delta(k, i), d2[i])
		sum += product(Theorem1Eps(k, i+1), e2[i+1])
	}
	return sum
}

// Eq14a is L1^2 E|Y_{N-1}-y_{N-1}|^2, the bound of E|U_N-u_N|^2. It
// implements the first inequality of (14).
func Eq14a(k Const, y2 []float64) float64 {
	k.moments("(14)", y2)
	return product(k.L1, k.L1, y2[k.N-1])
}

// Eq14b is 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^2, printed as a bound of Eq14a. It
// implements the second inequality of (14), with L2 as printed.
func Eq14b(k Const, y2 []float64) float64 {
	k.moments("(14)", y2)
	return product(2, k.CvSq(), k.L2, k.L2, y2[k.N-1])
}

// Eq14bRepaired is Eq14b with L1 for L2: Cv >= 1 makes it a bound of Eq14a.
func Eq14bRepaired(k Const, y2 []float64) float64 {
	k.moments("(14)", y2)
	return product(2, k.CvSq(), k.L1, k.L1, y2[k.N-1])
}

// Eq15 is 2C^2 E|V_i-v_i|^2 + 2 Cv^2 L1^2 E|Y_{i-1}-y_{i-1}|^2, the bound of
// E|U_i-u_i|^2 for i < N. It implements (15).
func Eq15(k Const, i int, v2, y2 []float64) float64 {
	k.moments("(15)", v2, y2)
	index("(15)", i, 1, k.N-1)
	return product(2, k.C, k.C, v2[i]) + product(2, k.CvSq(), k.L1, k.L1, y2[i-1])
}

// Eq16 is 2C^2 sum_{i<N} E|V_i-v_i|^2 + 2 Cv^2 L1^2 sum_{i<N} E|Y_i-y_i|^2, the
// bound of E|U-u|^2. It implements (16).
func Eq16(k Const, v2, y2 []float64) float64 {
	k.moments("(16)", v2, y2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(2, k.C, k.C, v2[i]) + product(2, k.CvSq(), k.L1, k.L1, y2[i])
	}
	return sum
}

// Eq17a is 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2 + 3 E|eps_{i+1}|^2,
// the bound of E|V_i-v_i|^2, i < N. It implements the first inequality of (17).
func Eq17a(k Const, i int, v2, y2, e2 []float64) float64 {
	k.moments("(17)", v2, y2, e2)
	index("(17)", i, 1, k.N-1)
	return product(3, k.C, k.C, v2[i+1]) + product(3, k.CvSq(), k.L1, k.L1, y2[i]) + product(3, e2[i+1])
}

// Eq17b is 3 Cv^2 L1^2 sum_{j=i..N-1} (3C^2)^{j-i} E|Y_j-y_j|^2
// + 3 sum_{j=i..N-1} (3C^2)^{j-i} E|eps_{j+1}|^2, the bound of Eq17a. It
// implements the second inequality of (17).
func Eq17b(k Const, i int, y2, e2 []float64) float64 {
	k.moments("(17)", y2, e2)
	index("(17)", i, 1, k.N-1)
	sum := 0.0
	for j := i; j <= k.N-1; j++ {
		q := pow(k.threeCSq(), j-i)
		sum += product(3, k.CvSq(), k.L1, k.L1, q, y2[j]) + product(3, q, e2[j+1])
	}
	return sum
}

// Eq18a is 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 + 2 E|delta_i|^2, the bound of
// E|Y_i-y_i|^2. It implements the first inequality of (18).
func Eq18a(k Const, i int, y2, d2 []float64) float64 {
	k.moments("(18)", y2, d2)
	index("(18)", i, 1, k.N)
	return product(2, k.Lf, k.Lf, y2[i-1]) + product(2, d2[i])
}

// Eq18b is 2 sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2, the bound of Eq18a. It
// implements the second inequality of (18).
func Eq18b(k Const, i int, d2 []float64) float64 {
	k.moments("(18)", d2)
	index("(18)", i, 1, k.N)
	sum := 0.0
	for j := 1; j <= i; j++ {
		sum += product(2, pow(k.twoLfSq(), i-j), d2[j])
	}
	return sum
}

// Eq19 is 2 Cv^2 L1^2 sum_{i<N} S_i E|Y_i-y_i|^2
// + 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2, the bound of E|U-u|^2.
// It implements (19).
func Eq19(k Const, y2, e2 []float64) float64 {
	k.moments("(19)", y2, e2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(2, k.CvSq(), k.L1, k.L1, k.S(i), y2[i])
		sum += product(2, geometric(k.threeCSq(), 1, i), e2[i+1])
	}
	return sum
}

// Eq20 is (18) put into (19): 4 Cv^2 L1^2 sum_{i<N} S_i sum_{j=1..i}
// (2Lf^2)^{i-j} E|delta_j|^2 + sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2,
// without the factor 2 that (19) has before its second sum. It implements (20).
func Eq20(k Const, d2, e2 []float64) float64 {
	k.moments("(20)", d2, e2)
	sum := 0.0
	for i := 1; i <= k.N-1; i++ {
		sum += product(2, k.CvSq(), k.L1, k.L1, k.S(i), Eq18b(k, i, d2))
		sum += product(geometric(k.threeCSq(), 1, i), e2[i+1])
	}
	return sum
}

// Eq30a is 8 Lf^4 E|Y_{i-1}-y_{i-1}|^4 + 8 E|delta_i|^4, the bound of
// E|Y_i-y_i|^4. It implements the first inequality of (30).
func Eq30a(k Const, i int, y4, d4 []float64) float64 {
	k.moments("(30)", y4, d4)
	index("(30)", i, 1, k.N)
	return product(k.eightLf4(), y4[i-1]) + product(8, d4[i])
}

// Eq30b is 8 sum_{j=1..i} (8Lf^4)^{i-j} E|delta_j|^4, the bound of Eq30a. It
// implements the second inequality of (30).
func Eq30b(k Const, i int, d4 []float64) float64 {
	k.moments("(30)", d4)
	index("(30)", i, 1, k.N)
	sum := 0.0
	for j := 1; j <= i; j++ {
		sum += product(8, pow(k.eightLf4(), i-j), d4[j])
	}
	return sum
}

func (k Const) twoLfSq() float64 { return product(2, k.Lf, k.Lf) }
