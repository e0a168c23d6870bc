package workshop_test

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers with rows about the small hosts: statements 01 to 04 of the iot table.

// flakyHost is the host that the statements name.
const flakyHost = "host-fj2hx"

// recentCPU returns the CPU utilization of all hosts in the last two hours, their beginning excluded.
func (d *dataset) recentCPU(t *testing.T) []generator.Record {
	excluded := false
	out := where(d.hosts, func(r generator.Record) bool {
		excluded = excluded || r.Time == d.now-2*hour && r.Dimension("hostname") == flakyHost
		return r.Measure == "cpu_utilization" && r.Time > d.now-2*hour
	})
	must(t, excluded, "a record that is exactly two hours old")
	return out
}

// recentFlakyCPU returns those of the flaky host.
func (d *dataset) recentFlakyCPU(t *testing.T) []generator.Record {
	return where(d.recentCPU(t), hasAll("hostname", flakyHost))
}

// lastTenRecords: iot 01. All columns of the ten newest records. Both measures of a host have the same time.
func lastTenRecords(t *testing.T, d *dataset) answer {
	out := answer{descending: true, limit: 10, columns: []string{
		"hostname VARCHAR", "az VARCHAR", "region VARCHAR", "measure_name VARCHAR", "time TIMESTAMP", "measure_value::double DOUBLE",
	}}
	for _, r := range d.hosts {
		if r.Time > d.now-5*minute { // enough: the older ones are not among the ten
			out.rows = append(out.rows, row{key: []any{r.Time}, cells: []cell{
				name(r.Dimension("hostname")), name(r.Dimension("az")), name(r.Dimension("region")),
				text(r.Measure), instant(r.Time), stored(r.Value.Float),
			}})
		}
	}
	must(t, len(out.rows) > 2*out.limit, "more records than the statement shows")
	return out
}

// downsample30s: iot 02. The average of the flaky host in each half minute that has points.
func downsample30s(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{"binned_timestamp TIMESTAMP", "avg_cpu_utilization DOUBLE"}}
	for start, records := range groupBy(d.recentFlakyCPU(t), func(r generator.Record) int64 { return bin(r.Time, 30*second) }) {
		out.rows = append(out.rows, row{cells: []cell{instant(start), rounded(average(doubles(records)))}, key: []any{start}})
	}
	return out
}

// percentiles15s: iot 03. Average and percentiles of the flaky host in each quarter of a minute that has points.
func percentiles15s(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{
		"region VARCHAR", "az VARCHAR", "hostname VARCHAR", "binned_timestamp TIMESTAMP",
		"avg_cpu_utilization DOUBLE", "p90_cpu_utilization DOUBLE", "p95_cpu_utilization DOUBLE", "p99_cpu_utilization DOUBLE",
	}}
	type quarter struct {
		region, host, az string
		start            int64
	}
	several := false
	for q, records := range groupBy(d.recentFlakyCPU(t), func(r generator.Record) quarter {
		return quarter{r.Dimension("region"), r.Dimension("hostname"), r.Dimension("az"), bin(r.Time, 15*second)}
	}) {
		use := doubles(records)
		several = several || len(use) > 1
		out.rows = append(out.rows, row{key: []any{q.start}, cells: []cell{
			name(q.region), name(q.az), name(q.host), instant(q.start), rounded(average(use)),
			rounded(percentile(use, 0.9)), rounded(percentile(use, 0.95)), rounded(percentile(use, 0.99)),
		}})
	}
	must(t, several, "several points in 15 seconds")
	return out
}

// hostsAboveFleetAverage: iot 04. The hosts whose average is above that of the whole fleet, beside it, highest first.
func hostsAboveFleetAverage(t *testing.T, d *dataset) answer {
	out := answer{descending: true, columns: []string{
		"region VARCHAR", "az VARCHAR", "hostname VARCHAR", "avg_cpu_utilization DOUBLE", "fleet_avg_cpu_utilization DOUBLE",
	}}
	recent := d.recentCPU(t)
	fleet := average(doubles(recent))
	hosts := groupBy(recent, func(r generator.Record) [3]string {
		return [3]string{r.Dimension("region"), r.Dimension("az"), r.Dimension("hostname")}
	})
	for h, records := range hosts {
		own := average(doubles(records))
		must(t, !near(own, fleet), "hosts clearly above or below the average")
		if own > fleet {
			out.rows = append(out.rows, row{key: []any{own}, cells: []cell{name(h[0]), name(h[1]), name(h[2]), double(own), double(fleet)}})
		}
	}
	must(t, len(out.rows) > 1 && len(out.rows) < len(hosts), "hosts above and below the average")
	return out
}
