//go:build !unix

package strict

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: these systems have no owner that os.Rename changes.
func keepOwner(*os.File, fs.FileInfo) {}
