package fuzz

import (
	"os"
	"testing"

	"github.com/cascade-sgd/cascade/props/trace"
)

// aTrace is a record as lines: one step of two operators.
const aTrace = `{"version":1,"engine":"hand","chain":[{"op":"affine","in":2,"out":2},{"op":"softmaxce","n":2}],` +
	`"precision":"float64","samples":1,"reg":{"kind":"none"}}
{"step":0,"gamma":0.1,"x":[[1,-2]],"label":[1],"w":[[0.5,0,0,0.25,0,1],[]],` +
	`"Y":[[[0.5,0.5]],[[0.6931471805599453]]],"V":[[[0.5,-0.5]]]}
`

// FuzzTrace: any bytes are refused with a reason, or are a recorded run with a verdict.
func FuzzTrace(f *testing.F) {
	f.Add([]byte(aTrace))
	npz, err := os.ReadFile("../props/trace/testdata/numpy.npz")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(npz)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := trace.FuzzBytes(data); err != nil {
			t.Fatal(err)
		}
	})
}
