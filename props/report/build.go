package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"sync"
)

// Build says which program a report comes from: shards of one search need the same one.
type Build struct {
	Executable string `json:"executable"`         // SHA-256 of the file in hex, "" where it cannot be read
	Go         string `json:"go"`                 // version of the compiler
	Revision   string `json:"revision,omitempty"` // of the sources, where the build knows
	Modified   bool   `json:"modified,omitempty"` // the sources had changes that were not committed
}

// ThisBuild is the build of the running program.
var ThisBuild = sync.OnceValue(func() Build {
	b := Build{Executable: executableDigest()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
})

func executableDigest() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
