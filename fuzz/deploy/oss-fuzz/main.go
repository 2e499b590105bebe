//go:build libfuzzer

// Command oss-fuzz is an archive of entries for libFuzzer, one for each fuzz target of
// claims and for the decoders: build.sh compiles it once and links a binary for each. The
// bodies are those of the native targets. It is built with the tag libfuzzer alone.
package main

// #include <stddef.h>
// #include <stdint.h>
import "C"

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/report"
)

func main() {}

// input is what libFuzzer lends for the time of a call.
func input(data *C.uint8_t, size C.size_t) []byte {
	return slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(data)), int(size)))
}

// failer panics where a test fails, which libFuzzer takes for a crash, and returns where
// it skips.
type failer struct{}

type skipped struct{}

func (failer) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (failer) Skipf(string, ...any)              { panic(skipped{}) }

func try(body func()) C.int {
	defer func() {
		if p := recover(); p != nil && p != any(skipped{}) {
			panic(p)
		}
	}()
	body()
	return 0
}

// held are the claims of a target that are on record as holding.
var held = func() map[string][]claim.Claim {
	on, err := report.OnDisk()
	if err != nil {
		panic(err)
	}
	of := map[string][]claim.Claim{}
	for _, t := range props.Targets() {
		of[t.Name] = slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool {
			return !t.Owns(&c) || on[c.Name()].Verdict != claim.Holds
		})
	}
	return of
}()

func claims(target string, data *C.uint8_t, size C.size_t) C.int {
	return try(func() { props.Fuzz(failer{}, held[target], input(data, size)) })
}

//export FuzzPropagation
func FuzzPropagation(data *C.uint8_t, size C.size_t) C.int {
	return claims("FuzzPropagation", data, size)
}

//export FuzzBias
func FuzzBias(data *C.uint8_t, size C.size_t) C.int { return claims("FuzzBias", data, size) }

//export FuzzSpike
func FuzzSpike(data *C.uint8_t, size C.size_t) C.int { return claims("FuzzSpike", data, size) }

//export FuzzNodes
func FuzzNodes(data *C.uint8_t, size C.size_t) C.int { return claims("FuzzNodes", data, size) }

//export FuzzLinear
func FuzzLinear(data *C.uint8_t, size C.size_t) C.int { return claims("FuzzLinear", data, size) }

//export FuzzDescent
func FuzzDescent(data *C.uint8_t, size C.size_t) C.int { return claims("FuzzDescent", data, size) }

//export FuzzHorizon
func FuzzHorizon(data *C.uint8_t, size C.size_t) C.int { return claims("FuzzHorizon", data, size) }

//export FuzzCertificate
func FuzzCertificate(data *C.uint8_t, size C.size_t) C.int {
	return try(func() {
		if r, err := cert.Check(input(data, size)); err == nil && r.Verdict != cert.Refuted {
			panic("a certificate that is accepted and refutes nothing")
		}
	})
}

//export FuzzReport
func FuzzReport(data *C.uint8_t, size C.size_t) C.int {
	return try(func() {
		b := input(data, size)
		r, err := report.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if again, err := r.Marshal(); err != nil || !bytes.Equal(bytes.TrimSpace(b), bytes.TrimSpace(again)) {
			panic("a report that verify does not write is read")
		}
	})
}

//export FuzzRequest
func FuzzRequest(data *C.uint8_t, size C.size_t) C.int {
	return try(func() {
		r, err := conform.ParseRequest(bytes.NewReader(input(data, size)))
		if err != nil {
			return
		}
		if _, err := conform.NewReference().Step(r); err != nil {
			panic("the reference engine refuses what was read: " + err.Error())
		}
	})
}

//export FuzzEngine
func FuzzEngine(data *C.uint8_t, size C.size_t) C.int {
	return try(func() {
		reference := func() (conform.Engine, error) { return conform.NewReference(), nil }
		if _, err := conform.FuzzBytes(reference, input(data, size)); err != nil {
			panic(err)
		}
	})
}
