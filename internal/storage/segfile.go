package storage

import (
	"container/list"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// segmentFile is one live segment of a table. It is opened when it is first read, and its file may be closed while nobody
// reads it.
//
// There are two counts. refs is who wants the segment to exist: the table while it lists the segment, and scans that began
// when it did. The last one to go deletes the file, if the manifest no longer names it. users is who reads at this moment:
// the file stays open for them.
type segmentFile struct {
	pool  *filePool
	table TableID
	name  string
	index *series.Index // of its table
	since time.Time     // when it was made, or found when the store was opened
	segmentInfo

	refs     atomic.Int64
	obsolete atomic.Bool // the manifest no longer names it

	mu     sync.Mutex
	opened *openSegment // nil while closed
	users  int
	memory int64         // of opened; does not change while the segment is idle
	idle   *list.Element // in pool.idle; guarded by pool.mu
}

// openSegment is the reader of a segment and the numbers of its columns.
type openSegment struct {
	*segment.Reader
	numbers []uint16       // by column of the segment: its number in the table
	places  map[uint16]int // the reverse
}

// filePool opens segments and keeps those open that were used last.
type filePool struct {
	fs      vfs.FS
	cache   *segment.Cache
	clock   clock.Clock
	idleMax int
	// bytesMax is how much memory idle segments may hold while they are open.
	bytesMax int64
	onError  func(what, name string, err error) // for what goes wrong where nobody waits for the result

	bytes atomic.Int64 // memory of all open segments

	mu        sync.Mutex
	idle      *list.List // of *segmentFile, open and unused; the last used in front
	idleBytes int64      // their memory
}

// newFilePool returns a pool that keeps up to idleMax segments with at most bytesMax of memory open for the next reader.
func newFilePool(fs vfs.FS, cache *segment.Cache, clock clock.Clock, idleMax int, bytesMax int64, onError func(what, name string, err error)) *filePool {
	return &filePool{fs: fs, cache: cache, clock: clock, idleMax: idleMax, bytesMax: bytesMax, onError: onError, idle: list.New()}
}

// segment makes the segmentFile of a segment, with one reference for the table that lists it.
func (p *filePool) segment(id TableID, index *series.Index, info segmentInfo) *segmentFile {
	f := &segmentFile{pool: p, table: id, name: segmentName(id, info.file), index: index, since: p.clock.Now(), segmentInfo: info}
	f.refs.Store(1)
	return f
}

// ref keeps the segment from being deleted. The caller holds something that keeps it already.
func (f *segmentFile) ref() { f.refs.Add(1) }

// unref gives a reference back.
func (f *segmentFile) unref() {
	if f.refs.Add(-1) > 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users > 0 {
		panic("bug: segment without references is being read")
	}
	f.pool.forget(f)
	f.close()
	if !f.obsolete.Load() {
		return
	}
	if err := f.pool.fs.Remove(f.name); err != nil && !errors.Is(err, vfs.ErrNotExist) {
		f.pool.onError("delete segment", f.name, err) // the next start tries again
	}
}

// close closes the file. The caller holds f.mu.
func (f *segmentFile) close() {
	if f.opened == nil {
		return
	}
	if err := f.opened.Close(); err != nil {
		f.pool.onError("close segment", f.name, err)
	}
	f.opened = nil
	f.pool.bytes.Add(-f.memory)
}

// acquire opens the segment for reading until release. The caller holds a reference.
func (f *segmentFile) acquire() (*openSegment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opened == nil {
		o, err := f.open(f.pool.cache)
		if err != nil {
			return nil, err
		}
		f.opened, f.memory = o, o.Bytes()
		f.pool.bytes.Add(f.memory)
	}
	f.users++
	f.pool.forget(f)
	return f.opened, nil
}

// open opens the segment, for the holder of a reference, who closes it.
func (f *segmentFile) open(cache *segment.Cache) (*openSegment, error) {
	r, err := segment.Open(f.pool.fs, f.name, cache)
	if err != nil {
		if errors.Is(err, vfs.ErrNotExist) {
			err = damaged(f.name, "file is missing")
		}
		return nil, err
	}
	if err := f.check(r); err != nil {
		_ = r.Close()
		return nil, err
	}
	o := &openSegment{Reader: r, places: map[uint16]int{}}
	reading := f.index.Reading()
	defer reading.Done()
	for i, c := range r.Meta().Columns {
		n, known, ok := reading.Column(c.Name)
		if !ok || !known.Type.Equal(c.Type) {
			_ = r.Close()
			return nil, damaged(f.name, fmt.Sprintf("column %q of type %s is not in the table", c.Name, c.Type))
		}
		o.numbers = append(o.numbers, n)
		o.places[n] = i
	}
	return o, nil
}

// check compares what the segment says of itself with what the manifest and the index say.
func (f *segmentFile) check(r *segment.Reader) error {
	if of := TableID(r.Meta().Table); of != f.table {
		return damaged(f.name, fmt.Sprintf("segment of table %d", of))
	}
	if info := r.Info(); info.Rows != f.rows || info.Bytes != f.bytes {
		return damaged(f.name, fmt.Sprintf("%d rows in %d bytes, the manifest says %d in %d", info.Rows, info.Bytes, f.rows, f.bytes))
	}
	known := uint32(f.index.Len())
	for i := range r.RunCount() {
		if id, _, _ := r.Run(i); id >= known {
			return damaged(f.name, fmt.Sprintf("series %d is not in the index", id))
		}
	}
	return nil
}

// release ends the reading that acquire began.
func (f *segmentFile) release() {
	f.mu.Lock()
	f.users--
	var victims []*segmentFile
	if f.users == 0 {
		victims = f.pool.keep(f)
	}
	f.mu.Unlock()
	for _, v := range victims {
		v.mu.Lock()
		if v.users == 0 && !f.pool.holds(v) {
			v.close()
		}
		v.mu.Unlock()
	}
}

// forget takes a segment from the list of idle ones.
func (p *filePool) forget(f *segmentFile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.idle != nil {
		p.idle.Remove(f.idle)
		p.idleBytes -= f.memory
		f.idle = nil
	}
}

// holds reports whether a segment is on the list of idle ones.
func (p *filePool) holds(f *segmentFile) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return f.idle != nil
}

// keep puts a segment on the list of idle ones and returns those that are too many, for closing.
func (p *filePool) keep(f *segmentFile) (victims []*segmentFile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.idle = p.idle.PushFront(f)
	p.idleBytes += f.memory
	for p.idle.Len() > p.idleMax || p.idleBytes > p.bytesMax {
		v := p.idle.Remove(p.idle.Back()).(*segmentFile)
		v.idle = nil
		p.idleBytes -= v.memory
		victims = append(victims, v)
	}
	return victims
}
