package workshop_test

import (
	"math"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers about memory: statements 03 and 04 of the servers' dashboard.

// siloService is a microservice in a silo.
type siloService struct{ region, cell, silo, microservice string }

// siloInstance is an instance of a microservice in a silo.
type siloInstance struct {
	siloService
	instance string
}

// siloInstanceOf returns the instance that sent a record.
func siloInstanceOf(r generator.Record) siloInstance {
	return siloInstance{
		siloService{r.Dimension("region"), r.Dimension("cell"), r.Dimension("silo"), r.Dimension("microservice_name")},
		r.Dimension("instance_name"),
	}
}

// memoryPeak is the most memory that an instance used in five minutes.
type memoryPeak struct {
	siloInstance
	used float64
}

// memoryPeaks returns the peaks of the instances of one cell.
func memoryPeaks(d *dataset) []memoryPeak {
	type slot struct {
		siloInstance
		zone  string
		start int64
	}
	records := where(d.inRange("memory_used"), hasAll("region", "us-east-1", "cell", "us-east-1-cell-1"))
	var out []memoryPeak
	for s, of := range groupBy(records, func(r generator.Record) slot {
		return slot{siloInstanceOf(r), r.Dimension("availability_zone"), bin(r.Time, 5*minute)}
	}) {
		out = append(out, memoryPeak{s.siloInstance, slices.Max(doubles(of))})
	}
	return out
}

// peak95 returns the 95th percentile of peaks.
func peak95(peaks []memoryPeak) float64 {
	var values []float64
	for _, p := range peaks {
		values = append(values, p.used)
	}
	return percentile(values, 0.95)
}

// highMemoryInstances returns the instances that use the most memory in the microservice that uses the most memory in its
// silo, each by the 95th percentile of their peaks; all of them if several have the same. Those without a silo are lost
// where the statement joins on the silo.
func highMemoryInstances(peaks []memoryPeak) map[siloInstance]bool {
	type silo struct{ region, cell, silo string }
	siloOf := func(s siloService) silo { return silo{s.region, s.cell, s.silo} }
	byService := groupBy(peaks, func(p memoryPeak) siloService { return p.siloService })
	mostInSilo := map[silo]float64{}
	for s, of := range byService {
		mostInSilo[siloOf(s)] = max(mostInSilo[siloOf(s)], peak95(of))
	}
	out := map[siloInstance]bool{}
	for s, of := range byService {
		if s.silo == "" || peak95(of) < mostInSilo[siloOf(s)] {
			continue
		}
		byInstance := groupBy(of, func(p memoryPeak) siloInstance { return p.siloInstance })
		most := 0.0
		for _, peaks := range byInstance {
			most = max(most, peak95(peaks))
		}
		for i, peaks := range byInstance {
			if peak95(peaks) == most {
				out[i] = true
			}
		}
	}
	return out
}

// gcPauseHighMemory: 03. How long the garbage collection pauses in the processes of the instances that use the most memory.
func gcPauseHighMemory(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{
		"region VARCHAR", "cell VARCHAR", "silo VARCHAR", "microservice_name VARCHAR", "instance_name VARCHAR", "process_name VARCHAR", "jdk_version VARCHAR",
		"min_gc_pause DOUBLE", "avg_gc_pause DOUBLE", "stddev_gc_pause DOUBLE", "p50_gc_pause DOUBLE", "p90_gc_pause DOUBLE", "p99_gc_pause DOUBLE",
	}}
	peaks := memoryPeaks(d)
	instances := highMemoryInstances(peaks)
	type process struct {
		siloInstance
		name, jdk string
	}
	silos := map[string]bool{}
	for p, records := range groupBy(where(d.inRange("gc_pause"), func(r generator.Record) bool {
		return instances[siloInstanceOf(r)]
	}), func(r generator.Record) process {
		return process{siloInstanceOf(r), r.Dimension("process_name"), r.Dimension("jdk_version")}
	}) {
		pauses := doubles(records)
		out.rows = append(out.rows, row{cells: []cell{
			name(p.region), name(p.cell), name(p.silo), name(p.microservice), name(p.instance), name(p.name), name(p.jdk),
			stored(slices.Min(pauses)), rounded(average(pauses)), rounded(deviation(pauses)),
			rounded(percentile(pauses, 0.5)), rounded(percentile(pauses, 0.9)), rounded(percentile(pauses, 0.99)),
		}})
		silos[p.silo] = true
	}
	must(t, len(silos) == 2, "two silos in the cell")
	must(t, slices.ContainsFunc(peaks, func(p memoryPeak) bool { return p.silo == "" }), "an instance without a silo in the cell")
	return out
}

// memoryDistribution: 04. Hour by hour, how much memory the zeus instances of each cell use; the highest 99th percentile
// comes first.
func memoryDistribution(t *testing.T, d *dataset) answer {
	out := answer{descending: true, columns: []string{
		"region VARCHAR", "cell VARCHAR", "microservice_name VARCHAR", "hour TIMESTAMP", "num_hosts BIGINT",
		"avg_value DOUBLE", "p90_value DOUBLE", "p95_value DOUBLE", "p99_value DOUBLE",
	}}
	type cellHour struct {
		region, cell, microservice string
		start                      int64
	}
	for g, records := range groupBy(where(d.inRange("memory_used"), hasAll("microservice_name", "zeus")), func(r generator.Record) cellHour {
		return cellHour{r.Dimension("region"), r.Dimension("cell"), r.Dimension("microservice_name"), bin(r.Time, hour)}
	}) {
		used := doubles(records)
		hosts := distinct(records, func(r generator.Record) string { return r.Dimension("instance_name") })
		p99 := percentile(used, 0.99)
		out.rows = append(out.rows, row{key: []any{math.Round(p99 * 100)}, cells: []cell{
			name(g.region), name(g.cell), name(g.microservice), instant(g.start), count(hosts),
			rounded(average(used)), rounded(percentile(used, 0.9)), rounded(percentile(used, 0.95)), rounded(p99),
		}})
	}
	must(t, len(groupBy(out.rows, func(r row) string { return r.cells[3].String() })) == 2, "two hours")
	return out
}
