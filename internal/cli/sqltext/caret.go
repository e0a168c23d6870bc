package sqltext

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// place finds "line 3:14" in a message, wherever it stands.
var place = regexp.MustCompile(`\bline (\d{1,9}):(\d{1,9})\b`)

// Place returns the line and column, both from 1, that an error message of the service names.
func Place(message string) (line, column int, ok bool) {
	found := place.FindStringSubmatch(message)
	if found == nil {
		return 0, 0, false
	}
	line, _ = strconv.Atoi(found[1])
	column, _ = strconv.Atoi(found[2])
	return line, column, line > 0 && column > 0
}

// Point returns two lines that show where in a statement an error is: the line of the statement, and a caret under the
// column. Columns count code points. A line that is wider than width is cut on both sides; a width of 0 cuts nothing. It
// returns "" when the message names no place or one outside the statement.
func Point(statement, message string, width int) string {
	number, column, ok := Place(message)
	lines := strings.Split(statement, "\n")
	if !ok || number > len(lines) {
		return ""
	}
	line := []rune(printable(strings.TrimSuffix(lines[number-1], "\r")))
	at := column - 1
	if at > len(line) {
		return ""
	}
	before, after := string(line[:at]), string(line[at:])
	if width > 0 && uniseg.StringWidth(before)+uniseg.StringWidth(after) > width {
		before, after = window(before, after, width)
	}
	return before + after + "\n" + strings.Repeat(" ", uniseg.StringWidth(before)) + "^"
}

// window cuts text on both sides of a place so that it fits a width, with dots where it is cut. Two thirds of the width
// stay before the place if there is that much.
func window(before, after string, width int) (string, string) {
	keep := width * 2 / 3
	if rest := width - uniseg.StringWidth(after); rest > keep {
		keep = rest
	}
	if uniseg.StringWidth(before) > keep {
		runes := []rune(before)
		for len(runes) > 0 && uniseg.StringWidth(string(runes))+1 > keep {
			runes = runes[1:]
		}
		before = "…" + string(runes)
	}
	if uniseg.StringWidth(after) > width-uniseg.StringWidth(before) {
		runes := []rune(after)
		for len(runes) > 0 && uniseg.StringWidth(string(runes))+1 > width-uniseg.StringWidth(before) {
			runes = runes[:len(runes)-1]
		}
		after = string(runes) + "…"
	}
	return before, after
}

// printable replaces what would move the cursor or be invisible, one for one, so that columns stay what they are.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '�'
		}
		return r
	}, text)
}
