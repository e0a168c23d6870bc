package batchload

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// Limits of what is on its way to the store at once.
const (
	laneCount      = 4
	batchRecords   = 1000
	batchBytesMax  = 1 << 20 // of texts; the last row may exceed it
	batchesPerLane = 2       // one that is written, one that waits or is filled
)

// lanes write records, several batches at once. All records of a series go through one lane, in the order of their rows, so
// that of two records with the same identity the first is stored and the second rejected, always.
type lanes struct {
	ctx   context.Context // ends with the first error of a lane
	stop  context.CancelCauseFunc
	lanes [laneCount]*lane
	done  sync.WaitGroup
	found atomic.Int64 // about how many bytes the failures take that wait to be collected
}

// lane writes batches one after the other.
type lane struct {
	load *Load
	open *batch      // is being filled
	full chan *batch // to be written
	free chan *batch // for the next ones

	mu       sync.Mutex
	counts   Counts
	failures []laneFailure
}

// laneFailure is a record that was not stored.
type laneFailure struct {
	reason string
	lines  [2]int64
}

// batch is what one write takes.
type batch struct {
	records mapping.Batch
	lines   [][2]int64 // by record
	bytes   int
	written chan struct{} // for a mark: closed when all before it is written
}

func newLanes(ctx context.Context, load *Load) *lanes {
	s := &lanes{}
	s.ctx, s.stop = context.WithCancelCause(ctx)
	for i := range s.lanes {
		l := &lane{load: load, open: new(batch), full: make(chan *batch, 1), free: make(chan *batch, batchesPerLane)}
		for range batchesPerLane - 1 {
			l.free <- new(batch)
		}
		s.lanes[i] = l
		s.done.Go(func() { l.run(s) })
	}
	return s
}

// of returns the lane of a row's series: by FNV-1a, the same each time, so that a load is repeatable.
func (s *lanes) of(values []mapping.Value, dims []int) *lane {
	h := uint64(14695981039346656037)
	for _, i := range dims {
		if !values[i].Null { // whose text may be this or that
			for _, c := range []byte(values[i].Text) {
				h = (h ^ uint64(c)) * 1099511628211
			}
		}
		h *= 1099511628211 // the end of a value
	}
	return s.lanes[h>>32%laneCount]
}

// added notes the lines of the records that were added to the open batch, and hands it over when it is full.
func (l *lane) added(ctx context.Context, bytes int, lines [2]int64) error {
	b := l.open
	b.bytes += bytes
	for len(b.lines) < len(b.records.Records) {
		b.lines = append(b.lines, lines)
	}
	if len(b.lines) < batchRecords && b.bytes < batchBytesMax {
		return nil
	}
	return l.hand(ctx, b)
}

// hand gives the open batch to the writer and takes an empty one.
func (l *lane) hand(ctx context.Context, b *batch) error {
	select {
	case l.full <- b:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case l.open = <-l.free:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// drain waits until all records that were added are written.
func (s *lanes) drain(ctx context.Context) error {
	var marks []*batch
	for _, l := range s.lanes {
		if len(l.open.lines) > 0 {
			if err := l.hand(ctx, l.open); err != nil {
				return err
			}
		}
		mark := &batch{written: make(chan struct{})}
		select {
		case l.full <- mark:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		marks = append(marks, mark)
	}
	for _, m := range marks {
		select {
		case <-m.written:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// collect hands over what was counted and found since the last call. No batch is under way.
func (s *lanes) collect(take func(Counts, []laneFailure)) {
	for _, l := range s.lanes {
		l.mu.Lock()
		counts, failures := l.counts, l.failures
		l.counts, l.failures = Counts{}, nil
		l.mu.Unlock()
		take(counts, failures)
	}
	s.found.Store(0)
}

// overflowing reports whether so many failures wait that they should be collected.
func (s *lanes) overflowing() bool { return s.found.Load() >= findingsBytes }

// close ends the lanes and returns the error of the first that failed. What is under way is given up unless it was drained.
func (s *lanes) close() error {
	s.stop(nil)
	s.done.Wait()
	if err := context.Cause(s.ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// run writes batches until the context ends.
func (l *lane) run(s *lanes) {
	for {
		select {
		case <-s.ctx.Done():
			return
		case b := <-l.full:
			if b.written != nil {
				close(b.written)
				continue
			}
			found, err := l.write(s.ctx, b)
			if err != nil {
				s.stop(err)
				return
			}
			s.found.Add(int64(found))
			l.free <- b // there are no more batches than room
		}
	}
}

// write writes a batch, if need be several times, and empties it. It returns about how many bytes its failures take.
func (l *lane) write(ctx context.Context, b *batch) (found int, err error) {
	var out Outcome
	err = l.load.again(ctx, func() (err error) {
		out, err = l.load.Write(ctx, b.records.Records)
		return err
	})
	if err != nil {
		return 0, err
	}
	n, failed := int64(len(b.lines)), int64(len(out.Failed))
	c := Counts{Processed: n, Ingested: n - failed, BytesMetered: out.BytesMetered}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range out.Failed {
		if f.Parse {
			c.ParseFailures++
		} else {
			c.IngestionFailures++
		}
		l.failures = append(l.failures, laneFailure{f.Reason, b.lines[f.Index]})
		found += rangeBytes + len(f.Reason)
	}
	l.counts.add(c)
	b.records.Reset()
	b.lines, b.bytes = b.lines[:0], 0
	return found, nil
}
