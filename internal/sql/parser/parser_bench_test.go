package parser_test

import (
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sql/parser"
)

// dashboardQuery is a statement of 350 bytes as dashboards send them.
const dashboardQuery = `SELECT region, az, hostname, BIN(time, 15s) AS binned_timestamp, ROUND(AVG(measure_value::double), 2) AS avg_cpu,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.9), 2) AS p90
FROM "iot".host_metrics
WHERE measure_name = 'cpu_utilization' AND hostname = 'host-fj2hx' AND time > ago(2h)
GROUP BY region, hostname, az, BIN(time, 15s) ORDER BY binned_timestamp ASC`

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{
		"dashboard": dashboardQuery,
		"workshop":  workloadStatements(b)["devops-03-gc-pause-high-memory"],
		"chain":     "SELECT 1 WHERE a = 1" + strings.Repeat(" AND a = 1", 10_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := parser.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	st, err := parser.Parse(dashboardQuery)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = st.String()
	}
}
