package sqltext

import "strings"

// Statement is one statement of a script.
type Statement struct {
	Text string // without the semicolon and without space around it; comments inside and before are kept
	Line int    // the line of the script, from 1, on which Text begins
}

// Split cuts a script at each semicolon that is not inside quotes or a comment. Pieces without any SQL are left out.
func Split(script string) []Statement {
	var statements []Statement
	start := 0
	add := func(end int, code bool) {
		if code {
			piece := script[start:end]
			skipped := len(piece) - len(strings.TrimLeft(piece, " \t\r\n\f\v"))
			statements = append(statements, Statement{
				Text: strings.TrimSpace(piece),
				Line: 1 + strings.Count(script[:start+skipped], "\n"),
			})
		}
		start = end + 1
	}
	code := false
	walk(script, func(at int, kind part) {
		if kind == semicolon {
			add(at, code)
			code = false
		} else if kind != comment && kind != space {
			code = true
		}
	})
	add(len(script), code)
	return statements
}

// Complete reports whether what was typed so far ends with a semicolon outside quotes and comments, so that it can be
// run. Space and comments may follow the semicolon.
func Complete(typed string) bool {
	complete := false
	walk(typed, func(_ int, kind part) {
		switch kind {
		case semicolon:
			complete = true
		case other, unclosed:
			complete = false
		}
	})
	return complete
}

// part is what walk tells pieces of a script apart by.
type part uint8

// The parts of a script.
const (
	other part = iota
	space
	comment
	semicolon
	unclosed // a quoted piece or comment that the script ends in
)

// walk calls visit for each piece of the script: each character outside quotes and comments, each quoted piece (as other)
// and each comment.
func walk(script string, visit func(at int, kind part)) {
	for at := 0; at < len(script); {
		length, kind := piece(script[at:])
		visit(at, kind)
		at += length
	}
}

// piece returns the length and kind of what text begins with. A doubled quote inside quotes ends one quoted piece and
// begins the next, which comes to the same. Block comments do not nest.
func piece(text string) (length int, kind part) {
	switch c := text[0]; {
	case c == ';':
		return 1, semicolon
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		return 1, space
	case c == '\'' || c == '"':
		return enclosed(text, 1, string(c), other)
	case strings.HasPrefix(text, "--"):
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return end + 1, comment
		}
		return len(text), comment
	case strings.HasPrefix(text, "/*"):
		return enclosed(text, 2, "*/", comment)
	}
	return 1, other
}

// enclosed returns the length of the piece that ends with closing, looked for from the given place on.
func enclosed(text string, from int, closing string, kind part) (int, part) {
	if end := strings.Index(text[from:], closing); end >= 0 {
		return from + end + len(closing), kind
	}
	return len(text), unclosed
}
