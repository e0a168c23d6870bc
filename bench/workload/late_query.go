package workload

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// LateQuery is a statement about the table of Late and a check of its answer.
type LateQuery struct {
	Name, SQL string
	Check     func(Rows) error
}

// What the dashboard of LateQueries shows.
const (
	lateShown = 500              // the host
	lateRange = 2 * time.Hour    // in the middle of the table
	lateBin   = 30 * time.Second // one point or two
)

// Queries returns the statements that are measured: a dashboard of one host, all hosts with number and sum of their values, and
// the last point of each host.
func (l *Late) Queries() []LateQuery {
	table := LateDatabase + "." + LateTable
	first := l.points/2 - int(lateRange/lateStep)/2
	from, to := l.timeOf(first), l.timeOf(first+int(lateRange/lateStep)-1)
	return []LateQuery{
		{"dashboard", fmt.Sprintf(`SELECT bin(time, %ds), avg(measure_value::double) FROM %s WHERE hostname = '%s' AND measure_name = '%s'
			AND time BETWEEN from_milliseconds(%d) AND from_milliseconds(%d) GROUP BY 1 ORDER BY 1`,
			int(lateBin.Seconds()), table, lateHost(lateShown), lateMeasure, from, to),
			func(rows Rows) error { return l.checkDashboard(rows, first) }},
		{"all-hosts", fmt.Sprintf(`SELECT hostname, count(*), sum(measure_value::double), min(measure_value::double), max(measure_value::double)
			FROM %s GROUP BY hostname ORDER BY hostname`, table), l.checkHosts},
		{"last-point", fmt.Sprintf(`SELECT hostname, to_milliseconds(max(time)), max_by(measure_value::double, time) FROM %s GROUP BY hostname ORDER BY hostname`,
			table), l.checkLast},
	}
}

// checkDashboard compares the bins of one host.
func (l *Late) checkDashboard(rows Rows, first int) error {
	type bin struct {
		start      int64
		sum, count float64
	}
	var bins []bin
	for p := first; p < first+int(lateRange/lateStep); p++ {
		start := l.timeOf(p) / lateBin.Milliseconds() * lateBin.Milliseconds()
		if n := len(bins); n == 0 || bins[n-1].start != start {
			bins = append(bins, bin{start: start})
		}
		b := &bins[len(bins)-1]
		b.sum, b.count = b.sum+float64(l.values[lateShown*l.points+p])/100, b.count+1
	}
	if len(rows) != len(bins) {
		return fmt.Errorf("%d bins, want %d", len(rows), len(bins))
	}
	for i, b := range bins {
		if rows[i][0] != TimestampText(time.UnixMilli(b.start)) || !near(rows[i][1], b.sum/b.count) {
			return fmt.Errorf("bin %d is %v, want %v", i, rows[i], b)
		}
	}
	return nil
}

// checkHosts compares number, sum, and extremes of each host.
func (l *Late) checkHosts(rows Rows) error {
	return l.checkEach(rows, func(row []string, values []int16) bool {
		low, high, sum := int16(math.MaxInt16), int16(0), 0.0
		for _, v := range values {
			low, high, sum = min(low, v), max(high, v), sum+float64(v)/100
		}
		return row[1] == strconv.Itoa(l.points) && near(row[2], sum) && near(row[3], float64(low)/100) && near(row[4], float64(high)/100)
	})
}

// checkLast compares the last point of each host.
func (l *Late) checkLast(rows Rows) error {
	last := strconv.FormatInt(l.timeOf(l.points-1), 10)
	return l.checkEach(rows, func(row []string, values []int16) bool {
		return row[1] == last && near(row[2], float64(values[len(values)-1])/100)
	})
}

// checkEach checks the row of each host.
func (l *Late) checkEach(rows Rows, right func(row []string, values []int16) bool) error {
	if len(rows) != l.hosts {
		return fmt.Errorf("%d hosts, want %d", len(rows), l.hosts)
	}
	for h, row := range rows {
		if row[0] != lateHost(h) || !right(row, l.values[h*l.points:(h+1)*l.points]) {
			return fmt.Errorf("wrong row of host %d: %v", h, row)
		}
	}
	return nil
}

// near reports whether a printed double is a number, but for the last digits of a sum.
func near(text string, want float64) bool {
	got, err := strconv.ParseFloat(text, 64)
	return err == nil && math.Abs(got-want) <= 1e-9*max(math.Abs(want), 1)
}
