package peer

import (
	"context"
	"database/sql"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// TestMain makes and removes the run's folder.
func TestMain(m *testing.M) { workload.Main(m) }

// database is a peer, opened on a file of its own.
type database struct {
	name string
	db   *sql.DB

	schema    string // makes the table metrics, laid out as suits the dashboard
	dashboard string // the dashboard query; its parameters are host, measure, and the oldest time in milliseconds, excluded
	// insert stores records as one durable transaction.
	insert func(ctx context.Context, db *sql.DB, records []workload.Record) error
}

// peers opens all peers on new files. All wait for the disk at each commit.
func peers(b *testing.B) []*database {
	b.Helper()
	dir := workload.NewFolder(b)
	var out []*database
	for _, open := range []func(file string) (*database, error){openSQLite, openDuckDB} {
		d, err := open(filepath.Join(dir, strconv.Itoa(len(out))))
		if err == nil {
			_, err = d.db.Exec(d.schema)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = d.db.Close() })
		out = append(out, d)
	}
	return out
}

// loadHosts stores the records of the dashboard query, many in a transaction.
func (d *database) loadHosts(hosts *workload.Hosts) error {
	const chunk = 100_000
	var records []workload.Record
	for r := range hosts.Records() {
		records = append(records, workload.Record{
			Region: r.Dimension("region"), Zone: r.Dimension("az"), Host: r.Dimension("hostname"), Measure: r.Measure,
			Time: r.Time / 1e6, Value: r.Value.Float,
		})
		if len(records) == chunk {
			if err := d.insert(context.Background(), d.db, records); err != nil {
				return err
			}
			records = records[:0]
		}
	}
	return d.insert(context.Background(), d.db, records)
}

// bin is a row of the dashboard.
type bin struct {
	Time  int64 // milliseconds
	Value float64
}

// parameters are those of the dashboard query as of a time.
func parameters(now time.Time) []any {
	return []any{workload.DashboardHost, workload.DashboardMeasure, now.Add(-workload.DashboardRange).UnixMilli()}
}

// readBins reads the answer to the dashboard query.
func readBins(rows *sql.Rows, err error) ([]bin, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var out []bin
	for rows.Next() {
		var r bin
		if err := rows.Scan(&r.Time, &r.Value); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// rowsOf returns bins in the form in which answers are checked.
func rowsOf(bins []bin) workload.Rows {
	out := make(workload.Rows, len(bins))
	for i, r := range bins {
		out[i] = []string{workload.TimestampText(time.UnixMilli(r.Time)), strconv.FormatFloat(r.Value, 'f', -1, 64)}
	}
	return out
}

// written returns what Writes.Check compares.
func (d *database) written() (workload.Rows, error) {
	rows, err := d.db.Query("SELECT measure, host, count(*), min(time), max(time), sum(value) FROM metrics GROUP BY measure, host")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var out workload.Rows
	for rows.Next() {
		row := make([]string, 6)
		if err := rows.Scan(&row[0], &row[1], &row[2], &row[3], &row[4], &row[5]); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
