package sink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Run says which run of which scheduled query the rows are from.
type Run struct {
	QueryARN       string
	InvocationTime time.Time // microseconds count
}

// Result is what a run has written.
type Result struct {
	Rows int64
	// NotFinite is how many doubles, NaN or infinite, were written as NULL because the database has no such numbers.
	NotFinite int64
}

// The sizes of statements: rows and about bytes of values, whichever is reached first. Both databases allow 65,535 arguments.
const (
	statementRowsMax  = 1000
	statementBytesMax = 1 << 20
	statementArgsMax  = 65535
)

// Writer writes the rows of one run in one transaction. It is for one goroutine. After an error only Abort is left.
type Writer struct {
	sink    *Sink
	run     Run
	columns []column
	conn    *sql.Conn // nil when the transaction has ended
	result  Result
	failed  error

	table      string   // as it stands in statements
	names      []string // of the table's columns, in the order of the result's
	end        string   // of the INSERT
	rowsMax    int      // of a statement
	fullText   string   // the INSERT of rowsMax rows
	key        []int    // where the key's columns are among columns; empty for appended rows
	args       []any    // of the rows that are not sent yet
	bytes      int      // of args
	pending    map[string]int
	keyScratch []byte
}

// Begin begins a run. It returns ErrDone if the rows of this run are in the table already and the sink appends; a sink that
// upserts writes them again. ctx is for this call only. The caller must call Commit or Abort.
func (s *Sink) Begin(ctx context.Context, run Run, columns []Column) (*Writer, error) {
	if err := s.silence.recent(); err != nil {
		return nil, err
	}
	connectCtx, cancel := context.WithTimeout(ctx, s.connectTimeout()+s.statementTimeout())
	defer cancel()
	conn, err := s.db.Conn(connectCtx)
	if err != nil {
		full := s.db.Stats().InUse >= s.target.Connections // then it was us who were busy
		err = s.failure("connect", err)
		if !full {
			s.silence.note(err)
		}
		return nil, err
	}
	w := &Writer{sink: s, run: run, conn: conn}
	if err := w.begin(ctx, columns); err != nil {
		s.silence.note(err)
		w.Abort()
		return nil, err
	}
	return w, nil
}

func (w *Writer) begin(ctx context.Context, columns []Column) (err error) {
	if w.columns, err = w.sink.prepare(ctx, w.conn, columns); err != nil {
		return err
	}
	w.planStatements()
	if _, err := w.exec(ctx, "BEGIN"); err != nil {
		return w.sink.failure("begin a transaction", err)
	}
	s := w.sink
	var overwrite []string
	if s.target.Mode == modeUpsert {
		overwrite = []string{"row_count"}
	}
	text := insertText(s.dialect, qualified(s.dialect, s.target.Schema, runsTable), append(slices.Clone(runsKey), "row_count"), 1, s.dialect.onDuplicate(runsKey, overwrite))
	inserted, err := w.exec(ctx, text, append(w.runID(), 0)...)
	if err != nil {
		return s.failure("note the run", err)
	}
	if s.target.Mode == modeAppend && inserted == 0 {
		return ErrDone
	}
	return nil
}

// runID returns the key of the run's row.
func (w *Writer) runID() []any {
	text := types.AppendTimestamp(nil, w.run.InvocationTime.UnixNano())
	return []any{w.run.QueryARN, w.sink.target.Table, string(text[:len(text)-3])}
}

// planStatements prepares what all INSERTs have in common.
func (w *Writer) planStatements() {
	s := w.sink
	w.table = qualified(s.dialect, s.target.Schema, s.target.Table)
	w.rowsMax = min(statementRowsMax, statementArgsMax/max(len(w.columns), 1))
	var others []string
	for i, c := range w.columns {
		w.names = append(w.names, c.into.name)
		if slices.ContainsFunc(s.target.Key, func(key string) bool { return s.dialect.sameName(key, c.into.name) }) {
			w.key = append(w.key, i)
			if c.into.inexact {
				w.rowsMax = 1
			}
		} else {
			others = append(others, c.into.name)
		}
	}
	if s.target.Mode == modeUpsert {
		w.end = s.dialect.onDuplicate(s.target.Key, others)
		w.pending = map[string]int{}
	}
	w.fullText = insertText(s.dialect, w.table, w.names, w.rowsMax, w.end)
}

// Write adds rows of the columns that Begin was given. It keeps nothing of the batch.
func (w *Writer) Write(ctx context.Context, batch *vector.Batch) error {
	if w.failed != nil {
		return w.failed
	}
	for row := range batch.Rows {
		if w.failed = w.add(batch, row); w.failed != nil {
			return w.failed
		}
		if w.bytes >= statementBytesMax || len(w.args) >= w.rowsMax*len(w.columns) {
			if w.failed = w.flush(ctx); w.failed != nil {
				return w.failed
			}
		}
	}
	return nil
}

// add converts a row and adds it to those that wait. Of upserted rows with the same key the last one counts: within a
// statement, PostgreSQL refuses two of them.
func (w *Writer) add(batch *vector.Batch, row int) error {
	first := len(w.args)
	for i, c := range w.columns {
		v := batch.Cols[i].Value(row)
		if v == nil {
			w.args = append(w.args, nil)
			continue
		}
		arg, err := c.convert(v)
		if err != nil {
			return w.sink.refuseRow("column '%s' of row %d: %v", c.Name, w.result.Rows+1, err)
		}
		if arg == nil {
			w.result.NotFinite++
		}
		w.args = append(w.args, arg)
		w.bytes += argBytes(arg)
	}
	w.result.Rows++
	if len(w.key) == 0 {
		return nil
	}
	w.keyScratch = w.keyScratch[:0]
	for _, i := range w.key {
		arg := w.args[first+i]
		if arg == nil {
			return w.sink.refuseRow("column '%s' of row %d is NULL, but it is in the key", w.columns[i].Name, w.result.Rows)
		}
		w.keyScratch = appendKey(w.keyScratch, arg)
	}
	if other, ok := w.pending[string(w.keyScratch)]; ok {
		copy(w.args[other:], w.args[first:])
		w.args = w.args[:first]
		return nil
	}
	w.pending[string(w.keyScratch)] = first
	return nil
}

// argBytes returns about how many bytes an argument takes in a statement.
func argBytes(arg any) int {
	if s, ok := arg.(string); ok {
		return len(s) + 4
	}
	return 8
}

// appendKey appends an argument so that different ones differ, whatever follows.
func appendKey(dst []byte, arg any) []byte {
	switch v := arg.(type) {
	case string:
		dst = strconv.AppendInt(dst, int64(len(v)), 10)
		return append(append(dst, ':'), v...)
	case int64:
		dst = strconv.AppendInt(dst, v, 10)
	case float64:
		dst = strconv.AppendFloat(dst, v+0, 'g', -1, 64) // -0 is 0
	case bool:
		dst = strconv.AppendBool(dst, v)
	default:
		panic("bug: an argument of another type")
	}
	return append(dst, ',')
}

// flush sends the rows that wait.
func (w *Writer) flush(ctx context.Context) error {
	if len(w.args) == 0 {
		return nil
	}
	rows := len(w.args) / len(w.columns)
	text := w.fullText
	if rows != w.rowsMax {
		text = insertText(w.sink.dialect, w.table, w.names, rows, w.end)
	}
	_, err := w.exec(ctx, text, w.args...)
	clear(w.args) // so that the texts can be collected
	clear(w.pending)
	w.args, w.bytes = w.args[:0], 0
	return w.sink.rowsFailure("write rows", err)
}

// Commit sends what is left, makes all of it final and returns what was written. If the error is one to retry, the rows may be
// there all the same.
func (w *Writer) Commit(ctx context.Context) (Result, error) {
	defer w.Abort()
	if w.failed != nil {
		return Result{}, w.failed
	}
	if w.failed = w.flush(ctx); w.failed != nil {
		return Result{}, w.failed
	}
	s := w.sink
	text := []byte("UPDATE " + qualified(s.dialect, s.target.Schema, runsTable) + " SET row_count = ")
	text = append(s.dialect.appendParameter(text, 1), ", written_at = CURRENT_TIMESTAMP(6) WHERE "...)
	for i, name := range runsKey {
		if i > 0 {
			text = append(text, " AND "...)
		}
		text = s.dialect.appendParameter(append(text, s.dialect.quote(name)+" = "...), i+2)
	}
	if _, err := w.exec(ctx, string(text), append([]any{w.result.Rows}, w.runID()...)...); err != nil {
		w.failed = s.failure("note the run", err)
		return Result{}, w.failed
	}
	if _, err := w.exec(ctx, "COMMIT"); err != nil {
		w.failed = s.rowsFailure("commit", err)
		return Result{}, w.failed
	}
	w.release(nil)
	return w.result, nil
}

// Abort ends the run without effect. After Commit it does nothing.
func (w *Writer) Abort() {
	if w.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	_, err := w.exec(ctx, "ROLLBACK")
	w.release(err)
}

// rollbackTimeout bounds what Abort waits for: without an answer the connection is closed, which ends the transaction as well. Runs are
// broken off when the server stops, which a database that hangs must not keep from it.
const rollbackTimeout = 2 * time.Second

// release gives the connection back. One with a problem is closed, and the server rolls back what was not committed.
func (w *Writer) release(problem error) {
	if problem != nil {
		_ = w.conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it
	}
	_ = w.conn.Close() // says no more than that it was closed
	w.conn = nil
}

// exec executes a statement within the time for one and returns how many rows it affected.
func (w *Writer) exec(ctx context.Context, text string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, w.sink.statementTimeout())
	defer cancel()
	result, err := w.conn.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, errors.Join(err, ctx.Err()) // drivers do not always say that it was us who broke off
	}
	return result.RowsAffected()
}
