package engine

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/batchload"
	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
)

// What a batch load does to object storage is asked of whoever makes or resumes its task. The load runs later, when nobody can be
// asked any more: so its files are found, and asked for one by one, before, and it loads no others.

// permitBuckets asks for all that a task does to object storage but reading its files; a nil permit permits all.
func permitBuckets(permit func(Permission) error, id string, cfg *BatchConfig) error {
	if permit == nil {
		return nil
	}
	list := []Permission{{Action: ActionGetBucketACL, Bucket: cfg.Bucket}, {Action: ActionListBucket, Bucket: cfg.Bucket, Key: cfg.Prefix}}
	if m := cfg.ModelObject; m != nil {
		list = append(list, Permission{Action: ActionGetObject, Bucket: m.Bucket, Key: m.Key})
	}
	for _, p := range list {
		if err := permit(p); err != nil {
			return err
		}
	}
	return permitPut(permit, cfg.Report.Bucket, errorreport.Key(cfg.Report.Prefix, id+"/"+id+"-*.json"))
}

// permitFiles finds the files of a task, unless they are known, and asks for each. It returns none if nobody is to be asked, or if there
// are none that could be loaded: the task tells why when it fails.
func (e *Engine) permitFiles(ctx context.Context, permit func(Permission) error, cfg *BatchConfig, files []catalog.BatchFile) ([]catalog.BatchFile, error) {
	if permit == nil {
		return files, nil
	}
	if files == nil {
		load := &batchload.Load{Objects: e.opts.Objects, Clock: e.clock, Bucket: cfg.Bucket, RetryFor: -1}
		found, err := load.Find(ctx, cfg.Prefix)
		if dberr.Is(err, dberr.Invalid) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		files = batchFiles(found)
	}
	for _, f := range files {
		if err := permit(Permission{Action: ActionGetObject, Bucket: cfg.Bucket, Key: f.Key}); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// findBatchFiles returns the files of a task that begins without any. Those that came after its maker was asked for permission are
// refused.
func findBatchFiles(ctx context.Context, task *BatchLoadTask, load *batchload.Load) ([]catalog.BatchFile, error) {
	found, err := load.Find(ctx, task.Config.Prefix)
	if err == nil && task.Config.Asked {
		err = dberr.New(dberr.Invalid, "The files with the key prefix '%s' in the bucket %s were not there, or were too many, when the task was created.",
			task.Config.Prefix, task.Config.Bucket)
	}
	return batchFiles(found), err
}

// batchFiles makes files as the catalog keeps them.
func batchFiles(found []batchload.File) []catalog.BatchFile {
	files := make([]catalog.BatchFile, len(found))
	for i, f := range found {
		files[i] = catalog.BatchFile(f)
	}
	return files
}
