package function

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// javaRegexp is a compiled pattern. It is safe for use by several goroutines.
type javaRegexp struct {
	*javaPattern
	linearEngine *regexp.Regexp // nil if the pattern needs the other one
	// canBeEmpty says that the pattern can match no characters. Then the engines disagree about matches that touch.
	canBeEmpty bool

	compileFull sync.Once // most patterns never need the full engine
	fullEngine  *regexp2.Regexp
	fullErr     error
}

// Limits on backtracking. A pattern like (a+)+b takes exponential time on some texts; such a match is given up.
const (
	matchTimeout = 500 * time.Millisecond // of one search
	batchTimeout = 10 * time.Second       // of all searches for one batch
)

var errMatchTooLong = invalid("The regular expression takes too long to match")

// compileJava compiles a pattern. The error is for the client.
func compileJava(pattern string) (*javaRegexp, error) {
	translated, err := translateJava(pattern)
	if err != nil {
		return nil, badRegexp(pattern, ": "+err.Error())
	}
	r := &javaRegexp{javaPattern: translated}
	if translated.isLinear {
		if engine, err := regexp.Compile(translated.linear); err == nil { // else it is too big for this engine
			r.linearEngine = engine
			r.canBeEmpty = minLength(translated.linear) == 0
			return r, nil
		}
	}
	if _, err := r.backtracking(); err != nil {
		return nil, badRegexp(pattern, "")
	}
	return r, nil
}

// badRegexp returns the error of a pattern, of which it shows the beginning.
func badRegexp(pattern, why string) error {
	if len(pattern) > 200 {
		pattern = strings.ToValidUTF8(pattern[:200], "") + "..."
	}
	return invalid("Invalid regular expression '%s'%s", pattern, why)
}

// backtracking returns the engine that can do everything.
func (r *javaRegexp) backtracking() (*regexp2.Regexp, error) {
	r.compileFull.Do(func() {
		r.fullEngine, r.fullErr = regexp2.Compile(r.javaPattern.full)
		if r.fullErr == nil {
			r.fullEngine.MatchTimeout = matchTimeout
		}
	})
	return r.fullEngine, r.fullErr
}

// minLength returns 0 if a pattern can match no characters, else something positive.
func minLength(pattern string) int {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	return minLengthOf(parsed)
}

func minLengthOf(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return minLengthOf(re.Sub[0])
	case syntax.OpRepeat:
		return min(re.Min, 1) * minLengthOf(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if minLengthOf(sub) > 0 {
				return 1
			}
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if minLengthOf(sub) == 0 {
				return 0
			}
		}
		return 1
	}
	return 0
}

// patternCache keeps compiled patterns between statements, which often come again. A full cache is emptied.
var patternCache = struct {
	sync.Mutex
	compiled map[string]*javaRegexp
}{compiled: map[string]*javaRegexp{}}

// Limits of the cache.
const (
	maxCachedPatterns = 256
	maxCachedLength   = 1024
)

// javaRegexpOf compiles a pattern, or takes it from the cache.
func javaRegexpOf(pattern string) (*javaRegexp, error) {
	patternCache.Lock()
	r := patternCache.compiled[pattern]
	patternCache.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := compileJava(pattern)
	if err != nil || len(pattern) > maxCachedLength {
		return r, err
	}
	patternCache.Lock()
	defer patternCache.Unlock()
	if len(patternCache.compiled) >= maxCachedPatterns {
		clear(patternCache.compiled)
	}
	patternCache.compiled[strings.Clone(pattern)] = r
	return r, nil
}

// matcher searches with the patterns of one batch.
type matcher struct {
	pattern memo[*javaRegexp]
	slow    time.Duration // spent in the backtracking engine
	runes   []rune
	offsets []int // byte offsets of runes, and the end
	loc     []int
}

// compile returns the compiled form of a pattern.
func (m *matcher) compile(pattern string) (*javaRegexp, error) {
	return m.pattern.get(pattern, javaRegexpOf)
}

// takesLinear reports whether Go's regexp gives the same answer as Java for text s.
func (r *javaRegexp) takesLinear(s string) bool {
	return r.linearEngine != nil && !(r.endsAtLine && strings.HasSuffix(s, "\n")) && !(r.wordBoundary && !isASCII(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// matches reports whether the pattern occurs in s.
func (m *matcher) matches(r *javaRegexp, s string) (bool, error) {
	if r.takesLinear(s) {
		return r.linearEngine.MatchString(s), nil
	}
	found := false
	err := m.search(r, s, func([]int) bool {
		found = true
		return false
	})
	return found, err
}

// first returns where the pattern occurs first: pairs of byte offsets, the whole match and then its groups, -1 for groups
// that have no part in it; nil if it does not occur. It is good until the next call.
func (m *matcher) first(r *javaRegexp, s string) ([]int, error) {
	if r.takesLinear(s) {
		return r.linearEngine.FindStringSubmatchIndex(s), nil
	}
	var result []int
	err := m.search(r, s, func(loc []int) bool {
		result = loc
		return false
	})
	return result, err
}

// each calls yield for all matches from left to right. loc is as in first and good until yield returns.
func (m *matcher) each(r *javaRegexp, s string, yield func(loc []int)) error {
	if r.takesLinear(s) && !r.canBeEmpty {
		for _, loc := range r.linearEngine.FindAllStringSubmatchIndex(s, -1) {
			yield(loc)
		}
		return nil
	}
	return m.search(r, s, func(loc []int) bool {
		yield(loc)
		return true
	})
}

// search runs the backtracking engine over a whole text.
func (m *matcher) search(r *javaRegexp, s string, yield func(loc []int) bool) error {
	return m.searchFrom(r, s, 0, yield)
}

// searchFrom runs the backtracking engine from a character of the text on, counted from 0; what is before it can still be
// looked at.
func (m *matcher) searchFrom(r *javaRegexp, s string, from int, yield func(loc []int) bool) error {
	engine, err := r.backtracking()
	if err != nil {
		return invalid("Invalid regular expression")
	}
	m.decode(s)
	start := time.Now()
	err = engine.FindRunesMatches(m.runes, from, func(view regexp2.MatchView) bool {
		m.loc = m.loc[:0]
		for g := 0; g <= r.groups; g++ {
			from, n, ok := view.GroupRange(g)
			if !ok {
				m.loc = append(m.loc, -1, -1)
			} else {
				m.loc = append(m.loc, m.offsets[from], m.offsets[from+n])
			}
		}
		return yield(m.loc) && m.slow+time.Since(start) < batchTimeout
	})
	m.slow += time.Since(start)
	switch {
	case errors.Is(err, regexp2.ErrBacktrackingStackLimit):
		return invalid("The regular expression needs too much memory to match")
	case err != nil || m.slow >= batchTimeout:
		return errMatchTooLong
	}
	return nil
}

// decode takes a text apart into characters.
func (m *matcher) decode(s string) {
	m.runes, m.offsets = m.runes[:0], m.offsets[:0]
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		m.runes, m.offsets = append(m.runes, r), append(m.offsets, i)
		i += n
	}
	m.offsets = append(m.offsets, len(s))
}
