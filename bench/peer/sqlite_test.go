package peer

import (
	"context"
	"database/sql"

	_ "modernc.org/sqlite" // the driver

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// openSQLite opens SQLite with a write-ahead log that is synced at each commit. The table is clustered by its key, the best
// layout for the dashboard; the key makes a record that comes twice the same one, as it is in Timestream.
func openSQLite(file string) (*database, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(60000)"+
		"&_pragma=cache_size(-524288)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	return &database{
		name: "sqlite", db: db,
		schema: `CREATE TABLE metrics (host TEXT, measure TEXT, time INTEGER, region TEXT, az TEXT, value REAL,
			PRIMARY KEY (host, measure, time)) WITHOUT ROWID`,
		dashboard: `SELECT time / 30000 * 30000 AS bin, round(avg(value), 2) FROM metrics
			WHERE host = ? AND measure = ? AND time > ? GROUP BY bin ORDER BY bin`,
		insert: insertSQLite,
	}, nil
}

// insertSQLite stores records with a prepared statement in one transaction.
func insertSQLite(ctx context.Context, db *sql.DB, records []workload.Record) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO metrics (host, measure, time, region, az, value) VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		if _, err := stmt.ExecContext(ctx, r.Host, r.Measure, r.Time, r.Region, r.Zone, r.Value); err != nil {
			return err
		}
	}
	return tx.Commit()
}
