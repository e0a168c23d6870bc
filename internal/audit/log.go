package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// Limits of a log.
const (
	queueMax    = 4096                   // lines on their way to the file
	bufferBytes = 256 << 10              // of lines that are written together
	flushEvery  = time.Second            // how long a line waits for others
	patience    = 100 * time.Millisecond // how long a request waits for room in the queue
)

// Options configures a Log. The zero value works.
type Options struct {
	Clock  clock.Clock  // default clock.Real
	Logger *slog.Logger // default: discards
	// Queue is how many lines may be on their way to the file. Default 4096.
	Queue int
	// OpenFile opens the file, for tests. Default: at its end, made with mode 0600 if it is missing.
	OpenFile func(path string) (File, error)
}

// File is what lines are written to.
type File interface {
	io.WriteCloser
	Sync() error
}

// Log writes events to a file. It is safe for concurrent use.
type Log struct {
	path   string
	opts   Options
	lines  chan []byte
	reopen chan chan error
	lost   atomic.Int64

	mu     sync.RWMutex // held for reading while a line is put into the queue
	closed bool
	ended  chan error // has the outcome of the goroutine when that has ended
}

// Open opens the file of a log and begins to write.
func Open(path string, opts Options) (*Log, error) {
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Queue == 0 {
		opts.Queue = queueMax
	}
	if opts.OpenFile == nil {
		opts.OpenFile = openFile
	}
	file, err := opts.OpenFile(path)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	l := &Log{path: path, opts: opts, lines: make(chan []byte, opts.Queue), reopen: make(chan chan error), ended: make(chan error, 1)}
	w := &writer{log: l, file: file}
	go func() { l.ended <- w.run() }()
	return l, nil
}

// openFile opens a file at its end. A line that a crash tore is ended.
func openFile(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		last := []byte{'\n'}
		if _, err = f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			_, err = f.Write([]byte{'\n'})
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Record adds an event, or counts it as lost.
func (l *Log) Record(e *Event) {
	e.complete()
	line, err := json.Marshal(e)
	if err != nil {
		l.lost.Add(1)
		l.opts.Logger.Error("an audit event cannot be written", "event", e.Name, "error", err)
		return
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		l.lost.Add(1)
		return
	}
	line = append(line, '\n')
	select {
	case l.lines <- line:
		return
	default:
	}
	select {
	case l.lines <- line:
	case <-l.opts.Clock.After(patience):
		l.lost.Add(1)
	}
}

// Reopen closes the file and opens one of its name, after it was renamed. What was recorded before is in the old one.
func (l *Log) Reopen() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return errors.New("the audit log is closed")
	}
	done := make(chan error)
	l.reopen <- done
	return <-done
}

// Close writes what is left, syncs the file and closes it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	close(l.lines)
	return <-l.ended
}

// writer is the goroutine that writes.
type writer struct {
	log    *Log
	file   File
	buf    []byte
	count  int64 // lines in buf
	torn   bool  // the file ends in the middle of a line
	failed bool  // the last write failed, which has been logged
}

// run writes lines until there are no more.
func (w *writer) run() error {
	var flush <-chan time.Time
	for {
		select {
		case line, ok := <-w.log.lines:
			if !ok {
				return w.end()
			}
			if w.add(line) && flush == nil {
				flush = w.log.opts.Clock.After(flushEvery)
			}
		case <-flush:
			flush = nil
			w.flush()
		case done := <-w.log.reopen:
			done <- w.exchange()
		}
	}
}

// add puts a line with others, which are written when they are many. It reports whether some are left.
func (w *writer) add(line []byte) bool {
	w.buf = append(w.buf, line...)
	w.count++
	if len(w.buf) >= bufferBytes {
		w.flush()
	}
	return len(w.buf) > 0
}

// flush writes all lines, before them how many were lost since the last time. Lines that cannot be written are lost.
func (w *writer) flush() {
	text, lost := w.buf, w.log.lost.Swap(0)
	if lost > 0 {
		text = append(w.log.lostLine(lost), text...)
	}
	if w.torn {
		text = append([]byte{'\n'}, text...)
	}
	if len(text) == 0 {
		return
	}
	n, err := w.file.Write(text)
	if err != nil {
		w.log.lost.Add(w.unwritten(text[:n], lost))
		w.torn = w.torn && n == 0 || n > 0 && text[n-1] != '\n'
		if !w.failed {
			w.log.opts.Logger.Error("the audit log cannot be written, events are lost", "error", err)
		}
	} else {
		w.torn = false
	}
	w.failed = err != nil
	w.buf, w.count = w.buf[:0], 0
}

// unwritten returns how many events are lost when only a part of what was to be written was: those of the lines that are not whole,
// and those that a line before them was to tell of.
func (w *writer) unwritten(part []byte, told int64) int64 {
	whole := int64(bytes.Count(part, []byte{'\n'}))
	if w.torn && whole > 0 {
		whole--
	}
	if told > 0 && whole > 0 {
		whole, told = whole-1, 0
	}
	return told + w.count - whole
}

// lostLine is the event that says how many others are not there.
func (l *Log) lostLine(count int64) []byte {
	e := &Event{Identity: Identity{Type: TypeAWSService}, Time: FormatTime(l.opts.Clock.Now()), Source: "tidemark", Name: "AuditEventsLost", Type: TypeService,
		Management: true, Parameters: json.RawMessage(fmt.Sprintf(`{"count":%d}`, count))}
	e.complete()
	line, err := json.Marshal(e)
	if err != nil {
		panic("bug: " + err.Error())
	}
	return append(line, '\n')
}

// exchange writes what is there to the old file and opens the new one. If that fails the old one stays.
func (w *writer) exchange() error {
	for len(w.log.lines) > 0 { // recorded before
		w.add(<-w.log.lines)
	}
	w.flush()
	file, err := w.log.opts.OpenFile(w.log.path)
	if err != nil {
		return fmt.Errorf("open audit log again: %w", err)
	}
	err = closeFile(w.file)
	w.file = file
	if err != nil {
		return fmt.Errorf("close audit log: %w", err)
	}
	return nil
}

// closeFile makes a file durable and closes it. Pipes and terminals, which the log may be written to as well, cannot be made durable.
func closeFile(f File) error {
	err := f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// end writes what is left.
func (w *writer) end() error {
	w.flush()
	var err error
	if n := w.log.lost.Load(); n > 0 {
		err = fmt.Errorf("%d events were lost", n)
	}
	if err = errors.Join(err, closeFile(w.file)); err != nil {
		return fmt.Errorf("close audit log: %w", err)
	}
	return nil
}
