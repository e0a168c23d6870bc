package javaregexp

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzRegexp looks for patterns that translate into what an engine rejects or that make the engines disagree.
func FuzzRegexp(f *testing.F) {
	for _, pattern := range []string{`(?<n>a)\k<n>|[a-z&&[^b]]++\Q.\E`, `^\p{Lu}[[:alpha:]\d]{2,3}?$`, `(?i:x)(?m-s)\x{41}\u0042\0101\cA`, `(?<=a)(?!b)\R\X\h\b\1`} {
		f.Add(pattern, "aab\nXY")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 50 || len(text) > 50 {
			return
		}
		translated, err := translate(pattern)
		if err != nil {
			return
		}
		if translated.isLinear {
			if _, err := regexp.Compile(translated.linear); err != nil && !strings.Contains(err.Error(), "repeat") && !strings.Contains(err.Error(), "large") {
				t.Fatalf("%q became %q: %v", pattern, translated.linear, err)
			}
		}
		r, err := compile(pattern)
		if err != nil {
			if translated.isLinear {
				t.Fatalf("%q became %q: %v", pattern, translated.full, err)
			}
			return
		}
		_, _ = (&Matcher{}).Find(r, text)
	})
}
