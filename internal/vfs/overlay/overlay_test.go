package overlay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestLikeTheDiskItself: random operations have the same results on an overlay as on a disk, and what is below stays as it was.
func TestLikeTheDiskItself(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 7))
		below, disk := memfs.New(), memfs.New()
		for range 30 { // what is there already
			op := randomOp(rng)
			_, _ = op(below), op(disk)
		}
		before := below.Dump()
		over := New(below)
		for i := range 200 {
			op := randomOp(rng)
			if got, want := op(over), op(disk); got != want {
				t.Fatalf("seed %d, operation %d: %s on the overlay, %s on a disk", seed, i, got, want)
			}
		}
		if below.Dump() != before {
			t.Fatalf("seed %d: what is below has changed", seed)
		}
	}
}

// randomOp returns an operation that describes what it did and found.
func randomOp(rng *rand.Rand) func(vfs.FS) string {
	dirs := []string{".", "a", "b"}
	name := func() string { return dirs[rng.IntN(3)] + "/" + []string{"x", "y", "z"}[rng.IntN(3)] }
	one, other, kind, text := name(), name(), rng.IntN(8), fmt.Sprint(rng.IntN(1000))
	outcome := func(what string, err error) string {
		switch {
		case err == nil:
			return what
		case errors.Is(err, vfs.ErrNotExist):
			return what + ": missing"
		}
		return what + ": error"
	}
	return func(fs vfs.FS) string {
		if err := errors.Join(fs.MkdirAll("a"), fs.MkdirAll("b")); err != nil {
			return err.Error()
		}
		switch kind {
		case 0, 1:
			return outcome("replace "+one, vfs.ReplaceFile(fs, one, []byte(text)))
		case 2:
			f, err := fs.OpenAppend(one)
			if err == nil {
				_, err = f.Write([]byte(text))
				err = errors.Join(err, f.Close())
			}
			return outcome("append "+one, err)
		case 3:
			if _, err := vfs.FileSize(fs, one); err != nil {
				return outcome("rename "+one, err)
			}
			return outcome("rename "+one+" "+other, fs.Rename(one, other))
		case 4:
			return outcome("remove "+one, fs.Remove(one))
		case 5:
			names, err := fs.List(dirs[len(text)%3])
			slices.Sort(names)
			return outcome(fmt.Sprint(names), err)
		case 6:
			f, err := fs.OpenAppend(one)
			if err == nil {
				var size int64
				if size, err = f.Size(); err == nil {
					err = errors.Join(f.Truncate(size/2), f.Close())
				}
			}
			return outcome("truncate "+one, err)
		}
		b, err := vfs.ReadAll(fs, one)
		return outcome(fmt.Sprintf("read %s %q", one, b), err)
	}
}
