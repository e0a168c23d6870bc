package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// places are the states in which a stored row may be when another one of its identity comes.
var places = []struct {
	name string
	move func(*testing.T, *Store, *memfs.FS) *Store
}{
	{"in memory", func(_ *testing.T, s *Store, _ *memfs.FS) *Store { return s }},
	{"in a segment", func(t *testing.T, s *Store, _ *memfs.FS) *Store {
		must(t, s.Flush(ctx))
		return s
	}},
	{"frozen", func(t *testing.T, s *Store, _ *memfs.FS) *Store {
		must(t, s.do(ctx, func() { must(t, s.freeze()) }))
		return s
	}},
	{"after a restart", func(t *testing.T, s *Store, disk *memfs.FS) *Store {
		must(t, s.Close())
		return open(t, disk.CrashClean())
	}},
	{"in a segment, after a restart", func(t *testing.T, s *Store, disk *memfs.FS) *Store {
		must(t, s.Flush(ctx))
		must(t, s.Close())
		return open(t, disk.CrashClean())
	}},
}

func TestVersions(t *testing.T) {
	const stored = `
		cpu{host=a} 10 v3 load=1.5 name=x
		cpu{host=a} 20 =2.5
		cpu{host=b} 10 v2 load=1.5`
	for _, c := range []struct {
		name, write, result, rows string
	}{
		{"equal row is a success", `cpu{host=a} 10 v3 name=x load=1.5`, "", ""},
		{"equal version, other value", `cpu{host=a} 10 v3 load=1.25 name=x`, "0: same version 3", ""},
		{"equal version, fewer values", `cpu{host=a} 10 v3 load=1.5`, "0: same version 3", ""},
		{"equal version, more values", `cpu{host=a} 10 v3 load=1.5 name=x new=1i`, "0: same version 3", ""},
		{"lower version, other value", `cpu{host=a} 10 v2 load=1.25 name=x`, "0: lower version 3", ""},
		{"lower version, equal value", `cpu{host=a} 10 v2 load=1.5 name=x`, "0: lower version 3", ""},
		{"higher version replaces the whole row", `cpu{host=a} 10 v4 load=7.5`, "",
			"cpu{host=a} 10 load=7.5\ncpu{host=a} 20 =2.5\ncpu{host=b} 10 load=1.5"},
		{"higher version with a new column", `cpu{host=a} 10 v4 new=1i`, "",
			"cpu{host=a} 10 new=1i\ncpu{host=a} 20 =2.5\ncpu{host=b} 10 load=1.5"},
		{"higher version, equal values", "cpu{host=a} 10 v4 load=1.5 name=x\ncpu{host=a} 10 v3 load=1.5 name=x", "1: lower version 4", ""},
		{"another type is the same identity", `cpu{host=a} 20 =2i`, "0: same version 1", ""},
		{"another type in a higher version", `cpu{host=a} 20 v2 =2i`, "",
			"cpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 20 =2i\ncpu{host=b} 10 load=1.5"},
		{"another time, dimension, measure", "cpu{host=a} 15 load=1.0\ncpu{host=a z=1} 10 load=1.0\nmem{host=a} 10 load=1.0", "",
			"cpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 15 load=1.0\ncpu{host=a} 20 =2.5\ncpu{host=a z=1} 10 load=1.0\ncpu{host=b} 10 load=1.5\nmem{host=a} 10 load=1.0"},
		{"two rows of one identity, in order", "cpu{host=a} 30 =1.0\ncpu{host=a} 30 =2.0\ncpu{host=a} 30 v5 =3.0\ncpu{host=a} 30 v5 =3.0\ncpu{host=a} 30 v4 =3.0",
			"1: same version 1; 4: lower version 5",
			"cpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 20 =2.5\ncpu{host=a} 30 =3.0\ncpu{host=b} 10 load=1.5"},
		{"two rows of a new series", "new{host=a} 30 =1.0\nnew{host=a} 30 =2.0\nnew{host=a} 20 =2.0", "1: same version 1",
			"cpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 20 =2.5\ncpu{host=b} 10 load=1.5\nnew{host=a} 20 =2.0\nnew{host=a} 30 =1.0"},
		{"rejected rows do not stop others", "cpu{host=a} 10 load=2.5\ncpu{host=a} 40 load=2.5\ncpu{host=a} 20 =7.5", "0: lower version 3; 2: same version 1",
			"cpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 20 =2.5\ncpu{host=a} 40 load=2.5\ncpu{host=b} 10 load=1.5"},
	} {
		for _, p := range places {
			t.Run(c.name+"/"+p.name, func(t *testing.T) {
				disk := memfs.New()
				s := open(t, disk)
				write(t, s, stored)
				s = p.move(t, s, disk)
				if got := tryWrite(t, s, c.write); got != c.result {
					t.Errorf("got %q, want %q", got, c.result)
				}
				want := c.rows
				if want == "" {
					want = "cpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 20 =2.5\ncpu{host=b} 10 load=1.5"
				}
				for range 3 { // in memory, in segments, merged
					wantRows(t, s, want)
					must(t, s.Flush(ctx))
					must(t, s.Compact(ctx))
				}
			})
		}
	}
}

func TestConflictsOfNamesAndTypes(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			disk := memfs.New()
			s := open(t, disk)
			write(t, s, "cpu{host=a} 10 load=1.5\ncpu{host=a} 11 =1.5")
			s = p.move(t, s, disk)
			got := tryWrite(t, s, `
				cpu{host=a} 20 load=1i
				mem{host=a} 20 load=x
				cpu{host=a} 20 host=1.5
				cpu{load=a} 20 other=1.5
				cpu{host=a} 20 load=2.5
				cpu{host=a} 21 =1i
				cpu{fresh=a} 22 fresh=1i`)
			if want := "0: type load double; 1: type load double; 2: name host varchar; 3: name load double; 6: name fresh varchar"; got != want {
				t.Errorf("got %q\nwant %q", got, want)
			}
			wantRows(t, s, "cpu{host=a} 10 load=1.5\ncpu{host=a} 11 =1.5\ncpu{host=a} 20 load=2.5\ncpu{host=a} 21 =1i")
			// Rejected rows leave nothing behind.
			want := Schema{Dimensions: []string{"host"}, Measures: []Measure{{
				Name: "cpu", Dimensions: []string{"host"}, Columns: []string{"load", ColumnValueDouble, ColumnValueBigint}, Multi: true, Single: true,
			}}, Types: map[string]*types.Type{"load": types.Double, ColumnValueDouble: types.Double, ColumnValueBigint: types.Bigint}}
			if diff := cmp.Diff(want, s.Schema(1)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLimitsOfATable(t *testing.T) {
	s := open(t, memfs.New())
	var b strings.Builder
	for i := range DimensionsMax {
		fmt.Fprintf(&b, "m{d%d=1} 1 =1.5\n", i)
	}
	for i := range MultiMeasureColsMax {
		fmt.Fprintf(&b, "m{d0=1} 2%d a%d=1.5\n", i, i)
	}
	for i := range MeasureNamesMax - 1 {
		fmt.Fprintf(&b, "m%d{d0=1} 1 =1.5\n", i)
	}
	write(t, s, b.String())
	got := tryWrite(t, s, `
		m{d0=1 more=1} 5 =1.5
		m{d0=1} 5 more=1.5
		more{d0=1} 5 =1.5
		m{d0=1 d1=2 d5=1} 5 =1.5
		m{d0=1} 6 a1=1.5 a2=1.5
		m1{d0=1} 6 =true`)
	if want := "0: too many dimensions; 1: too many attributes; 2: too many measures"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRowsThatBreakTheContract(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, "cpu{host=a} 10 load=1.5 name=x")
	for name, change := range map[string]func(*Row){
		"version":           func(r *Row) { r.Version = 0 },
		"no type":           func(r *Row) { r.Values[0].Type = nil },
		"strange type":      func(r *Row) { r.Values[0].Type = types.Date },
		"single of many":    func(r *Row) { r.Multi = false },
		"single name":       func(r *Row) { r.Values[0].Column = ColumnValueDouble },
		"attribute twice":   func(r *Row) { r.Values[1] = r.Values[0] },
		"dimension twice":   func(r *Row) { r.Dims = append(r.Dims, Dim{Name: "host", Value: "b"}) },
		"new column twice":  func(r *Row) { r.Values[1].Column, r.Values[0].Column = "new", "new" },
		"single of no name": func(r *Row) { r.Multi, r.Values = false, nil },
		"long text":         func(r *Row) { r.Values[1].Str = strings.Repeat("x", textBytesMax+1) },
		"long column":       func(r *Row) { r.Values[1].Column = strings.Repeat("x", nameBytesMax+1) },
		"long measure":      func(r *Row) { r.Measure = strings.Repeat("x", nameBytesMax+1) },
		"long dimension":    func(r *Row) { r.Dims[0].Name = strings.Repeat("x", nameBytesMax+1) },
		"long value":        func(r *Row) { r.Dims[0].Value = strings.Repeat("x", nameBytesMax+1) },
	} {
		r := row("cpu{host=a} 20 load=1.5 name=x")
		change(&r)
		_, err := s.Write(ctx, &Batch{Table: 1, Rows: []Row{row("cpu{host=a} 15 load=1.5"), r}})
		if !dberr.Is(err, dberr.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantRows(t, s, "cpu{host=a} 10 load=1.5 name=x")
	if res, err := s.Write(ctx, &Batch{Table: 1}); err != nil || len(res.Rejected) > 0 {
		t.Errorf("empty batch: %v %v", res, err)
	}
	// Records of no values and of no dimensions are not refused here.
	write(t, s, "cpu{} 10\ncpu{host=a} 11")
	wantRows(t, s, "cpu{} 10\ncpu{host=a} 10 load=1.5 name=x\ncpu{host=a} 11")
}

func TestWriteKeepsNothingOfTheBatch(t *testing.T) {
	s := open(t, memfs.New())
	buf := []byte("cpu host a region eu name text")
	str := func(from, to int) string { return unsafeString(buf[from:to]) }
	r := Row{Measure: str(0, 3), Dims: []Dim{{Name: str(4, 8), Value: str(9, 10)}, {Name: str(11, 17), Value: str(18, 20)}}, Time: 1, Version: 1, Multi: true,
		Values: []Value{{Column: str(21, 25), Type: types.Varchar, Str: str(26, 30)}}}
	_, err := s.Write(ctx, &Batch{Table: 1, Rows: []Row{r}})
	must(t, err)
	for i := range buf {
		buf[i] = '#'
	}
	wantRows(t, s, "cpu{host=a region=eu} 1 name=text")
	write(t, s, "cpu{host=a region=eu} 1 name=text")
	must(t, s.Flush(ctx))
	wantRows(t, s, "cpu{host=a region=eu} 1 name=text")
}

func TestSchemaAndDistinctValues(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	if got := s.Schema(1); len(got.Measures) != 0 || got.Types == nil {
		t.Errorf("schema of an unknown table: %+v", got)
	}
	write(t, s, "net{host=a} 1 out=1i in=2i\ncpu{region=eu host=a} 1 =1.5")
	write(t, s, "net{host=b iface=1} 1 up=3t in=2i\ncpu{host=a} 1 =x")
	want := Schema{
		Dimensions: []string{"host", "region", "iface"},
		Measures: []Measure{
			{Name: "net", Dimensions: []string{"host", "iface"}, Columns: []string{"out", "in", "up"}, Multi: true},
			{Name: "cpu", Dimensions: []string{"host", "region"}, Columns: []string{ColumnValueDouble, ColumnValueVarchar}, Single: true},
		},
		Types: map[string]*types.Type{"out": types.Bigint, "in": types.Bigint, "up": types.Timestamp, ColumnValueDouble: types.Double, ColumnValueVarchar: types.Varchar},
	}
	// The dimensions of one record come in its own order.
	want.Dimensions = []string{"host", "region", "iface"}
	for _, round := range []string{"in memory", "flushed", "after a restart"} {
		if diff := cmp.Diff(want, s.Schema(1)); diff != "" {
			t.Errorf("%s: %s", round, diff)
		}
		for column, w := range map[string]string{"host": "[a b] false", "region": "[eu] true", "iface": "[1] true", ColumnMeasureName: "[net cpu] false", "none": "[] true"} {
			values, missing := s.DistinctValues(1, column)
			if got := fmt.Sprint(values, missing); got != w {
				t.Errorf("%s: %s has %s, want %s", round, column, got, w)
			}
		}
		if round == "flushed" {
			must(t, s.Close())
			s = open(t, disk.CrashClean())
		} else {
			must(t, s.Flush(ctx))
		}
	}
	if got := s.Tables(); len(got) != 1 || got[0] != 1 {
		t.Errorf("tables %v", got)
	}
}

func TestWriteOfACancelledCaller(t *testing.T) {
	s := open(t, memfs.New())
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Write(gone, &Batch{Table: 1, Rows: rows("cpu{host=a} 1 =1.5")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// While it waits in the queue it can be taken back.
	busy, done := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.do(ctx, func() { close(busy); <-done })
	}()
	<-busy
	waiting, cancel := context.WithCancel(ctx)
	result := make(chan error)
	go func() {
		_, err := s.Write(waiting, &Batch{Table: 1, Rows: rows("cpu{host=a} 1 =1.5")})
		result <- err
	}()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(done)
	wantRows(t, s, "")
}

func TestClosedStoreRefuses(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	write(t, s, "cpu{host=a} 1 =1.5")
	must(t, s.Close())
	must(t, s.Close())
	_, err := s.Write(ctx, &Batch{Table: 1, Rows: rows("cpu{host=a} 2 =1.5")})
	for what, err := range map[string]error{"write": err, "flush": s.Flush(ctx), "compact": s.Compact(ctx), "expire": s.Expire(ctx, 1, 9), "drop": s.DropTable(ctx, 1)} {
		if !dberr.Is(err, dberr.Unavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestFlushFreesMemory(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, "cpu{host=a} 1 =1.5")
	rows := weak.Make(s.table(1).state.active)
	must(t, s.Flush(ctx))
	runtime.GC()
	if rows.Value() != nil {
		t.Error("the rows are still in memory")
	}
	wantRows(t, s, "cpu{host=a} 1 =1.5")
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	for range queueMax {
		must(t, q.put(&request{batch: &prepared{}}))
	}
	if err := q.put(&request{batch: &prepared{}}); !dberr.Is(err, dberr.Throttled) {
		t.Errorf("got %v", err)
	}
	must(t, q.put(&request{run: func() {}})) // changes of files are few, and must not fail
	if list, ok := q.take(nil); !ok || len(list) != queueMax+1 {
		t.Errorf("took %d", len(list))
	}
	q.close()
	if _, ok := q.take(nil); ok {
		t.Error("took from a closed queue")
	}
	if err := q.put(&request{run: func() {}}); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestLongestNamesAndTextsCanBeFlushed(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	long := strings.Repeat("x", nameBytesMax-1)
	r := Row{Measure: long + "m", Version: 1, Multi: true, Dims: []Dim{{Name: long + "d", Value: long + "v"}},
		Values: []Value{{Column: long + "c", Type: types.Varchar, Str: strings.Repeat("y", textBytesMax)}}}
	_, err := s.Write(ctx, &Batch{Table: 1, Rows: []Row{r}})
	must(t, err)
	want := scanRows(t, s, 1, everything())
	must(t, s.Flush(ctx))
	must(t, s.Close())
	if got := scanRows(t, open(t, disk.CrashClean()), 1, everything()); len(got) != 1 || got[0] != want[0] {
		t.Error("the row does not come back")
	}
}

func TestRequestThatIsTooLarge(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, "cpu{host=a} 1 name=x")
	var b Batch
	b.Table = 1
	for i := range 65 {
		r := row("cpu{host=new} 2 fresh=x")
		r.Time += int64(i)
		r.Values[0].Str = strings.Repeat("x", textBytesMax)
		b.Rows = append(b.Rows, r)
	}
	if _, err := s.Write(ctx, &b); !dberr.Is(err, dberr.Limit) {
		t.Errorf("got %v", err)
	}
	write(t, s, "cpu{host=b} 2 fresh=1i") // what the refused batch would have defined is not defined
	wantRows(t, s, "cpu{host=a} 1 name=x\ncpu{host=b} 2 fresh=1i")
}
