package cronexpr

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Years that a cron expression can name.
const (
	yearMin = 1970
	yearMax = 2199
)

// cron is a parsed cron expression. Bit n of a set stands for the number n.
type cron struct {
	minutes, hours, days, months uint64
	weekdays                     uint64 // bit 0 is Sunday, as in package time
	years                        [yearMax - yearMin + 1]bool

	byWeekday    bool       // the day of the week decides, else the day of the month
	lastDay      bool       // L as day of the month
	lastWorkday  bool       // LW as day of the month
	workdays     uint64     // days of the month that stand for the weekday (Monday to Friday) nearest to them: 15W
	lastWeekdays uint64     // weekdays of which the last in the month counts: 6L
	nth          nthWeekday // 3#2; its n is 0 if there is none
}

// nthWeekday is the n-th of a weekday in a month.
type nthWeekday struct {
	weekday time.Weekday
	n       int
}

// field describes one of the six fields.
type field struct {
	name      string
	low, high int
	names     []string // of low, low+1 and so on; nil for none
}

var (
	minuteField  = field{"minutes", 0, 59, nil}
	hourField    = field{"hours", 0, 23, nil}
	dayField     = field{"day-of-month", 1, 31, nil}
	monthField   = field{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}}
	weekdayField = field{"day-of-week", 1, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
	yearField    = field{"year", yearMin, yearMax, nil}
)

// parseCron reads the six fields.
func parseCron(text string) (*cron, error) {
	f := strings.Fields(text)
	if len(f) != 6 {
		return nil, fmt.Errorf("it has %d fields instead of 6 (minutes, hours, day-of-month, month, day-of-week, year)", len(f))
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, fmt.Errorf("exactly one of day-of-month and day-of-week must be ?")
	}
	c := &cron{byWeekday: f[2] == "?"}
	set := func(dst *uint64) func(int) { return func(n int) { *dst |= 1 << n } }
	plain := []struct {
		text string
		field
		add func(int)
	}{
		{f[0], minuteField, set(&c.minutes)}, {f[1], hourField, set(&c.hours)}, {f[3], monthField, set(&c.months)},
		{f[5], yearField, func(n int) { c.years[n-yearMin] = true }},
	}
	for _, p := range plain {
		for _, part := range strings.Split(p.text, ",") {
			if err := p.part(part, p.add); err != nil {
				return nil, err
			}
		}
	}
	if c.byWeekday {
		return c, c.parseWeekdays(f[4])
	}
	return c, c.parseDays(f[2])
}

// fail makes an error about a part of a field.
func (f *field) fail(part, format string, args ...any) error {
	return fmt.Errorf("'%s' in the field %s %s", part, f.name, fmt.Sprintf(format, args...))
}

// number reads a number or a name of the field.
func (f *field) number(part, text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(name, text) {
			return f.low + i, nil
		}
	}
	if text == "" {
		return 0, f.fail(part, "is incomplete")
	}
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, f.fail(part, "is not understood")
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.low || n > f.high {
		return 0, f.fail(part, "is not between %d and %d", f.low, f.high)
	}
	return n, nil
}

// part reads *, a number, a range, and any of them with a step, and adds the numbers that it stands for.
func (f *field) part(part string, add func(int)) error {
	span, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		n, err := strconv.ParseUint(stepText, 10, 16)
		if err != nil || n == 0 {
			return f.fail(part, "has a step that is not a whole number of at least 1")
		}
		step = int(n)
	}
	low, high := f.low, f.high
	if span != "*" {
		from, to, ranged := strings.Cut(span, "-")
		var err error
		if low, err = f.number(part, from); err != nil {
			return err
		}
		switch {
		case ranged:
			if high, err = f.number(part, to); err != nil {
				return err
			}
			if high < low {
				return f.fail(part, "is a range that ends before it begins")
			}
		case !stepped:
			high = low
		}
	}
	for n := low; n <= high; n += step {
		add(n)
	}
	return nil
}

// parseDays reads the day of the month.
func (c *cron) parseDays(text string) error {
	for _, part := range strings.Split(text, ",") {
		day, workday := strings.CutSuffix(part, "W")
		switch {
		case part == "L":
			c.lastDay = true
		case part == "LW":
			c.lastWorkday = true
		case workday:
			n, err := dayField.number(part, day)
			if err != nil {
				return err
			}
			c.workdays |= 1 << n
		default:
			if err := dayField.part(part, func(n int) { c.days |= 1 << n }); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseWeekdays reads the day of the week, whose number 1 is Sunday.
func (c *cron) parseWeekdays(text string) error {
	for _, part := range strings.Split(text, ",") {
		day, last := strings.CutSuffix(part, "L")
		name, nth, numbered := strings.Cut(part, "#")
		switch {
		case part == "L": // the last day of the week
			c.weekdays |= 1 << time.Saturday
		case numbered:
			if part != text {
				return weekdayField.fail(part, "must stand alone: only one expression with # is possible")
			}
			weekday, err := weekdayField.number(part, name)
			if err != nil {
				return err
			}
			n, err := strconv.ParseUint(nth, 10, 8)
			if err != nil || n < 1 || n > 5 {
				return weekdayField.fail(part, "must have a number from 1 to 5 after #")
			}
			c.nth = nthWeekday{time.Weekday(weekday - 1), int(n)}
		case last:
			weekday, err := weekdayField.number(part, day)
			if err != nil {
				return err
			}
			c.lastWeekdays |= 1 << (weekday - 1)
		default:
			if err := weekdayField.part(part, func(n int) { c.weekdays |= 1 << (n - 1) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// next returns the first due minute after a time, false if there is none.
func (c *cron) next(after time.Time) (time.Time, bool) {
	t := after.Truncate(time.Minute).Add(time.Minute)
	if t.Year() < yearMin {
		t = time.Date(yearMin, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	year, month, day, hour, minute := t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute()
	for ; year <= yearMax; year, month, day, hour, minute = year+1, 1, 1, 0, 0 {
		if !c.years[year-yearMin] {
			continue
		}
		for ; month <= 12; month, day, hour, minute = month+1, 1, 0, 0 {
			if c.months&(1<<month) == 0 {
				continue
			}
			for days := c.daysOf(year, month); day <= 31; day, hour, minute = day+1, 0, 0 {
				if days&(1<<day) == 0 {
					continue
				}
				if h, m, ok := c.timeOfDay(hour, minute); ok {
					return time.Date(year, month, day, h, m, 0, 0, time.UTC), true
				}
			}
		}
	}
	return time.Time{}, false
}

// timeOfDay returns the first due time of a day that is not before hour:minute.
func (c *cron) timeOfDay(hour, minute int) (h, m int, ok bool) {
	if c.hours&(1<<hour) != 0 {
		if rest := c.minutes >> minute; rest != 0 {
			return hour, minute + bits.TrailingZeros64(rest), true
		}
	}
	rest := c.hours >> (hour + 1)
	return hour + 1 + bits.TrailingZeros64(rest), bits.TrailingZeros64(c.minutes), rest != 0
}

// daysOf returns the days of a month on which the schedule is due.
func (c *cron) daysOf(year int, month time.Month) uint64 {
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday()
	count := last.Day()
	weekdayOf := func(day int) time.Weekday { return (first + time.Weekday(day-1)) % 7 }
	var days uint64
	if !c.byWeekday {
		days = c.days
		if c.lastDay {
			days |= 1 << count
		}
		if c.lastWorkday {
			days |= 1 << nearestWorkday(count, count, weekdayOf)
		}
		for rest := c.workdays; rest != 0; rest &= rest - 1 {
			if day := bits.TrailingZeros64(rest); day <= count {
				days |= 1 << nearestWorkday(day, count, weekdayOf)
			}
		}
		return days & (1<<(count+1) - 2)
	}
	for day := 1; day <= count; day++ {
		weekday := weekdayOf(day)
		switch {
		case c.weekdays&(1<<weekday) != 0,
			c.lastWeekdays&(1<<weekday) != 0 && day+7 > count,
			c.nth.n > 0 && weekday == c.nth.weekday && (day+6)/7 == c.nth.n:
			days |= 1 << day
		}
	}
	return days
}

// nearestWorkday returns the day from Monday to Friday that is nearest to a day, without leaving its month.
func nearestWorkday(day, count int, weekdayOf func(int) time.Weekday) int {
	switch weekdayOf(day) {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == count {
			return day - 2
		}
		return day + 1
	}
	return day
}
