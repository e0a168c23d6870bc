package faultfs

import (
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// openFile is what files for reading and for writing share.
type openFile interface {
	Size() (int64, error)
	Close() error
}

// common is the operations of openFile on a wrapped file.
type common struct {
	fs   *FS
	name string
	file openFile
}

// Size returns the length in bytes.
func (c *common) Size() (size int64, err error) {
	err = c.fs.do(OpSize, c.name, func() error {
		size, err = c.file.Size()
		return err
	})
	return size, err
}

// Close closes the wrapped file even if it is to fail, as the system does.
func (c *common) Close() error {
	r := c.fs.fault(OpClose, c.name)
	err := c.file.Close()
	if r != nil {
		return r.fail(OpClose, c.name)
	}
	return err
}

// file is a wrapped file open for writing.
type file struct {
	common
	inner vfs.File
}

// Write implements vfs.File.
func (f *file) Write(p []byte) (int, error) {
	r := f.fs.fault(OpWrite, f.name)
	if r == nil {
		return f.inner.Write(p)
	}
	switch r.Effect {
	case Short:
		p = p[:len(p)/2]
	case FailAfter:
	default:
		p = nil
	}
	if len(p) > 0 {
		if n, err := f.inner.Write(p); err != nil {
			return n, err
		}
	}
	return len(p), r.fail(OpWrite, f.name)
}

// Truncate implements vfs.File.
func (f *file) Truncate(size int64) error {
	return f.fs.do(OpTruncate, f.name, func() error { return f.inner.Truncate(size) })
}

// Sync implements vfs.File. A failed one leaves the durable content unknown: on a memfs disk, what was not synced so far
// never becomes durable for certain, even if later calls succeed, which is how Linux behaves.
func (f *file) Sync() error {
	r := f.fs.fault(OpSync, f.name)
	if r == nil {
		return f.inner.Sync()
	}
	if r.Effect == FailAfter {
		if err := f.inner.Sync(); err != nil {
			return err
		}
	} else if disk, ok := f.inner.(interface{ FailSync() }); ok {
		disk.FailSync()
	}
	return r.fail(OpSync, f.name)
}

// readFile is a wrapped file open for reading.
type readFile struct {
	common
	inner vfs.ReadFile
}

// Modified implements vfs.Dater. It fails as Size does.
func (f *readFile) Modified() (when time.Time, err error) {
	err = f.fs.do(OpSize, f.name, func() error {
		when, err = vfs.Modified(f.inner)
		return err
	})
	return when, err
}

// ReadAt implements vfs.ReadFile.
func (f *readFile) ReadAt(p []byte, off int64) (int, error) {
	r := f.fs.fault(OpRead, f.name)
	if r == nil {
		return f.inner.ReadAt(p, off)
	}
	switch r.Effect {
	case Corrupt:
		n, err := f.inner.ReadAt(p, off)
		if n > 0 {
			p[n/2] ^= 1 << (off % 8)
		}
		return n, err
	case Short:
		if n, err := f.inner.ReadAt(p[:len(p)/2], off); err != nil {
			return n, err
		}
		return len(p) / 2, r.fail(OpRead, f.name)
	}
	return 0, r.fail(OpRead, f.name)
}
