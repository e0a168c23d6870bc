package javaregexp

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Regexp is a compiled pattern. It is safe for use by several goroutines.
type Regexp struct {
	*translation
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

var errMatchTooLong = dberr.New(dberr.Invalid, "The regular expression takes too long to match")

// compile compiles a pattern. The error is for the client.
func compile(pattern string) (*Regexp, error) {
	translated, err := translate(pattern)
	if err != nil {
		return nil, invalidPattern(pattern, ": "+err.Error())
	}
	r := &Regexp{translation: translated}
	if translated.isLinear {
		if engine, err := regexp.Compile(translated.linear); err == nil { // else it is too big for this engine
			r.linearEngine = engine
			r.canBeEmpty = minLength(translated.linear) == 0
			return r, nil
		}
	}
	if _, err := r.backtracking(); err != nil {
		return nil, invalidPattern(pattern, "")
	}
	return r, nil
}

// Groups returns the number of groups, which are numbered from 1.
func (r *Regexp) Groups() int { return r.groups }

// Group returns the number of a named group; ok is false if there is none of that name.
func (r *Regexp) Group(name string) (group int, ok bool) {
	group, ok = r.names[name]
	return group, ok
}

// invalidPattern returns the error of a pattern, of which it shows the beginning.
func invalidPattern(pattern, why string) error {
	if len(pattern) > 200 {
		pattern = strings.ToValidUTF8(pattern[:200], "") + "..."
	}
	return dberr.New(dberr.Invalid, "Invalid regular expression '%s'%s", pattern, why)
}

// backtracking returns the engine that can do everything.
func (r *Regexp) backtracking() (*regexp2.Regexp, error) {
	r.compileFull.Do(func() {
		r.fullEngine, r.fullErr = regexp2.Compile(r.translation.full)
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
	compiled map[string]*Regexp
}{compiled: map[string]*Regexp{}}

// Limits of the cache.
const (
	maxCachedPatterns = 256
	maxCachedLength   = 1024
)

// Compile compiles a pattern, or takes it from the cache. The error is for the client.
func Compile(pattern string) (*Regexp, error) {
	patternCache.Lock()
	r := patternCache.compiled[pattern]
	patternCache.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := compile(pattern)
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

// Matcher searches with the patterns of one batch, whose time it bounds. Its zero value is ready; it is for one goroutine.
type Matcher struct {
	slow    time.Duration // spent in the backtracking engine
	runes   []rune
	offsets []int // byte offsets of runes, and the end
	loc     []int
}

// takesLinear reports whether Go's regexp gives the same answer as Java for text s.
func (r *Regexp) takesLinear(s string) bool {
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

// Matches reports whether the pattern occurs in s.
func (m *Matcher) Matches(r *Regexp, s string) (bool, error) {
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

// Find returns where the pattern occurs first: pairs of byte offsets, the whole match and then its groups, -1 for groups
// that have no part in it; nil if it does not occur. It is good until the next call.
func (m *Matcher) Find(r *Regexp, s string) ([]int, error) {
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

// Each calls yield for all matches from left to right. loc is as in Find and good until yield returns.
func (m *Matcher) Each(r *Regexp, s string, yield func(loc []int)) error {
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
func (m *Matcher) search(r *Regexp, s string, yield func(loc []int) bool) error {
	return m.SearchFrom(r, s, 0, yield)
}

// SearchFrom runs the backtracking engine from a character of the text on, counted from 0; what is before it can still be
// looked at. It calls yield as Each does, until yield returns false.
func (m *Matcher) SearchFrom(r *Regexp, s string, from int, yield func(loc []int) bool) error {
	engine, err := r.backtracking()
	if err != nil {
		return dberr.New(dberr.Invalid, "Invalid regular expression")
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
		return dberr.New(dberr.Invalid, "The regular expression needs too much memory to match")
	case err != nil || m.slow >= batchTimeout:
		return errMatchTooLong
	}
	return nil
}

// decode takes a text apart into characters.
func (m *Matcher) decode(s string) {
	m.runes, m.offsets = m.runes[:0], m.offsets[:0]
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		m.runes, m.offsets = append(m.runes, r), append(m.offsets, i)
		i += n
	}
	m.offsets = append(m.offsets, len(s))
}
