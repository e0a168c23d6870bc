package function

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Reading ISO 8601 as Trino does: dates by month, week (2022-W24-5) or day of the year (2022-168), each possibly cut short;
// times with a fraction; zones Z, +hh, +hh:mm and +hhmm.

// isoScanner reads digits and marks from a text.
type isoScanner struct{ rest string }

// digits reads exactly n digits.
func (s *isoScanner) digits(n int) (int64, bool) {
	if len(s.rest) < n {
		return 0, false
	}
	var v int64
	for i := 0; i < n; i++ {
		c := s.rest[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	s.rest = s.rest[n:]
	return v, true
}

// take reads one of the given characters.
func (s *isoScanner) take(chars string) (byte, bool) {
	if s.rest == "" || strings.IndexByte(chars, s.rest[0]) < 0 {
		return 0, false
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	return c, true
}

func invalidFormat(s string) error { return formatError(s, 0) }

func parseISODate(text string) (int64, error) {
	s := isoScanner{text}
	days, ok := s.date()
	if !ok || s.rest != "" {
		return 0, invalidFormat(text)
	}
	return days, nil
}

func parseISOTimestamp(text string) (int64, error) {
	s := isoScanner{text}
	var days, clock, offset int64
	ok := true
	if text == "" || text[0] != 'T' {
		days, ok = s.date()
	}
	if _, hasTime := s.take("T"); ok && hasTime {
		if clock, ok = s.clock(); ok {
			offset, ok = s.zone()
		}
	}
	if !ok || s.rest != "" {
		return 0, invalidFormat(text)
	}
	return timestampAt(days, clock-offset)
}

// date reads YYYY[-MM[-DD]], YYYY-Www[-D] or YYYY-DDD.
func (s *isoScanner) date() (int64, bool) {
	year, ok := s.digits(4)
	if !ok {
		return 0, false
	}
	if _, more := s.take("-"); !more {
		return daysOf(year, 1, 1), true
	}
	if _, isWeek := s.take("W"); isWeek {
		return s.weekDate(year)
	}
	if n := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789")); n == 3 {
		day, _ := s.digits(3)
		return daysOf(year, 1, day), day >= 1 && (day <= 365 || day == 366 && isLeap(year))
	}
	month, ok := s.digits(2)
	if !ok || month < 1 || month > 12 {
		return 0, false
	}
	if _, more := s.take("-"); !more {
		return daysOf(year, month, 1), true
	}
	day, ok := s.digits(2)
	return daysOf(year, month, day), ok && day >= 1 && day <= daysInMonth(year, month)
}

// weekDate reads what follows the W.
func (s *isoScanner) weekDate(year int64) (int64, bool) {
	week, ok := s.digits(2)
	start := isoWeekStart(year, week)
	if owner, _ := isoWeek(start); !ok || week < 1 || owner != year {
		return 0, false
	}
	if _, more := s.take("-"); !more {
		return start, true
	}
	day, ok := s.digits(1)
	return start + day - 1, ok && day >= 1 && day <= 7
}

// clock reads hh[:mm[:ss[.f]]].
func (s *isoScanner) clock() (int64, bool) {
	var ns int64
	for i, part := range []struct{ limit, unit int64 }{{23, types.Hour}, {59, types.Minute}, {59, types.Second}} {
		if i > 0 {
			if _, more := s.take(":"); !more {
				return ns, true
			}
		}
		v, ok := s.digits(2)
		if !ok || v > part.limit {
			return 0, false
		}
		ns += v * part.unit
	}
	if _, more := s.take(".,"); !more {
		return ns, true
	}
	unit := types.Second
	for n := 0; ; n++ {
		v, ok := s.digits(1)
		if !ok || n == 9 {
			return ns, n > 0 && !ok
		}
		unit /= 10
		ns += v * unit
	}
}

// zone reads nothing, Z or an offset.
func (s *isoScanner) zone() (int64, bool) {
	if _, utc := s.take("Z"); utc || s.rest == "" {
		return 0, true
	}
	sign, ok := s.take("+-")
	if !ok {
		return 0, false
	}
	hours, ok := s.digits(2)
	if !ok || hours > 23 {
		return 0, false
	}
	offset := hours * types.Hour
	if _, colon := s.take(":"); colon || s.rest != "" {
		minutes, ok := s.digits(2)
		if !ok || minutes > 59 {
			return 0, false
		}
		offset += minutes * types.Minute
	}
	if sign == '-' {
		offset = -offset
	}
	return offset, true
}
