package function

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Functions of the statement's time, and bin. Source: Timestream's "Date / time functions". Everything is UTC.
func init() {
	today := func(env *Env) types.Value { return floorDiv(env.Now, types.Day) }
	clock := func(env *Env) types.Value { return floorMod(env.Now, types.Day) }
	now := func(env *Env) types.Value { return env.Now }
	registerScalar("current_date() -> date", Scalar{UsesNow: true, Eval: constantly(today)})
	registerScalar("current_time() -> time", Scalar{UsesNow: true, Eval: constantly(clock)})
	registerScalar("current_timestamp() -> timestamp", Scalar{UsesNow: true, Eval: constantly(now)})
	registerScalar("now() -> timestamp", Scalar{UsesNow: true, Eval: constantly(now)})
	registerScalar("localtime() -> time", Scalar{UsesNow: true, Eval: constantly(clock)})
	registerScalar("localtimestamp() -> timestamp", Scalar{UsesNow: true, Eval: constantly(now)})
	registerScalar("current_time(bigint) -> time", Scalar{UsesNow: true, CanFail: true, Eval: rounded("TIME", clockRounded)})
	registerScalar("current_timestamp(bigint) -> timestamp", Scalar{UsesNow: true, CanFail: true, Eval: rounded("TIMESTAMP", roundTo)})
	registerScalar("localtime(bigint) -> time", Scalar{UsesNow: true, CanFail: true, Eval: rounded("TIME", clockRounded)})
	registerScalar("localtimestamp(bigint) -> timestamp", Scalar{UsesNow: true, CanFail: true, Eval: rounded("TIMESTAMP", roundTo)})
	registerScalar("current_timezone() -> varchar", Scalar{Eval: constantly(func(*Env) types.Value { return "UTC" })})
	registerScalar("ago(interval day to second) -> timestamp", Scalar{UsesNow: true, CanFail: true, Eval: ago(subFromTimestamp)})
	registerScalar("ago(interval year to month) -> timestamp", Scalar{UsesNow: true, CanFail: true, Eval: ago(func(now, months int64) (int64, error) {
		if months < -maxDays {
			return 0, errTimestampRange
		}
		return addMonthsToTimestamp(now, -months)
	})})
	registerScalar("bin(timestamp, interval day to second) -> timestamp", Scalar{CanFail: true, Eval: bin})
}

// precisionMax is how many digits behind the second may be asked for; Trino counts picoseconds.
const precisionMax = 12

// rounded makes the code of current_timestamp(p) and its kin: the time with p digits behind the second.
func rounded(kind string, round func(ns, unit int64) int64) EvalFunc {
	return perRow(func(a *Args) func(i int) (int64, error) {
		digits := read[int64](a.Vecs[0])
		return func(i int) (int64, error) {
			p := digits.at(i)
			if p < 0 || p > precisionMax {
				return 0, invalid("%s precision must be in range [0, %d]: %d", kind, precisionMax, p)
			}
			unit := types.Second
			for ; p > 0 && unit > 1; p-- {
				unit /= 10
			}
			return round(a.Env.Now, unit), nil
		}
	})
}

// roundTo rounds to the nearest multiple of unit, the later one of two that are equally near.
func roundTo(ns, unit int64) int64 { return floorDiv(ns+unit/2, unit) * unit }

// clockRounded is the rounded time of day, which may be that of the next day.
func clockRounded(ns, unit int64) int64 { return floorMod(roundTo(ns, unit), types.Day) }

// ago makes the code of now() minus an interval.
func ago(sub func(now, interval int64) (int64, error)) EvalFunc {
	return perRow(func(a *Args) func(i int) (int64, error) {
		interval := read[int64](a.Vecs[0])
		return func(i int) (int64, error) { return sub(a.Env.Now, interval.at(i)) }
	})
}

const badBin = "bin interval must be positive"

// bin rounds down to a multiple of the interval since 1970.
func bin(a *Args) (*vector.Vector, error) {
	t, interval, out := read[int64](a.Vecs[0]), read[int64](a.Vecs[1]), make([]int64, a.Rows)
	if isConstant(a.Vecs[1]) && !isConstant(a.Vecs[0]) {
		return binColumn(a, t.vals[:a.Rows], interval.at(0), out)
	}
	for i := range out {
		if a.skipped(i) {
			continue
		}
		width := interval.at(i)
		if width <= 0 {
			return nil, invalid(badBin)
		}
		start, ok := subInt64(t.at(i), floorMod(t.at(i), width))
		if !ok {
			return nil, errTimestampRange
		}
		out[i] = start
	}
	return vector.Int64s(a.Result, out, nil), nil
}

// binColumn bins a column by one width. Rows come from storage in order of time, so that most fall into the bin of the row
// before them; only the others are divided.
func binColumn(a *Args, t []int64, width int64, out []int64) (*vector.Vector, error) {
	var start int64
	used := uint64(0) // the width once a bin is known
	for i, x := range t {
		if uint64(x)-uint64(start) < used {
			out[i] = start
			continue
		}
		if a.skipped(i) {
			continue
		}
		if width <= 0 {
			return nil, invalid(badBin)
		}
		first, ok := subInt64(x, floorMod(x, width))
		if !ok {
			return nil, errTimestampRange
		}
		start, used = first, uint64(width)
		out[i] = start
	}
	return vector.Int64s(a.Result, out, nil), nil
}
