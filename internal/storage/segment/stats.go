package segment

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// What is stored of Stats for a block and column besides the number of NULLs and the values: one integer of flags.
const (
	flagRange = 1 << 0
	flagNaN   = 1 << 1
	sumShift  = 2 // two bits: SumKind
	sumMask   = 3
	scaleBits = 4 // from here on: Scale
)

// statsColumns is how many integer columns the statistics of a column take: NULLs, flags, minimum, maximum, sum. Those of
// varchar take the first two.
const statsColumns = 5

// Which of them are the range.
const (
	statsMin = 2
	statsMax = 3
)

// statsColumnsOf is statsColumns for a type.
func statsColumnsOf(t *types.Type) int {
	if t.Kind == types.KindVarchar {
		return 2
	}
	return statsColumns
}

// pack turns statistics into what is stored. Doubles are stored as their bits.
func (s *Stats) pack(t *types.Type) [statsColumns]int64 {
	flags := int64(s.Sum)<<sumShift | int64(s.Scale)<<scaleBits
	if s.HasRange {
		flags |= flagRange
	}
	if s.HasNaN {
		flags |= flagNaN
	}
	out := [statsColumns]int64{int64(s.Nulls), flags, s.MinInt, s.MaxInt, s.SumInt}
	if t.Kind == types.KindDouble {
		out[2], out[3] = int64(math.Float64bits(s.MinFloat)), int64(math.Float64bits(s.MaxFloat))
		if s.Sum == SumFloat {
			out[4] = int64(math.Float64bits(s.SumFloat))
		}
	}
	return out
}

// unpackStats is the reverse of pack.
func unpackStats(t *types.Type, rows int, stored [statsColumns]int64) Stats {
	flags := stored[1]
	s := Stats{Rows: rows, Nulls: int(stored[0]), HasRange: flags&flagRange != 0, HasNaN: flags&flagNaN != 0}
	s.Sum, s.Scale = SumKind(flags>>sumShift&sumMask), int(flags>>scaleBits)
	if t.Kind == types.KindDouble {
		s.MinFloat, s.MaxFloat = math.Float64frombits(uint64(stored[2])), math.Float64frombits(uint64(stored[3]))
	} else {
		s.MinInt, s.MaxInt = stored[2], stored[3]
	}
	if s.Sum == SumFloat {
		s.SumFloat = math.Float64frombits(uint64(stored[4]))
	} else {
		s.SumInt = stored[4]
	}
	return s
}

// columnStats is the statistics of one column of all blocks, as they are in the file.
type columnStats [statsColumns]encoding.Ints

// at returns the statistics of one block.
func (c *columnStats) at(t *types.Type, block, rows int) Stats {
	var stored [statsColumns]int64
	for k := range statsColumnsOf(t) {
		stored[k] = c[k].At(block)
	}
	return unpackStats(t, rows, stored)
}
