// Package storage keeps the rows of tables on disk: writing, scanning, flushing, compacting, expiring, recovering.
//
// Data comes in through Store.Write (one request's records for one table, acknowledged only when they are in the synced
// log) and goes out through Store.Scan (batches of columns). It knows tables by number, measures, dimensions and values; it
// knows nothing of SQL, databases, names of tables, or AWS. Deciding which times are accepted is the engine's; versions,
// types and the documented limits of a table are decided here, since they depend on what is stored.
//
// Where to look:
//
//	api.go                                what callers see
//	store.go, queue.go                    the Store, its goroutines and locks
//	write.go, lookup.go, commit.go        a write, from request to acknowledgement
//	flush.go, compact.go, expire.go       how files come and go; maintain.go runs them
//	rewrite.go                            what a merge does with the segments that compact.go has chosen
//	change.go, manifest.go                how a change of files takes effect at once
//	recover.go, frame.go                  what a start makes of the files
//	scan.go, reader.go, merge.go, batch.go   a scan, from snapshot to batches
//	table.go, segfile.go, schema.go       a table, its segments, its columns
//
// What series there are is the business of package series, recent rows of memstore, files of rows of segment, the log of
// wal. The bytes are described in docs/format.
//
// Example:
//
//	s, err := storage.Open(ctx, storage.Options{FS: vfs.OS(dir)})
//	result, err := s.Write(ctx, &storage.Batch{Table: 1, Rows: rows})
//	scan, err := s.Scan(ctx, 1, storage.Everything("host", storage.ColumnTime, "load"))
//	for batch, err := scan.Next(ctx); batch != nil; batch, err = scan.Next(ctx) {
//	}
//	scan.Close()
package storage
