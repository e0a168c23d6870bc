package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Names in the root of a local store. No bucket has such a name.
const unfinishedDir = ".unfinished" // objects that are being put, numbered

// bucketDir returns the folder of a bucket.
func bucketDir(bucket string) string { return finishName(bucket) }

// Local keeps objects in a folder: see path.go for where. A bucket comes into being with the first object that is put into
// it. One process at a time has a folder open; whoever opens it sees to that.
//
// Putting an object: its bytes go to a file of their own in unfinishedDir, which is synced; the folders above its place are
// made and synced; the file gets its place by a rename; the folder is synced. A crash before the rename leaves a file that
// the next OpenLocal removes. Rejected alternative: a temporary name beside the place. It could be the name of another key,
// and leftovers would have to be looked for everywhere.
type Local struct {
	fs   vfs.FS
	next atomic.Uint64 // number of the next unfinished object
	// names is held while folders are made or removed and names change, so that no folder goes away under a Put.
	names sync.Mutex
}

var _ Store = (*Local)(nil)

// OpenLocal opens a folder, made if it is missing.
func OpenLocal(fs vfs.FS) (*Local, error) {
	if err := fs.MkdirAll(unfinishedDir); err != nil {
		return nil, unavailable(err, "The object folder cannot be made")
	}
	names, err := fs.List(unfinishedDir)
	if err != nil {
		return nil, unavailable(err, "The object folder cannot be read")
	}
	for _, name := range names {
		if err := fs.Remove(path.Join(unfinishedDir, name)); err != nil {
			return nil, unavailable(err, "An unfinished object cannot be removed")
		}
	}
	if err := fs.SyncDir("."); err != nil {
		return nil, unavailable(err, "The object folder cannot be made durable")
	}
	return &Local{fs: fs}, nil
}

// place returns the path of an object.
func place(bucket, key string) (string, error) {
	if err := CheckBucketName(bucket); err != nil {
		return "", err
	}
	if err := CheckKey(key); err != nil {
		return "", err
	}
	return path.Join(bucketDir(bucket), path.Join(keyPath(key)...)), nil
}

// Put implements Store.
func (l *Local) Put(ctx context.Context, bucket, key string, body io.Reader, opts PutOptions) error {
	name, err := place(bucket, key)
	if err != nil {
		return err
	}
	unfinished := path.Join(unfinishedDir, fmt.Sprint(l.next.Add(1)))
	if err = l.write(ctx, unfinished, body); err == nil {
		err = l.finish(unfinished, name, opts.IfAbsent)
	}
	if err != nil {
		_ = l.fs.Remove(unfinished) // OpenLocal does it if it fails
		return unavailable(err, "The object cannot be stored")
	}
	return nil
}

// write makes a durable file of what body gives.
func (l *Local) write(ctx context.Context, name string, body io.Reader) (err error) {
	f, err := l.fs.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if _, err := io.Copy(f, &bodyReader{ctx, body}); err != nil {
		return err
	}
	return f.Sync()
}

// bodyReader reads until its context ends. It marks the errors of the body, which are the caller's own.
type bodyReader struct {
	ctx  context.Context
	body io.Reader
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, &bodyError{err}
	}
	n, err := r.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &bodyError{err}
	}
	return n, err
}

// bodyError is an error of the body, or of the context.
type bodyError struct{ err error }

// Error returns the text of the error.
func (e *bodyError) Error() string { return e.err.Error() }

// finish gives a file its place.
func (l *Local) finish(unfinished, name string, ifAbsent bool) error {
	l.names.Lock()
	defer l.names.Unlock()
	if ifAbsent {
		f, err := l.fs.Open(name)
		if err == nil {
			_ = f.Close() // it was not read
			return dberr.New(dberr.Conflict, "There is an object of that key already.")
		}
		if !errors.Is(err, vfs.ErrNotExist) {
			return err
		}
	}
	dir := path.Dir(name)
	if err := l.fs.MkdirAll(dir); err != nil {
		return err
	}
	// All folders above are synced, also those that were there: a sync may have failed when they were made.
	for d := path.Dir(dir); ; d = path.Dir(d) {
		if err := l.fs.SyncDir(d); err != nil {
			return err
		}
		if d == "." {
			break
		}
	}
	if err := l.fs.Rename(unfinished, name); err != nil {
		return err
	}
	return l.fs.SyncDir(dir)
}

// Get implements Store.
func (l *Local) Get(ctx context.Context, bucket, key string, offset int64) (io.ReadCloser, Object, error) {
	name, err := place(bucket, key)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, Object{}, err
	}
	f, err := l.fs.Open(name)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil, Object{}, dberr.Wrap(dberr.NotFound, err, "The object does not exist.")
	}
	if err != nil {
		return nil, Object{}, unavailable(err, "The object cannot be read")
	}
	o, err := describe(f, key)
	if err != nil {
		err = errors.Join(err, f.Close())
		if errors.Is(err, vfs.ErrNotExist) { // a folder that is none of ours
			return nil, Object{}, dberr.Wrap(dberr.NotFound, err, "The object does not exist.")
		}
		return nil, Object{}, unavailable(err, "The object cannot be read")
	}
	offset = min(max(offset, 0), o.Size)
	return &content{io.NewSectionReader(f, offset, o.Size-offset), f}, o, nil
}

// describe returns what a file tells of its object. An object that is replaced by one of the same size within the resolution
// of the disk's times, some milliseconds at most, keeps its ETag.
func describe(f vfs.ReadFile, key string) (Object, error) {
	size, err := f.Size()
	if err != nil {
		return Object{}, err
	}
	modified, err := vfs.Modified(f)
	if err != nil {
		return Object{}, err
	}
	return Object{Key: key, Size: size, ETag: fmt.Sprintf("%x-%x", modified.UnixNano(), size), Modified: modified.UTC()}, nil
}

// CheckBucket implements Store: the first Put makes a bucket.
func (l *Local) CheckBucket(ctx context.Context, bucket string) error {
	if err := CheckBucketName(bucket); err != nil {
		return err
	}
	return ctx.Err()
}

// content is an object that is being read.
type content struct {
	io.Reader
	file io.Closer
}

// Close gives the file back.
func (c *content) Close() error { return c.file.Close() }

// Delete implements Store. Folders that are empty then go, too.
func (l *Local) Delete(ctx context.Context, bucket, key string) error {
	name, err := place(bucket, key)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	l.names.Lock()
	defer l.names.Unlock()
	if err := l.fs.Remove(name); errors.Is(err, vfs.ErrNotExist) {
		return nil
	} else if err != nil {
		return unavailable(err, "The object cannot be deleted")
	}
	dir := path.Dir(name)
	if err := l.fs.SyncDir(dir); err != nil {
		return unavailable(err, "The deletion cannot be made durable")
	}
	for strings.Contains(dir, "/") && l.fs.Remove(dir) == nil { // which fails for one that is not empty; the bucket stays
		dir = path.Dir(dir)
	}
	return nil
}

// unavailable gives errors of the file system a kind and a text. Others have theirs.
func unavailable(err error, text string) error {
	var known *dberr.Error
	var body *bodyError
	switch {
	case errors.As(err, &body):
		return body.err
	case errors.As(err, &known):
		return err
	case vfs.DiskFull(err):
		return dberr.Wrap(dberr.Unavailable, err, "%s: the disk is full", text)
	}
	return dberr.Wrap(dberr.Unavailable, err, "%s", text)
}
