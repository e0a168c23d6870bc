package workload

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// The table of the write benchmark.
const (
	WriteDatabase = "bench"
	WriteTable    = "writes"
)

// What each request holds: 50 points in time of one host with two measures, 100 records. The dimensions, types and the
// unit of time are common attributes, as agents send them.
const (
	RequestRecords = requestRecords
	requestPoints  = requestRecords / len(writeMeasures)
	hostsPerClient = 50
	pointStep      = time.Second
)

// writeMeasures are the measures of a host.
var writeMeasures = [2]string{"cpu_utilization", "memory_utilization"}

// Writes hands out the requests of clients: each client has its own hosts and goes through them in turn, so that every
// record is a new one and the points of a series come in order of time.
type Writes struct {
	from    int64 // milliseconds: the time of the first points
	clients []*WriteClient
}

// NewWrites makes the requests of the given number of clients. Times begin twelve hours before now.
func NewWrites(clients int, now time.Time) *Writes {
	w := &Writes{from: now.Add(-12 * time.Hour).UnixMilli()}
	for i := range clients {
		c := &WriteClient{from: w.from}
		for k := range hostsPerClient {
			c.hosts = append(c.hosts, newWriteHost(i, k))
		}
		w.clients = append(w.clients, c)
	}
	return w
}

// CreateTable makes the table that the requests go to.
func (w *Writes) CreateTable(c *Client) error { return c.createTable(WriteDatabase, WriteTable) }

// Client returns the requests of a client. One goroutine at a time may use them.
func (w *Writes) Client(i int) *WriteClient { return w.clients[i] }

// WriteClient is one client's requests.
type WriteClient struct {
	from  int64
	hosts []*writeHost
	next  int // requests handed out
}

// writeHost is a host and its request, in which only the times change.
type writeHost struct {
	zone, region, name string
	values             [requestRecords]string // measures take turns
	hundredths         [len(writeMeasures)]int64

	body  []byte
	times []int // where in the body the times are
	input *timestreamwrite.WriteRecordsInput
}

// timeDigits is the length of a time in milliseconds, until 2286.
const timeDigits = 13

// newWriteHost makes a host of a client.
func newWriteHost(client, number int) *writeHost {
	h := &writeHost{region: "us-east-1", zone: "us-east-1" + string(rune('a'+number%3)), name: fmt.Sprintf("host-%02d-%03d", client, number)}
	for i := range h.values {
		// Hundredths between 5 and 95 percent, without a pattern that would compress well.
		n := 500 + int64(uint32(client*7919+number*104729+i*15485863)*2654435761>>8)%9000
		h.hundredths[i%len(writeMeasures)] += n
		h.values[i] = strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
	}
	h.makeBody()
	h.makeInput()
	return h
}

// makeBody prepares the body for clients without an SDK.
func (h *writeHost) makeBody() {
	h.body = fmt.Appendf(nil, `{"DatabaseName":%q,"TableName":%q,"CommonAttributes":{"Dimensions":[{"Name":"region","Value":%q},`+
		`{"Name":"az","Value":%q},{"Name":"hostname","Value":%q}],"MeasureValueType":"DOUBLE","TimeUnit":"MILLISECONDS"},"Records":[`,
		WriteDatabase, WriteTable, h.region, h.zone, h.name)
	for i, value := range h.values {
		if i > 0 {
			h.body = append(h.body, ',')
		}
		h.body = fmt.Appendf(h.body, `{"MeasureName":%q,"MeasureValue":%q,"Time":"`, writeMeasures[i%len(writeMeasures)], value)
		h.times = append(h.times, len(h.body))
		h.body = fmt.Appendf(h.body, `%0*d"}`, timeDigits, 0)
	}
	h.body = append(h.body, `]}`...)
}

// makeInput prepares the same for the SDK.
func (h *writeHost) makeInput() {
	dimension := func(name, value string) types.Dimension {
		return types.Dimension{Name: aws.String(name), Value: aws.String(value)}
	}
	h.input = &timestreamwrite.WriteRecordsInput{
		DatabaseName: aws.String(WriteDatabase), TableName: aws.String(WriteTable),
		CommonAttributes: &types.Record{
			Dimensions:       []types.Dimension{dimension("region", h.region), dimension("az", h.zone), dimension("hostname", h.name)},
			MeasureValueType: types.MeasureValueTypeDouble, TimeUnit: types.TimeUnitMilliseconds,
		},
	}
	for i, value := range h.values {
		h.input.Records = append(h.input.Records, types.Record{
			MeasureName: aws.String(writeMeasures[i%len(writeMeasures)]), MeasureValue: aws.String(value),
		})
	}
}

// turn returns the host of the next request and the time of its first points, in milliseconds.
func (c *WriteClient) turn() (*writeHost, int64) {
	n := c.next
	c.next++
	return c.hosts[n%len(c.hosts)], c.from + int64(n/len(c.hosts)*requestPoints)*pointStep.Milliseconds()
}

// timeOf returns the time of record i of a request.
func timeOf(first int64, i int) int64 {
	return first + int64(i/len(writeMeasures))*pointStep.Milliseconds()
}

// Body returns the next request as an HTTP body. It is valid until this host's next turn.
func (c *WriteClient) Body() []byte {
	h, first := c.turn()
	for i, at := range h.times {
		strconv.AppendInt(h.body[at:at], timeOf(first, i), 10)
	}
	return h.body
}

// Input returns the next request for the SDK. It is valid until this host's next turn.
func (c *WriteClient) Input() *timestreamwrite.WriteRecordsInput {
	h, first := c.turn()
	for i := range h.input.Records {
		h.input.Records[i].Time = aws.String(strconv.FormatInt(timeOf(first, i), 10))
	}
	return h.input
}

// Record is a record as a database without our API takes it.
type Record struct {
	Region, Zone, Host, Measure string
	Time                        int64 // milliseconds
	Value                       float64
}

// Records returns the next request for a database without our API, appended to buf.
func (c *WriteClient) Records(buf []Record) []Record {
	h, first := c.turn()
	for i, text := range h.values {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic("bug: a value is not a number: " + err.Error())
		}
		buf = append(buf, Record{h.region, h.zone, h.name, writeMeasures[i%len(writeMeasures)], timeOf(first, i), value})
	}
	return buf
}

// MeasureWrites sends b.N requests from clients at the same time and reports records a second and latencies. connect returns
// the function that sends the next request of a client.
func MeasureWrites(b *testing.B, clients int, connect func(client int) func() error) {
	var took Latencies
	var begun atomic.Int64
	var running sync.WaitGroup
	b.ResetTimer()
	for i := range clients {
		send := connect(i)
		running.Go(func() {
			for begun.Add(1) <= int64(b.N) {
				before := time.Now()
				if err := send(); err != nil {
					b.Error(err)
					return
				}
				took.Add(time.Since(before))
			}
		})
	}
	running.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N*RequestRecords)/b.Elapsed().Seconds(), "records/s")
	took.Report(b, "")
}

// WritesStatement asks for what CheckWritten compares.
const WritesStatement = `SELECT measure_name, hostname, count(*), sum(measure_value::double), to_milliseconds(min(time)), to_milliseconds(max(time))
	FROM bench.writes GROUP BY measure_name, hostname`

// CheckWritten compares, series by series, how many records are stored, their sum, and the first and last time, with what
// was handed out. Rows have measure, host, number, sum, and the times in milliseconds.
func (w *Writes) CheckWritten(rows Rows) error {
	found := make(map[[2]string][]string, len(rows))
	for _, r := range rows {
		found[[2]string{r[0], r[1]}] = r[2:]
	}
	series := 0
	for _, c := range w.clients {
		for k, h := range c.hosts {
			requests := (c.next + len(c.hosts) - 1 - k) / len(c.hosts)
			for m, measure := range writeMeasures {
				if requests == 0 {
					continue
				}
				series++
				row := found[[2]string{measure, h.name}]
				if row == nil {
					return fmt.Errorf("series %s of %s is missing", measure, h.name)
				}
				count, sum := strconv.Itoa(requests*requestPoints), float64(requests)*float64(h.hundredths[m])/100
				last := strconv.FormatInt(timeOf(c.from+int64((requests-1)*requestPoints)*pointStep.Milliseconds(), requestRecords-1), 10)
				got, err := strconv.ParseFloat(row[1], 64)
				if err != nil || row[0] != count || math.Abs(got-sum) > 1e-9*sum || row[2] != strconv.FormatInt(c.from, 10) || row[3] != last {
					return fmt.Errorf("series %s of %s has count, sum, first, last %v, want %s, %f, %d, %s", measure, h.name, row, count, sum, c.from, last)
				}
			}
		}
	}
	if series != len(found) {
		return fmt.Errorf("there are %d series, want %d", len(found), series)
	}
	return nil
}
