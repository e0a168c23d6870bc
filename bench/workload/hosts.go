package workload

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The table of the dashboard query: twelve hours of 96 hosts with two measures each, a point every 5 to 10 seconds. That is
// a little more than a million records.
const (
	hostsScale   = 1.6
	hostsHistory = 12 * time.Hour
	hostsMin     = 1_000_000
)

// Where the hosts are stored, as the workshop's statements name them.
const (
	HostsDatabase = "iot"
	HostsTable    = "host_metrics"
)

// What the dashboard query asks for.
const (
	DashboardStatement = "iot-02-downsample-30s"
	DashboardHost      = "host-fj2hx"
	DashboardMeasure   = "cpu_utilization"
	DashboardRange     = 2 * time.Hour
	DashboardBin       = 30 * time.Second
)

// Hosts is the table of the dashboard query.
type Hosts struct {
	source   generator.Source
	from, to int64
	points   []point // of the host and measure that the dashboard shows, in order of time
}

// point is one value of a series.
type point struct {
	time       int64 // nanoseconds
	hundredths int64
}

// NewHosts returns the table as it is at a time.
func NewHosts(now time.Time) (*Hosts, error) {
	source, err := generator.NewIoT(generator.Options{Seed: 1, Scale: hostsScale})
	if err != nil {
		return nil, err
	}
	h := &Hosts{source: source, from: now.Add(-hostsHistory).UnixNano(), to: now.UnixNano()}
	for r := range h.Records() {
		if r.Dimension("hostname") == DashboardHost && r.Measure == DashboardMeasure {
			h.points = append(h.points, point{r.Time, int64(math.Round(r.Value.Float * 100))})
		}
	}
	return h, nil
}

// Records yields all records.
func (h *Hosts) Records() iter.Seq[generator.Record] { return h.source.Records(h.from, h.to) }

// Load writes all records to a server and returns how many there are.
func (h *Hosts) Load(c *Client) (int64, error) {
	n, err := load(c, HostsDatabase, HostsTable, h.Records())
	if err == nil && n < hostsMin {
		err = fmt.Errorf("the table has %d records, not a million", n)
	}
	return n, err
}

// bin is one line of the dashboard: an average over 30 seconds.
type bin struct{ start, sum, count int64 }

// bins returns the dashboard as of a time: what is younger than two hours, exactly that excluded.
func (h *Hosts) bins(now int64) []bin {
	var out []bin
	for _, p := range h.points {
		if p.time <= now-int64(DashboardRange) {
			continue
		}
		start := p.time - p.time%int64(DashboardBin)
		if len(out) == 0 || out[len(out)-1].start != start {
			out = append(out, bin{start: start})
		}
		last := &out[len(out)-1]
		last.sum += p.hundredths
		last.count++
	}
	return out
}

// timestampLayout is how Timestream prints times.
const timestampLayout = "2006-01-02 15:04:05.000000000"

// Check compares an answer to the dashboard query with what it must be. The server took its "now" between the two given
// times. If a point left the two hours in between, the answer without it is right, too.
func (h *Hosts) Check(rows Rows, before, after time.Time) error {
	moments := []int64{before.UnixNano()}
	for _, p := range h.points {
		if gone := p.time + int64(DashboardRange); gone > before.UnixNano() && gone <= after.UnixNano() {
			moments = append(moments, gone)
		}
	}
	var err error
	for _, now := range moments {
		if err = checkBins(rows, h.bins(now)); err == nil {
			return nil
		}
	}
	return err
}

// checkBins compares rows of time and average with bins.
func checkBins(rows Rows, want []bin) error {
	if len(rows) != len(want) || len(want) < 100 {
		return fmt.Errorf("the answer has %d rows, want %d, and more than 100", len(rows), len(want))
	}
	for i, b := range want {
		start, value := TimestampText(time.Unix(0, b.start)), rows[i][1]
		got, err := strconv.ParseFloat(value, 64)
		exact := float64(b.sum) / float64(b.count) / 100
		if err != nil || rows[i][0] != start || math.Abs(got-exact) > 0.005+1e-9 || math.Abs(got*100-math.Round(got*100)) > 1e-6 {
			return fmt.Errorf("row %d is %v, want %s and %.4f rounded to two digits", i, rows[i], start, exact)
		}
	}
	return nil
}

// SameRows reports whether two answers are the same but for the order of rows.
func SameRows(a, b Rows) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, slices.Compare)
	slices.SortFunc(b, slices.Compare)
	return slices.EqualFunc(a, b, slices.Equal)
}

// TimestampText returns a time as Timestream prints it.
func TimestampText(t time.Time) string { return t.UTC().Format(timestampLayout) }
