package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// model is what a table should hold.
type model struct {
	rows  map[key]*stored
	types map[string]*types.Type // of value columns
	dims  map[string]bool
	floor int64 // rows before it may have been dropped
}

// key is the identity of a row.
type key struct {
	series string // measure name and dimensions, in order of name
	time   int64
}

// stored is a row.
type stored struct {
	line    string // as everything prints it, once it was asked for
	measure string
	dims    []storage.Dim
	version int64
	values  map[string]types.Value
}

// newModel returns an empty table.
func newModel() *model {
	return &model{rows: map[key]*stored{}, types: map[string]*types.Type{}, dims: map[string]bool{}, floor: -1 << 62}
}

// clone returns a copy; rows are never changed in place.
func (m *model) clone() *model {
	return &model{maps.Clone(m.rows), maps.Clone(m.types), maps.Clone(m.dims), m.floor}
}

// raiseFloor notes that rows before a time may have been dropped.
func (m *model) raiseFloor(before int64) {
	if before <= m.floor {
		return
	}
	m.floor = before
	for k := range m.rows {
		if k.time < before {
			delete(m.rows, k)
		}
	}
}

// keyOf returns the identity of a row.
func keyOf(r *storage.Row) key {
	dims := make([]string, len(r.Dims))
	for i, d := range r.Dims {
		dims[i] = d.Name + "=" + d.Value
	}
	slices.Sort(dims)
	return key{r.Measure + "{" + strings.Join(dims, " ") + "}", r.Time}
}

// valuesOf returns the values of a row by column.
func valuesOf(r *storage.Row) map[string]types.Value {
	out := map[string]types.Value{}
	for _, v := range r.Values {
		out[v.Column] = goValue(&v)
	}
	return out
}

// goValue returns a value in the form of package types.
func goValue(v *storage.Value) types.Value {
	switch v.Type.Kind {
	case types.KindBoolean:
		return v.Bool
	case types.KindDouble:
		return v.Float
	case types.KindVarchar:
		return v.Str
	}
	return v.Int
}

// apply writes a batch by the rules and returns what the store should answer.
func (m *model) apply(rows []storage.Row) storage.WriteResult {
	var out storage.WriteResult
	for i := range rows {
		r := &rows[i]
		if rej, ok := m.conflict(r); ok {
			rej.Row = i
			out.Rejected = append(out.Rejected, rej)
			continue
		}
		k, values := keyOf(r), valuesOf(r)
		old, exists := m.rows[k]
		switch {
		case !exists || r.Version > old.version:
			m.rows[k] = &stored{measure: r.Measure, dims: r.Dims, version: r.Version, values: values}
			m.learn(r)
		case r.Version == old.version && fmt.Sprint(values) == fmt.Sprint(old.values):
		default:
			reason := storage.LowerVersion
			if r.Version == old.version {
				reason = storage.SameVersion
			}
			out.Rejected = append(out.Rejected, storage.Rejection{Row: i, Reason: reason, ExistingVersion: old.version})
		}
	}
	return out
}

// learn notes the columns of a row that was stored.
func (m *model) learn(r *storage.Row) {
	for _, d := range r.Dims {
		m.dims[d.Name] = true
	}
	for _, v := range r.Values {
		m.types[v.Column] = v.Type
	}
}

// conflict finds names that have another meaning, or columns that have another type.
func (m *model) conflict(r *storage.Row) (storage.Rejection, bool) {
	for _, d := range r.Dims {
		if t, ok := m.types[d.Name]; ok {
			return storage.Rejection{Reason: storage.NameConflict, Name: d.Name, ExistingType: t}, true
		}
		if !m.dims[d.Name] && slices.ContainsFunc(r.Values, func(v storage.Value) bool { return v.Column == d.Name }) {
			return storage.Rejection{Reason: storage.NameConflict, Name: d.Name, ExistingType: types.Varchar}, true
		}
	}
	for _, v := range r.Values {
		if t, ok := m.types[v.Column]; ok {
			if t != v.Type {
				return storage.Rejection{Reason: storage.TypeConflict, Name: v.Column, ExistingType: t}, true
			}
			continue
		}
		if m.dims[v.Column] {
			return storage.Rejection{Reason: storage.NameConflict, Name: v.Column, ExistingType: types.Varchar}, true
		}
	}
	return storage.Rejection{}, false
}

// expect returns the rows that a scan should give, each as text, sorted.
func (m *model) expect(req *storage.ScanRequest) []string {
	out := []string{}
	for k, r := range m.rows {
		if k.time < req.From || k.time > req.To || !r.passes(req.Series) {
			continue
		}
		if len(req.Columns) != len(allColumns) {
			out = append(out, r.text(k.time, req.Columns))
			continue
		}
		if r.line == "" {
			r.line = r.text(k.time, allColumns)
		}
		out = append(out, r.line)
	}
	slices.Sort(out)
	return out
}

// dim returns the value of a dimension.
func (r *stored) dim(name string) (string, bool) {
	for _, d := range r.dims {
		if d.Name == name {
			return d.Value, true
		}
	}
	return "", false
}

// passes reports whether a row's series passes all filters.
func (r *stored) passes(filters []storage.SeriesFilter) bool {
	for _, f := range filters {
		v, has := r.measure, true
		if f.Column != storage.ColumnMeasureName {
			v, has = r.dim(f.Column)
		}
		if has && !slices.Contains(f.In, v) || !has && !f.Null {
			return false
		}
	}
	return true
}

// text prints a value.
func text(v types.Value) string {
	switch v := v.(type) {
	case nil:
		return "<nil>"
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// text prints the requested columns of a row.
func (r *stored) text(time int64, columns []string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		var v types.Value
		switch c {
		case storage.ColumnTime:
			v = time
		case storage.ColumnMeasureName:
			v = r.measure
		default:
			if d, ok := r.dim(c); ok {
				v = d
			} else {
				v = r.values[c]
			}
		}
		parts[i] = text(v)
	}
	return strings.Join(parts, "|")
}

// without takes from want, the sorted rows of a scan, those that are missing in got and outside the scan's bounds, which may
// be left out.
func (m *model) without(want, got []string, req *storage.ScanRequest) []string {
	spare := map[string]int{} // rows may look the same if not all columns are asked for
	for k, r := range m.rows {
		if !withinBounds(req, r.values) {
			spare[r.text(k.time, req.Columns)]++
		}
	}
	missing := map[string]int{}
	for _, line := range want {
		missing[line]++
	}
	for _, line := range got {
		missing[line]--
	}
	return slices.DeleteFunc(want, func(line string) bool {
		if missing[line] <= 0 || spare[line] <= 0 {
			return false
		}
		missing[line]--
		spare[line]--
		return true
	})
}
