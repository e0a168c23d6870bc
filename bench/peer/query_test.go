package peer

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// contender answers the dashboard query. What it returns has been received in full, but not been read yet.
type contender struct {
	name string
	ask  func() (any, error)
	rows func(any) (workload.Rows, error)
	took workload.Latencies
}

// BenchmarkDashboard asks the same question of the same million records in turn: Tidemark over HTTP, and each peer once by
// a function call with a prepared statement, and once with the text of the statement behind a small HTTP server in this
// process. An iteration is one round of all.
func BenchmarkDashboard(b *testing.B) {
	hosts, err := workload.NewHosts(time.Now())
	if err != nil {
		b.Fatal(err)
	}
	contenders := []*contender{tidemarkDashboard(b, hosts)}
	for _, d := range peers(b) {
		if err := d.loadHosts(hosts); err != nil {
			b.Fatal(err)
		}
		contenders = append(contenders, d.dashboards(b)...)
	}
	for b.Loop() {
		for _, c := range contenders {
			before := time.Now()
			answer, err := c.ask()
			after := time.Now()
			if err != nil {
				b.Fatal(c.name, err)
			}
			c.took.Add(after.Sub(before))
			rows, err := c.rows(answer)
			if err == nil {
				err = hosts.Check(rows, before, after)
			}
			if err != nil {
				b.Fatal(c.name, err)
			}
		}
	}
	own := contenders[0].took.Percentile(0.5)
	for _, c := range contenders {
		c.took.Report(b, c.name+"-")
		if c != contenders[0] {
			b.ReportMetric(float64(c.took.Percentile(0.5))/float64(own), c.name+"/tidemark-p50")
		}
	}
}

// tidemarkDashboard fills a server and moves nothing to segments.
func tidemarkDashboard(b *testing.B, hosts *workload.Hosts) *contender {
	sql, err := workload.Statement(workload.DashboardStatement)
	if err != nil {
		b.Fatal(err)
	}
	client := workload.NewClient(workload.Start(b, workload.NewFolder(b), "--memstore-mib", "4096").URL)
	if _, err := hosts.Load(client); err != nil {
		b.Fatal(err)
	}
	return &contender{
		name: "tidemark-http",
		ask:  func() (any, error) { return client.Call("Query", workload.QueryBody(sql, "")) },
		rows: func(answer any) (workload.Rows, error) {
			rows, next, err := workload.ParsePage(answer.([]byte))
			if next != "" {
				err = fmt.Errorf("the answer has more than one page")
			}
			return rows, err
		},
	}
}

// dashboards returns the two ways to ask a peer.
func (d *database) dashboards(b *testing.B) []*contender {
	stmt, err := d.db.Prepare(d.dashboard)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bins, err := readBins(d.db.Query(d.dashboard, parameters(time.Now())...))
		var text []byte
		if err == nil {
			text, err = json.Marshal(bins)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text)
	}))
	b.Cleanup(server.Close)
	return []*contender{
		{
			name: d.name + "-call",
			ask:  func() (any, error) { return readBins(stmt.Query(parameters(time.Now())...)) },
			rows: func(answer any) (workload.Rows, error) { return rowsOf(answer.([]bin)), nil },
		},
		{
			name: d.name + "-http",
			ask: func() (any, error) {
				answer, err := server.Client().Get(server.URL)
				if err != nil {
					return nil, err
				}
				text, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				return text, err
			},
			rows: func(answer any) (workload.Rows, error) {
				var bins []bin
				err := json.Unmarshal(answer.([]byte), &bins)
				return rowsOf(bins), err
			},
		},
	}
}
