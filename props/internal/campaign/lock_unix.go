//go:build unix

package campaign

import (
	"os"
	"syscall"
)

// lock keeps a second campaign away until the file is closed, or its process is gone.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
