package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// PeakMiB returns the most memory that the process has had so far. Only Linux tells.
func (s *Server) PeakMiB() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "VmHWM:" {
			n, err := strconv.Atoi(words[1])
			return n >> 10, err
		}
	}
	return 0, fmt.Errorf("no peak in %q", text)
}
