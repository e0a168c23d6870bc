package memstore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// point is where a row belongs.
type point struct {
	series uint32
	time   int64
}

// stored is what a row holds: the version and the values as text, by column.
type stored struct {
	version int64
	values  string
}

var classTypes = map[Class]*types.Type{Int: types.Bigint, Float: types.Double, String: types.Varchar, Bool: types.Boolean}

// classOf gives the columns of these tests their class.
func classOf(column uint16) Class { return Class(column % 4) }

func cellsText(cells []Cell) string {
	var b strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&b, "%d=%d/%q ", c.Column, c.Bits, c.Str)
	}
	return b.String()
}

// cellsAt reads row i of a chunk through its vectors.
func cellsAt(v Chunk, i int, columns uint16) []Cell {
	var cells []Cell
	for c := range columns {
		vec := v.Column(c, classTypes[classOf(c)])
		if vec == nil || vec.IsNull(i) {
			continue
		}
		switch x := vec.Value(i).(type) {
		case int64:
			cells = append(cells, Bigint(c, x))
		case float64:
			cells = append(cells, Double(c, x))
		case string:
			cells = append(cells, Varchar(c, x))
		case bool:
			cells = append(cells, Boolean(c, x))
		}
	}
	return cells
}

// content reads all rows of a snapshot and checks their order.
func content(t *testing.T, s *Snapshot, series []uint32, columns uint16) map[point]stored {
	t.Helper()
	out := map[point]stored{}
	for _, id := range series {
		run, last, begun := s.Run(id), int64(0), false
		for k := range run.Chunks() {
			c := run.Chunk(k)
			if c.Rows() == 0 || c.Rows() > ChunkRows {
				t.Fatalf("chunk of %d rows", c.Rows())
			}
			for i, tm := range c.Times() {
				if begun && tm <= last {
					t.Fatalf("time %d after %d", tm, last)
				}
				last, begun = tm, true
				version := int64(1)
				if vs := c.Versions(); vs != nil {
					version = vs[i]
				}
				out[point{id, tm}] = stored{version, cellsText(cellsAt(c, i, columns))}
			}
		}
	}
	return out
}

// randomCells makes a row with some of the given number of columns.
func randomCells(rng *rand.Rand, columns uint16, sparse bool) []Cell {
	var cells []Cell
	for c := range columns {
		if sparse && rng.IntN(3) == 0 {
			continue
		}
		switch classOf(c) {
		case Int:
			cells = append(cells, Bigint(c, rng.Int64()))
		case Float:
			cells = append(cells, Double(c, rng.Float64()))
		case String:
			cells = append(cells, Varchar(c, strings.Repeat("s", rng.IntN(9))))
		case Bool:
			cells = append(cells, Boolean(c, rng.IntN(2) == 0))
		}
	}
	return cells
}

// TestAgainstMap puts random rows, in order and late, and compares with a map; snapshots taken on the way must not change.
func TestAgainstMap(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			columns := uint16(1 + rng.IntN(7))
			sparse, late, replace := rng.IntN(2) == 0, rng.IntN(40), rng.IntN(30)
			table, model := New(), map[point]stored{}
			all := []uint32{0, 1, 63, 64, 700}
			type kept struct {
				snap *Snapshot
				ids  []uint32
				want map[point]stored
			}
			var snaps []kept
			last := map[uint32]int64{}
			for range 5000 {
				p := point{series: all[rng.IntN(len(all))]}
				switch x := rng.IntN(100); {
				case x < late:
					p.time = rng.Int64N(last[p.series] + 2)
				case x < late+replace:
					p.time = last[p.series]
				default:
					p.time = last[p.series] + 1 + rng.Int64N(3)
				}
				last[p.series] = max(last[p.series], p.time)
				cells, version := randomCells(rng, columns, sparse), int64(1)
				if rng.IntN(50) == 0 {
					version += rng.Int64N(5)
				}
				table.Put(p.series, p.time, version, cells)
				model[p] = stored{version, cellsText(cells)}
				if rng.IntN(300) == 0 {
					snaps = append(snaps, kept{table.Snapshot(), all, maps.Clone(model)})
				}
				if rng.IntN(300) == 0 {
					id := all[rng.IntN(len(all))]
					want := maps.Clone(model)
					maps.DeleteFunc(want, func(p point, _ stored) bool { return p.series != id })
					snaps = append(snaps, kept{table.SnapshotOf([]uint32{id}), []uint32{id}, want})
				}
			}
			snaps = append(snaps, kept{table.Snapshot(), all, model})
			for i, s := range snaps {
				if got := content(t, s.snap, s.ids, columns); !maps.Equal(s.want, got) {
					t.Fatalf("snapshot %d: %d rows, want %d", i, len(got), len(s.want))
				}
			}
			checkFind(t, table, model)
			if table.Rows() != int64(len(model)) || table.SeriesCount() != len(all) {
				t.Errorf("%d rows of %d series, want %d of %d", table.Rows(), table.SeriesCount(), len(model), len(all))
			}
			if got := table.Snapshot().Series(); !slices.Equal(got, all) {
				t.Errorf("series %v", got)
			}
		})
	}
}

func checkFind(t *testing.T, table *Table, model map[point]stored) {
	t.Helper()
	for p, want := range model {
		row, ok := table.Find(p.series, p.time)
		if !ok || row.Version() != want.version || cellsText(row.AppendCells(nil)) != want.values {
			t.Fatalf("find %v: %v", p, ok)
		}
		next := point{p.series, p.time + 1}
		if _, ok := table.Find(next.series, next.time); ok != (model[next] != stored{}) {
			t.Fatalf("find %v: %v", next, ok)
		}
	}
	if _, ok := table.Find(1_000_000, 0); ok {
		t.Error("found a row of a series that has none")
	}
}

func TestReadersDoNotSeeLaterChanges(t *testing.T) {
	table := New()
	var mu sync.RWMutex
	var wg sync.WaitGroup
	done := make(chan struct{})
	for r := range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				var s *Snapshot
				mu.RLock()
				if r == 0 {
					s = table.SnapshotOf([]uint32{1, 2})
				} else {
					s = table.Snapshot()
				}
				mu.RUnlock()
				// Every row holds its time in each column, whatever the writer does meanwhile.
				for id := range uint32(3) {
					run := s.Run(id)
					for k := range run.Chunks() {
						c := run.Chunk(k)
						vec := c.Column(1, types.Double)
						for i, tm := range c.Times() {
							if vec.IsNull(i) || vec.Floats[i] != float64(tm) {
								t.Errorf("row at %d holds %v", tm, vec.Value(i))
								return
							}
						}
					}
				}
			}
		})
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range int64(3000) {
		tm := i
		if rng.IntN(4) == 0 {
			tm = rng.Int64N(i + 1)
		}
		cells := []Cell{Double(1, float64(tm))}
		if rng.IntN(10) == 0 {
			cells = append(cells, Varchar(2, "x"))
		}
		mu.Lock()
		table.Put(uint32(rng.IntN(3)), tm, 1+rng.Int64N(2), cells)
		mu.Unlock()
	}
	close(done)
	wg.Wait()
}

func TestNullsVersionsAndColumns(t *testing.T) {
	table := New()
	table.Put(3, 10, 1, []Cell{Double(5, 1.5)})
	c := table.Snapshot().Run(3).Chunk(0)
	if c.Versions() != nil || c.Column(5, types.Double).Nulls != nil {
		t.Error("versions or nulls where none are needed")
	}
	if c.Column(4, types.Double) != nil {
		t.Error("a column that no row has")
	}
	table.Put(3, 20, 2, []Cell{Bigint(2, 7)})
	table.Put(3, 15, 1, nil)
	c = table.Snapshot().Run(3).Chunk(0)
	if got := c.Versions(); !slices.Equal(got, []int64{1, 1, 2}) {
		t.Errorf("versions %v", got)
	}
	if got := c.Column(5, types.Double).Nulls; !slices.Equal(got, []bool{false, true, true}) {
		t.Errorf("nulls %v", got)
	}
	if v := c.Column(2, types.Timestamp); v.Type != types.Timestamp || !slices.Equal(v.Nulls, []bool{true, true, false}) || v.Ints[2] != 7 {
		t.Errorf("column 2: %+v", v)
	}
	if got := table.Columns(); !slices.Equal(got, []uint16{2, 5}) {
		t.Errorf("columns %v", got)
	}
	if from, to := table.TimeRange(); from != 10 || to != 20 {
		t.Errorf("times %d to %d", from, to)
	}
}

func TestReplacedRowLosesAbsentColumns(t *testing.T) {
	table := New()
	table.Put(0, 1, 1, []Cell{Varchar(1, "long text"), Boolean(2, true)})
	before := table.Bytes()
	table.Put(0, 1, 2, []Cell{Boolean(2, false)})
	row, ok := table.Find(0, 1)
	if got := cellsText(row.AppendCells(nil)); !ok || got != cellsText([]Cell{Boolean(2, false)}) {
		t.Errorf("got %s", got)
	}
	if table.Rows() != 1 || table.Bytes() > before+64 {
		t.Errorf("%d rows, %d bytes after %d", table.Rows(), table.Bytes(), before)
	}
}

func TestRowsWithEverOtherColumns(t *testing.T) {
	table := New()
	for i := range int64(1000) {
		table.Put(0, i, 1, []Cell{Double(uint16(i), float64(i))})
	}
	for i := range int64(1000) {
		row, ok := table.Find(0, i)
		if want := cellsText([]Cell{Double(uint16(i), float64(i))}); !ok || cellsText(row.AppendCells(nil)) != want {
			t.Fatalf("row %d is wrong", i)
		}
	}
	if table.Bytes() > 2<<20 {
		t.Errorf("%d bytes for 1000 values", table.Bytes())
	}
}

// TestMemoryOfManySeries holds the price of a series with one row, and that the accounting is right.
func TestMemoryOfManySeries(t *testing.T) {
	const series = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := New()
	for i := range uint32(series) {
		table.Put(i, 1, 1, []Cell{Double(0, 1)})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	real, counted := float64(after.HeapAlloc-before.HeapAlloc)/series, float64(table.Bytes())/series
	runtime.KeepAlive(table)
	if real > 300 {
		t.Errorf("%.0f bytes a series", real)
	}
	if counted < real*0.8 || counted > real*1.2 {
		t.Errorf("%.0f bytes a series counted, %.0f used", counted, real)
	}
}

func BenchmarkPutInOrder(b *testing.B) {
	for _, columns := range []uint16{1, 10} {
		b.Run(fmt.Sprint("columns ", columns), func(b *testing.B) {
			var cells []Cell
			for c := range columns {
				cells = append(cells, Double(c, 1))
			}
			table, i := New(), int64(0)
			b.ReportAllocs()
			for b.Loop() {
				if i == 4_000_000 {
					table, i = New(), 0
				}
				table.Put(uint32(i%1000), i, 1, cells)
				i++
			}
		})
	}
}

func BenchmarkPutLate(b *testing.B) {
	cells := []Cell{Double(0, 1)}
	table, i := New(), int64(0)
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		if i == 1_000_000 {
			table, i = New(), 0
		}
		table.Put(uint32(i%100), rng.Int64N(1_000_000_000), 1, cells)
		i++
	}
}
