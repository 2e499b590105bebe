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
		fmt.Println(v.Rule, v.Kind, v.Quantity)
		again := conform.Replay(newForgetful, v.Request, nil)
		fmt.Println("replayed:", errors.As(again, &v), v.Rule)
	}
	// Output:
	// step wrong W
	// replayed: true replay
}

func ExampleRun() {
	report := conform.Run(newForgetful, &conform.Options{Seed: 7, Ops: []string{"affine", "tanh", "halfsq"}})
	for _, o := range report.Outcomes {
		if o.Violations != nil {
			fmt.Println(o.Rule, "failed:", o.Requests > 0)
		}
	}
	fmt.Println("skipped:", report.Skipped())
	// Output:
	// step failed: true
	// skipped: [trace]
}
