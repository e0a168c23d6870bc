package oracle

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// known is the list of differences that are meant.
type known struct {
	entries []*difference
	exact   map[string]*difference
}

// difference is a statement, or a pattern for several, whose answer differs and shall.
type difference struct {
	line    int
	reason  string
	sql     string         // the statement, on one line
	pattern *regexp.Regexp // instead of a statement: what statements must match
	failure *regexp.Regexp // instead of a statement: what errors of Trino must match where we give an answer
	asked   bool           // some statement was compared that this entry covers
	differs bool           // and differed
}

// readKnown reads a list: paragraphs that begin with their reason in lines of "#", then a statement or expression a line;
// "~" begins a regular expression that statements must match as a whole, "!" one that Trino's error must match while we have
// an answer.
func readKnown(file string) (*known, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read known differences: %w", err)
	}
	out := &known{exact: map[string]*difference{}}
	reason, fresh := "", true
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			reason, fresh = "", true
			continue
		case strings.HasPrefix(line, "#"):
			if !fresh {
				reason = ""
			}
			reason, fresh = strings.TrimSpace(reason+" "+strings.TrimSpace(line[1:])), true
			continue
		case reason == "":
			return nil, fmt.Errorf("known differences: line %d has no reason", i+1)
		}
		fresh = false
		d := &difference{line: i + 1, reason: reason}
		switch line[0] {
		case '~':
			d.pattern, err = regexp.Compile("^(?:" + strings.TrimSpace(line[1:]) + ")$")
		case '!':
			d.failure, err = regexp.Compile(strings.TrimSpace(line[1:]))
		default:
			d.sql = oneLine(statementOf(line))
			out.exact[d.sql] = d
		}
		if err != nil {
			return nil, fmt.Errorf("known differences: line %d: %w", i+1, err)
		}
		out.entries = append(out.entries, d)
	}
	return out, nil
}

// find returns the entry that covers a statement with these errors ("" for none), nil if there is none.
func (k *known) find(sql, ours, theirs string) *difference {
	sql = oneLine(sql)
	if d := k.exact[sql]; d != nil {
		return d
	}
	for _, d := range k.entries {
		if d.pattern != nil && d.pattern.MatchString(strings.TrimPrefix(sql, "SELECT ")) ||
			d.failure != nil && ours == "" && theirs != "" && d.failure.MatchString(theirs) {
			return d
		}
	}
	return nil
}

// statement begins a statement; other lines are expressions.
var statement = regexp.MustCompile(`(?i)^(SELECT|WITH|VALUES|\(\s*SELECT)\b`)

// statementOf makes a statement of an expression.
func statementOf(line string) string {
	if statement.MatchString(line) {
		return line
	}
	return "SELECT " + line
}

// oneLine writes a statement on one line.
func oneLine(sql string) string { return strings.Join(strings.Fields(sql), " ") }
