package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// explanation is the rows of EXPLAIN, and of EXPLAIN ANALYZE, which runs the statement first. It is an addition of ours.
type explanation struct {
	stmt  *plan.Statement
	run   func(context.Context) (Rows, error) // begins the statement
	stats executor.Stats
	done  bool
}

// Next returns all lines at once.
func (e *explanation) Next(ctx context.Context) (*vector.Batch, error) {
	if e.done {
		return nil, nil
	}
	e.done = true
	text := plan.Tree(e.stmt.Root)
	if e.stmt.Analyze {
		var err error
		if text, err = e.analyze(ctx); err != nil {
			return nil, err
		}
	}
	if e.stmt.Unload != nil {
		text = e.stmt.Unload.Label() + "\n  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return &vector.Batch{Cols: []*vector.Vector{vector.Strings(lines, nil)}, Rows: len(lines)}, nil
}

// analyze runs the statement to its end and returns its plan with what each operator did.
func (e *explanation) analyze(ctx context.Context) (string, error) {
	cursor, err := e.run(ctx)
	if err != nil {
		return "", err
	}
	defer cursor.Close()
	rows := 0
	for {
		b, err := cursor.Next(ctx)
		if err != nil {
			return "", err
		}
		if b == nil {
			break
		}
		rows += b.Rows
	}
	e.stats = cursor.Stats()
	return describeRun(e.stats, rows), nil
}

// describeRun prints a plan with what each operator did, and what the whole run read and held.
func describeRun(stats executor.Stats, rows int) string {
	var out strings.Builder
	for _, op := range stats.Operators {
		note := ""
		if op.Subquery {
			note = " (subquery)"
		}
		fmt.Fprintf(&out, "%s%s%s: %d rows, %d batches, %s\n", strings.Repeat("  ", op.Depth), op.Node.Label(), note, op.Rows, op.Batches, op.Time)
	}
	fmt.Fprintf(&out, "result: %d rows; scanned: %d series, %d rows, %d blocks, %d bytes; peak memory: %d bytes\n",
		rows, stats.Scan.Series, stats.Scan.Rows, stats.Scan.Blocks, stats.Scan.Bytes, stats.MemoryPeak)
	return out.String()
}

// Stats returns what EXPLAIN ANALYZE scanned.
func (e *explanation) Stats() executor.Stats { return e.stats }

// Close does nothing: analyze closes its cursor.
func (e *explanation) Close() {}
