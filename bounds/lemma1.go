package bounds

// Lemma1 is Cv^2, the bound of |v_i|^2 for i = 1..N. It implements Lemma 1.
func Lemma1(k Const) float64 { return k.CvSq() }

// Eq12 is C^{2(N-i)}, the bound of |v_i|^2. It implements (12).
func Eq12(k Const, i int) float64 {
	k.check()
	index("(12)", i, 1, k.N)
	return pow(k.C, 2*(k.N-i))
}
