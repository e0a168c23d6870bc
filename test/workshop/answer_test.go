package workshop_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
)

// answer is what a statement must answer.
type answer struct {
	columns []string // "name TYPE"
	rows    []row
	// descending is the direction of the rows' keys.
	descending bool
	// limit is how many of the rows come, 0 for all: those that are first in the order of their keys.
	limit int
}

// row is a row with what the statement orders by, nil if it does not. Rows with equal keys come in any order.
type row struct {
	cells []cell
	key   []any // of int64, float64 and string
}

// cell is what a value in a row must be. Its String is for messages.
type cell interface {
	matches(types.Datum) bool
	fmt.Stringer
}

// tolerance is by how much doubles may differ, relatively: sums have no fixed order.
const tolerance = 1e-9

// near reports whether two doubles are the same within tolerance.
func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

// null is NULL.
type null struct{}

func (null) matches(d types.Datum) bool { return aws.ToBool(d.NullValue) }
func (null) String() string             { return "NULL" }

// text is a scalar with exactly this text.
type text string

func (c text) matches(d types.Datum) bool { return d.ScalarValue != nil && *d.ScalarValue == string(c) }
func (c text) String() string             { return string(c) }

// name is a dimension: NULL for "", which no dimension has as its value.
func name(s string) cell {
	if s == "" {
		return null{}
	}
	return text(s)
}

// count is a BIGINT.
func count(n int) cell { return text(strconv.Itoa(n)) }

// instant is a TIMESTAMP.
func instant(ns int64) cell { return text(instantText(ns)) }

// instantText is how the service writes timestamps.
func instantText(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000000000")
}

// doubleText is how the service writes doubles: as Java does.
var doubleText = regexp.MustCompile(`^-?(0|[1-9][0-9]*)\.[0-9]+(E-?[0-9]+)?$`)

// parseDouble returns a datum as a finite double, and whether it is one.
func parseDouble(d types.Datum) (float64, bool) {
	if d.ScalarValue == nil || !doubleText.MatchString(*d.ScalarValue) {
		return 0, false
	}
	x, err := strconv.ParseFloat(*d.ScalarValue, 64)
	return x, err == nil
}

// double is a DOUBLE that is computed: it may differ within tolerance.
type double float64

func (c double) matches(d types.Datum) bool {
	x, ok := parseDouble(d)
	return ok && near(x, float64(c))
}
func (c double) String() string { return strconv.FormatFloat(float64(c), 'g', -1, 64) }

// stored is a DOUBLE that comes out as it was written.
type stored float64

func (c stored) matches(d types.Datum) bool {
	x, ok := parseDouble(d)
	return ok && x == float64(c)
}
func (c stored) String() string { return strconv.FormatFloat(float64(c), 'g', -1, 64) }

// hundredths is a DOUBLE rounded to two decimals: exactly one of those from low to high, which are two decimals
// themselves. They are the same number, except where what is rounded lies halfway between two (see span).
type hundredths span

func (c hundredths) matches(d types.Datum) bool {
	x, ok := parseDouble(d)
	return ok && x == round2(x) && x >= c.low && x <= c.high
}
func (c hundredths) String() string {
	if c.low == c.high {
		return double(c.low).String()
	}
	return fmt.Sprintf("%v..%v", double(c.low), double(c.high))
}

// point is one point of a time series.
type point struct {
	time  int64
	value cell
}

// series is a time series.
type series []point

func (c series) matches(d types.Datum) bool {
	if d.TimeSeriesValue == nil || len(d.TimeSeriesValue) != len(c) {
		return false
	}
	for i, p := range d.TimeSeriesValue {
		if aws.ToString(p.Time) != instantText(c[i].time) || p.Value == nil || !c[i].value.matches(*p.Value) {
			return false
		}
	}
	return true
}
func (c series) String() string {
	var parts []string
	for _, p := range c {
		parts = append(parts, instantText(p.time)+"="+p.value.String())
	}
	return fmt.Sprintf("%d points [%s]", len(c), strings.Join(parts, " "))
}

// list is an array.
type list []cell

func (c list) matches(d types.Datum) bool {
	return d.ArrayValue != nil && allMatch(c, d.ArrayValue)
}
func (c list) String() string { return fmt.Sprint([]cell(c)) }

// fields is a row inside a value.
type fields []cell

func (c fields) matches(d types.Datum) bool {
	return d.RowValue != nil && allMatch(c, d.RowValue.Data)
}
func (c fields) String() string { return fmt.Sprint([]cell(c)) }

// allMatch reports whether each datum is what it must be.
func allMatch(want []cell, got []types.Datum) bool {
	if len(want) != len(got) {
		return false
	}
	for i, c := range want {
		if !c.matches(got[i]) {
			return false
		}
	}
	return true
}

// nullsLast is the key of a dimension in ascending order: NULL comes after every name.
func nullsLast(s string) any {
	if s == "" {
		return "\xff"
	}
	return s
}
