// Package wal is an append-only log of checksummed records in numbered files. It knows bytes, not rows.
//
// Records are collected with Add and made durable together by Commit: one write and one sync, however many they are.
// After a crash Open hands every durable record, in order, to the caller. A record is there whole or not at all.
//
// What fails how:
//
//   - A failed write (disk full) is cut off again, durably; the group is lost, the log goes on.
//   - A failed sync makes the content of the file unknown. The log refuses everything from then on; it never syncs again
//     and hopes, since the system may have dropped the bytes and report success. The next Open copies the last file to a
//     new one and syncs that.
//   - A record at the tail of the last file that was being written when the power went is cut off by Open. A bad record
//     anywhere else is damage, reported with file and offset.
//
// The bytes are described in docs/format/wal.md. Example:
//
//	log, err := wal.Open(wal.Options{FS: fs, Dir: "wal", Suffix: ".wal", First: 1}, apply)
//	seq, err := log.Add(1, payload)
//	err = log.Commit() // durable when this returns nil
package wal
