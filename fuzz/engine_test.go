package fuzz

import (
	"testing"

	"github.com/cascade-sgd/cascade/props/conform"
)

// FuzzEngine: the reference engine passes the rules of the gate, on chains and numbers from
// bytes.
func FuzzEngine(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := conform.FuzzBytes(newReference, data); err != nil {
			t.Fatal(err)
		}
	})
}
