package vfs

import (
	"errors"
	"fmt"
	"time"
)

// Dater is an open file that knows when it was changed last.
type Dater interface {
	// Modified returns the time of the last change, by a clock that tells two contents of a name apart, and may tell no more.
	Modified() (time.Time, error)
}

// Modified returns when an open file was changed last. The error wraps errors.ErrUnsupported if nobody knows, and ErrNotExist if
// what was opened is no file: systems open folders, too.
func Modified(f ReadFile) (time.Time, error) {
	if d, ok := f.(Dater); ok {
		return d.Modified()
	}
	return time.Time{}, errors.ErrUnsupported
}

// Modified implements Dater.
func (f osFile) Modified() (time.Time, error) {
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return time.Time{}, fmt.Errorf("%s is no file: %w", f.Name(), ErrNotExist)
	}
	return info.ModTime(), nil
}
