package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/control"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// source is the files of a moment, kept until it is ended.
type source struct {
	fs     vfs.FS
	pieces []vfs.Piece
	server *control.Backup // nil: the folder is locked instead
	lock   io.Closer
	client *control.Client
}

// open finds the files to copy: from the server of a data folder, or, if there is none, by locking it.
func open(ctx context.Context, dir string) (*source, error) {
	fs := vfs.OS(dir)
	client, nobody := control.Connect(dir)
	if nobody == nil {
		b, err := client.BeginBackup(ctx)
		if err != nil {
			client.Close()
			return nil, err
		}
		return &source{fs: fs, pieces: b.Pieces, server: b, client: client}, nil
	}
	s, err := openLocked(fs)
	if errors.Is(err, vfs.ErrLocked) {
		return nil, fmt.Errorf("the data folder is in use, but no server can be reached through it (one that is starting can a little later): %w", nobody)
	}
	return s, err
}

// openLocked lists the files of a folder that nobody uses.
func openLocked(fs vfs.FS) (*source, error) {
	names, err := fs.List(folder.DataDir)
	if errors.Is(err, vfs.ErrNotExist) || err == nil && len(names) == 0 {
		return nil, dberr.New(dberr.NotFound, "There is no data folder: %s/ is missing or empty", folder.DataDir)
	}
	if err != nil {
		return nil, err
	}
	lock, err := folder.Lock(fs)
	if err != nil {
		return nil, err
	}
	pieces, err := folder.Moment(fs)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &source{fs: fs, pieces: pieces, lock: lock}, nil
}

// end gives the files back. An error means that they may not have stayed.
func (s *source) end(ctx context.Context) error {
	if s.server == nil {
		return s.lock.Close()
	}
	defer s.client.Close()
	if err := s.server.End(ctx); err != nil {
		return fmt.Errorf("the server did not keep the files to the end: %w", err)
	}
	return nil
}

// stallMax is how long copying may stand still before it is given up, so that a destination that hangs does not keep files for ever.
const stallMax = 10 * time.Minute

// whileKept runs work with a context that ends when the files may not be kept any more, or when moved stands still.
func (s *source) whileKept(ctx context.Context, moved *atomic.Int64, work func(context.Context) error) error {
	if s.server == nil {
		return work(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		last, since := moved.Load(), time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(s.server.RenewEvery):
			}
			if n := moved.Load(); n != last {
				last, since = n, time.Now()
			} else if time.Since(since) > stallMax {
				cancel(fmt.Errorf("nothing was written for %s", stallMax))
				return
			}
			if err := s.server.Renew(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("the server did not keep the files: %w", err))
				return
			}
		}
	}()
	err := work(ctx)
	cancel(nil)
	<-done
	return err
}
