package fuzz

import (
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/props"
)

// BenchmarkExecution is one input of a target, without instrumentation: random bytes, of
// which some are too dear or say nothing, as in a campaign.
func BenchmarkExecution(b *testing.B) {
	for _, t := range targets {
		claims, err := aim(t, "")
		if err != nil {
			b.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		inputs := make([][]byte, 256)
		for k := range inputs {
			inputs[k] = random(rng, 100)
		}
		b.Run(t.Name, func(b *testing.B) {
			for k := 0; b.Loop(); k++ {
				try(func(t props.Failer) { props.Fuzz(t, claims, inputs[k%len(inputs)]) })
			}
		})
	}
}
