package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// Options configures a Catalog.
type Options struct {
	// FS holds the catalog's files, in the folder Dir, default "catalog". No one else may have the catalog open: the caller
	// holds a lock.
	FS  vfs.FS
	Dir string
}

// Catalog is the open catalog. It is safe for concurrent use.
type Catalog struct {
	fs      vfs.FS
	dir     string
	created bool

	// changing serialises changes. It is held while one is made durable; reads do not take it.
	changing      sync.Mutex
	log           *wal.Log // nil if it could not be opened again after a failure
	snapshotBytes int64
	closed        bool
	// doubt: a change could not be made durable, and the next start may find it all the same. Reading the files again ends it.
	doubt atomic.Bool

	// mu guards state. It is only held for a few steps in memory; what is visible is durable.
	mu    sync.RWMutex
	state *state
}

// Open reads the catalog, or begins an empty one.
func Open(opts Options) (*Catalog, error) {
	c := &Catalog{fs: opts.FS, dir: opts.Dir}
	if c.dir == "" {
		c.dir = "catalog"
	}
	o, err := load(c.fs, c.dir)
	if err != nil {
		return nil, err
	}
	c.created, c.log, c.snapshotBytes, c.state = o.created, o.log, o.snapshotBytes, o.state
	return c, nil
}

// Created reports whether there was no catalog before Open. Data without a catalog is then a sign of a lost folder.
func (c *Catalog) Created() bool { return c.created }

// Close ends the use of the catalog. It waits for a change under way.
func (c *Catalog) Close() error {
	c.changing.Lock()
	defer c.changing.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	if c.log == nil {
		return nil
	}
	if err := c.log.Close(); err != nil {
		return fmt.Errorf("close catalog: %w", err)
	}
	return nil
}

// begin waits for the turn to change something. If the log broke it is opened again first, which may make a change
// visible that failed before. The caller must call c.changing.Unlock, also after an error.
func (c *Catalog) begin() error {
	c.changing.Lock()
	if c.closed {
		return dberr.New(dberr.Unavailable, "The server is shutting down")
	}
	if c.log != nil && c.log.Broken() == nil {
		return nil
	}
	if c.log != nil {
		_ = c.log.Close() // it is broken: there is nothing to lose
		c.log = nil
	}
	o, err := load(c.fs, c.dir)
	if err != nil {
		return err
	}
	c.log, c.snapshotBytes = o.log, o.snapshotBytes
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = o.state
	c.doubt.Store(false)
	return nil
}

// Settle returns when it is known what is in the catalog, which it is unless the sync of a change has failed. Whoever is about
// to acknowledge something that rests on the catalog calls it first: else a table whose deletion failed might take a record, and
// the next start find it deleted. It costs nothing otherwise.
func (c *Catalog) Settle() error {
	if !c.doubt.Load() {
		return nil
	}
	err := c.begin()
	c.changing.Unlock()
	return err
}

// commit makes changes durable, by one sync, and then visible at once. The caller holds changing, after begin, and has checked
// the changes. After an error none is visible; whether they will be after a restart is not known. A crash may leave the first
// ones without the others.
func (c *Catalog) commit(changes ...*change) error {
	for _, ch := range changes {
		payload, err := json.Marshal(ch)
		if err != nil {
			panic("bug: encode a catalog change: " + err.Error())
		}
		if _, err := c.log.Add(entryChange, payload); err != nil {
			return unavailable(err, "The change could not be stored")
		}
	}
	if err := c.log.Commit(); err != nil {
		if c.log.Broken() != nil { // which is mended by the next change, or Settle
			c.doubt.Store(true)
			return dberr.Wrap(dberr.Unavailable, err, "The change could not be made durable")
		}
		return unavailable(err, "The change could not be stored")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range changes {
		if err := c.state.apply(ch); err != nil {
			panic("bug: apply a checked catalog change: " + err.Error())
		}
	}
	return nil
}

// logSlackBytes is how much longer than the snapshot the log may grow before Maintain makes a new snapshot.
const logSlackBytes = 1 << 20

// Maintain makes a snapshot and drops the log before it, if the log is long. Changes wait meanwhile, reads do not. It is
// called from time to time, not by changes, because it takes some 100 ms for 50,000 tables.
func (c *Catalog) Maintain() error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	if c.log.Size() <= c.snapshotBytes+logSlackBytes {
		return nil
	}
	if err := c.snapshot(); err != nil {
		return fmt.Errorf("make catalog snapshot: %w", err)
	}
	return nil
}

// snapshot begins a new log file, makes a snapshot of everything before it, and then removes what came before. If it stops
// in between, the old snapshot and all log files still hold everything. The caller holds changing.
func (c *Catalog) snapshot() error {
	data, err := c.state.encodeSnapshot()
	if err != nil {
		return err
	}
	number, err := c.log.Rotate()
	if err != nil {
		return err
	}
	if err := writeSnapshot(c.fs, c.dir, number, data); err != nil {
		return err
	}
	c.snapshotBytes = int64(len(data))
	names, err := c.fs.List(c.dir)
	if err != nil {
		return err
	}
	removeOthers(c.fs, c.dir, names, number)
	for _, name := range c.log.Forget(number) {
		if rerr := c.fs.Remove(name); rerr != nil && !errors.Is(rerr, vfs.ErrNotExist) {
			err = errors.Join(err, rerr) // left to the next load
		}
	}
	return err
}
