// Package storage keeps the rows of tables on disk: writing, scanning, flushing, compacting, expiring, recovering.
//
// Data comes in through Store.Write (one request's records for one table, acknowledged only when they are in the synced
// log) and goes out through Store.Scan (batches of columns). It knows tables by number, measures, dimensions and values; it
// knows nothing of SQL, databases, names of tables, or AWS. Deciding which times are accepted is the engine's; versions,
// types and the documented limits of a table are decided here, since they depend on what is stored.
//
// See ARCHITECTURE.md for the order of steps and docs/format for the bytes.
package storage
