// Package function is every SQL function and operator: its signatures and its code on columns, one file a family.
//
// Three kinds, with one registry each: Scalar (a value per row), Aggregate (a value per group) and Window (a value per
// row from the rows around it). Operators are scalar functions whose names are their symbols. CASE, COALESCE, IF, AND,
// OR, IN, CAST and the like are not functions: the executor evaluates them because they do not evaluate all their
// arguments, but Cast has its kernels here.
//
// A family registers in an init function:
//
//	func init() {
//		registerScalar("length(varchar) -> bigint", Scalar{Eval: unary(func(s string) int64 { ... })})
//	}
//
// Families by file: arithmetic, compare, like, math*, bitwise, string*, regexp* (functions; Java's patterns
// are package javaregexp), array*, datetime* on the calendar of calendar.go, dateformat* (patterns of date_format and
// format_datetime), cast*, aggregate*, window*, timeseries*. What they share: kernel.go (adaptors from a function of values to
// code on columns), value.go (comparing values of any type), text.go (writing columns of texts).
//
// The analyzer calls ResolveScalar, ResolveAggregate and ResolveWindow with argument types; the executor calls Eval, New
// and Compute. This package knows nothing of statements, plans or storage.
package function
