package workshop_test

import (
	"math"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers about CPU: statements 02, 05 and 06 of the servers' dashboard.

// highCPUShare: 02. Of the zeus instances in one cell, how many in a hundred have a 90th percentile of CPU above 80 %.
func highCPUShare(t *testing.T, d *dataset) answer {
	type instance struct{ region, cell, silo, zone, microservice, name string }
	instances := groupBy(where(d.inRange("cpu_user"), hasAll(
		"region", "ap-northeast-1", "cell", "ap-northeast-1-cell-5", "microservice_name", "zeus",
	)), func(r generator.Record) instance {
		return instance{r.Dimension("region"), r.Dimension("cell"), r.Dimension("silo"), r.Dimension("availability_zone"),
			r.Dimension("microservice_name"), r.Dimension("instance_name")}
	})
	high := 0
	for _, records := range instances {
		if percentile(doubles(records), 0.9) > 80 {
			high++
		}
	}
	must(t, high > 0 && high < len(instances), "instances above and below 80 %")
	share := math.Round(float64(high*100) / float64(len(instances)))
	return answer{columns: []string{"PercentageHigh DOUBLE"}, rows: []row{{cells: []cell{stored(share)}}}}
}

// cpuUsageByState: 05. Minute by minute, newest first, the average of each of eight measures over the zeus instances of
// one zone. A measure that nobody sent in a minute is NULL.
func cpuUsageByState(t *testing.T, d *dataset) answer {
	measures := []string{"cpu_user", "cpu_system", "cpu_idle", "cpu_iowait", "cpu_steal", "cpu_nice", "cpu_si", "cpu_hi"}
	out := answer{columns: []string{"time_bin TIMESTAMP"}, descending: true}
	wanted := map[string]bool{}
	for _, m := range measures {
		out.columns = append(out.columns, "avg_"+m+" DOUBLE")
		wanted[m] = true
	}
	isHost := hasAll("region", "ap-northeast-1", "cell", "ap-northeast-1-cell-5", "silo", busySilo,
		"availability_zone", "ap-northeast-1-3", "microservice_name", "zeus", "instance_type", "m5.4xlarge", "os_version", "AL2")
	bins := groupBy(where(d.devops, func(r generator.Record) bool {
		return wanted[r.Measure] && r.Time >= d.from && r.Time <= d.to && isHost(r)
	}), func(r generator.Record) int64 { return bin(r.Time, minute) })
	nulls, times := 0, 0
	for start, records := range bins {
		r := row{cells: []cell{instant(start)}, key: []any{start}}
		for _, m := range measures {
			of := where(records, func(r generator.Record) bool { return r.Measure == m })
			if len(of) == 0 {
				nulls++
				r.cells = append(r.cells, null{})
				continue
			}
			r.cells = append(r.cells, double(average(doubles(of))))
			times = max(times, len(groupBy(of, func(r generator.Record) int64 { return r.Time })))
		}
		out.rows = append(out.rows, r)
	}
	must(t, nulls == 1 && times == 3, "a minute without cpu_nice, and minutes with several points of a series")
	return out
}

// lowCPUHosts: 06. How many apollo instances of all regions have a 90th percentile of CPU below 20 %.
func lowCPUHosts(t *testing.T, d *dataset) answer {
	type instance struct{ region, cell, silo, zone, microservice, name string }
	instances := groupBy(where(d.inRange("cpu_used"), hasAll("microservice_name", "apollo")), func(r generator.Record) instance {
		return instance{r.Dimension("region"), r.Dimension("cell"), r.Dimension("silo"), r.Dimension("availability_zone"),
			r.Dimension("microservice_name"), r.Dimension("instance_name")}
	})
	low := 0
	for _, records := range instances {
		if percentile(doubles(records), 0.9) < 20 {
			low++
		}
	}
	must(t, low > 0 && low < len(instances), "instances above and below 20 %")
	return answer{columns: []string{"NumLowUtilizationHosts BIGINT"}, rows: []row{{cells: []cell{count(low)}}}}
}
