package storage

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// The notation of rows in these tests:
//
//	cpu{host=a region=eu} 10 v2 load=1.5 users=3i since=7t up=true name=x     a multi-measure record
//	cpu{host=a region=eu} 10 =1.5                                             a single-measure record
//
// "10" is the time, "10d" is ten days, "10d5" ten days and 5 ns; v2 is the version (default 1). Types of
// values: 1.5 double, 3i bigint, 7t timestamp, true and false boolean, anything else varchar.

var ctx = context.Background()

// row reads the notation.
func row(text string) Row {
	name, rest, _ := strings.Cut(text, "{")
	dims, rest, _ := strings.Cut(rest, "}")
	r := Row{Measure: name, Version: 1, Multi: true}
	for _, d := range strings.Fields(dims) {
		k, v, _ := strings.Cut(d, "=")
		r.Dims = append(r.Dims, Dim{Name: k, Value: v})
	}
	for i, word := range strings.Fields(rest) {
		switch {
		case i == 0:
			r.Time = instant(word)
		case word[0] == 'v' && !strings.Contains(word, "="):
			r.Version, _ = strconv.ParseInt(word[1:], 10, 64)
		default:
			v := value(word)
			r.Multi = r.Multi && v.Column != "measure_value::"+v.Type.String()
			r.Values = append(r.Values, v)
		}
	}
	return r
}

// instant reads a time.
func instant(word string) int64 {
	days, ns, ok := strings.Cut(word, "d")
	if !ok {
		days, ns = "0", word
	}
	if ns == "" {
		ns = "0"
	}
	d, err := strconv.ParseInt(days, 10, 64)
	n, err2 := strconv.ParseInt(ns, 10, 64)
	if err != nil || err2 != nil {
		panic("bad time " + word)
	}
	return d*windowNanos + n
}

// value reads "column=value".
func value(word string) Value {
	name, text, ok := strings.Cut(word, "=")
	if !ok || text == "" {
		panic("bad value " + word)
	}
	v := Value{Column: name}
	body := text[:len(text)-1]
	if f, err := strconv.ParseFloat(text, 64); err == nil && strings.Contains(text, ".") {
		v.Type, v.Float = types.Double, f
	} else if n, err := strconv.ParseInt(body, 10, 64); err == nil && text[len(text)-1] == 'i' {
		v.Type, v.Int = types.Bigint, n
	} else if err == nil && text[len(text)-1] == 't' {
		v.Type, v.Int = types.Timestamp, n
	} else if text == "true" || text == "false" {
		v.Type, v.Bool = types.Boolean, text == "true"
	} else {
		v.Type, v.Str = types.Varchar, text
	}
	if name == "" {
		v.Column = "measure_value::" + v.Type.String()
	}
	return v
}

// rows reads several rows, one a line.
func rows(text string) []Row {
	var out []Row
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, row(line))
		}
	}
	return out
}

// formatValue is the reverse of value, without the column's name.
func formatValue(t *types.Type, v types.Value) string {
	switch x := v.(type) {
	case float64:
		if s := strconv.FormatFloat(x, 'g', -1, 64); strings.Contains(s, ".") {
			return s
		}
		return strconv.FormatFloat(x, 'f', 1, 64)
	case int64:
		if t == types.Timestamp {
			return fmt.Sprintf("%dt", x)
		}
		return fmt.Sprintf("%di", x)
	}
	return fmt.Sprint(v)
}

// formatTime is the reverse of instant.
func formatTime(t int64) string {
	w := windowOf(t)
	if w == 0 {
		return fmt.Sprint(t)
	}
	if rest := t - w*windowNanos; rest != 0 {
		return fmt.Sprintf("%dd%d", w, rest)
	}
	return fmt.Sprintf("%dd", w)
}

// open opens a store on a disk; it is closed when the test ends.
func open(t testing.TB, fs vfs.FS, change ...func(*Options)) *Store {
	t.Helper()
	opts := Options{FS: fs}
	for _, c := range change {
		c(&opts)
	}
	s, err := Open(ctx, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// write writes one batch to table 1 and wants all rows stored.
func write(t testing.TB, s *Store, text string) {
	t.Helper()
	if got := tryWrite(t, s, text); got != "" {
		t.Fatalf("write %q: %s", text, got)
	}
}

var reasonNames = map[RejectReason]string{
	SameVersion: "same version", LowerVersion: "lower version", TypeConflict: "type", NameConflict: "name",
	TooManyDimensions: "too many dimensions", TooManyMeasures: "too many measures", TooManyMultiMeasures: "too many attributes",
	NoMemoryForSeries: "no memory for series",
}

// tryWrite writes one batch to table 1 and describes what was not stored: "1: same version 3; 2: lower version 4".
func tryWrite(t testing.TB, s *Store, text string) string {
	t.Helper()
	res, err := s.Write(ctx, &Batch{Table: 1, Rows: rows(text)})
	if err != nil {
		t.Fatalf("write %q: %v", text, err)
	}
	return describe(res)
}

func describe(res WriteResult) string {
	var parts []string
	for _, r := range res.Rejected {
		p := fmt.Sprintf("%d: %s", r.Row, reasonNames[r.Reason])
		if r.ExistingVersion != 0 {
			p += fmt.Sprintf(" %d", r.ExistingVersion)
		}
		if r.Name != "" {
			p += fmt.Sprintf(" %s %s", r.Name, r.ExistingType)
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, "; ")
}

// hostRow is a record of a host with some columns, whose values are hundredths.
func hostRow(host, columns int, t, version int64) Row {
	r := Row{Measure: "cpu", Version: version, Multi: true, Time: t, Dims: []Dim{{Name: "host", Value: fmt.Sprint("host_", host)}}}
	for c := range columns {
		n := uint64(host*7919+c)*0x9e3779b97f4a7c15 + uint64(t)*0xbf58476d1ce4e5b9 + uint64(version)
		r.Values = append(r.Values, Value{Column: fmt.Sprint("usage_", c), Type: types.Double, Float: float64(n>>40%10_000) / 100})
	}
	return r
}

// writeAll writes rows in batches of 1,000.
func writeAll(t testing.TB, s *Store, count int, row func(i int) Row) {
	t.Helper()
	batch := Batch{Table: 1}
	for i := range count {
		batch.Rows = append(batch.Rows, row(i))
		if len(batch.Rows) == 1000 || i == count-1 {
			res, err := s.Write(ctx, &batch)
			must(t, err)
			if got := describe(res); got != "" {
				t.Fatal(got)
			}
			batch.Rows = batch.Rows[:0]
		}
	}
}

// allColumns returns the names of all columns of a table.
func allColumns(s *Store, id TableID) (dims, values []string) {
	schema := s.Schema(id)
	for name := range schema.Types {
		values = append(values, name)
	}
	slices.Sort(values)
	return schema.Dimensions, values
}

// scanRows runs a scan for all columns and returns its rows in the notation, in order.
func scanRows(t testing.TB, s *Store, id TableID, req ScanRequest) []string {
	t.Helper()
	dims, values := allColumns(s, id)
	req.Columns = append(append([]string{ColumnMeasureName, ColumnTime}, dims...), values...)
	scan, err := s.Scan(ctx, id, req)
	if err != nil {
		t.Fatalf("scan: %v", err)
	}
	defer scan.Close()
	return drain(t, scan, dims, values)
}

// drain reads the rest of a scan.
func drain(t testing.TB, scan *Scan, dims, values []string) []string {
	t.Helper()
	var out []string
	for {
		b, err := scan.Next(ctx)
		if err != nil {
			t.Fatalf("scan: %v", err)
		}
		if b == nil {
			return out
		}
		if b.Rows == 0 || b.Rows > vector.BatchRows {
			t.Fatalf("batch of %d rows", b.Rows)
		}
		for i := range b.Rows {
			out = append(out, formatRow(b, i, dims, values))
		}
	}
}

func formatRow(b *vector.Batch, i int, dims, values []string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s{", b.Cols[0].Value(i))
	sep := ""
	for k, d := range dims {
		if v := b.Cols[2+k].Value(i); v != nil {
			fmt.Fprintf(&text, "%s%s=%s", sep, d, v)
			sep = " "
		}
	}
	fmt.Fprintf(&text, "} %s", formatTime(b.Cols[1].Value(i).(int64)))
	for k, name := range values {
		c := b.Cols[2+len(dims)+k]
		if v := c.Value(i); v != nil {
			fmt.Fprintf(&text, " %s=%s", strings.TrimPrefix(name, "measure_value::"+c.Type.String()), formatValue(c.Type, v))
		}
	}
	return text.String()
}

// wantScan compares the rows of a scan with the expected lines.
func wantScan(t testing.TB, s *Store, req ScanRequest, want string) {
	t.Helper()
	got := scanRows(t, s, 1, req)
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if !slices.Equal(got, lines) {
		t.Fatalf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

// wantRows compares all rows of table 1.
func wantRows(t testing.TB, s *Store, want string) {
	t.Helper()
	wantScan(t, s, everything(), want)
}

func everything() ScanRequest { return ScanRequest{From: math.MinInt64, To: math.MaxInt64} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
