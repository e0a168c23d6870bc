package naive

import (
	"math/big"
	"regexp"
	"strconv"
	"time"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// isoFunctions read ISO 8601. Source: reference, 4.12; what the standard allows: trino.
var isoFunctions = table{
	"from_iso8601_date": of1e(func(s string) (int64, error) {
		m := isoText.FindStringSubmatch(s)
		if m == nil || m[isoYearPart] == "" || m[isoClockPart] != "" {
			return 0, isoFailure(s)
		}
		day, ok := isoDay(m)
		if !ok {
			return 0, isoFailure(s)
		}
		return day.Unix() / 86400, nil
	}),
	"from_iso8601_timestamp": of1e(func(s string) (int64, error) {
		m := isoText.FindStringSubmatch(s)
		if m == nil || s == "" {
			return 0, isoFailure(s)
		}
		at := time.Unix(0, 0).UTC()
		if m[isoYearPart] != "" {
			var ok bool
			if at, ok = isoDay(m); !ok {
				return 0, isoFailure(s)
			}
		}
		clock, ok := isoClock(m)
		if !ok {
			return 0, isoFailure(s)
		}
		ns := new(big.Int).Mul(big.NewInt(at.Unix()), big.NewInt(types.Second))
		return checkedTimestamp(ns.Add(ns, big.NewInt(clock)))
	}),
}

// isoText is a date by month, by day of the year or by week, a time and a zone, each possibly cut short.
var isoText = regexp.MustCompile(`^(?:(\d{4})(?:-(\d\d)(?:-(\d\d))?|-(\d{3})|-W(\d\d)(?:-(\d))?)?)?` +
	`(T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?)?$`)

// The groups of isoText.
const (
	isoYearPart = iota + 1
	isoMonthPart
	isoDayPart
	isoOrdinalPart
	isoWeekPart
	isoWeekdayPart
	isoClockPart
	isoHourPart
	isoMinutePart
	isoSecondPart
	isoFractionPart
	isoSignPart
	isoZoneHourPart
	isoZoneMinutePart
)

func isoFailure(s string) error {
	if len(s) > 35 {
		s = s[:32] + "..."
	}
	return invalid(`Invalid format: "%s"`, s)
}

// part reads a group, or gives what stands for one that is left out.
func part(s string, missing int) int {
	if s == "" {
		return missing
	}
	n, _ := strconv.Atoi(s)
	return n
}

// isoDay returns midnight of the day; false if there is no such day.
func isoDay(m []string) (time.Time, bool) {
	year := part(m[isoYearPart], 0)
	if m[isoOrdinalPart] != "" {
		n := part(m[isoOrdinalPart], 0)
		day := time.Date(year, 1, n, 0, 0, 0, 0, time.UTC)
		return day, n > 0 && day.Year() == year
	}
	if m[isoWeekPart] != "" {
		week, weekday := part(m[isoWeekPart], 0), part(m[isoWeekdayPart], 1)
		day := time.Date(year, 1, 4+7*(week-1), 0, 0, 0, 0, time.UTC) // the fourth of January is in the first week
		owner, number := day.ISOWeek()
		weekdayOfDay := (int(day.Weekday()) + 6) % 7
		return day.AddDate(0, 0, weekday-1-weekdayOfDay), owner == year && number == week && weekday >= 1 && weekday <= 7
	}
	month, n := part(m[isoMonthPart], 1), part(m[isoDayPart], 1)
	day := time.Date(year, time.Month(month), n, 0, 0, 0, 0, time.UTC)
	return day, int(day.Month()) == month && day.Day() == n && day.Year() == year
}

// isoClock returns the nanoseconds from midnight of the written day to the time in UTC.
func isoClock(m []string) (int64, bool) {
	hour, minute, second := part(m[isoHourPart], 0), part(m[isoMinutePart], 0), part(m[isoSecondPart], 0)
	fraction := part((m[isoFractionPart] + "000000000")[:9], 0)
	zone := time.Duration(part(m[isoZoneHourPart], 0))*time.Hour + time.Duration(part(m[isoZoneMinutePart], 0))*time.Minute
	if m[isoSignPart] == "-" {
		zone = -zone
	}
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(fraction)
	ok := hour < 24 && minute < 60 && second < 60 && part(m[isoZoneHourPart], 0) < 24 && part(m[isoZoneMinutePart], 0) < 60
	return int64(clock - zone), ok
}
