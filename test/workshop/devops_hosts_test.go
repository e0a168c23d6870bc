package workshop_test

import (
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers about which hosts and measures there are: statements 01, 09, 10 and 11 of the servers' dashboard.

// inRange returns the records of one measure in the dashboard's time range, both ends included.
func (d *dataset) inRange(measure string) []generator.Record {
	return where(d.devops, func(r generator.Record) bool {
		return r.Measure == measure && r.Time >= d.from && r.Time <= d.to
	})
}

// hasAll returns a condition: that a record has these values of dimensions, given as name, value, name, value.
func hasAll(pairs ...string) func(generator.Record) bool {
	return func(r generator.Record) bool {
		for i := 0; i < len(pairs); i += 2 {
			if r.Dimension(pairs[i]) != pairs[i+1] {
				return false
			}
		}
		return true
	}
}

// hostsPerMicroservice: 01. The instances of us-east-1 are counted in each zone of each silo, added up by microservice, and
// each sum stands in the column of its microservice.
func hostsPerMicroservice(t *testing.T, d *dataset) answer {
	type place struct{ region, cell, silo, zone, microservice string }
	places := groupBy(where(d.inRange("cpu_user"), hasAll("region", "us-east-1")), func(r generator.Record) place {
		return place{r.Dimension("region"), r.Dimension("cell"), r.Dimension("silo"), r.Dimension("availability_zone"), r.Dimension("microservice_name")}
	})
	instances := map[string]int{}
	for p, records := range places {
		instances[p.microservice] += distinct(records, func(r generator.Record) string { return r.Dimension("instance_name") })
	}
	columns := []string{"apollo", "athena", "demeter", "hercules", "zeus"}
	out := answer{}
	for _, c := range columns {
		out.columns = append(out.columns, c+" BIGINT")
		cells := slices.Repeat([]cell{null{}}, len(columns))
		cells[slices.Index(columns, c)] = count(instances[c])
		out.rows = append(out.rows, row{cells: cells})
		must(t, instances[c] > 1, "several "+c+" hosts in us-east-1")
	}
	must(t, len(instances) == len(columns), "no other microservice")
	return out
}

// listHosts: 09. Every server of us-east-1, in the order of all columns.
func listHosts(t *testing.T, d *dataset) answer {
	names := []string{"region", "cell", "silo", "availability_zone", "microservice_name", "instance_type", "os_version", "instance_name"}
	type host [8]string
	hosts := groupBy(where(d.inRange("cpu_user"), hasAll("region", "us-east-1")), func(r generator.Record) (h host) {
		for i, n := range names {
			h[i] = r.Dimension(n)
		}
		return h
	})
	out := answer{}
	for _, n := range names {
		out.columns = append(out.columns, n+" VARCHAR")
	}
	withoutSilo := 0
	for h := range hosts {
		r := row{}
		for _, value := range h {
			r.cells, r.key = append(r.cells, name(value)), append(r.key, nullsLast(value))
		}
		out.rows = append(out.rows, r)
		if h[2] == "" {
			withoutSilo++
		}
	}
	must(t, withoutSilo == 1, "a host without a silo, which comes after those that have one")
	return out
}

// recordedDimensionOrder is in which order the service lists the dimensions of this table, as a recorded answer shows.
var recordedDimensionOrder = []string{
	"availability_zone", "microservice_name", "instance_name", "process_name", "os_version", "jdk_version", "region", "cell", "silo", "instance_type",
}

// showMeasures: 10. Each measure with its type and the dimensions that any of its records has, in the order of names.
func showMeasures(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{
		"measure_name VARCHAR", "data_type VARCHAR", "dimensions ARRAY(ROW(dimension_name VARCHAR, data_type VARCHAR))",
	}}
	dataTypes := map[generator.Kind]string{generator.Double: "double", generator.Bigint: "bigint", generator.Varchar: "varchar"}
	type measure struct{ name, dataType string }
	measures := groupBy(d.devops, func(r generator.Record) measure { return measure{r.Measure, dataTypes[r.Value.Kind]} })
	both := false
	for m, records := range measures {
		used := map[string]bool{}
		for _, r := range records {
			for _, dim := range r.Dimensions {
				used[dim.Name] = true
			}
		}
		dimensions := list{}
		for _, n := range recordedDimensionOrder {
			if used[n] {
				dimensions = append(dimensions, fields{text(n), text("varchar")})
			}
		}
		both = both || len(dimensions) == len(recordedDimensionOrder)
		out.rows = append(out.rows, row{cells: []cell{text(m.name), text(m.dataType), dimensions}, key: []any{m.name}})
	}
	must(t, both && len(measures) == 25, "25 measures, one of them (memory_free) of servers and processes")
	return out
}

// instancesPerZone: 11. The number of different texts of microservice and instance in each zone of each silo. Few are
// counted exactly.
func instancesPerZone(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{
		"region VARCHAR", "cell VARCHAR", "silo VARCHAR", "availability_zone VARCHAR", "num_instances BIGINT",
	}}
	zones := groupBy(d.inRange("cpu_user"), func(r generator.Record) [4]string {
		return [4]string{r.Dimension("region"), r.Dimension("cell"), r.Dimension("silo"), r.Dimension("availability_zone")}
	})
	withoutSilo := false
	for z, records := range zones {
		instances := distinct(records, func(r generator.Record) string {
			return r.Dimension("microservice_name") + r.Dimension("instance_name")
		})
		out.rows = append(out.rows, row{
			cells: []cell{name(z[0]), name(z[1]), name(z[2]), name(z[3]), count(instances)},
			key:   []any{nullsLast(z[0]), nullsLast(z[1]), nullsLast(z[2]), nullsLast(z[3])},
		})
		withoutSilo = withoutSilo || z[2] == ""
	}
	must(t, withoutSilo, "a zone without a silo")
	return out
}
