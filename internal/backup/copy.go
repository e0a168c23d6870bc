package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"path"
	"slices"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// copyBytes is how much is read and written at a time.
const copyBytes = 1 << 20

// copier writes files into a folder and remembers what it has to sync.
type copier struct {
	to    vfs.FS
	dirs  map[string]bool // that it has made or put names into
	buf   []byte
	moved *atomic.Int64 // counts bytes, and files, for whoever wants to see that it goes on
}

// newCopier returns a copier that writes below the root of to.
func newCopier(to vfs.FS, moved *atomic.Int64) *copier {
	return &copier{to: to, dirs: map[string]bool{".": true}, buf: make([]byte, copyBytes), moved: moved}
}

// place makes the folders above a file.
func (c *copier) place(name string) error {
	dir := path.Dir(name)
	if c.dirs[dir] {
		return nil
	}
	if err := c.to.MkdirAll(dir); err != nil {
		return err
	}
	for ; dir != "." && !c.dirs[dir]; dir = path.Dir(dir) {
		c.dirs[dir] = true
	}
	return nil
}

// write makes a synced file of the given bytes.
func (c *copier) write(name string, data []byte) (File, error) {
	return c.fill(name, func(f vfs.File) (File, error) {
		_, err := f.Write(data)
		return File{name, int64(len(data)), crc32.Checksum(data, castagnoli)}, err
	})
}

// copy makes a synced copy of the first size bytes of a file of from. A file that is shorter is an error.
func (c *copier) copy(ctx context.Context, from vfs.FS, name string, size int64) (File, error) {
	source, err := from.Open(name)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = source.Close() }()
	return c.fill(name, func(f vfs.File) (File, error) {
		made := File{Name: name, Size: size}
		sum, err := readSum(ctx, source, size, c.buf, c.moved, func(b []byte) error {
			_, err := f.Write(b)
			return err
		})
		made.Sum = sum
		return made, err
	})
}

// fill makes a file, lets write fill it, and syncs it.
func (c *copier) fill(name string, write func(vfs.File) (File, error)) (made File, err error) {
	if err := c.place(name); err != nil {
		return File{}, err
	}
	f, err := c.to.Create(name)
	if err != nil {
		return File{}, err
	}
	made, err = write(f)
	if err == nil {
		err = f.Sync()
	}
	c.moved.Add(1)
	return made, errors.Join(err, f.Close())
}

// sync makes all names durable, those of inner folders first.
func (c *copier) sync() error {
	dirs := slices.Sorted(maps.Keys(c.dirs))
	for _, dir := range slices.Backward(dirs) { // "." sorts before every other name that we make
		if err := c.to.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// readSum reads the first size bytes of a file in pieces and returns their checksum. use, if not nil, gets every piece.
func readSum(ctx context.Context, f vfs.ReadFile, size int64, buf []byte, moved *atomic.Int64, use func([]byte) error) (uint32, error) {
	sum := uint32(0)
	for off := int64(0); off < size; {
		if err := ctx.Err(); err != nil {
			return 0, context.Cause(ctx)
		}
		b := buf[:min(int64(len(buf)), size-off)]
		n, err := f.ReadAt(b, off)
		if n < len(b) {
			if err == nil || errors.Is(err, io.EOF) {
				err = dberr.Wrap(dberr.Corruption, fmt.Errorf("the file ends after %d of %d bytes", off+int64(n), size), "The stored data is damaged")
			}
			return 0, err
		}
		sum = crc32.Update(sum, castagnoli, b)
		if use != nil {
			if err := use(b); err != nil {
				return 0, err
			}
		}
		off += int64(n)
		moved.Add(int64(n))
	}
	return sum, nil
}

// tailBytes is how much of the end of two files is compared. Segments end with the checksums of all that is in them.
const tailBytes = 64 << 10

// sameTail reports whether two files of a length end alike.
func sameTail(a vfs.FS, nameA string, b vfs.FS, nameB string, size int64) (bool, error) {
	one, err := tail(a, nameA, size)
	if err != nil {
		return false, err
	}
	other, err := tail(b, nameB, size)
	return bytes.Equal(one, other), err
}

// tail returns the last bytes of a file of a length.
func tail(fs vfs.FS, name string, size int64) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if now, err := f.Size(); err != nil || now != size {
		return nil, errors.Join(err, fmt.Errorf("%s has %d bytes, expected %d", name, now, size))
	}
	b := make([]byte, min(size, tailBytes))
	n, err := f.ReadAt(b, size-int64(len(b)))
	if n == len(b) {
		err = nil
	}
	return b, err
}
