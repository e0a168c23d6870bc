package function

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// date_format and date_parse (MySQL's specifiers), format_datetime and parse_datetime (Joda's letters). Source: Timestream's
// "Date / time functions". Both pattern languages are compiled into one list of pieces (dateformat_mysql.go and
// dateformat_joda.go), which prints (here) and parses (dateformat_parse.go).
func init() {
	for _, f := range []struct {
		format, parse string
		compile       func(string) (*dateFormat, error)
	}{
		{"date_format", "date_parse", compileMySQLFormat},
		{"format_datetime", "parse_datetime", compileJodaFormat},
	} {
		registerScalar(f.format+"(timestamp, varchar) -> varchar", Scalar{CanFail: true, Eval: writeText(func(a *Args) func(dst []byte, i int) ([]byte, error) {
			ts, pattern := read[int64](a.Vecs[0]), read[string](a.Vecs[1])
			var compiled memo[*dateFormat]
			return func(dst []byte, i int) ([]byte, error) {
				format, err := compiled.get(pattern.at(i), f.compile)
				if err != nil {
					return nil, err
				}
				return format.append(dst, ts.at(i)), nil
			}
		})})
		registerScalar(f.parse+"(varchar, varchar) -> timestamp", Scalar{CanFail: true, Eval: parseWith(f.compile)})
	}
}

func parseWith(compile func(string) (*dateFormat, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		text, pattern, out := read[string](a.Vecs[0]), read[string](a.Vecs[1]), make([]int64, a.Rows)
		var compiled memo[*dateFormat]
		for i := range out {
			if a.skipped(i) {
				continue
			}
			format, err := compiled.get(pattern.at(i), compile)
			if err == nil {
				out[i], err = format.parse(text.at(i))
			}
			if err != nil {
				return nil, err
			}
		}
		return vector.Int64s(a.Result, out, nil), nil
	}
}

// dateField is what a piece of a format stands for.
type dateField uint8

const (
	fieldLiteral dateField = iota
	fieldEra
	fieldCentury
	fieldYear
	fieldYear2 // two digits
	fieldWeekYear
	fieldWeekYear2
	fieldQuarter
	fieldMonth
	fieldMonthShort
	fieldMonthLong
	fieldWeek
	fieldDay
	fieldYearDay
	fieldWeekday
	fieldWeekdayShort
	fieldWeekdayLong
	fieldHalfday
	fieldHour        // 0-23
	fieldClockHour   // 1-24
	fieldHour12      // 0-11
	fieldClockHour12 // 1-12
	fieldMinute
	fieldSecond
	fieldFraction // digits behind the point
	fieldNano     // nanoseconds of the second
	fieldZone
	fieldOffset
)

// datePiece is one piece of a format.
type datePiece struct {
	field dateField
	text  string // of a literal; of a zone or an offset: how UTC is printed
	width int    // at least so many digits are printed; of a fraction: exactly
	max   int    // at most so many digits are parsed
}

// dateFormat is a compiled pattern.
type dateFormat struct{ pieces []datePiece }

func (f *dateFormat) literal(text string) {
	if n := len(f.pieces) - 1; n >= 0 && f.pieces[n].field == fieldLiteral {
		f.pieces[n].text += text
		return
	}
	f.pieces = append(f.pieces, datePiece{field: fieldLiteral, text: text})
}

func (f *dateFormat) number(field dateField, width, most int) {
	f.pieces = append(f.pieces, datePiece{field: field, width: width, max: most})
}

func (f *dateFormat) word(field dateField) {
	f.pieces = append(f.pieces, datePiece{field: field})
}

var (
	monthNames   = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	weekdayNames = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	halfdayNames = [...]string{"AM", "PM"}
	eraNames     = [...]string{"BC", "AD"}
)

// append prints a timestamp.
func (f *dateFormat) append(dst []byte, ns int64) []byte {
	days, clock := splitTimestamp(ns)
	year, month, day := civil(days)
	for i := range f.pieces {
		p := &f.pieces[i]
		switch p.field {
		case fieldLiteral, fieldZone, fieldOffset:
			dst = append(dst, p.text...)
		case fieldEra:
			dst = append(dst, eraNames[1]...) // timestamps begin in 1677
		case fieldMonthShort:
			dst = append(dst, monthNames[month-1][:3]...)
		case fieldMonthLong:
			dst = append(dst, monthNames[month-1]...)
		case fieldWeekdayShort:
			dst = append(dst, weekdayNames[weekday(days)-1][:3]...)
		case fieldWeekdayLong:
			dst = append(dst, weekdayNames[weekday(days)-1]...)
		case fieldHalfday:
			dst = append(dst, halfdayNames[clock/(12*types.Hour)]...)
		case fieldFraction:
			dst = appendFraction(dst, clock%types.Second, p.width)
		default:
			dst = appendDigits(dst, p.field.number(days, clock, year, month, day), p.width)
		}
	}
	return dst
}

// number is the value of a numeric field; days and clock are the timestamp, year, month and day its date.
func (field dateField) number(days, clock, year, month, day int64) int64 {
	switch field {
	case fieldCentury:
		return year / 100
	case fieldYear:
		return year
	case fieldYear2:
		return year % 100
	case fieldWeekYear:
		return weekYearOf(days)
	case fieldWeekYear2:
		return weekYearOf(days) % 100
	case fieldQuarter:
		return (month + 2) / 3
	case fieldMonth:
		return month
	case fieldWeek:
		return weekOf(days)
	case fieldDay:
		return day
	case fieldYearDay:
		return yearDay(days)
	case fieldWeekday:
		return weekday(days)
	case fieldMinute:
		return clock / types.Minute % 60
	case fieldSecond:
		return clock / types.Second % 60
	case fieldNano:
		return clock % types.Second
	}
	return field.hour(clock / types.Hour)
}

// hour is the value of the fields that count hours.
func (field dateField) hour(h int64) int64 {
	switch field {
	case fieldHour:
		return h
	case fieldClockHour:
		return (h+23)%24 + 1
	case fieldHour12:
		return h % 12
	case fieldClockHour12:
		return (h+11)%12 + 1
	}
	panic("bug: field without a number")
}

// appendDigits appends a number that is not negative with leading zeros.
func appendDigits(dst []byte, x int64, width int) []byte {
	var buf [20]byte
	at := len(buf)
	for ; x > 0 || at == len(buf); x /= 10 {
		at--
		buf[at] = byte('0' + x%10)
	}
	for n := len(buf) - at; n < width; n++ {
		dst = append(dst, '0')
	}
	return append(dst, buf[at:]...)
}

// appendFraction appends the first digits of a fraction of a second.
func appendFraction(dst []byte, ns int64, width int) []byte {
	start := len(dst)
	dst = appendDigits(dst, ns, 9)
	if width < 9 {
		return dst[:start+width]
	}
	for n := 9; n < width; n++ {
		dst = append(dst, '0')
	}
	return dst
}

// formatError words a text that does not fit a format as Joda does; at is where in the text it stops fitting.
func formatError(text string, at int) error {
	shown := text
	if len(text) > at+35 {
		shown = strings.ToValidUTF8(text[:at+32], "") + "..."
	}
	switch {
	case at == 0:
		return invalid("Invalid format: \"%s\"", shown)
	case at >= len(text):
		return invalid("Invalid format: \"%s\" is too short", shown)
	}
	return invalid("Invalid format: \"%s\" is malformed at \"%s\"", shown, strings.ToValidUTF8(shown[min(at, len(shown)):], ""))
}
