package slt

import (
	"fmt"
	"strings"
)

// command is one command of a file.
type command struct {
	line  int    // of its first line, from 1
	name  string // write, query, error, ...: see doc.go
	args  string // the rest of the first line
	body  []string
	want  []string // lines behind ----
	text  []string // the command as it stands in the file
	extra []string // comments and blank lines in front of it
}

// parse splits a file into its commands.
func parse(file string) ([]*command, error) {
	var out []*command
	var extra []string
	lines := strings.Split(strings.TrimRight(file, "\n"), "\n")
	for i := 0; i < len(lines); {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			extra = append(extra, lines[i])
			i++
			continue
		}
		end := i + 1
		for end < len(lines) && strings.TrimSpace(lines[end]) != "" && !alone(lines[i]) {
			end++
		}
		c, err := parseCommand(lines[i:end], i+1)
		if err != nil {
			return nil, err
		}
		c.extra, extra = extra, nil
		out = append(out, c)
		i = end
	}
	return out, nil
}

// alone reports whether a line is a command without further lines, so that the next command may follow at once.
func alone(line string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch name {
	case "flush", "merge", "restart", "advance", "database", "table", "retention", "drop":
		return true
	}
	return false
}

func parseCommand(lines []string, at int) (*command, error) {
	c := &command{line: at, text: lines}
	c.name, c.args, _ = strings.Cut(strings.TrimSpace(lines[0]), " ")
	rest := lines[1:]
	for i, line := range rest {
		if strings.TrimSpace(line) == "----" {
			c.body, c.want = rest[:i], rest[i+1:]
			return c, nil
		}
	}
	c.body = rest
	switch c.name {
	case "query", "unload", "plan", "columns", "prepare", "reject":
		return nil, fmt.Errorf("line %d: %s has no line ---- with the answer behind it", at, c.name)
	case "write", "error", "eval":
		if len(rest) == 0 {
			return nil, fmt.Errorf("line %d: %s has no lines", at, c.name)
		}
	case "flush", "merge", "restart", "advance", "database", "table", "retention", "drop":
	default:
		return nil, fmt.Errorf("line %d: unknown command %q", at, c.name)
	}
	return c, nil
}

// sql returns the statement of a command.
func (c *command) sql() string { return strings.Join(c.body, "\n") }

// withAnswer returns the command's text with another answer.
func (c *command) withAnswer(want []string) []string {
	out := append([]string(nil), c.text[:1+len(c.body)]...)
	return append(append(out, "----"), want...)
}
