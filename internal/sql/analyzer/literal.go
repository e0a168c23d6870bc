package analyzer

import (
	"math"
	"math/big"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

func constant(t *types.Type, v types.Value) *plan.Const { return &plan.Const{Value: v, T: t} }

// intLiteral is INTEGER if the value fits 32 bits, else BIGINT.
func intLiteral(v int64) *plan.Const {
	if v >= math.MinInt32 && v <= math.MaxInt32 {
		return constant(types.Integer, v)
	}
	return constant(types.Bigint, v)
}

// typedLiteral is a literal with its type in front: DATE '2020-08-08'.
func typedLiteral(n *ast.Typed) (plan.Expr, error) {
	t, err := typeOf(n.Type)
	if err != nil {
		return nil, err
	}
	v, err := parseText(t, n.Text)
	if err != nil {
		return nil, dberr.At(n.Pos, "'%s' is not a valid %s literal", n.Text, t)
	}
	return constant(t, v), nil
}

func parseText(t *types.Type, text string) (types.Value, error) {
	switch t.Kind {
	case types.KindVarchar:
		return text, nil
	case types.KindDouble:
		return types.ParseDouble(text)
	case types.KindBigint:
		return types.ParseInt(text)
	case types.KindInteger:
		v, err := types.ParseInt(text)
		if err == nil && v != int64(int32(v)) {
			err = dberr.New(dberr.Invalid, "out of range")
		}
		return v, err
	case types.KindBoolean:
		v, ok := types.ParseBool(text)
		if !ok {
			return nil, dberr.New(dberr.Invalid, "not a boolean")
		}
		return v, nil
	case types.KindDate:
		return types.ParseDate(text)
	case types.KindTime:
		return types.ParseTime(text)
	case types.KindTimestamp:
		return types.ParseTimestamp(text)
	}
	return nil, dberr.New(dberr.Invalid, "no literal of this type")
}

// intervalUnits are the units of INTERVAL '2' DAY: nanoseconds, or months.
var intervalUnits = map[string]struct{ ns, months int64 }{
	"millisecond": {types.Millisecond, 0}, "second": {types.Second, 0}, "minute": {types.Minute, 0}, "hour": {types.Hour, 0},
	"day": {types.Day, 0}, "week": {7 * types.Day, 0}, "month": {0, 1}, "year": {0, 12},
}

// intervalLiteral is INTERVAL '2' DAY. The number is whole, for seconds it may have a fraction.
func intervalLiteral(n *ast.Interval) (plan.Expr, error) {
	invalid := func() (plan.Expr, error) {
		return nil, dberr.At(n.Pos, "'%s' is not a valid interval literal", n.Text)
	}
	unit, ok := intervalUnits[n.Unit]
	text := strings.TrimSpace(n.Text)
	number, isNumber := new(big.Rat).SetString(text)
	if !ok || !isNumber || strings.ContainsAny(text, "eE/_xXpP") || !number.IsInt() && n.Unit != "second" {
		return invalid()
	}
	if n.Negative {
		number.Neg(number)
	}
	t, scale := types.IntervalDayToSecond, unit.ns
	if unit.months != 0 {
		t, scale = types.IntervalYearToMonth, unit.months
	}
	number.Mul(number, new(big.Rat).SetInt64(scale))
	whole := new(big.Int).Quo(number.Num(), number.Denom())
	if !whole.IsInt64() {
		return invalid()
	}
	return constant(t, whole.Int64()), nil
}

// durationLiteral is Timestream's 5m, 72.5h, 1month.
func durationLiteral(n *ast.Duration) (plan.Expr, error) {
	v, t, err := types.ParseDuration(n.Text)
	if err != nil {
		return nil, dberr.At(n.Pos, "'%s' is not a valid interval literal", n.Text)
	}
	return constant(t, v), nil
}
