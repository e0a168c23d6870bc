// Package naive is the slow and obvious executor: it exists to contradict the fast one in tests, and no product code
// imports it. It runs the same plans a row at a time, on values in Go form, with maps and nested loops. The plan is
// shared with the fast executor; the functions are not: they are written again here, from the reference, as tables from a
// name (and, where it matters, argument types) to Go code.
//
//	if ok, reason := naive.Supports(stmt); !ok { t.Skip(reason) }
//	rows, err := naive.Run(ctx, stmt, executor.Options{Source: src})
//
// Where to look:
//
//	run.go, supports.go        the run of a statement; what is left out
//	node*.go                   operators: a function from rows to rows each
//	expr*.go, compare.go       expressions; equality, order and identity of values
//	cast.go                    conversions
//	func*.go                   scalar functions, one file a family
//	aggregate*.go, window*.go  functions of a group's rows and of a window's
//
// Rules. Everything is computed, in the order in which it is written: an operator reads all rows of its inputs, and an
// expression evaluates all its arguments, unless the plan says that it does not (CASE, AND, COALESCE and the like). So where
// this executor succeeds the fast one must, too; where this one fails, the fast one may have been lucky not to need the
// value. The texts of errors are those of the fast executor.
package naive
