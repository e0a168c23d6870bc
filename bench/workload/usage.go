package workload

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process has used so far. It is read from /proc, which only Linux has; elsewhere all is 0.
type Usage struct {
	CPU      time.Duration // on all cores together, in the kernel included
	RSS      int64         // bytes in memory now
	PeakRSS  int64         // the most there were
	Anything bool          // false where there is no /proc
}

// clockTick is the unit of times in /proc, the same on all systems that Go supports.
const clockTick = 10 * time.Millisecond

// UsageOf reads what a process has used.
func UsageOf(pid int) Usage {
	dir := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return Usage{}
	}
	u := Usage{Anything: true}
	// The name, in parentheses, may have blanks; user and system time are fields 12 and 13 after it.
	if fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])); len(fields) > 12 {
		u.CPU = time.Duration(number(fields[11])+number(fields[12])) * clockTick
	}
	u.RSS = 1024 * field(dir+"status", "VmRSS:")
	u.PeakRSS = 1024 * field(dir+"status", "VmHWM:")
	return u
}

// field returns the number after a name in a file of lines, 0 if it is not there.
func field(path, name string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return number(strings.Fields(rest)[0])
		}
	}
	return 0
}

// number reads a number that the kernel wrote.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
