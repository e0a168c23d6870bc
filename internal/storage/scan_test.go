package storage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

func TestScanFilters(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, `
		cpu{host=a region=eu} 10 =1.5
		cpu{host=a region=eu} 20 =2.5
		cpu{host=b region=eu} 10 =3.5
		mem{host=a region=us} 10 =4.5
		mem{host=c} 10 =5.5`)
	all := func() ScanRequest { return everything() }
	filter := func(column string, null bool, in ...string) ScanRequest {
		r := all()
		r.Series = []SeriesFilter{{Column: column, In: in, Null: null}}
		return r
	}
	between := func(from, to int64) ScanRequest { return ScanRequest{From: from, To: to} }
	both := filter("host", false, "a")
	both.Series = append(both.Series, SeriesFilter{Column: ColumnMeasureName, In: []string{"mem"}})
	for round := range 2 {
		for _, c := range []struct {
			name string
			req  ScanRequest
			want string
		}{
			{"all", all(), "cpu{host=a region=eu} 10 =1.5\ncpu{host=a region=eu} 20 =2.5\ncpu{host=b region=eu} 10 =3.5\nmem{host=a region=us} 10 =4.5\nmem{host=c} 10 =5.5"},
			{"dimension", filter("host", false, "a", "x", "c"), "cpu{host=a region=eu} 10 =1.5\ncpu{host=a region=eu} 20 =2.5\nmem{host=a region=us} 10 =4.5\nmem{host=c} 10 =5.5"},
			{"measure", filter(ColumnMeasureName, false, "mem"), "mem{host=a region=us} 10 =4.5\nmem{host=c} 10 =5.5"},
			{"null", filter("region", true), "mem{host=c} 10 =5.5"},
			{"null or", filter("region", true, "us"), "mem{host=a region=us} 10 =4.5\nmem{host=c} 10 =5.5"},
			{"nothing allowed", filter("region", false), ""},
			{"unknown dimension", filter("zone", false, "1"), ""},
			{"unknown dimension, null", filter("zone", true, "1"), "cpu{host=a region=eu} 10 =1.5\ncpu{host=a region=eu} 20 =2.5\ncpu{host=b region=eu} 10 =3.5\nmem{host=a region=us} 10 =4.5\nmem{host=c} 10 =5.5"},
			{"two filters", both, "mem{host=a region=us} 10 =4.5"},
			{"time, both ends included", between(10, 10), "cpu{host=a region=eu} 10 =1.5\ncpu{host=b region=eu} 10 =3.5\nmem{host=a region=us} 10 =4.5\nmem{host=c} 10 =5.5"},
			{"later", between(11, math.MaxInt64), "cpu{host=a region=eu} 20 =2.5"},
			{"empty range", between(30, 5), ""},
			{"gap", between(11, 19), ""},
		} {
			t.Run(fmt.Sprint(c.name, " ", round), func(t *testing.T) { wantScan(t, s, c.req, c.want) })
		}
		must(t, s.Flush(ctx))
	}
	if scan, err := s.Scan(ctx, 99, Everything("x")); err != nil {
		t.Error(err)
	} else if b, err := scan.Next(ctx); b != nil || err != nil {
		t.Errorf("unknown table: %v %v", b, err)
	} else {
		scan.Close()
		scan.Close()
	}
}

func TestScanAtTheEndsOfTime(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	var all []Row
	for _, tm := range []int64{math.MinInt64, math.MinInt64 + 1, -windowNanos, -1, 0, windowNanos - 1, windowNanos, math.MaxInt64 - 1, math.MaxInt64} {
		r := row("cpu{host=a} 0 =1i")
		r.Time, r.Values[0].Int = tm, tm
		all = append(all, r)
	}
	_, err := s.Write(ctx, &Batch{Table: 1, Rows: all})
	must(t, err)
	check := func() {
		t.Helper()
		for i := range all {
			for k := i; k < len(all); k++ {
				got := scanRows(t, s, 1, ScanRequest{From: all[i].Time, To: all[k].Time})
				if len(got) != k-i+1 {
					t.Fatalf("from %d to %d: %d rows, want %d", all[i].Time, all[k].Time, len(got), k-i+1)
				}
			}
		}
		for _, r := range all { // all are found
			res, err := s.Write(ctx, &Batch{Table: 1, Rows: []Row{r}})
			must(t, err)
			if describe(res) != "" {
				t.Fatal(describe(res))
			}
			r.Values = []Value{value("=99i")}
			res, err = s.Write(ctx, &Batch{Table: 1, Rows: []Row{r}})
			must(t, err)
			if describe(res) != "0: same version 1" {
				t.Fatalf("time %d: %s", r.Time, describe(res))
			}
		}
	}
	check()
	must(t, s.Flush(ctx))
	check()
	must(t, s.Close())
	s = open(t, disk.CrashClean())
	check()
}

// scanned runs a scan to its end and returns the batches and what it touched.
func scanned(t testing.TB, s *Store, req ScanRequest) ([]*vector.Batch, ScanStats) {
	t.Helper()
	scan, err := s.Scan(ctx, 1, req)
	must(t, err)
	defer scan.Close()
	var out []*vector.Batch
	for {
		b, err := scan.Next(ctx)
		must(t, err)
		if b == nil {
			return out, scan.Stats()
		}
		out = append(out, b)
	}
}

func TestColumnsOfAScan(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, `
		cpu{host=aa} 10 =1.5
		cpu{host=aa} 20 =x
		cpu{host=b zone=z} 10 on=true
		cpu{host=b zone=z} 20 on=false at=5t n=7i`)
	want := []struct {
		name   string
		typ    *types.Type
		form   vector.Form
		values string
	}{
		{"host", types.Varchar, vector.Dictionary, "[aa aa b b]"},
		{"zone", types.Varchar, vector.Dictionary, "[<nil> <nil> z z]"},
		{ColumnMeasureName, types.Varchar, vector.Dictionary, "[cpu cpu cpu cpu]"},
		{ColumnTime, types.Timestamp, vector.Flat, "[10 20 10 20]"},
		{ColumnValueDouble, types.Double, vector.Flat, "[1.5 <nil> <nil> <nil>]"},
		{ColumnValueVarchar, types.Varchar, vector.Flat, "[<nil> x <nil> <nil>]"},
		{"on", types.Boolean, vector.Flat, "[<nil> <nil> true false]"},
		{"at", types.Timestamp, vector.Flat, "[<nil> <nil> <nil> 5]"},
		{"n", types.Bigint, vector.Flat, "[<nil> <nil> <nil> 7]"},
		{"nowhere", types.Varchar, vector.Constant, "[<nil> <nil> <nil> <nil>]"},
		{ColumnTime, types.Timestamp, vector.Flat, "[10 20 10 20]"},
	}
	req := everything()
	for _, w := range want {
		req.Columns = append(req.Columns, w.name)
	}
	for round := range 2 {
		batches, stats := scanned(t, s, req)
		if len(batches) != 1 || batches[0].Rows != 4 {
			t.Fatalf("%d batches", len(batches))
		}
		for i, w := range want {
			c := batches[0].Cols[i]
			var values []types.Value
			for k := range c.Len() {
				values = append(values, c.Value(k))
			}
			if got := fmt.Sprint(values); got != w.values || c.Type != w.typ || c.Form != w.form {
				t.Errorf("%s is %s of type %s and form %d", w.name, got, c.Type, c.Form)
			}
		}
		// hosts 6, zones 2, measure names 12, two times of 4 rows, a double, a text, two booleans, a timestamp, a bigint
		wantStats := ScanStats{Series: 2, Rows: 4, Blocks: int64(round), Bytes: 6 + 2 + 12 + 64 + 8 + 1 + 2 + 8 + 8}
		if stats != wantStats {
			t.Errorf("stats %+v, want %+v", stats, wantStats)
		}
		must(t, s.Flush(ctx))
	}
	// Columns without any value in the rows at hand are constants.
	req.Series = []SeriesFilter{{Column: "host", In: []string{"aa"}}}
	batches, _ := scanned(t, s, req)
	for i, name := range req.Columns {
		if slices.Contains([]string{"zone", "on", "at", "n", "nowhere"}, name) != (batches[0].Cols[i].Form == vector.Constant) {
			t.Errorf("%s has form %d", name, batches[0].Cols[i].Form)
		}
	}
	// No column at all still gives the number of rows.
	batches, stats := scanned(t, s, everything())
	if len(batches) != 1 || batches[0].Rows != 4 || stats.Bytes != 0 {
		t.Errorf("%d batches, %+v", len(batches), stats)
	}
}

// fill writes a series of n rows one step apart, as many batches as it takes.
func fill(t testing.TB, s *Store, series string, from int64, n int, version int64) {
	t.Helper()
	for n > 0 {
		var b Batch
		b.Table = 1
		for i := range min(n, 5000) {
			r := row(series + " 0 =0i")
			r.Time, r.Version = from+int64(i), version
			r.Values[0].Int = r.Time * version
			b.Rows = append(b.Rows, r)
		}
		res, err := s.Write(ctx, &b)
		must(t, err)
		if len(res.Rejected) > 0 {
			t.Fatal(describe(res))
		}
		from += int64(len(b.Rows))
		n -= len(b.Rows)
	}
}

func TestLongSeriesComeWithoutCopying(t *testing.T) {
	s := open(t, memfs.New())
	fill(t, s, "m{h=a}", 0, 3*vector.BatchRows, 1)
	must(t, s.Flush(ctx))
	req := Everything(ColumnTime, ColumnValueBigint, "h")
	first, stats := scanned(t, s, req)
	again, _ := scanned(t, s, req)
	if len(first) != 3 || stats.Blocks != 3 || stats.Series != 1 {
		t.Fatalf("%d batches, %+v", len(first), stats)
	}
	for i := range first {
		for c := range 2 {
			if &first[i].Cols[c].Ints[0] != &again[i].Cols[c].Ints[0] {
				t.Errorf("batch %d, column %d was copied", i, c)
			}
		}
		if first[i].Cols[2].Dict != first[0].Cols[2].Dict {
			t.Error("batches of one scan have several dictionaries")
		}
	}
}

func TestShortSeriesComeTogether(t *testing.T) {
	s := open(t, memfs.New())
	for i := range 1000 {
		fill(t, s, fmt.Sprintf("m{h=%d}", i), 0, 10, 1)
	}
	check := func(blocks int64) {
		t.Helper()
		batches, stats := scanned(t, s, Everything(ColumnTime, ColumnValueBigint, "h"))
		if len(batches) != 3 || stats.Rows != 10_000 || stats.Series != 1000 || stats.Blocks != blocks {
			t.Fatalf("%d batches, %+v", len(batches), stats)
		}
		k := 0
		for _, b := range batches {
			for i := range b.Rows {
				if got := fmt.Sprintf("%v %v %v", b.Cols[2].Value(i), b.Cols[0].Value(i), b.Cols[1].Value(i)); got != fmt.Sprintf("%d %d %d", k/10, k%10, k%10) {
					t.Fatalf("row %d is %s", k, got)
				}
				k++
			}
		}
	}
	check(0)
	must(t, s.Flush(ctx))
	check(3)
}

func TestBoundsSkipBlocks(t *testing.T) {
	s := open(t, memfs.New())
	fill(t, s, "m{h=a}", 0, 5*vector.BatchRows, 1)
	write(t, s, "m{h=b} 7 =true")
	must(t, s.Flush(ctx))
	bounded := func(low, high types.Value) ScanRequest {
		req := Everything(ColumnTime, ColumnValueBigint)
		req.Bounds = []ValueBound{{Column: ColumnValueBigint, Low: low, High: high}}
		return req
	}
	for _, c := range []struct {
		low, high types.Value
		blocks    int64
	}{
		{nil, nil, 5}, {int64(3 * vector.BatchRows), nil, 2}, {nil, int64(10), 1}, {int64(vector.BatchRows), int64(vector.BatchRows), 1}, {int64(-5), int64(-1), 0},
	} {
		if _, stats := scanned(t, s, bounded(c.low, c.high)); stats.Blocks != c.blocks {
			t.Errorf("%v to %v: %d blocks, want %d", c.low, c.high, stats.Blocks, c.blocks)
		}
	}
	// A newer version that is outside the bound hides the older one that is inside: its block must be read.
	fill(t, s, "m{h=a}", 0, vector.BatchRows, 1000)
	must(t, s.Flush(ctx))
	batches, _ := scanned(t, s, bounded(int64(0), int64(100)))
	for _, b := range batches {
		for i := range b.Rows {
			if tm, v := b.Cols[0].Ints[i], b.Cols[1].Ints[i]; tm < vector.BatchRows && v != tm*1000 {
				t.Fatalf("row at %d has its old value %d", tm, v)
			}
		}
	}
}

func TestBoundsOfAllTypes(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, "m{h=a} 1 d=1.5 n=3i t=9t b=true s=x\nm{h=a} 2 d=2.5 n=4i t=9t b=true s=y")
	must(t, s.Flush(ctx))
	for _, c := range []struct {
		column    string
		low, high types.Value
		rows      int
	}{
		{"d", 2.5, nil, 2}, {"d", 2.6, nil, 0}, {"d", nil, 1.4, 0}, {"d", math.NaN(), nil, 0}, {"d", nil, math.NaN(), 2},
		{"n", int64(4), int64(4), 2}, {"n", int64(5), nil, 0}, {"t", int64(9), nil, 2}, {"t", nil, int64(8), 0},
		{"b", true, nil, 2}, {"b", nil, false, 0}, {"b", false, nil, 2}, {"s", "z", nil, 2}, {"n", "wrong type", 1.5, 2}, {"nowhere", int64(1), nil, 2},
	} {
		req := Everything(ColumnTime)
		req.Bounds = []ValueBound{{Column: c.column, Low: c.low, High: c.high}}
		if _, stats := scanned(t, s, req); stats.Rows != int64(c.rows) {
			t.Errorf("%s %v to %v: %d rows, want %d", c.column, c.low, c.high, stats.Rows, c.rows)
		}
	}
}

func TestScanSeesOneMoment(t *testing.T) {
	s := open(t, memfs.New(), func(o *Options) { o.MergeFanIn = 2 })
	write(t, s, "m{h=a} 10 x=1.5\nm{h=a} 20 x=1.5")
	must(t, s.Flush(ctx))
	write(t, s, "m{h=a} 15 x=1.5")
	scan, err := s.Scan(ctx, 1, everythingOf(t, s))
	must(t, err)
	defer scan.Close()
	write(t, s, "m{h=a} 12 x=9.5\nm{h=a} 10 v2 x=9.5\nm{h=a} 15 v2 x=9.5\nm{h=b} 1 x=9.5\nm{h=a} 30 x=9.5")
	must(t, s.Flush(ctx))
	must(t, s.Compact(ctx))
	must(t, s.Expire(ctx, 1, windowNanos))
	must(t, s.DropTable(ctx, 1))
	got := drain(t, scan, []string{"h"}, []string{"x"})
	if want := []string{"m{h=a} 10 x=1.5", "m{h=a} 15 x=1.5", "m{h=a} 20 x=1.5"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	wantRows(t, s, "")
}

// everythingOf asks for all columns that drain wants.
func everythingOf(t testing.TB, s *Store) ScanRequest {
	t.Helper()
	dims, values := allColumns(s, 1)
	return Everything(append(append([]string{ColumnMeasureName, ColumnTime}, dims...), values...)...)
}

func TestScanEndsWithItsContext(t *testing.T) {
	s := open(t, memfs.New())
	fill(t, s, "m{h=a}", 0, 3*vector.BatchRows, 1)
	must(t, s.Flush(ctx))
	scan, err := s.Scan(ctx, 1, Everything(ColumnTime))
	must(t, err)
	defer scan.Close()
	_, err = scan.Next(ctx)
	must(t, err)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := scan.Next(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Scan(gone, 1, Everything(ColumnTime)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// modelRow is what a random test remembers of a row.
type modelRow struct {
	version int64
	text    string // the row in the notation
	time    int64
	series  string
}

// TestScanAgainstMap spreads random rows over memory, frozen memory and segments, merged and not, and compares scans with
// a map.
func TestScanAgainstMap(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { scanAgainstMap(t, seed) })
	}
}

func scanAgainstMap(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 11))
	s := open(t, memfs.New(), func(o *Options) { o.MergeFanIn, o.OpenFilesMax = 2+rng.IntN(3), 2 })
	model := map[string]modelRow{}
	seriesCount, span := 1+rng.IntN(200), int64(1+rng.IntN(2000))
	step := []int64{1, windowNanos / 700}[rng.IntN(2)]
	for range 30 {
		var b Batch
		b.Table = 1
		for range rng.IntN(200) {
			series := fmt.Sprintf("m%d{h=%d}", rng.IntN(2), rng.IntN(seriesCount))
			if rng.IntN(5) == 0 {
				series = strings.TrimSuffix(series, "}") + " z=1}"
			}
			tm, version := rng.Int64N(span)*step, 1+rng.Int64N(4)
			text := fmt.Sprintf("%s %s", series, formatTime(tm))
			r := row(text)
			for k := range 3 {
				if rng.IntN(3) > 0 {
					r.Values = append(r.Values, value(fmt.Sprintf("c%d=%di", k, rng.IntN(1000))))
					text += fmt.Sprintf(" c%d=%di", k, r.Values[len(r.Values)-1].Int)
				}
			}
			r.Version = version
			b.Rows = append(b.Rows, r)
			key := fmt.Sprintf("%s %d", series, tm)
			if old, ok := model[key]; !ok || version > old.version {
				model[key] = modelRow{version, text, tm, series}
			}
		}
		_, err := s.Write(ctx, &b)
		must(t, err)
		switch rng.IntN(8) {
		case 0, 1:
			must(t, s.Flush(ctx))
		case 2:
			must(t, s.Compact(ctx))
		case 3:
			must(t, s.do(ctx, func() { must(t, s.freeze()) }))
		}
		compareScan(t, s, model, rng, span*step)
	}
}

// compareScan runs one random scan.
func compareScan(t *testing.T, s *Store, model map[string]modelRow, rng *rand.Rand, end int64) {
	t.Helper()
	req := everything()
	keep := func(modelRow) bool { return true }
	switch rng.IntN(3) {
	case 0:
		req.From = rng.Int64N(end)
		req.To = req.From + rng.Int64N(end)
		keep = func(r modelRow) bool { return r.time >= req.From && r.time <= req.To }
	case 1:
		host := fmt.Sprint(rng.IntN(10))
		req.Series = []SeriesFilter{{Column: "h", In: []string{host}}, {Column: "z", Null: true}}
		keep = func(r modelRow) bool { return strings.HasSuffix(r.series, "{h="+host+"}") }
	}
	var want []string
	for _, r := range model {
		if keep(r) {
			want = append(want, r.text)
		}
	}
	got := scanRows(t, s, 1, req)
	checkOrder(t, got)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%d rows, want %d; first difference %s", len(got), len(want), firstDifference(got, want))
	}
}

func firstDifference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return "missing " + want[i]
		case i >= len(want):
			return "extra " + got[i]
		case got[i] != want[i]:
			return got[i] + " instead of " + want[i]
		}
	}
	return "none"
}

// checkOrder wants every series in one piece and its times ascending.
func checkOrder(t *testing.T, lines []string) {
	t.Helper()
	seen := map[string]bool{}
	last, lastTime := "", int64(0)
	for _, line := range lines {
		series, rest, _ := strings.Cut(line, "} ")
		word, _, _ := strings.Cut(rest, " ")
		tm := instant(word)
		if series != last && seen[series] || series == last && tm <= lastTime {
			t.Fatalf("%s is out of order", line)
		}
		seen[series], last, lastTime = true, series, tm
	}
}

// TestReach: before its first rows a scan tells which series it may come to read and when the table has rows, wherever they are.
func TestReach(t *testing.T) {
	s := open(t, memfs.New())
	write(t, s, "cpu{host=a} 10 =1.5\ncpu{host=b} 20 =1.5\nmem{host=a} 30 =1.5")
	reach := func(req ScanRequest) string {
		scan, err := s.Scan(ctx, 1, req)
		must(t, err)
		defer scan.Close()
		r := scan.Reach()
		before := scan.SeriesLeft()
		_, err = scan.Next(ctx)
		must(t, err)
		return fmt.Sprintf("%d of %d, %d to %d, left %d then %d", len(r.Series), r.SeriesTotal, r.DataFrom, r.DataTo, before, scan.SeriesLeft())
	}
	one := Everything(ColumnTime)
	one.Series = []SeriesFilter{{Column: "host", In: []string{"b"}}}
	none := Everything(ColumnTime)
	none.Series = []SeriesFilter{{Column: "host", In: []string{"zz"}}}
	later := Everything(ColumnTime)
	later.From = 25
	for round := range 3 {
		for _, c := range []struct {
			name string
			req  ScanRequest
			want string
		}{
			{"everything", Everything(ColumnTime), "3 of 3, 10 to 30, left 3 then 0"},
			{"one series", one, "1 of 3, 10 to 30, left 1 then 0"},
			{"later rows", later, "3 of 3, 10 to 30, left 3 then 0"},
			{"nothing", none, fmt.Sprintf("0 of 3, %d to %d, left 0 then 0", math.MaxInt64, math.MinInt64)},
		} {
			if got := reach(c.req); got != c.want {
				t.Errorf("%s, round %d: %s, want %s", c.name, round, got, c.want)
			}
		}
		must(t, s.Flush(ctx))
		if round == 1 {
			write(t, s, "mem{host=a} 12 =1.5") // in memory, beside the segment
		}
	}
}
