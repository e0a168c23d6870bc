package vfs

import (
	"io/fs"
	"path"
)

// CleanName brings a name to the one form that all implementations use inside: slash-separated, relative, without "."
// and ".." parts; the root itself, "" or ".", becomes ".". A name that leads out of the root gives fs.ErrInvalid.
func CleanName(name string) (string, error) {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return "", fs.ErrInvalid
	}
	return clean, nil
}
