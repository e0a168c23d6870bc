package storage

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// copyPieces copies files to a new disk, slowly, so that others change files meanwhile.
func copyPieces(t *testing.T, from vfs.FS, pieces []vfs.Piece) *memfs.FS {
	t.Helper()
	to := memfs.New()
	for _, p := range pieces {
		for range 20 {
			runtime.Gosched()
		}
		data := p.Content
		if data == nil {
			all, err := vfs.ReadAll(from, p.Name)
			must(t, err)
			if int64(len(all)) < p.Size || p.Fixed && int64(len(all)) != p.Size {
				t.Fatalf("%s has %d bytes, the moment says %d", p.Name, len(all), p.Size)
			}
			data = all[:p.Size]
		}
		must(t, to.MkdirAll(path.Dir(p.Name)))
		must(t, vfs.ReplaceFile(to, p.Name, data))
	}
	return to
}

// TestMoment: while callers write, flush, merge and drop, the files of a moment hold every request that was acknowledged before it,
// and every request whole or not at all; nothing of them is removed while they are pinned, all of it afterwards.
func TestMoment(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { momentsAmongWrites(t, seed) })
	}
}

func momentsAmongWrites(t *testing.T, seed uint64) {
	disk := memfs.New()
	pins := vfs.NewPins(disk)
	s := open(t, pins, func(o *Options) { o.MergeFanIn, o.WALBytesMax = 2, 1 })
	var mu sync.Mutex // guards acked
	acked := map[string]int{}
	done := make(chan struct{})
	stopped := func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			own := rand.New(rand.NewPCG(seed, uint64(w)))
			for n := 0; !stopped(); n++ {
				count := 1 + own.IntN(4)
				var lines []string
				for k := range count {
					lines = append(lines, fmt.Sprintf("m{w=%d k=%d} %dd%d r=%d/%d/%d", w, n%7, own.IntN(2), n*10+k, w, n, count))
				}
				if _, err := s.Write(ctx, &Batch{Table: 1, Rows: rows(strings.Join(lines, "\n"))}); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acked[fmt.Sprintf("r=%d/%d/%d", w, n, count)] = count
				mu.Unlock()
			}
		})
	}
	dropped := TableID(2)
	for _, job := range []func() error{
		func() error { return s.Flush(ctx) },
		func() error { return s.Compact(ctx) },
		func() error {
			id := dropped
			dropped++
			if _, err := s.Write(ctx, &Batch{Table: id, Rows: rows("m{a=b} 1 x=1.5")}); err != nil {
				return err
			}
			return s.DropTable(ctx, id)
		},
	} {
		wg.Go(func() {
			for !stopped() {
				if err := job(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 8 {
		mu.Lock()
		known := maps.Clone(acked)
		mu.Unlock()
		checkMoment(t, s, pins, known)
	}
	close(done)
	wg.Wait()
	must(t, s.Flush(ctx))
	must(t, s.Close())
	pieces, err := Moment(disk)
	must(t, err)
	must(t, vfs.Walk(disk, tablesDir, func(name string, _ int64) error {
		if !slices.ContainsFunc(pieces, func(p vfs.Piece) bool { return p.Name == name }) {
			t.Errorf("%s was left behind", name)
		}
		return nil
	}))
}

// checkMoment copies a moment and compares it with what was known to be stored before.
func checkMoment(t *testing.T, s *Store, pins *vfs.Pins, known map[string]int) {
	t.Helper()
	var pieces []vfs.Piece
	var unpin func() error
	must(t, s.Moment(ctx, func(list []vfs.Piece) {
		pieces = list
		var names []string
		for _, p := range list {
			names = append(names, p.Name)
		}
		unpin = pins.Pin(names)
	}))
	disk := copyPieces(t, pins, pieces)
	must(t, unpin())
	offline, err := Moment(disk)
	must(t, err)
	if len(offline) != len(pieces) {
		t.Errorf("the copy has %d files, the moment had %d", len(offline), len(pieces))
	}
	c := open(t, disk)
	defer func() { must(t, c.Close()) }()
	found := map[string]int{}
	for _, line := range scanRows(t, c, 1, everything()) {
		found[line[strings.Index(line, "r="):]]++
	}
	for request, n := range known {
		if found[request] != n {
			t.Fatalf("%d of %d rows of %s, which was acknowledged before the moment", found[request], n, request)
		}
	}
	for request, n := range found {
		var w, k, want int
		if _, err := fmt.Sscanf(request, "r=%d/%d/%d", &w, &k, &want); err != nil || n != want {
			t.Fatalf("%d rows of %s, which has %d: %v", n, request, want, err)
		}
	}
}
