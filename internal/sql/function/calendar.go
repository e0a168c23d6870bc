package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// The proleptic Gregorian calendar on int64 numbers, without package time: these run once a row. A year is counted as
// beginning in March, so that the leap day is its last day and the lengths of the months follow one formula.

const (
	daysPerEra  = 146097 // 400 years
	daysToMarch = 719468 // from 0000-03-01 to 1970-01-01
)

// civil returns the date of a day count since 1970-01-01.
func civil(days int64) (year int64, month, day int64) {
	days += daysToMarch
	era := floorDiv(days, daysPerEra)
	d := days - era*daysPerEra                   // day of the era
	y := (d - d/1460 + d/36524 - d/146096) / 365 // year of the era
	yearDay := d - (365*y + y/4 - y/100)         // from 1 March
	m := (5*yearDay + 2) / 153                   // from March
	year, month, day = y+era*400, m+3, yearDay-(153*m+2)/5+1
	if month > 12 {
		return year + 1, month - 12, day
	}
	return year, month, day
}

// daysOf returns the day count of a date; the day may be out of range.
func daysOf(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	y := year - era*400
	return era*daysPerEra + y*365 + y/4 - y/100 + (153*(month-3)+2)/5 + day - 1 - daysToMarch
}

// floorDiv divides and rounds down; b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a < q*b {
		q--
	}
	return q
}

// floorMod is the remainder of floorDiv, never negative.
func floorMod(a, b int64) int64 {
	r := a % b
	if r < 0 {
		r += b
	}
	return r
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysInMonth(year, month int64) int64 {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// weekday returns the ISO day of the week: Monday 1, Sunday 7.
func weekday(days int64) int64 { return floorMod(days+3, 7) + 1 }

// isoWeek returns the ISO week and the year that it belongs to: that of its Thursday.
func isoWeek(days int64) (year, week int64) {
	thursday := days - weekday(days) + 4
	year, _, _ = civil(thursday)
	return year, (thursday-daysOf(year, 1, 1))/7 + 1
}

// isoWeekStart returns the Monday of a week of a year.
func isoWeekStart(year, week int64) int64 {
	fourth := daysOf(year, 1, 4) // always in week 1
	return fourth - weekday(fourth) + 1 + (week-1)*7
}

func yearDay(days int64) int64 {
	year, _, _ := civil(days)
	return days - daysOf(year, 1, 1) + 1
}

// splitTimestamp returns the day and the nanoseconds within it.
func splitTimestamp(ns int64) (days, clock int64) {
	days = floorDiv(ns, types.Day)
	return days, ns - days*types.Day
}

var errTimestampRange = invalid("Timestamp is out of range")
var errDateRange = invalid("Date is out of range")

// timestampAt joins a day and nanoseconds, which may be any number of days' worth.
func timestampAt(days, clock int64) (int64, error) {
	days, clock = days+floorDiv(clock, types.Day), floorMod(clock, types.Day)
	if days < 0 { // so that the first day of the range, which is not whole, does not overflow
		days, clock = days+1, clock-types.Day
	}
	ns, ok := mulInt64(days, types.Day)
	if ok {
		ns, ok = addInt64(ns, clock)
	}
	if !ok {
		return 0, errTimestampRange
	}
	return ns, nil
}

// maxDays keeps dates far from where the calendar's arithmetic would overflow; it is some millions of years.
const maxDays = math.MaxInt32

// checkDate fails for days that are out of range.
func checkDate(days int64, ok bool) (int64, error) {
	if !ok || days > maxDays || days < -maxDays {
		return 0, errDateRange
	}
	return days, nil
}

// addMonthsToDate moves a date by months; a day that the target month does not have becomes its last one.
func addMonthsToDate(days, months int64) (int64, error) {
	if months > maxDays || months < -maxDays {
		return 0, errDateRange
	}
	year, month, day := civil(days)
	n := year*12 + month - 1 + months
	year, month = floorDiv(n, 12), floorMod(n, 12)+1
	return checkDate(daysOf(year, month, min(day, daysInMonth(year, month))), true)
}

// addMonthsToTimestamp is addMonthsToDate that keeps the time of day.
func addMonthsToTimestamp(ns, months int64) (int64, error) {
	days, clock := splitTimestamp(ns)
	days, err := addMonthsToDate(days, months)
	if err != nil {
		return 0, errTimestampRange
	}
	return timestampAt(days, clock)
}

// monthsBetween returns how many whole months lie from a to b, each given as a day and nanoseconds: the largest n by which a
// can be moved without passing b, mirrored if b is before a.
func monthsBetween(aDays, aClock, bDays, bClock int64) int64 {
	if bDays < aDays || bDays == aDays && bClock < aClock {
		return -monthsBetween(bDays, bClock, aDays, aClock)
	}
	aYear, aMonth, aDay := civil(aDays)
	bYear, bMonth, bDay := civil(bDays)
	months := (bYear-aYear)*12 + bMonth - aMonth
	aDay = min(aDay, daysInMonth(bYear, bMonth))
	if aDay > bDay || aDay == bDay && aClock > bClock {
		months--
	}
	return months
}
