package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// reject returns why a row is refused by itself, "" if it is not. own are the record's own dimensions; dimBytes is the size
// of all.
func (w *writeScratch) reject(row *storage.Row, own []storage.Dim, dimBytes int) string {
	if row.Time < w.window.from || row.Time >= w.window.to {
		if w.load { // without the times, so that all records share one entry of the report, as in the service's
			return "The record timestamp is outside the time range of the data ingestion window."
		}
		return w.window.reason()
	}
	if w.required != "" && !hasDimension(row.Dims, w.required) {
		return fmt.Sprintf("The record is missing the required partition key dimension '%s'.", w.required)
	}
	if dimBytes > dimensionPairsBytesMax {
		return fmt.Sprintf("The names and values of the record's dimensions exceed the limit of %d bytes.", dimensionPairsBytesMax)
	}
	long := w.commonLong
	if long == "" {
		long = longName(own)
	}
	if long != "" {
		return fmt.Sprintf("The dimension name '%s' exceeds the limit of %d bytes.", long, dimensionNameBytesMax)
	}
	if len(row.Measure) > measureNameBytesMax {
		return fmt.Sprintf("The measure name exceeds the limit of %d bytes.", measureNameBytesMax)
	}
	if row.Multi {
		return rejectAttributes(row.Values)
	}
	return ""
}

// rejectAttributes returns why the attributes of a multi-measure record are refused.
func rejectAttributes(values []storage.Value) string {
	size := 0
	for i := range values {
		v := &values[i]
		if len(v.Column) > measureNameBytesMax {
			return fmt.Sprintf("The name of a measure value exceeds the limit of %d bytes.", measureNameBytesMax)
		}
		switch v.Type.Kind {
		case types.KindVarchar:
			size += len(v.Str)
		case types.KindBoolean:
			size++
		default:
			size += 8
		}
	}
	if size > recordValuesBytesMax {
		return fmt.Sprintf("The measure values of the record exceed the limit of %d bytes.", recordValuesBytesMax)
	}
	return ""
}

// hasDimension reports whether a dimension is among dims.
func hasDimension(dims []storage.Dim, name string) bool {
	for i := range dims {
		if dims[i].Name == name {
			return true
		}
	}
	return false
}

// reason is the text for a time outside the window.
func (w *window) reason() string {
	const layout = "2006-01-02T15:04:05.000Z"
	store := "memory store"
	if w.magnetic {
		store = "data ingestion window"
	}
	from, to := time.Unix(0, w.from).UTC(), time.Unix(0, w.to).UTC()
	return "The record timestamp is outside the time range [" + from.Format(layout) + ", " + to.Format(layout) + ") of the " + store + "."
}

// addRejection notes a rejection by the store. Of a conflict of versions in the magnetic store the writer hears nothing, as in
// the service, unless it is a batch load; other rows are taken out of the counts.
func (w *writeScratch) addRejection(r *storage.Rejection) {
	row := &w.rows[r.Row]
	conflict := r.Reason == storage.SameVersion || r.Reason == storage.LowerVersion
	switch {
	case row.Time >= w.window.memory:
		w.memory--
	case conflict && !w.load:
		w.conflicts = append(w.conflicts, *r)
		return
	default:
		w.magnetic--
	}
	out := RejectedRecord{Index: w.index[r.Row], Reason: reasonOf(row, r)}
	if conflict {
		out.ExistingVersion = r.ExistingVersion
	}
	w.rejected = append(w.rejected, out)
}

// reasonOf is the text for a rejection by the store.
func reasonOf(row *storage.Row, r *storage.Rejection) string {
	switch r.Reason {
	case storage.SameVersion:
		return "A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be " +
			"specified in order to update the measure value. Specifying record version is supported by the latest SDKs."
	case storage.LowerVersion:
		return fmt.Sprintf("The record version %d is lower than the existing version %d. A higher version is required to update the measure value.",
			row.Version, r.ExistingVersion)
	case storage.TypeConflict:
		return fmt.Sprintf("The measure value type %s of '%s' does not match the existing type %s.", newType(row, r.Name), r.Name, upperType(r.ExistingType))
	case storage.NameConflict:
		return fmt.Sprintf("The name '%s' is used for both a dimension and a measure of the table.", r.Name)
	case storage.TooManyDimensions:
		return fmt.Sprintf("The record would exceed the limit of %d dimensions per table.", storage.DimensionsMax)
	case storage.TooManyMeasures:
		return fmt.Sprintf("The record would exceed the limit of %d measure names per table.", storage.MeasureNamesMax)
	case storage.NoMemoryForSeries:
		return "The record would begin a new series, but the indexes of series have all the memory that the server may use for them."
	case storage.TooManyMultiMeasures:
		return fmt.Sprintf("The record would exceed the limit of %d measures in multi-measure records per table.", storage.MultiMeasureColsMax)
	}
	panic(fmt.Sprintf("bug: rejection for reason %d", r.Reason))
}

// newType returns the type that a row has for a column.
func newType(row *storage.Row, column string) string {
	for i := range row.Values {
		if row.Values[i].Column == column {
			return upperType(row.Values[i].Type)
		}
	}
	return "unknown"
}

// upperType returns a type in the words of the API.
func upperType(t *types.Type) string {
	if t == nil {
		return "unknown"
	}
	return strings.ToUpper(t.String())
}
