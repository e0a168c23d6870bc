// Package engine has one method for each thing that a user can ask: create a table, write records, run a query. It is
// the only place that knows both halves, the one that thinks (internal/sql) and the one that keeps (catalog, storage).
//
// Inputs come from a door (internal/api) already decoded and checked for form; outputs go back as plain structs. Errors are
// *dberr.Error with the text for the client.
package engine
