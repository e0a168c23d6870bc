package workload

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
)

// The table of the write benchmarks.
const (
	WriteDatabase = "bench"
	WriteTable    = "writes"
)

// RequestRecords is how many records a request has: as many as the API allows.
const RequestRecords = requestRecords

// WriteShape is what the records of a request look like. All records of a request are of one host; the dimensions, types and
// the unit of time are common attributes, as agents send them.
type WriteShape struct {
	Name     string
	measures []string // record i has measure i modulo their number
	columns  []string // of each record
	multi    bool
}

// The shapes: 50 points in time with two single-measure records each, and 100 points with ten doubles in one record.
var (
	SingleMeasure = &WriteShape{"single", []string{"cpu_utilization", "memory_utilization"}, []string{"measure_value::double"}, false}
	MultiMeasure  = &WriteShape{"multi", []string{"cpu"}, CPUMetrics[:], true}
)

// points is how many points in time a request has.
func (s *WriteShape) points() int { return requestRecords / len(s.measures) }

// RequestValues is how many measure values a request has.
func (s *WriteShape) RequestValues() int { return requestRecords * len(s.columns) }

// WriteOptions says which requests Writes makes.
type WriteOptions struct {
	Shape   *WriteShape   // default SingleMeasure
	Streams int           // how many sequences of requests there are, each sent one request after the other
	Step    time.Duration // between points; whole milliseconds, default a second
	Now     time.Time     // times begin twelve hours before
}

// hostsPerStream is how many hosts a stream writes for, in turn.
const hostsPerStream = 50

// Writes hands out the requests of streams: each stream has its own hosts and goes through them in turn, so that every
// record is a new one and the points of a series come in order of time.
type Writes struct {
	shape   *WriteShape
	from    int64 // milliseconds: the time of the first points
	step    int64 // milliseconds
	streams []*WriteStream
}

// NewWrites makes the streams.
func NewWrites(o WriteOptions) *Writes {
	if o.Shape == nil {
		o.Shape = SingleMeasure
	}
	if o.Step == 0 {
		o.Step = time.Second
	}
	w := &Writes{shape: o.Shape, from: o.Now.Add(-12 * time.Hour).UnixMilli(), step: o.Step.Milliseconds()}
	for i := range o.Streams {
		s := &WriteStream{writes: w}
		for k := range hostsPerStream {
			s.hosts = append(s.hosts, newWriteHost(w.shape, i, k))
		}
		w.streams = append(w.streams, s)
	}
	return w
}

// CreateTable makes the table that the requests go to.
func (w *Writes) CreateTable(c *Client) error { return c.CreateTable(WriteDatabase, WriteTable) }

// Stream returns a stream. One goroutine at a time may use it.
func (w *Writes) Stream(i int) *WriteStream { return w.streams[i] }

// Shape returns what the records look like.
func (w *Writes) Shape() *WriteShape { return w.shape }

// timeOf returns the time of record i of a request whose first points have the given time, in milliseconds.
func (w *Writes) timeOf(first int64, i int) int64 {
	return first + int64(i/len(w.shape.measures))*w.step
}

// WriteStream is one sequence of requests.
type WriteStream struct {
	writes *Writes
	hosts  []*writeHost
	next   int // requests handed out
}

// turn returns the host of the next request and the time of its first points, in milliseconds.
func (s *WriteStream) turn() (*writeHost, int64) {
	n := s.next
	s.next++
	return s.hosts[n%len(s.hosts)], s.writes.from + int64(n/len(s.hosts)*s.writes.shape.points())*s.writes.step
}

// Body returns the next request as an HTTP body. It is valid until this host's next turn.
func (s *WriteStream) Body() []byte {
	h, first := s.turn()
	for i, at := range h.times {
		putTime(h.body[at:at+timeDigits], s.writes.timeOf(first, i))
	}
	return h.body
}

// putTime writes a time of timeDigits digits.
func putTime(to []byte, t int64) {
	for i := len(to) - 1; i >= 0; i-- {
		to[i] = byte('0' + t%10)
		t /= 10
	}
}

// Input returns the next request for the SDK. It is valid until this host's next turn.
func (s *WriteStream) Input() *timestreamwrite.WriteRecordsInput {
	h, first := s.turn()
	input := h.sdkInput()
	for i := range input.Records {
		text := strconv.FormatInt(s.writes.timeOf(first, i), 10)
		input.Records[i].Time = &text
	}
	return input
}

// Record is a single-measure record as a database without our API takes it.
type Record struct {
	Region, Zone, Host, Measure string
	Time                        int64 // milliseconds
	Value                       float64
}

// Records returns the next request for a database without our API, appended to buf. The shape is SingleMeasure.
func (s *WriteStream) Records(buf []Record) []Record {
	h, first := s.turn()
	for i, text := range h.values {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic("bug: a value is not a number: " + err.Error())
		}
		buf = append(buf, Record{h.region, h.zone, h.name, h.shape.measures[i%len(h.shape.measures)], s.writes.timeOf(first, i), value})
	}
	return buf
}
