// Package architecture_test checks that the tree is as ARCHITECTURE.md tells it: every package has a line in the table of
// packages, every line a package, and no package imports what its line does not list.
package architecture_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/tidemarkdb/tidemark/"
)

// everywhere are the packages that all may import.
var everywhere = map[string]bool{"dberr": true}

// tableLine is a line of the table: | `package` | what it is | imports |
var tableLine = regexp.MustCompile("^\\| `([a-z0-9/]+)` \\|.*\\| ([^|]*) \\|$")

func TestImports(t *testing.T) {
	allowed := readTable(t)
	found := readTree(t)
	for pkg, imports := range found {
		may, listed := allowed[pkg]
		if !listed {
			t.Errorf("package %s has no line in ARCHITECTURE.md", pkg)
			continue
		}
		for _, imp := range imports {
			if !may[imp] && !everywhere[imp] {
				t.Errorf("package %s imports %s, which its line in ARCHITECTURE.md does not list", pkg, imp)
			}
			delete(may, imp)
		}
		for imp := range may {
			t.Errorf("the line of %s in ARCHITECTURE.md lists %s, which it does not import", pkg, imp)
		}
	}
	for pkg := range allowed {
		if _, ok := found[pkg]; !ok {
			t.Errorf("ARCHITECTURE.md has a line for %s, but there is no such package", pkg)
		}
	}
}

// readTable reads the table of packages: what each may import.
func readTable(t *testing.T) map[string]map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		m := tableLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		out[m[1]] = map[string]bool{}
		for _, imp := range strings.Fields(m[2]) {
			if imp != "-" {
				out[m[1]][imp] = true
			}
		}
	}
	if len(out) == 0 {
		t.Fatal("no table of packages found")
	}
	return out
}

// readTree reads the imports of our own packages from the source files, so that nothing is cached.
func readTree(t *testing.T) map[string][]string {
	t.Helper()
	sets := map[string]map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
			return err
		}
		pkg := short(filepath.Dir(path))
		if sets[pkg] == nil {
			sets[pkg] = map[string]bool{}
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range file.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(name, module+"internal/"); ok {
				sets[pkg][own] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for pkg, set := range sets {
		out[pkg] = []string{}
		for imp := range set {
			out[pkg] = append(out[pkg], imp)
		}
		sort.Strings(out[pkg])
	}
	return out
}

func short(dir string) string {
	rel, err := filepath.Rel(filepath.Join(root, "internal"), dir)
	if err != nil {
		return dir
	}
	return filepath.ToSlash(rel)
}

// TestDocComments checks that every package says in a doc.go what it is.
func TestDocComments(t *testing.T) {
	for pkg := range readTree(t) {
		if _, err := os.Stat(filepath.Join(root, "internal", filepath.FromSlash(pkg), "doc.go")); err != nil {
			t.Errorf("package %s has no doc.go", pkg)
		}
	}
}

// TestLinks checks that the files that documents point to exist.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s points to %s, which does not exist", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
