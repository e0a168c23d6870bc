package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Late is a table that is written in two ways: once and in order, or such that as many records as it has come late, twice or
// in a second version. What is stored in the end is the same: a point of each host every 20 seconds, a random walk between 0
// and 100 with two decimals.
type Late struct {
	hosts, points int
	from          int64   // milliseconds
	values        []int16 // hundredths, host by host
}

// Where the records are stored, and how they look.
const (
	LateDatabase = "benchmark"
	LateTable    = "late"
	LateHosts    = 1000
	latePoints   = 10_000 // of a host: 2.3 days
	lateStep     = 20 * time.Second
	lateMeasure  = "cpu_utilization"
	lateWrong    = 5000 // hundredths that the first version of a value is off
)

// NewLate returns the table as it is at a time. A scale of 1 is ten million records.
func NewLate(scale float64, now time.Time) *Late {
	l := &Late{hosts: LateHosts, points: max(int(scale*latePoints), 500)}
	length := time.Duration(l.points) * lateStep
	l.from = now.Add(-length).Truncate(lateStep).UnixMilli()
	l.values = make([]int16, l.hosts*l.points)
	for h := range l.hosts {
		rng := rand.New(rand.NewPCG(7, uint64(h)))
		at := 100 * rng.Float64()
		for p := range l.points {
			at = min(max(at+rng.NormFloat64(), 0), 100)
			l.values[h*l.points+p] = int16(math.Round(100 * at))
		}
	}
	return l
}

// Records returns how many records are stored in the end.
func (l *Late) Records() int { return len(l.values) }

// Windows is over how many days of UTC the records lie.
func (l *Late) Windows() int {
	const day = int64(24 * time.Hour / time.Millisecond)
	return int((l.from+int64(l.points-1)*lateStep.Milliseconds())/day-l.from/day) + 1
}

// How a record comes: late, a half; in order and once more, a quarter; in order with another value, and the right one as
// version 2, a quarter.
type lateKind uint8

const (
	comesLate lateKind = iota
	comesTwice
	comesAnew
)

// kindOf returns how a record comes.
func kindOf(record int) lateKind {
	switch x := uint64(record+1) * 0x9e3779b97f4a7c15 >> 40 % 4; x {
	case 0:
		return comesTwice
	case 1:
		return comesAnew
	}
	return comesLate
}

// LoadOrdered writes each record once, all hosts side by side in order of time.
func (l *Late) LoadOrdered(c *Client) error {
	return l.loadInOrder(c, func(int) (hundredths int64, send bool) { return 0, true })
}

// LoadLate writes what comes in order, in that order, and then as many records as there are in the table in random order:
// a request has records of a hundred hosts and times.
func (l *Late) LoadLate(c *Client) error {
	err := l.loadInOrder(c, func(record int) (int64, bool) {
		switch kindOf(record) {
		case comesLate:
			return 0, false
		case comesAnew:
			return lateWrong, true
		}
		return 0, true
	})
	if err != nil {
		return err
	}
	perm := make([]int32, len(l.values))
	for i := range perm {
		perm[i] = int32(i)
	}
	rand.New(rand.NewPCG(8, 9)).Shuffle(len(perm), func(i, k int) { perm[i], perm[k] = perm[k], perm[i] })
	return inParallel(len(perm)/requestRecords, func(n int, body []byte) ([]byte, error) {
		body = appendLateHead(body, "")
		for i, record := range perm[n*requestRecords : (n+1)*requestRecords] {
			version := 1
			if kindOf(int(record)) == comesAnew {
				version = 2
			}
			body = l.appendRecord(body, i, int(record), 0, version, true)
		}
		body = append(body, `]}`...)
		_, err := c.Call("WriteRecords", body)
		return body, err
	})
}

// loadInOrder makes the table and writes records of all hosts side by side: a request holds points of one host. choose says
// which records are sent, and how far off.
func (l *Late) loadInOrder(c *Client, choose func(record int) (int64, bool)) error {
	if err := c.createTableFor(LateDatabase, LateTable, 7*24); err != nil {
		return err
	}
	return inParallel(l.hosts*l.points/requestRecords, func(n int, body []byte) ([]byte, error) {
		host, first := n%l.hosts, n/l.hosts*requestRecords
		body = appendLateHead(body, `{"Name":"hostname","Value":"`+lateHost(host)+`"}`)
		sent := 0
		for p := first; p < first+requestRecords; p++ {
			if off, ok := choose(host*l.points + p); ok {
				body = l.appendRecord(body, sent, host*l.points+p, off, 1, false)
				sent++
			}
		}
		if sent == 0 {
			return body, nil
		}
		body = append(body, `]}`...)
		_, err := c.Call("WriteRecords", body)
		return body, err
	})
}

// inParallel calls send for 0 to n-1, some calls at the same time, with memory for a body, which it returns.
func inParallel(n int, send func(i int, body []byte) ([]byte, error)) error {
	var next atomic.Int64
	errs := make(chan error, loaders)
	var running sync.WaitGroup
	for range loaders {
		running.Go(func() {
			var body []byte
			var err error
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if body, err = send(int(i), body[:0]); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	running.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// lateHost names a host.
func lateHost(i int) string { return fmt.Sprintf("host-%03d", i) }

// appendLateHead appends the beginning of a request, with a dimension that all of its records have unless that is "".
func appendLateHead(body []byte, dimension string) []byte {
	if dimension != "" {
		dimension = `"Dimensions":[` + dimension + `],`
	}
	return fmt.Appendf(body, `{"DatabaseName":%q,"TableName":%q,"CommonAttributes":{%s"MeasureName":%q,"MeasureValueType":"DOUBLE","TimeUnit":"MILLISECONDS"},"Records":[`,
		LateDatabase, LateTable, dimension, lateMeasure)
}

// appendRecord appends record i of a request.
func (l *Late) appendRecord(body []byte, i, record int, off int64, version int, dimension bool) []byte {
	if i > 0 {
		body = append(body, ',')
	}
	host, point := record/l.points, record%l.points
	body = append(body, '{')
	if dimension {
		body = append(body, `"Dimensions":[{"Name":"hostname","Value":"`...)
		body = append(body, lateHost(host)...)
		body = append(body, `"}],`...)
	}
	if version != 1 {
		body = append(body, `"Version":`...)
		body = strconv.AppendInt(body, int64(version), 10)
		body = append(body, ',')
	}
	body = append(body, `"MeasureValue":"`...)
	body = strconv.AppendFloat(body, float64(int64(l.values[record])+off)/100, 'f', -1, 64)
	body = append(body, `","Time":"`...)
	body = strconv.AppendInt(body, l.timeOf(point), 10)
	return append(body, `"}`...)
}

// timeOf returns the time of a point in milliseconds.
func (l *Late) timeOf(point int) int64 { return l.from + int64(point)*lateStep.Milliseconds() }
