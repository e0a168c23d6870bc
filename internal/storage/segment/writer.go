package segment

import (
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Writer writes one segment. It is used by one goroutine, and ends with Finish or Abort. After an error only Abort is of
// use. It holds at most BlockRows+LongRunRows rows, about 32 bytes for each run and for each block and column,
// and the encoded statistics of hours, some 10 to 30 bytes for each column and hour of a run.
type Writer struct {
	fs   vfs.FS
	name string
	file vfs.File
	meta Meta
	err  error // the first error; the writer is of no use any more
	enc  encoding.Encoder
	out  []byte // the block that is being encoded

	// Rows that wait for their block.
	times    []int64
	versions []int64
	cols     []column
	flat     []*vector.Vector // the columns of the chunk that is being appended

	// The run under way.
	series   uint32
	runFrom  int // its first row among those that wait; 0 also if it began in an earlier block
	runRows  int64
	lastTime int64

	dir   directory
	hours hourWriter
}

// maxWaiting is how many rows wait for their block at most: a block that is nearly full, and the beginning of a run until
// it is known to be long.
const maxWaiting = BlockRows + LongRunRows

// errDone is the error of a writer after Finish has succeeded.
var errDone = errors.New("the segment is finished")

// NewWriter creates the file and begins to write.
func NewWriter(fs vfs.FS, name string, meta Meta) (*Writer, error) {
	if len(meta.Columns) > ColumnsMax {
		return nil, fmt.Errorf("write segment %s: %d columns, at most %d", name, len(meta.Columns), ColumnsMax)
	}
	w := &Writer{fs: fs, name: name, meta: meta, cols: make([]column, len(meta.Columns)), flat: make([]*vector.Vector, len(meta.Columns))}
	for i, c := range meta.Columns {
		number, ok := typeNumber(c.Type)
		if !ok || len(c.Name) > nameMax {
			return nil, fmt.Errorf("write segment %s: column %d cannot be stored", name, i)
		}
		w.cols[i].typ = columnTypes[number]
	}
	w.enc.Cold = meta.Level == Cold
	w.dir.init(meta)
	w.hours.init(meta.Columns)
	file, err := fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write segment %s: %w", name, err)
	}
	w.file = file
	if err := w.write(appendHeader(nil, formatVersion)); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// Bytes returns how long the file is so far; rows that wait for their block are not in it.
func (w *Writer) Bytes() int64 { return w.dir.end }

// Rows returns how many rows were appended.
func (w *Writer) Rows() int64 { return w.dir.rows + int64(len(w.times)) }

// Sync makes durable what is written so far, so that Finish has less to do: a long file that is synced at once holds up all
// others who sync on that disk.
func (w *Writer) Sync() error {
	if w.err == nil {
		_ = w.fail(w.file.Sync())
	}
	return w.err
}

// fail keeps the first error.
func (w *Writer) fail(err error) error {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write segment %s: %w", w.name, err)
	}
	return w.err
}

// write adds bytes to the file.
func (w *Writer) write(b []byte) error {
	n, err := w.file.Write(b)
	w.dir.end += int64(n)
	return w.fail(err)
}

// Append adds rows of a series. The rows of one series may come in several calls one after the other, with ascending
// times; another series begins a new run, and an earlier one must not come back. The chunk is not kept.
func (w *Writer) Append(series uint32, c Chunk) error {
	if w.err != nil {
		return w.err
	}
	if len(c.Times) == 0 {
		return nil
	}
	cols, err := w.check(series, c)
	if err != nil {
		return w.fail(err)
	}
	if len(w.dir.runSeries) == 0 || series != w.series {
		w.endRun()
		w.beginRun(series, c.Times[0])
	}
	for from := 0; from < len(c.Times) && w.err == nil; {
		to := min(len(c.Times), from+maxWaiting-len(w.times))
		w.wait(c, cols, from, to)
		w.runRows += int64(to - from)
		w.settle()
		from = to
	}
	w.lastTime = c.Times[len(c.Times)-1]
	return w.err
}

// check refuses chunks that break the contract and returns the columns, flat.
func (w *Writer) check(series uint32, c Chunk) ([]*vector.Vector, error) {
	switch {
	case len(c.Cols) != len(w.cols):
		return nil, fmt.Errorf("%d columns where %d are declared", len(c.Cols), len(w.cols))
	case c.Versions != nil && len(c.Versions) != len(c.Times):
		return nil, fmt.Errorf("%d versions for %d rows", len(c.Versions), len(c.Times))
	case w.dir.rows+int64(len(w.times)+len(c.Times)) > RowsMax:
		return nil, fmt.Errorf("more than %d rows", int64(RowsMax))
	}
	cols := w.flat
	clear(cols)
	for i, v := range c.Cols {
		if v == nil {
			continue
		}
		if v.Type.Kind != w.cols[i].typ.Kind || v.Len() != len(c.Times) {
			return nil, fmt.Errorf("column %d is %d rows of %s, not %d of %s", i, v.Len(), v.Type, len(c.Times), w.cols[i].typ)
		}
		cols[i] = v.Flatten()
	}
	goesOn := len(w.dir.runSeries) > 0 && series == w.series
	for i, t := range c.Times {
		if i > 0 && t <= c.Times[i-1] || i == 0 && goesOn && t <= w.lastTime {
			return nil, fmt.Errorf("series %d: times do not ascend at %d", series, t)
		}
	}
	return cols, nil
}

// wait adds rows of a chunk to those that wait for their block.
func (w *Writer) wait(c Chunk, cols []*vector.Vector, from, to int) {
	w.times = append(w.times, c.Times[from:to]...)
	if c.Versions != nil {
		w.versions = append(w.versions, c.Versions[from:to]...)
	} else {
		for range to - from {
			w.versions = append(w.versions, 1)
		}
	}
	for i := range w.cols {
		w.cols[i].add(cols[i], from, to)
	}
}

// beginRun starts the run of another series.
func (w *Writer) beginRun(series uint32, first int64) {
	w.series, w.runRows, w.runFrom = series, 0, len(w.times)
	w.dir.beginRun(series, w.dir.rows+int64(len(w.times)), first)
}

// endRun closes the run under way: if it shares a block with those before it, it is short and stays there.
func (w *Writer) endRun() {
	if len(w.dir.runSeries) == 0 {
		return
	}
	w.dir.endRun(w.lastTime)
	w.runFrom = 0
	w.settle()
}

// settle writes the blocks that are certain. A run that turns out to be long gets a block of its own: what waits before it
// becomes a block, however small. As long as that is open, a full block waits.
func (w *Writer) settle() {
	if w.runFrom > 0 && w.runRows >= LongRunRows {
		w.flush(w.runFrom)
		w.runFrom = 0
	}
	for w.runFrom == 0 && len(w.times) >= BlockRows && w.err == nil {
		w.flush(BlockRows)
	}
}

// flush writes the first n rows that wait as one block.
func (w *Writer) flush(n int) {
	if w.err != nil || n == 0 {
		return
	}
	w.out = w.out[:0]
	w.dir.beginBlock()
	mark := 0
	extent := func() {
		w.dir.addExtent(w.out[mark:])
		mark = len(w.out)
	}
	w.out = w.enc.AppendInts(w.out, w.times[:n], nil)
	extent()
	if !allOnes(w.versions[:n]) {
		w.out = w.enc.AppendInts(w.out, w.versions[:n], nil)
	}
	extent()
	var times Stats
	times.integers(w.times[:n], nil)
	w.dir.addTimeStats(times)
	w.hours.begin(w.dir.rows, w.times[:n], w.dir.runEnd)
	for i := range w.cols {
		var s Stats
		var dec encoding.Decimals
		w.out, s, dec = w.cols[i].encode(&w.enc, w.out, n)
		extent()
		w.dir.addStats(i, s)
		w.hours.add(i, &w.cols[i], dec)
		w.cols[i].drop(n)
	}
	w.hours.block(&w.enc)
	w.dir.rows += int64(n)
	w.times, w.versions = dropFirst(w.times, n), dropFirst(w.versions, n)
	_ = w.write(w.out)
}

// allOnes reports whether no row has been written a second time.
func allOnes(versions []int64) bool {
	for _, v := range versions {
		if v != 1 {
			return false
		}
	}
	return true
}

// Finish writes what is left and the footer, and syncs and closes the file. The directory is the caller's to sync. After
// an error the caller calls Abort.
func (w *Writer) Finish() (Info, error) {
	w.endRun()
	w.flush(len(w.times))
	if w.err != nil {
		return Info{}, w.err
	}
	if err := w.dir.checkRuns(); err != nil {
		return Info{}, w.fail(err)
	}
	w.hours.finish()
	w.hours.group(&w.enc)
	footer, err := w.dir.appendFooter(nil, w.meta, &w.enc, &w.hours)
	if err != nil {
		return Info{}, w.fail(err)
	}
	if len(w.hours.data) > 0 {
		if err := w.write(w.hours.data); err != nil {
			return Info{}, err
		}
	}
	t := trailer{version: formatVersion, footerFrom: w.dir.end, footerLen: int64(len(footer)), footerSum: checksum(footer)}
	if err := w.write(t.appendTo(footer)); err != nil {
		return Info{}, err
	}
	if err := w.file.Sync(); err != nil {
		return Info{}, w.fail(err)
	}
	err = w.file.Close()
	w.file = nil
	if err != nil {
		return Info{}, w.fail(err)
	}
	w.err = errDone
	return w.dir.info(w.dir.end), nil
}

// Abort gives up: it closes and removes the file. After Finish has succeeded it does nothing.
func (w *Writer) Abort() {
	if errors.Is(w.err, errDone) {
		return
	}
	if w.file != nil {
		_ = w.file.Close() // the file is of no use whatever happens
		w.file = nil
	}
	if w.name != "" {
		_ = w.fs.Remove(w.name)
		w.name = ""
	}
	_ = w.fail(errors.New("given up"))
}
