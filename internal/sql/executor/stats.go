package executor

import (
	"context"
	"time"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Stats is what a run of a statement has done so far.
type Stats struct {
	Scan       ScanStats // summed over all scans
	MemoryPeak int64     // bytes
	// Operators are those of the statement's plan in the order in which plan.Tree prints them, then those of its
	// subqueries as they were first run.
	Operators []OperatorStats
}

// OperatorStats is what one operator has done, over all of its runs if it belongs to a correlated subquery.
type OperatorStats struct {
	Node     plan.Node
	Depth    int  // 0 for the root
	Subquery bool // part of a subquery's plan
	Rows     int64
	Batches  int64
	Time     time.Duration // spent in the operator itself, without its inputs
}

// recorder collects Stats.
type recorder struct {
	operators []*OperatorStats
	byNode    map[plan.Node]*OperatorStats
	scanners  []Scanner // open ones
	scanned   ScanStats // of those that are closed

	// The operator that is running and since when its time is not yet counted. An operator's input runs inside it.
	running *OperatorStats
	since   time.Time
}

// operator returns the record of an operator, new or of a former run.
func (r *recorder) operator(n plan.Node, depth int, subquery bool) *OperatorStats {
	if s, ok := r.byNode[n]; ok {
		return s
	}
	s := &OperatorStats{Node: n, Depth: depth, Subquery: subquery}
	r.operators = append(r.operators, s)
	r.byNode[n] = s
	return s
}

// enter starts counting time for s and returns what ran until now, for leave.
func (r *recorder) enter(s *OperatorStats) (outer *OperatorStats) {
	now := time.Now()
	outer = r.running
	if outer != nil {
		outer.Time += now.Sub(r.since)
	}
	r.running, r.since = s, now
	return outer
}

// leave ends what enter started.
func (r *recorder) leave(outer *OperatorStats) {
	now := time.Now()
	r.running.Time += now.Sub(r.since)
	r.running, r.since = outer, now
}

// closed takes a scanner that ends from the open ones.
func (r *recorder) closed(s Scanner) {
	r.scanned = r.scanned.plus(s.Stats())
	for i, open := range r.scanners {
		if open == s {
			r.scanners = append(r.scanners[:i], r.scanners[i+1:]...)
			return
		}
	}
}

// scan sums what all scans did.
func (r *recorder) scan() ScanStats {
	sum := r.scanned
	for _, s := range r.scanners {
		sum = sum.plus(s.Stats())
	}
	return sum
}

// plus returns the sum of two.
func (s ScanStats) plus(o ScanStats) ScanStats {
	return ScanStats{s.Series + o.Series, s.Rows + o.Rows, s.Blocks + o.Blocks, s.Bytes + o.Bytes}
}

// metered is an operator whose rows and time are counted. It also is the place where cancellation is seen, and it spares
// operators from being asked again after their end.
type metered struct {
	operator
	recorder *recorder
	stats    *OperatorStats
	done     bool
}

func (m *metered) next(ctx context.Context) (*vector.Batch, error) {
	if m.done {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	outer := m.recorder.enter(m.stats)
	b, err := m.operator.next(ctx)
	m.recorder.leave(outer)
	if err != nil || b == nil {
		m.done = true
		return nil, err
	}
	m.stats.Rows += int64(b.Rows)
	m.stats.Batches++
	return b, nil
}

// restrict goes on to the operator.
func (m *metered) restrict(id plan.ColumnID, values []string) { restrict(m.operator, id, values) }
