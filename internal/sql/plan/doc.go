// Package plan is the typed plan of a statement: what is meant. The analyzer makes it, the optimizer rewrites it, the
// executor runs it, and it prints as a tree.
//
// Columns are named by number: every column that an operator produces has a ColumnID that is unique in the statement, and
// expressions refer to these. An operator therefore can be moved without rewriting the expressions above it, and a
// subquery is correlated exactly if it refers to an id that no operator of its own produces.
//
// All names and types are resolved: implicit coercions are Cast nodes, function calls name their overload, now() is a
// constant, and errors about the statement have been reported.
package plan
