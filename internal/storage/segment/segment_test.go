package segment_test

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// file is the name of the segment in all tests.
const file = "a.seg"

// open opens the test file and closes it at the end of the test.
func open(t testing.TB, disk *memfs.FS, cache *segment.Cache) *segment.Reader {
	t.Helper()
	r, err := segment.Open(disk, file, cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestRoundTrip(t *testing.T) {
	rng := newRand(t)
	for _, shape := range []struct{ rounds, runsMax, rowsMax int }{
		{60, 4, 20}, {20, 300, 60}, {20, 5, 6000}, {20, 20, 1500}, {3, 3000, 4},
	} {
		for range shape.rounds {
			m := randomModel(rng, shape.runsMax, shape.rowsMax)
			disk := memfs.New()
			info, err := m.write(rng, disk, file)
			if err != nil {
				t.Fatal(err)
			}
			var cache *segment.Cache
			if rng.IntN(2) == 0 {
				cache = segment.NewCache(1 << rng.IntN(30))
			}
			r := open(t, disk, cache)
			if r.Info() != info {
				t.Fatalf("writer says %v, reader %v", info, r.Info())
			}
			for range 2 { // the second time from the cache
				if wrong, err := m.difference(r); err != nil || wrong != "" {
					t.Fatal(wrong, err)
				}
			}
			m.checkSeeks(t, rng, r)
			m.checkStats(t, r)
			m.checkLayout(t, r)
			if err := segment.Verify(disk, file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkSeeks compares seeks to times of rows, near them and far away with a plain search.
func (m *model) checkSeeks(t *testing.T, rng *rand.Rand, r *segment.Reader) {
	t.Helper()
	for i, run := range m.runs {
		_, first, _ := r.Run(i)
		for range 8 {
			at := run.times[rng.IntN(len(run.times))] + rng.Int64N(3) - 1
			if rng.IntN(8) == 0 {
				at = []int64{math.MinInt64, math.MaxInt64}[rng.IntN(2)]
			}
			want := first
			for _, tm := range run.times {
				if tm >= at {
					break
				}
				want++
			}
			if got, err := r.SeekTime(context.Background(), i, at); err != nil || got != want {
				t.Fatalf("seek %d in run %d: got %d, %v, want %d", at, i, got, err, want)
			}
		}
	}
	if _, ok := r.FindRun(math.MaxUint32); ok {
		t.Fatal("found a series that is not there")
	}
}

// checkLayout checks the rules for blocks: no more than BlockRows rows, a long run begins a block, and blocks end early
// only before a long run.
func (m *model) checkLayout(t *testing.T, r *segment.Reader) {
	t.Helper()
	long := map[int64]bool{m.rows(): true}
	for i := range m.runs {
		if _, first, end := r.Run(i); end-first >= segment.LongRunRows {
			long[first] = true
			if _, from, _ := r.BlockOf(first); from != first {
				t.Fatalf("run of %d rows at %d lies in a block from %d", end-first, first, from)
			}
		}
	}
	for row := int64(0); row < m.rows(); {
		_, first, end := r.BlockOf(row)
		if end-first < segment.BlockRows && !long[end] {
			t.Fatalf("block of rows %d to %d is not full", first, end)
		}
		row = end
	}
}

func TestEmptySegment(t *testing.T) {
	disk := memfs.New()
	m := &model{meta: segment.Meta{Table: 1, Columns: []segment.Column{{Name: "v", Type: types.Double}}}}
	info, err := m.write(newRand(t), disk, file)
	if err != nil || info.Rows != 0 || info.Series != 0 {
		t.Fatal(info, err)
	}
	r := open(t, disk, nil)
	if wrong, err := m.difference(r); wrong != "" || err != nil {
		t.Error(wrong, err)
	}
	if _, ok := r.FindRun(0); ok {
		t.Error("found a run")
	}
	if err := segment.Verify(disk, file); err != nil {
		t.Error(err)
	}
}

// A large footer is read in a second step.
func TestManyRuns(t *testing.T) {
	const runs = 50_000
	rng := newRand(t)
	disk := memfs.New()
	w, err := segment.NewWriter(disk, file, segment.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	series := rng.Perm(runs * 2)[:runs]
	for i, s := range series {
		if err := w.Append(uint32(s), segment.Chunk{Times: []int64{int64(s), rng.Int64N(1e15) + int64(i) + runs*2}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	r := open(t, disk, nil)
	for i, s := range series {
		if got, ok := r.FindRun(uint32(s)); !ok || got != i {
			t.Fatalf("series %d found at %d, %v", s, got, ok)
		}
	}
	if blocks := r.BlockCount(); blocks != (2*runs+segment.BlockRows-1)/segment.BlockRows {
		t.Errorf("%d blocks", blocks)
	}
}

func TestWriterRefuses(t *testing.T) {
	one := []*vector.Vector{vector.Doubles([]float64{1}, nil)}
	ints := []*vector.Vector{vector.Int64s(types.Bigint, []int64{1}, nil)}
	for _, tc := range []struct {
		name   string
		append func(w *segment.Writer) error
	}{
		{"times that do not ascend", func(w *segment.Writer) error {
			return w.Append(1, segment.Chunk{Times: []int64{2, 2}, Cols: []*vector.Vector{nil}})
		}},
		{"times that do not ascend from chunk to chunk", func(w *segment.Writer) error {
			return errors.Join(w.Append(1, segment.Chunk{Times: []int64{2}, Cols: one}), w.Append(1, segment.Chunk{Times: []int64{2}, Cols: one}))
		}},
		{"missing column", func(w *segment.Writer) error { return w.Append(1, segment.Chunk{Times: []int64{1}}) }},
		{"wrong type", func(w *segment.Writer) error { return w.Append(1, segment.Chunk{Times: []int64{1}, Cols: ints}) }},
		{"wrong length", func(w *segment.Writer) error { return w.Append(1, segment.Chunk{Times: []int64{1, 2}, Cols: one}) }},
		{"wrong versions", func(w *segment.Writer) error {
			return w.Append(1, segment.Chunk{Times: []int64{1}, Versions: []int64{1, 2}, Cols: one})
		}},
		{"series that comes back", func(w *segment.Writer) error {
			for _, s := range []uint32{1, 2, 1} {
				if err := w.Append(s, segment.Chunk{Times: []int64{1}, Cols: one}); err != nil {
					return err
				}
			}
			_, err := w.Finish()
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			disk := memfs.New()
			w, err := segment.NewWriter(disk, file, segment.Meta{Columns: []segment.Column{{Name: "v", Type: types.Double}}})
			if err != nil {
				t.Fatal(err)
			}
			if err := tc.append(w); err == nil {
				t.Fatal("no error")
			}
			if err := w.Append(9, segment.Chunk{Times: []int64{1}, Cols: one}); err == nil {
				t.Error("the writer goes on after an error")
			}
			if _, err := w.Finish(); err == nil {
				t.Error("the writer finishes after an error")
			}
			w.Abort()
			w.Abort()
			if _, err := disk.Open(file); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the file is left")
			}
		})
	}
	if _, err := segment.NewWriter(memfs.New(), file, segment.Meta{Columns: []segment.Column{{Name: "v", Type: types.ArrayOf(types.Double)}}}); err == nil {
		t.Error("a column of arrays is accepted")
	}
	if _, err := segment.NewWriter(memfs.New(), "no/"+file, segment.Meta{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
}

// Finish ends the writer: Abort does not remove what is finished.
func TestAbortAfterFinish(t *testing.T) {
	disk := memfs.New()
	w, err := segment.NewWriter(disk, file, segment.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	open(t, disk, nil)
	if err := w.Append(1, segment.Chunk{Times: []int64{1}}); err == nil {
		t.Error("append after finish")
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := segment.Open(memfs.New(), file, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestCancelledRead(t *testing.T) {
	rng := newRand(t)
	disk := memfs.New()
	m := &model{runs: []modelRun{{series: 1, times: []int64{1}, versions: []int64{1}}}}
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := open(t, disk, nil).Times(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The operations that make a segment durable, in order.
func TestTrace(t *testing.T) {
	disk := memfs.New()
	disk.StartTrace()
	m := &model{runs: []modelRun{{series: 1, times: []int64{1}, versions: []int64{1}}}}
	info, err := m.write(newRand(t), disk, file)
	if err != nil {
		t.Fatal(err)
	}
	trace := disk.Trace()
	if len(trace) != 5 || trace[0] != "create a.seg" || trace[4] != "sync a.seg" || !strings.HasPrefix(trace[3], "write a.seg ") || disk.Used() != info.Bytes {
		t.Error(trace)
	}
}
