// Package vfs is the file system as an interface, with the real one. Tests use vfs/memfs, an in-memory disk that can
// crash, and vfs/faultfs, which fails chosen operations. Storage never touches package os.
package vfs
