package bench_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
)

// BenchmarkDashboard asks the dashboard query of one host over two hours in bins of 30 seconds, in a table of a million
// records: one client, one call after the other.
func BenchmarkDashboard(b *testing.B) {
	hosts, err := workload.NewHosts(time.Now())
	if err != nil {
		b.Fatal(err)
	}
	sql, err := workload.Statement(workload.DashboardStatement)
	if err != nil {
		b.Fatal(err)
	}
	data := workload.NewFolder(b)
	s := workload.Start(b, data, memoryArgs...)
	if _, err := hosts.Load(workload.NewClient(s.URL)); err != nil {
		b.Fatal(err)
	}
	if n := workload.FilesOf(data).Segments; n > 0 {
		b.Fatalf("%d segments, but all rows should be in memory", n)
	}
	for _, where := range []string{inMemory, inSegments} {
		if where == inSegments {
			stop(b, s)
			s = workload.Start(b, data, segmentArgs...)
			if err := workload.AwaitFlush(data); err != nil {
				b.Fatal(err)
			}
		}
		b.Run("rows="+where+"/client=http", func(b *testing.B) { dashboardHTTP(b, s, hosts, sql) })
		b.Run("rows="+where+"/client=sdk", func(b *testing.B) {
			dashboardSDK(b, s, hosts, sql, awshttp.NewBuildableClient()) // what the SDK takes by default
		})
		b.Run("rows="+where+"/client=sdk-whole-bodies", func(b *testing.B) { dashboardSDK(b, s, hosts, sql, process.WholeBodies()) })
	}
	stop(b, s)
}

// dashboardHTTP measures from sending a prepared request until the whole answer is there.
func dashboardHTTP(b *testing.B, s *process.Server, hosts *workload.Hosts, sql string) {
	client := workload.NewClient(s.URL)
	var took workload.Latencies
	for b.Loop() {
		body := workload.QueryBody(sql, "")
		before := time.Now()
		page, err := client.Call("Query", body)
		after := time.Now()
		if err != nil {
			b.Fatal(err)
		}
		took.Add(after.Sub(before))
		rows, next, err := workload.ParsePage(page)
		if err == nil && next == "" {
			err = hosts.Check(rows, before, after)
		}
		if err != nil || next != "" {
			b.Fatal(err, next)
		}
	}
	took.Report(b, "")
}

// dashboardSDK measures calls of the SDK: signing, sending, answering, decoding, and repeating calls that failed, which is
// counted.
func dashboardSDK(b *testing.B, s *process.Server, hosts *workload.Hosts, sql string, transport aws.HTTPClient) {
	config := sdkConfig(s.URL)
	counting := &countingClient{client: transport}
	config.HTTPClient = counting
	client := timestreamquery.NewFromConfig(config)
	if _, err := client.Query(b.Context(), &timestreamquery.QueryInput{QueryString: aws.String("SELECT 1")}); err != nil {
		b.Fatal(err) // asks for the endpoint, too, which is kept for a day
	}
	var took workload.Latencies
	calls := 0
	counting.requests = 0
	for b.Loop() {
		calls++
		before := time.Now()
		out, err := client.Query(b.Context(), &timestreamquery.QueryInput{QueryString: aws.String(sql)})
		after := time.Now()
		if err != nil {
			b.Fatal(err)
		}
		took.Add(after.Sub(before))
		rows := make(workload.Rows, len(out.Rows))
		for i, r := range out.Rows {
			for _, d := range r.Data {
				rows[i] = append(rows[i], aws.ToString(d.ScalarValue))
			}
		}
		if err := hosts.Check(rows, before, after); err != nil {
			b.Fatal(err)
		}
	}
	took.Report(b, "")
	b.ReportMetric(float64(counting.requests-calls)*1000/float64(calls), "retries/1000")
}

// countingClient counts requests.
type countingClient struct {
	client   aws.HTTPClient
	requests int
}

// Do implements the SDK's interface.
func (c *countingClient) Do(r *http.Request) (*http.Response, error) {
	c.requests++
	return c.client.Do(r)
}
