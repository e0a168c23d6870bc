package architecture_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
)

// specialForms are called like functions but are not in the registry; internalNames are in it but are operators.
var (
	specialForms  = []string{"coalesce", "if", "nullif", "try", "typeof"}
	internalNames = map[string]bool{"like": true, "negate": true, "subscript": true}
)

// TestDifferences checks that the accepted differences are numbered from 1, and that each names its test.
func TestDifferences(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "compatibility.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "## Accepted differences")
	list, _, _ = strings.Cut(list, "\n## ")
	items := regexp.MustCompile(`(?m)^(\d+)\. `).Split(list, -1)[1:]
	for i, item := range items {
		if !strings.Contains(list, fmt.Sprintf("\n%d. %s", i+1, item)) {
			t.Errorf("difference %d has another number: %.40s", i+1, item)
		}
		if !strings.Contains(item, "([test](") {
			t.Errorf("difference %d names no test", i+1)
		}
	}
	if len(items) == 0 {
		t.Error("there are no differences")
	}
}

// TestFunctionLists checks that docs/compatibility.md lists exactly the functions that there are.
func TestFunctionLists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "compatibility.md"))
	if err != nil {
		t.Fatal(err)
	}
	scalar, aggregate, window := function.Names()
	for section, names := range map[string][]string{
		"### Scalar functions": append(scalar, specialForms...), "### Aggregate functions": aggregate, "### Window functions": window,
	} {
		_, rest, found := strings.Cut(string(text), section)
		if !found {
			t.Errorf("no section %q", section)
		}
		body, _, _ := strings.Cut(rest, "\n#")
		listed := map[string]bool{}
		for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(body, -1) {
			listed[m[1]] = true
		}
		for _, name := range names {
			if !listed[name] && !internalNames[name] {
				t.Errorf("%s does not list %s", section, name)
			}
			delete(listed, name)
		}
		for name := range listed {
			t.Errorf("%s lists %s, which does not exist", section, name)
		}
	}
}
