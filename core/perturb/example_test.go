package perturb_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// Rounding to bfloat16 at random: what it adds to 1 + 2^-9, a quarter of the way from 1 to
// the next number, with the probability of each.
func ExampleRound() {
	law := perturb.Round("bf16", true)
	state := []float64{1 + 0x1p-9}
	d := make([]float64, 1)
	for k := range law.Support(state, 0) {
		p := law.Outcome(d, state, 0, k)
		fmt.Println("adds", d[0], "with probability", p)
	}
	// Output:
	// adds -0.001953125 with probability 0.75
	// adds 0.005859375 with probability 0.25
}

// A law from data, as a saved case has it, and one draw for the state at step 0.
func ExampleNew() {
	law, err := perturb.New(perturb.Spec{
		Law: "intermittent", Every: 10, Inner: &perturb.Spec{Law: "topk", K: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	d := make([]float64, 3)
	law.Sample(d, []float64{3, -5, 1}, 0, rand.New(rand.NewPCG(1, 2)))
	fmt.Println("step 0:", d)
	law.Sample(d, []float64{3, -5, 1}, 1, rand.New(rand.NewPCG(1, 2)))
	fmt.Println("step 1:", d)

	_, err = perturb.New(perturb.Spec{Law: "uniform", From: 2, To: 1})
	fmt.Println(err)
	// Output:
	// step 0: [-3 0 -1]
	// step 1: [0 0 0]
	// perturb: law "uniform": from is 2, to is 1
}
