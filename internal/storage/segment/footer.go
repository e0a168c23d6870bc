package segment

import (
	"encoding/binary"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// footer is a footer in memory: the bytes as they are in the file, and access to them.
type footer struct {
	version uint32
	meta    Meta
	info    Info
	blocks  int
	length  int64 // of the footer

	runSeries, runFirst, runMin, runSpan encoding.Ints
	ascending                            bool // series ascend from run to run

	blockFirst []int64 // first row of each block, and the number of rows at the end
	offsets    encoding.Ints
	sums       []byte
	timeMin    encoding.Ints
	timeMax    encoding.Ints
	stats      []columnStats
	hours      hourDirectory
}

// fields takes values off the front of a section. After the first one that is not there it is bad and yields zeros.
type fields struct {
	rest []byte
	bad  bool
}

// take returns the next n bytes.
func (f *fields) take(n int64) []byte {
	if f.bad || n < 0 || n > int64(len(f.rest)) {
		f.bad = true
		return nil
	}
	out := f.rest[:n:n]
	f.rest = f.rest[n:]
	return out
}

// uint64 reads 8 bytes.
func (f *fields) uint64() uint64 {
	if b := f.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// uint32 reads 4 bytes.
func (f *fields) uint32() uint32 {
	if b := f.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// part reads a list of n integers.
func (f *fields) part(n int) (encoding.Ints, error) {
	block, err := f.list()
	if err != nil {
		return encoding.Ints{}, err
	}
	return encoding.OpenInts(block, n)
}

// parts reads lists of n integers each.
func (f *fields) parts(n int, lists ...*encoding.Ints) error {
	for _, l := range lists {
		var err error
		if *l, err = f.part(n); err != nil {
			return err
		}
	}
	return nil
}

// end makes sure that a section was read without lack or rest.
func (f *fields) end(section string) error {
	if f.bad || len(f.rest) > 0 {
		return corrupt("section of %s has the wrong length", section)
	}
	return nil
}

// parseFooter checks a footer of a version of the format that goes with data up to dataEnd in a file of fileLen bytes. It keeps b.
func parseFooter(b []byte, version uint32, dataEnd, fileLen int64) (*footer, error) {
	sections, err := splitSections(b)
	if err != nil {
		return nil, err
	}
	f := &footer{version: version}
	blocksEnd := dataEnd
	for _, parse := range []func() error{
		func() error { return f.parseMeta(sections[sectionMeta], dataEnd) },
		func() error { return f.parseRuns(sections[sectionRuns]) },
		func() error { blocksEnd, err = f.parseHours(sections[sectionHours], dataEnd); return err },
		func() error { return f.parseBlocks(sections[sectionBlocks], blocksEnd) },
		func() error { return f.parseStats(sections[sectionStats]) },
	} {
		if err := parse(); err != nil {
			return nil, err
		}
	}
	f.info.Bytes = fileLen
	return f, nil
}

// parseMeta reads section 1.
func (f *footer) parseMeta(b []byte, dataEnd int64) error {
	s := fields{rest: b}
	f.meta.Table = s.uint64()
	f.meta.WindowFrom, f.meta.WindowTo = int64(s.uint64()), int64(s.uint64())
	f.meta.MaxSequence = s.uint64()
	rows, runs, blocks := s.uint64(), s.uint64(), s.uint64()
	f.info.TimeMin, f.info.TimeMax = int64(s.uint64()), int64(s.uint64())
	if f.version >= 2 {
		f.meta.Level = Level(s.uint64())
	}
	columns := s.uint32()
	tooMany := rows > RowsMax || runs > rows || blocks > rows || int64(blocks) > dataEnd || columns > ColumnsMax // a block has at least a byte of times
	if s.bad || tooMany || (rows > 0) != (runs > 0) || (rows > 0) != (blocks > 0) {
		return corrupt("%d rows in %d runs and %d blocks of %d columns", rows, runs, blocks, columns)
	}
	f.info.Rows, f.info.Series, f.blocks = int64(rows), int(runs), int(blocks)
	for range columns {
		number := s.take(1)
		name := s.take(int64(s.uint32()))
		if s.bad || int(number[0]) >= len(columnTypes) || columnTypes[number[0]] == nil {
			return corrupt("column %d of an unknown type", len(f.meta.Columns))
		}
		f.meta.Columns = append(f.meta.Columns, Column{Name: string(name), Type: columnTypes[number[0]]})
	}
	return s.end("meta")
}

// parseRuns reads section 2.
func (f *footer) parseRuns(b []byte) error {
	s := fields{rest: b}
	n := f.info.Series
	if err := s.parts(n, &f.runSeries, &f.runFirst, &f.runMin, &f.runSpan); err != nil {
		return err
	}
	f.ascending = true
	for i := range n {
		first, series := f.runFirst.At(i), f.runSeries.At(i)
		switch {
		case i == 0 && first != 0, i > 0 && first <= f.runFirst.At(i-1), first >= f.info.Rows:
			return corrupt("run %d begins at row %d", i, first)
		case series < 0 || series > 1<<32-1:
			return corrupt("run %d is of series %d", i, series)
		}
		f.ascending = f.ascending && (i == 0 || series > f.runSeries.At(i-1))
	}
	return s.end("runs")
}

// parseBlocks reads section 3. Extents must fill the file from the header to dataEnd.
func (f *footer) parseBlocks(b []byte, dataEnd int64) error {
	s := fields{rest: b}
	first, err := s.part(f.blocks)
	if err != nil {
		return err
	}
	f.blockFirst = make([]int64, f.blocks+1)
	f.blockFirst[f.blocks] = f.info.Rows
	for i := range f.blocks {
		f.blockFirst[i] = first.At(i)
	}
	for i, from := range f.blockFirst[:f.blocks] {
		if rows := f.blockFirst[i+1] - from; from < 0 || rows < 1 || rows > BlockRows || i == 0 && from != 0 {
			return corrupt("block %d of %d rows", i, rows)
		}
	}
	extents := f.blocks * f.slots()
	if f.offsets, err = s.part(extents + 1); err != nil {
		return err
	}
	before := int64(headerBytes)
	for i := range extents + 1 {
		at := f.offsets.At(i)
		if at < before || i == 0 && at != headerBytes || at > dataEnd || i == extents && at != dataEnd {
			return corrupt("extent %d is at %d", i, at)
		}
		before = at
	}
	f.sums = s.take(4 * int64(extents))
	return s.end("blocks")
}

// parseStats reads section 4.
func (f *footer) parseStats(b []byte) error {
	s := fields{rest: b}
	if err := s.parts(f.blocks, &f.timeMin, &f.timeMax); err != nil {
		return err
	}
	f.stats = make([]columnStats, len(f.meta.Columns))
	for i, c := range f.meta.Columns {
		for k := range statsColumnsOf(c.Type) {
			if err := s.parts(f.blocks, &f.stats[i][k]); err != nil {
				return err
			}
		}
	}
	return s.end("statistics")
}

// slots is the number of extents in a block.
func (f *footer) slots() int { return slotColumns + len(f.meta.Columns) }
