package parser

// Classes of bytes, as bits.
const (
	identStart = 1 << iota // may begin an identifier
	identPart              // may go on in an identifier
	digit
)

var classes = func() (c [256]uint8) {
	for b := 'a'; b <= 'z'; b++ {
		c[b], c[b-'a'+'A'] = identStart|identPart, identStart|identPart
	}
	for b := '0'; b <= '9'; b++ {
		c[b] = identPart | digit
	}
	c['_'] = identStart | identPart
	c['@'], c[':'] = identPart, identPart
	return c
}()

// lexer cuts a text into tokens.
type lexer struct {
	text    string
	pos     int // offset of the next byte
	line    int32
	bias    int32 // the column of a byte of this line is its offset minus bias
	toks    []token
	problem string // why the last token is tInvalid
}

// tokensAhead is how many end tokens close the list, so that the parser can look ahead without checks.
const tokensAhead = 4

// run cuts the whole text. The list ends with tEnd tokens; before them stands a tInvalid token if the lexer could not go on.
func (l *lexer) run() {
	l.line, l.bias = 1, -1
	ok := true
	for ok && l.skipBlanks() && l.pos < len(l.text) {
		t := token{start: int32(l.pos), line: l.line, col: int32(l.pos) - l.bias}
		c := l.text[l.pos]
		switch {
		case classes[c]&identStart != 0:
			l.word(&t)
		case classes[c]&digit != 0, c == '.' && classes[l.at(1)]&digit != 0:
			t.kind = l.number()
		case c == '\'':
			l.delimited(&t, tString)
		case c == '"':
			l.delimited(&t, tQuoted)
			if t.kind == tQuoted && l.pos-int(t.start) == 2 {
				t.kind = l.invalid("empty identifier")
			}
		default:
			t.kind = l.punctuation(c)
		}
		t.end = int32(l.pos)
		l.toks = append(l.toks, t)
		ok = t.kind != tInvalid
	}
	end := token{start: int32(l.pos), end: int32(l.pos), line: l.line, col: int32(l.pos) - l.bias}
	for range tokensAhead {
		l.toks = append(l.toks, end)
	}
}

// at returns the byte n places ahead, 0 behind the end.
func (l *lexer) at(n int) byte {
	if l.pos+n < len(l.text) {
		return l.text[l.pos+n]
	}
	return 0
}

func (l *lexer) invalid(problem string) kind {
	l.problem = problem
	return tInvalid
}

// skipBlanks moves over blanks and comments. It returns false at a bracketed comment without an end, which it leaves as
// an invalid token.
func (l *lexer) skipBlanks() bool {
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
			l.pos++
		case c == '\n':
			l.newline(l.pos)
			l.pos++
		case c == '-' && l.at(1) == '-':
			for l.pos < len(l.text) && l.text[l.pos] != '\n' {
				l.count(l.text[l.pos])
				l.pos++
			}
		case c == '/' && l.at(1) == '*':
			if !l.bracketedComment() {
				return false
			}
		default:
			return true
		}
	}
	return true
}

func (l *lexer) bracketedComment() bool {
	t := token{kind: tInvalid, start: int32(l.pos), line: l.line, col: int32(l.pos) - l.bias}
	for l.pos += 2; l.pos < len(l.text); l.pos++ {
		if l.text[l.pos] == '*' && l.at(1) == '/' {
			l.pos += 2
			return true
		}
		l.count(l.text[l.pos])
	}
	t.end = int32(l.pos)
	l.toks = append(l.toks, t)
	l.invalid("comment without end")
	return false
}

// newline notes that a line ends at an offset.
func (l *lexer) newline(at int) {
	l.line++
	l.bias = int32(at)
}

// count keeps line and column right over a byte inside a token or comment; c is the byte at pos.
func (l *lexer) count(c byte) {
	switch {
	case c == '\n':
		l.newline(l.pos)
	case c&0xC0 == 0x80: // inside a code point of several bytes
		l.bias++
	}
}

// word reads an identifier or a word of the grammar, or a Unicode string, which begins like one.
func (l *lexer) word(t *token) {
	text, i := l.text, l.pos+1
	for i < len(text) && classes[text[i]]&identPart != 0 {
		i++
	}
	if i == l.pos+1 && text[l.pos]|0x20 == 'u' && l.at(1) == '&' && l.at(2) == '\'' {
		l.pos += 2
		l.delimited(t, tUnicodeString)
		return
	}
	t.kind = wordKind(text[l.pos:i])
	l.pos = i
}

// delimited reads a string or a quoted identifier; the byte at pos is the quote. A doubled quote stands for itself.
func (l *lexer) delimited(t *token, k kind) {
	quote := l.text[l.pos]
	t.kind, t.plain = k, true
	for l.pos++; l.pos < len(l.text); l.pos++ {
		c := l.text[l.pos]
		if c != quote {
			if c == '\n' || c >= 0x80 {
				l.count(c)
			}
			continue
		}
		if l.at(1) != quote {
			l.pos++
			return
		}
		t.plain = false
		l.pos++
	}
	if k == tQuoted {
		t.kind = l.invalid("quoted identifier without end")
	} else {
		t.kind = l.invalid("string without end")
	}
}

// number reads an integer, a decimal or scientific number, or an interval literal. Nothing that could go on in an
// identifier may follow.
func (l *lexer) number() kind {
	start := l.pos
	k := tInt
	l.digits()
	if l.at(0) == '.' {
		k = tFloat
		l.pos++
		l.digits()
	}
	if l.exponent() {
		k = tFloat
	} else if digitsAround := l.text[start] != '.' && l.text[l.pos-1] != '.'; digitsAround {
		end := l.pos
		for end < len(l.text) && classes[l.text[end]]&identPart != 0 {
			end++
		}
		if isDurationUnit(l.text[l.pos:end]) {
			l.pos = end
			return tDuration
		}
	}
	if classes[l.at(0)]&identPart != 0 {
		return l.invalid("an identifier cannot begin with a digit")
	}
	return k
}

func (l *lexer) digits() {
	for l.pos < len(l.text) && classes[l.text[l.pos]]&digit != 0 {
		l.pos++
	}
}

// exponent reads the exponent of a scientific number, if there is one.
func (l *lexer) exponent() bool {
	if l.at(0)|0x20 != 'e' {
		return false
	}
	n := 1
	if c := l.at(1); c == '+' || c == '-' {
		n = 2
	}
	if classes[l.at(n)]&digit == 0 {
		return false
	}
	l.pos += n
	l.digits()
	return true
}

// isDurationUnit reports whether a word, in any case, may directly follow a number in an interval literal.
func isDurationUnit(word string) bool {
	if len(word) == 0 || len(word) > len("microsecond") {
		return false
	}
	var lower [len("microsecond")]byte
	for i := range len(word) {
		lower[i] = word[i] | 0x20
	}
	switch string(lower[:len(word)]) {
	case "ns", "nanosecond", "us", "microsecond", "ms", "millisecond", "s", "second", "m", "minute", "h", "hour",
		"d", "day", "month", "y", "year":
		return true
	}
	return false
}

// punctuation reads an operator, a bracket, a separator or a parameter.
func (l *lexer) punctuation(c byte) kind {
	if c == '@' {
		return l.param()
	}
	next := l.at(1)
	l.pos += 2
	switch {
	case c == '|' && next == '|':
		return tConcat
	case c == '<' && next == '>', c == '!' && next == '=':
		return tNotEqual
	case c == '<' && next == '=':
		return tLessEqual
	case c == '>' && next == '=':
		return tGreaterEqual
	case c == '-' && next == '>':
		return tArrow
	case c == '=' && next == '>':
		return tFatArrow
	}
	l.pos--
	if k := single[c]; k != tEnd {
		return k
	}
	return l.invalid("a character that cannot stand here")
}

// single are the tokens of one byte.
var single = [256]kind{
	'(': tLeftParen, ')': tRightParen, '[': tLeftBracket, ']': tRightBracket, ',': tComma, '.': tDot, ';': tSemicolon,
	'+': tPlus, '-': tMinus, '*': tStar, '/': tSlash, '%': tPercent, '=': tEqual, '<': tLess, '>': tGreater,
}

func (l *lexer) param() kind {
	l.pos++
	if classes[l.at(0)]&identStart == 0 {
		return l.invalid("@ without a name")
	}
	for l.pos < len(l.text) && classes[l.text[l.pos]]&identPart != 0 {
		l.pos++
	}
	return tParam
}
