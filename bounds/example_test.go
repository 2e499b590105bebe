package bounds_test

import (
	"fmt"

	"github.com/cascade-sgd/cascade/bounds"
)

// Theorem 1 as printed and its sharp form, for two operators with all constants 1 and an
// error of size 1 in delta_1.
func ExampleTheorem1() {
	k := bounds.Const{N: 2, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}
	d2 := []float64{0, 1, 0} // E|delta_i|^2, i = 1..2
	e2 := []float64{0, 0, 0} // E|eps_2|^2
	fmt.Println("printed:", bounds.Theorem1(k, d2, e2))
	fmt.Printf("sharp:   %.4g\n", bounds.SharpTheorem1(k, d2, e2))
	fmt.Println("delta_1 costs", bounds.Theorem1Delta(k, 1), "times its square")
	// Output:
	// printed: 16
	// sharp:   1
	// delta_1 costs 16 times its square
}

// What Theorem 3 promises for 1000 steps without and with errors of the gradient.
func ExampleTheorem3() {
	s := bounds.Smooth{L: 1, Gamma: 0.125, SigmaSq: 0.25}
	const d0, steps = 1, 1000
	fmt.Println("exact passes:   ", bounds.Theorem3(s, d0, steps, 0, 0))
	// At every step E|U-u|^2 = 0.01, and E[U-u] = 0 or of size 0.1.
	fmt.Println("unbiased errors:", bounds.Theorem3(s, d0, steps, steps*0.01, 0))
	fmt.Println("biased errors:  ", bounds.Theorem3(s, d0, steps, steps*0.01, steps*0.01))
	// Output:
	// exact passes:    0.2355
	// unbiased errors: 0.243
	// biased errors:   0.273
}
