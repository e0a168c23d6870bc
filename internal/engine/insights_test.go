package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// newFleet returns an asker with tables d.t and d.u: in each, measures cpu and mem of four hosts, at 60, 30 and 0 minutes before
// now. d.u is partitioned by host.
func newFleet(t *testing.T) *asker {
	a := newAsker(t)
	a.max = 1000
	newTable(t, a.engine, CreateTableInput{Retention: &Retention{24, 7}})
	in := CreateTableInput{Database: "d", Name: "u", PartitionKey: []PartitionKey{{Type: "DIMENSION", Name: "host", Enforcement: "REQUIRED"}}}
	if _, err := a.engine.CreateTable(ctx, in); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"t", "u"} {
		for h := range 4 {
			for _, measure := range []string{"cpu", "mem"} {
				a.write(table, fmt.Sprint("h", h), measure, 60*time.Minute, 30*time.Minute, 0)
			}
		}
	}
	return a
}

// write writes one value for each of some times before now.
func (a *asker) write(table, host, measure string, before ...time.Duration) {
	a.t.Helper()
	req := &WriteRequest{Database: "d", Table: table, Common: Record{Dimensions: []Dimension{{Name: "host", Value: host}}, MeasureName: measure, MeasureType: TypeDouble, MeasureValue: "1.5"}}
	for _, d := range before {
		req.Records = append(req.Records, Record{Time: fmt.Sprint(a.clock.Now().Add(-d).UnixMilli())})
	}
	if res, err := a.engine.WriteRecords(ctx, req); err != nil || len(res.Rejected) > 0 {
		a.t.Fatalf("write: %v, %v", res, err)
	}
}

// TestInsights: what statements have read, told by hand.
func TestInsights(t *testing.T) {
	a := newFleet(t)
	const arn = "arn:aws:timestream:us-east-1:000000000000:database/d/table/"
	for _, c := range []struct{ sql, want string }{
		{"SELECT 1 AS one, 'abc' AS s, NULL AS n", "no table; 0 tables, 1 rows, 11 bytes"},
		{"SHOW TABLES FROM d", "no table; 0 tables, 2 rows, 2 bytes"},
		// Everything, from the first row to the present.
		{"SELECT measure_value::double FROM d.t", "1 of t by measure_name, 1h0m0s of t; 1 tables, 24 rows, 192 bytes"},
		{"SELECT count(*) FROM d.u", "1 of u by host, 1h0m0s of u; 1 tables, 1 rows, 8 bytes"},
		// Filters on the measure name and on dimensions, of two measures and four hosts.
		{"SELECT host FROM d.t WHERE measure_name = 'cpu'", "0.5 of t by measure_name, 1h0m0s of t; 1 tables, 12 rows, 24 bytes"},
		{"SELECT host FROM d.t WHERE host = 'h1'", "0.25 of t by measure_name, 1h0m0s of t; 1 tables, 6 rows, 12 bytes"},
		{"SELECT host FROM d.u WHERE host LIKE 'h1%' AND measure_name = 'mem'", "0.125 of u by host, 1h0m0s of u; 1 tables, 3 rows, 6 bytes"},
		{"SELECT host FROM d.t WHERE host = 'nobody'", "0 of t by measure_name, 0s of t; 1 tables, 0 rows, 0 bytes"},
		// Times: to the present, and not before the first row.
		{"SELECT count(*) FROM d.t WHERE time >= ago(30m)", "1 of t by measure_name, 30m0s of t; 1 tables, 1 rows, 8 bytes"},
		{"SELECT count(*) FROM d.t WHERE time BETWEEN ago(50m) AND ago(20m)", "1 of t by measure_name, 30m0s of t; 1 tables, 1 rows, 8 bytes"},
		{"SELECT count(*) FROM d.t WHERE time >= ago(1d)", "1 of t by measure_name, 1h0m0s of t; 1 tables, 1 rows, 8 bytes"},
		{"SELECT count(*) FROM d.t WHERE time > now()", "1 of t by measure_name, 0s of t; 1 tables, 1 rows, 8 bytes"},
		{"SELECT count(*) FROM d.t WHERE time > now() AND time < ago(1h)", "0 of t by measure_name, 0s of t; 1 tables, 1 rows, 8 bytes"},
		// Several scans of one table count together, the worst table counts for each part.
		{"SELECT host FROM d.t WHERE host = 'h1' AND time >= ago(10m) UNION ALL SELECT host FROM d.t WHERE host IN ('h1', 'h2') AND time <= ago(40m)",
			"0.5 of t by measure_name, 1h0m0s of t; 1 tables, 6 rows, 12 bytes"},
		{"SELECT count(*) FROM d.t, d.u WHERE t.host = 'h1' AND u.host IN ('h2', 'h3') AND u.time >= ago(30m)",
			"0.5 of u by host, 1h0m0s of t; 2 tables, 1 rows, 8 bytes"},
		{"SELECT host, (SELECT max(time) FROM d.u WHERE u.host = t.host) FROM d.t WHERE host = 'h1' AND measure_name = 'cpu' AND time >= ago(10m)",
			"1 of u by host, 1h0m0s of u; 2 tables, 1 rows, 10 bytes"},
		{"WITH c AS (SELECT * FROM d.t WHERE host = 'h3') SELECT count(*) FROM c x JOIN c y ON x.time = y.time", "0.25 of t by measure_name, 1h0m0s of t; 1 tables, 1 rows, 8 bytes"},
	} {
		_, page := a.rows(QueryRequest{QueryString: c.sql, Insights: true})
		if got := strings.ReplaceAll(showInsights(page.Insights), arn, ""); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

// A table without rows has no times that a scan looks at, whatever the statement asks for.
func TestInsightsOfAnEmptyTable(t *testing.T) {
	a := newAsker(t)
	newTable(t, a.engine, CreateTableInput{})
	for _, sql := range []string{"SELECT * FROM d.t", "SELECT * FROM d.t WHERE time >= ago(1h)"} {
		_, page := a.rows(QueryRequest{QueryString: sql, Insights: true})
		if got := showInsights(page.Insights); !strings.HasPrefix(got, "0 of ") || !strings.Contains(got, ", 0s of ") {
			t.Errorf("%s: %s", sql, got)
		}
	}
}

// showInsights prints insights on one line.
func showInsights(in *QueryInsights) string {
	if in == nil {
		return "none"
	}
	out := "no table"
	if in.Spatial != nil && in.Temporal != nil {
		out = fmt.Sprintf("%v of %s by %s, %s of %s", in.Spatial.Value, in.Spatial.TableARN, strings.Join(in.Spatial.PartitionKey, " "),
			time.Duration(in.Temporal.Nanos), in.Temporal.TableARN)
	}
	return fmt.Sprintf("%s; %d tables, %d rows, %d bytes", out, in.Tables, in.OutputRows, in.OutputBytes)
}

// TestInsightsOnTheLastPage: they count all pages, come on the last one only, and only if they were asked for with the first.
func TestInsightsOnTheLastPage(t *testing.T) {
	a := newAsker(t)
	_, one := a.rows(QueryRequest{QueryString: fiveRows, Insights: true})
	_, two := a.rows(QueryRequest{QueryString: fiveRows, NextToken: one.NextToken})
	last := QueryRequest{QueryString: fiveRows, NextToken: two.NextToken}
	_, three := a.rows(last)
	_, again := a.rows(last)
	if one.Insights != nil || two.Insights != nil || showInsights(three.Insights) != "no table; 0 tables, 5 rows, 40 bytes" || again.Insights != three.Insights {
		t.Errorf("insights %v, %v, %v and %v", one.Insights, two.Insights, three.Insights, again.Insights)
	}
	if _, page := a.rows(QueryRequest{QueryString: "SELECT 1"}); page.Insights != nil {
		t.Error("insights without being asked for")
	}
	token := strings.Repeat("t", 32)
	a.rows(QueryRequest{QueryString: "SELECT 1", ClientToken: token})
	a.fails(QueryRequest{QueryString: "SELECT 1", ClientToken: token, Insights: true}, dberr.Invalid, "The ClientToken was used before in a request with other parameters")
}

// TestProgress: it grows with the series that scans have read, with the scans that the plan has, and never falls.
func TestProgress(t *testing.T) {
	a := newFleet(t)
	stmt, err := a.engine.queries.plan("SELECT count(*) FROM d.t UNION ALL SELECT count(*) FROM d.u x JOIN d.u y ON x.time = y.time", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := plan.CountScans(stmt.Root); n != 3 {
		t.Fatalf("%d scans, want 3", n)
	}
	w := newWatch(stmt)
	var seen []float64
	scan := func(series int) {
		s, err := a.engine.store.Scan(ctx, storage.TableID(stmt.Tables[0].ID), storage.Everything("host", "time"))
		if err != nil {
			t.Fatal(err)
		}
		scanner := w.begin(stmt.Tables[0], storage.Everything(), s)
		for range series {
			scanner.report(float64(series) / 16)
			seen = append(seen, w.progress())
		}
		for {
			b, err := scanner.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
		}
		scanner.Close()
		scanner.Close()
		seen = append(seen, w.progress())
	}
	for _, series := range []int{8, 0, 4, 0, 0} {
		scan(series)
	}
	if seen[0] != 16.5 || seen[8] != 33 || seen[9] != 66 || seen[len(seen)-1] != 99 {
		t.Errorf("progress %v", seen)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i] < seen[i-1] {
			t.Errorf("progress falls: %v", seen)
		}
	}
	if want := int64(5 * 24 * (2 + 8)); w.scanned() != want {
		t.Errorf("%d bytes scanned, want %d", w.scanned(), want)
	}
}

// TestStatusOfSlowQuery: pages without rows tell how far a query is and what it has cost so far.
func TestStatusOfSlowQuery(t *testing.T) {
	a := newFleet(t)
	a.engine.queries.opts.BatchRows = 1
	a.gate = make(chan struct{})
	const sql = "SELECT host, time FROM d.t"
	got := make(chan *QueryPage)
	go func() {
		page, err := a.ask(QueryRequest{QueryString: sql})
		if err != nil {
			t.Error(err)
		}
		got <- page
	}()
	a.gate <- struct{}{} // the page has the first row
	var page *QueryPage
	for page == nil {
		select {
		case page = <-got:
		case <-time.After(time.Millisecond):
			a.clock.Advance(time.Second)
		}
	}
	if want := (QueryStatus{ProgressPercentage: 88, CumulativeBytesScanned: 240, CumulativeBytesMetered: 10_000_000}); page.Page != nil || page.Status != want {
		t.Errorf("a page without rows has status %+v, want %+v", page.Status, want)
	}
	close(a.gate)
	if rows, page := a.rows(QueryRequest{QueryString: sql, NextToken: page.NextToken}); len(strings.Fields(rows)) != 24 || page.Status.ProgressPercentage != 100 {
		t.Errorf("at last %q with status %+v", rows, page.Status)
	}
}
