package segment

import (
	"math"
	"math/bits"
	"sort"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// Statistics by hour, for queries that want an aggregate of every hour, or of longer times: a run's rows within one hour of
// UTC are a cell if they are many, and a segment keeps for each cell and column what it keeps for each block and column. They
// are not part of the footer, so that an open segment does not hold them; they are read when they are asked for.

// HourNanos is the length of an hour; hour h begins at h*HourNanos.
const HourNanos = int64(3600e9)

// HourRowsMin is how many rows a run must have in an hour for the segment to keep statistics of it.
const HourRowsMin = 128

// hourMax bounds the hours that have statistics, so that their begin and end are times.
const hourMax = math.MaxInt64/HourNanos - 1

// HourCell is the rows of one run in one hour.
type HourCell struct {
	Hour     int64 // number of the hour since 1970-01-01 UTC
	FirstRow int64 // of the segment
	Rows     int64

	group, index int // where its statistics are
}

// Begin returns the begin of the hour.
func (c *HourCell) Begin() int64 { return c.Hour * HourNanos }

// End returns the last nanosecond of the hour.
func (c *HourCell) End() int64 { return (c.Hour+1)*HourNanos - 1 }

// hourOf returns the hour of a time.
func hourOf(t int64) int64 {
	h := t / HourNanos
	if t < h*HourNanos {
		h--
	}
	return h
}

// hourBuilder finds the cells of a segment and their statistics while it is written, or read as a whole, block by block:
// begin, add for each column, end; at last finish.
type hourBuilder struct {
	types []*types.Type
	cells []HourCell // that are complete
	stats [][]Stats  // of them, by column

	run  int // of the next row
	open hourPart
	accs []hourAcc // of the open part, by column

	// Of the block under way.
	parts    []hourPart
	finished int64 // rows of what was open before and does not go on, 0 if that is no cell
}

// hourPart is rows from:to of a block that lie in one hour and belong to one run.
type hourPart struct {
	run      int
	hour     int64
	firstRow int64
	rows     int64 // with those in earlier blocks
	from, to int
	goesOn   bool // it began in an earlier block
	open     bool // it may go on in the next block
}

// init makes the builder for columns of the given types.
func (b *hourBuilder) init(columns []Column) {
	b.stats, b.accs = make([][]Stats, len(columns)), make([]hourAcc, len(columns))
	for _, c := range columns {
		b.types = append(b.types, c.Type)
	}
}

// begin begins a block. runEnd returns the row after the last one of a run, or any row beyond the block if the run goes on.
func (b *hourBuilder) begin(firstRow int64, times []int64, runEnd func(run int) int64) {
	b.parts, b.finished = b.parts[:0], 0
	before := b.open
	b.open = hourPart{}
	for from := 0; from < len(times); {
		end := runEnd(b.run) - firstRow
		to := int(min(end, int64(len(times))))
		b.cut(firstRow, times, from, to, before)
		if from = to; end == int64(to) {
			b.run++
		}
	}
	if before.rows >= HourRowsMin && (len(b.parts) == 0 || !b.parts[0].goesOn) {
		b.finished = before.rows
		b.cells = append(b.cells, before.cell())
	}
	for i := range b.parts {
		if p := &b.parts[i]; p.open {
			b.open = *p
		} else if p.rows >= HourRowsMin {
			b.cells = append(b.cells, p.cell())
		}
	}
}

// cell returns the cell that a part is.
func (p *hourPart) cell() HourCell { return HourCell{Hour: p.hour, FirstRow: p.firstRow, Rows: p.rows} }

// cut finds the parts among rows from:to of a block, which belong to one run. Those that cannot be cells are left out.
func (b *hourBuilder) cut(firstRow int64, times []int64, from, to int, before hourPart) {
	if from > 0 && to < len(times) && to-from < HourRowsMin {
		return
	}
	for from < to {
		hour := hourOf(times[from])
		next := to
		if hourOf(times[to-1]) > hour {
			next = from + sort.Search(to-from, func(i int) bool { return hourOf(times[from+i]) > hour })
		}
		p := hourPart{run: b.run, hour: hour, firstRow: firstRow + int64(from), rows: int64(next - from), from: from, to: next, open: next == len(times)}
		if from == 0 && before.rows > 0 && before.run == p.run && before.hour == hour {
			p.goesOn, p.firstRow, p.rows = true, before.firstRow, before.rows+p.rows
		}
		if (p.open || p.rows >= HourRowsMin) && hour > -hourMax && hour < hourMax {
			b.parts = append(b.parts, p)
		}
		from = next
	}
}

// add adds the values of a column in the block. dec is what the encoder found out about doubles.
func (b *hourBuilder) add(i int, c *column, dec encoding.Decimals) {
	acc := &b.accs[i]
	if b.finished > 0 {
		b.stats[i] = append(b.stats[i], acc.finish(b.types[i], b.finished))
	}
	dense, at := 0, 0 // how many values are not NULL before row at
	for k := range b.parts {
		p := &b.parts[k]
		if !p.goesOn {
			*acc = hourAcc{dense: acc.dense}
		}
		nulls := c.nulls[p.from:p.to]
		dense += valuesIn(c.nulls[at:p.from])
		values := valuesIn(nulls)
		acc.add(c, p, values, dec, dense)
		dense, at = dense+values, p.to
		if !p.open && p.rows >= HourRowsMin {
			b.stats[i] = append(b.stats[i], acc.finish(b.types[i], p.rows))
		}
	}
}

// finish completes the last cell after the last block.
func (b *hourBuilder) finish() {
	if b.open.rows < HourRowsMin {
		return
	}
	b.cells = append(b.cells, b.open.cell())
	for i := range b.accs {
		b.stats[i] = append(b.stats[i], b.accs[i].finish(b.types[i], b.open.rows))
	}
	b.open = hourPart{}
}

// drop forgets the complete cells.
func (b *hourBuilder) drop() {
	b.cells = b.cells[:0]
	for i := range b.stats {
		b.stats[i] = b.stats[i][:0]
	}
}

// valuesIn counts the rows that are not NULL.
func valuesIn(nulls []bool) int {
	n := 0
	for _, null := range nulls {
		if !null {
			n++
		}
	}
	return n
}

// hourAcc gathers the statistics of one column in one cell.
type hourAcc struct {
	stats  Stats // Nulls, the range, HasNaN; SumInt of booleans
	sum    float64
	exact  encoding.DecimalSum
	hi, lo uint64    // sum of bigint, in two's complement
	dense  []float64 // working memory
}

// add adds a part of a block, of which some values are not NULL; dense is the number of those before the part.
func (a *hourAcc) add(c *column, p *hourPart, values int, dec encoding.Decimals, dense int) {
	a.stats.Nulls += p.to - p.from - values
	if values == 0 {
		return
	}
	nulls := c.nulls[p.from:p.to]
	if values == p.to-p.from {
		nulls = nil
	}
	part := Stats{Rows: values}
	switch c.typ.Kind {
	case types.KindDouble:
		if dec.Codes != nil {
			dec.Codes = dec.Codes[dense : dense+values]
		}
		a.doubles(c.floats[p.from:p.to], nulls, p, dec, values)
		return
	case types.KindBoolean:
		part.Rows, part.Nulls = p.to-p.from, p.to-p.from-values
		part.booleans(c.bools[p.from:p.to], nulls)
		a.stats.SumInt += part.SumInt
	case types.KindVarchar:
		return
	default:
		part.integers(c.ints[p.from:p.to], nulls)
		if c.typ.Kind == types.KindBigint {
			hi, lo := sum128(c.ints[p.from:p.to], nulls)
			var carry uint64
			a.lo, carry = bits.Add64(a.lo, lo, 0)
			a.hi, _ = bits.Add64(a.hi, hi, carry)
		}
	}
	if !a.stats.HasRange {
		a.stats.HasRange, a.stats.MinInt, a.stats.MaxInt = true, part.MinInt, part.MaxInt
		return
	}
	a.stats.MinInt, a.stats.MaxInt = min(a.stats.MinInt, part.MinInt), max(a.stats.MaxInt, part.MaxInt)
}

// doubles is add for doubles.
func (a *hourAcc) doubles(vals []float64, nulls []bool, p *hourPart, dec encoding.Decimals, values int) {
	if dec.Codes != nil {
		look := dec.Survey()
		if a.exact.AddDecimals(dec, look) {
			a.addRange(dec.Value(look.Low), dec.Value(look.High))
			if p.goesOn || p.open { // else these are all values of the cell, and few enough for an exact sum
				a.sum = surveyDoubles(vals, nulls, a.sum).sum
			}
			return
		}
	}
	found := surveyDoubles(vals, nulls, a.sum)
	a.sum = found.sum
	a.stats.HasNaN = a.stats.HasNaN || found.numbers < values
	if found.numbers > 0 {
		a.addRange(found.low, found.high)
	}
	if nulls != nil {
		a.dense = a.dense[:0]
		for i, v := range vals {
			if !nulls[i] {
				a.dense = append(a.dense, v)
			}
		}
		vals = a.dense
	}
	a.exact.AddDoubles(vals)
}

// addRange takes in the range of doubles.
func (a *hourAcc) addRange(low, high float64) {
	if !a.stats.HasRange || low < a.stats.MinFloat {
		a.stats.MinFloat = low
	}
	if !a.stats.HasRange || high > a.stats.MaxFloat {
		a.stats.MaxFloat = high
	}
	a.stats.HasRange = true
}

// finish returns the statistics of a cell of so many rows.
func (a *hourAcc) finish(t *types.Type, rows int64) Stats {
	s := a.stats
	s.Rows = int(rows)
	if s.Values() == 0 {
		return s
	}
	switch t.Kind {
	case types.KindBoolean:
		s.Sum = SumInt
	case types.KindBigint:
		if int64(a.hi) == int64(a.lo)>>63 {
			s.Sum, s.SumInt = SumInt, int64(a.lo)
		}
	case types.KindDouble:
		if sum, scale, ok := a.exact.Value(); ok {
			s.Sum, s.SumInt, s.Scale = SumDecimal, sum, scale
			break
		}
		if s.Sum, s.SumFloat = SumFloat, a.sum; math.IsNaN(a.sum) {
			s.SumFloat = math.NaN() // whatever the bits of those that were added
		}
	}
	return s
}
