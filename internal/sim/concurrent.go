package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Concurrent does a run in which everything happens at once: writers, readers, flushes, merges, the background loop, tables that come
// and go, a disk that fills or fails, a clock that jumps, and copies of the disk as a power cut would leave it.
//
// What is written are registers: a register is some rows of several series and windows that one batch writes, all with one number,
// again and again. Its only writer counts up. So whoever reads must find all rows of a register with one number, not smaller than the
// last one that was acknowledged when he began, and not greater than the last one that was sent when he ended.
//
// The seed chooses what happens, but not the order: a failure may not come back with it.
func Concurrent(o Options) *Failure {
	if o.Counts == nil {
		o.Counts = Counts{}
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0xc0))
	c := &concurrentRun{rng: rng, disk: memfs.New(), clock: clock.NewManual(time.Unix(1_700_000_000, 0)), counts: o.Counts}
	for life := 0; life < 3 && c.err == nil; life++ {
		c.live()
	}
	c.counts["runs"]++
	if c.err != nil {
		return &Failure{Err: c.err}
	}
	return nil
}

// The extent of a concurrent run.
const (
	registersMax    = 12
	writers         = 3
	rowsPerRegister = 6
	writesPerLife   = 40 // by each writer
	clonesPerLife   = 12
)

// concurrentRun is one run.
type concurrentRun struct {
	disk      *memfs.FS
	fault     *faultfs.FS
	clock     *clock.Manual
	store     *storage.Store
	registers [registersMax]struct{ acked, sent atomic.Int64 }
	ending    chan struct{} // closed when the writers have done their work

	mu     sync.Mutex // guards what follows, once goroutines run
	rng    *rand.Rand
	counts Counts
	err    error
	images []image
}

// numbers is a number of each register.
type numbers [registersMax]int64

// image is a copy of the disk, and what it may hold.
type image struct {
	disk        *memfs.FS
	least, most numbers
}

// acked returns the last numbers that were acknowledged.
func (c *concurrentRun) acked() (n numbers) {
	for i := range n {
		n[i] = c.registers[i].acked.Load()
	}
	return n
}

// sent returns the last numbers that were sent.
func (c *concurrentRun) sent() (n numbers) {
	for i := range n {
		n[i] = c.registers[i].sent.Load()
	}
	return n
}

// fail notes the first error.
func (c *concurrentRun) fail(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// random returns a random number below n.
func (c *concurrentRun) random(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}

// count counts something.
func (c *concurrentRun) count(what string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[what] += n
}

// options are those of the store: limits that are reached often.
func (c *concurrentRun) options() storage.Options {
	return storage.Options{Clock: c.clock, MergeFanIn: 2, OpenFilesMax: 2, BlockCacheBytes: 64 << 10, MemstoreBytesMax: 1 << 14, WALBytesMax: 1 << 14, SettleAfter: time.Hour}
}

// live opens the store, lets everything run at once, ends it one way or another and checks what is left.
func (c *concurrentRun) live() {
	c.fault = faultfs.New(c.disk)
	opts := c.options()
	opts.FS = c.fault
	var err error
	if c.store, err = storage.Open(ctx, opts); err != nil {
		c.fail("open: %v\n%s", err, c.disk.Dump())
		return
	}
	c.ending, c.images = make(chan struct{}), nil
	every := int64(4 + c.rng.IntN(40))
	var changes atomic.Int64
	c.fault.Before(func(op faultfs.Op, name string) {
		if faultfs.Changes(op, name) && changes.Add(1)%every == 0 {
			c.shoot()
		}
	})
	var work, company sync.WaitGroup
	for w := range writers {
		work.Go(func() { c.write(w) })
	}
	for _, job := range c.jobs() {
		company.Go(func() {
			for !c.isEnding() {
				job()
				time.Sleep(time.Duration(c.random(200)) * time.Microsecond) // there is work for the others, too
			}
		})
	}
	company.Go(c.advance)
	var loop sync.WaitGroup
	loop.Go(func() { c.store.Maintain(ctx) })
	work.Wait()
	close(c.ending)
	company.Wait()
	c.repair()
	c.end(&loop)
}

// repair lets the disk work again.
func (c *concurrentRun) repair() {
	c.fault.Clear()
	c.disk.SetCapacity(0)
}

// end ends a life, in good order or by a power cut, and checks the copies.
func (c *concurrentRun) end(loop *sync.WaitGroup) {
	c.shoot()
	stopped := c.store.Stats().WritesStopped
	after := c.disk
	if c.random(2) == 0 {
		c.mu.Lock()
		after = crash(c.disk, c.rng)
		c.mu.Unlock()
	}
	if err := c.store.Close(); err != nil && !stopped {
		c.fail("close: %v", err)
	}
	loop.Wait()
	tallyStore(c.store.Metrics(), c.counts)
	c.fault.Before(nil)
	for _, i := range c.images {
		c.develop(i)
	}
	c.develop(image{after.CrashKeep(), c.acked(), c.sent()})
	c.disk = after
}

// shoot takes a copy of the disk.
func (c *concurrentRun) shoot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.images) < clonesPerLife {
		least := c.acked()
		c.images = append(c.images, image{crash(c.disk, c.rng), least, c.sent()})
	}
}

// develop opens a copy of the disk and checks it.
func (c *concurrentRun) develop(i image) {
	c.counts["clones"]++
	i.disk.SetCapacity(0)
	opts := c.options()
	opts.FS = i.disk
	s, err := storage.Open(ctx, opts)
	if err != nil {
		c.fail("open after a crash: %v\n%s", err, i.disk.Dump())
		return
	}
	for _, work := range []func() error{func() error { return nil }, func() error { return errors.Join(s.Flush(ctx), s.Compact(ctx)) }} {
		if err := work(); err != nil {
			c.fail("work after a crash: %v", err)
		}
		if err := read(s, i.least, func() numbers { return i.most }); err != nil {
			c.fail("after a crash: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		c.fail("close after a crash: %v", err)
	}
}

// isEnding reports whether the writers have done their work.
func (c *concurrentRun) isEnding() bool {
	select {
	case <-c.ending:
		return true
	default:
		return false
	}
}

// write counts up the registers of one writer.
func (c *concurrentRun) write(w int) {
	for range writesPerLife {
		i := w + writers*c.random(registersMax/writers)
		r := &c.registers[i]
		n := r.sent.Add(1)
		_, err := c.store.Write(ctx, &storage.Batch{Table: 1, Rows: registerRows(i, n)})
		switch {
		case err == nil:
			r.acked.Store(n)
			c.count("write", 1)
		case c.store.Stats().WritesStopped:
			return
		case dberr.Is(err, dberr.Unavailable) || dberr.Is(err, dberr.Throttled):
			c.count("calls failed", 1)
		default:
			c.fail("write: %v", err)
		}
	}
}

// registerRows returns the batch that sets a register to a number.
func registerRows(register int, n int64) []storage.Row {
	rows := make([]storage.Row, rowsPerRegister)
	for k := range rows {
		rows[k] = storage.Row{
			Measure: fmt.Sprint("m", k%2), Version: n, Multi: true, Time: int64(register)*1e9 + int64(k%3)*day,
			Dims:   []storage.Dim{{Name: "register", Value: fmt.Sprint(register)}, {Name: "k", Value: fmt.Sprint(k)}},
			Values: []storage.Value{{Column: "n", Type: types.Bigint, Int: n}},
		}
	}
	return rows
}

// read reads all registers, which must hold numbers from least to what most returns afterwards.
func read(s *storage.Store, least numbers, most func() numbers) error {
	scan, err := s.Scan(ctx, 1, storage.Everything("register", "n"))
	if err != nil {
		return err
	}
	defer scan.Close()
	got := map[string][]int64{}
	for {
		b, err := scan.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		for i := range b.Rows {
			name := b.Cols[0].Value(i).(string)
			got[name] = append(got[name], b.Cols[1].Value(i).(int64))
		}
	}
	greatest := most()
	for i := range least {
		list := got[fmt.Sprint(i)]
		n := int64(0)
		if len(list) > 0 {
			n = list[0]
		}
		for _, other := range list {
			if other != n || len(list) != rowsPerRegister {
				return fmt.Errorf("register %d is torn: %v", i, list)
			}
		}
		if n < least[i] || n > greatest[i] {
			return fmt.Errorf("register %d holds %d, which is not from %d to %d", i, n, least[i], greatest[i])
		}
	}
	return nil
}

// jobs is what happens beside the writers, over and over.
func (c *concurrentRun) jobs() []func() {
	failing := func(what string, err error) {
		if c.count(what, 1); err != nil && (dberr.Is(err, dberr.Corruption) || dberr.Is(err, dberr.Invalid)) {
			c.fail("%s: %v", what, err)
		}
	}
	reading := func() {
		if err := read(c.store, c.acked(), c.sent); err != nil {
			c.fail("read: %v", err)
		}
		c.count("scan", 1)
	}
	return []func(){
		reading, reading,
		func() { failing("flush", c.store.Flush(ctx)) },
		func() { failing("compact", c.store.Compact(ctx)) },
		func() { failing("expire", c.store.Expire(ctx, 1, 0)) },
		func() {
			id := storage.TableID(2 + c.random(1000))
			_, err := c.store.Write(ctx, &storage.Batch{Table: id, Rows: registerRows(0, 1)})
			if dberr.Is(err, dberr.NotFound) {
				err = nil // it was dropped before
			}
			failing("drop table", errors.Join(err, c.store.DropTable(ctx, id)))
		},
		c.trouble,
	}
}

// trouble lets the disk fill or fail for a moment.
func (c *concurrentRun) trouble() {
	time.Sleep(time.Duration(c.random(5)) * time.Millisecond)
	switch x := c.random(20); {
	case x < 3:
		c.count("disk fills", 1)
		c.disk.SetCapacity(c.disk.Used() + int64(c.random(2000)))
	case x < 5:
		c.count("disk breaks", 1)
		c.fault.Add(faultfs.Rule{Nth: 1 + c.random(20), Match: faultfs.Only(faultfs.OpWrite, faultfs.OpCreate), Effect: faultfs.Effect(c.random(3))})
	case x < 6:
		c.count("syncs break", 1)
		c.fault.Add(faultfs.Rule{Nth: 1 + c.random(200), Match: faultfs.Only(faultfs.OpSync, faultfs.OpSyncDir)})
	}
	time.Sleep(time.Millisecond)
	c.repair()
}

// advance moves the clock, mostly forward, until the store is closed and nobody waits for it.
func (c *concurrentRun) advance() {
	for !c.isEnding() {
		if c.random(10) == 0 {
			c.clock.Advance(-time.Duration(c.random(int(time.Hour))))
		}
		c.clock.Advance(time.Duration(c.random(int(5 * time.Minute))))
		time.Sleep(100 * time.Microsecond)
	}
}
