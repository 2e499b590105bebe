package bounds

// Lemma2 is 2 C2^2 |E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + L2^2 E^{G_{i-1}}|Y_{i-1}-y_{i-1}|^4,
// the bound of |E^{G_{i-1}}[J2_i(Y_{i-1},w_i) - J2_i(y_{i-1},w_i)]|^2. mean2 is
// the squared norm of the mean, fourth the fourth moment, for the one i meant. It
// implements Lemma 2, (22).
func Lemma2(k Const, mean2, fourth float64) float64 {
	k.check()
	return product(2, k.C2, k.C2, mean2) + product(k.L2, k.L2, fourth)
}

// RepairedLemma2 is 2 L1^2 |E[Y_{i-1}-y_{i-1}]|^2 + L2^2 E|Y_{i-1}-y_{i-1}|^4: Lemma
// 2 with L1, which bounds |H h|_F/|h| for H = grad^2_21 f_i, where (22) has C2,
// which bounds it for d_i = 1 only. It holds given any sigma-field that knows x.
// It bounds J1_i as well, which (28) needs and (22) does not say. Proof: PROOFS.md, (3.1).
func RepairedLemma2(k Const, mean2, fourth float64) float64 {
	k.check()
	return product(2, k.L1, k.L1, mean2) + product(k.L2, k.L2, fourth)
}
