package javaregexp

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// translation is a pattern in Java's syntax, translated for two engines: Go's regexp, which takes linear time but has no
// look-around and no back references, and regexp2, which has everything. Named groups become plain ones, so that both
// engines number groups alike.
//
// Line ends are as in Trino: only \n is one. Three constructs mean something else to Go's regexp on rare texts; the
// pattern says which, and such texts go to regexp2.
type translation struct {
	linear string // for regexp; only if isLinear
	full   string // for regexp2
	groups int
	names  map[string]int

	isLinear     bool
	endsAtLine   bool // has $ or \Z outside multi-line mode, or a multi-line ^, which see a \n at the end of the text
	wordBoundary bool // has \b or \B, which go by Unicode letters
}

// Limits of patterns. They are far above what anybody writes; without them a statement could occupy much time or memory.
const (
	maxLength     = 32 << 10 // bytes of the pattern
	maxOutput     = 1 << 20  // bytes of a translation, in which classes like \p{L} are written out
	maxDepth      = 200      // nested groups or classes, since engines recurse
	maxCount      = 1 << 16  // counts in {n,m}
	maxLinearSize = 100_000  // elements with repetitions written out, as Go's regexp does; beyond, the other engine is used
)

// translator walks through a pattern once and writes both translations.
type translator struct {
	src    string
	i      int
	out    translation
	linear strings.Builder
	full   strings.Builder
	flags  flags
	stack  []openGroup
	// atom says that something stands before i that can be repeated; it began when size was atomStart.
	atom      bool
	atomStart int
	size      int // elements so far, repetitions written out
	// groupTotal is the number of groups when it is known, in the second pass that patterns with back references need.
	groupTotal int
	hasRefs    bool
}

// openGroup is a group whose end has not come yet.
type openGroup struct {
	outer flags // that come back into force behind it
	start int   // size where it began
}

// flags are the inline flags in force.
type flags struct {
	ignoreCase, multiLine, dotAll, comments, unicodeClasses bool
}

// syntaxError is a mistake in a pattern.
type syntaxError struct{ text string }

func (e *syntaxError) Error() string { return e.text }

func badPattern(format string, args ...any) {
	panic(&syntaxError{fmt.Sprintf(format, args...)})
}

// translate translates a pattern or says what is wrong with it.
func translate(pattern string) (out *translation, err error) {
	defer func() { // mistakes are found deep in the walk; any other panic goes on
		if r := recover(); r != nil {
			mistake, ok := r.(*syntaxError)
			if !ok {
				panic(r)
			}
			out, err = nil, mistake
		}
	}()
	t := &translator{src: pattern, groupTotal: -1}
	t.run()
	if t.hasRefs {
		t = &translator{src: pattern, groupTotal: t.out.groups}
		t.run()
	}
	t.out.linear, t.out.full = t.linear.String(), t.full.String()
	return &t.out, nil
}

func (t *translator) run() {
	t.out.isLinear, t.out.names = true, map[string]int{}
	if len(t.src) > maxLength {
		badPattern("The pattern is longer than %d bytes", maxLength)
	}
	if !utf8.ValidString(t.src) {
		badPattern("the pattern is not valid UTF-8")
	}
	for t.i < len(t.src) {
		t.step()
	}
	if len(t.stack) > 0 {
		badPattern("Unclosed group")
	}
	if t.size > maxLinearSize {
		t.out.isLinear = false
	}
}

// both writes the same to both translations.
func (t *translator) both(s string) {
	t.linear.WriteString(s)
	t.full.WriteString(s)
}

// onlyFull writes what Go's regexp does not have.
func (t *translator) onlyFull(s string) {
	t.out.isLinear = false
	t.full.WriteString(s)
}

// peek reports whether s comes next.
func (t *translator) peek(s string) bool { return strings.HasPrefix(t.src[t.i:], s) }

// take skips s if it comes next.
func (t *translator) take(s string) bool {
	if t.peek(s) {
		t.i += len(s)
		return true
	}
	return false
}

// next reads one character.
func (t *translator) next() rune {
	if t.i >= len(t.src) {
		badPattern("Unexpected end of the pattern")
	}
	r, n := utf8.DecodeRuneInString(t.src[t.i:])
	t.i += n
	return r
}

// step translates the next element.
func (t *translator) step() {
	if t.full.Len() > maxOutput {
		badPattern("The pattern is too large")
	}
	switch c := t.next(); c {
	case '(':
		t.open()
	case ')':
		t.close()
	case '|':
		t.both("|")
		t.atom = false
	case '[':
		t.class()
	case '\\':
		t.escape()
	case '*', '+', '?':
		t.repeat(string(c), 1)
	case '{':
		t.repeat(t.count())
	case '.', '^', '$':
		t.symbol(c)
	default:
		t.plain(c)
	}
}

func (t *translator) plain(c rune) {
	if t.flags.comments {
		switch {
		case c == '#':
			if end := strings.IndexByte(t.src[t.i:], '\n'); end >= 0 {
				t.i += end + 1
			} else {
				t.i = len(t.src)
			}
			return
		case c == ' ' || c >= '\t' && c <= '\r':
			return
		}
	}
	t.literal(c)
}

// element notes that what is being written is one element, which a quantifier can follow.
func (t *translator) element() {
	t.atom, t.atomStart = true, t.size
	t.size++
}

// literal writes a character that stands for itself.
func (t *translator) literal(c rune) {
	if c < utf8.RuneSelf && strings.ContainsRune(`\.+*?()|[]{}^$#-`, c) {
		t.both(`\`)
	}
	t.both(string(c))
	t.element()
}

// symbol translates . ^ and $.
func (t *translator) symbol(c rune) {
	switch {
	case c == '.' && t.flags.dotAll:
		t.both("(?s:.)")
	case c == '.':
		t.both(`[^\n]`)
	case c == '^' && t.flags.multiLine:
		t.out.endsAtLine = true
		t.linear.WriteString("(?m:^)")
		t.full.WriteString(`(?:\A|(?<=\n)(?!\z))`)
	case c == '^':
		t.both(`\A`)
	case t.flags.multiLine:
		t.linear.WriteString("(?m:$)")
		t.full.WriteString(`(?=\n|\z)`)
	default:
		t.textEnd()
	}
	t.element()
}

// textEnd writes $ outside multi-line mode: the end, or before a line end there.
func (t *translator) textEnd() {
	t.out.endsAtLine = true
	t.linear.WriteString(`\z`)
	t.full.WriteString(`(?=\n?\z)`)
}

// repeat writes a quantifier, which ? makes reluctant and + possessive. times is how often the atom is written out.
func (t *translator) repeat(quantifier string, times int) {
	if !t.atom {
		badPattern("Dangling meta character '%s'", quantifier[:1])
	}
	t.both(quantifier)
	t.size = min(t.size+(t.size-t.atomStart)*(times-1), 1<<30)
	switch {
	case t.take("?"):
		t.both("?")
	case t.take("+"):
		t.onlyFull("+")
	}
	t.atom = false
}

// count reads what follows { and returns the whole quantifier and its highest count.
func (t *translator) count() (quantifier string, times int) {
	end := strings.IndexByte(t.src[t.i:], '}')
	if end < 0 {
		badPattern("Unclosed counted closure")
	}
	low, high, hasHigh := strings.Cut(t.src[t.i:t.i+end], ",")
	n, ok := countNumber(low)
	m, highOK := countNumber(high)
	if hasHigh && high != "" && (!highOK || m < n) || !ok {
		badPattern("Illegal repetition range")
	}
	t.i += end + 1
	return "{" + t.src[t.i-end-1:t.i], max(n, m, 1)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func countNumber(s string) (int, bool) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	if err == nil && n > maxCount {
		badPattern("Illegal repetition range: more than %d", maxCount)
	}
	return n, err == nil
}

// push opens a group, whose flags end with it.
func (t *translator) push(outer flags) {
	if t.stack = append(t.stack, openGroup{outer, t.size}); len(t.stack) > maxDepth {
		badPattern("Groups are nested too deeply")
	}
	t.atom = false
}

func (t *translator) close() {
	n := len(t.stack) - 1
	if n < 0 {
		badPattern("Unmatched closing ')'")
	}
	t.both(")")
	t.flags, t.atom, t.atomStart = t.stack[n].outer, true, t.stack[n].start
	t.stack = t.stack[:n]
}

// open translates what follows an opening parenthesis.
func (t *translator) open() {
	outer := t.flags
	switch {
	case !t.take("?"):
		t.both("(")
		t.out.groups++
	case t.take(":"):
		t.both("(?:")
	case t.peek("=") || t.peek("!") || t.peek(">"):
		t.onlyFull("(?" + string(t.next()))
	case t.take("<="):
		t.onlyFull("(?<=")
	case t.take("<!"):
		t.onlyFull("(?<!")
	case t.take("<"):
		t.both("(")
		t.out.groups++
		name := t.groupName()
		if _, known := t.out.names[name]; known {
			badPattern("Named capturing group <%s> is already defined", name)
		}
		t.out.names[name] = t.out.groups
	default:
		t.openFlags()
		return
	}
	t.push(outer)
}

// groupName reads a name up to its >.
func (t *translator) groupName() string {
	start := t.i
	for {
		switch c := t.next(); {
		case c == '>' && t.i-start > 1:
			return t.src[start : t.i-1]
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' && t.i-start > 1:
		default:
			badPattern("Named capturing group is missing trailing '>'")
		}
	}
}

// openFlags translates (?flags) and (?flags:...). Only i is passed on; the others change what is written.
func (t *translator) openFlags() {
	outer, value := t.flags, true
	for {
		switch c := t.next(); c {
		case 'i':
			t.flags.ignoreCase = value
		case 'm':
			t.flags.multiLine = value
		case 's':
			t.flags.dotAll = value
		case 'x':
			t.flags.comments = value
		case 'U':
			t.flags.unicodeClasses = value
		case 'u', 'd': // always in force
		case '-':
			if !value {
				badPattern("Unknown inline modifier")
			}
			value = false
		case ')', ':':
			flag := "(?-i"
			if t.flags.ignoreCase {
				flag = "(?i"
			}
			t.both(flag + string(c))
			t.atom = false
			if c == ':' {
				t.push(outer)
			}
			return
		default:
			badPattern("Unknown inline modifier")
		}
	}
}

// escape translates what follows a backslash outside a class.
func (t *translator) escape() {
	at := t.i
	c := t.next()
	t.element()
	switch c {
	case 'A', 'z':
		t.both(`\` + string(c))
	case 'Z':
		t.textEnd()
	case 'G':
		t.onlyFull(`\G`)
	case 'b', 'B':
		t.out.wordBoundary = true
		t.both(`\` + string(c))
	case 'R':
		t.both(`(?:\r\n|[\n\v\f\r` + "\u0085\u2028\u2029])")
	case 'X':
		t.onlyFull(`\X`)
	case 'Q':
		t.atom = false
		text, _, _ := strings.Cut(t.src[t.i:], `\E`)
		for _, r := range text {
			t.literal(r)
		}
		t.i = min(t.i+len(text)+2, len(t.src))
	case 'E':
		t.atom = false
	case 'k':
		if !t.take("<") {
			badPattern(`\k is not followed by '<' for named capturing group`)
		}
		name := t.groupName()
		group, ok := t.out.names[name]
		if !ok {
			badPattern("named capturing group <%s> does not exist", name)
		}
		t.backReference(group)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		group := int(c - '0')
		for t.i < len(t.src) && isDigit(t.src[t.i]) && group*10+int(t.src[t.i]-'0') <= t.out.groups {
			group = group*10 + int(t.src[t.i]-'0')
			t.i++
		}
		t.backReference(group)
	default:
		t.i = at
		if s, ok := t.escapedSet(); ok {
			t.writeSet(s, unicode.IsUpper(c))
		} else {
			t.literal(t.escapedRune())
		}
	}
}

func (t *translator) backReference(group int) {
	t.hasRefs = true
	if t.groupTotal >= 0 && group > t.groupTotal {
		t.onlyFull("(?!)") // a group that is not there matches nothing
		return
	}
	t.onlyFull(`(?:\` + strconv.Itoa(group) + ")")
}

// writeSet writes a predefined class as a class of its own. Complements are written as [^...], which stays right when case
// is ignored.
func (t *translator) writeSet(s runeSet, negated bool) {
	var out strings.Builder
	out.WriteByte('[')
	if negated {
		s = s.complement()
		out.WriteByte('^')
	}
	s.write(&out)
	out.WriteByte(']')
	t.both(out.String())
}

// escapedSet reads the rest of an escape that stands for a set: \d \p{L} and their like. False leaves i where it was.
func (t *translator) escapedSet() (runeSet, bool) {
	at := t.i
	c := t.next()
	if c == 'p' || c == 'P' {
		name := string(t.next())
		if name == "{" {
			end := strings.IndexByte(t.src[t.i:], '}')
			if end < 0 {
				badPattern("Unclosed character family")
			}
			name = t.src[t.i : t.i+end]
			t.i += end + 1
		}
		s, ok := propertySet(name)
		if !ok {
			badPattern("Unknown character property name {%s}", name)
		}
		if c == 'P' {
			s = s.complement()
		}
		return s, true
	}
	s, ok := predefinedSets[unicode.ToLower(c)]
	if !ok {
		t.i = at
		return nil, false
	}
	if t.flags.unicodeClasses {
		switch unicode.ToLower(c) {
		case 'd':
			s = tableSet(unicode.Nd)
		case 'w':
			s = tableSet(unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc)
		case 's':
			s = tableSet(unicode.White_Space)
		}
	}
	if unicode.IsUpper(c) {
		s = s.complement()
	}
	return s, true
}

var controlEscapes = map[rune]rune{'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f', 'a': '\a', 'e': 0x1b}

// escapedRune reads the rest of an escape that stands for one character.
func (t *translator) escapedRune() rune {
	c := t.next()
	if r, ok := controlEscapes[c]; ok {
		return r
	}
	switch {
	case c == '0':
		return t.octal()
	case c == 'x' && t.take("{"):
		end := strings.IndexByte(t.src[t.i:], '}')
		if end < 0 {
			badPattern("Unclosed hexadecimal escape sequence")
		}
		r := t.hex(end, 1)
		if !utf8.ValidRune(r) {
			badPattern("Illegal hexadecimal escape sequence")
		}
		return r
	case c == 'x':
		return t.hex(2, 0)
	case c == 'u':
		r := t.hex(4, 0)
		if r >= 0xD800 && r < 0xDC00 && t.take(`\u`) { // a pair of surrogates is one character
			low := t.hex(4, 0)
			if low < 0xDC00 || low > 0xDFFF {
				badPattern("Illegal Unicode escape sequence")
			}
			r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
		}
		if !utf8.ValidRune(r) {
			badPattern("Illegal Unicode escape sequence")
		}
		return r
	case c == 'c':
		return t.next() ^ 0x40
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '1' && c <= '9':
		badPattern("Illegal/unsupported escape sequence '\\%c'", c)
	}
	return c
}

// hex reads n hexadecimal digits and skips what closes them.
func (t *translator) hex(n, closing int) rune {
	if t.i+n > len(t.src) {
		badPattern("Illegal hexadecimal escape sequence")
	}
	v, err := strconv.ParseUint(t.src[t.i:t.i+n], 16, 32)
	if err != nil || v > unicode.MaxRune {
		badPattern("Illegal hexadecimal escape sequence")
	}
	t.i += n + closing
	return rune(v)
}

// octal reads up to three octal digits, at most 377.
func (t *translator) octal() rune {
	var v rune
	n := 0
	for ; n < 3 && t.i < len(t.src) && t.src[t.i] >= '0' && t.src[t.i] <= '7'; n++ {
		if v*8+rune(t.src[t.i]-'0') > 0o377 {
			break
		}
		v = v*8 + rune(t.src[t.i]-'0')
		t.i++
	}
	if n == 0 {
		badPattern("Illegal octal escape sequence")
	}
	return v
}
