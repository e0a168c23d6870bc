package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the table in docs/compatibility.md anew")

const page = "../../docs/compatibility.md"

// clients that run the cases, and what the table calls them.
var clients = [][2]string{{"boto3", "boto3"}, {"cli", "AWS CLI"}, {"javascript", "JavaScript v3"}, {"go-v2", "Go v2"}}

// madeCases are the names and errors of the cases that run.sh makes of successes.
var madeCases = [][2]string{{"denied", "AccessDenied"}, {"throttled", "Throttling"}}

// operationCase is what the table needs of a case.
type operationCase struct{ Operation, Case, Error string }

var repetition = regexp.MustCompile(`@\{\d+[*,](.*?)@\}`)

// readCases reads cases.json, with repeated parts once.
func readCases(t *testing.T) []operationCase {
	t.Helper()
	text, err := os.ReadFile("cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []operationCase
	if err := json.Unmarshal(repetition.ReplaceAll(text, []byte("$1")), &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestCasesAreComplete: every documented operation has a success, and every documented error a case or a test.
func TestCasesAreComplete(t *testing.T) {
	provoked, seen := map[string]bool{}, map[string]bool{}
	for _, c := range readCases(t) {
		name := c.Operation + "/" + c.Case
		if seen[name] || strings.ContainsAny(name, " |") {
			t.Errorf("%s is there twice, or has characters that results.txt cannot hold", name)
		}
		seen[name] = true
		provoked[c.Operation+"/"+c.Error] = true
		if documented[c.Operation] == "" || c.Error != "" && !slices.Contains(errorsOf(c.Operation), c.Error) {
			t.Errorf("%s: %s is not documented", name, c.Error)
		}
	}
	for operation := range documented {
		if !provoked[operation+"/"] && elsewhere[operation+"/"] == "" {
			t.Errorf("%s has no success", operation)
		}
		for _, e := range errorsOf(operation) {
			if key := operation + "/" + e; !provoked[key] && never[key] == "" && testOf(operation, e) == "" {
				t.Errorf("nothing provokes %s", key)
			}
		}
	}
	for key, file := range elsewhere {
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(file))); err != nil {
			t.Errorf("the test of %s is not there: %v", key, err)
		}
	}
}

// testOf returns the test of an error that no case provokes.
func testOf(operation, name string) string {
	if file := elsewhere[operation+"/"+name]; file != "" {
		return file
	}
	return elsewhere["*/"+name]
}

// readResults reads results.txt: whether each client gets through each case.
func readResults(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("results.txt")
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 3 && !strings.HasPrefix(line, "#") {
			results[fields[0]+" "+fields[1]] = fields[2] == "ok"
		}
	}
	return results
}

// TestTable: docs/compatibility.md has what the last recorded run found.
func TestTable(t *testing.T) {
	const begin, end = "<!-- written by go test ./test/conformance -rewrite -->\n", "<!-- end -->\n"
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(have), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("docs/compatibility.md has no place for the table, between %q and %q", begin, end)
	}
	text := before + begin + table(t) + end + after
	if *rewrite {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(have) {
		t.Error("the table in docs/compatibility.md is not what results.txt gives: go test ./test/conformance -rewrite")
	}
}

// table returns the table of operations and clients.
func table(t *testing.T) string {
	cases, results := readCases(t), readResults(t)
	var b strings.Builder
	b.WriteString("| operation |")
	for _, c := range clients {
		b.WriteString(" " + c[1] + " |")
	}
	b.WriteString(" errors provoked | errors with tests of their own |\n|---|" + strings.Repeat("---|", len(clients)+2) + "\n")
	used := 0
	for _, operation := range slices.Sorted(maps.Keys(documented)) {
		var names, errors []string
		for _, c := range cases {
			if c.Operation != operation {
				continue
			}
			names = append(names, operation+"/"+c.Case)
			if c.Error != "" && !slices.Contains(errors, short(c.Error)) {
				errors = append(errors, short(c.Error))
			}
		}
		for _, c := range madeCases {
			if _, ran := results[clients[0][0]+" "+operation+"/"+c[0]]; ran {
				names, errors = append(names, operation+"/"+c[0]), append(errors, c[1])
			}
		}
		fmt.Fprintf(&b, "| %s |", operation)
		for _, c := range clients {
			passed := 0
			for _, name := range names {
				ok, ran := results[c[0]+" "+name]
				if !ran {
					t.Errorf("results.txt has nothing of %s %s: run.sh with CONFORMANCE_RECORD=1 writes it", c[0], name)
				}
				used++
				if ok {
					passed++
				}
			}
			if passed == len(names) {
				fmt.Fprintf(&b, " all %d |", passed)
			} else {
				fmt.Fprintf(&b, " %d of %d |", passed, len(names))
			}
		}
		slices.Sort(errors)
		fmt.Fprintf(&b, " %s | %s |\n", strings.Join(errors, ", "), strings.Join(others(operation, errors), ", "))
	}
	if used != len(results) {
		t.Errorf("results.txt has %d lines, but there are %d clients and cases", len(results), used)
	}
	return b.String()
}

// others lists the documented errors of an operation that no case provokes, with links to their tests.
func others(operation string, provoked []string) []string {
	var out []string
	for _, e := range errorsOf(operation) {
		if slices.Contains(provoked, short(e)) || never[operation+"/"+e] != "" {
			continue
		}
		out = append(out, "["+short(e)+"](../"+testOf(operation, e)+")")
	}
	return out
}
