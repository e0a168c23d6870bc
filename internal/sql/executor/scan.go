package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// scan reads a table.
type scan struct {
	run     *run
	node    *plan.Scan
	preds   []*expression // one a series filter; nil where the filter is a list
	joined  []SeriesFilter
	scanner Scanner
	opened  bool
	rest    *vector.Batch // read but not yet handed on
}

// newScan makes the operator of a Scan, which opens the source when it is first asked for rows.
func (b *builder) newScan(n *plan.Scan) *scan {
	s := &scan{run: b.run, node: n, preds: make([]*expression, len(n.Series))}
	for i, f := range n.Series {
		if f.Pred != nil {
			s.preds[i] = b.compile(f.Pred, layout{f.Col.ID: 0})
		}
	}
	return s
}

// restrict allows only series whose dimension has one of the values.
func (s *scan) restrict(id plan.ColumnID, values []string) {
	for i, c := range s.node.Cols {
		source := s.node.Source[i]
		role := s.node.Table.Columns[source].Role
		if c.ID == id && (role == plan.RoleDimension || role == plan.RoleMeasureName) {
			s.joined = append(s.joined, SeriesFilter{Column: source, In: values})
		}
	}
}

func (s *scan) next(ctx context.Context) (*vector.Batch, error) {
	if !s.opened {
		s.opened = true
		if err := s.open(ctx); err != nil {
			return nil, err
		}
	}
	if s.scanner == nil {
		return nil, nil
	}
	b := s.rest
	if b == nil {
		var err error
		if b, err = s.scanner.Next(ctx); b == nil || err != nil {
			return nil, err
		}
	}
	s.rest = nil
	if size := s.run.batchRows; b.Rows > size {
		s.rest = b.Slice(size, b.Rows)
		b = b.Slice(0, size)
	}
	return b, nil
}

// open starts the scan, unless its filters allow nothing.
func (s *scan) open(ctx context.Context) error {
	n := s.node
	if n.TimeFrom > n.TimeTo {
		return nil
	}
	req := ScanRequest{Table: n.Table, Columns: n.Source, TimeFrom: n.TimeFrom, TimeTo: n.TimeTo, Series: s.joined}
	for i, f := range n.Series {
		filter, err := s.filter(ctx, f, s.preds[i])
		if err != nil {
			return err
		}
		req.Series = append(req.Series, filter)
	}
	for _, f := range req.Series {
		if len(f.In) == 0 && !f.Null {
			return nil
		}
	}
	for _, b := range n.Bounds {
		req.Bounds = append(req.Bounds, ValueBound{Column: b.Source, Low: b.Low, High: b.High})
	}
	scanner, err := s.run.source.Scan(ctx, req)
	if err != nil {
		return err
	}
	s.scanner = scanner
	s.run.recorder.scanners = append(s.run.recorder.scanners, scanner)
	return nil
}

// filter turns a filter of the plan into a list of values: a predicate is decided for each value that the dimension has.
func (s *scan) filter(ctx context.Context, f plan.SeriesFilter, pred *expression) (SeriesFilter, error) {
	out := SeriesFilter{Column: f.Source, In: f.In}
	if pred == nil {
		return out, nil
	}
	values, missing, err := s.run.source.DistinctValues(ctx, s.node.Table, f.Source)
	if err != nil {
		return out, err
	}
	for from := 0; from < len(values); from += vector.BatchRows {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		part := values[from:min(from+vector.BatchRows, len(values))]
		sel, all, err := holds(ctx, pred, vector.Strings(part, nil))
		switch {
		case err != nil:
			return out, err
		case all:
			out.In = append(out.In, part...)
		}
		for _, i := range sel {
			out.In = append(out.In, part[i])
		}
	}
	if missing {
		if _, out.Null, err = holds(ctx, pred, vector.NullsOf(types.Varchar, 1)); err != nil {
			return out, err
		}
	}
	return out, nil
}

// holds returns for which rows of a column a predicate over it alone is true, as trueRows does.
func holds(ctx context.Context, pred *expression, column *vector.Vector) (sel []int32, all bool, err error) {
	v, err := pred.eval(ctx, &vector.Batch{Cols: []*vector.Vector{column}, Rows: column.Len()})
	if err != nil {
		return nil, false, err
	}
	sel, all = trueRows(v)
	return sel, all, nil
}

func (s *scan) close() {
	if s.scanner != nil {
		s.run.recorder.closed(s.scanner)
		s.scanner.Close()
	}
	s.scanner, s.rest, s.opened = nil, nil, true
}
