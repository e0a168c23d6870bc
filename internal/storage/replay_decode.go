package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/memstore"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// replayBatches is how many batches there are, and replayRows and replayTextBytes when a batch is full.
const (
	replayBatches   = 4
	replayRows      = 16 << 10
	replayTextBytes = 1 << 20
)

// replayBatch is some records of one log file, taken apart; or the end of a table.
type replayBatch struct {
	file, lastFile uint64
	first          uint64 // sequence of the first record

	end   bool // the record is the end of table ended
	ended TableID

	records []replayRecord
	defs    []byte // of all records, one after the other
	rows    []replayRow
	cells   []memstore.Cell
}

// replayRecord is a record of rows. Its definitions and rows end where those of the next one begin.
type replayRecord struct {
	table    TableID
	sequence uint64
	defsEnd  int
	rowsEnd  int
}

// replayRow is a row. Its cells end where those of the next one begin.
type replayRow struct {
	time, version int64
	series        uint32
	cellsEnd      uint32
}

// reset empties the batch and keeps its memory.
func (b *replayBatch) reset() {
	clear(b.cells) // texts are not kept
	*b = replayBatch{records: b.records[:0], defs: b.defs[:0], rows: b.rows[:0], cells: b.cells[:0]}
}

// replayDecoder makes batches of records.
type replayDecoder struct {
	ctx    context.Context
	batch  *replayBatch // nil: none is begun
	row    walRow       // its cells are those of the batch
	full   chan *replayBatch
	spare  chan *replayBatch
	failed chan struct{} // closed when nobody takes batches any more
}

// errReplayFailed ends reading when inserting has failed, which has the error that counts.
var errReplayFailed = errors.New("inserting has failed")

// decode takes one record.
func (d *replayDecoder) decode(record wal.Record) error {
	r := fieldReader{rest: record.Payload}
	id := TableID(r.uint())
	if r.bad {
		return malformed(errFrame)
	}
	if b := d.batch; b != nil && (b.file != record.File || record.Type == frameDrop || len(b.rows) >= replayRows || len(d.row.text) >= replayTextBytes) {
		if err := d.send(); err != nil {
			return err
		}
	}
	if d.batch == nil {
		if err := d.begin(record); err != nil {
			return err
		}
	}
	switch record.Type {
	case frameRows:
		return d.rows(id, record.Sequence, &r)
	case frameDrop:
		d.batch.end, d.batch.ended = true, id
		return d.send()
	}
	return malformed(fmt.Errorf("%w: type %d", errFrame, record.Type))
}

// malformed says that the log is damaged.
func malformed(err error) error {
	return dberr.Wrap(dberr.Corruption, err, "The stored data is damaged")
}

// begin begins a batch with a record.
func (d *replayDecoder) begin(record wal.Record) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	select {
	case d.batch = <-d.spare:
	case <-d.failed:
		return errReplayFailed
	}
	d.batch.reset()
	d.batch.file, d.batch.lastFile, d.batch.first = record.File, record.LastFile, record.Sequence
	d.row = walRow{cells: d.batch.cells, text: d.row.text[:0]}
	return nil
}

// rows takes a record of rows apart. What its numbers mean is looked at when they are inserted.
func (d *replayDecoder) rows(id TableID, sequence uint64, r *fieldReader) error {
	b := d.batch
	b.defs = append(b.defs, r.bytes(r.uint())...)
	d.row.time = 0
	for n := r.count(); n > 0; n-- {
		r.row(&d.row)
		if r.bad {
			break
		}
		b.rows = append(b.rows, replayRow{d.row.time, d.row.version, d.row.series, uint32(len(d.row.cells))})
	}
	if r.bad || len(r.rest) > 0 {
		return malformed(errFrame)
	}
	b.records = append(b.records, replayRecord{id, sequence, len(b.defs), len(b.rows)})
	return nil
}

// send hands the batch over, if one is begun.
func (d *replayDecoder) send() error {
	b := d.batch
	if b == nil {
		return nil
	}
	d.batch = nil
	b.cells = d.row.cells
	d.row.ownTexts()
	select {
	case d.full <- b:
		return nil
	case <-d.failed:
		return errReplayFailed
	}
}
