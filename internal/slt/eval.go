package slt

import (
	"fmt"
	"strings"
	"testing"
)

// eval runs "SELECT expression" for every line and compares type and value.
func (r *runner) eval(t *testing.T, c *command) []string {
	t.Helper()
	out := append([]string(nil), c.text...)
	for i, line := range c.body {
		expr, kind, want := evalParts(line)
		if expr == "" {
			continue
		}
		if kind == "" {
			t.Errorf("line %d: %q has no type behind the expression", c.line+1+i, line)
			continue
		}
		gotKind, got := r.evaluate(expr)
		same := gotKind == kind && got == want
		if begin, open := strings.CutSuffix(want, "..."); open || kind == "error" {
			same = gotKind == kind && strings.HasPrefix(got, begin)
		}
		if r.variant.Naive && gotKind == kind && kind != "error" {
			same = same || sameRow(got, want, lastDigit)
		}
		if !same {
			t.Errorf("line %d: %s\ngot  %s  %s\nwant %s  %s", c.line+1+i, expr, gotKind, got, kind, want)
			out[1+i] = fmt.Sprintf("%s  %s  %s", expr, gotKind, got)
		}
	}
	return out
}

// evaluate returns type and value of an expression, or "error" and its text.
func (r *runner) evaluate(expr string) (kind, value string) {
	columns, rows, err := r.ask("SELECT " + expr)
	if err != nil {
		return "error", strings.TrimPrefix(errorText(err), "ValidationException ")
	}
	if len(columns) != 1 || len(rows) != 1 {
		return fmt.Sprintf("%d rows of %d columns", len(rows), len(columns)), ""
	}
	return columns[0].Type.String(), rows[0][0].text
}

// evalParts splits a line into expression, type and value at two blanks or more outside quotes. A comment has no parts.
func evalParts(line string) (expr, kind, value string) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return "", "", ""
	}
	expr, rest := line, ""
	quote := byte(0)
	for i := 0; i+1 < len(line); i++ {
		switch b := line[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '\'' || b == '"':
			quote = b
		case b == ' ' && line[i+1] == ' ':
			expr, rest = line[:i], strings.TrimSpace(line[i:])
			i = len(line)
		}
	}
	kind, value, _ = strings.Cut(rest, "  ")
	return expr, kind, strings.TrimSpace(value)
}

// columns compares names and types of the columns of a result.
func (r *runner) columns(t *testing.T, c *command) []string {
	t.Helper()
	columns, _, err := r.ask(c.sql())
	if err != nil {
		t.Errorf("line %d: %s\n%s", c.line, errorText(err), c.sql())
		return c.text
	}
	got := make([]string, len(columns))
	for i, col := range columns {
		got[i] = col.Name + "  " + col.Type.String()
	}
	if diff := compare(got, c.want, false, 0); diff != "" {
		t.Errorf("line %d: %s: %s\ngot:\n%s\nwant:\n%s", c.line, diff, c.sql(), strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		return c.withAnswer(got)
	}
	return c.text
}
