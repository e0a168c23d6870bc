package sqltext

import (
	"strings"
	"testing"
)

func TestPoint(t *testing.T) {
	for _, c := range []struct {
		name, statement, message string
		width                    int
		want                     string
	}{
		{"first column", "SELEC 1", "The query syntax is invalid at line 1:1", 0, "SELEC 1\n^"},
		{"in the middle", "SELECT nope FROM m", "line 1:8: Column 'nope' does not exist", 0, "SELECT nope FROM m\n       ^"},
		{"second line", "SELECT 1,\n  nope", "line 2:3: Column 'nope' does not exist", 0, "  nope\n  ^"},
		{"behind the end", "SELECT", "line 1:7: mismatched input '<EOF>'", 0, "SELECT\n      ^"},
		{"wide characters take two cells", "SELECT '日本', x", "line 1:14: no", 0, "SELECT '日本', x\n               ^"},
		{"code points outside the first plane", "SELECT '😀', x", "line 1:13: no", 0, "SELECT '😀', x\n             ^"},
		{"tabs", "\tSELECT\tx", "line 1:9: no", 0, " SELECT x\n        ^"},
		{"carriage return", "SELECT 1,\r\nx", "line 1:9: no", 0, "SELECT 1,\n        ^"},
		{"control characters do nothing", "SELECT \x1b[2Jx", "line 1:8: no", 0, "SELECT �[2Jx\n       ^"},
		{"no place", "SELECT 1", "Request rate limit exceeded", 0, ""},
		{"line outside", "SELECT 1", "line 2:1: no", 0, ""},
		{"column outside", "SELECT 1", "line 1:10: no", 0, ""},
		{"line nought", "SELECT 1", "line 0:0: no", 0, ""},
		{"not a place", "SELECT 1", "baseline 1:2", 0, ""},
		{"cut on the left", "SELECT aaaaaaaaaaaaaaaaaaaa, bbbb", "line 1:30: no", 20, "…aaaaaaaaaaaaa, bbbb\n                ^"},
		{"cut on the right", "SELECT aaaaaaaaaaaaaaaaaaaa, bbbb", "line 1:8: no", 20, "SELECT aaaaaaaaaaaa…\n       ^"},
		{"cut on both sides", strings.Repeat("a", 50) + "X" + strings.Repeat("b", 50), "line 1:51: no", 20,
			"…aaaaaaaaaaaaXbbbbb…\n             ^"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Point(c.statement, c.message, c.width); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func FuzzPoint(f *testing.F) {
	f.Add("SELECT 1", "line 1:3: x", 10)
	f.Add("a\n日本\tb", "line 2:2", 3)
	f.Fuzz(func(t *testing.T, statement, message string, width int) {
		if got := Point(statement, message, width%200); got != "" && !strings.HasSuffix(got, "^") {
			t.Fatalf("%q", got)
		}
	})
}
