//go:build unix && !linux

package vfs

import "os"

// syncFile makes a file's bytes durable. On darwin Go's Sync also empties the drive's own cache.
func syncFile(f *os.File) error { return f.Sync() }
