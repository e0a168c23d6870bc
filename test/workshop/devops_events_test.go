package workshop_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers about events of processes: statements 07 and 08 of the servers' dashboard.

// taskEndStates: 07. How often tasks of apollo in one cell ended in each state, most frequent first.
func taskEndStates(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{"task_end_state VARCHAR", "num_tasks BIGINT"}, descending: true}
	tasks := where(d.inRange("task_end_state"), hasAll(
		"region", "ap-northeast-1", "cell", "ap-northeast-1-cell-1", "microservice_name", "apollo"))
	for state, of := range groupBy(tasks, func(r generator.Record) string { return r.Value.Text }) {
		out.rows = append(out.rows, row{cells: []cell{text(state), count(len(of))}, key: []any{int64(len(of))}})
	}
	must(t, len(out.rows) >= 3, "three or more end states")
	return out
}

// gcPauseTimeSeries: 08. The pauses over time of the three processes that pause longest on average, of those of zeus in
// one zone.
func gcPauseTimeSeries(t *testing.T, d *dataset) answer {
	out := answer{descending: true, limit: 3, columns: []string{
		"silo VARCHAR", "microservice_name VARCHAR", "instance_name VARCHAR", "gc_pause TIMESERIES(DOUBLE)",
	}}
	pauses := where(d.inRange("gc_pause"), hasAll("region", "ap-northeast-1", "cell", "ap-northeast-1-cell-5",
		"silo", busySilo, "availability_zone", "ap-northeast-1-3", "microservice_name", "zeus"))
	type process struct{ region, cell, silo, zone, microservice, instance, name, jdk string }
	for p, records := range groupBy(pauses, func(r generator.Record) process {
		return process{r.Dimension("region"), r.Dimension("cell"), r.Dimension("silo"), r.Dimension("availability_zone"),
			r.Dimension("microservice_name"), r.Dimension("instance_name"), r.Dimension("process_name"), r.Dimension("jdk_version")}
	}) {
		out.rows = append(out.rows, row{
			cells: []cell{name(p.silo), name(p.microservice), name(p.instance), timeSeries(records)},
			key:   []any{average(doubles(records))},
		})
	}
	must(t, len(out.rows) > out.limit, "more processes than the statement shows")
	return out
}

// timeSeries is CREATE_TIME_SERIES(time, measure_value::double) of records.
func timeSeries(records []generator.Record) series {
	var out series
	for _, r := range slices.SortedFunc(slices.Values(records), func(a, b generator.Record) int { return cmp.Compare(a.Time, b.Time) }) {
		out = append(out, point{r.Time, stored(r.Value.Float)})
	}
	return out
}
