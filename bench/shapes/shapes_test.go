package shapes

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// part says how many of the series of each shape are made.
var part = flag.Int("part", 10, "make one in as many series; 1 is the full size")

// shape is one shape of data.
type shape struct {
	name   string
	series int
	length time.Duration
	step   time.Duration
}

// shapes are those of the measurements that the layout was designed by.
var shapes = []shape{
	{"long", 1000, 12 * time.Hour, workload.CPUStep},
	{"large", 4000, 24 * time.Hour, workload.CPUStep},
	{"short", 100_000, 12 * time.Hour, 15 * time.Minute},
}

// end is when the records end: at the end of a window, so that there is one.
var end = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

const table = storage.TableID(1)

var ctx = context.Background()

// sums is the sum of each metric in hundredths.
type sums [len(workload.CPUMetrics)]int64

// data is a store that holds a shape, and what is in it.
type data struct {
	store *storage.Store
	dir   string
	cpu   *workload.CPU
	hours int
	sums  [][]sums // by series and hour
	last  int64    // sum of the first metric in the last row of each series, in hundredths
}

// hundredths returns a value of a metric as an integer.
func hundredths(v float64) int64 { return int64(math.Round(v * 100)) }

// load writes a shape and merges it into one segment.
func load(b *testing.B, s shape) *data {
	b.Helper()
	d := &data{dir: b.TempDir(), hours: int(s.length / time.Hour)}
	d.cpu = workload.NewCPU(max(10, s.series / *part), s.length, false, end)
	d.cpu.Step, d.cpu.Points = s.step, int(s.length/s.step)
	store, err := storage.Open(ctx, storage.Options{FS: vfs.OS(d.dir), SettleAfter: time.Nanosecond})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	d.store, d.sums = store, make([][]sums, d.cpu.Hosts)
	batch := storage.Batch{Table: table}
	for i := range d.cpu.Hosts {
		d.sums[i] = make([]sums, d.hours)
		d.addHost(&batch, i)
		if len(batch.Rows) > 1<<14 || i+1 == d.cpu.Hosts {
			if _, err := store.Write(ctx, &batch); err != nil {
				b.Fatal(err)
			}
			batch.Rows = batch.Rows[:0]
		}
		if i%(max(1, d.cpu.Hosts/4)) == 0 || i+1 == d.cpu.Hosts {
			if err := store.Flush(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := store.Compact(ctx); err != nil {
		b.Fatal(err)
	}
	return d
}

// addHost adds all records of a host to a batch.
func (d *data) addHost(batch *storage.Batch, i int) {
	h := d.cpu.Host(i)
	dims := []storage.Dim{{Name: "hostname", Value: h.Name}}
	for k, name := range workload.CPUTagNames() {
		dims = append(dims, storage.Dim{Name: name, Value: h.Tags[k]})
	}
	for point := range d.cpu.Points {
		ms, values := h.Next()
		if point+1 == d.cpu.Points {
			d.last += hundredths(values[0])
		}
		row := storage.Row{Measure: workload.CPUMeasure, Dims: dims, Time: ms * 1e6, Version: 1, Multi: true}
		sum := &d.sums[i][(ms-d.cpu.From)/time.Hour.Milliseconds()]
		for m, v := range values {
			row.Values = append(row.Values, storage.Value{Column: workload.CPUMetrics[m], Type: types.Double, Float: v})
			sum[m] += hundredths(v)
		}
		batch.Rows = append(batch.Rows, row)
	}
}

// query is a scan of some series over whole hours from the beginning.
type query struct {
	name             string
	series           int // 0: all
	from, to         int // hours
	columns          int
	last, aggregates bool // the last row of each series; whole hours
}

// queries are the ways in which dashboards and reports read.
func queries(hours int) []query {
	return []query{
		{name: "series=1/hours=1/columns=1", series: 1, from: hours / 2, to: hours/2 + 1, columns: 1},
		{name: "series=8/hours=8/columns=10", series: 8, from: 2, to: 10, columns: 10},
		{name: "series=all/hours=all/columns=1", to: hours, columns: 1},
		{name: "series=all/hours=all/columns=1/aggregates", to: hours, columns: 1, aggregates: true},
		{name: "series=all/hours=1/columns=1", from: hours / 2, to: hours/2 + 1, columns: 1},
		{name: "series=all/last/columns=1", columns: 1, last: true},
	}
}

// BenchmarkShapes loads each shape and scans it. Blocks are in the cache, if that is large enough.
func BenchmarkShapes(b *testing.B) {
	for _, s := range shapes {
		b.Run("shape="+s.name, func(b *testing.B) {
			d := load(b, s)
			b.Run("size", d.size)
			for _, q := range queries(d.hours) {
				b.Run(q.name, func(b *testing.B) { d.scan(b, q) })
			}
		})
	}
}

// size reports what the segments take on disk and, opened, in memory.
func (d *data) size(b *testing.B) {
	names, err := filepath.Glob(filepath.Join(d.dir, "tables", "*", "*.seg"))
	if err != nil || len(names) == 0 {
		b.Fatal("no segments", err)
	}
	var bytes, runs int64
	var memory uint64
	for b.Loop() {
		bytes, runs, memory = 0, 0, heap()
		var open []*segment.Reader
		for _, name := range names {
			rel, err := filepath.Rel(d.dir, name)
			if err != nil {
				b.Fatal(err)
			}
			r, err := segment.Open(vfs.OS(d.dir), rel, nil)
			if err != nil {
				b.Fatal(err)
			}
			r.FindRun(0)
			open, bytes, runs = append(open, r), bytes+r.Info().Bytes, runs+int64(r.RunCount())
		}
		memory = heap() - memory
		for _, r := range open {
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(bytes)/float64(d.cpu.Values()), "bytes/value")
	b.ReportMetric(float64(memory)/float64(runs), "metadata-bytes/series")
	b.ReportMetric(float64(len(names)), "segments")
}

// heap returns how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// scan runs a query and compares each answer.
func (d *data) scan(b *testing.B, q query) {
	rng := rand.New(rand.NewPCG(1, 1))
	rows := int64(0)
	for b.Loop() {
		b.StopTimer()
		req, wantRows, want := d.request(q, rng)
		b.StartTimer()
		gotRows, got := d.run(b, req)
		if gotRows != wantRows || got != want {
			b.Fatalf("%d rows with sums %v, want %d with %v", gotRows, got, wantRows, want)
		}
		rows = gotRows
	}
	b.ReportMetric(float64(rows), "rows")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows*int64(q.columns)), "ns/value")
}

// request makes the scan of a query, for other series each time, and what it must find.
func (d *data) request(q query, rng *rand.Rand) (req storage.ScanRequest, rows int64, want sums) {
	hour := time.Hour.Nanoseconds()
	from := d.cpu.From * 1e6
	req = storage.ScanRequest{From: from + int64(q.from)*hour, To: from + int64(q.to)*hour - 1, Hours: q.aggregates}
	req.Columns = append(req.Columns, workload.CPUMetrics[:q.columns]...)
	if q.last {
		req.From, req.To = from+int64(d.cpu.Points-1)*d.cpu.Step.Nanoseconds(), math.MaxInt64
		want[0] = d.last
		return req, int64(d.cpu.Hosts), want
	}
	chosen := rng.Perm(d.cpu.Hosts)
	if q.series > 0 {
		chosen = chosen[:q.series]
		filter := storage.SeriesFilter{Column: "hostname"}
		for _, i := range chosen {
			filter.In = append(filter.In, "host_"+strconv.Itoa(i))
		}
		req.Series = []storage.SeriesFilter{filter}
	}
	for _, i := range chosen {
		for hour := q.from; hour < q.to; hour++ {
			for m := range q.columns {
				want[m] += d.sums[i][hour][m]
			}
		}
	}
	return req, int64(len(chosen)) * int64(q.to-q.from) * int64(time.Hour/d.cpu.Step), want
}

// run reads a scan to its end.
func (d *data) run(b *testing.B, req storage.ScanRequest) (rows int64, got sums) {
	scan, err := d.store.Scan(ctx, table, req)
	if err != nil {
		b.Fatal(err)
	}
	defer scan.Close()
	for {
		batch, hours, err := scan.NextPart(ctx)
		switch {
		case err != nil:
			b.Fatal(err)
		case batch != nil:
			rows += int64(batch.Rows)
			for m, c := range batch.Cols {
				for _, v := range c.Floats {
					got[m] += hundredths(v)
				}
			}
		case hours != nil:
			for m := range req.Columns {
				for i, a := range hours.Values[m] {
					rows += hours.Counts[i]
					if a.Sum != segment.SumDecimal || a.Scale > 2 {
						b.Fatalf("sum of an hour: %+v", a)
					}
					got[m] += a.SumInt * []int64{100, 10, 1}[a.Scale]
				}
			}
		default:
			return rows, got
		}
	}
}
