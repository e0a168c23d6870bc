package vfs

import (
	"errors"
	"io"
	"io/fs"
)

// FS is a file system as the storage needs it. Paths are slash-separated and relative to the root of the FS.
// Implementations are safe for concurrent use.
//
// What survives a power cut: the bytes of a file up to its last successful Sync, and the names in a directory as of its
// last successful SyncDir. Everything newer may be there, in part or not at all.
type FS interface {
	// Create makes an empty file for writing, replacing one of the same name.
	Create(name string) (File, error)
	// OpenAppend opens an existing or new file for writing at its end.
	OpenAppend(name string) (File, error)
	// Open opens a file for reading. A missing file gives fs.ErrNotExist.
	Open(name string) (ReadFile, error)
	// Rename gives a file another name, atomically, replacing one of that name.
	Rename(from, to string) error
	// Remove deletes a file or an empty directory.
	Remove(name string) error
	// MkdirAll makes a directory and the missing ones above it.
	MkdirAll(name string) error
	// List returns the names in a directory, sorted. A missing directory gives fs.ErrNotExist.
	List(dir string) ([]string, error)
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
	// Lock takes the exclusive lock named by a file, ErrLocked if somebody has it. Closing it gives it back; so does the
	// end of the process.
	Lock(name string) (io.Closer, error)
}

// File is a file open for writing.
type File interface {
	io.Writer
	// Truncate cuts the file to size bytes; the next Write goes to its new end.
	Truncate(size int64) error
	// Sync makes the file's bytes durable. After a failed Sync the durable content is unknown and no later Sync can be
	// trusted; the caller must stop relying on this file.
	Sync() error
	// Size returns the current length in bytes.
	Size() (int64, error)
	Close() error
}

// ReadFile is a file open for reading.
type ReadFile interface {
	io.ReaderAt
	// Size returns the length in bytes.
	Size() (int64, error)
	Close() error
}

// ErrLocked says that the lock is held by another process (or another opener in this one).
var ErrLocked = errors.New("locked by another process")

// ErrNotExist is what Open and List return, wrapped, for a missing name.
var ErrNotExist = fs.ErrNotExist
