//go:build unix

package wire

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the process the leader of a group, so that all that it starts can be
// killed with it. A Ctrl-C of the terminal does not reach it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// Shell is how a command line is given to a shell.
func Shell(line string) []string { return []string{"/bin/sh", "-c", line} }
