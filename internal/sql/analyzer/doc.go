// Package analyzer turns a syntax tree into a typed plan: it resolves names and types in one pass and reports every error
// that can be known without reading data, worded and placed as the service does it.
//
// The way through it: analyzer.go (statements) -> query.go (WITH, ORDER BY, LIMIT) -> select.go and group.go (one SELECT) ->
// relation.go (FROM) and expr*.go, call.go, window.go (expressions). prepare.go is the second door, for statements that are
// only analyzed and may have parameters; unload.go and show.go are the other statements. Names are found through scope.go.
// Tables come through the Catalog interface. Nothing is optimised here: package optimizer does that, and plans are right
// without it.
package analyzer
