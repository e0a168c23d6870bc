package workshop_test

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

//go:embed queries
var queries embed.FS

// statement is a statement ready to run, with what it must answer.
type statement struct {
	name string // the file's, with its folder and without ".sql"
	sql  string
	want answer
}

// answers compute what each statement must answer.
var answers = map[string]func(*testing.T, *dataset) answer{
	"workshop/devops-01-hosts-per-microservice": hostsPerMicroservice,
	"workshop/devops-02-high-cpu-share":         highCPUShare,
	"workshop/devops-03-gc-pause-high-memory":   gcPauseHighMemory,
	"workshop/devops-04-memory-distribution":    memoryDistribution,
	"workshop/devops-05-cpu-usage-by-state":     cpuUsageByState,
	"workshop/devops-06-low-cpu-hosts":          lowCPUHosts,
	"workshop/devops-07-task-end-states":        taskEndStates,
	"workshop/devops-08-gc-pause-time-series":   gcPauseTimeSeries,
	"workshop/devops-09-list-hosts":             listHosts,
	"workshop/devops-10-show-measures":          showMeasures,
	"workshop/devops-11-instances-per-zone":     instancesPerZone,
	"workshop/iot-01-last-ten-records":          lastTenRecords,
	"workshop/iot-02-downsample-30s":            downsample30s,
	"workshop/iot-03-percentiles-15s":           percentiles15s,
	"workshop/iot-04-hosts-above-fleet-average": hostsAboveFleetAverage,
	"workshop/iot-05-create-time-series":        createTimeSeries,
	"workshop/iot-06-interpolate-linear-unnest": interpolateLinearUnnest,
	"workshop/iot-07-filter-time-series-lambda": filterTimeSeriesLambda,
	"iot/sql1-latest-record-cte":                latestRecordTimes,
	"iot/sql1-latest-record-cte-complete":       latestRecords,
	"iot/sql1-optimized-row-number":             latestRecordsOfSystem,
	"iot/sql2-window-average":                   windowAverage,
}

// loadStatements returns all statements in the order of their names. Every file must have an answer, and the reverse.
func loadStatements(t *testing.T, d *dataset) []statement {
	t.Helper()
	files, err := fs.Glob(queries, "queries/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var out []statement
	for _, file := range files {
		text, err := fs.ReadFile(queries, file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, "queries/"), ".sql")
		compute := answers[name]
		if compute == nil {
			t.Fatalf("nothing computes the answer of %s", name)
		}
		sql := filled(d, path.Base(name), string(text))
		if i := strings.IndexAny(sql, "[$"); i >= 0 {
			t.Fatalf("%s has a placeholder left: %s", name, sql[i:])
		}
		want := compute(t, d)
		if len(want.rows) == 0 {
			t.Fatalf("%s has an empty answer", name)
		}
		out = append(out, statement{name: name, sql: sql, want: want})
	}
	if len(out) != len(answers) {
		t.Fatalf("%d statements, but answers for %s", len(out), slices.Sorted(maps.Keys(answers)))
	}
	return out
}

// filled returns a statement with its macro and placeholders replaced by what they stand for.
func filled(d *dataset, name, sql string) string {
	pairs := []string{
		"$__timeFilter", fmt.Sprintf("time BETWEEN from_milliseconds(%d) AND from_milliseconds(%d)", milliseconds(d.from), milliseconds(d.to)),
		"[database_name]", devicesTable.database,
		"[table_name]", devicesTable.name,
		"[systemId]", "'" + rowNumberSystem + "'",
		"[metric_N]", rowNumberMetric,
		"[system_id]", windowSystem,
		"[product_key]", windowProduct,
	}
	for i, device := range latestDevices {
		pairs = append(pairs, fmt.Sprintf("[device_%d]", i+1), device)
	}
	for i, property := range generator.StateProperties {
		pairs = append(pairs, fmt.Sprintf("[metric_%d]", i+1), property)
	}
	for i, property := range generator.TrendProperties {
		pairs = append(pairs, fmt.Sprintf("[metric_%c]", 'a'+i), property)
	}
	sql = strings.NewReplacer(pairs...).Replace(sql)
	if name == "sql1-latest-record-cte" { // printed without its end
		sql += "SELECT * FROM latest_record"
	}
	return sql
}

// milliseconds returns a time in the unit of from_milliseconds.
func milliseconds(t int64) int64 { return t / int64(time.Millisecond) }
