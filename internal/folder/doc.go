// Package folder knows what lies where in a data folder, who may use it, and which files make up its state at a moment. The files
// themselves are the business of the packages that own them.
//
//	LOCK          held by the process that uses the folder
//	control.sock  where a running server listens for the program's own commands
//	catalog/      package catalog
//	data/         package storage
//	objects/      the local object store, if there is one
//	RESTORING     a restore is under way or was broken off: what is there is not whole
//	BACKUP        this is no data folder but a backup: docs/format/backup.md
//
// Example, for a folder that no server has open:
//
//	lock, err := folder.Lock(fs)
//	pieces, err := folder.Moment(fs)
package folder
