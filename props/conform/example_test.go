package conform_test

import (
	"errors"
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
)

// forgetful is an engine that drops the regularizer.
type forgetful struct{ conform.Engine }

func (f forgetful) Step(req *conform.Request) (*conform.Reply, error) {
	r := *req
	r.Reg = core.Regularizer{}
	return f.Engine.Step(&r)
}

func newForgetful() (conform.Engine, error) { return forgetful{conform.NewReference()}, nil }

func ExampleCheck() {
	err := conform.Check(newForgetful, nil)
	var v *conform.Violation
	if errors.As(err, &v) {
		fmt.Println(v.Rule, v.Kind, v.Equation, v.Part)
		again := conform.Replay(newForgetful, v.Request, nil)
		fmt.Println("replayed:", errors.As(again, &v), v.Rule)
	}
	// Output:
	// operators wrong (5d) the step with its regularizer
	// replayed: true replay
}

func ExampleRun() {
	report := conform.Run(newForgetful, &conform.Options{Seed: 7, Ops: []string{"affine", "tanh", "halfsq"},
		Rules: []string{"step", "trace", "batch"}})
	for _, v := range report.Findings {
		fmt.Println(v.Part, "is wrong,", v.Equation, "in rules", v.Rules)
	}
	fmt.Println("skipped:", report.Skipped())
	// Output:
	// the step with its regularizer is wrong, (5d) in rules [step]
	// skipped: [trace batch]
}
