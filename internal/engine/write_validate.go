package engine

import (
	"math"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// Limits of a record that do not depend on what is stored. Source: quotas.
const (
	dimensionNameBytesMax  = 60
	measureNameBytesMax    = 256
	dimensionPairsBytesMax = 2048 // names and values of all dimensions together
	recordValuesBytesMax   = 2048 // measure values of a record together
	attributesMax          = 256  // attributes of a multi-measure record
)

// checkName refuses names that dimensions, measures and attributes must not have: reserved ones and those with a colon.
// what says which it is. Source: naming constraints.
func checkName(what, name string) error {
	switch {
	case name == "":
		return dberr.New(dberr.Invalid, "A %s name is required for a record.", what)
	case strings.IndexByte(name, ':') >= 0:
		return dberr.New(dberr.Invalid, "The %s name %s is invalid: names must not contain a colon.", what, name)
	case name[0] != 't' && name[0] != 'm':
		return nil
	case name == storage.ColumnTime || strings.HasPrefix(name, "ts_") || strings.HasPrefix(name, "measure_name") || strings.HasPrefix(name, "measure_value"):
		return dberr.New(dberr.Invalid, "The %s name %s is reserved.", what, name)
	}
	return nil
}

// dimensionBytes returns the size of all names and values.
func dimensionBytes(dims []storage.Dim) int {
	n := 0
	for i := range dims {
		n += len(dims[i].Name) + len(dims[i].Value)
	}
	return n
}

// longName returns the name of a dimension that is longer than names may be, "" if there is none.
func longName(dims []storage.Dim) string {
	for i := range dims {
		if len(dims[i].Name) > dimensionNameBytesMax {
			return dims[i].Name
		}
	}
	return ""
}

// fewNames is up to how many names are compared one with another instead of through a set.
const fewNames = 24

// nameSet finds equal names. It keeps its memory.
type nameSet struct{ names map[string]struct{} }

// duplicate returns the first name that is there twice among n names, and whether there is one. The first known ones are
// unique already.
func (s *nameSet) duplicate(n, known int, name func(i int) string) (string, bool) {
	if n <= fewNames {
		for i := max(known, 1); i < n; i++ {
			for j := range i {
				if name(i) == name(j) {
					return name(i), true
				}
			}
		}
		return "", false
	}
	if s.names == nil {
		s.names = make(map[string]struct{}, attributesMax)
	}
	clear(s.names)
	for i := range n {
		s.names[name(i)] = struct{}{}
		if len(s.names) == i {
			return name(i), true
		}
	}
	return "", false
}

// forget drops the names, which may share a request's memory.
func (s *nameSet) forget() { clear(s.names) }

// parseTime reads an integer in the given unit as nanoseconds; false if it is none or out of range.
func parseTime(text string, unit TimeUnit) (int64, bool) {
	n, ok := parseBigint(text)
	scale := unitNanos[unit]
	if !ok || n > math.MaxInt64/scale || n < math.MinInt64/scale {
		return 0, false
	}
	return n * scale, true
}

// parseBigint reads an optional sign and digits, nothing else, within 64 bits.
func parseBigint(text string) (int64, bool) {
	digits := text
	negative := false
	if text != "" && (text[0] == '-' || text[0] == '+') {
		digits, negative = text[1:], text[0] == '-'
	}
	if digits == "" {
		return 0, false
	}
	if len(digits) > 18 { // more could be too much for 64 bits
		v, err := strconv.ParseInt(text, 10, 64)
		return v, err == nil
	}
	var v int64
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	if negative {
		v = -v
	}
	return v, true
}

// powersOfTen are those that a double holds exactly.
var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseDouble reads a number in decimal or exponent notation. It refuses what does not fit into a finite double, and negative
// zero, as the service does.
//
// A number of up to 15 digits without an exponent is a quotient of two integers that doubles hold exactly, so one division
// gives the nearest double. Everything else is left to strconv.
func parseDouble(text string) (float64, bool) {
	i, negative := 0, false
	if text != "" && (text[0] == '-' || text[0] == '+') {
		i, negative = 1, text[0] == '-'
	}
	mantissa, digits, fraction := uint64(0), 0, -1
	for ; i < len(text); i++ {
		c := text[i]
		if d := c - '0'; d <= 9 {
			mantissa = mantissa*10 + uint64(d)
			digits++
			continue
		}
		if c != '.' || fraction >= 0 {
			return parseDoubleSlowly(text)
		}
		fraction = digits
	}
	if digits == 0 || digits > 15 {
		return parseDoubleSlowly(text)
	}
	x := float64(mantissa)
	if fraction >= 0 {
		x /= powersOfTen[digits-fraction]
	}
	if negative {
		return -x, mantissa != 0
	}
	return x, true
}

// parseDoubleSlowly is parseDouble for any number.
func parseDoubleSlowly(text string) (float64, bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '.', c == '+', c == '-', c == 'e', c == 'E':
		default:
			return 0, false // strconv takes hexadecimal digits, underscores and words
		}
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil && (x != 0 || !math.Signbit(x))
}

// parseBoolean reads true or false in any case.
func parseBoolean(text string) (value, ok bool) {
	switch {
	case text == "true" || strings.EqualFold(text, "true"):
		return true, true
	case text == "false" || strings.EqualFold(text, "false"):
		return false, true
	}
	return false, false
}

// parseValue fills in the type and the payload of a value. unit is that of timestamps.
func parseValue(v *storage.Value, text string, kind MeasureType, unit TimeUnit) error {
	v.Type = typeOf(kind)
	ok := false
	switch kind {
	case TypeBigint:
		v.Int, ok = parseBigint(text)
	case TypeVarchar:
		v.Str, ok = text, true
		if len(text) > recordValuesBytesMax {
			return dberr.New(dberr.Invalid, "A record measure value of type VARCHAR must not be longer than %d bytes.", recordValuesBytesMax)
		}
	case TypeBoolean:
		v.Bool, ok = parseBoolean(text)
	case TypeTimestamp:
		v.Int, ok = parseTime(text, unit)
	default:
		v.Float, ok = parseDouble(text)
	}
	if !ok {
		return dberr.New(dberr.Invalid, "The record measure value '%s' is not a valid %s.", text, kind)
	}
	return nil
}
