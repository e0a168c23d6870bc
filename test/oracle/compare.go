package oracle

import (
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/slt"
)

// slack is by how much of itself a double may differ: sums are added in another order, and Java's and Go's mathematical
// functions differ in the last digits.
const slack = 1e-14

// double finds the doubles in a value, also inside arrays and rows.
var double = regexp.MustCompile(`-?\d+\.\d+(E-?\d+)?|-?Infinity|NaN`)

// same reports whether two answers are the same.
func same(ours, theirs slt.Answer, sorted bool) bool {
	if ours.Error != "" || theirs.Error != "" {
		return sameError(ours.Error, theirs.Error)
	}
	return typesText(ours) == typesText(theirs) && sameRows(rowLines(ours, sorted), rowLines(theirs, sorted))
}

// sameError compares texts of errors.
func sameError(ours, theirs string) bool { return apply(unheeded, ours) == apply(unheeded, theirs) }

// typesText writes the types of the columns. Names of fields are no part of it.
func typesText(a slt.Answer) string {
	var out []string
	for _, t := range a.Types {
		out = append(out, t.String())
	}
	return strings.Join(out, "  ")
}

// rowLines writes rows as lines of a file.
func rowLines(a slt.Answer, sorted bool) []string {
	out := make([]string, len(a.Rows))
	for i, row := range a.Rows {
		out[i] = strings.Join(row, "  ")
	}
	if sorted {
		sort.Strings(out)
	}
	return out
}

func sameRows(ours, theirs []string) bool {
	if len(ours) != len(theirs) {
		return false
	}
	for i := range ours {
		if !sameText(ours[i], theirs[i]) {
			return false
		}
	}
	return true
}

// sameText compares values; doubles in them may differ by slack.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	if double.ReplaceAllString(a, "D") != double.ReplaceAllString(b, "D") {
		return false
	}
	x, y := double.FindAllString(a, -1), double.FindAllString(b, -1)
	for i := range x {
		if !sameDouble(x[i], y[i]) {
			return false
		}
	}
	return true
}

func sameDouble(a, b string) bool {
	if a == b {
		return true
	}
	x, errx := strconv.ParseFloat(a, 64)
	y, erry := strconv.ParseFloat(b, 64)
	return errx == nil && erry == nil && math.Abs(x-y) <= slack*math.Max(math.Abs(x), math.Abs(y))
}

// text writes an answer for a reader.
func text(a slt.Answer, sorted bool) string {
	if a.Error != "" {
		return a.Error
	}
	lines := rowLines(a, sorted)
	if len(lines) == 1 {
		return typesText(a) + "  " + lines[0]
	}
	return strings.Join(append([]string{typesText(a)}, lines...), "\n    ")
}
