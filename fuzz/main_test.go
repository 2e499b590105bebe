package fuzz

import (
	"os"
	"runtime/debug"
	"testing"
)

// collectAt is the garbage collector's percentage where GOGC does not set one, as in the
// command: an execution keeps little alive, and a fifth of its time went into collections.
const collectAt = 400

func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	os.Exit(m.Run())
}
