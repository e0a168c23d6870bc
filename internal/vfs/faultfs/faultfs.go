package faultfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Op is a kind of operation.
type Op uint8

// The kinds of operation. Those on open files come with the name the file was opened by.
const (
	OpCreate Op = iota
	OpOpenAppend
	OpOpen
	OpRename // the name is the new one
	OpRemove
	OpMkdir
	OpList
	OpSyncDir
	OpLock
	OpWrite
	OpTruncate
	OpSync
	OpRead
	OpSize
	OpClose
)

// opNames has the name of each Op.
var opNames = [...]string{
	"create", "append", "open", "rename", "remove", "mkdir", "list", "syncdir", "lock",
	"write", "truncate", "sync", "read", "size", "close",
}

// String returns the operation in the words of memfs.Trace.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// ErrInjected is the error of a failed operation, unless its rule has another.
var ErrInjected = errors.New("injected fault")

// Effect is what a rule does to an operation.
type Effect uint8

// The effects. Those that do not fit the operation act like Fail.
const (
	Fail      Effect = iota // the operation does nothing and gives the error; a failed sync leaves the durable content unknown
	FailAfter               // the operation is carried out and then gives the error
	Short                   // a write or read does the first half, then gives the error
	Corrupt                 // a read gives no error but one bit is wrong
)

// Rule says which operations go wrong, and how.
type Rule struct {
	// Match chooses operations; nil chooses all. It is called with a lock held and must not use the FS.
	Match func(op Op, name string) bool
	// Nth is the one among the chosen operations that goes wrong, from 1; 0 means 1.
	Nth int
	// Permanent lets all later ones go wrong too.
	Permanent bool
	Effect    Effect
	Err       error // default ErrInjected
}

// Changes matches the operations that change the disk or make changes durable.
func Changes(op Op, _ string) bool {
	switch op {
	case OpCreate, OpOpenAppend, OpRename, OpRemove, OpMkdir, OpSyncDir, OpWrite, OpTruncate, OpSync:
		return true
	}
	return false
}

// Only matches operations of the given kinds.
func Only(ops ...Op) func(Op, string) bool {
	var set uint32
	for _, o := range ops {
		set |= 1 << o
	}
	return func(op Op, _ string) bool { return set&(1<<op) != 0 }
}

// FS is a file system in which operations go wrong by rules. It implements vfs.FS and is safe for concurrent use.
type FS struct {
	inner  vfs.FS
	mu     sync.Mutex
	rules  []*Active
	count  map[Op]int
	before func(op Op, name string)
}

var _ vfs.FS = (*FS)(nil)

// New wraps a file system. Without rules nothing goes wrong.
func New(inner vfs.FS) *FS { return &FS{inner: inner, count: map[Op]int{}} }

// Active is a rule in force.
type Active struct {
	fs      *FS
	rule    Rule
	matched int
	fired   int
}

// Add puts a rule in force. If several apply to an operation, the oldest acts.
func (f *FS) Add(r Rule) *Active {
	if r.Nth == 0 {
		r.Nth = 1
	}
	if r.Err == nil {
		r.Err = ErrInjected
	}
	a := &Active{fs: f, rule: r}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, a)
	return a
}

// Before lets a function run before each operation, on the goroutine that asks for it; nil for none. The function may look at the
// wrapped file system, and take copies of it.
func (f *FS) Before(run func(op Op, name string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = run
}

// Clear removes all rules: the disk works again.
func (f *FS) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// Fired reports whether an operation went wrong by this rule.
func (a *Active) Fired() bool {
	a.fs.mu.Lock()
	defer a.fs.mu.Unlock()
	return a.fired > 0
}

// Count returns how many operations of the given kinds there were, of all kinds if none is given. Those that went wrong
// are counted.
func (f *FS) Count(ops ...Op) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for op, c := range f.count {
		if len(ops) == 0 || Only(ops...)(op, "") {
			n += c
		}
	}
	return n
}

// fault counts an operation and returns the rule that acts on it, nil for none.
func (f *FS) fault(op Op, name string) *Rule {
	f.mu.Lock()
	before := f.before
	f.mu.Unlock()
	if before != nil {
		before(op, name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[op]++
	var acting *Active
	for _, a := range f.rules {
		if a.rule.Match != nil && !a.rule.Match(op, name) {
			continue
		}
		a.matched++
		if acting == nil && (a.matched == a.rule.Nth || a.rule.Permanent && a.matched > a.rule.Nth) {
			acting = a
		}
	}
	if acting == nil {
		return nil
	}
	acting.fired++
	return &acting.rule
}

// fail returns the rule's error for an operation.
func (r *Rule) fail(op Op, name string) error {
	return &fs.PathError{Op: op.String(), Path: name, Err: r.Err}
}

// do carries out an operation that has no effects of its own.
func (f *FS) do(op Op, name string, run func() error) error {
	r := f.fault(op, name)
	switch {
	case r == nil:
		return run()
	case r.Effect == FailAfter:
		if err := run(); err != nil {
			return err
		}
	}
	return r.fail(op, name)
}

// open carries out an operation that opens something; one that fails afterwards closes it again.
func open[T io.Closer](f *FS, op Op, name string, run func(string) (T, error)) (T, error) {
	var opened T
	err := f.do(op, name, func() (err error) {
		opened, err = run(name)
		if err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		if any(opened) != nil {
			_ = opened.Close()
		}
		var none T
		return none, err
	}
	return opened, nil
}

// Create implements vfs.FS.
func (f *FS) Create(name string) (vfs.File, error) { return f.writer(OpCreate, name, f.inner.Create) }

// OpenAppend implements vfs.FS.
func (f *FS) OpenAppend(name string) (vfs.File, error) {
	return f.writer(OpOpenAppend, name, f.inner.OpenAppend)
}

// writer opens a file for writing by one of the two ways.
func (f *FS) writer(op Op, name string, run func(string) (vfs.File, error)) (vfs.File, error) {
	inner, err := open(f, op, name, run)
	if err != nil {
		return nil, err
	}
	return &file{common: common{f, name, inner}, inner: inner}, nil
}

// Open implements vfs.FS.
func (f *FS) Open(name string) (vfs.ReadFile, error) {
	inner, err := open(f, OpOpen, name, f.inner.Open)
	if err != nil {
		return nil, err
	}
	return &readFile{common: common{f, name, inner}, inner: inner}, nil
}

// Rename implements vfs.FS.
func (f *FS) Rename(from, to string) error {
	return f.do(OpRename, to, func() error { return f.inner.Rename(from, to) })
}

// Remove implements vfs.FS.
func (f *FS) Remove(name string) error {
	return f.do(OpRemove, name, func() error { return f.inner.Remove(name) })
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(name string) error {
	return f.do(OpMkdir, name, func() error { return f.inner.MkdirAll(name) })
}

// List implements vfs.FS.
func (f *FS) List(dir string) (names []string, err error) {
	err = f.do(OpList, dir, func() error {
		names, err = f.inner.List(dir)
		return err
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// SyncDir implements vfs.FS.
func (f *FS) SyncDir(dir string) error {
	return f.do(OpSyncDir, dir, func() error { return f.inner.SyncDir(dir) })
}

// Lock implements vfs.FS.
func (f *FS) Lock(name string) (io.Closer, error) { return open(f, OpLock, name, f.inner.Lock) }
