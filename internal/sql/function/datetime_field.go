package function

import "github.com/tidemarkdb/tidemark/internal/types"

// Functions that extract a field from a date, a time or an interval; EXTRACT(field FROM x) calls them, too. Source:
// Timestream's "Date / time functions". Fields of negative intervals are negative, as in Trino.
func init() {
	for name, f := range map[string]func(days int64) int64{
		"day":          func(days int64) int64 { _, _, d := civil(days); return d },
		"day_of_month": func(days int64) int64 { _, _, d := civil(days); return d },
		"day_of_week":  weekday, "dow": weekday,
		"day_of_year": yearDay, "doy": yearDay,
		"week": weekOf, "week_of_year": weekOf,
		"year_of_week": weekYearOf, "yow": weekYearOf,
		"month":   func(days int64) int64 { _, m, _ := civil(days); return m },
		"quarter": func(days int64) int64 { _, m, _ := civil(days); return (m + 2) / 3 },
		"year":    func(days int64) int64 { y, _, _ := civil(days); return y },
	} {
		registerScalar(name+"(timestamp) -> bigint", Scalar{Eval: unary(func(ns int64) int64 { return f(floorDiv(ns, types.Day)) })})
		registerScalar(name+"(date) -> bigint", Scalar{Eval: unary(f)})
	}
	for name, f := range map[string]struct{ cycle, unit int64 }{
		"hour":        {types.Day, types.Hour},
		"minute":      {types.Hour, types.Minute},
		"second":      {types.Minute, types.Second},
		"millisecond": {types.Second, types.Millisecond},
		"nanosecond":  {types.Second, 1},
	} {
		registerScalar(name+"(timestamp) -> bigint", Scalar{Eval: unary(func(ns int64) int64 { return floorMod(ns, f.cycle) / f.unit })})
		registerScalar(name+"(time) -> bigint", Scalar{Eval: unary(func(ns int64) int64 { return ns % f.cycle / f.unit })})
		registerScalar(name+"(interval day to second) -> bigint", Scalar{Eval: unary(func(ns int64) int64 { return ns % f.cycle / f.unit })})
	}
	for _, name := range []string{"day", "day_of_month"} {
		registerScalar(name+"(interval day to second) -> bigint", Scalar{Eval: unary(func(ns int64) int64 { return ns / types.Day })})
	}
	registerScalar("month(interval year to month) -> bigint", Scalar{Eval: unary(func(months int64) int64 { return months % 12 })})
	registerScalar("year(interval year to month) -> bigint", Scalar{Eval: unary(func(months int64) int64 { return months / 12 })})
}

func weekOf(days int64) int64     { _, week := isoWeek(days); return week }
func weekYearOf(days int64) int64 { year, _ := isoWeek(days); return year }
