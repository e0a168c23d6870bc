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
	rowsAtOnce         = 1024      // that are written between two looks at the size
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

func (f *parquetFormat) suffix() string      { return ".parquet" }
func (f *parquetFormat) contentType() string { return "application/vnd.apache.parquet" }

func (f *parquetFormat) encoder(out *object) (encoder, error) {
	return &parquetFile{parquetFormat: f, out: out, writer: parquet.NewGenericWriter[any](out, f.options...)}, nil
}

// parquetFile is a file that is being written.
type parquetFile struct {
	*parquetFormat
	out    *object
	writer *parquet.GenericWriter[any]
	// rows is the row group under way, nil if none. Each has buffers of its own, that go with it: a file that waits for its
	// next rows holds nearly nothing.
	rows   *parquet.ConcurrentRowGroupWriter
	groups int
}

// write implements encoder. How large a row group becomes in the file is known when it is there; as long as that is much
// less than what it takes in memory, further ones follow until the file has nearly its size.
func (f *parquetFile) write(b *vector.Batch) (taken int, err error) {
	for taken < b.Rows {
		if held := f.held(); held >= f.group || f.rows != nil && f.out.bytes+held >= f.fileBytes {
			if err := f.flush(); err != nil {
				return taken, err
			}
		}
		if f.out.bytes >= f.fileBytes-f.fileBytes/8 || f.groups*f.leaves >= groupColumnsMax {
			return taken, nil
		}
		to := min(b.Rows, taken+rowsAtOnce)
		if err := f.writeRows(b, taken, to); err != nil {
			return taken, err
		}
		taken = to
	}
	return taken, nil
}

// writeRows adds the rows from:to to the row group.
func (f *parquetFile) writeRows(b *vector.Batch, from, to int) error {
	if f.rows == nil {
		f.rows = f.writer.BeginRowGroup()
	}
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
func (f *parquetFile) held() int64 {
	if f.rows == nil {
		return 0
	}
	return f.rows.Size()
}

// flush implements encoder: it ends the row group.
func (f *parquetFile) flush() error {
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
