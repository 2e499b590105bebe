package trace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// oneSample is an objective of one sample.
type oneSample struct{ c *core.Chain }

func (o oneSample) Len() int                            { return 1 }
func (o oneSample) Sample(int) (*core.Chain, []float64) { return o.c, []float64{3} }

// TestRecorderRefusesZeta: a record has no place for what the backward pass read, so a Recorder
// does not leave it out, and takes the same Perturber without it.
func TestRecorderRefusesZeta(t *testing.T) {
	c, err := core.NewChain(core.Bias(1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	b := core.NewBatch(c, 1)
	b.Load(oneSample{c}, nil)
	pass := func(g *core.Given) (said string) {
		defer func() { said = fmt.Sprint(recover()) }()
		new(Recorder).Pass(c, b, []float64{1}, func(int, int) core.Perturber { return g })
		return ""
	}
	if said := pass(&core.Given{DeltaAt: [][]float64{1: {1}}}); said != "<nil>" {
		t.Errorf("without zeta: %s", said)
	}
	if said := pass(&core.Given{ZetaAt: [][]float64{2: {1}}}); !strings.Contains(said, "a Batch has no room for zeta") {
		t.Errorf("with zeta: %s", said)
	}
}
