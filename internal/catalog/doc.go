// Package catalog keeps what users have declared: databases, tables, their retention, keys and tags, scheduled queries and where
// their runs are. It knows nothing of rows.
//
// All of it is in memory, for readers that must not wait, and on disk, as a snapshot and a log of the changes since. A
// change is checked, appended to the log, synced, and only then visible. Values that are handed out (*Database, *Table)
// never change; a change makes new ones. Errors are *dberr.Error with texts for clients.
//
//	c, err := catalog.Open(catalog.Options{FS: fs})
//	err = c.CreateDatabase(catalog.Database{Name: "devops", CreatedAt: now})
//	t, err := c.Table("devops", "metrics") // dberr.NotFound if it is not there
//
// docs/format/catalog.md describes the bytes.
package catalog
