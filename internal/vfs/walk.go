package vfs

import (
	"errors"
	"path"
)

// Walk calls visit for every file below a directory, in order of their names, with its name in fs and its length in bytes. What
// vanishes meanwhile is passed by; a directory that is missing at the beginning gives fs.ErrNotExist.
func Walk(fs FS, dir string, visit func(name string, size int64) error) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		name = path.Join(dir, name)
		if err := walkOne(fs, name, visit); err != nil {
			return err
		}
	}
	return nil
}

// walkOne is Walk for one name, which may be of a file or a directory.
func walkOne(fs FS, name string, visit func(name string, size int64) error) error {
	if _, err := fs.List(name); err == nil {
		err = Walk(fs, name, visit)
		if errors.Is(err, ErrNotExist) {
			return nil
		}
		return err
	}
	size, err := FileSize(fs, name)
	if errors.Is(err, ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return visit(name, size)
}

// RemoveAll deletes a file, or a directory with everything below it. A missing one is no error.
func RemoveAll(fs FS, name string) error {
	err := fs.Remove(name)
	if err == nil || errors.Is(err, ErrNotExist) {
		return nil
	}
	names, lerr := fs.List(name)
	if lerr != nil || len(names) == 0 {
		return err
	}
	for _, child := range names {
		if err := RemoveAll(fs, path.Join(name, child)); err != nil {
			return err
		}
	}
	return fs.Remove(name)
}
