package memfs

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// root is the name of the top directory, which always exists.
const root = "."

// FS is a disk in memory. It implements vfs.FS and is safe for concurrent use.
type FS struct {
	mu      sync.Mutex
	live    map[string]*node // what the running program sees, by name
	durable map[string]*node // names that have been made durable by SyncDir
	pending []nameOp         // changes of names since then, oldest first: durable + pending = live
	locks   map[string]bool
	used    int64 // bytes in files that have a name
	limit   int64 // 0 for none
	tracing bool
	trace   []string
}

var _ vfs.FS = (*FS)(nil)

// Option configures a new FS.
type Option func(*FS)

// WithCapacity limits the bytes in all files together. A write beyond is cut short and gives syscall.ENOSPC.
func WithCapacity(bytesMax int64) Option {
	return func(f *FS) { f.limit = bytesMax }
}

// New returns an empty disk.
func New(options ...Option) *FS {
	f := &FS{live: map[string]*node{root: {dir: true}}, durable: map[string]*node{root: {dir: true}}, locks: map[string]bool{}}
	for _, o := range options {
		o(f)
	}
	return f
}

// node is a file or a directory, whatever its name. The bytes of synced are never overwritten: data either shares its
// memory and is longer, or was copied when it was cut.
type node struct {
	dir    bool
	named  bool   // has a name among FS.live
	data   []byte // what the running program reads
	synced []byte // as of the last Sync
	low    int    // shortest data since the last Sync: bytes before it are the synced ones
	cuts   []cutBytes
	failed bool  // a Sync failed: later ones have no effect
	stamp  int64 // of the last Write, from stamps
}

// stamps counts the changes of all files of all disks: what Modified says.
var stamps atomic.Int64

// SetCapacity changes the limit of WithCapacity, 0 for none. What is stored already stays.
func (f *FS) SetCapacity(bytesMax int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = bytesMax
}

// Used returns the bytes in all files.
func (f *FS) Used() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// StartTrace forgets the operations noted so far and notes those that follow.
func (f *FS) StartTrace() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tracing, f.trace = true, nil
}

// Trace returns the operations since StartTrace that change the disk, one line each: "create a/b", "append a/b" (opened
// for appending), "write a/b 120", "truncate a/b 60", "sync a/b", "rename x -> y", "remove a/b", "mkdir a", "syncdir a",
// "lock a/b", "unlock a/b". Operations that fail are not among them.
func (f *FS) Trace() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.trace)
}

// note adds a line to the trace, if there is one.
func (f *FS) note(format string, args ...any) {
	if f.tracing {
		f.trace = append(f.trace, fmt.Sprintf(format, args...))
	}
}

// fail returns an error as the operating system words it.
func fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// find returns the node of a name, nil if there is none, and the name's clean form.
func (f *FS) find(op, name string) (*node, string, error) {
	clean, err := vfs.CleanName(name)
	if err != nil {
		return nil, name, fail(op, name, err)
	}
	return f.live[clean], clean, nil
}

// findFile is find for names that must not be a directory and whose parent must exist.
func (f *FS) findFile(op, name string) (*node, string, error) {
	n, clean, err := f.find(op, name)
	if err != nil {
		return nil, clean, err
	}
	if n != nil && n.dir {
		return nil, clean, fail(op, clean, syscall.EISDIR)
	}
	switch parent := f.live[path.Dir(clean)]; {
	case parent == nil:
		return nil, clean, fail(op, clean, fs.ErrNotExist)
	case !parent.dir:
		return nil, clean, fail(op, clean, syscall.ENOTDIR)
	}
	return n, clean, nil
}

// Create implements vfs.FS. Like the real one it empties an existing file rather than replacing it by another.
func (f *FS) Create(name string) (vfs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.findFile("create", name)
	if err != nil {
		return nil, err
	}
	f.note("create %s", name)
	if n == nil {
		n = f.makeFile(name)
	}
	f.cut(n, 0)
	return &file{fs: f, node: n, name: name}, nil
}

// OpenAppend implements vfs.FS.
func (f *FS) OpenAppend(name string) (vfs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.findFile("open", name)
	if err != nil {
		return nil, err
	}
	f.note("append %s", name)
	if n == nil {
		n = f.makeFile(name)
	}
	return &file{fs: f, node: n, name: name}, nil
}

// makeFile adds an empty file.
func (f *FS) makeFile(name string) *node {
	n := &node{stamp: stamps.Add(1)}
	f.change(nameOp{kind: opMake, node: n, name: name})
	return n
}

// Open implements vfs.FS.
func (f *FS) Open(name string) (vfs.ReadFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.findFile("open", name)
	if err == nil && n == nil {
		err = fail("open", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return &file{fs: f, node: n, name: name}, nil
}

// Rename implements vfs.FS. Directories cannot be renamed.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, from, err := f.findFile("rename", from)
	if err == nil && n == nil {
		err = fail("rename", from, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	_, to, err = f.findFile("rename", to)
	if err != nil {
		return err
	}
	f.note("rename %s -> %s", from, to)
	if from != to {
		f.change(nameOp{kind: opRename, node: n, name: to, from: from})
	}
	return nil
}

// Remove implements vfs.FS. Those who have the file open can still use it.
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.find("remove", name)
	switch {
	case err != nil:
		return err
	case n == nil:
		return fail("remove", name, fs.ErrNotExist)
	case name == root:
		return fail("remove", name, fs.ErrInvalid)
	case n.dir && len(children(f.live, name)) > 0:
		return fail("remove", name, syscall.ENOTEMPTY)
	}
	f.note("remove %s", name)
	f.change(nameOp{kind: opRemove, node: n, name: name})
	return nil
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, name, err := f.find("mkdir", name)
	if err != nil {
		return err
	}
	var missing []string
	for dir := name; ; dir = path.Dir(dir) {
		if n := f.live[dir]; n != nil {
			if !n.dir {
				return fail("mkdir", dir, syscall.ENOTDIR)
			}
			break
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		f.note("mkdir %s", dir)
		f.change(nameOp{kind: opMake, node: &node{dir: true}, name: dir})
	}
	return nil
}

// List implements vfs.FS.
func (f *FS) List(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir, err := f.findDir("list", dir)
	if err != nil {
		return nil, err
	}
	names := children(f.live, dir)
	slices.Sort(names)
	return names, nil
}

// findDir returns the clean name of a directory that must exist.
func (f *FS) findDir(op, name string) (string, error) {
	n, name, err := f.find(op, name)
	switch {
	case err != nil:
		return name, err
	case n == nil:
		return name, fail(op, name, fs.ErrNotExist)
	case !n.dir:
		return name, fail(op, name, syscall.ENOTDIR)
	}
	return name, nil
}

// children returns the names directly below dir, without it, in any order.
func children(names map[string]*node, dir string) []string {
	var out []string
	for name := range maps.Keys(names) {
		if name != root && path.Dir(name) == dir {
			out = append(out, path.Base(name))
		}
	}
	return out
}

// Lock implements vfs.FS.
func (f *FS) Lock(name string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.findFile("lock", name)
	if err != nil {
		return nil, err
	}
	if f.locks[name] {
		return nil, fail("lock", name, vfs.ErrLocked)
	}
	if n == nil {
		f.makeFile(name)
	}
	f.note("lock %s", name)
	f.locks[name] = true
	return &lock{fs: f, name: name}, nil
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
	if l.name == "" {
		return fs.ErrClosed
	}
	l.fs.note("unlock %s", l.name)
	delete(l.fs.locks, l.name)
	l.name = ""
	return nil
}
