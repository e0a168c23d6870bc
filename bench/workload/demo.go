package workload

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// Demo is the workshop's two tables with two hours of history.
type Demo struct {
	tables   []generator.Demo
	from, to time.Time
}

// demoHistory is how far back the tables go.
const demoHistory = 2 * time.Hour

// NewDemo returns the tables as they are at a time. A scale of 1 is the demo's size, about 770,000 records.
func NewDemo(scale float64, now time.Time) (*Demo, error) {
	tables, err := generator.DemoTables(1, scale)
	if err != nil {
		return nil, err
	}
	return &Demo{tables, now.Add(-demoHistory), now}, nil
}

// Load writes all records to a server and returns how many there are.
func (d *Demo) Load(c *Client) (int64, error) {
	var total int64
	for _, t := range d.tables {
		n, err := load(c, t.Spec.Database, t.Spec.Table, t.Source.Records(d.from.UnixNano(), d.to.UnixNano()))
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// Statement returns a statement of the workshop for these tables: its time range is all of the history.
func (d *Demo) Statement(name string) (string, error) {
	sql, err := Statement(name)
	between := fmt.Sprintf("time BETWEEN from_milliseconds(%d) AND from_milliseconds(%d)", d.from.UnixMilli(), d.to.UnixMilli())
	return strings.ReplaceAll(sql, "$__timeFilter", between), err
}
