package bounds

import "math"

// Theorem4 is Theorem3 with the right sides of (13) and (23), summed over t, for
// the sums of E|U-u|^2 and E|E_t[U-u]|^2. It implements Theorem 4, (37).
func Theorem4(s Smooth, d0 float64, steps int, thm1, thm2 float64) float64 {
	return Theorem3(s, d0, steps, thm1, thm2)
}

// SharpTheorem4 is SharpTheorem3 with sums over t of bounds of E|U-u|^2 and of
// E|E_t[U-u]|^2, such as SharpTheorem1 and RepairedTheorem2Past or, with constants of each
// operator, SharpTheorem1PerOp and SharpTheorem2PerOp. The mean is at most what is
// averaged, so the smaller of the two stands for the second; see PROOFS.md, (4.11).
func SharpTheorem4(s Smooth, d0 float64, steps int, thm1, thm2 float64) float64 {
	return SharpTheorem3(s, d0, steps, thm1, math.Min(thm1, thm2))
}
