// Package dberr is the error type that every other package uses: a kind, a message for the client, a place in the
// statement for errors about SQL, and a cause for the log.
//
// It knows nothing of AWS: internal/api maps kinds to exception names and HTTP statuses. Example:
//
//	return dberr.At(col.Pos, "Column '%s' does not exist", col.Name)
package dberr
