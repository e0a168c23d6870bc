package export

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// chunkBytes is how much text is gathered before it is compressed and handed over.
const chunkBytes = 256 << 10

// csvFormat writes text: rows end with a line feed, NULL is nothing at all, the empty text is "". A field is put in double
// quotes if it has a character that could be taken for something else; within quotes the escape character stands in front of
// quotes and of itself.
type csvFormat struct {
	delimiter  byte
	escape     string
	special    [256]bool   // bytes that call for quotes
	plain      bool        // no text of a number, time or truth value has such a byte
	fileBytes  int64       // how large a file may be
	header     []string    // nil for none
	compressor *compressor // nil: not compressed; all files share it
	json       []byte      // scratch
}

func newCSVFormat(u *plan.Unload, columns []types.Field) *csvFormat {
	f := &csvFormat{delimiter: u.FieldDelimiter[0], escape: u.EscapedBy, fileBytes: u.MaxFileSizeBytes}
	for _, c := range []byte{f.delimiter, f.escape[0], '"', '\n', '\r'} {
		f.special[c] = true
	}
	const scalars = "0123456789+-.: EInfintyNaNtruefalse"
	f.plain = true
	for i := range len(scalars) {
		f.plain = f.plain && !f.special[scalars[i]]
	}
	if u.IncludeHeader {
		f.header = make([]string, 0, len(columns))
		for _, c := range columns {
			f.header = append(f.header, c.Name)
		}
	}
	if u.Gzip {
		f.compressor = newCompressor()
	}
	return f
}

func (f *csvFormat) contentType() string {
	if f.compressor != nil {
		return "application/gzip"
	}
	return "text/csv"
}

func (f *csvFormat) encoder(out *object) (encoder, error) {
	c := &csvFile{csvFormat: f, out: out}
	if f.compressor != nil {
		c.gzip = &gzipStream{compressor: f.compressor, file: out}
	}
	for i, name := range f.header {
		if i > 0 {
			c.chunk = append(c.chunk, f.delimiter)
		}
		c.chunk = appendField(c.chunk, f, name)
	}
	if f.header != nil {
		c.chunk = append(c.chunk, '\n')
	}
	return c, nil
}

// csvFile is a file that is being written.
type csvFile struct {
	*csvFormat
	out   *object
	gzip  *gzipStream // nil: not compressed
	chunk []byte      // rows that are not handed over
	rows  int64
}

// write implements encoder. Compressed text counts with its size, text that is not yet compressed as it is.
func (f *csvFile) write(b *vector.Batch) (taken int, err error) {
	for i := range b.Rows {
		before := len(f.chunk)
		for k, col := range b.Cols {
			if k > 0 {
				f.chunk = append(f.chunk, f.delimiter)
			}
			f.cell(col, i)
		}
		f.chunk = append(f.chunk, '\n')
		if f.rows > 0 && f.out.bytes+int64(len(f.chunk))+gzipTailBytes > f.fileBytes {
			f.chunk = f.chunk[:before]
			return i, nil
		}
		f.rows++
		if len(f.chunk) >= chunkBytes {
			if err := f.flush(); err != nil {
				return i, err
			}
		}
	}
	return b.Rows, nil
}

// cell appends a value.
func (f *csvFile) cell(v *vector.Vector, i int) {
	v, i, ok := v.Payload(i)
	if !ok {
		return
	}
	switch {
	case v.Type.Kind == types.KindVarchar:
		f.chunk = appendField(f.chunk, f.csvFormat, v.Strs[i])
	case !v.Type.IsScalar():
		f.json = appendJSON(f.json[:0], v, i)
		f.chunk = appendField(f.chunk, f.csvFormat, f.json)
	case f.plain:
		f.chunk = v.AppendScalar(f.chunk, i)
	default:
		f.json = v.AppendScalar(f.json[:0], i)
		f.chunk = appendField(f.chunk, f.csvFormat, f.json)
	}
}

// appendField appends a text, in quotes if it needs them.
func appendField[T string | []byte](dst []byte, f *csvFormat, s T) []byte {
	quote := len(s) == 0
	for i := 0; i < len(s) && !quote; i++ {
		quote = f.special[s[i]]
	}
	if !quote {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			dst = append(append(dst, f.escape...), '"')
		case c == f.escape[0] && strings.HasPrefix(string(s[i:min(len(s), i+len(f.escape))]), f.escape):
			dst = append(append(dst, f.escape...), f.escape...)
			i += len(f.escape) - 1
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func (f *csvFile) held() int64 { return int64(cap(f.chunk)) }

// flush implements encoder.
func (f *csvFile) flush() error {
	var err error
	if f.gzip != nil {
		err = f.gzip.write(f.chunk)
	} else {
		_, err = f.out.Write(f.chunk)
	}
	if len(f.chunk) < chunkBytes || cap(f.chunk) > 2*chunkBytes { // nothing comes for now, or it was for a large row
		f.chunk = nil
	}
	f.chunk = f.chunk[:0]
	return err
}

// finish implements encoder.
func (f *csvFile) finish() error {
	if err := f.flush(); err != nil || f.gzip == nil {
		return err
	}
	return f.gzip.finish()
}
