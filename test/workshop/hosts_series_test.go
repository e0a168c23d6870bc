package workshop_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers with time series of the small hosts: statements 05 to 07 of the iot table.

// createTimeSeries: iot 05. All points of the flaky host, also those older than two hours.
func createTimeSeries(t *testing.T, d *dataset) answer {
	records := where(d.hosts, func(r generator.Record) bool {
		return r.Measure == "cpu_utilization" && r.Dimension("hostname") == flakyHost
	})
	must(t, records[0].Time < d.now-2*hour-minute, "points that are older than two hours")
	return answer{
		columns: []string{"hostname VARCHAR", "cpu_utilization TIMESERIES(DOUBLE)"},
		rows:    []row{{cells: []cell{text(flakyHost), timeSeries(records)}}},
	}
}

// interpolateLinearUnnest: iot 06. The averages of each half minute of the flaky host, with those that are missing filled in
// on straight lines; one row for each half minute from the first to the last.
func interpolateLinearUnnest(t *testing.T, d *dataset) answer {
	const step = 30 * second
	bins := groupBy(d.recentFlakyCPU(t), func(r generator.Record) int64 { return bin(r.Time, step) })
	var samples []sample
	for _, start := range sortedKeys(bins, cmp.Compare[int64]) {
		mean := average(doubles(bins[start]))
		samples = append(samples, sample{start, roundSpan(span{mean, mean})})
	}
	out := answer{columns: []string{"time TIMESTAMP", "interpolated_cpu DOUBLE"}}
	for _, s := range interpolate(samples, step) {
		out.rows = append(out.rows, row{cells: []cell{instant(s.time), hundredths(roundSpan(s.value))}})
	}
	must(t, len(out.rows) > len(samples)+5, "half minutes without points")
	return out
}

// filterTimeSeriesLambda: iot 07. The points below 5 % and later than a minute after the first, of the course of the flaky
// host: rounded, and read off every ten seconds on straight lines between its points.
func filterTimeSeriesLambda(t *testing.T, d *dataset) answer {
	const step = 10 * second
	var samples []sample
	for _, r := range slices.SortedFunc(slices.Values(d.recentFlakyCPU(t)), func(a, b generator.Record) int {
		return cmp.Compare(a.Time, b.Time)
	}) {
		samples = append(samples, sample{r.Time, span{round2(r.Value.Float), round2(r.Value.Float)}})
	}
	must(t, slices.ContainsFunc(samples[1:], func(s sample) bool { return s.value.low < 5 }), "values under 5")
	oldest := samples[0].time
	kept := series{}
	course := interpolate(samples, step)
	for _, s := range course {
		must(t, !near(s.value.low, 5), "values clearly above or below 5")
		if s.value.low < 5 && s.time > oldest+minute {
			kept = append(kept, point{s.time, double(s.value.low)})
		}
	}
	must(t, len(kept) > 10 && len(kept) < len(course), "values that are kept and values that are not")
	return answer{columns: []string{"_col0 TIMESERIES(DOUBLE)"}, rows: []row{{cells: []cell{kept}}}}
}
