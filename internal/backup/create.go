package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Options says what to back up.
type Options struct {
	Data string // the data folder
	Dest string // where backups of it are kept; made if it is missing
	// Full copies every file, also those that the newest backup there has.
	Full    bool
	Release string      // what makes the backup, for its manifest
	Clock   clock.Clock // default clock.Real
	// Warn is told what does not stop the backup but should be looked at. Default: nobody is told.
	Warn func(text string)
}

// Result tells what was done.
type Result struct {
	Path        string // of the backup, or of the restored folder
	Base        string // name of the backup that files were taken from, "" for none
	Files       int
	Bytes       int64
	LinkedFiles int // how many of the files are links
	LinkedBytes int64
}

// partialName is the file that marks a backup that is being made, or was broken off.
const partialName = "PARTIAL"

// nameLayout is the form of backups' names: they sort by time.
const nameLayout = "2006-01-02T150405.000Z"

// Create makes a backup.
func Create(ctx context.Context, opts Options) (*Result, error) {
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Warn == nil {
		opts.Warn = func(string) {}
	}
	if err := apart(opts.Data, opts.Dest); err != nil {
		return nil, err
	}
	dest := vfs.OS(opts.Dest)
	lock, err := lockDest(dest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	result, err := createIn(ctx, opts, dest, func() (*source, error) { return open(ctx, opts.Data) })
	if err != nil {
		return nil, err
	}
	// The destination may be new, too. Not every system can sync the folder above it.
	if err := vfs.OS(filepath.Dir(filepath.Clean(opts.Dest))).SyncDir("."); err != nil {
		opts.Warn(fmt.Sprintf("the folder above %s could not be synced: %v", opts.Dest, err))
	}
	result.Path = filepath.Join(opts.Dest, result.Path)
	return result, nil
}

// apart refuses folders of which one is in the other: a backup would copy itself, or a server would find backups in its data.
func apart(data, dest string) error {
	a, err := realPath(data)
	if err != nil {
		return err
	}
	b, err := realPath(dest)
	if err != nil {
		return err
	}
	inside := func(outer, inner string) bool {
		rel, err := filepath.Rel(outer, inner)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
	}
	if inside(a, b) || inside(b, a) {
		return dberr.New(dberr.Invalid, "The data folder %s and the folder of backups %s must not lie one in the other", data, dest)
	}
	return nil
}

// realPath returns an absolute path without symbolic links, as far as it exists.
func realPath(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	rest := ""
	for dir := abs; ; dir = filepath.Dir(dir) {
		if found, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(found, rest), nil
		}
		if dir == filepath.Dir(dir) {
			return abs, nil
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// lockDest makes the folder of backups and takes it for this process.
func lockDest(dest vfs.FS) (io.Closer, error) {
	if err := dest.MkdirAll("."); err != nil {
		return nil, fmt.Errorf("make the folder of backups: %w", err)
	}
	switch err := folder.Check(dest); {
	case dberr.Is(err, dberr.Unavailable):
		return nil, fmt.Errorf("this cannot be the folder of backups: %w", err)
	case err != nil:
		return nil, err
	}
	if used, err := exists(dest, folder.CatalogDir); err != nil || used {
		return nil, errors.Join(err, dberr.New(dberr.Invalid, "This cannot be the folder of backups: it is a data folder"))
	}
	lock, err := dest.Lock(folder.LockName)
	if errors.Is(err, vfs.ErrLocked) {
		return nil, dberr.Wrap(dberr.Unavailable, err, "Another backup to this folder is under way")
	}
	if err != nil {
		return nil, fmt.Errorf("lock the folder of backups: %w", err)
	}
	return lock, nil
}

// createIn is Create in a destination that is locked. The result's path is relative to it.
func createIn(ctx context.Context, opts Options, dest vfs.FS, open func() (*source, error)) (*Result, error) {
	names, err := tidy(dest)
	if err != nil {
		return nil, fmt.Errorf("look for earlier backups: %w", err)
	}
	w := &writer{dest: dest, warn: opts.Warn}
	if !opts.Full {
		w.findBase(names)
	}
	moment := opts.Clock.Now()
	s, err := open()
	if err != nil {
		return nil, err
	}
	ended := false
	defer func() {
		if !ended {
			_ = s.end(context.WithoutCancel(ctx)) // the failure has another reason, which is being returned
		}
	}()
	for w.name = moment.UTC().Format(nameLayout); slices.Contains(names, w.name); w.name = moment.UTC().Format(nameLayout) {
		moment = moment.Add(time.Millisecond)
	}
	w.copier = newCopier(vfs.Sub(dest, w.name), &w.moved)
	err = s.whileKept(ctx, &w.moved, func(ctx context.Context) error { return w.copyAll(ctx, s) })
	if err == nil {
		ended = true
		err = s.end(ctx)
	}
	if err == nil {
		if w.result.LinkedFiles > 0 {
			w.result.Base = w.baseName
		}
		err = w.finish(&Manifest{Time: moment, Release: opts.Release, Base: w.result.Base, Files: w.files})
	}
	if err != nil {
		return nil, w.giveUp(err)
	}
	return &w.result, nil
}

// tidy removes what backups that were broken off have left, and returns the names of the others, in order of time.
func tidy(dest vfs.FS) ([]string, error) {
	all, err := dest.List(".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range all {
		if _, err := time.Parse(nameLayout, name); err != nil {
			continue
		}
		whole, err := exists(dest, path.Join(name, folder.BackupName))
		if err != nil {
			return nil, err
		}
		partial, err := exists(dest, path.Join(name, partialName))
		if err != nil {
			return nil, err
		}
		children, err := dest.List(name)
		if err != nil {
			return nil, err
		}
		if !whole && (partial || len(children) == 0) {
			if err := removePartial(dest, name); err != nil {
				return nil, fmt.Errorf("remove the unfinished backup %s: %w", name, err)
			}
			continue
		}
		names = append(names, name)
	}
	return names, nil
}

// exists reports whether there is a file or folder.
func exists(fs vfs.FS, name string) (bool, error) {
	_, err := vfs.FileSize(fs, name)
	if errors.Is(err, vfs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// removePartial removes an unfinished backup: first its manifest, so that it is never taken for a whole one, and last its mark, so that
// a crash in between leaves what the next backup recognises.
func removePartial(dest vfs.FS, name string) error {
	children, err := dest.List(name)
	if errors.Is(err, vfs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = vfs.RemoveAll(dest, path.Join(name, folder.BackupName))
	}
	if err == nil {
		err = dest.SyncDir(name)
	}
	for _, child := range children {
		if err == nil && child != partialName {
			err = vfs.RemoveAll(dest, path.Join(name, child))
		}
	}
	if err == nil {
		err = dest.SyncDir(name)
	}
	if err == nil {
		err = vfs.RemoveAll(dest, name)
	}
	return err
}

// writer makes one backup.
type writer struct {
	*copier
	dest     vfs.FS
	name     string
	warn     func(string)
	baseName string
	base     map[string]File // the files of the backup that may be linked
	files    []File
	result   Result
	moved    atomic.Int64
}

// findBase chooses the newest backup that is whole.
func (w *writer) findBase(names []string) {
	for _, name := range slices.Backward(names) {
		m, err := Read(vfs.Sub(w.dest, name))
		if err != nil {
			w.warn(fmt.Sprintf("backup %s is passed by: %v", name, err))
			continue
		}
		w.baseName, w.base = name, make(map[string]File, len(m.Files))
		for _, f := range m.Files {
			w.base[f.Name] = f
		}
		return
	}
}

// copyAll writes the files of a moment.
func (w *writer) copyAll(ctx context.Context, s *source) error {
	if err := w.begin(); err != nil {
		return fmt.Errorf("begin the backup: %w", err)
	}
	for i := range s.pieces {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p := &s.pieces[i]
		f, err := w.add(ctx, s.fs, p)
		if p.Loose && errors.Is(err, vfs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", p.Name, err)
		}
		w.files = append(w.files, f)
		w.result.Files++
		w.result.Bytes += f.Size
	}
	return nil
}

// begin makes the folder with its mark, durably: without it a later backup would not dare to remove what a crash leaves.
func (w *writer) begin() error {
	if err := w.dest.MkdirAll(w.name); err != nil {
		return err
	}
	if _, err := w.write(partialName, nil); err != nil {
		return err
	}
	if err := w.to.SyncDir("."); err != nil {
		return err
	}
	return w.dest.SyncDir(".")
}

// add writes one file.
func (w *writer) add(ctx context.Context, from vfs.FS, p *vfs.Piece) (File, error) {
	if p.Content != nil {
		return w.write(p.Name, p.Content)
	}
	size := p.Size
	if p.Loose {
		var err error
		if size, err = vfs.FileSize(from, p.Name); err != nil {
			return File{}, err
		}
	}
	if old, ok := w.base[p.Name]; ok && p.Fixed && old.Size == size && w.link(from, old) {
		w.result.LinkedFiles++
		w.result.LinkedBytes += size
		return old, nil
	}
	return w.copy(ctx, from, p.Name, size)
}

// link links a file of the base if it is the same one as in the data folder. It reports false if it has to be copied.
func (w *writer) link(from vfs.FS, f File) bool {
	old := path.Join(w.baseName, f.Name)
	same, err := sameTail(from, f.Name, w.dest, old, f.Size)
	if err != nil || !same {
		return false
	}
	if w.place(f.Name) != nil || vfs.Link(w.dest, old, path.Join(w.name, f.Name)) != nil {
		return false
	}
	w.moved.Add(1)
	return true
}

// finish makes the backup whole.
func (w *writer) finish(m *Manifest) error {
	err := w.sync()
	if err == nil {
		err = w.dest.SyncDir(".")
	}
	if err == nil {
		err = vfs.ReplaceFile(w.to, folder.BackupName, m.encode())
	}
	if err != nil {
		return fmt.Errorf("finish the backup: %w", err)
	}
	if err := w.to.Remove(partialName); err != nil {
		w.warn(fmt.Sprintf("the backup is whole, but its mark %s could not be removed: %v", partialName, err))
	}
	w.result.Path = w.name
	return nil
}

// giveUp removes what was written and returns the reason with what the operator should know.
func (w *writer) giveUp(reason error) error {
	if vfs.DiskFull(reason) {
		reason = dberr.Wrap(dberr.Unavailable, reason, "The disk of the backup is full")
	}
	if err := removePartial(w.dest, w.name); err != nil {
		w.warn(fmt.Sprintf("the unfinished backup %s could not be removed, the next backup tries it again: %v", w.name, err))
	}
	return reason
}
