package storage

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// hourColumns are requested in the tests of hours: keys, then values.
var hourColumns = []string{"host", "region", ColumnMeasureName, ColumnTime, "load", "raw", "users", "up", "name", "seen", "absent"}

// hourKeys is how many of hourColumns are keys.
const hourKeys = 4

// hourRow is a row of a scan for hourColumns.
type hourRow struct {
	series string
	time   int64
	values []types.Value
}

// hourRows returns the rows of a batch.
func hourRows(b *vector.Batch) []hourRow {
	var out []hourRow
	for i := range b.Rows {
		r := hourRow{series: fmt.Sprint(b.Cols[0].Value(i), b.Cols[1].Value(i), b.Cols[2].Value(i)), time: b.Cols[3].Value(i).(int64)}
		for _, c := range b.Cols[hourKeys:] {
			r.values = append(r.values, c.Value(i))
		}
		out = append(out, r)
	}
	return out
}

// allHourRows runs a scan without hours.
func allHourRows(t *testing.T, s *Store, req ScanRequest) []hourRow {
	t.Helper()
	req.Hours = false
	scan, err := s.Scan(ctx, 1, req)
	must(t, err)
	defer scan.Close()
	var out []hourRow
	for {
		b, err := scan.Next(ctx)
		must(t, err)
		if b == nil {
			return out
		}
		out = append(out, hourRows(b)...)
	}
}

// checkHours compares a scan with hours with one without, and returns what it touched.
func checkHours(t *testing.T, s *Store, req ScanRequest) ScanStats {
	t.Helper()
	req.Columns, req.Hours = hourColumns, true
	scan, err := s.Scan(ctx, 1, req)
	must(t, err)
	defer scan.Close()
	type key struct {
		series string
		hour   int64
	}
	hours := map[key]int{}
	var batches []*HourBatch
	var rest []hourRow
	for {
		rows, whole, err := scan.NextPart(ctx)
		must(t, err)
		if rows == nil && whole == nil {
			break
		}
		if rows != nil {
			rest = append(rest, hourRows(rows)...)
			continue
		}
		batches = append(batches, whole)
		for i := range whole.Rows {
			k := key{fmt.Sprint(whole.Cols[0].Value(i), whole.Cols[1].Value(i), whole.Cols[2].Value(i)), whole.Cols[3].Value(i).(int64)}
			if _, twice := hours[k]; twice || k.hour%segment.HourNanos != 0 {
				t.Fatalf("hour %v", k)
			}
			hours[k] = 0
		}
	}
	grouped := map[key][]hourRow{}
	var want []hourRow
	for _, r := range allHourRows(t, s, req) {
		k := key{r.series, r.time - r.time%segment.HourNanos}
		if _, whole := hours[k]; whole {
			grouped[k] = append(grouped[k], r)
		} else {
			want = append(want, r)
		}
	}
	if same := slices.EqualFunc(rest, want, func(a, b hourRow) bool { return fmt.Sprint(a) == fmt.Sprint(b) }); !same {
		t.Fatalf("%d rows beside %d hours, want %d", len(rest), len(hours), len(want))
	}
	for _, b := range batches {
		for i := range b.Rows {
			k := key{fmt.Sprint(b.Cols[0].Value(i), b.Cols[1].Value(i), b.Cols[2].Value(i)), b.Cols[3].Value(i).(int64)}
			if rows := grouped[k]; int64(len(rows)) != b.Counts[i] {
				t.Fatalf("hour %v has %d rows, want %d", k, b.Counts[i], len(rows))
			}
			for c := range hourColumns[hourKeys:] {
				if hourKeys+c == len(hourColumns)-1 {
					break // the column that the table does not have
				}
				if wrong := wrongAggregate(b.Values[hourKeys+c][i], grouped[k], c); wrong != "" {
					t.Fatalf("hour %v, %s: %s", k, hourColumns[hourKeys+c], wrong)
				}
			}
		}
	}
	return scan.Stats()
}

// wrongAggregate compares an aggregate with the values of column c of the rows one by one.
func wrongAggregate(got Aggregate, rows []hourRow, c int) string {
	var low, high types.Value
	nulls, float, exact := 0, 0.0, new(big.Rat)
	for _, r := range rows {
		v := r.values[c]
		if v == nil {
			nulls++
			continue
		}
		switch x := v.(type) {
		case float64:
			float += x
			if decimal, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'f', -1, 64)); ok {
				exact.Add(exact, decimal)
			}
			if low == nil || x < low.(float64) {
				low = v
			}
			if high == nil || x > high.(float64) {
				high = v
			}
		case int64:
			exact.Add(exact, new(big.Rat).SetInt64(x))
			if low == nil || x < low.(int64) {
				low = v
			}
			if high == nil || x > high.(int64) {
				high = v
			}
		}
	}
	switch {
	case got.Rows != len(rows) || got.Nulls != nulls:
		return fmt.Sprintf("%d rows, %d NULLs, want %d, %d", got.Rows, got.Nulls, len(rows), nulls)
	case low == nil:
		return ""
	}
	if x, ok := low.(int64); ok && (got.MinInt != x || got.MaxInt != high) {
		return fmt.Sprintf("%d to %d, want %v to %v", got.MinInt, got.MaxInt, low, high)
	}
	if x, ok := low.(float64); ok && (got.MinFloat != x || got.MaxFloat != high) {
		return fmt.Sprintf("%g to %g, want %v to %v", got.MinFloat, got.MaxFloat, low, high)
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(got.Scale)), nil)
	if sum := new(big.Rat).SetFrac(big.NewInt(got.SumInt), power); (got.Sum == segment.SumInt || got.Sum == segment.SumDecimal) && sum.Cmp(exact) != 0 {
		return fmt.Sprintf("sum %v, want %v", sum, exact)
	}
	if got.Sum == segment.SumFloat && math.Float64bits(got.SumFloat) != math.Float64bits(float) {
		return fmt.Sprintf("sum %g, want %g", got.SumFloat, float)
	}
	return ""
}

// hourPoints writes points of a host from a time on, with values of all types.
func hourPoints(t *testing.T, rng *rand.Rand, s *Store, host int, from, step int64, n int, version int64) {
	t.Helper()
	b := Batch{Table: 1}
	for i := range n {
		r := Row{
			Measure: "cpu", Time: from + int64(i)*step, Version: version, Multi: true,
			Dims: []Dim{{Name: "host", Value: fmt.Sprint("h", host)}, {Name: "region", Value: fmt.Sprint("r", host%3)}},
			Values: []Value{
				{Column: "load", Type: types.Double, Float: float64(rng.IntN(10000)) / 100},
				{Column: "raw", Type: types.Double, Float: rng.NormFloat64()},
				{Column: "users", Type: types.Bigint, Int: rng.Int64N(1000) - 500},
				{Column: "up", Type: types.Boolean, Bool: rng.IntN(2) == 0},
				{Column: "name", Type: types.Varchar, Str: fmt.Sprint(rng.IntN(3))},
				{Column: "seen", Type: types.Timestamp, Int: rng.Int64N(1e15)},
			},
		}
		for len(r.Values) > 1 && rng.IntN(10) == 0 {
			r.Values = slices.Delete(r.Values, 0, 1)
		}
		b.Rows = append(b.Rows, r)
	}
	slices.SortFunc(b.Rows, func(a, b Row) int { return cmp.Compare(a.Time, b.Time) })
	_, err := s.Write(ctx, &b)
	must(t, err)
}

const testHour = segment.HourNanos

// One sorted segment answers all whole hours within the bounds; what is not a whole hour comes as rows.
func TestHoursOfOneSegment(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := open(t, memfs.New())
	for host := range 5 {
		hourPoints(t, rng, s, host, 0, 10e9, 1440, 1) // four hours
	}
	if got := checkHours(t, s, everything()); got.Hours != 0 || got.Rows != 7200 {
		t.Errorf("in memory: %+v", got)
	}
	must(t, s.Flush(ctx))
	if got := checkHours(t, s, everything()); got.Hours != 20 || got.HourRows != 7200 || got.Rows != 0 || got.Series != 5 || got.Blocks != 0 {
		t.Errorf("all: %+v", got)
	}
	req := ScanRequest{From: testHour / 2, To: 3*testHour + 5e9, Series: []SeriesFilter{{Column: "host", In: []string{"h1", "h4"}}}}
	if got := checkHours(t, s, req); got.Hours != 4 || got.Rows != 2*181 {
		t.Errorf("half an hour, two hours, a row of 2 series: %+v", got)
	}
	req.Bounds = []ValueBound{{Column: "users", Low: int64(0)}}
	if got := checkHours(t, s, req); got.Hours != 0 {
		t.Errorf("beside bounds: %+v", got)
	}
}

// A row in memory or in another segment, newer or older, takes its hour from the statistics, and no other hour.
func TestHoursOfOverlappingSources(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := open(t, memfs.New())
	hourPoints(t, rng, s, 1, 0, 10e9, 1440, 1)
	hourPoints(t, rng, s, 2, 0, 10e9, 1440, 1)
	must(t, s.Flush(ctx))
	hourPoints(t, rng, s, 1, testHour+100e9, 1e9, 1, 5) // a newer version of a row
	for _, place := range []string{"memory", "segment"} {
		if got := checkHours(t, s, everything()); got.Hours != 7 || got.Rows != 360 {
			t.Errorf("newer version in %s: %+v", place, got)
		}
		must(t, s.Flush(ctx))
	}
	hourPoints(t, rng, s, 1, 2*testHour+1, 1e9, 1, 1) // a row of its own
	if got := checkHours(t, s, everything()); got.Hours != 6 || got.Rows != 721 {
		t.Errorf("a late row: %+v", got)
	}
	hourPoints(t, rng, s, 1, 3*testHour+1800e9, 10e9, 360, 2) // half an hour overlaps, the rest follows
	must(t, s.Flush(ctx))
	if got := checkHours(t, s, everything()); got.Hours != 6 || got.HourRows != 5*360+180 {
		t.Errorf("two segments that overlap: %+v", got)
	}
}

// Whatever was written in whichever order, and wherever it is, hours and rows together are what a scan without hours gives.
func TestHoursAgainstRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var hours, rows int64
	for range 4 {
		s := open(t, memfs.New(), func(o *Options) { o.BlockCacheBytes = 1 << (10 + rng.IntN(14)) })
		for step := range 20 {
			host, from := rng.IntN(4), rng.Int64N(30)*testHour/2+rng.Int64N(3)*5e9
			hourPoints(t, rng, s, host, from, []int64{1e9, 5e9, 10e9, 20e9}[rng.IntN(4)], 1+rng.IntN(1500), int64(1+rng.IntN(3)))
			switch rng.IntN(5) {
			case 0, 1:
				must(t, s.Flush(ctx))
			case 2:
				must(t, s.Compact(ctx))
			}
			if step%3 > 0 {
				continue
			}
			req := everything()
			if rng.IntN(2) == 0 {
				req.From = rng.Int64N(15 * testHour)
				req.To = req.From + rng.Int64N(10*testHour)
			}
			stats := checkHours(t, s, req)
			hours, rows = hours+stats.Hours, rows+stats.Rows
		}
	}
	if hours < 50 || rows < 10000 {
		t.Errorf("%d hours and %d rows: too few of one", hours, rows)
	}
}

// Bounds leave out hours without a value inside, but never a row that has one.
func TestHoursPrunedByBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	s := open(t, memfs.New())
	for host := range 3 {
		hourPoints(t, rng, s, host, 0, 10e9, 8640, 1)
	}
	hourPoints(t, rng, s, 1, 5*testHour, 10e9, 1, 2)
	b := Batch{Table: 1}
	for i := range 3 { // three values that stand out, in three hours
		r := row("cpu{host=h1 region=r1} 0 v3 load=500.0")
		r.Time = int64(2+5*i)*testHour + 70e9
		b.Rows = append(b.Rows, r)
	}
	_, err := s.Write(ctx, &b)
	must(t, err)
	must(t, s.Flush(ctx))
	req := everything()
	req.Columns = hourColumns
	req.Bounds = []ValueBound{{Column: "load", Low: 200.0}}
	scan, err := s.Scan(ctx, 1, req)
	must(t, err)
	defer scan.Close()
	found := 0
	for {
		batch, err := scan.Next(ctx)
		must(t, err)
		if batch == nil {
			break
		}
		for _, r := range hourRows(batch) {
			if r.values[0] == 500.0 {
				found++
			}
		}
	}
	if got := scan.Stats(); found != 3 || got.Rows != 3*360 {
		t.Errorf("%d values in %d rows", found, got.Rows)
	}
}

// Windows that are over are written for keeping, as are merges of those left alone.
func TestLevels(t *testing.T) {
	now := clock.NewManual(time.Unix(0, 10*windowNanos+windowNanos/2))
	s := open(t, memfs.New(), func(o *Options) { o.Clock = now })
	wantLevels := func(what string, want ...segment.Level) {
		t.Helper()
		var got []segment.Level
		for _, f := range s.table(1).state.segments {
			o, err := f.acquire()
			must(t, err)
			got = append(got, o.Meta().Level)
			f.release()
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: levels %v, want %v", what, got, want)
		}
	}
	for i := range 4 {
		write(t, s, fmt.Sprintf("cpu{host=a} 10d%d load=1.5\ncpu{host=a} 9d%d load=1.5", i, i))
		must(t, s.Flush(ctx))
	}
	wantLevels("flushed", segment.Cold, segment.Cold, segment.Cold, segment.Cold, segment.Hot, segment.Hot, segment.Hot, segment.Hot)
	must(t, s.Compact(ctx))
	wantLevels("merged", segment.Cold, segment.Hot)
	write(t, s, "cpu{host=a} 10d9 load=1.5")
	must(t, s.Flush(ctx))
	now.Advance(time.Hour)
	must(t, s.Compact(ctx))
	wantLevels("left alone", segment.Cold, segment.Cold)
}
