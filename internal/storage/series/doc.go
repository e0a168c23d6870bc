// Package series is the index of one table: which series and columns it has, and which series have which dimension values.
//
// Everything gets a small number in order of first appearance and keeps it for ever: dimensions, their values, measure
// names, value columns, series. A series is a measure name and a set of dimension values; its number is what rows carry
// in memory, in the log and in segments. Each new thing is a Def. Definitions travel in the log with the first rows that
// use them and are kept in the table's index file, in the same form (see docs/format/index.md).
//
// Many goroutines read an Index (Reading, Select, View, Order). One writes, in transactions: a Txn finds out what a row
// would bring into being and collects it; nobody sees that before Commit, so a write that fails leaves nothing behind.
//
// Series order is by measure name, then by the values of the dimensions, most early dimension first. Names and values are
// compared by their numbers, not by their text: what belongs together lies together just the same, comparing is cheap, and
// the order of two series never changes.
//
// A table may have millions of series, and a dimension a value of its own for each of them. So nothing is a map entry, or an
// object of its own, for each series or value: texts lie together (texts), numbers are found through tables of 4 bytes a
// slot (lookup), a value with one series has 4 bytes for it (postings). Of a million series each takes some 60 bytes if ten
// measures share a host, 85 if each has a host of its own, 95 if each has an id of 36 characters, and 8 more once their order has
// been asked for (BenchmarkMillionSeries). Reading an index file enters everything at once, side by side: a million series
// take 0.2 to 0.4 seconds (BenchmarkReadFile), which is why the file holds nothing but the definitions.
//
// Example:
//
//	ix := series.New()
//	x := ix.Begin()
//	c, conflict := x.Check(hash, "cpu", dims, columns)
//	id := x.Add(hash, "cpu", dims, columns, numbers)
//	defs := x.Take() // to the log
//	x.Commit()
//	ix.Select([]series.Filter{{Column: "host", In: []string{"a"}}})
package series
