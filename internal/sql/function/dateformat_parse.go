package function

import (
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// dateValues is what a parser found in a text. Absent numbers are -1.
type dateValues struct {
	number [fieldOffset + 1]int64 // by field; names and variants are brought to the main field of their kind
	zone   *time.Location         // nil for UTC
}

// fieldRange is the values that a field can have and Joda's name for it.
type fieldRange struct {
	name      string
	low, high int64
}

var fieldRanges = [...]fieldRange{
	fieldCentury: {"centuryOfEra", 0, 99}, fieldYear: {"year", 0, 9999}, fieldWeekYear: {"weekyear", 0, 9999},
	fieldQuarter: {"quarterOfYear", 1, 4}, fieldMonth: {"monthOfYear", 1, 12}, fieldWeek: {"weekOfWeekyear", 1, 53},
	fieldDay: {"dayOfMonth", 1, 31}, fieldYearDay: {"dayOfYear", 1, 366}, fieldWeekday: {"dayOfWeek", 1, 7},
	fieldHour: {"hourOfDay", 0, 23}, fieldClockHour: {"clockhourOfDay", 1, 24}, fieldHour12: {"hourOfHalfday", 0, 11},
	fieldClockHour12: {"clockhourOfHalfday", 1, 12}, fieldMinute: {"minuteOfHour", 0, 59}, fieldSecond: {"secondOfMinute", 0, 59},
	fieldNano: {"nanoOfSecond", 0, 999_999_999}, fieldOffset: {},
}

// parse reads a text that must fit the format as a whole. Case does not matter in names and literals.
func (f *dateFormat) parse(text string) (int64, error) {
	v := &dateValues{}
	for i := range v.number {
		v.number[i] = -1
	}
	at := 0
	for i := range f.pieces {
		n, err := v.read(&f.pieces[i], text[at:])
		if err != nil {
			return 0, err
		}
		if n < 0 {
			return 0, formatError(text, at)
		}
		at += n
	}
	if at < len(text) {
		return 0, formatError(text, at)
	}
	return v.timestamp(text)
}

// read reads one piece from the start of rest and returns its length, -1 if it does not fit.
func (v *dateValues) read(p *datePiece, rest string) (int, error) {
	switch p.field {
	case fieldLiteral:
		if len(rest) < len(p.text) || !strings.EqualFold(rest[:len(p.text)], p.text) {
			return -1, nil
		}
		return len(p.text), nil
	case fieldEra:
		return v.readName(fieldEra, eraNames[:], 0, rest), nil
	case fieldHalfday:
		return v.readName(fieldHalfday, halfdayNames[:], 0, rest), nil
	case fieldMonthShort, fieldMonthLong:
		return v.readName(fieldMonth, monthNames[:], 1, rest), nil
	case fieldWeekdayShort, fieldWeekdayLong:
		return v.readName(fieldWeekday, weekdayNames[:], 1, rest), nil
	case fieldZone, fieldOffset:
		return v.readZone(rest, p.field == fieldZone)
	}
	digits := 0
	for digits < min(p.max, len(rest)) && isDigit(rest[digits]) {
		digits++
	}
	if digits == 0 {
		return -1, nil
	}
	var x int64
	for _, c := range []byte(rest[:min(digits, 18)]) {
		x = x*10 + int64(c-'0')
	}
	switch p.field {
	case fieldFraction:
		for n := digits; n < 9; n++ {
			x *= 10
		}
		for n := min(digits, 18); n > 9; n-- {
			x /= 10
		}
		v.number[fieldNano] = x
	case fieldYear2:
		v.number[fieldYear] = shortYear(x, digits)
		v.number[fieldYear2] = x
	case fieldWeekYear2:
		v.number[fieldWeekYear] = shortYear(x, digits)
	default:
		v.number[p.field] = x
	}
	return digits, nil
}

// shortYear is the year that two digits mean: 1970 to 2069.
func shortYear(x int64, digits int) int64 {
	switch {
	case digits != 2:
		return x
	case x < 70:
		return 2000 + x
	}
	return 1900 + x
}

// readName reads one of a list of names, whole or by its first three letters; the first has the number first.
func (v *dateValues) readName(field dateField, names []string, first int64, rest string) int {
	for i, name := range names {
		for _, n := range []int{len(name), min(3, len(name))} {
			if len(rest) >= n && strings.EqualFold(rest[:n], name[:n]) {
				v.number[field] = int64(i) + first
				return n
			}
		}
	}
	return -1
}

// readZone reads an offset, or, where names are allowed, the name of a zone.
func (v *dateValues) readZone(rest string, names bool) (int, error) {
	if n, zone := scanOffset(rest); n > 0 {
		v.zone = zone
		return n, nil
	}
	n := 0
	for n < len(rest) && isZoneByte(rest[n]) {
		n++
	}
	if n == 0 || !names && rest[:n] != "Z" {
		return -1, nil
	}
	zone, ok := zoneByName(rest[:n])
	if !ok {
		return 0, invalid("Unknown time zone: %s", rest[:n])
	}
	v.zone = zone
	return n, nil
}

func isZoneByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/_+-", c) >= 0
}

// has reports whether the text had a field.
func (v *dateValues) has(field dateField) bool { return v.number[field] >= 0 }

// or returns the value of a field, or another if the text did not have it.
func (v *dateValues) or(field dateField, otherwise int64) int64 {
	if v.has(field) {
		return v.number[field]
	}
	return otherwise
}

// timestamp puts the fields together. What is absent is the smallest value, the year 2000 if there is a month or a day, else
// 1970; all as in Joda.
func (v *dateValues) timestamp(text string) (int64, error) {
	for field, r := range fieldRanges {
		if x := v.number[field]; r.name != "" && x >= 0 && (x < r.low || x > r.high) {
			return 0, outOfRange(text, x, r)
		}
	}
	days, err := v.date(text)
	if err != nil {
		return 0, err
	}
	clock := v.hourOfDay()*types.Hour + v.or(fieldMinute, 0)*types.Minute + v.or(fieldSecond, 0)*types.Second + v.or(fieldNano, 0)
	if v.zone == nil {
		return timestampAt(days, clock)
	}
	year, month, day := civil(days)
	local := time.Date(int(year), time.Month(month), int(day), int(clock/types.Hour), int(clock/types.Minute%60), int(clock/types.Second%60), 0, v.zone)
	_, offset := local.Zone()
	return timestampAt(days, clock-int64(offset)*types.Second)
}

func outOfRange(text string, x int64, r fieldRange) error {
	return invalid("Cannot parse \"%s\": Value %d for %s must be in the range [%d,%d]", text, x, r.name, r.low, r.high)
}

// date puts the fields of the date together.
func (v *dateValues) date(text string) (int64, error) {
	if v.number[fieldEra] == 0 {
		return 0, errTimestampRange // years before 1
	}
	if v.has(fieldCentury) {
		v.number[fieldYear] = v.number[fieldCentury]*100 + v.or(fieldYear2, 0)
	}
	if v.has(fieldWeekYear) || v.has(fieldWeek) && !v.has(fieldMonth) && !v.has(fieldDay) && !v.has(fieldYearDay) {
		year, week := v.or(fieldWeekYear, v.or(fieldYear, 1970)), v.or(fieldWeek, 1)
		days := isoWeekStart(year, week)
		if owner, _ := isoWeek(days); owner != year {
			return 0, outOfRange(text, week, fieldRange{"weekOfWeekyear", 1, 52})
		}
		return days + v.or(fieldWeekday, 1) - 1, nil
	}
	year := v.or(fieldYear, 1970)
	if !v.has(fieldYear) && (v.has(fieldMonth) || v.has(fieldDay) || v.has(fieldYearDay) || v.has(fieldWeekday)) {
		year = 2000
	}
	month := v.or(fieldMonth, v.or(fieldQuarter, 1)*3-2)
	day := v.or(fieldDay, 1)
	if limit := daysInMonth(year, month); day > limit {
		return 0, outOfRange(text, day, fieldRange{"dayOfMonth", 1, limit})
	}
	days := daysOf(year, month, day)
	if n := v.number[fieldYearDay]; n > 0 && !v.has(fieldMonth) && !v.has(fieldDay) {
		if n == 366 && !isLeap(year) {
			return 0, outOfRange(text, n, fieldRange{"dayOfYear", 1, 365})
		}
		days = daysOf(year, 1, n)
	}
	if v.has(fieldWeekday) { // moves within the week
		days += v.number[fieldWeekday] - weekday(days)
	}
	return days, nil
}

// hourOfDay is the hour of the field that says most.
func (v *dateValues) hourOfDay() int64 {
	afternoon := v.or(fieldHalfday, 0) * 12
	switch {
	case v.has(fieldHour):
		return v.number[fieldHour]
	case v.has(fieldClockHour):
		return v.number[fieldClockHour] % 24
	case v.has(fieldHour12):
		return v.number[fieldHour12] + afternoon
	case v.has(fieldClockHour12):
		return v.number[fieldClockHour12]%12 + afternoon
	}
	return afternoon
}
