package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueryPrintsAllPages(t *testing.T) {
	server := newFakeServer(t)
	pages := []map[string]any{page("t1"), page("t2", "1", "22"), page("t3"), page("t4"), page("", "333")}
	server.on("Query", func(c call, n int) answer { return ok(pages[n-1]) })
	b := newTestbed(t)
	// The pause before a further empty page is asked for would wait for the clock.
	b.env.Clock = System().Clock
	status, out, messages := b.run(t, "query", server.URL, "SELECT n FROM d.t;")
	if want := "   n\n-----\n   1\n  22\n 333\n"; status != 0 || out != want {
		t.Errorf("status %d, output\n%s\nwant\n%s", status, out, want)
	}
	if !strings.HasPrefix(messages, "3 rows in ") || !strings.HasSuffix(messages, ", 1.23 MB scanned, 10 MB metered\n") {
		t.Errorf("messages %q", messages)
	}
	for i, c := range server.of("Query") {
		if want := []any{nil, "t1", "t2", "t3", "t4"}[i]; c.body["NextToken"] != want || c.body["QueryString"] != "SELECT n FROM d.t" {
			t.Errorf("call %d: %v", i, c.body)
		}
	}
}

func TestQueryFormats(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", ok(page("", "1")))
	b := newTestbed(t)
	b.expect(t, 0, "n\n1\n\nn\n1\n", "", "query", server.URL, "--format", "csv", "-q", "SELECT 1; SELECT 2")
	b.expect(t, 0, "[\n{\"n\":1}\n]\n[\n{\"n\":1}\n]\n", "", "query", "--format=json", server.URL, "SELECT 1; SELECT 2", "--quiet")
	b.expect(t, 0, " n\n---\n 1\n\n n\n---\n 1\n", "1 row in 0 µs, 1.23 MB scanned, 10 MB metered\n1 row in 0 µs, 1.23 MB scanned, 10 MB metered\n",
		"query", server.URL, "SELECT 1; SELECT 2")
	b.expect(t, 1, "", "error: unknown format \"xml\": choose table, csv, json\nRun 'tidemark query --help' for usage.\n",
		"query", server.URL, "--format", "xml", "SELECT 1")
}

func TestQueryMaxRows(t *testing.T) {
	server := newFakeServer(t)
	server.on("Query", func(_ call, n int) answer {
		return ok([]map[string]any{page("t1", "1", "2"), page("t2", "3", "4")}[n-1])
	})
	server.always("CancelQuery", ok(map[string]any{}))
	b := newTestbed(t)
	b.expect(t, 0, "n\n1\n2\n3\n", "first 3 rows in 0 µs, 1.23 MB scanned, 10 MB metered; the rest was left out (--max-rows)\n",
		"query", server.URL, "--max-rows", "3", "--format", "csv", "SELECT n FROM d.t")
	if got := server.of("Query")[0].body["MaxRows"]; got != 3.0 {
		t.Errorf("MaxRows %v", got)
	}
	if calls := server.of("CancelQuery"); len(calls) != 1 || calls[0].body["QueryId"] != "AEQUERY1" {
		t.Errorf("cancelled: %v", calls)
	}
}

// Just as many rows as wanted, and no further page: nothing was left out and nothing is cancelled.
func TestQueryMaxRowsExactly(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", ok(page("", "1", "2", "3")))
	newTestbed(t).expect(t, 0, "n\n1\n2\n3\n", "", "query", server.URL, "-q", "--max-rows", "3", "--format", "csv", "SELECT n FROM d.t")
}

func TestQueryMacros(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", ok(page("", "1")))
	b := newTestbed(t)
	sql := "SELECT BIN(time, $__interval) FROM $__database.$__table WHERE $__timeFilter AND measure_name = '$__measure'"
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, "15000ms 1748426400000 1748430000000"},
		{[]string{"--from", "now-2h", "--to=now-1h"}, "15000ms 1748422800000 1748426400000"},
		{[]string{"--from", "2025-05-28T10:00:00Z", "--interval", "1m"}, "60000ms 1748426400000 1748430000000"},
		{[]string{"--from", "1748426399999", "--to", "1748426400001"}, "1000ms 1748426399999 1748426400001"},
	} {
		args := append([]string{"query", server.URL, "-q", "--database", "d", "--table", "t", "--measure", "m"}, c.flags...)
		if status, _, messages := b.run(t, append(args, sql)...); status != 0 {
			t.Fatal(messages)
		}
		part := strings.Fields(c.want)
		want := "SELECT BIN(time, " + part[0] + `) FROM "d"."t" WHERE time BETWEEN from_milliseconds(` + part[1] +
			") AND from_milliseconds(" + part[2] + `) AND measure_name = '"m"'`
		all := server.statements()
		if got := all[len(all)-1]; got != want {
			t.Errorf("%v\n got %s\nwant %s", c.flags, got, want)
		}
	}
	b.expect(t, 1, "", "error: the statement uses $__table: say which with --table\n", "query", server.URL, "SELECT * FROM d.$__table")
	b.expect(t, 1, "", "error: --from: \"tomorrow\" is not a time: write for example now-2h, 2026-03-14T09:26:53Z or epoch milliseconds\n"+
		"Run 'tidemark query --help' for usage.\n", "query", server.URL, "--from", "tomorrow", "SELECT 1")
	b.expect(t, 1, "", "error: the time range ends before it begins: --from now --to now-1h\nRun 'tidemark query --help' for usage.\n",
		"query", server.URL, "--from", "now", "--to", "now-1h", "SELECT 1")
}

// The service's text, and where in the statement it is.
func TestQueryErrors(t *testing.T) {
	server := newFakeServer(t)
	var next answer
	server.on("Query", func(call, int) answer { return next })
	b := newTestbed(t)
	for _, c := range []struct {
		name     string
		answer   answer
		sql      string
		messages string
	}{
		{"place", failure(400, "ValidationException", "line 2:10: Column 'nope' does not exist"), "SELECT a,\n  b AS x, nope\nFROM d.t;",
			"error: line 2:10: Column 'nope' does not exist\n    b AS x, nope\n           ^\n"},
		{"place in the middle", failure(400, "ValidationException", "Requested database 'abc' not found for identifier 'abc.t' at line 1:15"),
			"SELECT * FROM abc.t", "error: Requested database 'abc' not found for identifier 'abc.t' at line 1:15\n  SELECT * FROM abc.t\n                ^\n"},
		{"no place", failure(400, "QueryExecutionException", "Division by zero"), "SELECT 1/0", "error: Division by zero\n"},
		{"other errors have a name", failure(403, "AccessDeniedException", "not for you"), "SELECT 1", "error: AccessDeniedException: not for you\n"},
		{"no words", failure(403, "UnrecognizedClientException", ""), "SELECT 1", "error: UnrecognizedClientException\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			next = c.answer
			b.expect(t, 1, "", c.messages, "query", server.URL, c.sql)
		})
	}
	server.on("Query", func(call, int) answer { panic(http.ErrAbortHandler) })
	b.expect(t, 1, "", "error: no answer from "+server.URL+": EOF\n", "query", server.URL, "SELECT 1")
	server.Close()
	b.expect(t, 1, "", "error: cannot reach "+server.URL+": connect: connection refused\n", "query", server.URL, "SELECT 1")
}

// The place is one in the statement as it was sent, after macros are expanded.
func TestQueryErrorInExpandedStatement(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", failure(400, "ValidationException", "line 1:67: no"))
	b := newTestbed(t)
	_, _, messages := b.run(t, "query", server.URL, "WHERE $__timeFilter")
	if !strings.Contains(messages, "from_milliseconds(1748426400000) AND") {
		t.Errorf("%s", messages)
	}
}

func TestQueryScripts(t *testing.T) {
	server := newFakeServer(t)
	server.on("Query", func(c call, _ int) answer {
		if strings.Contains(c.body["QueryString"].(string), "bad") {
			return failure(400, "ValidationException", "line 1:8: bad")
		}
		return ok(page("", "1"))
	})
	file := filepath.Join(t.TempDir(), "script.sql")
	script := "-- first; really\nSELECT 1;\n\nSELECT bad;\nSELECT ';';\n"
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newTestbed(t)
	one := "n\n1\n"
	bad := "error: line 1:8: bad\n  SELECT bad\n         ^\nin the statement at line 4 of "
	b.expect(t, 1, one, bad+file+"\n", "query", server.URL, "-q", "--format", "csv", "-f", file)
	b.expect(t, 1, one+"\n"+one, bad+file+"\n", "query", server.URL, "-q", "--format", "csv", "--file", file, "--keep-going")
	b.env.In = strings.NewReader(script)
	b.expect(t, 1, one, bad+"standard input\n", "query", server.URL, "-q", "--format", "csv")
	b.env.In = strings.NewReader("SELECT 7")
	b.expect(t, 0, one, "", "query", server.URL, "-q", "--format", "csv", "-f", "-")
	b.env.In = strings.NewReader(" -- nothing\n")
	b.expect(t, 1, "", "error: there is no SQL to run\n", "query", server.URL)

	status, _, messages := b.run(t, "query", server.URL, "-f", file+"x")
	if status != 1 || !strings.Contains(messages, "no such file") {
		t.Errorf("missing file: %d, %s", status, messages)
	}
	b.expect(t, 1, "", "error: give the SQL either as an argument or with --file\nRun 'tidemark query --help' for usage.\n",
		"query", server.URL, "-f", file, "SELECT 1")
	want := []string{"-- first; really\nSELECT 1", "SELECT bad", "SELECT ';'"}
	if diff := cmp.Diff(want, server.statements()[2:5]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// interruptible makes the testbed's interrupts ones that the test can trigger.
func interruptible(b *testbed) (interrupt func()) {
	signals := make(chan struct{}, 1)
	b.env.Interrupts = func(parent context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(parent)
		go func() {
			select {
			case <-signals:
				cancel()
			case <-ctx.Done():
			}
		}()
		return ctx, cancel
	}
	return func() { signals <- struct{}{} }
}

// Ctrl-C cancels the query at the service, and the program ends as one that was interrupted.
func TestQueryInterrupt(t *testing.T) {
	server := newFakeServer(t)
	b := newTestbed(t)
	interrupt := interruptible(b)
	released := make(chan struct{})
	server.on("Query", func(_ call, n int) answer {
		if n == 1 {
			return ok(page("t1", "1"))
		}
		interrupt()
		<-released
		return ok(page("", "2"))
	})
	server.on("CancelQuery", func(c call, _ int) answer {
		close(released)
		return ok(map[string]any{"CancellationMessage": "cancelled"})
	})
	status, _, messages := b.run(t, "query", server.URL, "SELECT n FROM d.t; SELECT 2")
	if status != exitInterrupted || messages != "cancelled\n" {
		t.Errorf("status %d, messages %q", status, messages)
	}
	if calls := server.of("CancelQuery"); len(calls) != 1 || calls[0].body["QueryId"] != "AEQUERY1" {
		t.Errorf("cancelled: %v", calls)
	}
	if n := len(server.of("Query")); n != 2 {
		t.Errorf("%d calls of Query", n)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestQueryOutputFails(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", ok(page("", "1")))
	b := newTestbed(t)
	b.env.Out = brokenPipe{}
	b.expect(t, 1, "", "error: broken pipe\n", "query", server.URL, "SELECT 1")
}

func TestQueryOnATerminal(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", ok(page("", "1")))
	b := newTestbed(t)
	b.env.OutTerminal = true
	b.expect(t, 0, " \x1b[1mn\x1b[0m\n---\n 1\n", "", "query", server.URL, "-q", "SELECT 1")
	t.Setenv("NO_COLOR", "1")
	b.expect(t, 0, " n\n---\n 1\n", "", "query", server.URL, "-q", "SELECT 1")
}
