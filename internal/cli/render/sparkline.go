package render

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"

	"github.com/tidemarkdb/tidemark/internal/cli/human"
)

// sparkWidth is how many cells a sparkline has at most.
const sparkWidth = 24

// bars are the heights of a sparkline.
var bars = []rune("▁▂▃▄▅▆▇█")

// gap stands for a stretch of time without a value.
const gap = '·'

// timeLayout is the form of timestamps in results.
const timeLayout = "2006-01-02 15:04:05.999999999"

// series describes a time series in one line: the course of its values, how many there are, the least and the greatest.
// Values that are not numbers give the number of points and the times of the first and the last.
func series(points []types.TimeSeriesDataPoint, t *types.Type) string {
	count := "n=" + human.Count(int64(len(points)))
	if len(points) == 0 {
		return count
	}
	if !isNumber(t) {
		return count + " " + shortTime(text(points[0].Time)) + " to " + shortTime(text(points[len(points)-1].Time))
	}
	values := make([]float64, len(points))
	low, high := math.Inf(1), math.Inf(-1)
	for i, p := range points {
		values[i] = number(pointValue(p))
		if isFinite(values[i]) {
			low, high = min(low, values[i]), max(high, values[i])
		}
	}
	if low > high {
		return count + " without values"
	}
	return spark(points, values, low, high) + " " + count + " min=" + brief(low) + " max=" + brief(high)
}

// number returns a scalar as a number, NaN if it is NULL or none.
func number(d types.Datum) float64 {
	if isNull(d) || d.ScalarValue == nil {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(*d.ScalarValue, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// isFinite reports whether x is a number that can be drawn.
func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// brief writes a number with six significant digits.
func brief(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// spark draws values over time: the time from the first to the last point is cut into equal slices, and each shows the
// mean of its values. Without readable times points are taken to be evenly spaced.
func spark(points []types.TimeSeriesDataPoint, values []float64, low, high float64) string {
	cells := min(sparkWidth, len(points))
	sums, counts := make([]float64, cells), make([]float64, cells)
	at := positions(points)
	first, span := at[0], at[len(at)-1]-at[0]
	for i, v := range values {
		if !isFinite(v) {
			continue
		}
		slice := 0
		if span > 0 {
			slice = min(cells-1, max(0, int(float64(at[i]-first)/(float64(span)+1)*float64(cells))))
		}
		sums[slice] += share(v, low, high)
		counts[slice]++
	}
	var b strings.Builder
	for i := range cells {
		if counts[i] == 0 {
			b.WriteRune(gap)
			continue
		}
		b.WriteRune(bars[min(len(bars)-1, int(sums[i]/counts[i]*float64(len(bars))))])
	}
	return b.String()
}

// share returns where v lies between low (0) and high (1); just below the middle when all values are equal. Halves are
// subtracted because the difference of two doubles can be too large for one.
func share(v, low, high float64) float64 {
	if span := high/2 - low/2; span > 0 {
		return (v/2 - low/2) / span
	}
	return 0.45
}

// positions returns the times of points in nanoseconds, or just their numbers if a time cannot be read.
func positions(points []types.TimeSeriesDataPoint) []int64 {
	at := make([]int64, len(points))
	for i, p := range points {
		t, err := time.Parse(timeLayout, text(p.Time))
		if err != nil {
			for j := range at {
				at[j] = int64(j)
			}
			return at
		}
		at[i] = t.UnixNano()
	}
	return at
}

// shortTime leaves out the fraction of a second where it is nought.
func shortTime(s string) string {
	return strings.TrimSuffix(s, ".000000000")
}
