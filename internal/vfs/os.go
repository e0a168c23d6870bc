package vfs

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Access rights of what we make: the data belongs to the server's user alone.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// OS returns the real file system below the directory root, which need not exist yet: MkdirAll("") makes it. Errors keep
// the system's inside, for errors.Is and DiskFull.
func OS(root string) FS { return osFS{root} }

// osFS is the files below a directory.
type osFS struct{ root string }

// path returns where a name is on the real file system.
func (o osFS) path(op, name string) (string, error) {
	clean, err := CleanName(name)
	if err != nil {
		return "", &fs.PathError{Op: op, Path: name, Err: err}
	}
	return filepath.Join(o.root, filepath.FromSlash(clean)), nil
}

// Create implements FS.
func (o osFS) Create(name string) (File, error) {
	return o.openForWriting(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR)
}

// OpenAppend implements FS.
func (o osFS) OpenAppend(name string) (File, error) {
	return o.openForWriting(name, os.O_CREATE|os.O_RDWR)
}

// openForWriting opens a file for writing at its end.
func (o osFS) openForWriting(name string, flags int) (File, error) {
	path, err := o.path("open", name)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flags, fileMode)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(f)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return w, nil
}

// Open implements FS.
func (o osFS) Open(name string) (ReadFile, error) {
	path, err := o.path("open", name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Rename implements FS.
func (o osFS) Rename(from, to string) error {
	old, err := o.path("rename", from)
	if err != nil {
		return err
	}
	path, err := o.path("rename", to)
	if err != nil {
		return err
	}
	return os.Rename(old, path)
}

// Remove implements FS.
func (o osFS) Remove(name string) error {
	path, err := o.path("remove", name)
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// MkdirAll implements FS.
func (o osFS) MkdirAll(name string) error {
	path, err := o.path("mkdir", name)
	if err != nil {
		return err
	}
	return os.MkdirAll(path, dirMode)
}

// List implements FS.
func (o osFS) List(dir string) ([]string, error) {
	path, err := o.path("list", dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// SyncDir implements FS.
func (o osFS) SyncDir(dir string) error {
	path, err := o.path("sync", dir)
	if err != nil {
		return err
	}
	return syncDir(path)
}

// Lock implements FS. The lock is one on the file's content, so the file itself stays when it is given back.
func (o osFS) Lock(name string) (io.Closer, error) {
	path, err := o.path("lock", name)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	return f, nil // closing the file gives the lock back
}

// osFile is a real file.
type osFile struct{ *os.File }

// Size implements File and ReadFile.
func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync implements File.
func (f osFile) Sync() error { return syncFile(f.File) }

// DiskFull reports whether an error means that there is no room: the disk is full or the user's quota is used up.
func DiskFull(err error) bool { return isDiskFull(err) }
