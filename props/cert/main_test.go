package cert_test

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // as verify has it: what is measured is soon thrown away
	os.Exit(m.Run())
}
