package bounds

// Lemma2 is 2 C2^2 |E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + L2^2 E^{G_{i-1}}|Y_{i-1}-y_{i-1}|^4,
// the bound of |E^{G_{i-1}}[J2_i(Y_{i-1},w_i) - J2_i(y_{i-1},w_i)]|^2. mean2 is
// the squared norm of the mean, four the fourth moment, for the one i meant. It
// implements Lemma 2, (22).
func Lemma2(k Const, mean2, four float64) float64 {
	k.check()
	return product(2, k.C2, k.C2, mean2) + product(k.L2, k.L2, four)
}
