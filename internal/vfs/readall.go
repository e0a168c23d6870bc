package vfs

import (
	"errors"
	"io"
)

// ReadAll returns all bytes of a file. A missing file gives fs.ErrNotExist; one that is shorter than its size says,
// io.ErrUnexpectedEOF.
func ReadAll(fs FS, name string) (data []byte, err error) { return ReadAllInto(fs, name, nil) }

// ReadAllInto is ReadAll into the memory of buf, as far as that is enough.
func ReadAllInto(fs FS, name string, buf []byte) (data []byte, err error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	if data = buf[:0]; int64(cap(data)) < size {
		data = make([]byte, size)
	}
	data = data[:size]
	n, err := f.ReadAt(data, 0)
	if n == len(data) {
		return data, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// FileSize returns the length of a file in bytes. A missing file gives fs.ErrNotExist.
func FileSize(fs FS, name string) (int64, error) {
	f, err := fs.Open(name)
	if err != nil {
		return 0, err
	}
	size, err := f.Size()
	return size, errors.Join(err, f.Close())
}
