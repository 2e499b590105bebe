package spikes_test

import (
	"fmt"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/internal/experiment/spikes"
)

// A spike of |U-u| = 3 at a gap of 0.01: when is the gap back under 0.05, and how
// far apart must such spikes be for that?
func ExampleRecursion_Steps() {
	r := spikes.Printed(bounds.Smooth{L: 2, Mu: 0.5, Gamma: 0.1}, false)
	peak := r.After(0.01, 3)
	fmt.Printf("peak %.4f\n", peak)
	fmt.Println("steps", r.Steps(peak, 0.05))
	fmt.Println("spacing", r.MinSpacing(0.05, 3))
	fmt.Println("one step sooner:", spikes.NewTrain(r, 3, r.MinSpacing(0.05, 3)-1).Before() <= 0.05)
	// Output:
	// peak 0.6398
	// steps 152
	// spacing 157
	// one step sooner: false
}
