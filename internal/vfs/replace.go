package vfs

import (
	"errors"
	"path"
)

// TmpSuffix ends the name of a file that ReplaceFile is writing. A crash may leave one behind.
const TmpSuffix = ".tmp"

// ReplaceFile makes a file of the given bytes durable under a name, in place of one that has it: the bytes are written to a file
// beside it and synced, that gets the name, and the folder is synced. After an error either file may have the name.
func ReplaceFile(fs FS, name string, data []byte) error {
	err := WriteFile(fs, name+TmpSuffix, data)
	if err == nil {
		err = fs.Rename(name+TmpSuffix, name)
	}
	if err == nil {
		err = fs.SyncDir(path.Dir(name))
	}
	return err
}

// WriteFile makes a file of the given bytes, synced; its name is not durable yet. A file of that name is removed first: it may
// be one whose sync failed before, after which no sync of it can be trusted.
func WriteFile(fs FS, name string, data []byte) error {
	if err := fs.Remove(name); err != nil && !errors.Is(err, ErrNotExist) {
		return err
	}
	f, err := fs.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
