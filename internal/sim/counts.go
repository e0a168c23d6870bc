package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Counts is what runs have exercised, by name. A simulation that never merges is worth nothing.
type Counts map[string]int64

// String lists the counts in order of name.
func (c Counts) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, c[name]))
	}
	return strings.Join(parts, ", ")
}

// Missing returns which of the named things never happened.
func (c Counts) Missing(names ...string) (missing []string) {
	for _, name := range names {
		if c[name] == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}
