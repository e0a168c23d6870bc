// Package control is how the program's own commands talk to a running server of the same machine: a Unix socket in the data folder,
// which only the folder's owner can use, with a few HTTP requests. It is not part of the public API and may change with any
// release; server and command are the same program.
//
//	POST   /v1/backups        pins the files of a moment: 201 with {"id", "lease_seconds", "pieces"}
//	PUT    /v1/backups/{id}   says that the copying goes on: 204, or 404 if the files are not pinned any more
//	DELETE /v1/backups/{id}   the copy is made: 204, or 404 as above
//
// The server only says which files count; the command reads them itself. So the server needs no right to write where backups are
// kept, a slow destination costs it nothing, and the copies belong to whoever wanted them. Files stay pinned while the command
// keeps saying that it goes on: one that is killed or hangs gives them back within a minute.
//
// Example:
//
//	server, err := control.Serve(dir, control.Options{Pin: pin})    // in the server, which has locked dir
//	defer server.Close()
//
//	client, err := control.Connect(dir)    // in a command
//	backup, err := client.BeginBackup(ctx)
//	err = backup.Renew(ctx)                // from time to time
//	err = backup.End(ctx)
package control
