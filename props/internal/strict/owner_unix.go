//go:build unix

package strict

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives f the owner of old where the system allows that; else it belongs to
// who wrote it.
func keepOwner(f *os.File, old fs.FileInfo) {
	if s, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(s.Uid), int(s.Gid))
	}
}
