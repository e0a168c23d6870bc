package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// converter makes the argument of a statement from a value that is not NULL. Times become texts, because drivers would apply
// time zones to anything else. A nil argument is NULL: what the column cannot hold as the number that it is not.
type converter func(types.Value) (any, error)

// converterFor returns how values of a result column get into a table's column, nil if they do not fit. finiteOnly is for
// databases whose doubles are all numbers.
func converterFor(from *types.Type, to tableColumn, finiteOnly bool) converter {
	if from.Kind == types.KindUnknown {
		return func(types.Value) (any, error) { panic("bug: a value of the type unknown") }
	}
	switch to.kind {
	case kindText:
		return func(v types.Value) (any, error) { return text(from, v), nil }
	case kindJSON:
		return toJSON(from)
	case kindBoolean:
		if from.Kind == types.KindBoolean {
			return func(v types.Value) (any, error) { return v, nil }
		}
	case kindInteger:
		return toInteger(from, to)
	case kindNumber:
		return toNumber(from, to, finiteOnly)
	case kindTimestamp:
		if from.Kind == types.KindTimestamp {
			return toClock(from, to.precision)
		}
	case kindTime:
		if from.Kind == types.KindTime {
			return toClock(from, to.precision)
		}
	case kindDate:
		if from.Kind == types.KindDate {
			return func(v types.Value) (any, error) { return types.Text(from, v), nil }
		}
	}
	return nil
}

func toInteger(from *types.Type, to tableColumn) converter {
	switch from.Kind {
	case types.KindBoolean:
		return func(v types.Value) (any, error) {
			if v.(bool) {
				return int64(1), nil
			}
			return int64(0), nil
		}
	case types.KindInteger, types.KindBigint:
		return func(v types.Value) (any, error) {
			n := v.(int64)
			if n < to.min || n > to.max {
				return nil, fmt.Errorf("%d does not fit the type %s", n, to.typeName)
			}
			return n, nil
		}
	}
	return nil
}

// toNumber keeps finite numbers finite: PostgreSQL's driver would make an infinity of one that is too large for real, and the database
// would never know.
func toNumber(from *types.Type, to tableColumn, finiteOnly bool) converter {
	switch from.Kind {
	case types.KindInteger, types.KindBigint:
		return func(v types.Value) (any, error) { return v, nil }
	case types.KindDouble:
		return func(v types.Value) (any, error) {
			if finiteOnly && !isFinite(v.(float64)) {
				return nil, nil
			}
			if to.single && isFinite(v.(float64)) && math.IsInf(float64(float32(v.(float64))), 0) {
				return nil, fmt.Errorf("%s does not fit the type %s", types.Text(from, v), to.typeName)
			}
			return v, nil
		}
	}
	return nil
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// fractionDigits is how many digits of the second's fraction our texts have.
const fractionDigits = 9

// toClock cuts times off at the digits that the column has. They are never rounded up: a time stays in its second, its
// window, its day.
func toClock(from *types.Type, precision int) converter {
	cut := max(fractionDigits-precision, 0)
	if precision == 0 {
		cut++ // the point, too
	}
	return func(v types.Value) (any, error) {
		s := types.Text(from, v)
		return s[:len(s)-cut], nil
	}
}

// toJSON makes JSON of what has parts. A varchar is taken for a document of JSON already; other scalars are none.
func toJSON(from *types.Type) converter {
	switch {
	case from.Kind == types.KindVarchar:
		return func(v types.Value) (any, error) { return v, nil }
	case from.IsScalar():
		return nil
	}
	return func(v types.Value) (any, error) { return text(from, v), nil }
}

// text returns a value as text: scalars as in answers of the API, what has parts as JSON.
func text(t *types.Type, v types.Value) string {
	if t.IsScalar() {
		return types.Text(t, v)
	}
	return string(appendJSON(nil, t, v))
}

// appendJSON appends a value as JSON: rows as objects if all fields have names, else as arrays; points of time series as
// objects with time and value; times and intervals as texts; NULL and doubles that are no numbers as null.
func appendJSON(dst []byte, t *types.Type, v types.Value) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	switch t.Kind {
	case types.KindArray:
		return appendList(dst, len(v.([]types.Value)), func(dst []byte, i int) []byte {
			return appendJSON(dst, t.Elem, v.([]types.Value)[i])
		})
	case types.KindTimeSeries:
		point := types.PointOf(t.Elem)
		return appendList(dst, len(v.(types.Series)), func(dst []byte, i int) []byte {
			p := v.(types.Series)[i]
			return appendJSON(dst, point, []types.Value{p.Time, p.Value})
		})
	case types.KindRow:
		return appendRow(dst, t, v.([]types.Value))
	case types.KindBoolean, types.KindInteger, types.KindBigint:
		return types.AppendText(dst, t, v)
	case types.KindDouble:
		if !isFinite(v.(float64)) {
			return append(dst, "null"...)
		}
		return strconv.AppendFloat(dst, v.(float64), 'g', -1, 64)
	}
	return appendString(dst, types.Text(t, v))
}

func appendList(dst []byte, n int, element func([]byte, int) []byte) []byte {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = element(dst, i)
	}
	return append(dst, ']')
}

func appendRow(dst []byte, t *types.Type, fields []types.Value) []byte {
	for _, f := range t.Fields {
		if f.Name == "" {
			return appendList(dst, len(fields), func(dst []byte, i int) []byte { return appendJSON(dst, t.Fields[i].Type, fields[i]) })
		}
	}
	dst = append(dst, '{')
	for i, f := range t.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, f.Name), ':')
		dst = appendJSON(dst, f.Type, fields[i])
	}
	return append(dst, '}')
}

// appendString appends a text as JSON, with the characters that mean something in HTML as they are.
func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic("bug: a text that cannot be written as JSON: " + err.Error())
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
