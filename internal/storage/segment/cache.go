package segment

import (
	"sync"
	"sync/atomic"
)

// Cache keeps decoded blocks of any number of segments in memory. Those that were used only once leave before those that were
// used again, so that a scan of more than the cache holds does not drive out what others keep asking for; among either, the ones not
// used for the longest time leave first. It is safe for concurrent use.
type Cache struct {
	shards  []shard
	readers atomic.Uint64
}

// How the memory of a cache is divided.
const (
	shardsMax = 16
	// shardBytesMin is how much memory is worth a lock of its own.
	shardBytesMin = 8 << 20
	// entryBytes is what an entry costs besides its values.
	entryBytes = 128
	// keptShare is how much of the memory blocks that were used again may take, in percent: the others need some time to be asked for again.
	keptShare = 80
)

// CacheStats counts what a cache did since it was made, and what it holds.
type CacheStats struct {
	Hits, Misses, Evictions int64
	Bytes                   int64 // memory held
	Blocks                  int64 // decoded blocks held, each of one column
}

// shard is the blocks of a part of the keys, under a lock of its own.
type shard struct {
	mu        sync.Mutex
	bytesMax  int64
	entries   map[blockKey]*entry
	once      entry // of the ring of entries that were used once: once.next was used last, once.before will leave first
	kept      entry // of the ring of those that were used again
	keptBytes int64
	stats     CacheStats
}

// blockKey names a block of one column: which reader, and the number of the extent.
type blockKey struct{ reader, extent uint64 }

// entry is a block in the cache, linked to those used after and before it.
type entry struct {
	key          blockKey
	value        any // *vector.Vector of a block, *hourCells or *hourStats
	bytes        int64
	kept         bool // is in the ring of those used again
	next, before *entry
}

// NewCache returns an empty cache that holds at most bytesMax bytes; with 0 or less it keeps nothing.
func NewCache(bytesMax int64) *Cache {
	n := 1
	for n < shardsMax && bytesMax/int64(2*n) >= shardBytesMin {
		n *= 2
	}
	c := &Cache{shards: make([]shard, n)}
	for i := range c.shards {
		s := &c.shards[i]
		s.bytesMax = bytesMax / int64(n)
		s.entries = map[blockKey]*entry{}
		s.once.next, s.once.before = &s.once, &s.once
		s.kept.next, s.kept.before = &s.kept, &s.kept
	}
	return c
}

// Resize changes how much memory the cache may hold. It lets go of what is too much at once.
func (c *Cache) Resize(bytesMax int64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.bytesMax = bytesMax / int64(len(c.shards))
		s.makeRoom(0)
		s.mu.Unlock()
	}
}

// Stats returns the counts.
func (c *Cache) Stats() CacheStats {
	var sum CacheStats
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		sum.Hits += s.stats.Hits
		sum.Misses += s.stats.Misses
		sum.Evictions += s.stats.Evictions
		sum.Bytes += s.stats.Bytes
		sum.Blocks += int64(len(s.entries))
		s.mu.Unlock()
	}
	return sum
}

// shardOf returns the shard of a key.
func (c *Cache) shardOf(k blockKey) *shard {
	h := (k.extent ^ k.reader<<40) * 0x9e3779b97f4a7c15
	return &c.shards[h>>32%uint64(len(c.shards))]
}

// get returns a block, nil if it is not there.
func (c *Cache) get(k blockKey) any {
	s := c.shardOf(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[k]
	if e == nil {
		s.stats.Misses++
		return nil
	}
	s.stats.Hits++
	s.usedAgain(e)
	return e.value
}

// put keeps a block that takes so much memory, and returns the one to be used: the one that is there already if another reader was faster.
func (c *Cache) put(k blockKey, v any, bytes int64) any {
	bytes += entryBytes
	s := c.shardOf(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[k]; e != nil {
		return e.value
	}
	if bytes > s.bytesMax {
		return v
	}
	s.makeRoom(bytes)
	e := &entry{key: k, value: v, bytes: bytes}
	s.entries[k] = e
	s.stats.Bytes += bytes
	e.pushTo(&s.once)
	return v
}

// makeRoom lets go of blocks until so many bytes more fit.
func (s *shard) makeRoom(bytes int64) {
	for s.stats.Bytes+bytes > s.bytesMax && len(s.entries) > 0 {
		last := s.once.before
		if last == &s.once {
			last = s.kept.before
		}
		s.remove(last)
		s.stats.Evictions++
	}
}

// drop forgets the blocks of a reader.
func (c *Cache) drop(reader uint64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for k, e := range s.entries {
			if k.reader == reader {
				s.remove(e)
			}
		}
		s.mu.Unlock()
	}
}

// remove takes an entry out.
func (s *shard) remove(e *entry) {
	e.unlink()
	delete(s.entries, e.key)
	s.stats.Bytes -= e.bytes
	if e.kept {
		s.keptBytes -= e.bytes
	}
}

// usedAgain puts an entry among those that were used again. If these become too many, the ones not used for the longest time count as
// used once.
func (s *shard) usedAgain(e *entry) {
	e.unlink()
	e.pushTo(&s.kept)
	if !e.kept {
		e.kept = true
		s.keptBytes += e.bytes
	}
	for s.keptBytes > s.bytesMax/100*keptShare {
		last := s.kept.before
		last.unlink()
		last.pushTo(&s.once)
		last.kept = false
		s.keptBytes -= last.bytes
	}
}

// unlink takes an entry out of its ring.
func (e *entry) unlink() { e.before.next, e.next.before = e.next, e.before }

// pushTo makes an entry the one of a ring that was used last.
func (e *entry) pushTo(ring *entry) {
	e.before, e.next = ring, ring.next
	e.before.next, e.next.before = e, e
}
