package workload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Statement asks for what Check compares.
func (w *Writes) Statement() string {
	var b strings.Builder
	b.WriteString("SELECT measure_name, hostname, count(*), to_milliseconds(min(time)), to_milliseconds(max(time))")
	for _, column := range w.shape.columns {
		b.WriteString(", sum(" + column + ")")
	}
	return b.String() + " FROM " + WriteDatabase + "." + WriteTable + " GROUP BY measure_name, hostname"
}

// Check compares, series by series, how many records are stored, the first and last time, and the sum of each column with
// what was handed out. Rows are those of Statement: measure, host, number, the times in milliseconds, sums.
func (w *Writes) Check(rows Rows) error {
	found := make(map[[2]string][]string, len(rows))
	for _, r := range rows {
		found[[2]string{r[0], r[1]}] = r[2:]
	}
	series := 0
	for _, s := range w.streams {
		for k, h := range s.hosts {
			requests := (s.next + len(s.hosts) - 1 - k) / len(s.hosts)
			for m, measure := range w.shape.measures {
				if requests == 0 {
					continue
				}
				series++
				if err := w.checkSeries(h, m, requests, found[[2]string{measure, h.name}]); err != nil {
					return fmt.Errorf("series %s of %s: %w", measure, h.name, err)
				}
			}
		}
	}
	if series != len(found) {
		return fmt.Errorf("there are %d series, want %d", len(found), series)
	}
	return nil
}

// checkSeries is Check for measure m of a host that had the given number of turns. row is nil if it is missing.
func (w *Writes) checkSeries(h *writeHost, m, requests int, row []string) error {
	points, columns := w.shape.points(), len(w.shape.columns)
	last := w.from + int64(requests*points-1)*w.step
	want := []string{strconv.Itoa(requests * points), strconv.FormatInt(w.from, 10), strconv.FormatInt(last, 10)}
	if len(row) != len(want)+columns {
		return fmt.Errorf("it is missing, or has %d columns instead of %d", len(row), len(want)+columns)
	}
	for i, text := range want {
		if row[i] != text {
			return fmt.Errorf("number, first and last are %v, want %v", row[:len(want)], want)
		}
	}
	for k, text := range row[len(want):] {
		sum := float64(requests) * float64(h.hundredths[m*columns+k]) / 100
		if got, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(got-sum) > 1e-9*sum {
			return fmt.Errorf("the sum of %s is %s, want %f", w.shape.columns[k], text, sum)
		}
	}
	return nil
}
