package function

import "unicode/utf8"

// compileMySQLFormat compiles a pattern of date_format and date_parse. A % before a character that means nothing is that
// character. Source: Timestream's table of specifiers; Trino for widths.
func compileMySQLFormat(pattern string) (*dateFormat, error) {
	f := &dateFormat{}
	for rest := pattern; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		char := rest[:n]
		rest = rest[n:]
		if r != '%' || rest == "" {
			if r != '%' {
				f.literal(char)
			}
			continue
		}
		r, n = utf8.DecodeRuneInString(rest)
		char, rest = rest[:n], rest[n:]
		switch r {
		case 'D', 'U', 'u', 'V', 'w', 'X':
			return nil, invalid("%%%s not supported in date format string", char)
		case 'r':
			f.clockOf(fieldClockHour12)
			f.literal(" ")
			f.word(fieldHalfday)
		case 'T':
			f.clockOf(fieldHour)
		case 'f':
			f.number(fieldFraction, 6, 9)
		default:
			if piece, ok := mysqlPieces[r]; ok {
				f.pieces = append(f.pieces, piece)
			} else {
				f.literal(char)
			}
		}
	}
	return f, nil
}

// clockOf adds hh:mm:ss.
func (f *dateFormat) clockOf(hour dateField) {
	f.number(hour, 2, 2)
	f.literal(":")
	f.number(fieldMinute, 2, 2)
	f.literal(":")
	f.number(fieldSecond, 2, 2)
}

var mysqlPieces = map[rune]datePiece{
	'a': {field: fieldWeekdayShort},
	'b': {field: fieldMonthShort},
	'c': {field: fieldMonth, width: 1, max: 2},
	'd': {field: fieldDay, width: 2, max: 2},
	'e': {field: fieldDay, width: 1, max: 2},
	'H': {field: fieldHour, width: 2, max: 2},
	'h': {field: fieldClockHour12, width: 2, max: 2},
	'I': {field: fieldClockHour12, width: 2, max: 2},
	'i': {field: fieldMinute, width: 2, max: 2},
	'j': {field: fieldYearDay, width: 3, max: 3},
	'k': {field: fieldHour, width: 1, max: 2},
	'l': {field: fieldClockHour12, width: 1, max: 2},
	'M': {field: fieldMonthLong},
	'm': {field: fieldMonth, width: 2, max: 2},
	'p': {field: fieldHalfday},
	'S': {field: fieldSecond, width: 2, max: 2},
	's': {field: fieldSecond, width: 2, max: 2},
	'v': {field: fieldWeek, width: 2, max: 2},
	'W': {field: fieldWeekdayLong},
	'x': {field: fieldWeekYear, width: 4, max: 4},
	'Y': {field: fieldYear, width: 4, max: 4},
	'y': {field: fieldYear2, width: 2, max: 2},
}
