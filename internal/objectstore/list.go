package objectstore

import (
	"context"
	"errors"
	"path"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// List implements Store. It reads only folders that may have keys of the page.
func (l *Local) List(ctx context.Context, bucket string, req ListRequest) (ListPage, error) {
	if err := CheckBucketName(bucket); err != nil {
		return ListPage{}, err
	}
	w := walk{fs: l.fs, req: req, limit: req.PageSize()}
	if err := w.folder(ctx, bucketDir(bucket), ""); err != nil {
		return ListPage{}, unavailable(err, "The objects cannot be listed")
	}
	return w.page, nil
}

// walk fills a page.
type walk struct {
	fs    vfs.FS
	req   ListRequest
	limit int
	page  ListPage
}

// folder adds the objects below a folder, whose keys all begin with begin. It stops when the page is full.
func (w *walk) folder(ctx context.Context, dir, begin string) error {
	if err := ctx.Err(); err != nil {
		return &bodyError{err}
	}
	names, err := w.fs.List(dir)
	if errors.Is(err, vfs.ErrNotExist) { // nothing was put into the bucket, or its last object was deleted meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range readEntries(names) {
		if w.page.More {
			return nil
		}
		text, name := begin+e.text, path.Join(dir, e.name)
		switch {
		case e.folder && w.reaches(text):
			err = w.folder(ctx, name, text)
		case !e.folder && strings.HasPrefix(text, w.req.Prefix) && text > w.req.After:
			err = w.object(name, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reaches reports whether some key that begins with begin may be on the page.
func (w *walk) reaches(begin string) bool {
	inside := strings.HasPrefix(begin, w.req.Prefix) || strings.HasPrefix(w.req.Prefix, begin)
	return inside && (begin > w.req.After || strings.HasPrefix(w.req.After, begin))
}

// object adds an object, or notes that there are more than the page takes.
func (w *walk) object(name, key string) error {
	if len(w.page.Objects) == w.limit {
		w.page.More = true
		return nil
	}
	f, err := w.fs.Open(name)
	if errors.Is(err, vfs.ErrNotExist) { // deleted meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	o, err := describe(f, key)
	err = errors.Join(err, f.Close())
	if errors.Is(err, vfs.ErrNotExist) { // a folder that is none of ours
		return nil
	}
	if err != nil {
		return err
	}
	w.page.Objects = append(w.page.Objects, o)
	return nil
}
