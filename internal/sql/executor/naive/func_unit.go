package naive

import (
	"math/big"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// unitFunctions are the functions that take a unit of time as a text. Source: reference, 4.12.
var unitFunctions = table{"date_trunc": dateTrunc, "date_add": dateAdd, "date_diff": dateDiff}

// fixedUnits are the units of a fixed length in nanoseconds, monthUnits those in months.
var (
	fixedUnits = map[string]int64{"millisecond": 1e6, "second": 1e9, "minute": 60e9, "hour": 3600e9, "day": types.Day, "week": 7 * types.Day}
	monthUnits = map[string]int64{"month": 1, "quarter": 3, "year": 12}
)

// unitOf checks a unit for a type.
func unitOf(t *types.Type, text string) (string, error) {
	unit := strings.ToLower(text)
	short := fixedUnits[unit] > 0 && fixedUnits[unit] < types.Day
	known := fixedUnits[unit] > 0 || monthUnits[unit] > 0
	switch {
	case t.Kind == types.KindTime && known && !short:
		return "", invalid("'%s' is not a valid TIME field", unit)
	case !known || t.Kind == types.KindDate && short:
		return "", invalid("'%s' is not a valid DATE field", unit)
	}
	return unit, nil
}

// dateTrunc goes to the beginning of the unit.
func dateTrunc(c *call, a []types.Value) (types.Value, error) {
	t, x := c.params[1], a[1].(int64)
	unit, err := unitOf(t, a[0].(string))
	if err != nil {
		return nil, err
	}
	g := goTime(t, x)
	y, m, d := g.Date()
	switch unit {
	case "year":
		g = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	case "quarter":
		g = time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case "month":
		g = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	case "week":
		g = time.Date(y, m, d+1-isoWeekday(g), 0, 0, 0, 0, time.UTC)
	case "day":
		g = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	case "hour":
		g = time.Date(y, m, d, g.Hour(), 0, 0, 0, time.UTC)
	case "minute":
		g = time.Date(y, m, d, g.Hour(), g.Minute(), 0, 0, time.UTC)
	case "second":
		g = time.Date(y, m, d, g.Hour(), g.Minute(), g.Second(), 0, time.UTC)
	case "millisecond":
		g = time.Date(y, m, d, g.Hour(), g.Minute(), g.Second(), g.Nanosecond()/1e6*1e6, time.UTC)
	}
	return valueOr(fromGoTime(t, g))
}

func dateAdd(c *call, a []types.Value) (types.Value, error) {
	t, n, x := c.params[2], a[1].(int64), a[2].(int64)
	unit, err := unitOf(t, a[0].(string))
	if err != nil {
		return nil, err
	}
	if months := monthUnits[unit]; months > 0 {
		if n > 1<<31 || n < -1<<31 { // out of range in any case, and n*months must not overflow
			months = 1
		}
		return valueOr(addMonths(t, x, n*months))
	}
	switch t.Kind {
	case types.KindTime:
		z := new(big.Int).Mul(big.NewInt(n), big.NewInt(fixedUnits[unit]))
		z.Add(z, big.NewInt(x))
		return z.Mod(z, big.NewInt(types.Day)).Int64(), nil
	case types.KindDate:
		z := new(big.Int).Mul(big.NewInt(n), big.NewInt(fixedUnits[unit]/types.Day))
		return valueOr(checkedDate(z.Add(z, big.NewInt(x))))
	}
	return valueOr(ranged(big.NewInt(x), n, fixedUnits[unit]))
}

// dateDiff counts the whole units from x to y.
func dateDiff(c *call, a []types.Value) (types.Value, error) {
	t, x, y := c.params[1], a[1].(int64), a[2].(int64)
	unit, err := unitOf(t, a[0].(string))
	if err != nil {
		return nil, err
	}
	if months := monthUnits[unit]; months > 0 {
		if x > y {
			return -monthsApart(t, y, x) / months, nil
		}
		return monthsApart(t, x, y) / months, nil
	}
	size := fixedUnits[unit]
	if t.Kind == types.KindDate {
		size /= types.Day
	}
	z := new(big.Int).Sub(big.NewInt(y), big.NewInt(x))
	return z.Quo(z, big.NewInt(size)).Int64(), nil
}

// monthsApart returns the most months by which x can be moved without passing y, which is not before x.
func monthsApart(t *types.Type, x, y int64) int64 {
	from, to := goTime(t, x), goTime(t, y)
	n := int64(to.Year()-from.Year())*12 + int64(to.Month()-from.Month())
	if moved, err := addMonths(t, x, n); err != nil || moved > y {
		n--
	}
	return n
}
