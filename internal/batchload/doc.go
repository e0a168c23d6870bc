// Package batchload loads CSV files from an object store: it reads rows, makes records of them by a data model, and hands
// those to a writer, several batches at a time. From time to time it waits until all it has handed over is stored, and then
// keeps where it is: a load that was interrupted, even by the death of the process, goes on there. What is read again after
// that is written again, which has no effect, since records have the version of the load; counts are those of the place.
//
// It knows nothing of tasks and tables: package engine says what to load, writes the records, and keeps the places. Example:
//
//	l := &batchload.Load{Objects: store, Files: files, Model: model, Write: write, Save: save, ...}
//	progress, err := l.Run(ctx)
package batchload
