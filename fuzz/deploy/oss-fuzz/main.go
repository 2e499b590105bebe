//go:build libfuzzer

// Command oss-fuzz is an archive of entries for libFuzzer, one for each native fuzz target:
// build.sh compiles it once and links a binary for each. The bodies are those of package
// fuzz, whose tests hold the list of entries against its own. It is built with the tag
// libfuzzer alone.
package main

// #include <stddef.h>
// #include <stdint.h>
import "C"

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/cascade-sgd/cascade/fuzz"
)

func main() {}

// bodies are those that were asked for; a binary has one.
var bodies sync.Map

// run panics where the target fails, which libFuzzer takes for a crash.
func run(target string, data *C.uint8_t, size C.size_t) C.int {
	body, ok := bodies.Load(target)
	if !ok {
		made, err := fuzz.Body(target)
		if err != nil {
			panic(err)
		}
		body, _ = bodies.LoadOrStore(target, made)
	}
	// What libFuzzer lends for the time of a call.
	input := slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(data)), int(size)))
	if err := body.(func([]byte) error)(input); err != nil {
		panic(err)
	}
	return 0
}

//export FuzzPropagation
func FuzzPropagation(d *C.uint8_t, n C.size_t) C.int { return run("FuzzPropagation", d, n) }

//export FuzzBias
func FuzzBias(d *C.uint8_t, n C.size_t) C.int { return run("FuzzBias", d, n) }

//export FuzzSpike
func FuzzSpike(d *C.uint8_t, n C.size_t) C.int { return run("FuzzSpike", d, n) }

//export FuzzNodes
func FuzzNodes(d *C.uint8_t, n C.size_t) C.int { return run("FuzzNodes", d, n) }

//export FuzzLinear
func FuzzLinear(d *C.uint8_t, n C.size_t) C.int { return run("FuzzLinear", d, n) }

//export FuzzDescent
func FuzzDescent(d *C.uint8_t, n C.size_t) C.int { return run("FuzzDescent", d, n) }

//export FuzzHorizon
func FuzzHorizon(d *C.uint8_t, n C.size_t) C.int { return run("FuzzHorizon", d, n) }

//export FuzzCertificate
func FuzzCertificate(d *C.uint8_t, n C.size_t) C.int { return run("FuzzCertificate", d, n) }

//export FuzzSaved
func FuzzSaved(d *C.uint8_t, n C.size_t) C.int { return run("FuzzSaved", d, n) }

//export FuzzReport
func FuzzReport(d *C.uint8_t, n C.size_t) C.int { return run("FuzzReport", d, n) }

//export FuzzRequest
func FuzzRequest(d *C.uint8_t, n C.size_t) C.int { return run("FuzzRequest", d, n) }

//export FuzzReply
func FuzzReply(d *C.uint8_t, n C.size_t) C.int { return run("FuzzReply", d, n) }

//export FuzzServe
func FuzzServe(d *C.uint8_t, n C.size_t) C.int { return run("FuzzServe", d, n) }

//export FuzzData
func FuzzData(d *C.uint8_t, n C.size_t) C.int { return run("FuzzData", d, n) }

//export FuzzTrace
func FuzzTrace(d *C.uint8_t, n C.size_t) C.int { return run("FuzzTrace", d, n) }

//export FuzzEngine
func FuzzEngine(d *C.uint8_t, n C.size_t) C.int { return run("FuzzEngine", d, n) }
