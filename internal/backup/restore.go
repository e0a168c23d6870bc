package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// RestoreOptions says what to bring back and where.
type RestoreOptions struct {
	Backup string // one backup
	Data   string // the data folder that it becomes: missing or empty
}

// Restore checks a whole backup and then copies it to an empty folder, from which a server can start.
func Restore(ctx context.Context, opts RestoreOptions) (*Result, error) {
	if err := apart(opts.Backup, opts.Data); err != nil {
		return nil, err
	}
	result, err := restore(ctx, vfs.OS(opts.Backup), vfs.OS(opts.Data))
	if err != nil {
		return nil, err
	}
	result.Path = opts.Data
	return result, nil
}

// restore is Restore on file systems.
func restore(ctx context.Context, from, to vfs.FS) (*Result, error) {
	m, err := Read(from)
	if dberr.Is(err, dberr.NotFound) {
		return nil, nameOne(from, err)
	}
	if err != nil {
		return nil, err
	}
	if err := Verify(ctx, from, m); err != nil {
		return nil, err
	}
	if err := to.MkdirAll("."); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := checkEmpty(to); err != nil {
		return nil, err
	}
	lock, err := folder.Lock(to)
	if err != nil {
		return nil, err
	}
	err = fillFolder(ctx, from, to, m)
	if cerr := lock.Close(); err == nil {
		err = cerr
	}
	if vfs.DiskFull(err) {
		err = dberr.Wrap(dberr.Unavailable, err, "The disk of the data folder is full. Empty the folder before you try again")
	}
	if err != nil {
		return nil, err
	}
	return &Result{Files: len(m.Files), Bytes: m.Bytes()}, nil
}

// nameOne gives the error for a folder that is no backup: it may hold some.
func nameOne(from vfs.FS, err error) error {
	names, lerr := from.List(".")
	if lerr != nil {
		return fmt.Errorf("read the backup: %w", lerr)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		if _, err := time.Parse(nameLayout, name); err != nil {
			return true
		}
		_, err := Read(vfs.Sub(from, name))
		return err != nil
	})
	if len(names) == 0 {
		return err
	}
	if n := len(names); n > 5 {
		names = append([]string{"..."}, names[n-5:]...)
	}
	return dberr.New(dberr.NotFound, "There are several backups here, name one of them: %s", strings.Join(names, ", "))
}

// checkEmpty refuses folders that have something in them, but for what a new file system and a lock leave.
func checkEmpty(to vfs.FS) error {
	if err := folder.Check(to); err != nil {
		return err
	}
	names, err := to.List(".")
	if err != nil {
		return fmt.Errorf("read the data folder: %w", err)
	}
	for _, name := range names {
		if name != "lost+found" && name != folder.LockName {
			return dberr.New(dberr.Invalid, "The data folder is not empty: it has %s", name)
		}
	}
	return nil
}

// fillFolder copies the files of a backup. Until it is through, the folder has a mark with which no server opens it.
func fillFolder(ctx context.Context, from, to vfs.FS, m *Manifest) error {
	c := newCopier(to, new(atomic.Int64))
	_, err := c.write(folder.RestoringName, nil)
	if err == nil {
		err = to.SyncDir(".")
	}
	if err != nil {
		return fmt.Errorf("begin the restore: %w", err)
	}
	for _, f := range m.Files {
		made, err := c.copy(ctx, from, f.Name, f.Size)
		if err != nil {
			return fmt.Errorf("copy %s: %w", f.Name, err)
		}
		if made.Sum != f.Sum {
			return damaged("%s: bad checksum", f.Name)
		}
	}
	err = c.sync()
	if err == nil {
		err = to.Remove(folder.RestoringName)
	}
	if err == nil {
		err = to.SyncDir(".")
	}
	if err != nil {
		return fmt.Errorf("finish the restore: %w", err)
	}
	return nil
}

// Verify reads all files of a backup and compares their lengths and checksums. It goes on after what is wrong and returns all of it,
// as an error of kind Corruption.
func Verify(ctx context.Context, fs vfs.FS, m *Manifest) error {
	buf := make([]byte, copyBytes)
	var found []error
	for _, f := range m.Files {
		switch err := verifyFile(ctx, fs, f, buf); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			found = append(found, err)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return dberr.Wrap(dberr.Corruption, errors.Join(found...), "The backup is damaged")
}

// verifyFile checks one file.
func verifyFile(ctx context.Context, fs vfs.FS, f File, buf []byte) error {
	opened, err := fs.Open(f.Name)
	if errors.Is(err, vfs.ErrNotExist) {
		return fmt.Errorf("%s: file is missing", f.Name)
	}
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	if size, err := opened.Size(); err != nil || size != f.Size {
		return errors.Join(err, fmt.Errorf("%s: %d bytes, should be %d", f.Name, size, f.Size))
	}
	sum, err := readSum(ctx, opened, f.Size, buf, new(atomic.Int64), nil)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if sum != f.Sum {
		return fmt.Errorf("%s: bad checksum", f.Name)
	}
	return nil
}
