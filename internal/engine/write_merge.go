package engine

import (
	"errors"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// writeScratch is the work space of one write: it turns records into rows. Slices inside rows are parts of its arenas, or
// of the request; all of it is used again for the next write.
type writeScratch struct {
	table    storage.TableID
	window   window
	required string // the dimension that records must have, "" for none
	load     bool   // of a batch load

	rows     []storage.Row
	batch    storage.Batch // of rows
	index    []int         // of each row: its record
	rejected []RejectedRecord
	memory   int // rows for the memory store, less those that the store rejected
	magnetic int // the same for the magnetic store
	metered  int64

	// conflicts are rows for the magnetic store that lost against what is stored. The writer is not told, and they count as
	// stored.
	conflicts []storage.Rejection

	commonSize int    // bytes of the common dimensions' names and values
	commonLong string // a common dimension's name that is too long, "" if there is none
	dims       []storage.Dim
	values     []storage.Value
	names      nameSet

	// The names of the record before: most records of a request have the same, which need not be checked again.
	dimsBefore   []storage.Dim
	valuesBefore []storage.Value
}

// reset empties the work space. The arenas are cleared so that they do not keep a request's memory alive.
func (w *writeScratch) reset() {
	clear(w.rows)
	clear(w.dims)
	clear(w.values)
	clear(w.rejected)
	w.names.forget()
	*w = writeScratch{rows: w.rows[:0], index: w.index[:0], rejected: w.rejected[:0], conflicts: w.conflicts[:0], dims: w.dims[:0], values: w.values[:0], names: w.names}
}

// merge checks a request and makes the rows to store and the rejections that do not depend on stored data. An error means
// that the request is wrong as a whole.
func (w *writeScratch) merge(req *WriteRequest) error {
	c := &req.Common
	for i := range c.Dimensions {
		if err := checkName("dimension", c.Dimensions[i].Name); err != nil {
			return err
		}
	}
	if err := w.uniqueDimensions(c.Dimensions, 0); err != nil {
		return err
	}
	w.commonSize, w.commonLong = dimensionBytes(c.Dimensions), longName(c.Dimensions)
	w.metered = int64(w.commonSize) + meteredMeasure(c, effectiveType(c, c))
	for i := range req.Records {
		err := w.mergeRecord(i, &req.Records[i], c)
		if err != nil && !req.EachAlone {
			return err
		}
		if err != nil {
			w.refuseInvalid(i, err)
		}
	}
	return nil
}

// refuseInvalid rejects a record that cannot be merged. Its names are not to be taken for those of a good one.
func (w *writeScratch) refuseInvalid(i int, err error) {
	w.dimsBefore, w.valuesBefore = nil, nil
	var known *dberr.Error
	if !errors.As(err, &known) {
		panic("bug: a record is refused without a text: " + err.Error())
	}
	w.rejected = append(w.rejected, RejectedRecord{Index: i, Reason: known.Client(), Invalid: true})
}

// mergeRecord makes the row of record i.
func (w *writeScratch) mergeRecord(i int, r, c *Record) error {
	row := storage.Row{Measure: r.MeasureName, Version: 1}
	var err error
	if row.Dims, err = w.mergeDimensions(r, c); err != nil {
		return err
	}
	if row.Measure == "" {
		row.Measure = c.MeasureName
	}
	if err := checkName("measure", row.Measure); err != nil {
		return err
	}
	if row.Time, err = recordTime(r, c); err != nil {
		return err
	}
	switch {
	case r.HasVersion:
		row.Version = r.Version
	case c.HasVersion:
		row.Version = c.Version
	}
	if row.Version < 1 {
		return dberr.New(dberr.Invalid, "The record version %d is invalid. A record version must be at least 1.", row.Version)
	}
	kind := effectiveType(r, c)
	if kind == TypeMulti {
		err = w.multi(&row, r, c)
	} else {
		err = w.single(&row, r, c, kind)
	}
	if err != nil {
		return err
	}
	ownSize := dimensionBytes(r.Dimensions)
	w.metered += int64(ownSize) + meteredMeasure(r, kind)
	if reason := w.reject(&row, r.Dimensions, w.commonSize+ownSize); reason != "" {
		w.rejected = append(w.rejected, RejectedRecord{Index: i, Reason: reason})
		return nil
	}
	if row.Time < w.window.memory {
		w.magnetic++
	} else {
		w.memory++
	}
	w.rows = append(w.rows, row)
	w.index = append(w.index, i)
	return nil
}

// mergeDimensions returns the dimensions of both. The common ones have been checked.
func (w *writeScratch) mergeDimensions(r, c *Record) ([]storage.Dim, error) {
	if len(r.Dimensions) == 0 {
		if len(c.Dimensions) == 0 {
			return nil, dberr.New(dberr.Invalid, "At least one dimension is required for a record.")
		}
		return c.Dimensions, nil
	}
	merged := r.Dimensions
	if len(c.Dimensions) > 0 {
		from := len(w.dims)
		w.dims = append(append(w.dims, c.Dimensions...), r.Dimensions...)
		merged = w.dims[from:len(w.dims):len(w.dims)]
	}
	if sameDimensionNames(r.Dimensions, w.dimsBefore) {
		return merged, nil
	}
	w.dimsBefore = r.Dimensions
	if len(merged) > storage.DimensionsMax {
		return nil, dberr.New(dberr.Invalid, "A record must not have more than %d dimensions.", storage.DimensionsMax)
	}
	for i := range r.Dimensions {
		if err := checkName("dimension", r.Dimensions[i].Name); err != nil {
			return nil, err
		}
	}
	return merged, w.uniqueDimensions(merged, len(c.Dimensions))
}

// sameDimensionNames reports whether a and b have the same names in the same order.
func sameDimensionNames(a, b []storage.Dim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name {
			return false
		}
	}
	return true
}

// uniqueDimensions checks that no name is there twice. The first known ones are unique already.
func (w *writeScratch) uniqueDimensions(dims []storage.Dim, known int) error {
	if name, ok := w.names.duplicate(len(dims), known, func(i int) string { return dims[i].Name }); ok {
		return dberr.New(dberr.Invalid, "A record must contain dimensions with unique names. The dimension %s is given more than once.", name)
	}
	return nil
}

// recordTime returns the time of a record in nanoseconds.
func recordTime(r, c *Record) (int64, error) {
	text := r.Time
	if text == "" {
		text = c.Time
	}
	if ns, ok := parseTime(text, timeUnit(r, c)); ok {
		return ns, nil
	}
	return 0, dberr.New(dberr.Invalid, "Invalid time for record.")
}

// timeUnit returns the unit of a record: its own, the common one, or 0.
func timeUnit(r, c *Record) TimeUnit {
	if r.TimeUnit != 0 {
		return r.TimeUnit
	}
	return c.TimeUnit
}

// effectiveType returns the type of a record's measure: its own, the common one, or the default.
func effectiveType(r, c *Record) MeasureType {
	switch {
	case r.MeasureType != 0:
		return r.MeasureType
	case c.MeasureType != 0:
		return c.MeasureType
	}
	return TypeDouble
}

// single adds the value of a single-measure record to its row.
func (w *writeScratch) single(row *storage.Row, r, c *Record, kind MeasureType) error {
	text := r.MeasureValue
	if text == "" {
		text = c.MeasureValue
	}
	switch {
	case kind == TypeTimestamp:
		return dberr.New(dberr.Invalid, "TIMESTAMP is an invalid measure value type.")
	case len(r.MeasureValues) > 0 || len(c.MeasureValues) > 0:
		return dberr.New(dberr.Invalid, "Measure values are allowed only in records of measure value type MULTI.")
	case text == "":
		return dberr.New(dberr.Invalid, "A measure value is required for a record.")
	}
	from := len(w.values)
	v := storage.Value{Column: singleColumns[kind]}
	if err := parseValue(&v, text, kind, 0); err != nil {
		return err
	}
	w.values = append(w.values, v)
	row.Values = w.values[from:len(w.values):len(w.values)]
	return nil
}

// singleColumns are the columns of single-measure records by type.
var singleColumns = [...]string{
	TypeDouble: storage.ColumnValueDouble, TypeBigint: storage.ColumnValueBigint,
	TypeVarchar: storage.ColumnValueVarchar, TypeBoolean: storage.ColumnValueBoolean,
}

// multi adds the attributes of a multi-measure record to its row: the common ones and its own.
func (w *writeScratch) multi(row *storage.Row, r, c *Record) error {
	n := len(c.MeasureValues) + len(r.MeasureValues)
	switch {
	case r.MeasureValue != "" || c.MeasureValue != "":
		return dberr.New(dberr.Invalid, "A record of measure value type MULTI must not have a measure value. Use measure values instead.")
	case n == 0:
		return dberr.New(dberr.Invalid, "Measure values are required for a record of measure value type MULTI.")
	case n > attributesMax:
		return dberr.New(dberr.Invalid, "A record must not have more than %d measure values.", attributesMax)
	}
	from, unit := len(w.values), timeUnit(r, c)
	for _, list := range [2][]MeasureValue{c.MeasureValues, r.MeasureValues} {
		for i := range list {
			m := &list[i]
			if m.Type == TypeMulti {
				return dberr.New(dberr.Invalid, "MULTI is an invalid type of a measure value in a multi-measure record.")
			}
			v := storage.Value{Column: m.Name}
			if err := parseValue(&v, m.Value, m.Type, unit); err != nil {
				return err
			}
			w.values = append(w.values, v)
		}
	}
	row.Multi, row.Values = true, w.values[from:len(w.values):len(w.values)]
	return w.checkAttributes(row.Values)
}

// checkAttributes checks the names of attributes, unless they are those of the record before.
func (w *writeScratch) checkAttributes(values []storage.Value) error {
	if sameColumns(values, w.valuesBefore) {
		return nil
	}
	w.valuesBefore = values
	for i := range values {
		if err := checkName("measure", values[i].Column); err != nil {
			return err
		}
	}
	if name, ok := w.names.duplicate(len(values), 0, func(i int) string { return values[i].Column }); ok {
		return dberr.New(dberr.Invalid, "A record must contain measure values with unique names. The measure value %s is given more than once.", name)
	}
	return nil
}

// sameColumns reports whether a and b have the same columns in the same order.
func sameColumns(a, b []storage.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Column != b[i].Column {
			return false
		}
	}
	return true
}

// meteredMeasure returns the bytes that a record's own measure and time are charged for. Source: "Metering", sizes of
// numbers, times and texts.
func meteredMeasure(r *Record, kind MeasureType) int64 {
	n := len(r.MeasureName)
	if r.MeasureValue != "" {
		n += valueBytes(kind, r.MeasureValue)
	}
	for i := range r.MeasureValues {
		n += len(r.MeasureValues[i].Name) + valueBytes(r.MeasureValues[i].Type, r.MeasureValues[i].Value)
	}
	if r.Time != "" {
		n += 8
	}
	return int64(n)
}

// valueBytes returns the size of a measure value as it is charged and limited.
func valueBytes(kind MeasureType, text string) int {
	switch kind {
	case TypeVarchar:
		return len(text)
	case TypeBoolean:
		return 1
	}
	return 8
}

// typeOf returns the column type of a measure type.
func typeOf(kind MeasureType) *types.Type {
	switch kind {
	case TypeBigint:
		return types.Bigint
	case TypeVarchar:
		return types.Varchar
	case TypeBoolean:
		return types.Boolean
	case TypeTimestamp:
		return types.Timestamp
	}
	return types.Double
}
