package dialect

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
)

var rewrite = flag.Bool("rewrite", false, "write docs/dialect.md anew")

const page = "../../docs/dialect.md"

// TestPage checks that everything that the guide lists, and every function that we have, is tested by a file, and that
// docs/dialect.md says which.
func TestPage(t *testing.T) {
	files, err := readFiles("../slt")
	if err != nil {
		t.Fatal(err)
	}
	sections, err := readReference("reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	lines, missing := 0, 0
	for _, s := range append(sections, beyond(sections)) {
		fmt.Fprintf(&b, "\n## %s\n\n| form | tested in |\n|---|---|\n", s.title)
		for _, e := range s.entries {
			lines++
			tests := testsOf(files, e)
			if len(tests) == 0 {
				missing++
				t.Errorf("no file of test/slt tests %q (%s)", e.text, s.title)
				continue
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(e.text, "|", `\|`), strings.Join(tests, ", "))
		}
	}
	text := header(files, lines, missing) + b.String()
	if *rewrite {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(page); err != nil || string(have) != text {
		t.Errorf("docs/dialect.md is not what the files give (%v): go test ./test/dialect -rewrite", err)
	}
}

// header is the beginning of the page. Counts are rounded down, so that not every new assertion changes it.
func header(files []*file, lines, missing int) string {
	all, outside := 0, 0
	for _, f := range files {
		all += f.assertions
		if f.outside() {
			outside += f.assertions
		}
	}
	return fmt.Sprintf(`# The dialect, line by line

Every statement, clause, type, operator and function that the service's developer guide lists, with files that test it: %d lines, %d without a test.
Differences that we accept are numbered in [compatibility.md](compatibility.md). This page is written by %s.

The files make more than %d assertions, more than %d of them with a source outside of this project: AWS's documentation and samples, recorded answers of the service, the
source of its clients, and Trino, the parent of the dialect. Each runs in several ways, see %s.
`, lines, missing, "`go test ./test/dialect -rewrite`", all/500*500, outside/500*500, "`internal/slt`")
}

// notFunctions are in the registry, and are written as operators.
var notFunctions = map[string]bool{"like": true, "negate": true, "subscript": true}

// beyond lists the functions that we have and the guide does not.
func beyond(sections []section) section {
	listed := map[string]bool{}
	for _, s := range sections {
		for _, e := range s.entries {
			listed[e.function] = true
			if e.pattern != nil {
				name, _, _ := strings.Cut(e.text, "(")
				listed[strings.ToLower(strings.TrimSpace(name))] = true
			}
		}
	}
	out := section{title: "Beyond the service"}
	scalar, aggregate, window := function.Names()
	names := append(append(scalar, aggregate...), window...)
	sort.Strings(names)
	for _, n := range names {
		if !listed[n] && !notFunctions[n] {
			listed[n] = true
			out.entries = append(out.entries, entry{text: n, function: n, max: -1})
		}
	}
	for _, form := range [][2]string{
		{"EXPLAIN", `^EXPLAIN`}, {"GROUPING SETS", `GROUPING SETS`}, {"ROLLUP", `ROLLUP`}, {"CUBE", `CUBE`},
		{"INTERSECT ALL", `INTERSECT ALL`}, {"EXCEPT ALL", `EXCEPT ALL`}, {"OFFSET", `OFFSET`}, {"FETCH FIRST", `FETCH (FIRST|NEXT)`},
		{"LATERAL (query)", `LATERAL`}, {"IS DISTINCT FROM", `IS DISTINCT FROM`}, {"IS NOT DISTINCT FROM", `IS NOT DISTINCT FROM`},
		{"aggregate(x) FILTER (WHERE condition)", `FILTER ?\(`}, {"aggregate(x ORDER BY y)", `\(\w+ ORDER BY`},
		{"TRIM(BOTH string FROM string)", `TRIM ?\((BOTH|LEADING|TRAILING)`}, {"SUBSTRING(string FROM start FOR length)", `SUBSTRING ?\(.* FROM`},
		{"TABLE name", `^TABLE`}, {"U&'text'", `U&'`}, {"DESC database.table", `^DESC `}, {"SHOW TABLES IN database", `SHOW TABLES IN`},
	} {
		out.entries = append(out.entries, entry{text: form[0], pattern: regexp.MustCompile("(?is)" + form[1])})
	}
	return out
}
