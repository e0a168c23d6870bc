package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// runNext carries out the next run of a scheduled query, if there is one. It reports whether it did anything.
func (s *Scheduler) runNext(ctx context.Context, id string) bool {
	start, err := s.opts.Engine.BeginScheduledRun(ctx, id)
	switch {
	case dberr.Is(err, dberr.NotFound) || err == nil && start == nil:
		return false
	case err != nil:
		s.postpone(id, err)
		s.opts.Logger.Warn("scheduled query could not begin", "scheduled_query", id, "error", err)
		return false
	case start.SkippedFrom != 0:
		s.opts.Logger.Warn("missed invocations of a scheduled query are not made up", "scheduled_query", id,
			"from", time.UnixMilli(start.SkippedFrom).UTC(), "before", time.UnixMilli(start.At).UTC())
	}
	attempt := &engine.ScheduledAttempt{ScheduledStart: start, Began: s.opts.Clock.Now()}
	out, err := s.carryOut(ctx, attempt)
	attempt.Outcome, attempt.Err = &out, err
	defer s.opts.Attempted(attempt)
	if ctx.Err() != nil {
		attempt.Again = true
		return true // the server stops: the run begins again when it starts
	}
	if err != nil {
		s.opts.Logger.Warn("scheduled query failed", "scheduled_query", id, "invocation", time.UnixMilli(start.At).UTC(), "error", err)
		if attempt.Again = passing(err) && s.postpone(id, err); attempt.Again {
			return true
		}
		out.Failed, out.Reason, out.Disable = true, reasonOf(err), final(err)
	}
	if err := s.opts.Engine.EndScheduledRun(ctx, start, out); err != nil && !dberr.Is(err, dberr.NotFound) {
		s.postpone(id, err)
		s.opts.Logger.Warn("the end of a scheduled query's run could not be stored", "scheduled_query", id, "error", err)
		return true
	}
	s.settled(id)
	return true
}

// carryOut runs a statement and hands its rows to their targets. The outcome tells what was done also if there is an error.
func (s *Scheduler) carryOut(ctx context.Context, attempt *engine.ScheduledAttempt) (out engine.ScheduledOutcome, err error) {
	start := attempt.ScheduledStart
	defer func() {
		if p := recover(); p != nil {
			s.opts.Logger.Error("scheduled query panicked", "scheduled_query", start.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = dberr.New(dberr.Internal, "panic")
		}
		out.Stats.Millis = s.opts.Clock.Now().Sub(attempt.Began).Milliseconds()
	}()
	list, table, err := s.targets(start)
	if err != nil {
		return out, err
	}
	permit := s.permit(attempt)
	if start.Target != nil {
		if err := permit(engine.Permission{Action: engine.ActionWriteRecords, Database: start.Target.Database, Table: start.Target.Table}); err != nil {
			return out, err
		}
	}
	stream, err := s.opts.Engine.StreamScheduled(ctx, engine.ScheduledStatement{
		Text: start.Query, Principal: start.Role, Runtime: start.At * int64(time.Millisecond), Permit: permit, Insights: start.Insights,
	})
	if err != nil {
		return out, err
	}
	defer stream.Close()
	out.Stats.Rows, err = transfer(ctx, stream, list, runOf(start))
	status := stream.Status()
	out.Stats.BytesScanned, out.Stats.BytesMetered = status.CumulativeBytesScanned, status.CumulativeBytesMetered
	if table != nil {
		out.Stats.Records, out.Stats.BytesWritten = table.ingested, table.metered
	}
	if err == nil {
		out.Insights = stream.Insights()
	}
	if err != nil || table == nil || table.rejected.empty() {
		return out, err
	}
	if out.Report, err = s.report(ctx, start, &table.rejected, permit); err == nil && table.rejected.records > 0 && table.ingested == 0 {
		err = errNothingWritten
	}
	return out, err
}

// errNothingWritten fails a run whose records were all rejected, with its report. Rows without a value are no failure: there was
// nothing to write. Other rows may do, so it disables nothing. Source: the
// service's samples expect it of a query whose rows are outside the retention of its target.
var errNothingWritten = dberr.New(dberr.Execution, "None of the records could be written. The error report has the reasons.")

// permit returns what is asked for all that an attempt does, and notes it. What is not permitted disables the query, as in the service,
// unless it is a report.
func (s *Scheduler) permit(attempt *engine.ScheduledAttempt) func(engine.Permission) error {
	ask := func(engine.Permission) error { return nil }
	if s.opts.Permit != nil {
		ask = s.opts.Permit(attempt.Role)
	}
	return func(p engine.Permission) error {
		attempt.Did = append(attempt.Did, p)
		if err := ask(p); err != nil {
			return dberr.Wrap(dberr.Invalid, err, "%s", err.Error())
		}
		return nil
	}
}

// transfer moves the rows of a statement to its targets and returns how many there were.
func transfer(ctx context.Context, stream *engine.Stream, list []Target, run *Run) (rows int64, err error) {
	var writers []Writer
	defer func() {
		for _, w := range writers { // those that were not committed
			w.Abort()
		}
	}()
	for _, t := range list {
		w, err := t.Begin(ctx, run, stream.Columns)
		if errors.Is(err, ErrDone) {
			continue
		}
		if err != nil {
			return 0, err
		}
		writers = append(writers, w)
	}
	for {
		var batch *vector.Batch
		if batch, err = stream.Next(ctx); err != nil {
			return rows, err
		}
		if batch == nil {
			break
		}
		rows += int64(batch.Rows)
		for _, w := range writers {
			if err := w.Write(ctx, batch); err != nil {
				return rows, err
			}
		}
	}
	for len(writers) > 0 {
		if err := writers[0].Commit(ctx); err != nil {
			return rows, err
		}
		writers = writers[1:]
	}
	return rows, nil
}

// reportTimeout bounds the writing of a report.
const reportTimeout = 30 * time.Second

// report writes what of a run's rows could not be written to the object store.
func (s *Scheduler) report(ctx context.Context, start *engine.ScheduledStart, r *rejections, permit func(engine.Permission) error) (*engine.ReportObject, error) {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	place, key := &start.ErrorReports, reportKey(start)
	for _, p := range []engine.Permission{{Action: engine.ActionGetBucketACL, Bucket: place.Bucket}, {Action: engine.ActionPutObject, Bucket: place.Bucket, Key: key}} {
		if err := permit(p); err != nil {
			return nil, &reportError{err}
		}
	}
	err := s.opts.Objects.Put(ctx, place.Bucket, key, bytes.NewReader(r.encode()),
		objectstore.PutOptions{ContentType: "application/json", Encryption: place.Encryption, KMSKeyID: start.KMSKeyID})
	if err != nil {
		return nil, &reportError{err}
	}
	return &engine.ReportObject{Bucket: place.Bucket, Key: key}, nil
}

// reportError says that rows were rejected, and that this could not be reported.
type reportError struct{ error }

// Unwrap returns why.
func (e *reportError) Unwrap() error { return e.error }

// passing reports whether the same run may succeed later.
func passing(err error) bool {
	switch dberr.KindOf(err) {
	case dberr.Unavailable, dberr.Throttled, dberr.Internal:
		return true
	}
	return false
}

// final reports whether no further run can succeed, so that the scheduled query is disabled: its statement or its target is
// wrong. Limits of a run's memory or time, and reports that find no place, are none of that.
func final(err error) bool {
	var report *reportError
	return !errors.As(err, &report) && !passing(err) && !dberr.Is(err, dberr.Execution) && !dberr.Is(err, dberr.Corruption)
}

// reasonOf returns the text for users of why a run failed.
func reasonOf(err error) string {
	var known *dberr.Error
	if !errors.As(err, &known) || known.Kind == dberr.Internal {
		return "The run failed because of an internal error. The server's log has the details."
	}
	var report *reportError
	if errors.As(err, &report) {
		return "Some rows could not be written, and the error report about them could not be written either: " + known.Client()
	}
	return known.Client()
}
