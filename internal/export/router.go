package export

import (
	"bytes"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// router splits batches by the values of their partition columns.
type router struct {
	names []string // of the partition columns
	first int      // where they begin

	path, value, last []byte // scratch
	places            map[string]int
	parts             []routed
	selected          [][]int32 // the rows of each part
}

// routed is the part of a batch that belongs to one partition, without the partition columns.
type routed struct {
	path string
	rows *vector.Batch
}

// split returns the parts of a batch, in the order of their first rows. They are valid until the next call.
func (r *router) split(b *vector.Batch) ([]routed, error) {
	inFiles := &vector.Batch{Cols: b.Cols[:r.first], Rows: b.Rows}
	r.parts, r.last = r.parts[:0], r.last[:0]
	if len(r.names) == 0 {
		return append(r.parts, routed{"", inFiles}), nil
	}
	r.places = map[string]int{}
	part := -1
	for i := range b.Rows {
		if err := r.pathOf(b, i); err != nil {
			return nil, err
		}
		if part < 0 || !bytes.Equal(r.path, r.last) {
			part = r.part()
			r.last = append(r.last[:0], r.path...)
		}
		r.selected[part] = append(r.selected[part], int32(i))
	}
	for i := range r.parts {
		p := &r.parts[i]
		if p.rows = inFiles; len(r.parts) > 1 {
			p.rows = inFiles.Gather(r.selected[i])
		}
	}
	return r.parts, nil
}

// part returns the place in parts of the path that was made last.
func (r *router) part() int {
	if at, ok := r.places[string(r.path)]; ok {
		return at
	}
	at := len(r.parts)
	r.places[string(r.path)] = at
	r.parts = append(r.parts, routed{path: string(r.path)})
	if at == len(r.selected) {
		r.selected = append(r.selected, nil)
	}
	r.selected[at] = r.selected[at][:0]
	return at
}

// pathOf makes the path of row i: "region=eu/az=1/".
func (r *router) pathOf(b *vector.Batch, i int) error {
	r.path = r.path[:0]
	for k, name := range r.names {
		r.path = append(appendPathPart(r.path, name), '=')
		v, at, ok := b.Cols[r.first+k].Payload(i)
		r.value = r.value[:0]
		if ok {
			r.value = v.AppendScalar(r.value, at)
		}
		for _, c := range r.value {
			if c >= 0x80 {
				return dberr.New(dberr.Invalid, "UNLOAD needs ASCII values in partitioned_by: column '%s' has the value '%s'", name, r.value)
			}
		}
		if len(r.value) == 0 {
			r.path = append(r.path, noValue...)
		}
		r.path = append(appendPathPart(r.path, r.value), '/')
	}
	return nil
}
