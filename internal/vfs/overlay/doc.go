// Package overlay lets a program change a disk without changing it: what it writes is kept in memory above a file system that is only
// read. So a start on a data folder can be tried, with all that it removes and rewrites, and the folder stays as it is. Example:
//
//	store, err := storage.Open(ctx, storage.Options{FS: overlay.New(vfs.OS(dir))})
package overlay
