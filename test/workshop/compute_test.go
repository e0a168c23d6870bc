package workshop_test

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// must fails a test whose data does not show what it is there to show.
func must(t *testing.T, shown bool, what string) {
	t.Helper()
	if !shown {
		t.Fatalf("the data does not show what it should: %s", what)
	}
}

// where returns the records that meet a condition.
func where(records []generator.Record, condition func(generator.Record) bool) []generator.Record {
	var out []generator.Record
	for _, r := range records {
		if condition(r) {
			out = append(out, r)
		}
	}
	return out
}

// groupBy parts items by a key, each group in the order of the items.
func groupBy[K comparable, V any](items []V, key func(V) K) map[K][]V {
	out := map[K][]V{}
	for _, item := range items {
		k := key(item)
		out[k] = append(out[k], item)
	}
	return out
}

// distinct counts the different values of a function over records.
func distinct(records []generator.Record, value func(generator.Record) string) int {
	return len(groupBy(records, value))
}

// doubles returns the values of records in their order.
func doubles(records []generator.Record) []float64 {
	var out []float64
	for _, r := range records {
		out = append(out, r.Value.Float)
	}
	return out
}

// bin returns the last whole multiple of a width that is not after a time.
func bin(t, width int64) int64 { return t - t%width }

// average is AVG of at least one value.
func average(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// deviation is STDDEV, of a sample of at least two values.
func deviation(values []float64) float64 {
	mean, sum := average(values), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}

// percentile is APPROX_PERCENTILE as it is for few values: the one at floor(p*n), counted from 0, in ascending order.
func percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(math.Floor(p*float64(len(sorted)))), len(sorted)-1)]
}

// round2 is ROUND(x, 2): half away from zero.
func round2(x float64) float64 { return math.Round(x*100) / 100 }

// span is where a double may lie that depends on the order of additions: mostly low and high are the same. What differs in
// the last digits only is not told apart until it is rounded: the average of 10.01 and 10.02 may become 10.01 or 10.02.
type span struct{ low, high float64 }

// roundSpan returns what ROUND(x, 2) may be for x anywhere in s, or beside it by what additions lose.
func roundSpan(s span) span {
	const lost = 1e-12
	return span{round2(s.low - lost*math.Abs(s.low)), round2(s.high + lost*math.Abs(s.high))}
}

// rounded is ROUND(x, 2) as a cell.
func rounded(x float64) cell { return hundredths(roundSpan(span{x, x})) }

// sample is a point of a series of doubles.
type sample struct {
	time  int64
	value span
}

// interpolate returns the samples of a series at the times from its first to its last one by the step, on straight lines
// between neighbours. A time that has a sample gets its value.
func interpolate(samples []sample, step int64) []sample {
	var out []sample
	next := 0 // the first sample that is not before t
	for t := samples[0].time; t <= samples[len(samples)-1].time; t += step {
		for samples[next].time < t {
			next++
		}
		after := samples[next]
		if after.time == t {
			out = append(out, after)
			continue
		}
		before := samples[next-1]
		share := float64(t-before.time) / float64(after.time-before.time)
		out = append(out, sample{t, span{
			before.value.low + (after.value.low-before.value.low)*share,
			before.value.high + (after.value.high-before.value.high)*share,
		}})
	}
	return out
}

// sortedKeys returns the keys of a map by an order.
func sortedKeys[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), compare)
}

// The tests of the arithmetic: examples with numbers that can be checked by hand.
func TestCompute(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	if got := average(values); got != 2.5 {
		t.Errorf("average %v", got)
	}
	for p, want := range map[float64]float64{0: 1, 0.4: 2, 0.5: 3, 0.99: 4, 1: 4} {
		if got := percentile(values, p); got != want {
			t.Errorf("percentile %v is %v, want %v", p, got, want)
		}
	}
	if got := deviation([]float64{1, 2, 3, 4, 8}); !near(got, 2.701851217221259) {
		t.Errorf("deviation %v", got)
	}
	for x, want := range map[float64]span{
		2.344: {2.34, 2.34}, -2.346: {-2.35, -2.35}, 7: {7, 7}, (10.01 + 10.02) / 2: {10.01, 10.02}, 2.3450001: {2.35, 2.35},
	} {
		if got := roundSpan(span{x, x}); got != want {
			t.Errorf("%v rounds to %v, want %v", x, got, want)
		}
	}
	at := func(time int64, value float64) sample { return sample{time, span{value, value}} }
	got := interpolate([]sample{at(3, 10), at(5, 14), at(10, 4)}, 2)
	want := []sample{at(3, 10), at(5, 14), at(7, 10), at(9, 6)}
	if !slices.Equal(got, want) {
		t.Errorf("interpolated %v, want %v", got, want)
	}
	if got := bin(59, 15); got != 45 {
		t.Errorf("bin %d", got)
	}
}
