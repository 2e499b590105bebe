package conform_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"

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

// rounded is an engine whose library was updated: its loss is a unit higher.
type rounded struct{ conform.Engine }

func (r rounded) Step(req *conform.Request) (*conform.Reply, error) {
	reply, err := r.Engine.Step(req)
	if err == nil && req.Chain[len(req.Chain)-1].Op == "softmaxce" {
		reply.Loss = math.Nextafter(reply.Loss, math.Inf(1))
	}
	return reply, err
}

func ExampleCompare() {
	old := func() (conform.Engine, error) { return conform.NewReference(), nil }
	updated := func() (conform.Engine, error) { return rounded{conform.NewReference()}, nil }
	opt := &conform.Options{Rules: []string{"operators"}}

	recorder := conform.NewRecorder(old, opt)
	conform.Run(recorder.Engine, opt)
	var file bytes.Buffer
	if err := recorder.Write(&file); err != nil {
		panic(err)
	}

	before, err := conform.ReadRecording(&file) // when the old build is no more there
	if err != nil {
		panic(err)
	}
	c, err := conform.Compare(before.Engine, updated, before.Options())
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Verdict, "in", c.First.Op, c.First.Quantity, c.Largest.Share < 0.5)
	// Output:
	// drift inside the envelope in softmaxce loss true
}
