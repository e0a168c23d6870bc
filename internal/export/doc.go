// Package export writes the rows of UNLOAD to an object store: files of CSV or Parquet, then a metadata file and a manifest
// that name what was written. Batches come in one after the other; files go out while they are written, so that what is held
// does not grow with the number of rows. Which bytes stand for which value is in docs/unload.md. Example:
//
//	w, err := export.New(export.Options{Objects: store, Unload: stmt.Unload, Columns: columns, QueryID: id})
//	for each batch { err = w.Write(ctx, batch) }
//	result, err := w.Finish(ctx) // or, after any error, w.Abort(): nothing is left
//
// It knows nothing of how rows come about and who waits for them: that is engine's.
package export
