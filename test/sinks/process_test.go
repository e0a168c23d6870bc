package sinks_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	qtypes "github.com/aws/aws-sdk-go-v2/service/timestreamquery/types"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	wtypes "github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/test/databases"
	"github.com/tidemarkdb/tidemark/test/process"
)

// doneWithin is how long twelve runs and three starts may take.
const doneWithin = 2 * time.Minute

// TestProcessKilled runs the windows of an hour that has passed by hand, by a real server with its file of sinks, which is
// killed (SIGKILL) twice in the middle of a run: when rows of a window and when COMMIT of a later one have been sent.
func TestProcessKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	database := databases.MariaDB(t)
	proxy := database.NewProxy(t)
	dir := t.TempDir()
	binary, err := process.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sinks.json")
	settings := fmt.Sprintf(`{"sinks": {"power": {"driver": "mysql", "address": %q, "user": %q, "database": %q, "password_file": %q,
		"table": "power_5m", "mode": "append", "create": true}}}`, proxy.Address, databases.User, databases.Database, filepath.Join(dir, "password"))
	for name, text := range map[string]string{file: settings, filepath.Join(dir, "password"): databases.Password + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := func() *process.Server {
		s, err := process.Start(process.Options{Binary: binary, Data: filepath.Join(dir, "data"), Args: []string{"--sinks-file", file}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Kill)
		return s
	}
	server := start()
	hour := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	arn := declareByAPI(t, server, hour)

	killAt := map[int]string{3: "dev-0", 8: "COMMIT"} // what is sent to the database when the server dies
	for window := range windows {
		at := hour.Add(time.Duration(window+1) * 5 * time.Minute)
		sent, ok := killAt[window]
		if !ok {
			if err := executeByAPI(server, arn, at); err != nil {
				t.Fatal(err)
			}
			continue
		}
		dead := make(chan struct{})
		proxy.CutAfter(func(toServer []byte) bool {
			if !bytes.Contains(toServer, []byte(sent)) {
				return false
			}
			server.Kill()
			close(dead)
			return true
		})
		_ = executeByAPI(server, arn, at) // the server may die before it answers
		select {
		case <-dead:
		case <-time.After(doneWithin):
			t.Fatal("the server was not killed")
		}
		server = start()
		if err := executeByAPI(server, arn, at); err != nil { // once more: nobody knows whether it was stored
			t.Fatal(err)
		}
	}
	awaitWindows(t, database, hour)
	if code, err := server.Stop(os.Interrupt); code != 0 || err != nil {
		t.Errorf("exit code %d %v", code, err)
	}
}

// declareByAPI writes an hour of measurements and creates the job, which itself runs once a year.
func declareByAPI(t *testing.T, server *process.Server, hour time.Time) (arn string) {
	t.Helper()
	ctx, writer := context.Background(), server.Writer()
	if _, err := writer.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("iot")}); err != nil {
		t.Fatal(err)
	}
	_, err := writer.CreateTable(ctx, &timestreamwrite.CreateTableInput{DatabaseName: aws.String("iot"), TableName: aws.String("metrics"),
		RetentionProperties: &wtypes.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(24), MagneticStoreRetentionPeriodInDays: aws.Int64(7)}})
	if err != nil {
		t.Fatal(err)
	}
	var records []wtypes.Record
	for minute := range 60 {
		records = append(records, wtypes.Record{
			Dimensions:  []wtypes.Dimension{{Name: aws.String("deviceNo"), Value: aws.String("dev-0")}},
			MeasureName: aws.String("power"), MeasureValue: aws.String(fmt.Sprint(minute)), MeasureValueType: wtypes.MeasureValueTypeDouble,
			Time: aws.String(fmt.Sprint(hour.Add(time.Duration(minute) * time.Minute).UnixMilli())),
		})
	}
	if _, err := writer.WriteRecords(ctx, &timestreamwrite.WriteRecordsInput{DatabaseName: aws.String("iot"), TableName: aws.String("metrics"), Records: records}); err != nil {
		t.Fatal(err)
	}
	made, err := server.Reader().CreateScheduledQuery(ctx, &timestreamquery.CreateScheduledQueryInput{
		Name: aws.String("power-5m"),
		QueryString: aws.String("SELECT bin(time, 5m) AS time, deviceNo, avg(measure_value::double) AS value FROM iot.metrics " +
			"WHERE time >= @scheduled_runtime - 5m AND time < @scheduled_runtime GROUP BY bin(time, 5m), deviceNo"),
		ScheduleConfiguration:          &qtypes.ScheduleConfiguration{ScheduleExpression: aws.String("cron(0 0 1 1 ? *)")},
		NotificationConfiguration:      &qtypes.NotificationConfiguration{SnsConfiguration: &qtypes.SnsConfiguration{TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:t")}},
		ScheduledQueryExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/r"),
		ErrorReportConfiguration:       &qtypes.ErrorReportConfiguration{S3Configuration: &qtypes.S3Configuration{BucketName: aws.String("reports")}},
		Tags:                           []qtypes.Tag{{Key: aws.String("tidemark:sink"), Value: aws.String("power")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *made.Arn
}

// executeByAPI asks for a run by hand.
func executeByAPI(server *process.Server, arn string, at time.Time) error {
	_, err := server.Reader().ExecuteScheduledQuery(context.Background(), &timestreamquery.ExecuteScheduledQueryInput{
		ScheduledQueryArn: aws.String(arn), InvocationTime: aws.Time(at), ClientToken: aws.String("0123456789012345678901234567890123456789"),
	})
	return err
}

// awaitWindows waits until all runs are noted, and checks that each window is there once.
func awaitWindows(t *testing.T, server *databases.Server, hour time.Time) {
	t.Helper()
	db := server.Admin(t)
	for deadline := time.Now().Add(doneWithin); ; time.Sleep(50 * time.Millisecond) {
		var runs int
		if err := db.QueryRow("SELECT count(*) FROM iot.tidemark_runs").Scan(&runs); err != nil {
			t.Fatal(err)
		}
		if runs == windows {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d runs after %s", runs, doneWithin)
		}
	}
	rows, err := db.Query("SELECT time, value FROM iot.power_5m ORDER BY time")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var at string
		var value float64
		if err := rows.Scan(&at, &value); err != nil {
			t.Fatal(err)
		}
		want := hour.Add(time.Duration(n) * 5 * time.Minute).Format(time.DateTime)
		if at[:len(want)] != want || value != float64(5*n+2) {
			t.Errorf("row %d: %s %g, want %s %d", n, at, value, want, 5*n+2)
		}
	}
	if err := rows.Err(); err != nil || n != windows {
		t.Errorf("%d windows, want %d, %v", n, windows, err)
	}
}
