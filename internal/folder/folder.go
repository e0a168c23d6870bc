package folder

import (
	"errors"
	"io"
	"path"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Names at the root of a data folder. What lies below the folders is named by the packages that own it.
const (
	LockName      = "LOCK"
	SocketName    = "control.sock"
	CatalogDir    = "catalog"
	DataDir       = "data"
	ObjectsDir    = "objects"
	RestoringName = "RESTORING"
	BackupName    = "BACKUP"
)

// Lock takes the folder for this process. Closing the lock gives it back, and so does the end of the process.
func Lock(fs vfs.FS) (io.Closer, error) {
	lock, err := fs.Lock(LockName)
	switch {
	case errors.Is(err, vfs.ErrLocked):
		return nil, dberr.Wrap(dberr.Unavailable, err, "The data directory is used by another process")
	case err != nil:
		return nil, dberr.Wrap(dberr.Unavailable, err, "The data directory cannot be locked")
	}
	return lock, nil
}

// Check refuses folders that look like data but are not to be served.
func Check(fs vfs.FS) error {
	for name, text := range map[string]string{
		RestoringName: "The data directory holds a restore that was not finished. Empty it and restore again",
		BackupName:    "This is a backup, not a data directory. Restore it to another folder and use that",
	} {
		switch _, err := vfs.FileSize(fs, name); {
		case err == nil:
			return dberr.New(dberr.Unavailable, "%s", text)
		case !errors.Is(err, vfs.ErrNotExist):
			return dberr.Wrap(dberr.Unavailable, err, "The data directory cannot be read")
		}
	}
	return nil
}

// Moment lists the files that hold the state of a folder that the caller has locked or that nobody changes for another reason,
// without opening it. It changes nothing.
func Moment(fs vfs.FS) ([]vfs.Piece, error) {
	if err := Check(fs); err != nil {
		return nil, err
	}
	store, err := storage.Moment(vfs.Sub(fs, DataDir))
	if err != nil {
		return nil, err
	}
	cat, err := catalog.Moment(fs, CatalogDir)
	if err != nil {
		return nil, err
	}
	objects, err := Objects(fs)
	return append(Join(store, cat), objects...), err
}

// Join puts the parts of a moment together: the store's, whose names are relative to DataDir, and the catalog's.
func Join(store, catalog []vfs.Piece) []vfs.Piece {
	list := make([]vfs.Piece, 0, len(store)+len(catalog))
	for _, p := range store {
		p.Name = path.Join(DataDir, p.Name)
		list = append(list, p)
	}
	return append(list, catalog...)
}

// Objects lists what is in the local object store, nothing if there is none. Objects come and go while a server runs, each as a
// whole.
func Objects(fs vfs.FS) ([]vfs.Piece, error) {
	var list []vfs.Piece
	err := vfs.Walk(fs, ObjectsDir, func(name string, size int64) error {
		list = append(list, vfs.Piece{Name: name, Size: size, Loose: true})
		return nil
	})
	if err != nil && !errors.Is(err, vfs.ErrNotExist) {
		return nil, dberr.Wrap(dberr.Unavailable, err, "The object store cannot be listed")
	}
	return list, nil
}
