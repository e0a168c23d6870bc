// Package conformance keeps the table of operations and clients in docs/compatibility.md true to what run.sh found, and the list
// of cases complete: every operation of the services has a success, and every error that is documented for it is provoked by a
// case or by a test that is named here.
package conformance
