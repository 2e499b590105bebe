package trace

import (
	"path/filepath"
	"testing"
)

// TestLongRecord writes a long record where -record says so, to measure the judge's time and memory on:
// 20 steps of the six-layer network on the digits, again and again.
func TestLongRecord(t *testing.T) {
	if *recordTo == "" {
		t.Skip("-record is not set")
	}
	s, steps := kept20(t)
	w, err := Create(filepath.Join(*recordTo, "long"), s.run)
	if err != nil {
		t.Fatal(err)
	}
	for k := range *recordSteps {
		st := steps[k%len(steps)]
		st.T = k
		if err := w.Write(&st); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
