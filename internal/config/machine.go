package config

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// memoryUnknown is what a machine is taken to have that does not say.
const memoryUnknown = 4 << 30

// machineMemory returns how much memory the process may use at most: what the machine has, or less if a control group
// limits it. root is the root of the machine's file system. Where there is no /proc, as outside Linux, it is memoryUnknown.
func machineMemory(root fs.FS) int64 {
	total := physicalMemory(root)
	for _, limit := range groupLimits(root) {
		total = min(total, limit)
	}
	return total
}

// physicalMemory returns the machine's memory.
func physicalMemory(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return memoryUnknown
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "MemTotal:" && words[2] == "kB" {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil && n > 0 && n < 1<<50 {
				return n << 10
			}
		}
	}
	return memoryUnknown
}

// groupLimits returns the limits of the control groups that the process is in, of both versions of control groups, and of
// the groups above them, as far as they can be seen.
func groupLimits(root fs.FS) []int64 {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var limits []int64
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(parts) != 3 {
			continue
		}
		dir, file := "sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			if !strings.Contains(","+parts[1]+",", ",memory,") {
				continue
			}
			dir, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		// In a container the path may be that of the host, which cannot be seen: its own group is the root then.
		for group := path.Join("/", parts[2]); ; group = path.Dir(group) {
			if n, ok := readLimit(root, path.Join(dir, group, file)); ok {
				limits = append(limits, n)
			}
			if group == "/" {
				break
			}
		}
	}
	return limits
}

// readLimit reads a file with one number. "max", a file that is not there, and numbers that stand for no limit are none.
func readLimit(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n > 0 && n < 1<<50
}
