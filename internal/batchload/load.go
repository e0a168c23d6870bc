package batchload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// File is an object to load, as it was when the load began: one that has another size or ETag later was exchanged.
type File struct {
	Key  string
	Size int64
	ETag string // "" if it is not known
}

// Load is a load that runs, or goes on. Fields are not changed while Run runs.
type Load struct {
	ID      string
	Objects objectstore.Store
	Clock   clock.Clock
	Bucket  string
	Files   []File // in the order in which they are loaded
	CSV     CSV
	Model   *mapping.Model
	Report  Place

	// Write stores records durably. It is called by several goroutines at once, with records of different series. Errors of kind
	// Throttled and Unavailable may pass: the same records are written again. Records are valid until it returns.
	Write func(ctx context.Context, records []mapping.Record) (Outcome, error)
	// Save makes progress durable. Everything before its place is stored.
	Save func(Progress) error

	// SaveEvery is the time between two calls of Save, and SaveRows the number of rows; whichever comes first. Defaults 2 s and
	// 1,000,000.
	SaveEvery time.Duration
	SaveRows  int64
	// RetryFor is how long errors that may pass are tolerated without any success. Default 5 minutes; negative: not at all.
	RetryFor time.Duration
}

// Place is where reports go.
type Place struct{ Bucket, Prefix, Encryption, KMSKeyID string }

// Outcome is what became of the records of a write. Those that are not among Failed are stored.
type Outcome struct {
	Failed       []Failure
	BytesMetered int64
}

// Failure is a record that was not stored.
type Failure struct {
	Index  int // in the records
	Reason string
	Parse  bool // the record makes no sense in itself
}

// Progress is how far a load has come: what it has counted, and the place where it goes on.
type Progress struct {
	Counts
	Place Position
}

// Counts are what the service reports. Processed is the sum of the three after it: a row that gives no record counts as one.
type Counts struct {
	Processed, Ingested, ParseFailures, IngestionFailures int64
	FileFailures, BytesMetered                            int64
}

// Position is where a load goes on.
type Position struct {
	File   int          `json:"file,omitempty"`   // in Files
	Offset int64        `json:"offset,omitempty"` // of the next row; 0 if the file has not been begun
	Line   int64        `json:"line,omitempty"`   // of the next row, from 1
	Parts  int          `json:"parts,omitempty"`  // reports that were written
	Errors []FileErrors `json:"errors,omitempty"` // found since then
}

// StopError says that a load cannot go on for now, for a reason that is not in the files: it can be resumed.
type StopError struct{ Cause error }

// Error returns the cause's text.
func (e *StopError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *StopError) Unwrap() error { return e.Cause }

// setDefaults fills in what is not set.
func (l *Load) setDefaults() {
	if l.SaveEvery == 0 {
		l.SaveEvery = 2 * time.Second
	}
	if l.SaveRows == 0 {
		l.SaveRows = 1_000_000
	}
	if l.RetryFor == 0 {
		l.RetryFor = 5 * time.Minute
	}
}

// Limits of a load. Source: quotas.
const (
	filesMax     = 100
	allBytesMax  = 100 << 30
	FileBytesMax = 5 << 30 // of one file
)

// Find returns the objects below a prefix, in order. Empty ones whose keys end in a slash, which some tools make of folders,
// are none.
func (l *Load) Find(ctx context.Context, prefix string) ([]File, error) {
	l.setDefaults()
	var files []File
	bytes := int64(0)
	req := objectstore.ListRequest{Prefix: prefix}
	for more := true; more; {
		var page objectstore.ListPage
		err := l.again(ctx, func() (err error) {
			page, err = l.Objects.List(ctx, l.Bucket, req)
			return err
		})
		if err != nil {
			return nil, l.classify(ctx, err)
		}
		for _, o := range page.Objects {
			req.After = o.Key
			if strings.HasSuffix(o.Key, "/") && o.Size == 0 {
				continue
			}
			files = append(files, File{o.Key, o.Size, o.ETag})
			bytes += o.Size
		}
		switch more = page.More; {
		case len(files) > filesMax:
			return nil, dberr.New(dberr.Invalid, "There are more than %d files with the key prefix '%s' in the bucket %s.", filesMax, prefix, l.Bucket)
		case bytes > allBytesMax:
			return nil, dberr.New(dberr.Invalid, "The files with the key prefix '%s' in the bucket %s have more than 100 GB.", prefix, l.Bucket)
		}
	}
	if len(files) == 0 {
		return nil, dberr.New(dberr.Invalid, "There are no files with the key prefix '%s' in the bucket %s.", prefix, l.Bucket)
	}
	return files, nil
}

// run is a load under way.
type run struct {
	*Load
	progress Progress
	found    *findings // errors since the last report
	lanes    *lanes
	saved    time.Time
	rows     int64 // since it was saved
}

// Run loads what is left of the files, from a place on. When it returns nil everything is loaded as far as it can be, the report
// about the rest is written, the last progress is saved, and is the result. A *StopError says that the load can be tried again
// from what was saved last; the context's error that it was told to end; any other error that it cannot go on at all.
func (l *Load) Run(ctx context.Context, from Progress) (Progress, error) {
	l.setDefaults()
	r := &run{Load: l, progress: from, found: newFindings(from.Place.Errors), saved: l.Clock.Now()}
	// A report that was written after the place was saved describes rows that come again.
	if err := r.dropReport(ctx, from.Place.Parts); err != nil {
		return from, r.classify(ctx, err)
	}
	r.lanes = newLanes(ctx, l)
	err := r.files(r.lanes.ctx)
	if cause := r.lanes.close(); cause != nil {
		err = cause // why the lanes' context has ended
	}
	if err != nil && ctx.Err() == nil {
		return r.progress, r.classify(ctx, err)
	}
	if ctx.Err() != nil {
		return r.progress, ctx.Err()
	}
	if err := r.save(ctx, true); err != nil {
		return r.progress, r.classify(ctx, err)
	}
	return r.progress, nil
}

// classify makes a *StopError of errors that may pass.
func (l *Load) classify(ctx context.Context, err error) error {
	var stop *StopError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &stop):
		return err
	case transient(err):
		return &StopError{err}
	}
	return err
}

// transient reports whether an error may pass.
func transient(err error) bool {
	return dberr.Is(err, dberr.Throttled) || dberr.Is(err, dberr.Unavailable)
}

// files loads the files that are left.
func (r *run) files(ctx context.Context) error {
	place := &r.progress.Place
	for ; place.File < len(r.Files); place.File, place.Offset, place.Line = place.File+1, 0, 0 {
		f := r.Files[place.File]
		err := r.file(ctx, f)
		var bad *fileError
		if errors.As(err, &bad) {
			err = r.drain(ctx)
			r.progress.FileFailures++
			r.found.add(f.Key, bad.reason, [2]int64{bad.line, bad.line})
		}
		if err == nil {
			err = r.drain(ctx)
		}
		if err != nil {
			return err
		}
		if r.due() {
			next := *place
			next.File, next.Offset, next.Line = place.File+1, 0, 0
			if err := r.saveAt(ctx, next, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// due reports whether it is time to save.
func (r *run) due() bool {
	return r.rows >= r.SaveRows || r.found.large() || r.Clock.Now().Sub(r.saved) >= r.SaveEvery
}

// drain waits until everything that was handed to the lanes is stored, and counts it.
func (r *run) drain(ctx context.Context) error {
	if err := r.lanes.drain(ctx); err != nil {
		return err
	}
	r.lanes.collect(func(c Counts, failures []laneFailure) {
		r.progress.Counts.add(c)
		for _, f := range failures {
			r.found.add(r.Files[r.progress.Place.File].Key, f.reason, f.lines)
		}
	})
	return nil
}

// add adds counts.
func (c *Counts) add(other Counts) {
	c.Processed += other.Processed
	c.Ingested += other.Ingested
	c.ParseFailures += other.ParseFailures
	c.IngestionFailures += other.IngestionFailures
	c.FileFailures += other.FileFailures
	c.BytesMetered += other.BytesMetered
}

// save makes the present progress durable. Nothing is in the lanes.
func (r *run) save(ctx context.Context, last bool) error {
	return r.saveAt(ctx, r.progress.Place, last)
}

// saveAt is save with the given place. The last time all errors go to a report, before that only many.
func (r *run) saveAt(ctx context.Context, place Position, last bool) error {
	place.Errors = r.found.list()
	r.found = newFindings(place.Errors) // in fewer ranges: neighbours come from several lanes
	if size := r.found.size(); size > 0 && (last || size > inlineBytesMax) {
		if err := r.putReport(ctx, place.Parts, nil, place.Errors); err != nil {
			return fmt.Errorf("write a report: %w", err)
		}
		place.Parts++
		place.Errors = nil
		r.found = newFindings(nil)
	}
	// Within the loop of files the place itself only moves with them.
	r.progress.Place.Parts, r.progress.Place.Errors = place.Parts, place.Errors
	p := r.progress
	p.Place = place
	if err := r.again(ctx, func() error { return r.Save(p) }); err != nil {
		return fmt.Errorf("save progress: %w", err)
	}
	r.saved, r.rows = r.Clock.Now(), 0
	return nil
}

// again calls do until it succeeds, fails for good, or has failed for RetryFor, with growing pauses.
func (l *Load) again(ctx context.Context, do func() error) error {
	pause, began := 50*time.Millisecond, l.Clock.Now()
	for {
		err := do()
		if err == nil || !transient(err) {
			return err
		}
		if l.Clock.Now().Sub(began) >= l.RetryFor {
			return &StopError{err}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.Clock.After(pause):
		}
		pause = min(2*pause, 5*time.Second)
	}
}
