package config

import (
	"reflect"
	"testing"

	"github.com/spf13/pflag"
)

// TestRateLimits: several, by flags or by the environment, in their order; what is shown is what may be given.
func TestRateLimits(t *testing.T) {
	want := RateLimits{{"CreateTable", 0.5}, {"List*", 5}, {"*", 0}}
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags := Register(fs)
	if err := fs.Parse([]string{"--rate-limit", "CreateTable=0.5", "--rate-limit", "List*=5 *=0"}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(flags.RateLimits, want) {
		t.Errorf("by flags: %v", flags.RateLimits)
	}
	fs = pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c := Register(fs)
	err := c.Resolve(fs, func(name string) (string, bool) { return flags.RateLimits.String(), name == "TIDEMARK_RATE_LIMIT" })
	if err != nil || !reflect.DeepEqual(c.RateLimits, want) {
		t.Errorf("by the environment: %v, %v", c.RateLimits, err)
	}
	for _, bad := range []string{"Query", "=5", "Query=", "Query=fast", "Query=-1", "Query=NaN", "Query=Inf", "Query=1000001"} {
		if new(RateLimits).Set(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
