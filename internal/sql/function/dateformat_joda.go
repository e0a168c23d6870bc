package function

import "unicode/utf8"

// compileJodaFormat compiles a pattern of format_datetime and parse_datetime: runs of equal letters are fields, text in
// quotes and everything else stands for itself. Source: Timestream's table of letters, which is Joda's; Timestream's own
// sample has u and L, so letters that only java.time knows (u, L, Q, q, n, X, V) are taken, too.
func compileJodaFormat(pattern string) (*dateFormat, error) {
	if pattern == "" {
		return nil, invalid("Invalid pattern specification")
	}
	f := &dateFormat{}
	for at := 0; at < len(pattern); {
		c := pattern[at]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for at+n < len(pattern) && pattern[at+n] == c {
				n++
			}
			at += n
			if err := f.jodaField(c, n, numberFollows(pattern[at:])); err != nil {
				return nil, err
			}
		case c == '\'':
			text, n := quotedText(pattern[at:])
			f.literal(text)
			at += n
		default:
			_, n := utf8.DecodeRuneInString(pattern[at:])
			f.literal(pattern[at : at+n])
			at += n
		}
	}
	return f, nil
}

// quotedText reads a quoted text at the start of s and returns it and its length in s. Two quotes are one, in a quoted text and
// by itself; a missing quote at the end is forgiven.
func quotedText(s string) (text string, n int) {
	if len(s) > 1 && s[1] == '\'' {
		return "'", 2
	}
	out := []byte(nil)
	for n = 1; n < len(s); n++ {
		if s[n] == '\'' {
			if n+1 == len(s) || s[n+1] != '\'' {
				return string(out), n + 1
			}
			n++
		}
		out = append(out, s[n])
	}
	return string(out), n
}

// numberFollows reports whether the next field of a pattern is a number without anything before it. A year must then stop
// at its width, as in yyyyMMdd.
func numberFollows(rest string) bool {
	if rest == "" {
		return false
	}
	switch rest[0] {
	case 'C', 'c', 'x', 'y', 'Y', 'u', 'd', 'h', 'H', 'm', 's', 'S', 'e', 'D', 'F', 'w', 'W', 'k', 'K', 'n', 'Q', 'q':
		return true
	case 'M', 'L':
		return len(rest) < 3 || rest[1] != rest[0] || rest[2] != rest[0]
	}
	return false
}

// jodaNumbers are the letters that are always numbers, and how many digits they have at most.
var jodaNumbers = map[byte]struct {
	field dateField
	max   int
}{
	'C': {fieldCentury, 2}, 'w': {fieldWeek, 2}, 'e': {fieldWeekday, 1}, 'D': {fieldYearDay, 3}, 'd': {fieldDay, 2},
	'H': {fieldHour, 2}, 'k': {fieldClockHour, 2}, 'K': {fieldHour12, 2}, 'h': {fieldClockHour12, 2}, 'm': {fieldMinute, 2},
	's': {fieldSecond, 2}, 'Q': {fieldQuarter, 1}, 'q': {fieldQuarter, 1}, 'n': {fieldNano, 9},
}

// jodaField adds the field of n equal letters.
func (f *dateFormat) jodaField(letter byte, n int, numberNext bool) error {
	if number, ok := jodaNumbers[letter]; ok {
		f.number(number.field, n, max(number.max, n))
		return nil
	}
	switch letter {
	case 'y', 'Y', 'u':
		f.year(fieldYear, fieldYear2, n, numberNext)
	case 'x':
		f.year(fieldWeekYear, fieldWeekYear2, n, numberNext)
	case 'M', 'L':
		f.named(fieldMonth, fieldMonthShort, fieldMonthLong, n)
	case 'E':
		f.named(fieldWeekdayShort, fieldWeekdayShort, fieldWeekdayLong, n)
	case 'S':
		f.number(fieldFraction, n, n)
	case 'a':
		f.word(fieldHalfday)
	case 'G':
		f.word(fieldEra)
	case 'z':
		text := "UTC"
		if n > 3 {
			text = "Coordinated Universal Time"
		}
		f.pieces = append(f.pieces, datePiece{field: fieldZone, text: text})
	case 'V':
		f.pieces = append(f.pieces, datePiece{field: fieldZone, text: "UTC"})
	case 'X':
		f.pieces = append(f.pieces, datePiece{field: fieldOffset, text: "Z"})
	case 'Z':
		switch n {
		case 1:
			f.pieces = append(f.pieces, datePiece{field: fieldOffset, text: "+0000"})
		case 2:
			f.pieces = append(f.pieces, datePiece{field: fieldOffset, text: "+00:00"})
		default:
			f.pieces = append(f.pieces, datePiece{field: fieldZone, text: "UTC"})
		}
	default:
		return invalid("Illegal pattern component: %c", letter)
	}
	return nil
}

// year adds a year of n letters: two mean two digits. A parser takes more of them where no number follows, and then means a
// full year.
func (f *dateFormat) year(full, short dateField, n int, numberNext bool) {
	if n == 2 {
		most := 4
		if numberNext {
			most = 2
		}
		f.number(short, 2, most)
		return
	}
	most := 9
	if numberNext {
		most = n
	}
	f.number(full, n, most)
}

// named adds a field that is a number with up to two letters, a short name with three and a long one with more.
func (f *dateFormat) named(number, short, long dateField, n int) {
	switch {
	case n > 3:
		f.word(long)
	case n == 3 || number == short:
		f.word(short)
	default:
		f.number(number, n, 2)
	}
}
