package memfs

import (
	"io"
	"io/fs"
	"syscall"
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// file is an open file, for reading or for writing. Its name is the one it was opened by and serves the trace only.
type file struct {
	fs     *FS
	node   *node
	name   string
	closed bool
}

var (
	_ vfs.File     = (*file)(nil)
	_ vfs.ReadFile = (*file)(nil)
	_ vfs.Dater    = (*file)(nil)
)

// begin locks the disk; the caller unlocks it, whatever the result.
func (h *file) begin(op string) error {
	h.fs.mu.Lock()
	if h.closed {
		return fail(op, h.name, fs.ErrClosed)
	}
	return nil
}

// Write implements vfs.File.
func (h *file) Write(p []byte) (int, error) {
	defer h.fs.mu.Unlock()
	if err := h.begin("write"); err != nil {
		return 0, err
	}
	f, n := h.fs, h.node
	var err error
	if f.limit > 0 && n.named && f.used+int64(len(p)) > f.limit {
		p = p[:max(0, f.limit-f.used)]
		err = fail("write", h.name, syscall.ENOSPC)
	}
	n.data = append(n.data, p...)
	n.stamp = stamps.Add(1)
	if n.named {
		f.used += int64(len(p))
	}
	if err == nil || len(p) > 0 {
		f.note("write %s %d", h.name, len(p))
	}
	return len(p), err
}

// Truncate implements vfs.File.
func (h *file) Truncate(size int64) error {
	defer h.fs.mu.Unlock()
	if err := h.begin("truncate"); err != nil {
		return err
	}
	if size < 0 || size > int64(len(h.node.data)) {
		return fail("truncate", h.name, fs.ErrInvalid)
	}
	h.fs.note("truncate %s %d", h.name, size)
	h.fs.cut(h.node, int(size))
	return nil
}

// Sync implements vfs.File.
func (h *file) Sync() error {
	defer h.fs.mu.Unlock()
	if err := h.begin("sync"); err != nil {
		return err
	}
	h.fs.note("sync %s", h.name)
	if n := h.node; !n.failed {
		n.synced = n.data
		n.low = len(n.data)
		n.cuts = nil
	}
	return nil
}

// FailSync makes the disk behave as after a failed Sync of the file: later ones succeed but make nothing durable.
// Package faultfs calls it when it fails a Sync.
func (h *file) FailSync() {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	h.node.failed = true
}

// Size implements vfs.File and vfs.ReadFile.
func (h *file) Size() (int64, error) {
	defer h.fs.mu.Unlock()
	if err := h.begin("stat"); err != nil {
		return 0, err
	}
	return int64(len(h.node.data)), nil
}

// Modified implements vfs.Dater: the number of the file's last change, as nanoseconds.
func (h *file) Modified() (time.Time, error) {
	defer h.fs.mu.Unlock()
	if err := h.begin("stat"); err != nil {
		return time.Time{}, err
	}
	return time.Unix(0, h.node.stamp).UTC(), nil
}

// ReadAt implements vfs.ReadFile.
func (h *file) ReadAt(p []byte, off int64) (int, error) {
	defer h.fs.mu.Unlock()
	if err := h.begin("read"); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, fail("read", h.name, fs.ErrInvalid)
	}
	if off >= int64(len(h.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close implements vfs.File and vfs.ReadFile. Closing makes nothing durable.
func (h *file) Close() error {
	defer h.fs.mu.Unlock()
	if err := h.begin("close"); err != nil {
		return err
	}
	h.closed = true
	return nil
}
