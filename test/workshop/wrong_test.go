package workshop_test

import (
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// wrongStatements are changes to statements, each of the kind that a mistake in the product would make to a meaning. The
// answers must tell each of them from the right one.
var wrongStatements = []struct{ name, from, to string }{
	{"workshop/devops-01-hosts-per-microservice", "COUNT(DISTINCT instance_name)", "COUNT(instance_name)"},
	{"workshop/devops-01-hosts-per-microservice", "region = 'us-east-1'", "cell = 'us-east-1-cell-1'"},
	{"workshop/devops-01-hosts-per-microservice", "ELSE NULL END AS zeus", "ELSE 0 END AS zeus"},
	{"workshop/devops-02-high-cpu-share", "> 80", "> 8"},
	{"workshop/devops-02-high-cpu-share", "1, NULL", "1, 0"},
	{"workshop/devops-03-gc-pause-high-memory", "rank = 1\n    GROUP", "rank = 2\n    GROUP"},
	{"workshop/devops-03-gc-pause-high-memory", "AND rank = 1", "AND rank <= 2"},
	{"workshop/devops-03-gc-pause-high-memory", "STDDEV(", "STDDEV_POP("},
	{"workshop/devops-03-gc-pause-high-memory", "r.silo = t.silo", "r.silo IS NOT DISTINCT FROM t.silo OR r.silo IS NULL"},
	{"workshop/devops-04-memory-distribution", "DESC", "ASC"},
	{"workshop/devops-04-memory-distribution", "BIN(time, 1h)", "BIN(time, 2h)"},
	{"workshop/devops-04-memory-distribution", "double, 0.95)", "double, 0.9)"},
	{"workshop/devops-05-cpu-usage-by-state", "desc", "asc"},
	{"workshop/devops-05-cpu-usage-by-state", "measure_value::double ELSE NULL END) AS avg_cpu_nice", "measure_value::double ELSE 0 END) AS avg_cpu_nice"},
	{"workshop/devops-05-cpu-usage-by-state", "BIN(time, 1m)", "BIN(time, 30s)"},
	{"workshop/devops-05-cpu-usage-by-state", "AND from_milliseconds", "AND -1ms + from_milliseconds"},
	{"workshop/devops-05-cpu-usage-by-state", "time BETWEEN ", "time BETWEEN 1ms + "},
	{"workshop/devops-06-low-cpu-hosts", "0.9) < 20", "0.1) < 200"},
	{"workshop/devops-06-low-cpu-hosts", "microservice_name = 'apollo'", "microservice_name <> 'apollo'"},
	{"workshop/devops-07-task-end-states", "DESC", "ASC"},
	{"workshop/devops-07-task-end-states", "apollo", "athena"},
	{"workshop/devops-08-gc-pause-time-series", "DESC", "ASC"},
	{"workshop/devops-08-gc-pause-time-series", "LIMIT 3", "LIMIT 2"},
	{"workshop/devops-08-gc-pause-time-series", "AND from_milliseconds", "AND -1ms + from_milliseconds"},
	{"workshop/devops-09-list-hosts", "ORDER BY region, cell, silo,", "ORDER BY region, cell, silo NULLS FIRST,"},
	{"workshop/devops-09-list-hosts", "AND measure_name", "AND silo IS NOT NULL AND measure_name"},
	{"workshop/devops-10-show-measures", "metrics", "metrics LIKE 'cpu%'"},
	{"workshop/devops-11-instances-per-zone", "microservice_name || instance_name", "microservice_name"},
	{"workshop/devops-11-instances-per-zone", "ORDER BY region,", "ORDER BY region DESC,"},
	{"workshop/devops-11-instances-per-zone", "microservice_name || instance_name", "silo || instance_name"},
	{"workshop/iot-01-last-ten-records", "desc", "asc"},
	{"workshop/iot-01-last-ten-records", "host_metrics", "host_metrics where time < ago(1m)"},
	{"workshop/iot-01-last-ten-records", "limit 10", "limit 9"},
	{"workshop/iot-02-downsample-30s", "> ago", ">= ago"},
	{"workshop/iot-02-downsample-30s", "ASC", "DESC"},
	{"workshop/iot-02-downsample-30s", ", 2)", ", 1)"},
	{"workshop/iot-02-downsample-30s", "'cpu_utilization'", "'memory_utilization'"},
	{"workshop/iot-03-percentiles-15s", "> ago", ">= ago"},
	{"workshop/iot-03-percentiles-15s", "0.99", "0.1"},
	{"workshop/iot-04-hosts-above-fleet-average", "1.0 *", "0.1 *"},
	{"workshop/iot-04-hosts-above-fleet-average", "DESC", "ASC"},
	{"workshop/iot-05-create-time-series", "GROUP", "and time > ago(2h) GROUP"},
	{"workshop/iot-05-create-time-series", "double)", "double + 1)"},
	{"workshop/iot-06-interpolate-linear-unnest", "INTERPOLATE_LINEAR", "INTERPOLATE_LOCF"},
	{"workshop/iot-06-interpolate-linear-unnest", "max(binned_timestamp), 30s", "max(binned_timestamp), 15s"},
	{"workshop/iot-06-interpolate-linear-unnest", "ROUND(value, 2)", "value"},
	{"workshop/iot-07-filter-time-series-lambda", "INTERPOLATE_LINEAR", "INTERPOLATE_LOCF"},
	{"workshop/iot-07-filter-time-series-lambda", "x.value < 5", "x.value < 4"},
	{"workshop/iot-07-filter-time-series-lambda", "x.time > oldest_time", "x.time < oldest_time"},
	{"workshop/iot-07-filter-time-series-lambda", "> ago", ">= ago"},
	{"iot/sql1-latest-record-cte", `"value">0`, `"value">=0`},
	{"iot/sql1-latest-record-cte", `"time"<=`, `"time"<`},
	{"iot/sql1-latest-record-cte", "max(time)", "min(time)"},
	{"iot/sql1-latest-record-cte-complete", `"value">0`, `coalesce("value", 1)>0`},
	{"iot/sql1-latest-record-cte-complete", "t.time = r.latest_time", "t.time = r.latest_time AND t.value > 0"},
	{"iot/sql1-latest-record-cte-complete", "AND t.name = r.name", ""},
	{"iot/sql1-optimized-row-number", "DESC", "ASC"},
	{"iot/sql1-optimized-row-number", "deviceNo, name  ", "deviceNo, name, modelKey"},
	{"iot/sql1-optimized-row-number", "AND from_milliseconds", "AND -1ms + from_milliseconds"},
	{"iot/sql2-window-average", `"time">=`, `"time">`},
	{"iot/sql2-window-average", `"time"<=`, `"time"<`},
	{"iot/sql2-window-average", "AVG(value)", "AVG(coalesce(value, 0.0))"},
	{"iot/sql2-window-average", "asc", "desc"},
}

// TestWrongStatementsAreFound makes sure that the data and the comparison are worth something: a statement that means
// something else does not pass.
func TestWrongStatementsAreFound(t *testing.T) {
	d := newDataset(t, 1)
	right := map[string]statement{}
	for _, st := range loadStatements(t, d) {
		right[st.name] = st
	}
	s := startServer(t, memfs.New(), d, engine.QueryOptions{})
	s.createTables(t)
	s.ingest(t, d.writes())
	changed := map[string]bool{}
	for _, wrong := range wrongStatements {
		t.Run(wrong.name+" "+wrong.to, func(t *testing.T) {
			st := right[wrong.name]
			if !strings.Contains(st.sql, wrong.from) {
				t.Fatalf("there is no %q in the statement", wrong.from)
			}
			got, err := s.ask(t.Context(), strings.ReplaceAll(st.sql, wrong.from, wrong.to), 0)
			if err != nil {
				t.Fatal(err)
			}
			if st.want.compare(got) == nil {
				t.Error("nobody would notice")
			}
			changed[wrong.name] = true
		})
	}
	for name := range right {
		if !changed[name] {
			t.Errorf("no wrong form of %s was tried", name)
		}
	}
}
