//go:build !unix

package databases

import "os/exec"

// grouped does nothing: the servers are started on unix systems only.
func grouped(cmd *exec.Cmd) *exec.Cmd { return cmd }

// killGroup kills a process.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// unprivileged leaves commands as they are.
func unprivileged(string) (func(*exec.Cmd) *exec.Cmd, error) {
	return func(cmd *exec.Cmd) *exec.Cmd { return cmd }, nil
}
