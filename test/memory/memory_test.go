//go:build linux

// Package memory_test runs a real server under a small limit of memory and gives it far more than fits: rows, series, and
// both at once with queries beside them. The process must stay below the limit and a stated overhead, lose nothing that it
// acknowledged, and answer everything right afterwards, also after kill -9.
//
//	go test ./test/memory                             some seconds for each load
//	go test ./test/memory -for 5m -mib 256 -v        longer, and what it measured
package memory_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/test/process"
)

var (
	forFlag    = flag.Duration("for", 4*time.Second, "how long each load lasts")
	memoryFlag = flag.Int("mib", 96, "limit of the server, in MiB")
)

// overheadMiB is what the process may take besides its limit: the program itself, which is in memory as far as it has
// run, what two queries have in their hands without counting it (batches under way, dictionaries of the dimensions they
// read), and what the Go runtime takes before the garbage collector has caught up.
const overheadMiB = 48

const clients = 8

func TestServerStaysBelowItsLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	binary, err := process.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	options := process.Options{Binary: binary, Data: data, Args: []string{"--memory", fmt.Sprintf("%dMiB", *memoryFlag)}}
	server, err := process.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { server.Kill() }()
	l := &load{t: t, url: server.URL, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * clients}}}
	l.must("CreateDatabase", `{"DatabaseName":"small"}`)
	for _, table := range []string{"rows", "series"} {
		l.must("CreateTable", fmt.Sprintf(`{"DatabaseName":"small","TableName":%q}`, table))
	}
	stages := []struct {
		name string
		run  func()
	}{
		{"rows", func() { l.write("rows", l.rowRequest) }},
		{"series", func() { l.write("series", l.seriesRequest) }},
		{"rows again, beside queries", func() { l.beside(l.query, func() { l.write("rows", l.rowRequest) }) }},
	}
	for _, stage := range stages {
		before := l.counts
		stage.run()
		t.Logf("%s: %d records stored, %d rejected, %d requests throttled, %d queries; peak of the process %d MiB", stage.name,
			l.counts.stored-before.stored, l.counts.rejected-before.rejected, l.counts.throttled-before.throttled,
			l.counts.queries-before.queries, peakMiB(t, server))
	}
	l.check()
	if peak := peakMiB(t, server); peak > *memoryFlag+overheadMiB {
		t.Errorf("the process took %d MiB, with a limit of %d MiB", peak, *memoryFlag)
	}
	server.Kill()
	if server, err = process.Start(options); err != nil {
		t.Fatal(err)
	}
	l.url = server.URL
	l.check()
	peak := peakMiB(t, server)
	t.Logf("after kill -9: peak of the process %d MiB", peak)
	if peak > *memoryFlag+overheadMiB {
		t.Errorf("after kill -9 the process took %d MiB, with a limit of %d MiB", peak, *memoryFlag)
	}
}

// peakMiB is the most memory that a server has had.
func peakMiB(t *testing.T, s *process.Server) int {
	t.Helper()
	n, err := s.PeakMiB()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// counts is what a load has done.
type counts struct{ stored, rejected, throttled, queries int64 }

// load is clients of one server, and what was acknowledged to them.
type load struct {
	t    *testing.T
	url  string
	http *http.Client

	mu     sync.Mutex
	counts counts
	sums   [clients][2]table // by client: rows, series
	next   [clients]int64    // number of the next request
}

// table is what is stored of one client in one table.
type table struct{ rows, sum int64 }

// call sends a request and returns status and body.
func (l *load) call(operation, body string) (int, []byte) {
	r, err := http.NewRequest(http.MethodPost, l.url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Amz-Target", "Timestream_20181101."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := l.http.Do(r)
	if err != nil {
		l.t.Errorf("%s: %v", operation, err)
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Errorf("%s: %v", operation, err)
	}
	return resp.StatusCode, answer
}

// must sends a request that must succeed; one that is throttled is sent again, as SDKs do.
func (l *load) must(operation, body string) []byte {
	for range 100 {
		status, answer := l.call(operation, body)
		switch status {
		case http.StatusOK:
			return answer
		case http.StatusTooManyRequests:
			time.Sleep(50 * time.Millisecond)
			continue
		}
		l.t.Fatalf("%s: %d %s", operation, status, answer)
	}
	l.t.Fatalf("%s: throttled again and again", operation)
	return nil
}

// request makes the next request of a client: its body, and which value each of its records has.
type request func(client int, number int64) (body string, values []int64)

// recordsEach is how many records a request has.
const recordsEach = 100

// rowRequest is a point in time of a hundred machines, with ten values each.
func (l *load) rowRequest(client int, number int64) (string, []int64) {
	var b strings.Builder
	values := make([]int64, recordsEach)
	group := number % 4
	fmt.Fprintf(&b, `{"DatabaseName":"small","TableName":"rows","CommonAttributes":{"MeasureName":"m","MeasureValueType":"MULTI","Time":"%d"},"Records":[`,
		start.UnixMilli()+number)
	for i := range values {
		values[i] = number*recordsEach + int64(i)
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Dimensions":[{"Name":"client","Value":"%d"},{"Name":"host","Value":"host-%d-%d"}],"MeasureValues":[{"Name":"v","Value":"%d","Type":"BIGINT"}`,
			client, group, i, values[i])
		for k := range 9 {
			fmt.Fprintf(&b, `,{"Name":"c%d","Value":"%d.%02d","Type":"DOUBLE"}`, k, (number*7+int64(i*k))%1000, (i+k)%100)
		}
		b.WriteString("]}")
	}
	b.WriteString("]}")
	return b.String(), values
}

// seriesRequest is a hundred series that nobody has seen before.
func (l *load) seriesRequest(client int, number int64) (string, []int64) {
	var b strings.Builder
	values := make([]int64, recordsEach)
	fmt.Fprintf(&b, `{"DatabaseName":"small","TableName":"series","CommonAttributes":{"MeasureName":"m","MeasureValueType":"BIGINT","Time":"%d"},"Records":[`,
		start.UnixMilli())
	for i := range values {
		values[i] = number*recordsEach + int64(i)
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Dimensions":[{"Name":"client","Value":"%d"},{"Name":"request","Value":"request-%d-%d"}],"MeasureValue":"%d"}`,
			client, client, values[i], values[i])
	}
	b.WriteString("]}")
	return b.String(), values
}

var start = time.Now()

// write lets all clients write for a while.
func (l *load) write(name string, next request) {
	place := map[string]int{"rows": 0, "series": 1}[name]
	until := time.Now().Add(*forFlag)
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			sum := &l.sums[client][place]
			for time.Now().Before(until) && !l.t.Failed() {
				body, values := next(client, l.next[client])
				l.next[client]++
				l.writeOne(body, values, sum)
			}
		})
	}
	wg.Wait()
}

// writeOne sends a request until it is answered otherwise than by throttling, and counts what is stored.
func (l *load) writeOne(body string, values []int64, sum *table) {
	for {
		status, answer := l.call("WriteRecords", body)
		var rejected struct{ RejectedRecords []struct{ RecordIndex int } }
		switch status {
		case http.StatusTooManyRequests:
			if !strings.Contains(string(answer), "ThrottlingException") {
				l.t.Errorf("throttled with %s", answer)
			}
			l.add(counts{throttled: 1})
			time.Sleep(20 * time.Millisecond)
			continue
		case 419:
			if err := json.Unmarshal(answer, &rejected); err != nil || !strings.Contains(string(answer), "new series") {
				l.t.Errorf("rejected with %s", answer)
			}
		case http.StatusOK:
		default:
			l.t.Errorf("status %d: %s", status, answer)
			return
		}
		for _, r := range rejected.RejectedRecords {
			values[r.RecordIndex] = -1
		}
		for _, v := range values {
			if v >= 0 {
				sum.rows++
				sum.sum += v
			}
		}
		n := int64(len(rejected.RejectedRecords))
		l.add(counts{stored: int64(len(values)) - n, rejected: n})
		return
	}
}

// add counts.
func (l *load) add(c counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.stored += c.stored
	l.counts.rejected += c.rejected
	l.counts.throttled += c.throttled
	l.counts.queries += c.queries
}

// beside runs one thing again and again while another lasts.
func (l *load) beside(again, main func()) {
	var done atomic.Bool
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for !done.Load() {
				again()
			}
		})
	}
	main()
	done.Store(true)
	wg.Wait()
}

// query asks for something that needs memory: groups by series, and a page of an ordered result that nobody goes on with.
func (l *load) query() {
	for _, sql := range []string{
		`SELECT client, host, max(c1), count(*) FROM small."rows" GROUP BY client, host`,
		`SELECT * FROM small."rows" WHERE time > ago(1s) ORDER BY time DESC LIMIT 1000`,
		`SELECT request, count(*) FROM small.series GROUP BY request LIMIT 10`,
		`SELECT * FROM small."rows"`,
	} {
		body, _ := json.Marshal(map[string]string{"QueryString": sql})
		status, answer := l.call("Query", string(body))
		switch {
		case status == http.StatusOK:
			l.add(counts{queries: 1})
		case status == http.StatusTooManyRequests, strings.Contains(string(answer), "exceeded the memory limit"):
		default:
			l.t.Errorf("query: %d %s", status, answer)
		}
	}
}

// check compares what the server has with what was acknowledged.
func (l *load) check() {
	l.t.Helper()
	for place, t := range []struct{ name, value string }{{"rows", "v"}, {"series", "measure_value::bigint"}} {
		body, _ := json.Marshal(map[string]string{"QueryString": fmt.Sprintf(`SELECT client, count(*), sum(%q) FROM small.%q GROUP BY client`, t.value, t.name)})
		var page struct {
			Rows []struct {
				Data []struct{ ScalarValue string }
			}
		}
		for wait := 0; ; wait++ {
			answer := l.must("Query", string(body))
			if err := json.Unmarshal(answer, &page); err != nil {
				l.t.Fatal(err)
			}
			if len(page.Rows) > 0 || wait > 10 {
				break
			}
		}
		got := map[string]table{}
		for _, r := range page.Rows {
			rows, _ := strconv.ParseInt(r.Data[1].ScalarValue, 10, 64)
			sum, _ := strconv.ParseInt(r.Data[2].ScalarValue, 10, 64)
			got[r.Data[0].ScalarValue] = table{rows, sum}
		}
		for client := range clients {
			if want := l.sums[client][place]; got[strconv.Itoa(client)] != want {
				l.t.Errorf("table %s, client %d: %+v, want %+v", t.name, client, got[strconv.Itoa(client)], want)
			}
		}
	}
}
