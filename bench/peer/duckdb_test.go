package peer

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// openDuckDB opens DuckDB, which syncs its log at each commit. The table has no key: DuckDB is several times slower with one.
func openDuckDB(file string) (*database, error) {
	db, err := sql.Open("duckdb", file)
	if err != nil {
		return nil, err
	}
	return &database{
		name: "duckdb", db: db,
		schema: `CREATE TABLE metrics (host VARCHAR, measure VARCHAR, time BIGINT, region VARCHAR, az VARCHAR, value DOUBLE)`,
		dashboard: `SELECT time // 30000 * 30000 AS bin, round(avg(value), 2) FROM metrics
			WHERE host = ? AND measure = ? AND time > ? GROUP BY bin ORDER BY bin`,
		insert: insertDuckDB,
	}, nil
}

// insertDuckDB stores records through an appender, DuckDB's fastest way in, in one transaction.
func insertDuckDB(ctx context.Context, db *sql.DB, records []workload.Record) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // goes back to the pool
	return conn.Raw(func(c any) error {
		appender, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", "metrics")
		if err != nil {
			return err
		}
		for i := range records {
			r := &records[i]
			if err := appender.AppendRow(r.Host, r.Measure, r.Time, r.Region, r.Zone, r.Value); err != nil {
				return err
			}
		}
		return appender.Close() // flushes, which commits
	})
}
