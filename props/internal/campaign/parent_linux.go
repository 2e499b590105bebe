package campaign

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the process killed when this one is.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
