package segment

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Limits of a segment.
const (
	BlockRows   = 4096 // rows in a block at most
	LongRunRows = 1024 // a run of at least as many rows begins a block of its own

	RowsMax    = 1<<32 - 1 // rows in a segment
	ColumnsMax = 4096      // value columns in a segment
	nameMax    = 1 << 16   // bytes in the name of a column
)

// ColumnTime is the number of the time column for BlockStats.
const ColumnTime = -1

// Column is one value column of a segment. Its type is double, bigint, varchar, boolean or timestamp. Time and version
// are not among the columns: every segment has them.
type Column struct {
	Name string
	Type *types.Type
}

// Meta is what the caller says about a segment; the segment keeps it.
type Meta struct {
	Table                uint64
	WindowFrom, WindowTo int64 // the time window, as the caller defines it; not checked against the rows
	Columns              []Column
	MaxSequence          uint64 // opaque here: a higher one means newer data
	Level                Level
}

// Level says how much work is to be spent on making a segment small.
type Level uint8

// The levels. Numbers and times are stored alike: packing them costs a few percent of a write and nothing to speak of in reading.
const (
	Hot  Level = iota // is likely to be merged soon
	Cold              // is kept as it is: texts may be compressed, which takes several times as long to write and to read
)

// Chunk is rows of one series, in strictly ascending order of time. The writer copies what it needs (strings are shared).
type Chunk struct {
	Times    []int64
	Versions []int64          // nil: all 1
	Cols     []*vector.Vector // one for each of Meta.Columns and as long as Times; a nil one is all NULL
}

// Info sums a segment up. TimeMin and TimeMax are 0 in a segment without rows.
type Info struct {
	Rows             int64
	Bytes            int64 // length of the file
	Series           int   // runs
	TimeMin, TimeMax int64
}

// SumKind says where in Stats the sum of a block's values is.
type SumKind uint8

// The kinds of sum.
const (
	SumNone    SumKind = iota // no sum: varchar, timestamp, or integers whose sum exceeds an int64
	SumInt                    // SumInt: bigint, and boolean as the number of true
	SumDecimal                // SumInt / 10^Scale, exactly: doubles that are all short decimals
	SumFloat                  // SumFloat, added in order of rows: any other doubles
)

// Stats describes the values of one column in one block.
type Stats struct {
	Rows, Nulls int
	// HasRange says that the minimum and maximum below are set: some value is neither NULL nor NaN, and the column is not
	// varchar.
	HasRange           bool
	MinInt, MaxInt     int64   // bigint, timestamp, the time; boolean as 0 and 1
	MinFloat, MaxFloat float64 // double, of the values that are not NaN
	// HasNaN says that some double is NaN (which SQL orders above all others).
	HasNaN   bool
	Sum      SumKind
	SumInt   int64
	Scale    int
	SumFloat float64
}

// Values returns the number of rows that are not NULL.
func (s Stats) Values() int { return s.Rows - s.Nulls }
