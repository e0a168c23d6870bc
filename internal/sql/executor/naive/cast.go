package naive

import (
	"math"
	"math/big"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// cast converts a value that is not NULL. Source: reference, 2.5. Arrays, rows and time series are converted part by part.
func cast(v types.Value, from, to *types.Type) (types.Value, error) {
	if from.Equal(to) {
		return v, nil
	}
	switch v := v.(type) {
	case types.Series:
		out := types.Series{}
		for _, p := range v {
			w, err := castPart(p.Value, from.Elem, to.Elem)
			if err != nil {
				return nil, err
			}
			out = append(out, types.Point{Time: p.Time, Value: w})
		}
		return out, nil
	case list:
		out := list{}
		for i, e := range v {
			f, t := from.Elem, to.Elem
			if from.Kind == types.KindRow {
				f, t = from.Fields[i].Type, to.Fields[i].Type
			}
			w, err := castPart(e, f, t)
			if err != nil {
				return nil, err
			}
			out = append(out, w)
		}
		return out, nil
	}
	switch to.Kind {
	case types.KindVarchar:
		return types.Text(from, v), nil
	case types.KindBoolean:
		return castToBoolean(v)
	case types.KindDouble:
		return castToDouble(v)
	case types.KindInteger, types.KindBigint:
		return castToWhole(v, to)
	}
	return castToTime(v, from, to)
}

func castPart(v types.Value, from, to *types.Type) (types.Value, error) {
	if v == nil {
		return nil, nil
	}
	return cast(v, from, to)
}

func castToBoolean(v types.Value) (types.Value, error) {
	switch v := v.(type) {
	case int64:
		return v != 0, nil
	case float64:
		return v != 0, nil
	}
	b, ok := types.ParseBool(v.(string))
	if !ok {
		return nil, invalid("Cannot cast '%s' to BOOLEAN", v)
	}
	return b, nil
}

func castToDouble(v types.Value) (types.Value, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	}
	return valueOr(textError(types.ParseDouble(v.(string))))
}

// castToWhole converts to integer or bigint; doubles are rounded half away from zero.
func castToWhole(v types.Value, to *types.Type) (types.Value, error) {
	z := new(big.Int)
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case int64:
		if z.SetInt64(v); !fits(z, to) {
			return nil, invalid("Out of range for integer: %d", v)
		}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			big.NewFloat(math.Round(v)).Int(z)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) || !fits(z, to) {
			return nil, badWhole(v, to)
		}
	case string:
		n, err := types.ParseInt(v)
		if z.SetInt64(n); err != nil || !fits(z, to) {
			name := map[types.Kind]string{types.KindInteger: "INT", types.KindBigint: "BIGINT"}[to.Kind]
			return nil, invalid("Cannot cast '%s' to %s", v, name)
		}
	}
	return z.Int64(), nil
}

// badWhole is the error of a double that no number of type to is near.
func badWhole(x float64, to *types.Type) error {
	switch {
	case to.Kind == types.KindBigint:
		return invalid("Unable to cast %s to bigint", types.Text(types.Double, x))
	case math.IsNaN(x):
		return invalid("Cannot cast double NaN to integer")
	}
	return invalid("Out of range for integer: %s", types.Text(types.Double, x))
}

// castToTime converts to dates, times and timestamps.
func castToTime(v types.Value, from, to *types.Type) (types.Value, error) {
	if s, ok := v.(string); ok {
		switch to.Kind {
		case types.KindDate:
			return valueOr(textError(types.ParseDate(s)))
		case types.KindTime:
			return valueOr(textError(types.ParseTime(s)))
		}
		return valueOr(textError(types.ParseTimestamp(s)))
	}
	x := v.(int64)
	switch {
	case from.Kind == types.KindTimestamp && to.Kind == types.KindDate:
		return dayOf(x), nil
	case from.Kind == types.KindTimestamp && to.Kind == types.KindTime:
		return clockOf(x), nil
	case from.Kind == types.KindDate && to.Kind == types.KindTimestamp:
		return valueOr(ranged(new(big.Int), x, types.Day))
	case from.Kind == types.KindTime && to.Kind == types.KindTimestamp:
		return x, nil
	}
	return nil, invalid("Cannot cast %s to %s", from, to)
}
