package batchload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// Limits of rows.
const (
	valueBytesMax = 2048 // a value in a mapped column: no record can hold a longer one
	// How much is read between two looks at the context and at whether it is time to save.
	pauseRows  = 1024
	pauseBytes = 4 << 20
)

// loading is a file under way.
type loading struct {
	*run
	file    File
	in      io.ReadCloser
	rows    *reader
	columns int
	mapper  *mapping.Mapper
	used    []int // columns that the model reads
	dims    []int // of them, those of dimensions: they decide on the lane
	values  []mapping.Value
	text    []byte
	paused  int64 // offset of the last look at whether it is time to save

	// Where reading failed last, and since when.
	failedAt    int64
	failedSince time.Time
}

// file loads what is left of a file. A *fileError says that the rest of it cannot be loaded.
func (r *run) file(ctx context.Context, f File) error {
	if f.Size > FileBytesMax {
		return &fileError{fmt.Sprintf("The file has %d bytes, at most %d are possible.", f.Size, int64(FileBytesMax)), 1}
	}
	l := &loading{run: r, file: f}
	defer l.close()
	if err := r.again(ctx, func() error { return l.begin(ctx) }); err != nil {
		return err
	}
	for {
		row, err := l.rows.read()
		if err == nil {
			err = l.row(ctx, row)
		} else if errors.Is(err, io.EOF) {
			return nil
		} else {
			err = l.unreadable(ctx, err)
		}
		if err != nil {
			return err
		}
		if r.rows++; r.rows%pauseRows == 0 || r.rows >= r.SaveRows || l.rows.offset-l.paused >= pauseBytes || r.lanes.overflowing() {
			if err := l.pause(ctx); err != nil {
				return err
			}
		}
	}
}

// unreadable passes over a row that cannot be read, or reads it again.
func (l *loading) unreadable(ctx context.Context, err error) error {
	var bad *rowError
	var ends *fileError
	switch {
	case errors.As(err, &bad):
		l.refuse(&l.rows.row, bad.reason)
		return nil
	case errors.As(err, &ends):
		return err
	}
	return l.reopen(ctx, err)
}

// close gives the object back.
func (l *loading) close() {
	if l.in != nil {
		_ = l.in.Close() // it was only read
		l.in = nil
	}
}

// open begins to read the object at an offset.
func (l *loading) open(ctx context.Context, offset int64) error {
	l.close()
	in, object, err := l.Objects.Get(ctx, l.Bucket, l.file.Key, offset)
	if err != nil {
		return fmt.Errorf("open an object: %w", l.lost(err))
	}
	l.in = &whole{in, l.file.Size - offset}
	if object.Size != l.file.Size || l.file.ETag != "" && object.ETag != l.file.ETag {
		return &fileError{changed, l.line()}
	}
	return nil
}

// changed is the reason for which the rest of a file that was exchanged is refused.
const changed = "The file was changed after the load had begun."

// lost makes a *fileError of an error that says that the object is not what it was, or cannot be had.
func (l *loading) lost(err error) error {
	switch dberr.KindOf(err) {
	case dberr.NotFound:
		return &fileError{"The file does not exist any more.", l.line()}
	case dberr.Conflict: // an object storage found that it was replaced while it was read
		return &fileError{changed, l.line()}
	case dberr.Invalid:
		return &fileError{"The file cannot be read: " + clientText(err), l.line()}
	}
	return err
}

// line returns the line from which on nothing is loaded if the file cannot be read any more.
func (l *loading) line() int64 {
	switch {
	case l.rows != nil:
		return l.rows.line
	case l.progress.Place.Offset > 0:
		return l.progress.Place.Line
	}
	return 1
}

// whole reads an object, of which a number of bytes is left. One that ends before them, because a connection was cut, is an
// error: the row at its end would be a wrong one.
type whole struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (w *whole) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if w.left -= int64(n); w.left > 0 && errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// clientText returns what a client may see of an error.
func clientText(err error) string {
	var known *dberr.Error
	if errors.As(err, &known) && known.Kind != dberr.Internal {
		return known.Client()
	}
	return "an internal error."
}

// begin reads the header line, finds the model's columns, and goes to the place where the load goes on.
func (l *loading) begin(ctx context.Context) error {
	if err := l.open(ctx, 0); err != nil {
		return err
	}
	rows := newReader(l.in, l.CSV, 0, 1)
	names, err := rows.header()
	if err != nil {
		return l.readError(err)
	}
	if l.mapper, err = l.Model.Compile(names); err != nil {
		reason := clientText(err)
		if slices.ContainsFunc(names, endsInCR) {
			reason += " The header line has carriage returns within: lines must end in LF or CR LF."
		}
		return &fileError{reason, 1}
	}
	l.columns, l.values = len(names), make([]mapping.Value, len(names))
	l.used, l.dims = l.mapper.Columns()
	if place := &l.progress.Place; place.Offset > 0 {
		if err := l.open(ctx, place.Offset); err != nil {
			return err
		}
		rows = newReader(l.in, l.CSV, place.Offset, place.Line)
	}
	l.rows, l.paused = rows, rows.offset
	return nil
}

// endsInCR reports whether a name of the header line has a carriage return without a line feed, as if that ended lines.
func endsInCR(name string) bool { return strings.Contains(strings.ReplaceAll(name, "\r\n", ""), "\r") }

// readError gives errors of reading an object a kind: they may pass, unless the object storage says otherwise.
func (l *loading) readError(err error) error {
	var known *dberr.Error
	var bad *fileError
	if errors.As(err, &known) || errors.As(err, &bad) {
		return l.lost(err)
	}
	return dberr.Wrap(dberr.Unavailable, err, "An object cannot be read")
}

// reopen reads on from the row at which reading has failed, unless it has been failing there for RetryFor.
func (l *loading) reopen(ctx context.Context, cause error) error {
	offset, line := l.rows.offset, l.rows.line
	failed := l.readError(cause)
	now := l.Clock.Now()
	if l.failedSince.IsZero() || l.failedAt != offset {
		l.failedAt, l.failedSince = offset, now
	}
	if now.Sub(l.failedSince) >= l.RetryFor {
		return &StopError{failed}
	}
	return l.again(ctx, func() error {
		if err := failed; err != nil { // the first time only: then the pause is over
			failed = nil
			return err
		}
		if err := l.open(ctx, offset); err != nil {
			return err
		}
		l.rows = newReader(l.in, l.CSV, offset, line)
		return nil
	})
}

// refuse counts a row that gives no records.
func (l *loading) refuse(row *row, reason string) {
	l.progress.Processed++
	l.progress.ParseFailures++
	l.found.add(l.file.Key, reason, [2]int64{row.first, row.last})
}

// row hands the records of a row to a lane.
func (l *loading) row(ctx context.Context, row *row) error {
	if row.count != l.columns {
		l.refuse(row, "The row has "+strconv.Itoa(row.count)+" values, but the header line has "+strconv.Itoa(l.columns)+" names.")
		return nil
	}
	l.text = l.text[:0]
	for _, i := range l.used {
		f := &row.fields[i]
		if len(f.text) > valueBytesMax {
			l.refuse(row, fmt.Sprintf("A value has more than %d bytes.", valueBytesMax))
			return nil
		}
		if !utf8.Valid(f.text) {
			l.refuse(row, "A value is not valid UTF-8.")
			return nil
		}
		l.text = append(l.text, f.text...)
	}
	text, from := string(l.text), 0
	for _, i := range l.used {
		f := &row.fields[i]
		l.values[i] = mapping.Value{Text: text[from : from+len(f.text)], Null: f.null}
		from += len(f.text)
	}
	lane := l.lanes.of(l.values, l.dims)
	if err := l.mapper.Append(&lane.open.records, l.values); err != nil {
		return l.unmapped(row, err)
	}
	return lane.added(ctx, len(text), [2]int64{row.first, row.last})
}

// unmapped counts a row that the model makes no records of.
func (l *loading) unmapped(row *row, err error) error {
	var bad *mapping.RowError
	if !errors.As(err, &bad) {
		return err
	}
	l.refuse(row, bad.Reason)
	return nil
}

// pause saves if it is time.
func (l *loading) pause(ctx context.Context) error {
	l.paused = l.rows.offset
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if l.lanes.overflowing() {
		if err := l.drain(ctx); err != nil {
			return err
		}
	}
	if !l.due() {
		return nil
	}
	if err := l.drain(ctx); err != nil {
		return err
	}
	place := &l.progress.Place
	place.Offset, place.Line = l.rows.offset, l.rows.line
	return l.save(ctx, false)
}
