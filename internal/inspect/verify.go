package inspect

import (
	"context"
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/storage/segment"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/overlay"
)

// readSegment sees that a segment is there, with the length that the manifest says; to verify, it reads all of it.
func (f *folderReader) readSegment(ctx context.Context, t *tableReport, s *storage.SegmentLayout) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	size, err := vfs.FileSize(f.data, s.Name)
	switch {
	case errors.Is(err, vfs.ErrNotExist):
		f.problem(fmt.Errorf("%s: file is missing", where(s.Name)))
		return nil
	case err != nil:
		return err
	case size != s.Bytes:
		f.problem(fmt.Errorf("%s: %d bytes, the manifest says %d", where(s.Name), size, s.Bytes))
	}
	if !f.opts.Verify {
		return nil
	}
	if err := segment.Verify(f.data, s.Name); err != nil {
		return f.damage(err)
	}
	r, err := segment.Open(f.data, s.Name, nil)
	if err != nil {
		return f.damage(err)
	}
	f.compare(t, s, r)
	return r.Close()
}

// compare compares what a segment says of itself with what the manifest and the index say.
func (f *folderReader) compare(t *tableReport, s *storage.SegmentLayout, r *segment.Reader) {
	meta, info := r.Meta(), r.Info()
	for _, c := range []struct {
		what      string
		have, say any
	}{
		{"the table", meta.Table, uint64(t.ID)},
		{"the begin of the window", Time(meta.WindowFrom), Time(s.WindowFrom)},
		{"the end of the window", Time(meta.WindowTo), Time(s.WindowTo)},
		{"the sequence", meta.MaxSequence, s.Sequence},
		{"the number of rows", info.Rows, s.Rows},
		{"the first time", Time(info.TimeMin), Time(s.From)},
		{"the last time", Time(info.TimeMax), Time(s.To)},
	} {
		if c.have != c.say {
			f.problem(fmt.Errorf("%s: %s is %v, the manifest says %v", where(s.Name), c.what, c.have, c.say))
		}
	}
	if info.Rows > 0 && (info.TimeMin < meta.WindowFrom || info.TimeMax >= meta.WindowTo && meta.WindowTo != 1<<63-1) {
		f.problem(fmt.Errorf("%s: rows from %v to %v are not all in its window", where(s.Name), Time(info.TimeMin), Time(info.TimeMax)))
	}
	if t.index == nil {
		f.problem(fmt.Errorf("%s: there is no index that says what its series are", where(s.Name)))
		return
	}
	for i := range r.RunCount() {
		if id, _, _ := r.Run(i); int64(id) >= int64(t.index.Len()) {
			f.problem(fmt.Errorf("%s: series %d is not in the index", where(s.Name), id))
			break
		}
	}
	columns := t.index.Columns()
	for _, c := range meta.Columns {
		found := false
		for _, known := range columns {
			found = found || known.Name == c.Name && known.Type.Equal(c.Type)
		}
		if !found {
			f.problem(fmt.Errorf("%s: column %q of type %s is not in the index", where(s.Name), c.Name, c.Type))
		}
	}
}

// tryStart lets the store start on a layer above the folder, with all that it rewrites and removes, and reads what is only in the log.
func (f *folderReader) tryStart(ctx context.Context) error {
	if len(f.Problems) > 0 {
		return nil // a start would fail for these reasons, or hide them
	}
	s, err := storage.Open(ctx, storage.Options{FS: overlay.New(f.data)})
	if err != nil {
		if ctx.Err() == nil && (dberr.Is(err, dberr.Corruption) || dberr.Is(err, dberr.Unavailable)) {
			f.problem(fmt.Errorf("a start fails: %w", err))
			return nil
		}
		return err
	}
	if f.catalog.Created() && len(s.Tables()) > 0 {
		f.problem(errors.New("the catalog is missing but there is data of tables"))
	}
	return s.Close()
}
