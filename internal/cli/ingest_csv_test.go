package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The sample file goes to the workshop's table, record number i at now - i * 50 ms.
func TestIngestSampleCSV(t *testing.T) {
	server := storing(t)
	status, out, messages := newTestbed(t).run(t, "ingest", "csv", server.URL, "--workers", "1", "csvmap/testdata/sample.csv", "csvmap/testdata/sample-multi.csv")
	if status != 0 || !strings.HasPrefix(out, "5 records stored") {
		t.Fatalf("status %d, %s%s", status, out, messages)
	}
	in := server.of("WriteRecords")[0].body
	if in["DatabaseName"] != "iot" || in["TableName"] != "host_metrics" {
		t.Errorf("written to %s.%s", in["DatabaseName"], in["TableName"])
	}
	want := []string{
		"region=us-east-1 az=us-east-1a hostname=host-24Gju cpu_utilization 35.3 DOUBLE 1748430000000 MILLISECONDS",
		"region=us-east-1 az=us-east-1a hostname=host-24Gju memory_utilization 54.9 DOUBLE 1748429999950 MILLISECONDS",
		"region=ap-east-1 az=ap-east-1b hostname=host-fj2hx cpu_utilization 4.1 DOUBLE 1748429999900 MILLISECONDS",
	}
	if diff := cmp.Diff(want, server.written(t)[:3]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIngestOtherCSV(t *testing.T) {
	server := storing(t)
	b := newTestbed(t)
	b.env.In = strings.NewReader("Zone;when;CPU;Jobs;kind\na;1748429999;1.5;7;load\nb;2025-05-28T10:00:00.5Z;x;8;load\n;1;1;1;load\nb;1748429998;;9;load\n")
	status, out, messages := b.run(t, "ingest", server.URL, "csv", "--database", "d", "--table", "t", "--delimiter", ";",
		"--dimensions", "zone=Zone", "--measure-name-column", "kind", "--measures", "cpu=CPU,jobs=Jobs:BIGINT",
		"--time-column", "when", "--time-unit", "s", "--no-create", "-")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	want := "2 records stored in 0 µs (0/s), 2 rejected, 0 failed, 0 requests sent again\n" +
		"       1 rejected: \"…\" is not a DOUBLE\n       1 rejected: the line has no dimension value\n"
	if out != want {
		t.Errorf("output\n%s\nwant\n%s", out, want)
	}
	wantMessages := "rejected: \"x\" is not a DOUBLE (line 3 of standard input)\n" +
		"rejected: the line has no dimension value (line 4 of standard input)\nerror: 2 records not stored\n"
	if messages != wantMessages {
		t.Errorf("messages\n%s\nwant\n%s", messages, wantMessages)
	}
	if diff := cmp.Diff([]string{"zone=a load  MULTI 1748429999 SECONDS", "zone=b load  MULTI 1748429998 SECONDS"}, server.written(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIngestCSVFlagsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct{ flags, want string }{
		{"--dimensions a=0", "--database and --table"},
		{"--database d --table t --dimensions a=0 --measure-name m", "--measure-value-column or --measures"},
		{"--database d --table t --dimensions a=0 --measure-value-column 1", "--measure-name"},
		{"--database d --table t --measure-name m --measure-value-column 1", "--dimensions"},
		{"--database d --table t --dimensions a= --measure-name m --measure-value-column 1", "a column is missing"},
		{"--database d --table t --dimensions a=0 --measure-name m --measures b=1 --measure-value-column 1", "exclude each other"},
		{"--database d --table t --dimensions a=0 --measure-name m --measure-name-column 2 --measure-value-column 1", "exclude each other"},
		{"--database d --table t --dimensions a=0 --measure-name m --measure-value-column 1 --measure-type FLOAT", "unknown type"},
		{"--database d --table t --dimensions a=0 --measure-name m --measure-value-column 1 --time-unit h", "unknown time unit"},
		{"--database d --table t --dimensions a=0 --measure-name m --measure-value-column 1 --delimiter \"", "--delimiter"},
		{"--time now-stamp --time-column 1", "exclude each other"},
		{"--time later", "now-stamp only"},
		{"--header", "describe the columns"},
		{"--loop -", "standard input"},
		{"--workers 0", "--workers"},
		{"--rate -1", "--rate"},
		{"--attempts 0", "--attempts"},
		{"--magnetic-days 0", "retention"},
	} {
		b := newTestbed(t)
		status, _, messages := b.run(t, append([]string{"ingest", "http://127.0.0.1:1", "csv", "x.csv"}, strings.Fields(c.flags)...)...)
		if status != 1 || !strings.Contains(messages, c.want) || !strings.Contains(messages, "tidemark ingest csv --help") {
			t.Errorf("%s: status %d, %s", c.flags, status, messages)
		}
	}
}

func TestIngestCSVStopsAtAWrongLayout(t *testing.T) {
	server := storing(t)
	_, _, messages := newTestbed(t).run(t, "ingest", server.URL, "csv", writeFile(t, "a,b,c\n"))
	if !strings.Contains(messages, "error: load data.csv: the file has not the layout of the sample files (its first line has 3 columns)") {
		t.Errorf("%s", messages)
	}
	_, out, messages := newTestbed(t).run(t, "ingest", server.URL, "csv", "--database", "d", "--table", "t", "--dimensions", "a=0",
		"--measure-name", "m", "--measure-value-column", "1", writeFile(t, strings.Repeat("a,b\n", 1000)))
	if !strings.Contains(messages, "none of the first 100 lines makes a record") || !strings.Contains(out, "100 rejected") {
		t.Errorf("%s%s", out, messages)
	}
	_, _, messages = newTestbed(t).run(t, "ingest", server.URL, "csv", "there/is/no/such.csv")
	if !strings.Contains(messages, "no such file") {
		t.Errorf("%s", messages)
	}
}
