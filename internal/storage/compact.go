package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage/mergeplan"
)

// Merging, step by step:
//
//  1. Package mergeplan says which layers of which window are to become one; what is chosen is claimed, so that no two merges
//     take the same segments.
//  2. rewrite.go reads them side by side and writes the newest version of each row to a new layer: one segment, or several if
//     one would be very long. They are synced.
//  3. The manifest is replaced by one that names the new segments instead of the old ones, and scans that begin from then on
//     read these. The old files are deleted after their last reader.
//
// A merge that fails leaves everything as it was.

// mergeKind is a reason for merging.
type mergeKind uint8

// The reasons: there are many layers of about one size; a window is left alone.
const (
	mergeTiers mergeKind = 1 << iota
	mergeSettled
)

// mergeJob is layers of one window that are to become one. Their segments are claimed.
type mergeJob struct {
	table  *table
	window int64
	layers []layer // the shortest first
}

// layer is the segments of a window that one flush or merge has made.
type layer struct {
	files []*segmentFile
	mergeplan.Layer
}

// layersOf returns the layers of a window. Segments of one layer have the same sequence: each flush has one of its own, and a
// merge takes on the highest of those it replaces.
func layersOf(list []*segmentFile) []layer {
	var out []layer
	for _, f := range list {
		i := slices.IndexFunc(out, func(l layer) bool { return l.files[0].sequence == f.sequence })
		if i < 0 {
			i = len(out)
			out = append(out, layer{})
		}
		l := &out[i]
		l.files = append(l.files, f)
		l.Bytes += f.bytes
		if f.since.After(l.Since) {
			l.Since = f.since
		}
	}
	return out
}

// planned is the part of layers that a plan is made of.
func planned(layers []layer) []mergeplan.Layer {
	out := make([]mergeplan.Layer, len(layers))
	for i := range layers {
		out[i] = layers[i].Layer
	}
	return out
}

// How long the segments of a layer are about.
const (
	mergedBytesMax = 2 << 30
	mergedRowsMax  = 1 << 28
)

// syncEvery is how many bytes a merge writes before it syncs them. The log waits for that much at most when it syncs.
const syncEvery = 32 << 20

// merging is what the store keeps about merges.
type merging struct {
	rules mergeplan.Rules
	pacer *mergeplan.Pacer
	// A segment that a merge writes ends with the series during which it exceeds one of these; the next one begins there. So a
	// layer can be as long as it has to be. Tests lower them.
	segmentBytesMax, segmentRowsMax int64
	// syncBytes is how much a merge writes between two syncs. Tests lower it.
	syncBytes int64

	mu      sync.Mutex
	claimed map[*segmentFile]bool
	credit  mergeplan.Credit

	backlogMu sync.Mutex
	backlogs  map[*table]tableBacklog // as of the last call of MergeBacklog
}

// init fills in what a store's options say. backlog is Store.MergeBacklog.
func (m *merging) init(o *Options, backlog func() int) {
	m.rules = mergeplan.Rules{FanIn: o.MergeFanIn, SettleAfter: o.SettleAfter}
	m.pacer = mergeplan.NewPacer(o.Clock, func() float64 { return mergeplan.Share(o.MergeShare, backlog()) })
	m.segmentBytesMax, m.segmentRowsMax = mergedBytesMax, mergedRowsMax
	m.syncBytes = syncEvery
	m.claimed = map[*segmentFile]bool{}
}

// mergeWorker is one of those who merge, by turns with rests or without.
type mergeWorker struct {
	kinds mergeKind
	pacer *mergeplan.Pacer           // nil: without rests
	fails map[mergePlace]mergeFailed // windows that are left out for now
}

// mergePlace is a window of a table.
type mergePlace struct {
	table  TableID
	window int64
}

// mergeFailed is when a window whose merge has failed is tried again, and how long that was put off.
type mergeFailed struct {
	until time.Time
	wait  time.Duration
}

// How long a window is left out after its merge has failed: from the first time on, twice as long each time.
const (
	retryMergeMin = 10 * time.Second
	retryMergeMax = 10 * time.Minute
)

// Compact merges segments until there is nothing left to merge: layers of about the same size, and windows that are left
// alone. Writes, scans and flushes go on meanwhile. An error of one window does not keep others from being merged. It does not
// rest; Maintain does.
func (s *Store) Compact(ctx context.Context) error {
	return s.compact(ctx, &mergeWorker{kinds: mergeTiers | mergeSettled})
}

// compact merges what a worker may merge.
func (s *Store) compact(ctx context.Context, w *mergeWorker) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.ops.Done()
	ctx, cancel := s.untilClose(ctx)
	defer cancel()
	var shift *mergeplan.Shift
	if w.pacer != nil {
		shift = w.pacer.Begin()
		defer shift.End()
	}
	var failed error
	skipped := map[mergePlace]bool{}
	for {
		if err := errors.Join(ctx.Err(), s.stopped()); err != nil {
			return errors.Join(failed, err)
		}
		job := s.nextMerge(w, skipped)
		if job == nil {
			return failed
		}
		at := mergePlace{job.table.id, job.window}
		err := s.mergeLayers(ctx, job, shift)
		s.unclaim(job)
		switch {
		case err == nil:
			s.merged.wake()
			delete(w.fails, at)
		case errors.Is(err, errSuperseded):
			skipped[at] = true
		case ctx.Err() != nil:
			return errors.Join(failed, ctx.Err())
		default:
			s.metrics.CompactionErrors.Add(1)
			skipped[at] = true
			w.putOff(at, s.clock.Now())
			failed = errors.Join(failed, fmt.Errorf("compact table %d: %w", at.table, err))
		}
	}
}

// untilClose returns a context that also ends when the store begins to close.
func (s *Store) untilClose(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		<-ended
	}
}

// putOff leaves a window out for a while.
func (w *mergeWorker) putOff(at mergePlace, now time.Time) {
	if w.fails == nil {
		return
	}
	wait := min(max(2*w.fails[at].wait, retryMergeMin), retryMergeMax)
	w.fails[at] = mergeFailed{now.Add(wait), wait}
}

// leftOut reports whether a worker does not merge a window at the moment. What is long past is forgotten.
func (w *mergeWorker) leftOut(at mergePlace, now time.Time) bool {
	f, ok := w.fails[at]
	if ok && now.Sub(f.until) > 2*retryMergeMax {
		delete(w.fails, at)
	}
	return ok && now.Before(f.until)
}

// windows goes through the windows of all tables that have segments.
func (s *Store) windows(yield func(*table, []*segmentFile) bool) {
	for _, t := range s.tableList() {
		t.mu.RLock()
		state := t.state
		t.mu.RUnlock()
		for inWindow := range state.windows {
			if !yield(t, inWindow) {
				return
			}
		}
	}
}

// nextMerge chooses what a worker merges next and claims it, nil if there is nothing. While rows come in, the window with the
// most layers is the first.
func (s *Store) nextMerge(w *mergeWorker, skipped map[mergePlace]bool) *mergeJob {
	m := &s.merging
	m.mu.Lock()
	defer m.mu.Unlock()
	m.credit.Flushed(s.metrics.FlushedBytes.Load())
	now := s.clock.Now()
	var best *mergeJob
	for _, kind := range []mergeKind{mergeTiers, mergeSettled} {
		if w.kinds&kind == 0 || best != nil {
			continue
		}
		for t, list := range s.windows {
			at := mergePlace{t.id, list[0].window}
			if len(list) < 2 || skipped[at] || w.leftOut(at, now) {
				continue
			}
			if chosen := m.choose(kind, list, now); chosen != nil && (best == nil || len(chosen) > len(best.layers)) {
				best = &mergeJob{t, at.window, chosen}
			}
			if best != nil && kind == mergeSettled {
				break // the plan has counted it
			}
		}
	}
	if best == nil {
		return nil
	}
	for _, l := range best.layers {
		for _, f := range l.files {
			m.claimed[f] = true
		}
	}
	return best
}

// choose returns the layers of a window that should become one, nil if none should. The caller holds m.mu.
func (m *merging) choose(kind mergeKind, list []*segmentFile, now time.Time) []layer {
	layers := layersOf(list)
	free := slices.DeleteFunc(slices.Clone(layers), func(l layer) bool {
		return slices.ContainsFunc(l.files, func(f *segmentFile) bool { return m.claimed[f] })
	})
	var places []int
	switch {
	case kind == mergeTiers:
		places = m.rules.Tier(planned(free))
	case len(free) == len(layers):
		places = m.rules.Settle(planned(free), now, &m.credit)
	}
	var out []layer
	for _, i := range places {
		out = append(out, free[i])
	}
	return out
}

// unclaim gives up the claim on segments of a merge that has ended.
func (s *Store) unclaim(job *mergeJob) {
	s.merging.mu.Lock()
	defer s.merging.mu.Unlock()
	for _, l := range job.layers {
		for _, f := range l.files {
			delete(s.merging.claimed, f)
		}
	}
}

// tableBacklog is the backlog of a table as of a generation of its state.
type tableBacklog struct {
	generation uint64
	layers     int
}

// MergeBacklog returns how many layers wait to be merged in the window that has the most: mergeplan.BacklogMax and more mean
// that merging cannot keep up with what is written. It is cheap unless files have come or gone since the last call.
func (s *Store) MergeBacklog() int {
	m := &s.merging
	m.backlogMu.Lock()
	defer m.backlogMu.Unlock()
	most, before := 0, m.backlogs
	m.backlogs = make(map[*table]tableBacklog, len(before))
	for _, t := range s.tableList() {
		t.mu.RLock()
		state := t.state
		t.mu.RUnlock()
		b := before[t]
		if b.generation != state.generation {
			b = tableBacklog{state.generation, m.backlogOf(state)}
		}
		m.backlogs[t] = b
		most = max(most, b.layers)
	}
	return most
}

// backlogOf returns the backlog of the window of a table that has the most.
func (m *merging) backlogOf(state *tableState) int {
	most := 0
	for list := range state.windows {
		if len(list) > most {
			most = max(most, m.rules.Backlog(planned(layersOf(list))))
		}
	}
	return most
}
