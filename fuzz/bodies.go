package fuzz

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/trace"
)

// Decoder is a fuzz target of what comes from outside. Body has a refusal, nil where the
// data are what the target decodes, and an error: what is wrong with the refusal or with
// what was accepted.
type Decoder struct {
	Name string
	Body func(data []byte) (refusal, err error)
}

// Decoders are the targets of what comes from outside; those of claims are props.Targets.
func Decoders() []Decoder {
	return []Decoder{
		{"FuzzCertificate", cert.FuzzBytes},
		{"FuzzSaved", saved},
		{"FuzzReport", report.FuzzBytes},
		{"FuzzRequest", wire.FuzzRequest},
		{"FuzzReply", wire.FuzzReply},
		{"FuzzServe", wire.FuzzServe},
		{"FuzzData", problem.FuzzBytes},
		{"FuzzTrace", trace.FuzzBytes},
		{"FuzzEngine", engine},
	}
}

// Body is that of any target, of claims or of what comes from outside, for a fuzzer that is
// not Go's: the error is what is wrong. A name of no target is an error at once.
func Body(name string) (func(data []byte) error, error) {
	for _, d := range Decoders() {
		if d.Name == name {
			return func(data []byte) error { _, err := d.Body(data); return err }, nil
		}
	}
	for _, row := range props.Targets() {
		if row.Name != name {
			continue
		}
		claims, err := held(row)
		if err != nil {
			return nil, err
		}
		return func(data []byte) error {
			return until(func(t props.Failer) { props.Fuzz(t, claims, data) })
		}, nil
	}
	return nil, fmt.Errorf("fuzz: no target %q", name)
}

// held are the claims of a target that are on record as holding.
func held(row props.Target) ([]claim.Claim, error) {
	on, err := report.OnDisk()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool {
		return !row.Owns(&c) || on[c.Name()].Verdict != claim.Holds
	}), nil
}

var allHeld = sync.OnceValues(func() (hold []claim.Claim, err error) {
	for _, row := range props.Targets() {
		claims, err := held(row)
		if err != nil {
			return nil, err
		}
		hold = append(hold, claims...)
	}
	return hold, nil
})

func saved(data []byte) (refusal, err error) {
	hold, err := allHeld()
	if err != nil {
		return nil, err
	}
	err = until(func(t props.Failer) { refusal = props.FuzzSaved(t, hold, data) })
	return refusal, err
}

func engine(data []byte) (refusal, err error) {
	reference := func() (conform.Engine, error) { return conform.NewReference(), nil }
	asked, err := conform.FuzzBytes(reference, data)
	if asked == 0 {
		refusal = errors.New("no case that fits the engine")
	}
	return refusal, err
}

// failer ends a body as a test ends, by a panic that until takes.
type failer struct{}

type (
	failed  struct{ error }
	skipped struct{}
)

func (failer) Fatalf(format string, args ...any) { panic(failed{fmt.Errorf(format, args...)}) }
func (failer) Skipf(string, ...any)              { panic(skipped{}) }

// until is why a body fails, nil where it ends or skips.
func until(body func(t props.Failer)) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil, skipped:
		case failed:
			err = p.error
		default:
			panic(p)
		}
	}()
	body(failer{})
	return nil
}
