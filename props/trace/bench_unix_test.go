//go:build unix

package trace

import (
	"syscall"
	"testing"
	"time"
)

// cpu reports the time that the processor took, on machines that others use as well.
func cpu(b *testing.B) func() {
	used := func() time.Duration {
		var r syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
			return 0
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	start := used()
	b.ResetTimer()
	return func() { b.ReportMetric(float64(used()-start)/float64(b.N), "cpu-ns/op") }
}
