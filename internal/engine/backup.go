package engine

import (
	"context"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Pin takes a moment of the data directory, for a copy of it, and keeps its files until unpin is called: everything that was
// acknowledged before is in them, and every request is in them whole or not at all. Changes of databases and tables wait while it is taken, some milliseconds; writes do not, and
// nothing is copied.
//
// Store and catalog are of the same moment because the catalog does not change while the store's is taken. A table that is being
// deleted may be in the store's part alone: it is finished off when the copy is opened, as after a crash.
func (e *Engine) Pin(ctx context.Context) (pieces []vfs.Piece, unpin func(), err error) {
	if e.closed.Load() {
		return nil, nil, dberr.New(dberr.Unavailable, "The server is shutting down")
	}
	err = e.catalog.Moment(func(cat []vfs.Piece) error {
		return e.store.Moment(ctx, func(store []vfs.Piece) {
			pieces = folder.Join(store, cat)
			unpin = e.pin(pieces)
		})
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list files for a copy: %w", err)
	}
	objects, err := folder.Objects(e.pins)
	if err != nil {
		unpin()
		return nil, nil, err
	}
	return append(pieces, objects...), unpin, nil
}

// pin keeps files.
func (e *Engine) pin(pieces []vfs.Piece) (unpin func()) {
	names := make([]string, len(pieces))
	for i := range pieces {
		names[i] = pieces[i].Name
	}
	give := e.pins.Pin(names)
	return func() {
		if err := give(); err != nil {
			e.logger.Warn("unused files could not be deleted after a backup", "error", err)
		}
	}
}
