package cli

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// script is an editor that returns pieces of input one after the other; an empty piece is Ctrl-C.
type script struct{ pieces []string }

func (s *script) Read() (string, error) {
	if len(s.pieces) == 0 {
		return "", io.EOF
	}
	next := s.pieces[0]
	s.pieces = s.pieces[1:]
	if next == "" {
		return "", errInterrupted
	}
	return next, nil
}

// typed runs an interactive session and returns what it printed, without the greeting.
func (b *testbed) typed(t *testing.T, server string, pieces ...string) (out, messages string) {
	t.Helper()
	b.env.InTerminal, b.env.OutTerminal, b.env.ErrTerminal = true, true, true
	b.env.OpenEditor = func(*history) (editor, error) { return &script{pieces}, nil }
	t.Setenv("NO_COLOR", "1")
	status, out, messages := b.run(t, "query", server)
	if status != 0 {
		t.Errorf("exit status %d", status)
	}
	greeting := "SQL at " + server + ". Statements end with a semicolon; \\? for help, \\q to leave.\n"
	if !strings.HasPrefix(messages, greeting) {
		t.Errorf("greeting %q", messages)
	}
	return out, strings.TrimPrefix(messages, greeting)
}

func TestShellRunsStatements(t *testing.T) {
	server := newFakeServer(t)
	server.on("Query", func(c call, _ int) answer {
		if c.body["QueryString"] == "SELECT nope" {
			return failure(400, "ValidationException", "line 1:8: Column 'nope' does not exist")
		}
		return ok(page("", "1"))
	})
	out, messages := newTestbed(t).typed(t, server.URL, "SELECT 1;\n", "", `\timing off`, `\o`, `\o csv`, `\o xml`,
		"SELECT nope; SELECT 2;", "SELECT\n  3; -- done", `\timing`, `\timing maybe`, "-- only a comment;\n", `\nix`, "exit", "SELECT 4;")
	if want := " n\n---\n 1\n\nn\n1\n"; out != want {
		t.Errorf("output %q, want %q", out, want)
	}
	want := "1 row in 0 µs, 1.23 MB scanned, 10 MB metered\n" +
		"timing is off\nthe output format is table\nunknown format \"xml\": choose table, csv, json\n" +
		"error: line 1:8: Column 'nope' does not exist\n  SELECT nope\n         ^\n" +
		"timing is on\nsay \\timing on or \\timing off\nunknown command \\nix: \\? lists what there is\n"
	if messages != want {
		t.Errorf("messages\n%s\nwant\n%s", messages, want)
	}
	if diff := cmp.Diff([]string{"SELECT 1", "SELECT nope", "SELECT\n  3"}, server.statements()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestShellCommands(t *testing.T) {
	for typed, want := range map[string]string{
		`\d`: "SHOW DATABASES", `\d devops`: `SHOW TABLES FROM "devops"`, `\d devops.metrics;`: `DESCRIBE "devops"."metrics"`,
		`\d "a.b"."c ""d"""`: `DESCRIBE "a.b"."c ""d"""`, `\m iot.host_metrics`: `SHOW MEASURES FROM "iot"."host_metrics"`,
		`\d  my-db . "t" `: `DESCRIBE "my-db"."t"`,
	} {
		server := newFakeServer(t)
		server.always("Query", ok(page("", "1")))
		newTestbed(t).typed(t, server.URL, typed)
		if diff := cmp.Diff([]string{want}, server.statements()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typed, diff)
		}
	}
}

func TestShellCommandsThatMakeNoSense(t *testing.T) {
	server := newFakeServer(t)
	b := newTestbed(t)
	for typed, want := range map[string]string{
		`\m`: "say which table", `\m iot`: "say which table", `\d a.b.c`: "in double quotes", `\d a.`: "DATABASE.TABLE",
		`\d .b`: "DATABASE.TABLE", `\d "a`: "double quote is missing", `\d "a"b`: "DATABASE.TABLE", `\d ""`: "DATABASE.TABLE",
		`\d "a"".`: "double quote is missing",
	} {
		if _, messages := b.typed(t, server.URL, typed); !strings.Contains(messages, want) {
			t.Errorf("%s: %s", typed, messages)
		}
	}
	_, messages := b.typed(t, server.URL, `\?`, `\q`, `\d`)
	for _, command := range []string{`\d DATABASE.TABLE`, `\m`, `\o`, `\timing`, `\?`, `\q`} {
		if !strings.Contains(messages, command) {
			t.Errorf("help lacks %s", command)
		}
	}
}

// Ctrl-C cancels the query that runs, and the session goes on.
func TestShellInterrupt(t *testing.T) {
	server := newFakeServer(t)
	b := newTestbed(t)
	interrupt := interruptible(b)
	released := make(chan struct{})
	server.on("Query", func(c call, n int) answer {
		switch n {
		case 1:
			return ok(page("t1", "1"))
		case 2:
			// Two contexts wait: the session's own, which nothing hangs on, and the statement's.
			interrupt()
			interrupt()
			<-released
		}
		return ok(page("", "2"))
	})
	server.on("CancelQuery", func(call, int) answer {
		close(released)
		return ok(map[string]any{})
	})
	_, messages := b.typed(t, server.URL, "SELECT 1;", "SELECT 2;")
	if want := "cancelled\n1 row in 0 µs, 1.23 MB scanned, 10 MB metered\n"; messages != want {
		t.Errorf("messages %q, want %q", messages, want)
	}
}

func TestShellInputIsComplete(t *testing.T) {
	for typed, want := range map[string]bool{
		"": true, "  ": true, `\d`: true, "quit": true, "EXIT;": true, "SELECT 1": false, "SELECT 1;": true, "SELECT ';": false,
		"exit strategy": false,
	} {
		if got := complete(typed); got != want {
			t.Errorf("complete(%q) = %v", typed, got)
		}
	}
}

func TestHistory(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "config", "tidemark")
	h := openHistory(folder)
	for _, entry := range []string{"SELECT 1;", "SELECT 1;", " secret;", "", "SELECT\n  '日本';\n", `\d`} {
		if _, err := h.Write(entry); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"SELECT 1;", "SELECT\n  '日本';", `\d`}
	again := openHistory(folder)
	if diff := cmp.Diff(want, again.Dump()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if line, err := again.GetLine(1); err != nil || line != want[1] || again.Len() != 3 {
		t.Errorf("%q, %v", line, err)
	}
	for _, i := range []int{-1, 3} {
		if _, err := again.GetLine(i); err == nil {
			t.Errorf("there is an entry %d", i)
		}
	}
	info, err := os.Stat(filepath.Join(folder, historyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// A damaged line is left out, and a long file is cut down.
func TestHistoryFile(t *testing.T) {
	folder := t.TempDir()
	var b strings.Builder
	b.WriteString("not JSON\n\"\"\n{}\n")
	for i := range 2*historyMax + 1 {
		b.WriteString("\"SELECT " + strconv.Itoa(i) + "\"\n")
	}
	path := filepath.Join(folder, historyFile)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h := openHistory(folder)
		if last, _ := h.GetLine(h.Len() - 1); h.Len() != historyMax || last != "SELECT 2000" {
			t.Errorf("%d entries, the last %q", h.Len(), last)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != historyMax {
		t.Errorf("%d lines, %v", strings.Count(string(text), "\n"), err)
	}
}

// Without a place to keep it, or with one that cannot be written, there is a history for the session only.
func TestHistoryWithoutFile(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"", filepath.Join(blocked, "below")} {
		h := openHistory(folder)
		if n, err := h.Write("SELECT 1;"); n != 1 || err != nil {
			t.Errorf("%q: %d, %v", folder, n, err)
		}
	}
}
