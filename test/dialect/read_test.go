package dialect

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// section is a heading of the reference with its lines.
type section struct {
	title   string
	entries []entry
}

// entry is a line: a function with its number of arguments, or a pattern.
type entry struct {
	text     string
	function string
	min, max int // number of arguments; max is -1 if there is no limit
	pattern  *regexp.Regexp
	refused  bool // what matches the pattern must fail
}

var functionLine = regexp.MustCompile(`^([a-z0-9_]+)\((.*)\)$`)

// readReference reads reference.txt.
func readReference(path string) ([]section, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []section
	for _, line := range strings.Split(string(text), "\n") {
		title, isTitle := strings.CutPrefix(line, "## ")
		switch {
		case isTitle:
			out = append(out, section{title: title})
		case line != "" && line[0] != '#':
			e, err := parseEntry(line)
			if err != nil {
				return nil, err
			}
			out[len(out)-1].entries = append(out[len(out)-1].entries, e)
		}
	}
	return out, nil
}

func parseEntry(line string) (entry, error) {
	for _, mark := range []string{"=~", "!~"} {
		if text, pattern, found := strings.Cut(line, " "+mark+" "); found {
			p, err := regexp.Compile("(?is)" + strings.TrimSpace(pattern))
			return entry{text: strings.TrimSpace(text), pattern: p, refused: mark == "!~"}, err
		}
	}
	m := functionLine.FindStringSubmatch(line)
	if m == nil {
		return entry{}, fmt.Errorf("%q is neither a function nor has it a pattern", line)
	}
	e := entry{text: line, function: m[1]}
	for _, argument := range strings.Split(m[2], ", ") {
		switch argument {
		case "":
		case "...":
			e.max = -1
			return e, nil
		default:
			e.min, e.max = e.min+1, e.max+1
		}
	}
	return e, nil
}

// file is a file of test/slt: what its statements are.
type file struct {
	name       string // below test/slt
	source     string
	assertions int
	statements []statement
}

// outside reports whether the answers come from outside of the project.
func (f *file) outside() bool {
	return f.source != "" && !strings.HasPrefix(f.source, "guess") && !strings.HasPrefix(f.source, "internal/")
}

// statement is a statement with blanks made one, and the calls in it.
type statement struct {
	text  string
	fails bool
	calls []call
}

type call struct {
	name string
	args int
}

func readFiles(dir string) ([]*file, error) {
	var out []*file
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".slt" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		summary, err := slt.Summarize(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := &file{name: filepath.ToSlash(name), source: summary.Source, assertions: summary.Assertions}
		for _, s := range summary.Statements {
			f.statements = append(f.statements, statement{strings.Join(strings.Fields(s.SQL), " "), s.Fails, callsOf(s.SQL)})
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// callsOf returns the calls of functions in a statement, none if it does not parse.
func callsOf(sql string) []call {
	stmt, err := parser.Parse(sql)
	if err != nil {
		return nil
	}
	var out []call
	findCalls(reflect.ValueOf(stmt), &out)
	return out
}

var callType = reflect.TypeFor[ast.Call]()

// findCalls walks a syntax tree. There is no walker in package ast, since nothing in the product needs one.
func findCalls(v reflect.Value, out *[]call) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			findCalls(v.Elem(), out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			findCalls(v.Index(i), out)
		}
	case reflect.Struct:
		if v.Type() == callType {
			c := v.Interface().(ast.Call)
			*out = append(*out, call{c.Name, len(c.Args)})
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				findCalls(v.Field(i), out)
			}
		}
	}
}

// testsMax is how many files stand behind a line.
const testsMax = 2

// testsOf returns links to the files that test a line most.
func testsOf(files []*file, e entry) []string {
	type found struct {
		file  *file
		count int
	}
	var all []found
	for _, f := range files {
		n := 0
		for _, s := range f.statements {
			n += e.uses(s)
		}
		if n > 0 {
			all = append(all, found{f, n})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(b.count-a.count, strings.Compare(a.file.name, b.file.name)) })
	var out []string
	for _, f := range all[:min(len(all), testsMax)] {
		out = append(out, fmt.Sprintf("[%s](../test/slt/%s)", strings.TrimSuffix(f.file.name, ".slt"), f.file.name))
	}
	return out
}

// uses returns how often a statement uses what a line is about. Statements that fail show only what is refused.
func (e entry) uses(s statement) int {
	if s.fails != e.refused {
		return 0
	}
	if e.pattern != nil {
		if e.pattern.MatchString(s.text) {
			return 1
		}
		return 0
	}
	n := 0
	for _, c := range s.calls {
		if c.name == e.function && c.args >= e.min && (e.max < 0 || c.args <= e.max) {
			n++
		}
	}
	return n
}
