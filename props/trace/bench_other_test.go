//go:build !unix

package trace

import "testing"

// cpu reports nothing here.
func cpu(b *testing.B) func() {
	b.ResetTimer()
	return func() {}
}
