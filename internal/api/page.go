package api

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// pageBytesMax is how long the answer with one page may be. Source: API reference of Query, 1 MB.
const pageBytesMax = 1 << 20

// pageEnvelopeBytes is what of it is set aside for everything but rows and columns: ids, token (of up to 2,048 bytes) and
// status.
const pageEnvelopeBytes = 3 << 10

// page is one page of a result, its rows already in the form of the answer. It implements engine.PageBuilder.
type page struct {
	rows    []byte // {"Data":[...]},{"Data":[...]}
	count   int
	rowsMax int // 0 for none
	limit   int // of len(rows)
}

// newPage returns an empty page of up to rowsMax rows (0: as many as fit).
func newPage(columns []engine.ResultColumn, rowsMax int) *page {
	var w awsjson.Writer
	writeColumns(&w, columns)
	return &page{rowsMax: rowsMax, limit: pageBytesMax - pageEnvelopeBytes - len(w.Buf)}
}

// Size returns how much memory the page takes.
func (p *page) Size() int { return cap(p.rows) }

// Append adds rows until the page is full. A row that does not fit is left out as a whole.
func (p *page) Append(batch *vector.Batch, first int) (taken int) {
	for i := first; i < batch.Rows; i++ {
		if p.rowsMax > 0 && p.count == p.rowsMax {
			break
		}
		before := len(p.rows)
		if before > 0 {
			p.rows = append(p.rows, ',')
		}
		p.row(batch, i)
		if len(p.rows) > p.limit {
			p.rows = p.rows[:before]
			break
		}
		if taken == 0 {
			p.grow(batch.Rows-i, len(p.rows)-before)
		}
		p.count++
		taken++
	}
	return taken
}

// grow makes room for the rows of a batch at once, judging by its first row.
func (p *page) grow(rows, rowBytes int) {
	if p.rowsMax > 0 {
		rows = min(rows, p.rowsMax-p.count)
	}
	need := min(rows*(rowBytes+rowBytes/8), p.limit+rowBytes-len(p.rows))
	p.rows = slices.Grow(p.rows, max(need, 0))
}

// row appends row i of a batch.
func (p *page) row(batch *vector.Batch, i int) {
	p.rows = append(p.rows, `{"Data":[`...)
	for c, col := range batch.Cols {
		if c > 0 {
			p.rows = append(p.rows, ',')
		}
		p.datum(col, i)
	}
	p.rows = append(p.rows, "]}"...)
}

// Fixed parts of cells.
const (
	nullDatum   = `{"NullValue":true}`
	scalarBegin = `{"ScalarValue":"`
	scalarEnd   = `"}`
)

// datum appends row i of a column. Parts of a row that cannot fit any more are left out: the row will be, too.
func (p *page) datum(v *vector.Vector, i int) {
	v, i, ok := v.Payload(i)
	if !ok {
		p.rows = append(p.rows, nullDatum...)
		return
	}
	switch v.Type.Kind {
	case types.KindArray:
		p.array(v, i)
	case types.KindRow:
		p.fields(v, i)
	case types.KindTimeSeries:
		p.series(v, i)
	case types.KindVarchar:
		p.rows = append(p.rows, scalarBegin[:len(scalarBegin)-1]...)
		p.rows = types.AppendJSONString(p.rows, v.Strs[i])
		p.rows = append(p.rows, '}')
	default: // texts that need no escapes
		p.rows = append(p.rows, scalarBegin...)
		p.rows = v.AppendScalar(p.rows, i)
		p.rows = append(p.rows, scalarEnd...)
	}
}

// array appends list i of an array column.
func (p *page) array(v *vector.Vector, i int) {
	p.rows = append(p.rows, `{"ArrayValue":[`...)
	for j := v.Offsets[i]; j < v.Offsets[i+1] && len(p.rows) <= p.limit; j++ {
		if j > v.Offsets[i] {
			p.rows = append(p.rows, ',')
		}
		p.datum(v.Kids[0], int(j))
	}
	p.rows = append(p.rows, "]}"...)
}

// fields appends value i of a row column.
func (p *page) fields(v *vector.Vector, i int) {
	p.rows = append(p.rows, `{"RowValue":{"Data":[`...)
	for k, kid := range v.Kids {
		if k > 0 {
			p.rows = append(p.rows, ',')
		}
		p.datum(kid, i)
	}
	p.rows = append(p.rows, "]}}"...)
}

// series appends value i of a time series column.
func (p *page) series(v *vector.Vector, i int) {
	p.rows = append(p.rows, `{"TimeSeriesValue":[`...)
	times := v.Kids[0].Flatten()
	for j := v.Offsets[i]; j < v.Offsets[i+1] && len(p.rows) <= p.limit; j++ {
		if j > v.Offsets[i] {
			p.rows = append(p.rows, ',')
		}
		p.rows = append(p.rows, `{"Time":"`...)
		p.rows = types.AppendTimestamp(p.rows, times.Ints[j])
		p.rows = append(p.rows, `","Value":`...)
		p.datum(v.Kids[1], int(j))
		p.rows = append(p.rows, '}')
	}
	p.rows = append(p.rows, "]}"...)
}

// writeColumns appends the list ColumnInfo.
func writeColumns(w *awsjson.Writer, columns []engine.ResultColumn) {
	w.Open('[')
	for _, c := range columns {
		writeColumn(w, c.Name, c.Type)
	}
	w.Close('[')
}

// writeColumn appends one ColumnInfo: of a column, a field, or (without a name) of elements.
func writeColumn(w *awsjson.Writer, name string, t *types.Type) {
	w.Open('{')
	writeIfSet(w, "Name", name)
	writeType(w, t)
	w.Close('{')
}

// writeType appends the member Type.
func writeType(w *awsjson.Writer, t *types.Type) {
	w.Key("Type")
	w.Open('{')
	switch t.Kind {
	case types.KindArray:
		w.Key("ArrayColumnInfo")
		writeColumn(w, "", t.Elem)
	case types.KindTimeSeries:
		w.Key("TimeSeriesMeasureValueColumnInfo")
		writeColumn(w, "", t.Elem)
	case types.KindRow:
		w.Key("RowColumnInfo")
		w.Open('[')
		for _, f := range t.Fields {
			writeColumn(w, f.Name, f.Type)
		}
		w.Close('[')
	default:
		w.Key("ScalarType")
		w.Text(t.Kind.APIName())
	}
	w.Close('{')
}
