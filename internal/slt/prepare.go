package slt

import (
	"context"
	"strings"
	"testing"
)

// prepare runs PrepareQuery and compares what it tells: the columns with their types, their tables, and whether an alias named
// them, then the parameters with their types; or the error.
func (r *runner) prepare(t *testing.T, c *command) []string {
	t.Helper()
	got := r.prepared(c.sql())
	if diff := compare(got, c.want, false, 0); diff != "" {
		t.Errorf("line %d: %s: %s\ngot:\n%s\nwant:\n%s", c.line, diff, c.sql(), strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		return c.withAnswer(got)
	}
	return c.text
}

func (r *runner) prepared(sql string) []string {
	out, err := r.engine.PrepareQuery(context.Background(), sql, nil)
	if err != nil {
		return []string{"error  " + errorText(err)}
	}
	var lines []string
	for _, col := range out.Columns {
		line := col.Name + "  " + col.Type.String()
		if col.Table != "" {
			line += "  " + col.Database + "." + col.Table
		}
		if col.Aliased {
			line += "  aliased"
		}
		lines = append(lines, line)
	}
	for _, p := range out.Parameters {
		lines = append(lines, "@"+p.Name+"  "+p.Type.String())
	}
	return lines
}
