package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/batchload"
	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// How batch load tasks are carried out. A task is in the catalog with its state: CREATED or PENDING_RESUME until it has its turn;
// IN_PROGRESS, with its files and its place, until it has finished or cannot go on. Whatever ends the server in between, a task
// in one of these states is taken up when the next one begins, at its place.

// Limits of running tasks.
const (
	batchRunningMax = 2 // at once; others wait
	batchPause      = 10 * time.Second
)

// BatchOptions configures batch loads. Zero values are the loader's defaults.
type BatchOptions struct {
	SaveEvery time.Duration
	SaveRows  int64
	RetryFor  time.Duration
}

// batches wakes the loop that carries out batch load tasks.
type batches struct{ wake chan struct{} }

// ask wakes the loop.
func (b *batches) ask() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// batchLoop carries out tasks until its context ends, then waits for those under way.
func (e *Engine) batchLoop(ctx context.Context) {
	running, done := map[string]bool{}, make(chan string)
	for ctx.Err() == nil {
		for _, t := range e.catalog.BatchTasks() {
			if t.Status.Active() && !running[t.ID] && len(running) < batchRunningMax {
				running[t.ID] = true
				go func() {
					e.runBatch(ctx, t.ID)
					done <- t.ID
				}()
			}
		}
		select {
		case <-ctx.Done():
		case <-e.batches.wake:
		case id := <-done:
			delete(running, id)
		}
	}
	for len(running) > 0 {
		delete(running, <-done)
	}
}

// RunBatchLoads carries out all active tasks, one after the other, which otherwise happens in the background.
func (e *Engine) RunBatchLoads(ctx context.Context) {
	for _, t := range e.catalog.BatchTasks() {
		if t.Status.Active() && ctx.Err() == nil {
			e.runBatch(ctx, t.ID)
		}
	}
}

// runBatch carries out a task and notes what became of it. If that cannot be noted the task stays active and is tried again
// after a pause.
func (e *Engine) runBatch(ctx context.Context, id string) {
	progress, err := e.loadBatch(ctx, id)
	if ctx.Err() != nil {
		return // it goes on when the server does
	}
	if err = e.settleBatch(id, progress, err); err == nil {
		e.tellBatch(id)
		return
	}
	e.logger.Error("the state of a batch load task could not be stored", "task_id", id, "error", err)
	select {
	case <-ctx.Done():
	case <-e.clock.After(batchPause):
	}
}

// tellBatch tells whoever wants to know that a task has ended.
func (e *Engine) tellBatch(id string) {
	if e.opts.BatchEnded == nil {
		return
	}
	if task, err := e.DescribeBatchLoadTask(context.Background(), id); err == nil {
		e.opts.BatchEnded(task, e.tableARN(task.Database, task.Table))
	}
}

// loadBatch carries out a task until its end or an error.
func (e *Engine) loadBatch(ctx context.Context, id string) (batchload.Progress, error) {
	stored, err := e.catalog.BatchTask(id)
	if err != nil {
		return batchload.Progress{}, err
	}
	task, err := batchTask(stored)
	if err != nil {
		return batchload.Progress{}, err
	}
	load := e.newLoad(task)
	from, err := progressOf(&task.Progress)
	if err == nil {
		err = e.checkBatchTable(task)
	}
	if err == nil {
		err = e.beginBatch(ctx, task, load)
	}
	if err == nil {
		from, err = load.Run(ctx, from)
	}
	if dberr.Is(err, dberr.NotFound) { // the table, perhaps, while rows were written
		err = cmp.Or(e.checkBatchTable(task), err)
	}
	var stop *batchload.StopError
	if err == nil || ctx.Err() != nil || errors.As(err, &stop) {
		return from, err
	}
	// It cannot go on. The report says why, if it can be written; the task does in any case.
	at, perr := e.catalog.BatchTask(id)
	if perr == nil {
		from, perr = progressOf(&at.Progress)
	}
	if perr == nil {
		perr = load.ReportFailure(ctx, from.Place, err)
	}
	if perr != nil {
		e.logger.Warn("the report of a batch load task could not be written", "task_id", id, "error", perr)
	}
	return from, err
}

// checkBatchTable fails if the table that a task was made for is not there any more. There may be another one of that name.
func (e *Engine) checkBatchTable(task *BatchLoadTask) error {
	if e.catalog.TableByID(task.TableID) == nil {
		return dberr.New(dberr.NotFound, "The table %s of the batch load task was deleted.", task.Table)
	}
	return nil
}

// beginBatch finds the files of a task that has none yet, and notes that it is in progress.
func (e *Engine) beginBatch(ctx context.Context, task *BatchLoadTask, load *batchload.Load) error {
	if task.Status != catalog.BatchInProgress {
		files := task.Files
		if files == nil {
			var err error
			if files, err = findBatchFiles(ctx, task, load); err != nil {
				return err
			}
		}
		began, err := e.catalog.UpdateBatchTask(task.ID, func(t *catalog.BatchTask) error {
			t.Status, t.Files, t.Error, t.ResumableUntil, t.UpdatedAt = catalog.BatchInProgress, files, "", 0, e.nowMillis()
			return nil
		})
		if err != nil {
			return &batchload.StopError{Cause: err}
		}
		task.BatchTask = began
	}
	for _, f := range task.Files {
		load.Files = append(load.Files, batchload.File(f))
	}
	return nil
}

// newLoad makes the loader of a task, without files.
func (e *Engine) newLoad(task *BatchLoadTask) *batchload.Load {
	cfg := &task.Config
	unit := timeUnitNamed(cfg.Model.TimeUnit)
	return &batchload.Load{
		ID: task.ID, Objects: e.opts.Objects, Clock: e.clock, Bucket: cfg.Bucket, CSV: cfg.CSV, Model: cfg.Model, Report: batchload.Place(cfg.Report),
		SaveEvery: e.opts.Batch.SaveEvery, SaveRows: e.opts.Batch.SaveRows, RetryFor: e.opts.Batch.RetryFor,
		Write: func(ctx context.Context, records []mapping.Record) (batchload.Outcome, error) {
			res, err := e.WriteMapped(ctx, MappedWrite{Database: task.Database, Table: task.Table, TableID: task.TableID, Records: records,
				TimeUnit: unit, Version: cfg.Version, Load: true})
			out := batchload.Outcome{BytesMetered: res.BytesMetered}
			for _, r := range res.Rejected {
				out.Failed = append(out.Failed, batchload.Failure{Index: r.Index, Reason: r.Reason, Parse: r.Invalid})
			}
			return out, err
		},
		Save: func(p batchload.Progress) error {
			return e.catalog.SetBatchProgress(task.ID, e.nowMillis(), keptProgress(&p))
		},
	}
}

// timeUnitNamed returns the unit of a name of the API, 0 for none.
func timeUnitNamed(name string) TimeUnit {
	for i, n := range TimeUnitNames() {
		if n == name {
			return TimeUnit(i + 1)
		}
	}
	return 0
}

// keptProgress is progress as the catalog keeps it; progressOf is the reverse.
func keptProgress(p *batchload.Progress) catalog.BatchProgress {
	return catalog.BatchProgress{
		Processed: p.Processed, Ingested: p.Ingested, ParseFailures: p.ParseFailures, IngestionFailures: p.IngestionFailures,
		FileFailures: p.FileFailures, BytesMetered: p.BytesMetered, Place: errorreport.Encode(p.Place),
	}
}

// progressOf reads progress as the catalog keeps it.
func progressOf(p *catalog.BatchProgress) (batchload.Progress, error) {
	out := batchload.Progress{Counts: batchload.Counts{
		Processed: p.Processed, Ingested: p.Ingested, ParseFailures: p.ParseFailures, IngestionFailures: p.IngestionFailures,
		FileFailures: p.FileFailures, BytesMetered: p.BytesMetered,
	}}
	if len(p.Place) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(p.Place, &out.Place); err != nil {
		return out, dberr.Wrap(dberr.Corruption, err, "The catalog is damaged")
	}
	return out, nil
}

// settleBatch notes how a task has ended, or why it cannot go on for now.
func (e *Engine) settleBatch(id string, p batchload.Progress, cause error) error {
	var stop *batchload.StopError
	_, err := e.catalog.UpdateBatchTask(id, func(t *catalog.BatchTask) error {
		t.UpdatedAt = e.nowMillis()
		switch {
		case errors.As(cause, &stop):
			t.Status, t.Error = catalog.BatchStopped, errorText(cause)
			t.ResumableUntil = t.UpdatedAt + batchResumable.Milliseconds()
			return nil
		case cause != nil:
			t.Status, t.Error = catalog.BatchFailed, errorText(cause)
		case p.ParseFailures+p.IngestionFailures+p.FileFailures > 0:
			t.Status, t.Error = catalog.BatchFailed, "Some of the data could not be loaded. The error report says what, and why."
		default:
			t.Status = catalog.BatchSucceeded
		}
		t.Files, t.Progress.Place = nil, nil
		return nil
	})
	if err != nil {
		return err
	}
	if cause != nil {
		e.logger.Warn("a batch load task stopped", "task_id", id, "error", cause)
	}
	return nil
}

// errorTextMax is how many bytes the text of an error has at most. Source: BatchLoadTaskDescription.
const errorTextMax = 2048

// errorText is what users see of an error, cut between two characters if it is too long.
func errorText(err error) string {
	text := "The task failed because of an internal error. The server's log has the details."
	var known *dberr.Error
	if errors.As(err, &known) && known.Kind != dberr.Internal {
		text = known.Client()
	}
	n := min(len(text), errorTextMax)
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
