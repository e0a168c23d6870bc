package vfs

import (
	"errors"
	"os"
)

// Linker is an FS that can give a file a second name: a hard link. Who has a file under two names sees one content, so only
// files that never change may be linked.
type Linker interface {
	// Link gives the file old the further name made, which must be free.
	Link(old, made string) error
}

// Link gives a file a second name. The error wraps errors.ErrUnsupported if fs has no links.
func Link(fs FS, old, made string) error {
	if l, ok := fs.(Linker); ok {
		return l.Link(old, made)
	}
	return errors.ErrUnsupported
}

// Link implements Linker.
func (o osFS) Link(old, made string) error {
	from, err := o.path("link", old)
	if err != nil {
		return err
	}
	to, err := o.path("link", made)
	if err != nil {
		return err
	}
	return os.Link(from, to)
}

// Link implements Linker, if the whole does.
func (s *subFS) Link(old, made string) error { return Link(s.fs, s.name(old), s.name(made)) }
