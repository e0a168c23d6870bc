// Package memstore holds the recent rows of one table in memory, by series and sorted by time.
//
// A series' rows lie in chunks of up to ChunkRows rows, column by column. In-order rows are appended to the last chunk; a
// late row costs the change of one chunk. Readers take a Snapshot, which costs little, and use it without any lock while
// writing goes on:
//
//   - Rows are appended behind what a snapshot sees.
//   - Everything else that changes (a row inside a chunk, a chunk's layout, the list of chunks) is copied first if a
//     snapshot may hold it. Each Snapshot begins a new epoch; a thing made in the current epoch is in no snapshot.
//
// Rejected: a lock per series (readers would hold up writers), and a header per row as in skip lists (40 to 60 bytes a row).
//
// The package does not know what series and columns mean, nor versions: Put replaces a row of the same time. Package
// storage decides whether it may. One goroutine writes, under a lock that excludes Snapshot.
//
// Example:
//
//	t := memstore.New()
//	t.Put(7, time, 1, []memstore.Cell{memstore.Double(0, 20.5)})
//	run := t.Snapshot().Run(7)
//	for i := range run.Chunks() {
//		c := run.Chunk(i)
//		c.Times(); c.Column(0, types.Double)
//	}
package memstore
