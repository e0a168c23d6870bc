package export

import (
	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Sizes of Parquet files. Pages of a row group are encoded, and compressed, as soon as they are full; what is in memory is
// the encoded row group and a page that fills, for each column.
const (
	rowGroupBytesMax   = 64 << 20
	pageBytes          = 256 << 10
	dictionaryBytesMax = 512 << 10 // of a column; then texts are written as they are
	rowsAtOnce         = 1024      // that are written between two looks at the size, unless they are large
	bytesAtOnce        = 1 << 20   // the same for their size, unless one row is larger
	// valueBytes is how much a value may take in a file besides its text: itself, and its levels or its length.
	valueBytes = 12
	// footerChunkBytes is about how much a file has at its end about one column of one row group.
	footerChunkBytes = 256
	// groupColumnsMax is how many chunks of columns a file may have. The description of each stays in memory until the file
	// ends, about 500 bytes; beyond it a new file begins.
	groupColumnsMax = 1 << 16
)

// parquetFormat writes Parquet files, version 1 pages, as the service's: timestamps are INT96, arrays and time series are
// lists of three levels, rows are groups, everything may be NULL. Intervals are texts.
type parquetFormat struct {
	schema    *parquet.Schema
	columns   [][]*parquetLeaf // of each column of the result
	leaves    int
	options   []parquet.WriterOption
	fileBytes int64
	group     int64 // how large a row group may become in memory
	scratch   []parquet.Value
}

func newParquetFormat(u *plan.Unload, columns []types.Field, heldBytesMax int64) (*parquetFormat, error) {
	f := &parquetFormat{fileBytes: u.MaxFileSizeBytes, group: min(rowGroupBytesMax, heldBytesMax/2)}
	var b schemaBuilder
	root, leaves, err := b.columns(columns)
	if err != nil {
		return nil, err
	}
	f.columns, f.leaves, f.schema = leaves, len(b.leaves), parquet.NewSchema("result", root)
	f.options = []parquet.WriterOption{f.schema, parquet.CreatedBy("tidemark", "1.0.0", "0"), parquet.DataPageVersion(1),
		parquet.PageBufferSize(pageBytes), parquet.DictionaryMaxBytes(dictionaryBytesMax)}
	if u.Gzip {
		f.options = append(f.options, parquet.Compression(&parquet.Gzip))
	}
	return f, nil
}

func (f *parquetFormat) contentType() string { return "application/vnd.apache.parquet" }

func (f *parquetFormat) encoder(out *object) (encoder, error) {
	return &parquetFile{parquetFormat: f, out: out}, nil
}

// parquetFile is a file that is being written. Rows wait until they are worth a row group, whose columns have large buffers of
// their own, which go with it: a file that gets few rows, or waits for its next ones, holds little.
type parquetFile struct {
	*parquetFormat
	out          *object
	writer       *parquet.GenericWriter[any]       // nil before the first row group
	rows         *parquet.ConcurrentRowGroupWriter // the row group under way, nil if none
	groups       int                               // so far, without it
	waiting      []*vector.Builder                 // the columns of rows for the next row group, nil if none
	waitingBytes int64                             // that they will take, at most
}

// What the library takes for each leaf, in memory, besides the values.
const (
	fileLeafBytes  = 2 << 10  // from the first row group to the end of the file
	groupLeafBytes = 16 << 10 // of a row group
	waitLeafBytes  = 256      // of rows that wait
)

// write implements encoder. How large a row group becomes in the file is known when it is there; as long as that is much
// less than what it takes in memory, further ones follow until the file has nearly its size. Only a row that is too large by
// itself makes a file larger than it may be.
func (f *parquetFile) write(b *vector.Batch) (taken int, err error) {
	for taken < b.Rows {
		to, bytes := piece(b, taken)
		if group := f.groupBytes(); group >= f.group || group > 0 && f.size(group+bytes) > f.fileBytes {
			if err := f.flush(); err != nil {
				return taken, err
			}
		}
		full := f.size(0) >= f.fileBytes-f.fileBytes/8 || f.groups*f.leaves >= groupColumnsMax
		if full || f.groups > 0 && f.groupBytes() == 0 && f.size(bytes) > f.fileBytes {
			return taken, nil
		}
		if f.rows == nil {
			f.keep(b, taken, to, bytes)
			if f.waitingBytes >= int64(f.leaves)*groupLeafBytes {
				err = f.writeWaiting()
			}
		} else {
			err = f.writeRows(b, taken, to)
		}
		if err != nil {
			return taken, err
		}
		taken = to
	}
	return taken, nil
}

// groupBytes returns how large the next row group is so far.
func (f *parquetFile) groupBytes() int64 {
	if f.rows != nil {
		return f.rows.Size()
	}
	return f.waitingBytes
}

// size returns about how large the file is if it ends after a row group of so many bytes more.
func (f *parquetFile) size(more int64) int64 {
	return f.out.bytes + more + int64(f.groups+1)*int64(f.leaves)*footerChunkBytes
}

// piece returns where the rows from:to that are written at once end, and how large they are, at most.
func piece(b *vector.Batch, from int) (to int, bytes int64) {
	for to = from; to < b.Rows && to < from+rowsAtOnce; to++ {
		var row int64
		for _, v := range b.Cols {
			row += sizeOf(v, to)
		}
		if to > from && bytes+row > bytesAtOnce {
			break
		}
		bytes += row
	}
	return to, bytes
}

// sizeOf returns how much row i of a column, or of a part of one, takes in a file at most.
func sizeOf(v *vector.Vector, i int) (bytes int64) {
	v, at, ok := v.Payload(i)
	if !ok {
		return valueBytes
	}
	switch v.Type.Kind {
	case types.KindVarchar:
		return valueBytes + int64(len(v.Strs[at]))
	case types.KindRow:
		for _, kid := range v.Kids {
			bytes += sizeOf(kid, at)
		}
		return bytes
	case types.KindArray, types.KindTimeSeries:
		for _, kid := range v.Kids {
			for j := v.Offsets[at]; j < v.Offsets[at+1]; j++ {
				bytes += sizeOf(kid, int(j))
			}
		}
		return valueBytes + bytes
	case types.KindIntervalDayToSecond, types.KindIntervalYearToMonth: // texts
		return 4 * valueBytes
	}
	return valueBytes
}

// keep lets the rows from:to, of so many bytes at most, wait for a row group.
func (f *parquetFile) keep(b *vector.Batch, from, to int, bytes int64) {
	if f.waiting == nil {
		for _, v := range b.Cols {
			f.waiting = append(f.waiting, vector.NewBuilder(v.Type, to-from))
		}
	}
	for k, v := range b.Cols {
		for i := from; i < to; i++ {
			f.waiting[k].AppendFrom(v, i)
		}
	}
	f.waitingBytes += bytes
}

// writeWaiting begins a row group with the rows that wait.
func (f *parquetFile) writeWaiting() error {
	b := &vector.Batch{Rows: f.waiting[0].Len()}
	for _, column := range f.waiting {
		b.Cols = append(b.Cols, column.Build())
	}
	f.waiting, f.waitingBytes = nil, 0
	if f.writer == nil {
		f.writer = parquet.NewGenericWriter[any](f.out, f.options...)
	}
	f.rows = f.writer.BeginRowGroup()
	for from := 0; from < b.Rows; {
		to, _ := piece(b, from)
		if err := f.writeRows(b, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// writeRows adds the rows from:to to the row group.
func (f *parquetFile) writeRows(b *vector.Batch, from, to int) error {
	out := f.rows.ColumnWriters()
	for k, leaves := range f.columns {
		for _, leaf := range leaves {
			f.scratch = f.scratch[:0]
			for i := from; i < to; i++ {
				f.scratch = leaf.append(f.scratch, b.Cols[k], i)
			}
			if _, err := out[leaf.column].WriteRowValues(f.scratch); err != nil {
				return err
			}
		}
	}
	return nil
}

// held implements encoder.
func (f *parquetFile) held() (bytes int64) {
	leaves := int64(f.leaves)
	if f.writer != nil {
		bytes += leaves * fileLeafBytes
	}
	if f.rows != nil {
		bytes += leaves*groupLeafBytes + f.rows.Size()
	}
	if f.waiting != nil {
		bytes += leaves * waitLeafBytes
		for _, column := range f.waiting {
			bytes += column.Bytes()
		}
	}
	return bytes
}

// flush implements encoder: it ends the row group.
func (f *parquetFile) flush() error {
	if f.waiting != nil {
		if err := f.writeWaiting(); err != nil {
			return err
		}
	}
	if f.rows == nil {
		return nil
	}
	_, err := f.rows.Commit()
	f.rows = nil
	f.groups++
	return err
}

// finish implements encoder.
func (f *parquetFile) finish() error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.writer.Close()
}
