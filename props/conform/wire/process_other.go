//go:build !unix

package wire

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: there are no process groups. What the process starts is not killed
// with it.
func ownGroup(*exec.Cmd) {}

func killGroup(p *os.Process) { _ = p.Kill() }

// Shell is how a command line is given to a shell.
func Shell(line string) []string { return []string{"cmd", "/C", line} }
