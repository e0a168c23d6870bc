package oracle

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// token is one word, number, text or sign of a statement; a comment or a run of blanks is one, too.
var token = regexp.MustCompile(`(?s)'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\s+|` +
	`(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z_]*|[A-Za-z_][A-Za-z0-9_@:]*|.`)

// places knows for every token of a translation where in the source it comes from.
type places struct {
	source, target string
	from, to       []int // offsets of tokens in source and target, ascending
}

// translator writes a statement for Trino.
type translator struct {
	tokens []string
	out    strings.Builder
	places places
	parens []paren
	skip   int // tokens that are not written: the parentheses of now()
	ok     bool
}

// paren is an open parenthesis.
type paren struct {
	cast   bool   // of CAST or TRY_CAST
	typing bool   // inside of CAST, behind AS
	extra  string // what its end needs besides
}

// translate returns a statement as Trino writes it; ok is false if Trino has nothing like it.
func translate(sql string) (out string, at places, ok bool) {
	t := translator{tokens: token.FindAllString(sql, -1), ok: true}
	t.places.source = sql
	offset := 0
	for i, tok := range t.tokens {
		t.places.from = append(t.places.from, offset)
		t.places.to = append(t.places.to, t.out.Len())
		t.write(i, tok)
		offset += len(tok)
	}
	t.places.target = t.out.String()
	return t.places.target, t.places, t.ok
}

// index returns where the next token is that is not blank, forwards or backwards.
func (t *translator) index(i, step int) int {
	for i += step; i >= 0 && i < len(t.tokens) && strings.TrimSpace(t.tokens[i]) == ""; {
		i += step
	}
	return i
}

// near returns the next token that is not blank, forwards or backwards, in lower case.
func (t *translator) near(i, step int) string {
	if i = t.index(i, step); i >= 0 && i < len(t.tokens) {
		return strings.ToLower(t.tokens[i])
	}
	return ""
}

// top is the innermost open parenthesis.
func (t *translator) top() *paren {
	if len(t.parens) == 0 {
		return &paren{}
	}
	return &t.parens[len(t.parens)-1]
}

// write writes a token or what Trino has in its place.
func (t *translator) write(i int, tok string) {
	if t.skip > 0 && strings.TrimSpace(tok) != "" {
		t.skip--
		return
	}
	switch b := tok[0]; {
	case tok == "(":
		before := t.near(i, -1)
		t.parens = append(t.parens, paren{cast: before == "cast" || before == "try_cast", typing: t.top().typing})
		if before == "ago" {
			t.top().extra = ")"
			tok = "(" + t.instant() + " - ("
		}
	case tok == ")":
		tok += t.top().extra
		if len(t.parens) > 0 {
			t.parens = t.parens[:len(t.parens)-1]
		}
	case tok == "@":
		t.ok = false
	case b >= '0' && b <= '9', b == '.' && len(tok) > 1:
		tok = t.number(tok)
	case b == '\'':
		tok = t.text(i, tok)
	case b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
		tok = t.word(i, tok)
	}
	t.out.WriteString(tok)
}

// instant is a literal of the time that "now" is in the files.
func (t *translator) instant() string {
	return "TIMESTAMP '" + types.Text(types.Timestamp, slt.Start.UnixNano()) + "'"
}

// number writes decimals as doubles and durations as intervals.
func (t *translator) number(tok string) string {
	if _, err := strconv.ParseInt(tok, 10, 64); err == nil {
		return tok
	}
	if _, err := strconv.ParseFloat(tok, 64); err == nil && strings.ContainsAny(tok, ".eE") {
		if strings.ContainsAny(tok, "eE") {
			return tok
		}
		return tok + "E0"
	}
	n, kind, err := types.ParseDuration(tok)
	switch {
	case err != nil:
		return tok
	case kind == types.IntervalYearToMonth:
		return "INTERVAL '" + strconv.FormatInt(n, 10) + "' MONTH"
	case n%types.Millisecond != 0:
		t.ok = false
	}
	return "INTERVAL '" + strconv.FormatFloat(float64(n)/1e9, 'f', -1, 64) + "' SECOND"
}

// text writes the text of a typed literal with all nine digits, which make its type the one that ours has.
func (t *translator) text(i int, tok string) string {
	inner := strings.Trim(tok, "'")
	switch t.near(i, -1) {
	case "timestamp":
		if ns, err := types.ParseTimestamp(inner); err == nil {
			return "'" + types.Text(types.Timestamp, ns) + "'"
		}
	case "time":
		if ns, err := types.ParseTime(inner); err == nil {
			return "'" + types.Text(types.Time, ns) + "'"
		}
	}
	return tok
}

// word writes names with colons in quotes, the types of casts with nine digits, and the present as the files know it.
func (t *translator) word(i int, tok string) string {
	next := t.near(i, 1)
	switch lower := strings.ToLower(tok); {
	case strings.Contains(tok, "@"):
		t.ok = false
	case strings.Contains(tok, ":"):
		return `"` + tok + `"`
	case lower == "as" && t.top().cast:
		t.top().typing = true
	case (lower == "timestamp" || lower == "time") && t.top().typing && next != "(" && !strings.HasPrefix(next, "'") && !startsType(next):
		return tok + "(9)"
	case lower == "ago" && next == "(":
		return ""
	case lower == "now" && next == "(":
		if t.near(t.index(i, 1), 1) != ")" {
			t.ok = false
			break
		}
		t.skip = 2
		return t.instant()
	case next == "(" && (strings.HasPrefix(lower, "current_") && lower != "current_timezone" || strings.HasPrefix(lower, "localtime")):
		t.ok = false
	case lower == "current_timestamp", lower == "localtimestamp":
		return t.instant()
	case lower == "current_date":
		return "DATE '" + slt.Start.Format("2006-01-02") + "'"
	case lower == "localtime", lower == "current_time":
		return "TIME '" + slt.Start.Format("15:04:05") + ".000000000'"
	}
	return tok
}

// startsType reports whether a word is the type of a row's field, so that the word before it is the field's name.
func startsType(word string) bool {
	switch word {
	case "bigint", "integer", "int", "double", "boolean", "varchar", "date", "time", "timestamp", "array", "row", "interval":
		return true
	}
	return false
}

// place is how texts of errors tell a place.
var place = regexp.MustCompile(`line (\d+):(\d+)`)

// inText replaces places in the translation by those in the source.
func (p places) inText(text string) string {
	return place.ReplaceAllStringFunc(text, func(s string) string {
		m := place.FindStringSubmatch(s)
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		line, column = p.original(line, column)
		return "line " + strconv.Itoa(line) + ":" + strconv.Itoa(column)
	})
}

// original returns the place in the source of a place in the translation.
func (p places) original(line, column int) (int, int) {
	lines := strings.SplitAfter(p.target, "\n")
	if line < 1 || line > len(lines) {
		return line, column
	}
	offset := column - 1
	for _, l := range lines[:line-1] {
		offset += len(l)
	}
	source := 0
	for i, to := range p.to {
		if to > offset {
			break
		}
		source = p.from[i]
		if i+1 < len(p.to) && p.to[i+1]-to == p.from[i+1]-p.from[i] {
			source += offset - to
		}
	}
	before := p.source[:min(source, len(p.source))]
	return 1 + strings.Count(before, "\n"), len(before) - strings.LastIndexByte(before, '\n')
}
