package memfs

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
)

// nameOp is one change of names. It survives a crash as a whole or not at all.
type nameOp struct {
	kind opKind
	node *node
	name string // the new name, or the one removed
	from string // the old name, for opRename
}

// opKind is the kind of a nameOp.
type opKind uint8

const (
	opMake opKind = iota // a new file or directory
	opRemove
	opRename
)

// touches reports whether the op changes a name in dir.
func (o nameOp) touches(dir string) bool {
	return path.Dir(o.name) == dir || o.kind == opRename && path.Dir(o.from) == dir
}

// change applies an op to what the program sees and keeps it as not yet durable.
func (f *FS) change(o nameOp) {
	f.name(o.node, true)
	switch o.kind {
	case opRemove:
		f.name(o.node, false)
	case opRename:
		if old := f.live[o.name]; old != nil {
			f.name(old, false)
		}
	}
	o.apply(f.live)
	f.pending = append(f.pending, o)
}

// name notes that a file got or lost its name, for the bytes used.
func (f *FS) name(n *node, named bool) {
	if n.named != named {
		n.named = named
		if named {
			f.used += int64(len(n.data))
		} else {
			f.used -= int64(len(n.data))
		}
	}
}

// apply changes a set of names.
func (o nameOp) apply(names map[string]*node) {
	switch o.kind {
	case opMake:
		names[o.name] = o.node
	case opRemove:
		delete(names, o.name)
	case opRename:
		if names[o.from] == o.node {
			delete(names, o.from)
		}
		names[o.name] = o.node
	}
}

// possible reports whether the op makes sense for a set of names from which earlier ops may have been left out.
func (o nameOp) possible(names map[string]*node) bool {
	switch o.kind {
	case opRemove:
		return names[o.name] == o.node && (!o.node.dir || len(children(names, o.name)) == 0)
	case opRename:
		if names[o.from] != o.node {
			return false
		}
	}
	parent := names[path.Dir(o.name)]
	return parent != nil && parent.dir
}

// SyncDir implements vfs.FS. It makes durable all changes of names in dir and those before them that concern the same
// names, which is what keeps a rename between directories in one piece.
func (f *FS) SyncDir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir, err := f.findDir("syncdir", dir)
	if err != nil {
		return err
	}
	f.note("syncdir %s", dir)
	f.commit(dir)
	return nil
}

// commit makes the names in a directory durable.
func (f *FS) commit(dir string) {
	needed := map[string]bool{}
	commit := make([]bool, len(f.pending))
	for i, o := range slices.Backward(f.pending) {
		if o.touches(dir) || needed[o.name] || o.kind == opRename && needed[o.from] {
			commit[i], needed[o.name] = true, true
			if o.kind == opRename {
				needed[o.from] = true
			}
		}
	}
	var rest []nameOp
	for i, o := range f.pending {
		if commit[i] {
			o.apply(f.durable)
		} else {
			rest = append(rest, o)
		}
	}
	f.pending = rest
}

// CrashClean returns the disk after a power cut that lost everything that was not synced.
func (f *FS) CrashClean() *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.restart(maps.Clone(f.durable), func(n *node) []byte { return n.synced })
}

// CrashKeep returns the disk after a crash of the program but not of the machine: everything is there, synced or not. What was
// not synced still is not: a power cut may yet take it away.
func (f *FS) CrashKeep() *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := New(WithCapacity(f.limit))
	out.used = f.used
	copies := map[*node]*node{}
	copyOf := func(n *node) *node {
		if copies[n] == nil {
			c := *n
			c.data = n.data[:len(n.data):len(n.data)] // what the old program appends from now on goes elsewhere
			copies[n] = &c
		}
		return copies[n]
	}
	for name, n := range f.live {
		out.live[name] = copyOf(n)
	}
	for name, n := range f.durable {
		out.durable[name] = copyOf(n)
	}
	for _, o := range f.pending {
		o.node = copyOf(o.node)
		out.pending = append(out.pending, o)
	}
	return out
}

// Evict takes from memory what the system need not keep after failed syncs: reading the files concerned gives what is on disk,
// and zeros where nothing is.
func (f *FS) Evict() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.live {
		if n.failed {
			data := make([]byte, len(n.data))
			copy(data, n.synced)
			n.data = data
			n.low = min(n.low, len(n.synced))
		}
	}
}

// Crash returns the disk as a power cut could leave it. What was synced is there. Of the rest, file by file and change of
// name by change of name, rng decides: unsynced bytes may be there, in part (a prefix, or sectors of which some are zero, garbage
// or what was there at any time since the last sync) or not at all; unsynced creates, renames and removes may have happened or not, each as a whole. Nobody holds a
// lock. The same rng on the same disk gives the same result.
func (f *FS) Crash(rng *rand.Rand) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := maps.Clone(f.durable)
	keep := namesKept(rng, len(f.pending))
	for i, o := range f.pending {
		if keep(i) && o.possible(names) {
			o.apply(names)
		}
	}
	return f.restart(names, func(n *node) []byte { return crashBytes(rng, n) })
}

// namesKept chooses which of n unsynced changes of names survive: none, all, the oldest, or any.
func namesKept(rng *rand.Rand, n int) func(i int) bool {
	switch rng.IntN(4) {
	case 0:
		return func(int) bool { return false }
	case 1:
		return func(int) bool { return true }
	case 2:
		first := rng.IntN(n + 1)
		return func(i int) bool { return i < first }
	}
	return func(int) bool { return rng.IntN(2) == 0 }
}

// restart makes a disk with the given names, less those whose directory is missing, on which everything is durable.
func (f *FS) restart(names map[string]*node, content func(*node) []byte) *FS {
	out := New(WithCapacity(f.limit))
	// In sorted order, so that directories come before what they hold and the random choices are repeatable.
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old := names[name]
		if name == root || out.live[path.Dir(name)] == nil {
			continue
		}
		n := &node{dir: old.dir, named: true, stamp: old.stamp}
		if !old.dir {
			b := content(old)
			n.data, n.synced, n.low = b[:len(b):len(b)], b, len(b)
			out.used += int64(len(b))
		}
		out.live[name], out.durable[name] = n, n
	}
	return out
}

// Dump returns the names and sizes of all files and directories, one line each, for messages of failing tests.
func (f *FS) Dump() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.live)) {
		if n := f.live[name]; n.dir {
			fmt.Fprintf(&b, "%s/\n", name)
		} else {
			fmt.Fprintf(&b, "%s %d (%d synced)\n", name, len(n.data), len(n.synced))
		}
	}
	return b.String()
}

// Bytes returns the current content of a file, for tests that damage it.
func (f *FS) Bytes(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.findFile("read", name)
	if err == nil && n == nil {
		err = fail("read", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(n.data), nil
}

// SetBytes replaces the content of a file, made if it is missing: damage as a failing disk or a person does it. The
// content and the names in its directory are durable afterwards.
func (f *FS) SetBytes(name string, content []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, name, err := f.findFile("write", name)
	if err != nil {
		return err
	}
	if n == nil {
		n = f.makeFile(name)
	}
	f.used += int64(len(content) - len(n.data))
	n.data = slices.Clone(content)
	n.synced, n.low, n.cuts = n.data, len(content), nil
	f.commit(path.Dir(name))
	return nil
}
