package export

import (
	"math"
	"strconv"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// appendJSON appends a value, at a place as Payload returns it, as JSON: what a CSV file has of arrays, rows and time
// series. Timestamps end in Z, as documented for those of time series; doubles that JSON has no numbers for are texts, as
// are dates and intervals.
func appendJSON(dst []byte, v *vector.Vector, at int) []byte {
	switch t := v.Type; t.Kind {
	case types.KindArray:
		dst = append(dst, '[')
		for j := v.Offsets[at]; j < v.Offsets[at+1]; j++ {
			if j > v.Offsets[at] {
				dst = append(dst, ',')
			}
			dst = appendElement(dst, v.Kids[0], int(j))
		}
		return append(dst, ']')
	case types.KindTimeSeries:
		dst = append(dst, '[')
		for j := v.Offsets[at]; j < v.Offsets[at+1]; j++ {
			if j > v.Offsets[at] {
				dst = append(dst, ',')
			}
			dst = appendElement(append(dst, `{"time":`...), v.Kids[0], int(j))
			dst = append(appendElement(append(dst, `,"value":`...), v.Kids[1], int(j)), '}')
		}
		return append(dst, ']')
	case types.KindRow:
		dst = append(dst, '{')
		for k, kid := range v.Kids {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(types.AppendJSONString(dst, fieldName(t, k)), ':')
			dst = appendElement(dst, kid, at)
		}
		return append(dst, '}')
	case types.KindVarchar:
		return types.AppendJSONString(dst, v.Strs[at])
	case types.KindBoolean, types.KindInteger, types.KindBigint:
		return v.AppendScalar(dst, at)
	case types.KindDouble:
		if x := v.Floats[at]; !math.IsNaN(x) && !math.IsInf(x, 0) {
			return v.AppendScalar(dst, at)
		}
	case types.KindTimestamp:
		return append(v.AppendScalar(append(dst, '"'), at), 'Z', '"')
	}
	return append(v.AppendScalar(append(dst, '"'), at), '"')
}

// appendElement appends row i of a part of a value.
func appendElement(dst []byte, v *vector.Vector, i int) []byte {
	v, at, ok := v.Payload(i)
	if !ok {
		return append(dst, "null"...)
	}
	return appendJSON(dst, v, at)
}

// fieldName returns the name of a field of a row; one without a name is called by its place, from 0.
func fieldName(t *types.Type, k int) string {
	if name := t.Fields[k].Name; name != "" {
		return name
	}
	return "field" + strconv.Itoa(k)
}
