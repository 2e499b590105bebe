package core

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // numbers of thousands of bits are soon thrown away
	os.Exit(m.Run())
}
