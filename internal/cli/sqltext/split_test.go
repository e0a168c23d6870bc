package sqltext

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         []Statement
	}{
		{"nothing", "", nil},
		{"only space and comments", " \n-- a\n/* b; */ ;;\n", nil},
		{"one without semicolon", "SELECT 1", []Statement{{"SELECT 1", 1}}},
		{"two on one line", "SELECT 1; SELECT 2;", []Statement{{"SELECT 1", 1}, {"SELECT 2", 1}}},
		{"lines", "\n\nSELECT\n  1;\n\nSELECT 2\n", []Statement{{"SELECT\n  1", 3}, {"SELECT 2", 6}}},
		{"semicolon in a string", "SELECT ';', 'it''s;'; SELECT 2", []Statement{{"SELECT ';', 'it''s;'", 1}, {"SELECT 2", 1}}},
		{"semicolon in a name", `SELECT ";", "a"";"; SELECT 2`, []Statement{{`SELECT ";", "a"";"`, 1}, {"SELECT 2", 1}}},
		{"semicolon in comments", "SELECT 1 -- no; really\n, 2 /* ; */; SELECT 2", []Statement{
			{"SELECT 1 -- no; really\n, 2 /* ; */", 1}, {"SELECT 2", 2}}},
		{"comment before the first word stays", "-- doc\nSELECT 1;", []Statement{{"-- doc\nSELECT 1", 1}}},
		{"quotes in comments", "SELECT 1 -- don't\n; SELECT 2", []Statement{{"SELECT 1 -- don't", 1}, {"SELECT 2", 2}}},
		{"comment marks in quotes", "SELECT '--'; SELECT '/*'; SELECT 3", []Statement{
			{"SELECT '--'", 1}, {"SELECT '/*'", 1}, {"SELECT 3", 1}}},
		{"minus is no comment", "SELECT 1 - -1; SELECT 4/2", []Statement{{"SELECT 1 - -1", 1}, {"SELECT 4/2", 1}}},
		{"block comments do not nest", "/* /* */ SELECT 1; */ SELECT 2", []Statement{{"/* /* */ SELECT 1", 1}, {"*/ SELECT 2", 1}}},
		{"unclosed quote takes the rest", "SELECT 'a; SELECT 2;", []Statement{{"SELECT 'a; SELECT 2;", 1}}},
		{"unclosed comment is sent on", "SELECT 1; /* a; b", []Statement{{"SELECT 1", 1}, {"/* a; b", 1}}},
		{"carriage returns", "SELECT 1;\r\nSELECT 2;\r\n", []Statement{{"SELECT 1", 1}, {"SELECT 2", 2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Split(c.script)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	for typed, want := range map[string]bool{
		"": false, "SELECT 1": false, "SELECT 1;": true, "SELECT 1; \n": true, "SELECT 1; -- done": true,
		"SELECT 1; SELECT": false, "SELECT ';": false, "SELECT ';'": false, "SELECT 1 -- ;": false,
		"SELECT 1; /* open": false, "SELECT 1; /* closed */": true, "-- a;\n": false, `SELECT ";`: false,
		"SELECT 'it''s;": false, "SELECT 'it''s';": true,
	} {
		if got := Complete(typed); got != want {
			t.Errorf("Complete(%q) = %v", typed, got)
		}
	}
}

// Whatever the script, no panic, statements appear in it in order, and none is empty.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"SELECT ';'; -- x\n/* y */ SELECT \"a\"", "'", `"`, "/*", "--", ";;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		rest := script
		for _, s := range Split(script) {
			at := strings.Index(rest, s.Text)
			if s.Text == "" || at < 0 {
				t.Fatalf("%q is no piece of %q", s.Text, script)
			}
			rest = rest[at+len(s.Text):]
			if again := Split(s.Text); len(again) != 1 || again[0].Text != s.Text {
				t.Fatalf("%q splits again, to %+v", s.Text, again)
			}
		}
		Complete(script)
	})
}
