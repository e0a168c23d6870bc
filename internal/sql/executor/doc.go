// Package executor runs plans: one operator a plan node, pulling batches of columns from each other down to a Source.
//
//	cur, err := executor.Run(ctx, stmt, executor.Options{Source: src})
//	defer cur.Close()
//	for b, err := cur.Next(ctx); b != nil; b, err = cur.Next(ctx) { ... }
//
// Where to look:
//
//	run.go, build.go     the run of a statement; plan nodes become operators
//	eval*.go             expressions: compiled once per operator, run over whole batches; one file a family
//	scan.go ... setop.go one operator a file; large ones have further files with the same first word
//	keytable*.go         numbers distinct keys: grouping, DISTINCT, joins, set operations and partitions all use it
//	intern.go            turns strings, arrays and rows into small numbers for that table
//	rowstore.go          holds the rows of many batches: sorts, windows, joins
//	sort_rows.go         orders rows: radix where keys fit 64 bits, else by comparing
//	spread.go            repeats long arrays and time series without copying them
//	few_rows.go          gives few rows at once to what makes arrays
//	memory.go, stats.go  what a statement holds, and what it has done
//
// Rules that hold everywhere. A batch that an operator hands on is never empty, has at most Options.BatchRows rows, and
// never changes. Expressions that can fail run only for the rows that need them. Operators that hold rows between batches
// (aggregate, join, sort, window, ...) count their memory against the statement's limit and give it back when they are
// closed. A statement ends early when its context does; that is checked once per batch, and inside of work that takes
// longer. A run is used by one goroutine at a time; what it needs to be split among several is groups.merge.
//
// This package knows no storage: tables come through the Source interface, which the engine implements.
package executor
