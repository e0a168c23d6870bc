package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/storage/series"
)

// How the log is replayed. Three goroutines work at the same time, in this order:
//
//   - package wal reads files ahead;
//   - replayDecoder, on the goroutine of Open, checks records and takes them apart into batches;
//   - replayer inserts batches, several tables side by side, and stands in for the committer: a flush that it has begun, on
//     a goroutine of its own, changes the tables' state through it.
//
// Batches go round, so that a row costs no memory but its place in the memory store.

// replayer inserts batches.
type replayer struct {
	replayDecoder
	s *Store

	file    uint64 // of the rows that were inserted last
	kept    uint64 // the first log file that has not been deleted
	records int
	rows    int64
	flushes int
	flush   chan error // of the flush that is under way, nil if none is
	ended   []TableID  // tables whose end was in the log

	begun, told time.Time
	parts       []replayPart
}

// replayPart is the records of one table in a batch.
type replayPart struct {
	table   *table
	records []int
	classes []memstore.Class // of the table's columns
	err     error
}

// newReplayer returns a replayer for the log that begins with a file.
func newReplayer(ctx context.Context, s *Store, firstFile uint64) *replayer {
	now := s.clock.Now()
	p := &replayer{s: s, kept: firstFile, begun: now, told: now, replayDecoder: replayDecoder{
		ctx: ctx, full: make(chan *replayBatch, replayBatches), spare: make(chan *replayBatch, replayBatches), failed: make(chan struct{}),
	}}
	for range replayBatches {
		p.spare <- &replayBatch{}
	}
	return p
}

// run inserts batches until there are no more, and waits for the last flush.
func (p *replayer) run() error {
	err := p.insertAll()
	if err != nil {
		close(p.failed)
	}
	return errors.Join(err, p.awaitFlush())
}

// insertAll inserts batches, and does meanwhile what a flush wants the committer to do.
func (p *replayer) insertAll() error {
	for {
		select {
		case b, ok := <-p.full:
			if !ok {
				return nil
			}
			if err := p.insert(b); err != nil {
				return err
			}
			p.tell(b)
			p.spare <- b
		case <-p.s.queue.wake:
			p.s.runQueued()
		case err := <-p.flush:
			p.flush = nil
			if err != nil {
				return flushError(err)
			}
		}
	}
}

// flushError says what a failed flush was for.
func flushError(err error) error { return fmt.Errorf("move rows of the log to segments: %w", err) }

// awaitFlush waits for the flush that is under way, if any.
func (p *replayer) awaitFlush() error {
	for p.flush != nil {
		select {
		case <-p.s.queue.wake:
			p.s.runQueued()
		case err := <-p.flush:
			p.flush = nil
			if err != nil {
				return flushError(err)
			}
		}
	}
	return nil
}

// insert inserts one batch.
func (p *replayer) insert(b *replayBatch) error {
	if b.file != p.file {
		if err := p.startFlush(b); err != nil {
			return err
		}
		p.file = b.file
	}
	p.records++
	if b.end {
		p.endTable(b.ended, b.file)
		return nil
	}
	p.rows += int64(len(b.rows))
	p.split(b)
	if len(p.parts) == 1 || runtime.GOMAXPROCS(0) == 1 {
		for i := range p.parts {
			p.parts[i].insert(b)
		}
	} else {
		var workers sync.WaitGroup
		for i := range p.parts {
			workers.Go(func() { p.parts[i].insert(b) })
		}
		workers.Wait()
	}
	var err error
	for i := range p.parts {
		err = errors.Join(err, p.parts[i].err)
	}
	if err != nil {
		opts := p.s.walOptions(false)
		return malformed(fmt.Errorf("log file %s, %w", opts.FileName(b.file), err))
	}
	return nil
}

// split sets p.parts to the records of a batch by table, without those of tables that are gone.
func (p *replayer) split(b *replayBatch) {
	for i := range p.parts {
		p.parts[i].table, p.parts[i].err = nil, nil
		p.parts[i].records = p.parts[i].records[:0]
	}
	p.parts = p.parts[:0]
	for i := range b.records {
		id := b.records[i].table
		k := 0
		for k < len(p.parts) && p.parts[k].table.id != id {
			k++
		}
		if k == len(p.parts) {
			t, err := p.s.tableForWrite(id)
			if err != nil { // it is gone, and its definitions with it
				continue
			}
			if k < cap(p.parts) {
				p.parts = p.parts[:k+1] // with the memory of its lists
			} else {
				p.parts = append(p.parts, replayPart{})
			}
			p.parts[k].table = t
		}
		p.parts[k].records = append(p.parts[k].records, i)
	}
}

// insert inserts the records of a table. Rows and definitions that are there already, since an earlier record holds them or
// the index file does, change nothing.
func (p *replayPart) insert(b *replayBatch) {
	p.learn()
	for _, i := range p.records {
		record := &b.records[i]
		var before replayRecord
		if i > 0 {
			before = b.records[i-1]
		}
		err := p.table.define(b.defs[before.defsEnd:record.defsEnd])
		if err == nil {
			if record.defsEnd > before.defsEnd {
				p.learn()
			}
			err = p.insertRows(b, before.rowsEnd, record.rowsEnd)
		}
		if err != nil {
			p.err = fmt.Errorf("record %d: %w", record.sequence, err)
			return
		}
	}
}

// learn looks up the classes of the table's columns.
func (p *replayPart) learn() {
	p.classes = p.classes[:0]
	for _, c := range p.table.index.Columns() {
		class, _ := memstore.ClassOf(c.Type)
		p.classes = append(p.classes, class)
	}
}

// define applies definitions of a record.
func (t *table) define(defs []byte) error {
	return t.index.ApplyAll(defs, func(d *series.Def) { t.defs = series.AppendDef(t.defs, d) })
}

// insertRows inserts rows of a batch.
func (p *replayPart) insertRows(b *replayBatch, from, to int) error {
	t, known := p.table, uint32(p.table.index.Len())
	at := uint32(0)
	if from > 0 {
		at = b.rows[from-1].cellsEnd
	}
	for i := range b.rows[from:to] {
		row := &b.rows[from+i]
		cells := b.cells[at:row.cellsEnd]
		at = row.cellsEnd
		if row.series >= known || row.version < 1 {
			return errFrame
		}
		for k := range cells {
			if c := &cells[k]; int(c.Column) >= len(p.classes) || p.classes[c.Column] != c.Class {
				return fmt.Errorf("%w: value of column %d", errFrame, c.Column)
			}
		}
		t.raise(row.series, row.time)
		t.state.active.Put(row.series, row.time, row.version, cells)
	}
	return nil
}

// endTable drops a table whose end is in a log file.
func (p *replayer) endTable(id TableID, file uint64) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[id]; t != nil {
		t.dropped.Store(true)
		delete(s.tables, id)
		s.budget.forget(t)
	}
	s.dropped[id] = file
	p.ended = append(p.ended, id)
}

// startFlush sets the rows so far aside and starts moving them to segments, if they are many. The batch is the first one of
// the next log file.
func (p *replayer) startFlush(next *replayBatch) error {
	s := p.s
	_, active := s.weighRows()
	s.budget.count()
	if active <= s.budget.flushAt() {
		return nil
	}
	if err := p.awaitFlush(); err != nil {
		return err
	}
	s.setAside(next.file, next.first)
	bytes, _ := s.weighRows()
	s.memory.Store(bytes)
	frozen := s.frozen()
	done := make(chan error, 1)
	p.flush = done
	p.flushes++
	go func() { done <- s.flushFrozen(p.ctx, frozen) }()
	return nil
}

// weighRows returns the memory of all rows that are not in segments, and that of those which are not being flushed.
func (s *Store) weighRows() (all, active int64) {
	for _, t := range s.tableList() {
		all += t.state.bytes()
		active += t.state.active.Bytes()
	}
	return all, active
}

// passed returns the names of log files that are no longer needed.
func (p *replayer) passed(before uint64) []string {
	var names []string
	opts := p.s.walOptions(false)
	for ; p.kept < before; p.kept++ {
		names = append(names, opts.FileName(p.kept))
	}
	return names
}

// tellEvery is how often a long recovery is reported.
const tellEvery = 5 * time.Second

// tell reports how far the recovery is, now and then.
func (p *replayer) tell(b *replayBatch) {
	now := p.s.clock.Now()
	if now.Sub(p.told) < tellEvery {
		return
	}
	p.told = now
	p.s.logger.Info("log is being read", "file", b.file, "last_file", b.lastFile, "rows", p.rows, "flushes", p.flushes,
		"duration_ms", now.Sub(p.begun).Milliseconds())
}

// finish reports the end of a recovery that has been reported before.
func (p *replayer) finish() {
	if p.told.Equal(p.begun) {
		return
	}
	p.s.logger.Info("log has been read", "rows", p.rows, "flushes", p.flushes, "duration_ms", p.s.clock.Now().Sub(p.begun).Milliseconds())
}
