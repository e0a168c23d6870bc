package javaregexp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Repetitions that Go's regexp would write out go to the other engine.
func TestLargePatternsAreNotWrittenOut(t *testing.T) {
	for pattern, linear := range map[string]bool{`(a{65536}){65536}`: false, strings.Repeat("a{1000}", 1000): false, "(?:ab{5}){100}c{1000}": true, strings.Repeat("(?:ab?)+", 1000): true} {
		if r, err := compile(pattern); err != nil || (r.linearEngine != nil) != linear {
			t.Errorf("%.40s: %v, %v", pattern, r.linearEngine != nil, err)
		}
	}
}

// Both engines must agree on whatever both can do, in all searches.
func TestRegexpEnginesAgree(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "ä", ".", "[ab]", "[^a]", `\w`, `\d`, "^", "$", `\b`, "(a|b)", "(ab)", "(?:a|ä)", "(a)?", "|", "a*", "b+", "a?", "b*?", "a{2}", "(?i)", `\s`, `\Z`, "(?m)^", "(?m)$"})
	rapid.Check(t, func(rt *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(rt, "pattern"), "")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abAä1 \n")), 0, 8, -1).Draw(rt, "text")
		r, err := compile(pattern)
		if err != nil {
			return // a quantifier after a quantifier, or the like
		}
		full := &Regexp{translation: r.translation}
		var found [2]string
		for i, engine := range []*Regexp{r, full} {
			m := &Matcher{}
			first, err := m.Find(engine, text)
			if err != nil {
				rt.Fatal(err)
			}
			found[i] = fmt.Sprint(first)
			if err := m.Each(engine, text, func(loc []int) { found[i] += fmt.Sprint(loc) }); err != nil {
				rt.Fatal(err)
			}
		}
		if found[0] != found[1] {
			rt.Fatalf("%q on %q: %s, backtracking %s", pattern, text, found[0], found[1])
		}
	})
}

// A pattern that backtracks without end must fail, not hang.
func TestCatastrophicPatternIsGivenUp(t *testing.T) {
	start := time.Now()
	if found, err := matches(t, `(?=a)(a+)+\1b`, strings.Repeat("a", 60)); err == nil || !strings.HasPrefix(err.Error(), "The regular expression ") || !dberr.Is(err, dberr.Invalid) {
		t.Errorf("got %v, %v", found, err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
	if found, err := matches(t, `^(a+)+b`, strings.Repeat("a", 5000)+"c"); found || err != nil { // linear
		t.Errorf("got %v, %v", found, err)
	}
}

// matches compiles a pattern and reports whether it occurs in a text.
func matches(t *testing.T, pattern, text string) (bool, error) {
	t.Helper()
	r, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return new(Matcher).Matches(r, text)
}

func TestPatternCacheStaysSmall(t *testing.T) {
	for i := range 3 * maxCachedPatterns {
		if _, err := Compile(fmt.Sprintf("cached%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(patternCache.compiled); n > maxCachedPatterns {
		t.Errorf("%d patterns are cached", n)
	}
	first, _ := Compile("cached twice")
	if second, _ := Compile("cached twice"); first != second {
		t.Error("the pattern was compiled again")
	}
}
