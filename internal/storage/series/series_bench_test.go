package series

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// population makes the series of a large table: record(i, dims) is the measure name of series i and fills dims.
type population struct {
	name   string
	dims   int
	record func(i int, dims []Dim) (measure string)
	// bytesMax is how many bytes a series may take, when there are 100,000 of them.
	bytesMax float64
}

// populations are what tables with very many series look like: hosts with ten measures each and a few dimensions of low or
// medium cardinality; the same with a measure for each host; and a dimension that identifies each series, as careless
// users make them.
var populations = []population{
	{"measures", 4, func(i int, dims []Dim) string {
		host := i / 10
		hostDims(host, dims)
		return fmt.Sprint("metric_", i%10)
	}, 80},
	{"hosts", 4, func(i int, dims []Dim) string {
		hostDims(i, dims)
		return "cpu"
	}, 130},
	{"requests", 2, func(i int, dims []Dim) string {
		dims[0] = Dim{"region", fmt.Sprint("region-", i%10)}
		dims[1] = Dim{"request_id", fmt.Sprintf("%08x-4a4a-4bb4-8cc8-%012x", uint32(i)*2654435761, i)}
		return "latency"
	}, 140},
}

// hostDims are the dimensions of a host.
func hostDims(host int, dims []Dim) {
	dims[0] = Dim{"region", fmt.Sprint("region-", host%10)}
	dims[1] = Dim{"service", fmt.Sprint("service-", host%1009)}
	dims[2] = Dim{"rack", fmt.Sprint("rack-", host%113)}
	dims[3] = Dim{"host", fmt.Sprintf("host-%07d", host)}
}

// fill makes the series from:to of a population, in transactions of 1,000 as they come from requests, and returns the encoded
// definitions.
func (p *population) fill(ix *Index, from, to int) []byte {
	var defs []byte
	columns, numbers := []Column{{"measure_value::double", types.Double}}, make([]uint16, 1)
	dims := make([]Dim, p.dims)
	for from < to {
		x := ix.Begin()
		for range min(to-from, 1000) {
			measure := p.record(from, dims)
			x.Add(Hash(measure, dims), measure, dims, columns, numbers)
			from++
		}
		for _, d := range x.Take() {
			defs = AppendDef(defs, &d)
		}
		x.Commit()
	}
	return defs
}

// heap returns the memory in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// million is the number of series in the benchmarks.
const million = 1_000_000

// BenchmarkMillionSeries makes a million series, and reports what each takes in memory.
func BenchmarkMillionSeries(b *testing.B) {
	for _, p := range populations {
		b.Run(p.name, func(b *testing.B) {
			var used int64
			for b.Loop() {
				before := heap()
				ix := New()
				p.fill(ix, 0, million)
				used = heap() - before
				runtime.KeepAlive(ix)
			}
			b.ReportMetric(float64(used)/million, "bytes/series")
		})
	}
}

// BenchmarkReadFile reads the index file of a million series, as a start does.
func BenchmarkReadFile(b *testing.B) {
	for _, p := range populations {
		b.Run(p.name, func(b *testing.B) {
			disk := memfs.New()
			n, err := CreateFile(disk, "a.idx", 1, "", 0, p.fill(New(), 0, million))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(n)
			var used int64
			for b.Loop() {
				before := heap()
				ix := New()
				if err := ReadFile(disk, "a.idx", 1, n, ix); err != nil {
					b.Fatal(err)
				}
				used = heap() - before
				if ix.Len() != million {
					b.Fatal(ix.Len())
				}
			}
			b.ReportMetric(float64(used)/million, "bytes/series")
		})
	}
}

// BenchmarkQueries is what queries ask of an index with a million series.
func BenchmarkQueries(b *testing.B) {
	for _, p := range populations {
		ix := New()
		p.fill(ix, 0, million)
		dims := make([]Dim, p.dims)
		last := dims[:0]
		var many []string
		for i := range 10_000 {
			p.record(i*97%million, dims)
			last = dims[p.dims-1:]
			many = append(many, last[0].Value)
		}
		id := last[0].Name
		for _, q := range []struct {
			name    string
			filters []Filter
		}{
			{"one of all", []Filter{{Column: id, In: many[:1]}}},
			{"10000 of all", []Filter{{Column: id, In: many}}},
			{"10000 of all in a region", []Filter{{Column: id, In: many}, {Column: "region", In: []string{"region-3"}}}},
			{"a region", []Filter{{Column: "region", In: []string{"region-3"}}}},
			{"without", []Filter{{Column: id, Null: true}}},
			{"without an unknown one", []Filter{{Column: "nope", Null: true}}},
			{"everything", nil},
		} {
			b.Run(p.name+"/"+q.name, func(b *testing.B) {
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					n = len(ix.Select(q.filters))
				}
				b.ReportMetric(float64(n), "series")
			})
		}
		b.Run(p.name+"/distinct values", func(b *testing.B) {
			for b.Loop() {
				ix.DistinctValues(id)
			}
		})
		b.Run(p.name+"/first order", func(b *testing.B) {
			for b.Loop() {
				ix.ordered.last = nil
				ix.Order()
			}
		})
		b.Run(p.name+"/order after 1000 more", func(b *testing.B) {
			at := million
			for b.Loop() {
				b.StopTimer()
				p.fill(ix, at, at+1000)
				at += 1000
				b.StartTimer()
				ix.Order()
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	ix := New()
	x := ix.Begin()
	var all []record
	for i := range 10_000 {
		r := record{measure: "cpu", columns: []Column{{"x", types.Double}}}
		for d := range 10 {
			r.dims = append(r.dims, Dim{fmt.Sprintf("dimension_%d", d), fmt.Sprintf("value_%d", i%(1<<d+1))})
		}
		r.dims = append(r.dims, Dim{"host", fmt.Sprint("host_", i)})
		x.Add(Hash(r.measure, r.dims), r.measure, r.dims, r.columns, make([]uint16, 1))
		all = append(all, r)
	}
	x.Take()
	x.Commit()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r := &all[i%len(all)]
		i++
		reading := ix.Reading()
		if _, ok := reading.Find(Hash(r.measure, r.dims), r.measure, r.dims); !ok {
			b.Fatal("not found")
		}
		reading.Done()
	}
}

func BenchmarkNewSeries(b *testing.B) {
	ix := New()
	x := ix.Begin()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		dims := []Dim{{"region", fmt.Sprint(i % 10)}, {"az", fmt.Sprint(i % 30)}, {"host", fmt.Sprint(i)}}
		cols := []Column{{"x", types.Double}}
		if x.Check("cpu", dims, cols) == nil {
			x.Add(Hash("cpu", dims), "cpu", dims, cols, make([]uint16, 1))
		}
		if i++; i%100 == 0 {
			x.Take()
			x.Commit()
			x = ix.Begin()
		}
	}
}
