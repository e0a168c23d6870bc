package batchload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// CSV is the dialect of files. Source: CsvConfiguration.
type CSV struct {
	Separator byte   `json:"separator,omitempty"` // default ,
	Quote     byte   `json:"quote,omitempty"`     // default "
	Escape    byte   `json:"escape,omitempty"`    // before a character that stands for itself; 0 for none
	Null      string `json:"null,omitempty"`      // an unquoted field that stands for NULL, besides the empty one
	Trim      bool   `json:"trim,omitempty"`      // blanks and tabs around fields, outside quotes, do not count
}

// setDefaults fills in what is not set.
func (c *CSV) setDefaults() {
	if c.Separator == 0 {
		c.Separator = ','
	}
	if c.Quote == 0 {
		c.Quote = '"'
	}
}

// Limits of a file.
const (
	rowBytesMax    = 16 << 20  // Source: quotas
	columnsMax     = 100_000   // names in the header line; ours: a row of separators alone would take a gigabyte
	bufferBytesMin = 256 << 10 // of the reader; it grows for longer rows
)

// field is a value of a row. Its text is valid until the next row is read.
type field struct {
	text []byte
	null bool
}

// row is a line of a file, or several if a quoted value has line breaks.
type row struct {
	fields      []field // the first columnsMax at most
	count       int     // of all
	first, last int64   // lines, from 1
}

// rowError says that a row cannot be read. The next one can.
type rowError struct{ reason string }

// Error returns the reason.
func (e *rowError) Error() string { return e.reason }

// fileError says that the rest of a file cannot be read. line is where.
type fileError struct {
	reason string
	line   int64
}

// Error returns the reason.
func (e *fileError) Error() string { return e.reason }

// Classes of bytes, of which the reader takes notice outside quotes.
const (
	plain = iota
	separator
	quote
	escape
	newline
)

// reader reads the rows of a file, as RFC 4180 has them, but for the dialect: a field in quotes may have separators, line breaks
// and, doubled or escaped, quotes. Lines end in LF or CR LF. Empty lines are skipped. It keeps the row it reads and no more
// than a buffer beyond it in memory.
//
// A row is parsed from what is in the buffer; if it is not all there, more is read and the row begun again. That is rare, as
// rows are short, and makes the parser as simple as one of whole files.
type reader struct {
	in    io.Reader
	csv   CSV
	class [256]uint8

	buf      []byte
	pos, end int   // of what is not yet read in buf
	eof      bool  // nothing comes after end
	offset   int64 // in the file, of pos
	line     int64 // at pos, from 1

	row     row
	scratch []byte // texts of fields that are not as they are in the file
	where   []span // places of those texts, by field
}

// span is the place of a text in scratch; from is -1 for a field that is as it is in the file.
type span struct{ from, to int }

// newReader reads from in, which begins at an offset and a line of its file.
func newReader(in io.Reader, csv CSV, offset, line int64) *reader {
	csv.setDefaults()
	r := &reader{in: in, csv: csv, buf: make([]byte, bufferBytesMin), offset: offset, line: line}
	if csv.Escape != 0 {
		r.class[csv.Escape] = escape
	}
	r.class[csv.Separator], r.class[csv.Quote], r.class['\n'] = separator, quote, newline
	return r
}

// errMore says that a row is not all in the buffer.
var errMore = errors.New("the row goes on")

// read returns the next row; io.EOF after the last one; a *rowError for one that cannot be read, with its lines in r.row; a
// *fileError if the rest cannot be; or an error of the file's reader, after which the row can be read from r.offset again.
func (r *reader) read() (*row, error) {
	for {
		data := r.buf[r.pos:r.end]
		n, err := 0, errMore
		if len(data) > 0 {
			n, err = r.parse(data)
		} else if r.eof {
			return nil, io.EOF
		}
		if errors.Is(err, errMore) {
			if len(data) >= rowBytesMax {
				return nil, &fileError{fmt.Sprintf("A row has more than %d bytes.", rowBytesMax), r.line}
			}
			if err := r.fill(); err != nil {
				return nil, err
			}
			continue
		}
		r.pos += n
		r.offset += int64(n)
		r.row.first = r.line
		lines := int64(bytes.Count(data[:n], []byte{'\n'}))
		if r.line += lines; n > 0 && data[n-1] == '\n' {
			lines--
		}
		r.row.last = r.row.first + lines
		if err != nil {
			return nil, err
		}
		if len(r.row.fields) == 0 { // an empty line
			continue
		}
		return &r.row, nil
	}
}

// fill fills the buffer, after making it larger if it is full, or notes that there is no more. It does not return with less: a
// long row that comes in small pieces would be begun again for each.
func (r *reader) fill() error {
	if r.pos > 0 {
		r.end = copy(r.buf, r.buf[r.pos:r.end])
		r.pos = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for r.end < len(r.buf) {
		n, err := r.in.Read(r.buf[r.end:])
		r.end += n
		if errors.Is(err, io.EOF) {
			r.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parse takes the row that data begins with apart and returns its length.
func (r *reader) parse(data []byte) (int, error) {
	r.row.fields, r.row.count, r.scratch, r.where = r.row.fields[:0], 0, r.scratch[:0], r.where[:0]
	for i := 0; ; {
		var err error
		i, err = r.field(data, i)
		if err != nil {
			return i, err
		}
		if i < len(data) && r.class[data[i]] == separator {
			i++
			continue
		}
		if i < len(data) {
			i++ // the end of the line
		}
		if len(r.scratch) > 0 {
			for k, w := range r.where {
				if w.from >= 0 {
					r.row.fields[k].text = r.scratch[w.from:w.to]
				}
			}
		}
		if len(r.row.fields) == 1 && r.row.fields[0].null && len(r.row.fields[0].text) == 0 {
			r.row.fields = r.row.fields[:0]
		}
		return i, nil
	}
}

// field takes the field at i apart and returns where it ends: at a separator, at the end of a line or of the file.
func (r *reader) field(data []byte, i int) (int, error) {
	if r.csv.Trim {
		for i < len(data) && r.blank(data[i]) {
			i++
		}
	}
	if i < len(data) && r.class[data[i]] == quote {
		return r.quoted(data, i+1)
	}
	from, copied := i, i // copied is up to where the text is in scratch, if it has escapes: then it begins at text there
	text := -1
	for ; i < len(data); i++ {
		switch r.class[data[i]] {
		case plain:
			continue
		case escape:
			if i+1 == len(data) {
				if !r.eof {
					return 0, errMore
				}
				return len(data), &rowError{"The file ends after an escape character."}
			}
			if text < 0 {
				text = len(r.scratch)
			}
			r.scratch = append(append(r.scratch, data[copied:i]...), data[i+1])
			i++
			copied = i + 1
			continue
		case quote:
			return r.skipLine(data, i, "A quote is inside a field that does not begin with one.")
		}
		break // a separator or the end of the line
	}
	return r.unquoted(data, from, copied, i, text)
}

// unquoted adds a field without quotes, from up to i. If it has escapes its text up to copied is in scratch, at text.
func (r *reader) unquoted(data []byte, from, copied, i, text int) (int, error) {
	if i == len(data) && !r.eof {
		return 0, errMore
	}
	end := i
	if end > copied && data[end-1] == '\r' && (i == len(data) || data[i] == '\n') {
		end--
	}
	if r.csv.Trim {
		for end > copied && r.blank(data[end-1]) {
			end--
		}
	}
	if text >= 0 {
		r.scratch = append(r.scratch, data[copied:end]...)
		r.add(nil, span{text, len(r.scratch)}, false)
		return i, nil
	}
	value := data[from:end]
	r.add(value, span{-1, 0}, len(value) == 0 || string(value) == r.csv.Null)
	return i, nil
}

// quoted adds the field whose opening quote is before i, and returns where it ends.
func (r *reader) quoted(data []byte, i int) (int, error) {
	from, copied, text := i, i, -1
	keep := func(upTo, next int) {
		if text < 0 {
			text = len(r.scratch)
		}
		r.scratch = append(r.scratch, data[copied:upTo]...)
		copied = next
	}
	for i < len(data) {
		c := data[i]
		if c != r.csv.Quote && (c != r.csv.Escape || c == 0) {
			i++
			continue
		}
		if i+1 == len(data) && !r.eof {
			return 0, errMore
		}
		if doubled := i+1 < len(data) && data[i+1] == r.csv.Quote; doubled || c != r.csv.Quote {
			keep(i, i+1) // the character after it stands for itself
			i += 2
			continue
		}
		if text >= 0 {
			keep(i, i+1)
			r.add(nil, span{text, len(r.scratch)}, false)
		} else {
			r.add(data[from:i], span{-1, 0}, false)
		}
		return r.afterQuote(data, i+1)
	}
	if !r.eof {
		return 0, errMore
	}
	return len(data), &rowError{"A quoted field does not end."}
}

// afterQuote returns where a field ends whose closing quote is before i.
func (r *reader) afterQuote(data []byte, i int) (int, error) {
	if r.csv.Trim {
		for i < len(data) && r.blank(data[i]) {
			i++
		}
	}
	if i+1 < len(data) && data[i] == '\r' && data[i+1] == '\n' || i+1 == len(data) && r.eof && data[i] == '\r' {
		i++
	}
	switch {
	case i+1 >= len(data) && !r.eof:
		return 0, errMore
	case i == len(data) || r.class[data[i]] == separator || data[i] == '\n':
		return i, nil
	}
	return r.skipLine(data, i, "There is text between a closing quote and the next separator.")
}

// skipLine passes over the rest of a line that makes no sense, and returns why.
func (r *reader) skipLine(data []byte, i int, reason string) (int, error) {
	n := bytes.IndexByte(data[i:], '\n')
	switch {
	case n >= 0:
		return i + n + 1, &rowError{reason}
	case r.eof:
		return len(data), &rowError{reason}
	}
	return 0, errMore
}

// add adds a field, or only counts it if there are too many.
func (r *reader) add(text []byte, where span, null bool) {
	if r.row.count++; r.row.count > columnsMax {
		return
	}
	r.row.fields = append(r.row.fields, field{text, null})
	r.where = append(r.where, where)
}

// blank reports whether c is a blank or a tab, and no separator.
func (r *reader) blank(c byte) bool { return (c == ' ' || c == '\t') && c != r.csv.Separator }

// header reads the first line: the names of the columns. All errors but those of the file's reader are *fileError.
func (r *reader) header() ([]string, error) {
	for r.end < 3 && !r.eof {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	begin := r.buf[r.pos:r.end]
	switch {
	case bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")), bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		return nil, &fileError{"The file begins with a byte-order mark. Files must be UTF-8 without one.", 1}
	case bytes.HasPrefix(begin, []byte("\x1f\x8b")):
		return nil, &fileError{"The file is compressed. Only plain CSV files can be loaded.", 1}
	}
	row, err := r.read()
	var bad *rowError
	switch {
	case errors.Is(err, io.EOF):
		return nil, &fileError{"The file is empty. A header line is required.", 1}
	case errors.As(err, &bad):
		return nil, &fileError{"The header line cannot be read: " + bad.reason, r.row.first}
	case err != nil:
		return nil, err
	case row.count > columnsMax:
		return nil, &fileError{fmt.Sprintf("The header line has %d names, at most %d are possible.", row.count, columnsMax), row.first}
	}
	names := make([]string, len(row.fields))
	for i, f := range row.fields {
		if !utf8.Valid(f.text) {
			return nil, &fileError{"The header line is not valid UTF-8.", row.first}
		}
		names[i] = string(f.text)
	}
	return names, nil
}
