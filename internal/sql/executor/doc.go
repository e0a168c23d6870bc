// Package executor runs plans: one operator a plan node, pulling batches of columns from each other down to a Source.
//
// Expressions are compiled once per operator (eval.go) and run over whole batches. Operators that hold rows (aggregate, join,
// sort, window) count their memory against the query's limit. A query ends early when its context does; that is checked
// once per batch. This package knows no storage: tables come through the Source interface, which the engine implements.
package executor
