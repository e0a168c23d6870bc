package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/generator"
)

// storing makes a server that creates and stores everything.
func storing(t *testing.T) *fakeServer {
	server := newFakeServer(t)
	server.always("CreateDatabase", ok(map[string]any{}))
	server.always("CreateTable", ok(map[string]any{}))
	server.always("WriteRecords", ok(map[string]any{"RecordsIngested": map[string]any{"Total": 1}}))
	return server
}

// written returns what WriteRecords was asked to store, one line a record: dimensions, measure, value, type, time and unit.
func (f *fakeServer) written(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, c := range f.of("WriteRecords") {
		common, _ := c.body["CommonAttributes"].(map[string]any)
		for _, r := range c.body["Records"].([]any) {
			record := r.(map[string]any)
			var parts []string
			for _, from := range []map[string]any{common, record} {
				dimensions, _ := from["Dimensions"].([]any)
				for _, d := range dimensions {
					parts = append(parts, d.(map[string]any)["Name"].(string)+"="+d.(map[string]any)["Value"].(string))
				}
			}
			for _, member := range []string{"MeasureName", "MeasureValue", "MeasureValueType", "Time", "TimeUnit"} {
				value, _ := record[member].(string)
				if value == "" {
					value, _ = common[member].(string)
				}
				parts = append(parts, value)
			}
			lines = append(lines, strings.Join(parts, " "))
		}
	}
	return lines
}

func TestIngestOneRound(t *testing.T) {
	server := storing(t)
	b := newTestbed(t)
	status, out, messages := b.run(t, "ingest", server.URL, "devops", "--once", "--scale", "0.03", "--workers", "2")
	if want := "created database devops\ncreated table devops.metrics: memory store 24 h, magnetic store 365 d\n"; status != 0 || messages != want {
		t.Errorf("status %d, messages %q", status, messages)
	}
	source, err := generator.NewDevops(generator.Options{Seed: 1, Scale: 0.03})
	if err != nil {
		t.Fatal(err)
	}
	lines := server.written(t)
	if len(lines) != source.PerRound() {
		t.Errorf("%d records, want %d", len(lines), source.PerRound())
	}
	if want := strconv.Itoa(source.PerRound()) + " records stored in 0 µs (0/s), 0 rejected, 0 failed, 0 requests sent again\n"; out != want {
		t.Errorf("summary %q, want %q", out, want)
	}
	// The clock stands on a whole minute, so that is the time of the round. Dimensions that all records of a request
	// share are sent once, so their order is another.
	form := regexp.MustCompile(`^region=\S+ .*cell=\S+ .*cpu_user [0-9.]+ DOUBLE 1748430000000 MILLISECONDS$`)
	found := 0
	for _, line := range lines {
		if form.MatchString(line) {
			found++
		}
	}
	if found != 30 {
		t.Errorf("%d records of cpu_user, for example %s", found, lines[0])
	}
	if common := server.of("WriteRecords")[0].body["CommonAttributes"]; common == nil {
		t.Error("the records of a request have the region in common, but not once")
	}
}

// A history that is longer than the default retention gets a table that keeps it.
func TestIngestRetentionCoversHistory(t *testing.T) {
	for _, c := range []struct {
		flags  []string
		memory float64
	}{
		{[]string{"--backfill", "2h"}, 24}, {[]string{"--backfill", "3d", "--interval", "1h"}, 73},
		{[]string{"--backfill", "90m", "--memory-hours", "2"}, 2},
	} {
		server := storing(t)
		args := append([]string{"ingest", server.URL, "iot", "--scale", "0.01", "--once", "--database", "d", "--table", "t"}, c.flags...)
		if status, _, messages := newTestbed(t).run(t, args...); status != 0 {
			t.Fatal(messages)
		}
		in := server.of("CreateTable")[0].body
		retention := in["RetentionProperties"].(map[string]any)
		if in["DatabaseName"] != "d" || in["TableName"] != "t" || retention["MemoryStoreRetentionPeriodInHours"] != c.memory {
			t.Errorf("%v: %v", c.flags, in)
		}
	}
}

func TestIngestMultiMeasureRecords(t *testing.T) {
	server := storing(t)
	if status, _, messages := newTestbed(t).run(t, "ingest", "iot-metrics", server.URL, "--once", "--scale", "0.1", "--no-create"); status != 0 {
		t.Fatal(messages)
	}
	if len(server.of("CreateTable")) != 0 {
		t.Error("a table was created")
	}
	in := server.of("WriteRecords")[0].body
	if in["DatabaseName"] != "iot" || in["TableName"] != "device_metrics" {
		t.Errorf("written to %s.%s", in["DatabaseName"], in["TableName"])
	}
	common := in["CommonAttributes"].(map[string]any)
	if common["MeasureName"] != "metrics" || common["MeasureValueType"] != "MULTI" {
		t.Errorf("common attributes %v", common)
	}
	values := in["Records"].([]any)[0].(map[string]any)["MeasureValues"].([]any)
	if first := values[0].(map[string]any); first["Name"] != "value" || first["Type"] != "DOUBLE" || first["Value"] == "" {
		t.Errorf("values %v", values)
	}
}

func TestIngestShowsRejectedRecords(t *testing.T) {
	server := storing(t)
	const reason = "The record timestamp is outside the time range [2023-11-28T06:12:10.452Z, 2023-11-28T18:52:10.452Z) of the memory store."
	server.always("WriteRecords", answer{419, map[string]any{
		"__type": "com.amazonaws.timestream.v20181101#RejectedRecordsException", "Message": "One or more records have been rejected.",
		"RejectedRecords": []any{map[string]any{"RecordIndex": 0, "Reason": reason}, map[string]any{"RecordIndex": 3, "Reason": reason}},
	}})
	newTestbed(t).expect(t, 1,
		"2 records stored in 0 µs (0/s), 2 rejected, 0 failed, 0 requests sent again\n"+
			"       2 rejected: The record timestamp is outside the time range […) of the memory store.\n",
		"rejected: "+reason+" (h=a, m at 2025-05-28T11:00:00Z)\n"+"rejected: "+reason+" (h=d, m at 2025-05-28T10:59:59.85Z)\n"+
			"error: 2 records not stored\n",
		"ingest", server.URL, "csv", "--no-create", "--database", "d", "--table", "t",
		"--dimensions", "h=0", "--measure-name", "m", "--measure-value-column", "1", writeFile(t, "a,1\nb,2\nc,3\nd,4\n"))
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestIngestRetriesThrottling(t *testing.T) {
	server := storing(t)
	server.on("WriteRecords", func(_ call, n int) answer {
		if n < 3 {
			return failure(429, "ThrottlingException", "Request rate limit exceeded")
		}
		return ok(map[string]any{})
	})
	b := newTestbed(t)
	_, out, _ := b.run(t, "ingest", server.URL, "iot", "--once", "--scale", "0.01", "-q")
	if !strings.Contains(out, "2 requests sent again") {
		t.Errorf("summary %q", out)
	}
	server.always("WriteRecords", failure(429, "ThrottlingException", "Request rate limit exceeded"))
	status, out, messages := b.run(t, "ingest", server.URL, "iot", "--once", "--scale", "0.01", "-q", "--no-create", "--attempts", "2")
	if status != 1 || !strings.Contains(out, "0 records stored") || !strings.Contains(out, "1 request sent again") ||
		messages != "error: ThrottlingException: Request rate limit exceeded\n" {
		t.Errorf("status %d, summary %q, messages %q", status, out, messages)
	}
}

// Ctrl-C in an endless load is a normal end, with the summary.
func TestIngestInterrupt(t *testing.T) {
	server := storing(t)
	b := newTestbed(t)
	b.env.Clock = clock.Real{}
	interrupt := interruptible(b)
	server.on("WriteRecords", func(_ call, n int) answer {
		if n == 3 {
			interrupt()
		}
		return ok(map[string]any{})
	})
	status, out, messages := b.run(t, "ingest", server.URL, "csv", "--loop", "-q", "csvmap/testdata/sample.csv")
	if status != 0 || !strings.HasPrefix(out, "interrupted: ") || !strings.Contains(out, " records stored") {
		t.Errorf("status %d, output %q, messages %q", status, out, messages)
	}
}
