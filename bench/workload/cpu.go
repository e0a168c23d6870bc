package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// CPU is data in the manner of TSBS's cpu-only: hosts with ten tags, and every ten seconds a record with ten metrics.
// https://github.com/timescale/tsbs describes the original; the values here are not integers but either random walks
// between 0 and 100, rounded to two decimals, or uniformly random in full precision.
type CPU struct {
	Hosts, Points int
	Full          bool  // full precision instead of random walks
	From          int64 // milliseconds
	Step          time.Duration
	seed          uint64
}

// Where the records are stored, the metrics, and how far apart points are if nothing else is said.
const (
	CPUDatabase = "benchmark"
	CPUTable    = "cpu"
	CPUMeasure  = "cpu"
	CPUStep     = 10 * time.Second
)

// CPUMetrics are the attributes of a record.
var CPUMetrics = [10]string{"usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait", "usage_irq", "usage_softirq", "usage_steal",
	"usage_guest", "usage_guest_nice"}

// cpuTags are the dimensions of a host besides its name, and the values that they take.
var cpuTags = []struct {
	name   string
	values []string
}{
	{"region", []string{"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"}},
	{"datacenter", []string{"us-east-1a", "us-west-1b", "us-west-2a", "eu-west-1c", "eu-central-1a", "ap-southeast-1b", "ap-northeast-1a", "sa-east-1c"}},
	{"rack", []string{"3", "17", "29", "41", "58", "66", "73", "87", "94"}},
	{"os", []string{"Ubuntu16.04LTS", "Ubuntu16.10", "Ubuntu15.10"}},
	{"arch", []string{"x64", "x86"}},
	{"team", []string{"SF", "NYC", "LON", "CHI"}},
	{"service", []string{"1", "4", "7", "9", "12", "15", "18"}},
	{"service_version", []string{"0", "1"}},
	{"service_environment", []string{"production", "staging", "test"}},
}

// NewCPU returns hours of data of hosts, up to a time.
func NewCPU(hosts int, length time.Duration, full bool, now time.Time) *CPU {
	points := int(length / CPUStep)
	from := now.Add(-length).Truncate(CPUStep).UnixMilli()
	return &CPU{Hosts: hosts, Points: points, Full: full, From: from, Step: CPUStep, seed: 1}
}

// Values is how many values there are.
func (c *CPU) Values() int64 { return int64(c.Hosts) * int64(c.Points) * int64(len(CPUMetrics)) }

// Windows is over how many days of UTC, of which storage makes a window each, the records lie.
func (c *CPU) Windows() int {
	const day = int64(24 * time.Hour / time.Millisecond)
	last := c.From + int64(c.Points-1)*c.Step.Milliseconds()
	return int(last/day-c.From/day) + 1
}

// CPUHost hands out the points of one host, in order of time.
type CPUHost struct {
	Name string
	Tags []string // values of cpuTags

	cpu   *CPU
	rng   *rand.Rand
	walks [len(CPUMetrics)]float64
	point int
}

// Host returns a host at its first point. Each call gives the same values.
func (c *CPU) Host(i int) *CPUHost {
	h := &CPUHost{Name: "host_" + strconv.Itoa(i), cpu: c, rng: rand.New(rand.NewPCG(c.seed, uint64(i)))}
	for _, tag := range cpuTags {
		h.Tags = append(h.Tags, tag.values[h.rng.IntN(len(tag.values))])
	}
	for m := range h.walks {
		h.walks[m] = 100 * h.rng.Float64()
	}
	return h
}

// Next returns the time in milliseconds and the metrics of the next point.
func (h *CPUHost) Next() (int64, [len(CPUMetrics)]float64) {
	t := h.cpu.From + int64(h.point)*h.cpu.Step.Milliseconds()
	h.point++
	var out [len(CPUMetrics)]float64
	for m := range out {
		if h.cpu.Full {
			out[m] = 100 * h.rng.Float64()
			continue
		}
		h.walks[m] = min(max(h.walks[m]+h.rng.NormFloat64(), 0), 100)
		out[m] = math.Round(h.walks[m]*100) / 100
	}
	return t, out
}

// CPUTagNames are the names of the dimensions besides hostname.
func CPUTagNames() []string {
	var out []string
	for _, tag := range cpuTags {
		out = append(out, tag.name)
	}
	return out
}

// Load writes all records, those of all hosts side by side in order of time, and returns their sum, metric by metric.
func (c *CPU) Load(client *Client) ([len(CPUMetrics)]float64, error) {
	var total [len(CPUMetrics)]float64
	if err := client.CreateTable(CPUDatabase, CPUTable); err != nil {
		return total, err
	}
	var mu sync.Mutex
	var firstErr error
	var running sync.WaitGroup
	for worker := range loaders {
		running.Go(func() {
			sum, err := c.loadPart(client, worker)
			mu.Lock()
			defer mu.Unlock()
			for m := range total {
				total[m] += sum[m]
			}
			if firstErr == nil {
				firstErr = err
			}
		})
	}
	running.Wait()
	return total, firstErr
}

// loadPart writes the records of the hosts of one worker: a request holds a hundred points of one host.
func (c *CPU) loadPart(client *Client, worker int) (sum [len(CPUMetrics)]float64, err error) {
	var hosts []*CPUHost
	for i := worker; i < c.Hosts; i += loaders {
		hosts = append(hosts, c.Host(i))
	}
	var body []byte
	for from := 0; from < c.Points; from += requestRecords {
		for _, h := range hosts {
			body = h.appendRequest(body[:0], min(requestRecords, c.Points-from), &sum)
			if _, err := client.Call("WriteRecords", body); err != nil {
				return sum, err
			}
		}
	}
	return sum, nil
}

// appendRequest appends a request with the next n points.
func (h *CPUHost) appendRequest(body []byte, n int, sum *[len(CPUMetrics)]float64) []byte {
	body = fmt.Appendf(body, `{"DatabaseName":%q,"TableName":%q,"CommonAttributes":{"Dimensions":[{"Name":"hostname","Value":%q}`, CPUDatabase, CPUTable, h.Name)
	for i, tag := range cpuTags {
		body = fmt.Appendf(body, `,{"Name":%q,"Value":%q}`, tag.name, h.Tags[i])
	}
	body = fmt.Appendf(body, `],"MeasureName":%q,"MeasureValueType":"MULTI","TimeUnit":"MILLISECONDS"},"Records":[`, CPUMeasure)
	for i := range n {
		if i > 0 {
			body = append(body, ',')
		}
		t, values := h.Next()
		body = append(body, `{"Time":"`...)
		body = strconv.AppendInt(body, t, 10)
		body = append(body, `","MeasureValues":[`...)
		for m, v := range values {
			if m > 0 {
				body = append(body, ',')
			}
			sum[m] += v
			body = append(body, `{"Name":"`...)
			body = append(body, CPUMetrics[m]...)
			body = append(body, `","Type":"DOUBLE","Value":"`...)
			body = strconv.AppendFloat(body, v, 'f', -1, 64)
			body = append(body, `"}`...)
		}
		body = append(body, `]}`...)
	}
	return append(body, `]}`...)
}

// CPUStatement asks for what CheckCPU compares.
func CPUStatement() string {
	var b strings.Builder
	b.WriteString("SELECT count(*)")
	for _, m := range CPUMetrics {
		b.WriteString(", sum(" + m + ")")
	}
	return b.String() + " FROM " + CPUDatabase + "." + CPUTable
}

// Check compares the answer to CPUStatement with what was written.
func (c *CPU) Check(rows Rows, sum [len(CPUMetrics)]float64) error {
	if len(rows) != 1 || rows[0][0] != strconv.Itoa(c.Hosts*c.Points) {
		return fmt.Errorf("the table has %v records, want %d", rows, c.Hosts*c.Points)
	}
	for m, text := range rows[0][1:] {
		got, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Abs(got-sum[m]) > 1e-9*math.Abs(sum[m]) {
			return fmt.Errorf("the sum of %s is %s, want %f", CPUMetrics[m], text, sum[m])
		}
	}
	return nil
}
