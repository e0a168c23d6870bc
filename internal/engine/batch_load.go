package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/tidemarkdb/tidemark/internal/batchload"
	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// Limits of batch load tasks. Source: quotas; those that the service does not state say so.
const (
	batchPerTableMax = 5  // active tasks of a table
	batchActiveMax   = 10 // active tasks in all
	batchTokenSame   = 8 * time.Hour
	batchResumable   = 7 * 24 * time.Hour  // a stopped task; not stated
	batchKept        = 90 * 24 * time.Hour // a task that is not active; not stated
	batchTasksMax    = 10_000              // tasks that are kept; ours
)

// BatchStatus is the state of a batch load task.
type BatchStatus = catalog.BatchStatus

// BatchSource says what a batch load reads.
type BatchSource struct {
	Bucket string        `json:"bucket"`
	Prefix string        `json:"prefix,omitempty"`
	CSV    batchload.CSV `json:"csv"`
}

// S3Object is one object.
type S3Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// BatchConfig is what a batch load task does. If ModelObject is set the model was read from it. Asked says that the task's maker was
// asked for permission to read each of its files, so that it loads no others.
type BatchConfig struct {
	BatchSource
	Model       *mapping.Model `json:"model"`
	ModelObject *S3Object      `json:"model_object,omitempty"`
	Report      S3Location     `json:"report"`
	Version     int64          `json:"version"`
	Asked       bool           `json:"asked,omitempty"`
}

// BatchLoadTask is a batch load task as users see it.
type BatchLoadTask struct {
	*catalog.BatchTask
	Config BatchConfig
}

// batchTask makes a task as users see it.
func batchTask(t *catalog.BatchTask) (*BatchLoadTask, error) {
	out := &BatchLoadTask{BatchTask: t}
	if err := json.Unmarshal(t.Config, &out.Config); err != nil {
		return nil, dberr.Wrap(dberr.Corruption, err, "The catalog is damaged")
	}
	return out, nil
}

// CSVOptions is the dialect of the files as it was asked for; what is empty has its default.
type CSVOptions struct {
	ColumnSeparator, EscapeChar, QuoteChar, NullValue string
	TrimWhiteSpace                                    bool
}

// CreateBatchLoadInput describes a new task. Of Model and ModelObject one is set.
type CreateBatchLoadInput struct {
	Principal, ClientToken string
	Database, Table        string
	Bucket, Prefix         string
	CSV                    CSVOptions
	Model                  *mapping.Model
	ModelObject            *S3Object
	Report                 S3Location
	Version                int64
	HasVersion             bool
	// Permit is asked for what the task will do to object storage; nil permits all.
	Permit func(Permission) error
}

// CreateBatchLoadTask accepts a batch load and returns its task's id. Within 8 hours the same request with the same client token is
// the same task.
//
// Order: repeated requests; the table; the input by itself; the permission to use the buckets; the data model, read from its object if
// need be; the buckets; the permission to read the files; the quotas.
func (e *Engine) CreateBatchLoadTask(ctx context.Context, in CreateBatchLoadInput) (string, error) {
	cfg := BatchConfig{BatchSource: BatchSource{Bucket: in.Bucket, Prefix: in.Prefix}, Model: in.Model, ModelObject: in.ModelObject, Report: in.Report, Version: 1}
	if in.HasVersion {
		cfg.Version = in.Version
	}
	var err error
	if cfg.CSV, err = in.CSV.dialect(); err != nil {
		return "", err
	}
	if same, err := e.repeatedBatch(&in, &cfg, e.catalog.BatchTasks()); err != nil {
		return "", err
	} else if same != nil {
		return same.ID, nil
	}
	t, err := e.catalog.Table(in.Database, in.Table)
	if err != nil {
		return "", err
	}
	if err := cfg.check(); err != nil {
		return "", err
	}
	id := errorreport.NewID()
	if err := permitBuckets(in.Permit, id, &cfg); err != nil {
		return "", err
	}
	if cfg.ModelObject != nil {
		if cfg.Model, err = e.readModel(ctx, cfg.ModelObject); err != nil {
			return "", err
		}
	}
	if err := checkModel(cfg.Model, t.RequiredDimension()); err != nil {
		return "", err
	}
	if err := e.checkBuckets(ctx, cfg.Bucket, cfg.Report.Bucket); err != nil {
		return "", err
	}
	cfg.Asked = in.Permit != nil
	files, err := e.permitFiles(ctx, in.Permit, &cfg, nil)
	if err != nil {
		return "", err
	}
	now := e.nowMillis()
	task := catalog.BatchTask{ID: id, Files: files, Token: in.ClientToken, Principal: in.Principal, TableID: t.ID, Database: t.Database, Table: t.Name,
		Config: errorreport.Encode(cfg), Status: catalog.BatchCreated, CreatedAt: now, UpdatedAt: now}
	made, err := e.catalog.CreateBatchTask(task, func(all []*catalog.BatchTask) (*catalog.BatchTask, error) {
		if same, err := e.repeatedBatch(&in, &cfg, all); err != nil || same != nil {
			return same, err
		}
		return nil, checkBatchQuotas(t.ID, all)
	})
	if err != nil {
		return "", err
	}
	e.batches.ask()
	return made.ID, nil
}

// checkBuckets refuses buckets that do not exist.
func (e *Engine) checkBuckets(ctx context.Context, buckets ...string) error {
	for _, bucket := range buckets {
		if err := e.opts.Objects.CheckBucket(ctx, bucket); dberr.Is(err, dberr.NotFound) {
			return dberr.New(dberr.Invalid, "The bucket %s does not exist.", bucket)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// repeatedBatch returns the task that a request repeats, nil if it is a new one.
func (e *Engine) repeatedBatch(in *CreateBatchLoadInput, cfg *BatchConfig, all []*catalog.BatchTask) (*catalog.BatchTask, error) {
	if in.ClientToken == "" {
		return nil, nil
	}
	for _, t := range all {
		if t.Token != in.ClientToken || t.Principal != in.Principal || e.nowMillis()-t.CreatedAt > batchTokenSame.Milliseconds() {
			continue
		}
		had, err := batchTask(t)
		if err != nil {
			return nil, err
		}
		mine, its := *cfg, had.Config
		mine.Asked = its.Asked
		if its.ModelObject != nil { // the object may have changed: its place counts
			mine.Model, its.Model = nil, nil
		}
		var read BatchConfig // as it is after it was written and read
		if err := json.Unmarshal(errorreport.Encode(mine), &read); err != nil {
			panic("bug: read a configuration: " + err.Error())
		}
		if t.Database != in.Database || t.Table != in.Table || !reflect.DeepEqual(read, its) {
			return nil, dberr.New(dberr.Conflict, "The ClientToken was used before in a request with other parameters")
		}
		return t, nil
	}
	return nil, nil
}

// checkBatchQuotas refuses a further task for a table if there are as many active ones as there may be.
func checkBatchQuotas(table uint64, all []*catalog.BatchTask) error {
	active, here := 0, 0
	for _, t := range all {
		if !t.Status.Active() {
			continue
		}
		active++
		if t.TableID == table {
			here++
		}
	}
	switch {
	case here >= batchPerTableMax:
		return dberr.New(dberr.Limit, "Limit for number of active batch load tasks per table exceeded")
	case active >= batchActiveMax:
		return dberr.New(dberr.Limit, "Limit for number of active batch load tasks per account exceeded")
	}
	return nil
}

// DescribeBatchLoadTask returns a task with the progress that was last made durable.
func (e *Engine) DescribeBatchLoadTask(_ context.Context, id string) (*BatchLoadTask, error) {
	t, err := e.catalog.BatchTask(id)
	if err != nil {
		return nil, err
	}
	return batchTask(t)
}

// listBatchTasks is the kind of list of tasks; the status follows it.
const listBatchTasks = "batch load tasks "

// ListBatchLoadTasks returns up to limit tasks with a status, or all if it is "", the newest first, and the token of the next
// page, "" on the last one.
func (e *Engine) ListBatchLoadTasks(_ context.Context, status BatchStatus, token string, limit int) ([]*BatchLoadTask, string, error) {
	kind := listBatchTasks + string(status)
	after, err := pageAfter(kind, token, limit)
	if err != nil {
		return nil, "", err
	}
	all := e.catalog.BatchTasks()
	slices.Reverse(all)
	if after.name != "" { // a task that was forgotten was the oldest: nothing came after it
		i := slices.IndexFunc(all, func(t *catalog.BatchTask) bool { return t.ID == after.name })
		if i < 0 {
			i = len(all) - 1
		}
		all = all[i+1:]
	}
	var out []*BatchLoadTask
	for _, t := range all {
		if status != "" && t.Status != status {
			continue
		}
		if len(out) == limit {
			return out, listToken(kind, listPosition{name: out[limit-1].ID}), nil
		}
		task, err := batchTask(t)
		if err != nil {
			return nil, "", err
		}
		out = append(out, task)
	}
	return out, "", nil
}

// ResumeBatchLoadTask lets a task that was stopped go on where it was. permit, unless it is nil, is asked whether the caller may
// write to the task's table, and what the task does to object storage.
func (e *Engine) ResumeBatchLoadTask(ctx context.Context, id string, permit func(Permission) error) error {
	task, err := e.DescribeBatchLoadTask(ctx, id)
	if err == nil && permit != nil {
		err = permit(Permission{Action: ActionWriteRecords, Database: task.Database, Table: task.Table})
	}
	if err == nil {
		err = permitBuckets(permit, id, &task.Config)
	}
	var files []catalog.BatchFile
	if err == nil && task.Status == catalog.BatchStopped {
		files, err = e.permitFiles(ctx, permit, &task.Config, task.Files)
	}
	if err != nil {
		return err
	}
	now := e.nowMillis()
	_, err = e.catalog.UpdateBatchTask(id, func(t *catalog.BatchTask) error {
		switch {
		case t.Status != catalog.BatchStopped:
			return dberr.New(dberr.Invalid, "The batch load task %s cannot be resumed because its status is %s. Only tasks with status %s can.", id, t.Status, catalog.BatchStopped)
		case now >= t.ResumableUntil:
			return dberr.New(dberr.Invalid, "The batch load task %s cannot be resumed any more. It could be until %s.", id,
				time.UnixMilli(t.ResumableUntil).UTC().Format("2006-01-02T15:04:05.000Z"))
		}
		t.Status, t.UpdatedAt = catalog.BatchPendingResume, now
		if t.Files == nil {
			t.Files = files
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.batches.ask()
	return nil
}

// forgetBatches forgets tasks that have not been active for long, and the oldest ones if there are very many.
func (e *Engine) forgetBatches() error {
	now := min(e.nowMillis(), e.age.believed.Load()) // a leap of the clock forgets nothing
	all := e.catalog.BatchTasks()
	left := len(all)
	for _, t := range all {
		if t.Status.Active() || t.UpdatedAt >= now-batchKept.Milliseconds() && left <= batchTasksMax {
			continue
		}
		if err := e.catalog.DropBatchTask(t.ID); err != nil {
			return fmt.Errorf("forget batch load task %s: %w", t.ID, err)
		}
		left--
	}
	return nil
}
