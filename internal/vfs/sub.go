package vfs

import (
	"io"
	"path"
)

// Sub returns the part of fs below dir as a file system of its own. dir must exist before it is used.
func Sub(fs FS, dir string) FS { return &subFS{fs, dir} }

// subFS puts dir in front of every name.
type subFS struct {
	fs  FS
	dir string
}

// name returns the name in fs of a name in s. Names that lead out of s are left invalid for fs to refuse.
func (s *subFS) name(name string) string {
	clean, err := CleanName(name)
	if err != nil {
		return "../" + name
	}
	return path.Join(s.dir, clean)
}

// Create implements FS.
func (s *subFS) Create(name string) (File, error) { return s.fs.Create(s.name(name)) }

// OpenAppend implements FS.
func (s *subFS) OpenAppend(name string) (File, error) { return s.fs.OpenAppend(s.name(name)) }

// Open implements FS.
func (s *subFS) Open(name string) (ReadFile, error) { return s.fs.Open(s.name(name)) }

// Rename implements FS.
func (s *subFS) Rename(from, to string) error { return s.fs.Rename(s.name(from), s.name(to)) }

// Remove implements FS.
func (s *subFS) Remove(name string) error { return s.fs.Remove(s.name(name)) }

// MkdirAll implements FS.
func (s *subFS) MkdirAll(name string) error { return s.fs.MkdirAll(s.name(name)) }

// List implements FS.
func (s *subFS) List(dir string) ([]string, error) { return s.fs.List(s.name(dir)) }

// SyncDir implements FS.
func (s *subFS) SyncDir(dir string) error { return s.fs.SyncDir(s.name(dir)) }

// Lock implements FS.
func (s *subFS) Lock(name string) (io.Closer, error) { return s.fs.Lock(s.name(name)) }
