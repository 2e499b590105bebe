package report

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // as verify has it: what is measured is soon thrown away
	os.Exit(m.Run())
}
