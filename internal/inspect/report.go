package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// Report is what was found in a file or folder.
type Report struct {
	Kind  string
	Facts []Fact
	Lists []List
	// Notes are worth knowing and not wrong; Problems are wrong. Each says where.
	Notes    []string
	Problems []string
}

// Fact is one thing that is known. Value is a number, a text, a bool or a Time.
type Fact struct {
	Name  string
	Value any
}

// List is a table of things.
type List struct {
	Name    string
	Columns []string
	Rows    [][]any
}

// Time is nanoseconds since 1970, printed as people read them.
type Time int64

// String writes the time in UTC, the ends of the range of times as words.
func (t Time) String() string {
	switch t {
	case math.MinInt64:
		return "beginning"
	case math.MaxInt64:
		return "end"
	}
	return time.Unix(0, int64(t)).UTC().Format("2006-01-02T15:04:05.999999999Z")
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// fact adds a fact.
func (r *Report) fact(name string, value any) { r.Facts = append(r.Facts, Fact{name, value}) }

// note adds a note.
func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// problem adds a problem.
func (r *Report) problem(err error) { r.Problems = append(r.Problems, err.Error()) }

// textRowsMax is how many rows of a list are printed as text.
const textRowsMax = 50

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	var b bytes.Buffer
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(tab, "%s\n", r.Kind)
	for _, f := range r.Facts {
		_, _ = fmt.Fprintf(tab, "  %s\t%s\n", f.Name, printable(f.Value))
	}
	_ = tab.Flush()
	for _, l := range r.Lists {
		_, _ = fmt.Fprintf(tab, "\n%s\n", l.Name)
		_, _ = fmt.Fprintf(tab, "  %s\n", strings.Join(l.Columns, "\t"))
		for _, row := range l.Rows[:min(len(l.Rows), textRowsMax)] {
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = printable(v)
			}
			_, _ = fmt.Fprintf(tab, "  %s\n", strings.Join(cells, "\t"))
		}
		_ = tab.Flush()
		if n := len(l.Rows) - textRowsMax; n > 0 {
			_, _ = fmt.Fprintf(&b, "  %d more; --json prints all\n", n)
		}
	}
	for _, n := range r.Notes {
		_, _ = fmt.Fprintf(&b, "\nnote: %s", n)
	}
	for _, p := range r.Problems {
		_, _ = fmt.Fprintf(&b, "\nWRONG: %s", p)
	}
	if len(r.Notes)+len(r.Problems) > 0 {
		_, _ = fmt.Fprintln(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// printable returns a value as text of one line, so that what is in a damaged file cannot disturb a terminal.
func printable(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		if strings.ContainsFunc(v, func(c rune) bool { return !unicode.IsPrint(c) }) {
			return fmt.Sprintf("%q", v)
		}
		return v
	}
	return fmt.Sprint(v)
}

// MarshalJSON implements json.Marshaler: facts become members of an object, rows of lists objects by column.
func (r *Report) MarshalJSON() ([]byte, error) {
	facts := map[string]any{}
	for _, f := range r.Facts {
		facts[member(f.Name)] = jsonable(f.Value)
	}
	lists := map[string]any{}
	for _, l := range r.Lists {
		rows := make([]map[string]any, len(l.Rows))
		for i, row := range l.Rows {
			rows[i] = map[string]any{}
			for k, v := range row {
				rows[i][member(l.Columns[k])] = jsonable(v)
			}
		}
		lists[l.Name] = rows
	}
	texts := func(list []string) []string { return append([]string{}, list...) }
	return json.Marshal(map[string]any{"kind": r.Kind, "facts": facts, "lists": lists, "notes": texts(r.Notes), "problems": texts(r.Problems)})
}

// member turns words into the name of a member.
func member(words string) string { return strings.ReplaceAll(words, " ", "_") }

// jsonable turns doubles that JSON does not have into texts.
func jsonable(v any) any {
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return fmt.Sprint(f)
	}
	return v
}
