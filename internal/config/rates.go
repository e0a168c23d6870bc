package config

import (
	"fmt"
	"strconv"
	"strings"
)

// RateLimit is how many requests for an operation, or for all whose names begin so (Create*), are served in a second.
type RateLimit struct {
	Operation string
	PerSecond float64
}

// rateMax is the highest rate that may be asked for, which is beyond what a server can do.
const rateMax = 1e6

// RateLimits is a flag that may be given several times: operation=requests. In the environment blanks separate them.
type RateLimits []RateLimit

// Set adds limits.
func (r *RateLimits) Set(text string) error {
	for _, part := range strings.Fields(text) {
		operation, number, _ := strings.Cut(part, "=")
		n, err := strconv.ParseFloat(number, 64)
		if operation == "" || err != nil || !(n >= 0 && n <= rateMax) { // which NaN is not, either
			return fmt.Errorf("%q must be <operation>=<requests per second>, with at most %d requests", part, int(rateMax))
		}
		*r = append(*r, RateLimit{operation, n})
	}
	return nil
}

// String shows the limits so that Set reads the same.
func (r *RateLimits) String() string {
	var out []string
	for _, l := range *r {
		out = append(out, l.Operation+"="+strconv.FormatFloat(l.PerSecond, 'g', -1, 64))
	}
	return strings.Join(out, " ")
}

// Type names the flag's values in help texts.
func (r *RateLimits) Type() string { return "operation=requests" }
