package segment_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// longModel is one run of many blocks with one column of doubles.
func longModel(blocks int) *model {
	m := &model{meta: segment.Meta{Columns: []segment.Column{{Name: "v", Type: types.Double}}}}
	run := modelRun{cols: make([][]types.Value, 1)}
	for i := range blocks * segment.BlockRows {
		run.times = append(run.times, int64(i))
		run.versions = append(run.versions, 1)
		run.cols[0] = append(run.cols[0], float64(i)/8)
	}
	m.runs = append(m.runs, run)
	return m
}

// Blocks that were used again stay longer than those that were used once, and the last used of either longer than others.
func TestCacheKeepsTheLastUsed(t *testing.T) {
	rng, ctx := newRand(t), context.Background()
	disk := memfs.New()
	if _, err := longModel(4).write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	const blockBytes = 8 * segment.BlockRows
	cache := segment.NewCache(2*blockBytes + 1000) // two blocks of doubles, and a little for their entries
	fault := faultfs.New(disk)
	r, err := segment.Open(fault, file, cache)
	if err != nil {
		t.Fatal(err)
	}
	read := func(block int) (fromDisk bool) {
		before := fault.Count(faultfs.OpRead)
		if _, err := r.Column(ctx, block, 0); err != nil {
			t.Fatal(err)
		}
		return fault.Count(faultfs.OpRead) > before
	}
	for i, step := range []struct {
		block    int
		fromDisk bool
	}{{0, true}, {1, true}, {0, false}, {2, true}, {0, false}, {1, true}, {2, true}, {2, false}, {0, false}, {2, false}} {
		if got := read(step.block); got != step.fromDisk {
			t.Errorf("step %d: block %d read from disk: %v", i, step.block, got)
		}
	}
	want := segment.CacheStats{Hits: 5, Misses: 5, Evictions: 3, Blocks: 2}
	got := cache.Stats()
	if got.Bytes < 2*blockBytes || got.Bytes > 2*blockBytes+1000 {
		t.Errorf("%d bytes", got.Bytes)
	}
	if got.Bytes = 0; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := cache.Stats(); got.Bytes != 0 || got.Blocks != 0 {
		t.Errorf("after close: %+v", got)
	}
}

// Texts of a block share memory: those of a column with few different ones take little more than the rows' references.
func TestCacheCountsSharedTextsOnce(t *testing.T) {
	m := &model{meta: segment.Meta{Columns: []segment.Column{{Name: "s", Type: types.Varchar}}}}
	run := modelRun{cols: make([][]types.Value, 1)}
	for i := range segment.BlockRows {
		run.times, run.versions = append(run.times, int64(i)), append(run.versions, 1)
		run.cols[0] = append(run.cols[0], strings.Repeat("long text", 100)+strconv.Itoa(i%3))
	}
	m.runs = append(m.runs, run)
	disk, cache := memfs.New(), segment.NewCache(1<<20)
	if _, err := m.write(newRand(t), disk, file); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, disk, cache).Column(context.Background(), 0, 0); err != nil {
		t.Fatal(err)
	}
	if got := cache.Stats(); got.Blocks != 1 || got.Bytes < 16*segment.BlockRows+3*900 || got.Bytes > 16*segment.BlockRows+3*1000+200 {
		t.Errorf("%+v", got)
	}
}

// A scan of more than the cache holds does not drive out what is used again and again.
func TestCacheOutlivesScans(t *testing.T) {
	ctx, disk := context.Background(), memfs.New()
	if _, err := longModel(40).write(newRand(t), disk, file); err != nil {
		t.Fatal(err)
	}
	cache := segment.NewCache(10 * 9 * segment.BlockRows)
	r := open(t, disk, cache)
	read := func(from, to int) {
		t.Helper()
		for block := from; block < to; block++ {
			if _, err := r.Column(ctx, block, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	read(0, 4)
	read(0, 4)
	for range 3 {
		read(4, 40)
		before := cache.Stats()
		read(0, 4)
		if got := cache.Stats(); got.Misses != before.Misses {
			t.Fatalf("%d of 4 blocks had to be read again", got.Misses-before.Misses)
		}
	}
	for range 2 {
		read(30, 38) // others take their place when they are used more
	}
	read(30, 38)
	if got := cache.Stats(); got.Bytes > 10*9*segment.BlockRows || got.Blocks < 8 {
		t.Errorf("%+v", got)
	}
}

func TestCacheResize(t *testing.T) {
	ctx, disk := context.Background(), memfs.New()
	if _, err := longModel(4).write(newRand(t), disk, file); err != nil {
		t.Fatal(err)
	}
	const blockBytes = 8*segment.BlockRows + 200 // and a little for the entry
	cache := segment.NewCache(4 * blockBytes)
	r := open(t, disk, cache)
	for _, step := range []struct{ blocks, kept int64 }{{4, 4}, {2, 2}, {0, 0}, {-1, 0}, {3, 3}} {
		cache.Resize(step.blocks * blockBytes)
		for block := range 4 {
			if _, err := r.Column(ctx, block, 0); err != nil {
				t.Fatal(err)
			}
		}
		cache.Resize(step.blocks * blockBytes)
		if got := cache.Stats(); got.Blocks != step.kept || got.Bytes > max(0, step.blocks*blockBytes) {
			t.Errorf("size of %d blocks: %+v", step.blocks, got)
		}
	}
	cache.Resize(blockBytes)
	if got := cache.Stats(); got.Blocks != 1 {
		t.Errorf("shrunk to one block: %+v", got)
	}
}

// Two readers of one file, as of two files, do not share blocks.
func TestCacheTellsReadersApart(t *testing.T) {
	rng, ctx := newRand(t), context.Background()
	cache := segment.NewCache(1 << 20)
	for _, factor := range []float64{1, 2} {
		disk, m := memfs.New(), longModel(1)
		for i := range m.runs[0].cols[0] {
			m.runs[0].cols[0][i] = factor * float64(i)
		}
		if _, err := m.write(rng, disk, file); err != nil {
			t.Fatal(err)
		}
		v, err := open(t, disk, cache).Column(ctx, 0, 0)
		if err != nil || v.Floats[5] != 5*factor {
			t.Errorf("got %v, %v", v.Floats[5], err)
		}
	}
}

// What does not fit is not kept, and a cache of no size keeps nothing.
func TestCacheTooSmall(t *testing.T) {
	rng, disk := newRand(t), memfs.New()
	m := longModel(2)
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{-1, 0, 100} {
		cache := segment.NewCache(size)
		if wrong, err := m.difference(open(t, disk, cache)); wrong != "" || err != nil {
			t.Error(wrong, err)
		}
		if got := cache.Stats(); got.Blocks != 0 || got.Bytes != 0 {
			t.Errorf("size %d: %+v", size, got)
		}
	}
}

func TestConcurrentReaders(t *testing.T) {
	rng, disk := newRand(t), memfs.New()
	m := randomModel(rng, 20, 3000)
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	cache := segment.NewCache(1 << 20)
	shared := open(t, disk, cache)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := shared
			if i%2 == 0 {
				var err error
				if r, err = segment.Open(disk, file, cache); err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = r.Close() }()
			}
			if wrong, err := m.difference(r); wrong != "" || err != nil {
				t.Error(wrong, err)
			}
		})
	}
	wg.Wait()
}

// benchModel is 64 runs of 5,000 rows of two decimals every 10 s with jitter.
func benchModel() *model {
	rng := rand.New(rand.NewPCG(1, 1))
	m := &model{meta: segment.Meta{Columns: []segment.Column{{Name: "v", Type: types.Double}}}}
	for s := range 64 {
		run := modelRun{series: uint32(1000 - s), cols: make([][]types.Value, 1)}
		for i := range 5000 {
			run.times = append(run.times, int64(i)*1e10+rng.Int64N(1000)*1e6)
			run.versions = append(run.versions, 1)
			run.cols[0] = append(run.cols[0], float64(rng.IntN(10000))/100)
		}
		m.runs = append(m.runs, run)
	}
	return m
}

func BenchmarkWrite(b *testing.B) {
	m, rng := benchModel(), rand.New(rand.NewPCG(1, 1))
	var chunks []segment.Chunk
	for _, r := range m.runs {
		chunks = append(chunks, r.chunk(rng, m.meta.Columns, 0, len(r.times)))
	}
	b.SetBytes(16 * m.rows())
	b.ReportAllocs()
	for b.Loop() {
		w, err := segment.NewWriter(memfs.New(), file, m.meta)
		if err != nil {
			b.Fatal(err)
		}
		for i, c := range chunks {
			if err := w.Append(uint32(i), c); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.Finish(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(m.rows())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkRead(b *testing.B) {
	m, disk, ctx := benchModel(), memfs.New(), context.Background()
	info, err := m.write(rand.New(rand.NewPCG(1, 1)), disk, file)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			r, err := segment.Open(disk, file, nil)
			if err != nil {
				b.Fatal(err)
			}
			_ = r.Close()
		}
		b.ReportMetric(float64(info.Bytes)/float64(info.Rows), "bytes/row")
	})
	for _, c := range []struct {
		name  string
		cache *segment.Cache
	}{{"column decoded", nil}, {"column cached", segment.NewCache(1 << 30)}} {
		r, err := segment.Open(disk, file, c.cache)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(8 * segment.BlockRows)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Column(ctx, 0, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	r := open(b, disk, segment.NewCache(1<<30))
	b.Run("find and seek", func(b *testing.B) {
		for b.Loop() {
			run, _ := r.FindRun(980)
			if _, err := r.SeekTime(ctx, run, 45_000*1e9); err != nil {
				b.Fatal(err)
			}
		}
	})
}
