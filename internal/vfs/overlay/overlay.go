package overlay

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// FS is a file system whose changes are in memory. It implements vfs.FS and is safe for concurrent use; what is below must not change
// meanwhile. Nothing is ever durable, and a lock keeps out only other users of this FS.
type FS struct {
	below vfs.FS

	mu    sync.Mutex
	files map[string]*content // made or changed here
	dirs  map[string]bool     // made here
	gone  map[string]bool     // removed here, though below has it
	locks map[string]bool
}

// content is the bytes of a file.
type content struct {
	mu   sync.Mutex
	data []byte
}

// New returns below with a layer for changes.
func New(below vfs.FS) *FS {
	return &FS{below: below, files: map[string]*content{}, dirs: map[string]bool{}, gone: map[string]bool{}, locks: map[string]bool{}}
}

// Create implements vfs.FS.
func (f *FS) Create(name string) (vfs.File, error) { return f.write(name, false) }

// OpenAppend implements vfs.FS.
func (f *FS) OpenAppend(name string) (vfs.File, error) { return f.write(name, true) }

// write opens a file for writing, with what it has if keep is set.
func (f *FS) write(name string, keep bool) (vfs.File, error) {
	name, err := vfs.CleanName(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.files[name]
	if c == nil || !keep {
		c = &content{}
		if keep && !f.gone[name] {
			c.data, err = vfs.ReadAll(f.below, name)
			if err != nil && !errors.Is(err, vfs.ErrNotExist) {
				return nil, err
			}
		}
		f.files[name] = c
	}
	return &file{c}, nil
}

// Open implements vfs.FS.
func (f *FS) Open(name string) (vfs.ReadFile, error) {
	name, err := vfs.CleanName(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.files[name]; c != nil {
		return &file{c}, nil
	}
	if f.gone[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: vfs.ErrNotExist}
	}
	return f.below.Open(name)
}

// Rename implements vfs.FS, for files.
func (f *FS) Rename(from, to string) error {
	opened, err := f.OpenAppend(from)
	if err != nil {
		return err
	}
	if from, err = vfs.CleanName(from); err == nil {
		to, err = vfs.CleanName(to)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.files, from)
	f.gone[from] = true
	f.files[to] = opened.(*file).content
	return nil
}

// Remove implements vfs.FS.
func (f *FS) Remove(name string) error {
	name, err := vfs.CleanName(name)
	if err != nil {
		return err
	}
	if names, err := f.List(name); err == nil {
		if len(names) > 0 {
			return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
		}
	} else if _, err := vfs.FileSize(f, name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.files, name)
	delete(f.dirs, name)
	f.gone[name] = true
	return nil
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(name string) error {
	name, err := vfs.CleanName(name)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for ; name != "."; name = path.Dir(name) {
		f.dirs[name] = true
	}
	return nil
}

// List implements vfs.FS.
func (f *FS) List(dir string) ([]string, error) {
	dir, err := vfs.CleanName(dir)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	if f.gone[dir] && !f.dirs[dir] {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: vfs.ErrNotExist}
	}
	names, err = f.below.List(dir)
	if err != nil && (!f.dirs[dir] || !errors.Is(err, vfs.ErrNotExist)) {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return f.gone[path.Join(dir, name)] })
	for name := range f.files {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	for name := range f.dirs {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	slices.SortFunc(names, strings.Compare)
	return slices.Compact(names), nil
}

// SyncDir implements vfs.FS.
func (f *FS) SyncDir(dir string) error {
	_, err := f.List(dir)
	return err
}

// Lock implements vfs.FS.
func (f *FS) Lock(name string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locks[name] {
		return nil, &fs.PathError{Op: "lock", Path: name, Err: vfs.ErrLocked}
	}
	f.locks[name] = true
	return &lock{f, name}, nil
}

// lock is a lock that is held.
type lock struct {
	fs   *FS
	name string
}

// Close gives the lock back.
func (l *lock) Close() error {
	l.fs.mu.Lock()
	defer l.fs.mu.Unlock()
	delete(l.fs.locks, l.name)
	return nil
}

// file is an open file of the layer.
type file struct{ *content }

// Write implements vfs.File.
func (f *file) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data = append(f.data, b...)
	return len(b), nil
}

// Truncate implements vfs.File.
func (f *file) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if size < 0 || size > int64(len(f.data)) {
		return fs.ErrInvalid
	}
	f.data = f.data[:size:size]
	return nil
}

// ReadAt implements vfs.ReadFile.
func (f *file) ReadAt(b []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off < 0 {
		return 0, fs.ErrInvalid
	}
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// Size implements vfs.File and vfs.ReadFile.
func (f *file) Size() (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.data)), nil
}

// Sync implements vfs.File: there is nothing to make durable.
func (f *file) Sync() error { return nil }

// Close implements vfs.File and vfs.ReadFile.
func (f *file) Close() error { return nil }
