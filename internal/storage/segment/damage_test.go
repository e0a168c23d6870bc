package segment_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// smallModel has a little of everything: all types, NULLs, versions, short runs and one of the given length.
func smallModel(rows int) *model {
	m := &model{meta: segment.Meta{Table: 7, WindowTo: 1e18, MaxSequence: 99}}
	for i, name := range []string{"load", "count", "state", "up", "seen", "none"} {
		m.meta.Columns = append(m.meta.Columns, segment.Column{Name: name, Type: columnTypes[i%len(columnTypes)]})
	}
	for series, n := range []int{3, 1, rows, 2} {
		run := modelRun{series: uint32(10 - series), cols: make([][]types.Value, len(m.meta.Columns))}
		for i := range n {
			run.times = append(run.times, int64(i)*1e9+int64(i*i%7)*1e6)
			run.versions = append(run.versions, int64(1+series/3*i))
			vals := []types.Value{float64(i%11) / 4, int64(i * i), []string{"up", "down"}[i%2], i%3 == 0, int64(i) * 1e9, nil}
			if i%5 == 4 {
				vals[series%4] = nil
			}
			for c, v := range vals {
				run.cols[c] = append(run.cols[c], v)
			}
		}
		m.runs = append(m.runs, run)
	}
	return m
}

// checkDamaged reads a damaged file: the right rows or an error of kind Corruption, nothing else. Verify finds the damage.
func checkDamaged(t *testing.T, m *model, disk *memfs.FS, what string, at int) {
	t.Helper()
	if err := segment.Verify(disk, file); !dberr.Is(err, dberr.Corruption) {
		t.Fatalf("%s %d: verify says %v", what, at, err)
	}
	r, err := segment.Open(disk, file, nil)
	if err == nil {
		var wrong string
		if wrong, err = m.difference(r); wrong != "" {
			t.Fatalf("%s %d: wrong answer: %s", what, at, wrong)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err != nil && !dberr.Is(err, dberr.Corruption) {
		t.Fatalf("%s %d: %v is no corruption error", what, at, err)
	}
}

func TestFlipEachByte(t *testing.T) {
	rng := newRand(t)
	m, disk := smallModel(100), memfs.New()
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	good, err := disk.Bytes(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= byte(1 + rng.IntN(255))
		if err := disk.SetBytes(file, bad); err != nil {
			t.Fatal(err)
		}
		checkDamaged(t, m, disk, "flipped byte", i)
	}
}

func TestTruncated(t *testing.T) {
	rng := newRand(t)
	m, disk := smallModel(1100), memfs.New()
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	good, err := disk.Bytes(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if err := disk.SetBytes(file, good[:n]); err != nil {
			t.Fatal(err)
		}
		checkDamaged(t, m, disk, "truncated to", n)
	}
	if err := disk.SetBytes(file, append(good, 0)); err != nil {
		t.Fatal(err)
	}
	checkDamaged(t, m, disk, "a byte more than", len(good))
}

// Damage on the way from the disk is noticed as well, in whichever read it happens.
func TestCorruptReads(t *testing.T) {
	m, disk := smallModel(1100), memfs.New()
	if _, err := m.write(newRand(t), disk, file); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		fault := faultfs.New(disk)
		rule := fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpRead), Nth: n, Effect: faultfs.Corrupt})
		r, err := segment.Open(fault, file, nil)
		if err == nil {
			var wrong string
			if wrong, err = m.difference(r); wrong != "" {
				t.Fatalf("read %d: wrong answer: %s", n, wrong)
			}
		}
		if !rule.Fired() {
			break
		}
		// A bit of the header or of a neighbouring block may be the one that is hit; then nothing is wrong.
		if err != nil && !dberr.Is(err, dberr.Corruption) {
			t.Fatalf("read %d: %v", n, err)
		}
	}
}

// A read that fails is an error of its own, not taken for corruption, and the next read works.
func TestFailedReads(t *testing.T) {
	m, disk := smallModel(1100), memfs.New()
	if _, err := m.write(newRand(t), disk, file); err != nil {
		t.Fatal(err)
	}
	for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.Short} {
		for n := 1; ; n++ {
			fault := faultfs.New(disk)
			rule := fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpRead, faultfs.OpOpen, faultfs.OpSize), Nth: n, Effect: effect})
			r, err := segment.Open(fault, file, nil)
			if err == nil {
				_, err = m.difference(r)
			}
			if !rule.Fired() {
				break
			}
			if !errors.Is(err, faultfs.ErrInjected) {
				t.Fatalf("operation %d: %v", n, err)
			}
			if r == nil {
				continue
			}
			if wrong, err := m.difference(r); wrong != "" || err != nil {
				t.Fatal(wrong, err)
			}
		}
	}
}

// Whatever operation fails while a segment is written, the writer says so and Abort leaves no file.
func TestFailedWrites(t *testing.T) {
	rng := newRand(t)
	m := smallModel(1100)
	for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.Short, faultfs.FailAfter} {
		for n := 1; ; n++ {
			disk := memfs.New()
			fault := faultfs.New(disk)
			rule := fault.Add(faultfs.Rule{Nth: n, Effect: effect})
			_, err := m.write(rng, fault, file)
			if !rule.Fired() {
				break
			}
			if !errors.Is(err, faultfs.ErrInjected) {
				t.Fatalf("operation %d: %v", n, err)
			}
			if _, err := disk.Open(file); effect != faultfs.FailAfter && !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("operation %d: the file is left", n)
			}
		}
	}
}

func TestDiskFull(t *testing.T) {
	rng := newRand(t)
	m := smallModel(1100)
	disk := memfs.New()
	info, err := m.write(rng, disk, file)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		full := memfs.New(memfs.WithCapacity(1 + rng.Int64N(info.Bytes-1)))
		if _, err := m.write(rng, full, file); err == nil || full.Used() != 0 {
			t.Fatalf("%v, %d bytes are left", err, full.Used())
		}
	}
}

// After Finish and the sync of its directory a segment survives any crash; before, what is left of it is never wrong.
func TestCrash(t *testing.T) {
	rng := newRand(t)
	m, disk := smallModel(1100), memfs.New()
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	synced := disk.Crash(rng) // the name may be missing
	if r, err := segment.Open(synced, file, nil); err == nil {
		if wrong, err := m.difference(r); wrong != "" || err != nil {
			t.Error(wrong, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := disk.SyncDir(""); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if wrong, err := m.difference(open(t, disk.Crash(rng), nil)); wrong != "" || err != nil {
			t.Fatal(wrong, err)
		}
	}
}

// Crashes while a segment is being written: whatever is left is refused or right.
func TestCrashWhileWriting(t *testing.T) {
	rng := newRand(t)
	m := smallModel(1100)
	for range 200 {
		disk := memfs.New()
		fault := faultfs.New(disk)
		fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpWrite, faultfs.OpSync), Nth: 1 + rng.IntN(6), Permanent: true, Effect: faultfs.Short})
		fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpRemove), Permanent: true})
		_, _ = m.write(rng, fault, file)
		after := disk.Crash(rng)
		r, err := segment.Open(after, file, nil)
		if err == nil {
			var wrong string
			if wrong, err = m.difference(r); wrong != "" {
				t.Fatal(wrong)
			}
		}
		if err != nil && !dberr.Is(err, dberr.Corruption) && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// A seek reads the times of two blocks at most, and none if the footer decides.
func TestSeekReads(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	m := &model{}
	for series, n := range []int{100, 50_000, 900, 900, 900, 900, 900, 900} {
		run := modelRun{series: uint32(series), versions: make([]int64, n)}
		for i := range n {
			run.times = append(run.times, int64(i)*1000+rng.Int64N(900))
			run.versions[i] = 1
		}
		m.runs = append(m.runs, run)
	}
	disk := memfs.New()
	if _, err := m.write(rng, disk, file); err != nil {
		t.Fatal(err)
	}
	fault := faultfs.New(disk)
	r, err := segment.Open(fault, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, run := range m.runs {
		for range 50 {
			before := fault.Count(faultfs.OpRead)
			at := run.times[rng.IntN(len(run.times))]
			if _, err := r.SeekTime(context.Background(), i, at); err != nil {
				t.Fatal(err)
			}
			reads := fault.Count(faultfs.OpRead) - before
			if reads > 2 || i == 1 && reads > 1 || at == run.times[0] && reads > 0 {
				t.Fatalf("%d reads for a seek in a run of %d rows", reads, len(run.times))
			}
		}
	}
}
