// Package backup copies data folders, whether a server serves them or not, and brings copies back.
//
// A destination holds backups of one data folder, each in a folder that is named after its time. Every one of them is whole by itself,
// but files that never change are hard links to those of the backup before, so that they take room once; any backup can be deleted
// without harm to the others. The manifest of a backup, docs/format/backup.md, is written last: a folder without one is no backup.
//
// Steps of a backup, in order:
//
//  1. The destination is locked, and what a backup that was broken off left there is removed.
//  2. The server lists the files of a moment and keeps them (package control), or, if there is none, the data folder is locked.
//  3. A folder with the file PARTIAL is made. Files are linked or copied, and synced.
//  4. The server is told that the files are not needed any more. If it has not kept them to here, the backup fails.
//  5. Folders are synced; then the manifest is written, synced, renamed, its folder synced; PARTIAL is removed.
//
// Steps of a restore: the manifest and all checksums are checked; the empty folder is locked and marked by the file RESTORING, with
// which no server opens it; files are copied, checked again and synced; the mark is removed.
//
// Example:
//
//	result, err := backup.Create(ctx, backup.Options{Data: "tidemark-data", Dest: "/mnt/backups"})
//	result, err := backup.Restore(ctx, backup.RestoreOptions{Backup: result.Path, Data: "restored"})
package backup
