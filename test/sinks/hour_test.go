// Package sinks_test runs the IoT team's job: every five minutes, what devices measured is aggregated into a table of MySQL, and
// of PostgreSQL, and into one of Tidemark's own, by one scheduled query. The machine dies in the middle of it.
package sinks_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/schedule"
	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
	"github.com/tidemarkdb/tidemark/test/databases"
)

// begin is when the hour begins.
var begin = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// windows is how many five minutes the hour has.
const windows = 12

// aggregation is the job: one row for each device, metric and five minutes.
const aggregation = `SELECT bin(time, 5m) AS time, name, avg(value) AS value, count(*) AS readings, modelKey, productKey, deviceNo FROM iot.metrics
WHERE systemId = 'plant-1' AND time >= @scheduled_runtime - 5m AND time < @scheduled_runtime AND name IN ('power', 'energy')
GROUP BY name, bin(time, 5m), productKey, modelKey, deviceNo ORDER BY time`

// site is a server of Tidemark without a door, on a disk in memory, with the sink "power".
type site struct {
	*testing.T
	clock     *clock.Manual
	disk      *memfs.FS
	engine    *engine.Engine
	sinks     *sink.Sinks
	scheduler *schedule.Scheduler
	config    string
}

// boot starts a server on what a dead one left on the disk.
func (s *site) boot(disk *memfs.FS) {
	s.Helper()
	config, err := sink.Parse([]byte(s.config))
	if err != nil {
		s.Fatal(err)
	}
	s.sinks, err = sink.Open(config, sink.Options{LookupEnv: func(string) (string, bool) { return databases.Password, true }})
	if err != nil {
		s.Fatal(err)
	}
	s.disk = disk
	s.engine, err = engine.Open(context.Background(), engine.Options{FS: disk, Clock: s.clock, MaintainEvery: -1, CheckSink: s.sinks.Check})
	if err != nil {
		s.Fatal(err)
	}
	s.scheduler = schedule.New(schedule.Options{Engine: s.engine, Objects: s.engine.Objects(), Clock: s.clock, Sink: func(name string) (schedule.Target, error) {
		found, err := s.sinks.Sink(name)
		if err != nil {
			return nil, err
		}
		return schedule.SinkTarget(found), nil
	}})
	e, sinks := s.engine, s.sinks
	s.Cleanup(func() {
		_ = sinks.Close() // of dead servers, too
		_ = e.Close()
	})
}

// declare makes databases, tables and the scheduled query.
func (s *site) declare() {
	s.Helper()
	ctx := context.Background()
	if _, err := s.engine.CreateDatabase(ctx, engine.CreateDatabaseInput{Name: "iot"}); err != nil {
		s.Fatal(err)
	}
	for _, table := range []string{"metrics", "power_5m"} {
		if _, err := s.engine.CreateTable(ctx, engine.CreateTableInput{Database: "iot", Name: table}); err != nil {
			s.Fatal(err)
		}
	}
	s.measure(0) // so that the columns exist
	_, err := s.engine.CreateScheduledQuery(ctx, engine.CreateScheduledQueryInput{
		Name: "power-5m", Query: aggregation, Schedule: "rate(5 minutes)",
		Topic: "arn:aws:sns:us-east-1:000000000000:t", Role: "arn:aws:iam::000000000000:role/r",
		ErrorReports: engine.S3Location{Bucket: "reports"},
		Tags:         []engine.Tag{{Key: engine.SinkTag, Value: "power"}},
		Target: &engine.ScheduledTarget{Database: "iot", Table: "power_5m", Model: mapping.Model{
			TimeColumn: "time", MeasureNameColumn: "name",
			Dimensions: []mapping.Dimension{{Source: "deviceNo"}, {Source: "productKey"}, {Source: "modelKey"}},
			Multi:      &mapping.Multi{Attributes: []mapping.Attribute{{Source: "value", Type: mapping.Double}, {Source: "readings", Type: mapping.Bigint}}},
		}},
	})
	if err != nil {
		s.Fatal(err)
	}
}

// devices is how many devices measure.
const devices = 3

// measure writes what all devices measure in a minute of the hour. It tells whether the server acknowledged it.
func (s *site) measure(minute int) {
	s.Helper()
	var records []engine.Record
	for device := range devices {
		for _, name := range []string{"power", "energy", "temperature"} {
			dimensions := []engine.Dimension{{Name: "deviceNo", Value: fmt.Sprintf("dev-%d", device)}, {Name: "systemId", Value: "plant-1"},
				{Name: "productKey", Value: "inverter"}, {Name: "modelKey", Value: "m1"}, {Name: "name", Value: name}}
			records = append(records, engine.Record{
				Dimensions: dimensions, MeasureName: "metrics", MeasureType: engine.TypeMulti, Time: fmt.Sprint(begin.Add(time.Duration(minute) * time.Minute).UnixMilli()),
				MeasureValues: []engine.MeasureValue{{Name: "value", Value: fmt.Sprint(reading(device, name, minute)), Type: engine.TypeDouble}},
			})
		}
	}
	res, err := s.engine.WriteRecords(context.Background(), &engine.WriteRequest{Database: "iot", Table: "metrics", Records: records})
	if err != nil || len(res.Rejected) > 0 {
		s.Fatal(res, err)
	}
}

// reading is what a device measures in a minute.
func reading(device int, name string, minute int) float64 {
	return float64(100*device+minute) + map[string]float64{"power": 0.5, "energy": 1000.25}[name]
}

// want is what must have been aggregated: a line for each window, metric and device.
func want() string {
	var lines []string
	for window := range windows {
		for _, name := range []string{"energy", "power"} {
			for device := range devices {
				sum := 0.0
				for minute := 5 * window; minute < 5*window+5; minute++ {
					sum += reading(device, name, minute)
				}
				lines = append(lines, fmt.Sprintf("%s %s dev-%d %g 5", begin.Add(time.Duration(window)*5*time.Minute).Format(time.DateTime), name, device, sum/5))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// ask returns what Tidemark's own table has.
func (s *site) ask() string {
	s.Helper()
	stream, err := s.engine.StreamScheduled(context.Background(), engine.ScheduledStatement{Text: "SELECT time, measure_name, deviceNo, value, readings FROM iot.power_5m ORDER BY 1, 2, 3"})
	if err != nil {
		s.Fatal(err)
	}
	defer stream.Close()
	var lines []string
	for {
		batch, err := stream.Next(context.Background())
		if err != nil {
			s.Fatal(err)
		}
		if batch == nil {
			return strings.Join(lines, "\n")
		}
		for i := range batch.Rows {
			at := time.Unix(0, batch.Cols[0].Value(i).(int64)).UTC().Format(time.DateTime)
			lines = append(lines, fmt.Sprintf("%s %s %s %g %d", at, batch.Cols[1].Value(i), batch.Cols[2].Value(i), batch.Cols[3].Value(i), batch.Cols[4].Value(i)))
		}
	}
}

// stored returns what the sink's table has, and how many runs are noted.
func (s *site) stored(server *databases.Server) (rows string, runs int) {
	s.Helper()
	db, schema, device := server.Admin(s), "public", `"deviceNo"`
	if server.Driver == "mysql" {
		schema, device = databases.Database, "deviceNo"
	}
	found, err := db.Query("SELECT time, name, " + device + ", value, readings FROM " + schema + ".power_5m ORDER BY 1, 2, 3")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	var lines []string
	for found.Next() {
		var at, name, device string
		var value float64
		var readings int
		if err := found.Scan(&at, &name, &device, &value, &readings); err != nil {
			s.Fatal(err)
		}
		at = strings.NewReplacer("T", " ", "Z", "").Replace(at)
		lines = append(lines, fmt.Sprintf("%.19s %s %s %g %d", at, name, device, value, readings))
	}
	if err := found.Err(); err != nil {
		s.Fatal(err)
	}
	if err := db.QueryRow("SELECT count(*) FROM " + schema + ".tidemark_runs").Scan(&runs); err != nil {
		s.Fatal(err)
	}
	return strings.Join(lines, "\n"), runs
}

// TestHourIntoMariaDB and TestHourIntoPostgreSQL let an hour pass. The server is killed twice while a run is under way: when its
// rows have been sent, and when COMMIT has been sent and the answer is on its way. In between, the database is killed and is
// away for twelve minutes. No window is missing or doubled, neither in the database nor in Tidemark's own table.
func TestHourIntoMariaDB(t *testing.T) {
	server := databases.MariaDB(t)
	for _, mode := range []string{`"mode": "append"`, `"mode": "upsert", "key": ["time", "name", "deviceNo"]`} {
		t.Run(mode, func(t *testing.T) {
			hour(t, server, mode)
			if _, err := server.Admin(t).Exec("DROP TABLE iot.power_5m, iot.tidemark_runs"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestHourIntoPostgreSQL is the same for the other database.
func TestHourIntoPostgreSQL(t *testing.T) { hour(t, databases.PostgreSQL(t), `"mode": "append"`) }

func hour(t *testing.T, server *databases.Server, mode string) {
	proxy := server.NewProxy(t)
	s := &site{T: t, clock: clock.NewManual(begin), config: fmt.Sprintf(
		`{"sinks": {"power": {"driver": %q, "address": %q, "user": %q, "database": %q, "password_env": "P", "table": "power_5m", "create": true, %s}}}`,
		server.Driver, proxy.Address, databases.User, databases.Database, mode)}
	s.boot(memfs.New())
	s.declare()
	kills := 0
	// killAt kills the server when it sends something to the database: what is on its disk at that moment stays, the
	// connection ends, and nothing that the dead server would still do counts.
	killAt := map[int]string{15: "dev-1", 45: "COMMIT"}
	for minute := range 60 {
		if minute > 0 {
			s.measure(minute)
		}
		s.clock.Advance(time.Minute)
		switch minute + 1 {
		case 24:
			server.Kill(t)
		case 36:
			server.Start(t)
		}
		ctx, die := context.WithCancel(context.Background())
		var left atomic.Pointer[memfs.FS]
		if sent, ok := killAt[minute+1]; ok {
			disk := s.disk
			proxy.CutAfter(func(toServer []byte) bool {
				if !bytes.Contains(toServer, []byte(sent)) {
					return false
				}
				left.Store(disk.CrashClean())
				die()
				return true
			})
		}
		s.scheduler.RunDue(ctx)
		die()
		if disk := left.Load(); disk != nil {
			kills++
			s.boot(disk)
			s.scheduler.RunDue(context.Background())
		}
	}
	if kills != 2 {
		t.Fatalf("the server was killed %d times", kills)
	}
	rows, runs := s.stored(server)
	if diff := cmp.Diff(want(), rows); diff != "" {
		t.Errorf("%s (-want +got):\n%s", server.Driver, diff)
	}
	if runs != windows {
		t.Errorf("%d runs are noted, want %d", runs, windows)
	}
	if diff := cmp.Diff(want(), s.ask()); diff != "" {
		t.Errorf("own table (-want +got):\n%s", diff)
	}
}
