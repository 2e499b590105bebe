//go:build !amd64

package vector

func slopesFast(_, _ []float64) (done int)                               { return 0 }
func twoSlopesFast(_, _, _ []float64, _ float64) (done int)              { return 0 }
func combineFast(_, _, _ []float64) (done int)                           { return 0 }
func sumsFast(_ *[2 * Rows]float64, _, _ []float64, _ int) bool          { return false }
func twoSumsFast(_ *[2][2 * Rows]float64, _, _, _ []float64, _ int) bool { return false }
func addOuterFast(_, _, _ []float64, _ float64) (done int)               { return 0 }
