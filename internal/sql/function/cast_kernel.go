package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// castKernel converts a flat vector of one scalar type into another.
type castKernel func(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error)

// castKernels is the table of pairs of scalar types that can be cast. Equal types never get here.
var castKernels map[[2]types.Kind]castKernel

func init() {
	const (
		boolean, integer, bigint, double = types.KindBoolean, types.KindInteger, types.KindBigint, types.KindDouble
		varchar, timestamp, date, clock  = types.KindVarchar, types.KindTimestamp, types.KindDate, types.KindTime
	)
	truth := func(x int64) bool { return x != 0 }
	text := castKernel(castToText)
	castKernels = map[[2]types.Kind]castKernel{
		{integer, bigint}: reinterpret, {bigint, integer}: castWith(toInteger),
		{integer, double}: castSimply(func(x int64) float64 { return float64(x) }),
		{bigint, double}:  castSimply(func(x int64) float64 { return float64(x) }),
		{double, bigint}:  castWith(doubleToBigint), {double, integer}: castWith(doubleToInteger),
		{integer, boolean}: castSimply(truth), {bigint, boolean}: castSimply(truth),
		{double, boolean}:  castSimply(func(x float64) bool { return x != 0 }),
		{boolean, integer}: castSimply(boolToInt), {boolean, bigint}: castSimply(boolToInt),
		{boolean, double}: castSimply(func(b bool) float64 { return float64(boolToInt(b)) }),

		{varchar, integer}: castWith(parseInteger), {varchar, bigint}: castWith(parseBigint),
		{varchar, double}: castWith(parseDouble), {varchar, boolean}: castWith(parseBoolean),
		{varchar, date}: castWith(parseDate), {varchar, clock}: castWith(parseTime), {varchar, timestamp}: castWith(parseTimestamp),

		{timestamp, date}:  castSimply(func(ns int64) int64 { return floorDiv(ns, types.Day) }),
		{timestamp, clock}: castSimply(func(ns int64) int64 { return floorMod(ns, types.Day) }),
		{date, timestamp}:  castWith(func(days int64) (int64, error) { return timestampAt(days, 0) }),
		{clock, timestamp}: reinterpret,

		{boolean, varchar}: text, {integer, varchar}: text, {bigint, varchar}: text, {double, varchar}: text,
		{timestamp, varchar}: text, {date, varchar}: text, {clock, varchar}: text,
		{types.KindIntervalDayToSecond, varchar}: text, {types.KindIntervalYearToMonth, varchar}: text,
	}
}

// reinterpret is for types that are held in the same way.
func reinterpret(v *vector.Vector, to *types.Type, _ bool) (*vector.Vector, error) {
	return v.WithType(to), nil
}

// castSimply makes the kernel of a conversion that cannot fail.
func castSimply[A, R payloadType](f func(A) R) castKernel {
	return func(v *vector.Vector, to *types.Type, _ bool) (*vector.Vector, error) {
		vals := payload[A](v)
		out := make([]R, v.Len())
		for i := range out {
			out[i] = f(vals[i])
		}
		return flat(to, out, v.Nulls), nil
	}
}

// castToText writes the text form of every type.
func castToText(v *vector.Vector, _ *types.Type, _ bool) (*vector.Vector, error) {
	t := newTextColumn(v.Len())
	for i := range v.Len() {
		if !v.IsNull(i) {
			t.buf = v.AppendScalar(t.buf, i)
		}
		if err := t.end(); err != nil {
			return nil, err
		}
	}
	return vector.Strings(t.texts(), v.Nulls), nil
}

// castWith makes the kernel of a conversion that can fail.
func castWith[A, R payloadType](f func(A) (R, error)) castKernel {
	return func(v *vector.Vector, to *types.Type, try bool) (*vector.Vector, error) {
		vals, out, nulls := payload[A](v), make([]R, v.Len()), v.Nulls
		for i := range out {
			if v.IsNull(i) {
				continue
			}
			value, err := f(vals[i])
			switch {
			case err == nil:
				out[i] = value
			case !try:
				return nil, err
			default:
				nulls = withNull(nulls, v.Nulls, i, len(out))
			}
		}
		return flat(to, out, nulls), nil
	}
}

func boolToInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func toInteger(x int64) (int64, error) {
	if x != int64(int32(x)) {
		return 0, invalid("Out of range for integer: %d", x)
	}
	return x, nil
}

func doubleToBigint(x float64) (int64, error) {
	y := math.Round(x)
	if !(y >= -1<<63 && y < 1<<63) {
		return 0, invalid("Unable to cast %s to bigint", types.Text(types.Double, x))
	}
	return int64(y), nil
}

func doubleToInteger(x float64) (int64, error) {
	if math.IsNaN(x) {
		return 0, invalid("Cannot cast double NaN to integer")
	}
	y := math.Round(x)
	if !(y >= math.MinInt32 && y <= math.MaxInt32) {
		return 0, invalid("Out of range for integer: %s", types.Text(types.Double, x))
	}
	return int64(y), nil
}

func parseInteger(s string) (int64, error) {
	x, err := types.ParseInt(s)
	if err != nil || x != int64(int32(x)) {
		return 0, invalid("Cannot cast '%s' to INT", s)
	}
	return x, nil
}

func parseBigint(s string) (int64, error) {
	x, err := types.ParseInt(s)
	if err != nil {
		return 0, invalid("Cannot cast '%s' to BIGINT", s)
	}
	return x, nil
}

func parseBoolean(s string) (bool, error) {
	b, ok := types.ParseBool(s)
	if !ok {
		return false, invalid("Cannot cast '%s' to BOOLEAN", s)
	}
	return b, nil
}

// asInvalid gives an error of package types, whose text is for clients, its kind.
func asInvalid[T any](value T, err error) (T, error) {
	if err != nil {
		err = invalid("%s", err.Error())
	}
	return value, err
}

func parseDouble(s string) (float64, error)  { return asInvalid(types.ParseDouble(s)) }
func parseDate(s string) (int64, error)      { return asInvalid(types.ParseDate(s)) }
func parseTime(s string) (int64, error)      { return asInvalid(types.ParseTime(s)) }
func parseTimestamp(s string) (int64, error) { return asInvalid(types.ParseTimestamp(s)) }
