package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Options says what is written, and where.
type Options struct {
	Objects objectstore.Store
	Unload  *plan.Unload
	Columns []types.Field // of the batches; those of Unload.PartitionedBy are the last ones
	QueryID string        // begins the names of all files
	// HeldBytesMax is about how much may be held for all open files together before some of it is written. Default 64 MiB.
	HeldBytesMax int64
	// ObjectBytes is how much the store holds in memory of an object on its way, at most; 0: nothing worth counting. If all
	// open ones together exceed ObjectsBytesMax, files end before they are full. Default of the latter: 128 MiB.
	ObjectBytes, ObjectsBytesMax int64
	// Wait calls its argument, which waits for the object store and computes nothing. Default: just that.
	Wait func(func())
	// Commit is called before the manifest is written, which says that the UNLOAD is done; its error ends the UNLOAD instead.
	// Default: no error.
	Commit func() error
}

const (
	heldBytesDefault    = 64 << 20
	objectsBytesDefault = 128 << 20
	// partitionsMax is how many partitions an UNLOAD may have. Source: documented.
	partitionsMax = 100
	// abortWithin is how long Abort tries to remove files.
	abortWithin = 15 * time.Second
	// removersMax is how many files it removes at a time.
	removersMax = 16
)

// Writer writes the files of one UNLOAD. It is used by one goroutine at a time.
type Writer struct {
	opts       Options
	format     format
	partitions map[string]*partition // by path
	router     router
	open       []*partition // those with an open file
	files      []fileEntry  // those that are finished
	keys       []string     // of all objects that are, or may be, in the store
	held       int64        // by encoders
	stored     int64        // by the store for open files, at the last look
	rows       int64
	writes     int64 // calls of Write so far
}

// partition is the rows that share the values of the partition columns; all rows, if there are none.
type partition struct {
	path string // "region=eu/az=1/", "" without partition columns
	file *file  // the open one; nil if none
}

// file is a file that is being written.
type file struct {
	object *object
	encoder
	rows int64
	used int64 // the number of the Write that brought its last rows
}

// encoder turns batches into the bytes of a file, which go to the file's object.
type encoder interface {
	// write takes rows, the first ones of the batch, until the file is as large as it may be, and says how many.
	write(b *vector.Batch) (taken int, err error)
	// held returns how many bytes are in memory, about.
	held() int64
	// flush writes what is held as far as that is possible.
	flush() error
	// finish writes all that is missing of the file.
	finish() error
}

// format makes encoders for one kind of file.
type format interface {
	contentType() string
	// encoder begins a file; alone says that there are no partitions.
	encoder(out *object) (encoder, error)
}

// Result is what an UNLOAD answers and reports.
type Result struct {
	Rows         int64
	Bytes        int64 // of all files with rows
	Partitions   int   // 0 without partition columns
	MetadataFile string
	ManifestFile string
}

// New begins an UNLOAD. Nothing is written yet: a result that cannot be written is refused here.
func New(opts Options) (*Writer, error) {
	if opts.HeldBytesMax <= 0 {
		opts.HeldBytesMax = heldBytesDefault
	}
	if opts.ObjectsBytesMax <= 0 {
		opts.ObjectsBytesMax = objectsBytesDefault
	}
	if opts.Wait == nil {
		opts.Wait = func(f func()) { f() }
	}
	if opts.Commit == nil {
		opts.Commit = func() error { return nil }
	}
	w := &Writer{opts: opts, partitions: map[string]*partition{}}
	inFiles := len(opts.Columns) - len(opts.Unload.PartitionedBy)
	columns := opts.Columns[:inFiles]
	if opts.Unload.Parquet {
		f, err := newParquetFormat(opts.Unload, columns, opts.HeldBytesMax)
		if err != nil {
			return nil, err
		}
		w.format = f
	} else {
		w.format = newCSVFormat(opts.Unload, columns)
	}
	w.router = router{names: opts.Unload.PartitionedBy, first: inFiles}
	return w, nil
}

// Write writes rows. The batch is not kept.
func (w *Writer) Write(ctx context.Context, b *vector.Batch) error {
	w.writes++
	parts, err := w.router.split(b)
	if err != nil {
		return err
	}
	for _, part := range parts {
		p := w.partitions[part.path]
		if p == nil {
			if len(w.partitions) == partitionsMax {
				return dberr.New(dberr.Execution, "UNLOAD exceeded the limit of %d partitions", partitionsMax)
			}
			p = &partition{path: part.path}
			w.partitions[part.path] = p
		}
		if err := w.append(ctx, p, part.rows); err != nil {
			return err
		}
	}
	w.rows += int64(b.Rows)
	return w.relieve()
}

// append writes rows of one partition, to as many files as they need.
func (w *Writer) append(ctx context.Context, p *partition, b *vector.Batch) error {
	for b.Rows > 0 {
		if p.file == nil {
			if err := w.begin(ctx, p); err != nil {
				return err
			}
		}
		before := p.file.held()
		taken, err := p.file.write(b)
		w.held += p.file.held() - before
		p.file.rows, p.file.used = p.file.rows+int64(taken), w.writes
		if err != nil {
			return storeError(err)
		}
		if taken == b.Rows {
			return nil
		}
		if err := w.finish(p); err != nil {
			return err
		}
		b = b.Slice(taken, b.Rows)
	}
	return nil
}

// begin opens the next file of a partition.
func (w *Writer) begin(ctx context.Context, p *partition) error {
	key, err := w.key("results/" + p.path + w.opts.QueryID + "_" + newUUID() + suffix(w.opts.Unload))
	if err != nil {
		return err
	}
	out := w.put(ctx, key, w.format.contentType())
	enc, err := w.format.encoder(out)
	p.file = &file{object: out, encoder: enc}
	w.open = append(w.open, p)
	if err != nil {
		return storeError(err)
	}
	w.held += enc.held()
	return nil
}

// finish completes the open file of a partition.
func (w *Writer) finish(p *partition) error {
	f := p.file
	held := f.held()
	err := f.encoder.finish()
	if err == nil {
		err = f.object.close()
	}
	if err != nil {
		return storeError(err)
	}
	w.held -= held
	p.file = nil
	w.open = slices.DeleteFunc(w.open, func(o *partition) bool { return o == p })
	w.keys = append(w.keys, f.object.key)
	w.files = append(w.files, fileEntry{URL: w.url(f.object.key), Metadata: fileMetadata{Bytes: f.object.bytes, Rows: f.rows}})
	return nil
}

// relieve gives memory back if open files take more than they may.
func (w *Writer) relieve() error {
	if err := w.flush(); err != nil {
		return err
	}
	if w.opts.ObjectBytes == 0 {
		return nil
	}
	w.stored = 0
	for _, p := range w.open {
		w.stored += w.storedOf(p)
	}
	for w.stored > w.opts.ObjectsBytesMax {
		oldest := w.oldest()
		w.stored -= w.storedOf(oldest)
		if err := w.finish(oldest); err != nil {
			return err
		}
	}
	return nil
}

// storedOf returns how much the store may hold of the open file of a partition.
func (w *Writer) storedOf(p *partition) int64 { return min(p.file.object.bytes, w.opts.ObjectBytes) }

// flush writes what encoders hold, the largest first, until it is less than half of what they may hold. If what files hold until
// they end is more than that, those end that no rows came for lately.
func (w *Writer) flush() error {
	if w.held <= w.opts.HeldBytesMax {
		return nil
	}
	byHeld := slices.Clone(w.open)
	slices.SortFunc(byHeld, func(a, b *partition) int { return cmp.Compare(b.file.held(), a.file.held()) })
	for _, p := range byHeld {
		if w.held <= w.opts.HeldBytesMax/2 {
			break
		}
		before := p.file.held()
		if err := p.file.flush(); err != nil {
			return storeError(err)
		}
		w.held += p.file.held() - before
	}
	for w.held > w.opts.HeldBytesMax/2 && len(w.open) > 1 {
		if err := w.finish(w.oldest()); err != nil {
			return err
		}
	}
	return nil
}

// oldest returns the partition with an open file that got no rows for longest.
func (w *Writer) oldest() *partition {
	return slices.MinFunc(w.open, func(a, b *partition) int { return cmp.Compare(a.file.used, b.file.used) })
}

// Held returns about how much memory the open files take, here and in the store.
func (w *Writer) Held() int64 { return w.held + w.stored }

// Finish completes all files, then writes metadata and manifest. The manifest is the last one: where it is, all is.
func (w *Writer) Finish(ctx context.Context) (*Result, error) {
	for len(w.open) > 0 {
		if err := w.finish(w.open[0]); err != nil {
			return nil, err
		}
	}
	w.stored = 0
	return w.describe(ctx)
}

// Abort gives up: no manifest and no metadata are written, open files vanish, finished ones are removed. It may be called
// after any error and after Finish has failed. The error, for the log, says how many could not be removed.
func (w *Writer) Abort() error {
	for _, p := range w.open {
		p.file.object.abort()
		w.keys = append(w.keys, p.file.object.key) // a Put that failed may have left it
	}
	w.open, w.held, w.stored = nil, 0, 0
	keys := w.keys
	w.keys = nil
	var err error
	w.opts.Wait(func() { err = w.remove(keys) })
	return err
}

// remove removes objects, some at a time, the last ones first: the manifest is among them.
func (w *Writer) remove(keys []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), abortWithin)
	defer cancel()
	var workers sync.WaitGroup
	next, errs := make(chan int), make([]error, len(keys))
	for range min(removersMax, len(keys)) {
		workers.Go(func() {
			for i := range next {
				if err := w.opts.Objects.Delete(ctx, w.opts.Unload.Bucket, keys[i]); err != nil {
					errs[i] = fmt.Errorf("remove %s: %w", keys[i], err)
				}
			}
		})
	}
	for i := range slices.Backward(keys) {
		next <- i
	}
	close(next)
	workers.Wait()
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d objects are left: %w", len(errs), len(keys), errs[0])
}

// storeError gives errors of the object store the kinds and texts of UNLOAD's.
func storeError(err error) error {
	var known *dberr.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case !errors.As(err, &known):
		return dberr.Wrap(dberr.Unavailable, err, "UNLOAD could not write to the destination")
	case known.Kind == dberr.Throttled:
		return dberr.Wrap(dberr.Throttled, err, "We have detected that Amazon S3 is throttling the writes from UNLOAD command. See Amazon Timestream documentation for more information")
	case known.Kind == dberr.NotFound, known.Kind == dberr.Conflict: // which Query does not have
		return dberr.Wrap(dberr.Invalid, err, "UNLOAD could not write to the destination: %s", known.Client())
	}
	return err
}
