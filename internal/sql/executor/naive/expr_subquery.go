package naive

import (
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// subqueryError marks an error inside of the plan of a subquery, which TRY does not catch.
type subqueryError struct{ err error }

func (e *subqueryError) Error() string { return e.err.Error() }
func (e *subqueryError) Unwrap() error { return e.err }

// answer is the rows of a subquery, or why there are none.
type answer struct {
	rows []row
	err  error
}

// subquery is a query used as a value.
func (r *run) subquery(e *plan.Subquery, s *scope) (types.Value, error) {
	rows, err := r.subqueryRows(e, s)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case plan.SubqueryExists:
		return len(rows) > 0, nil
	case plan.SubqueryScalar:
		if len(rows) == 0 {
			return nil, nil
		}
		return rows[0][0], nil
	}
	x, err := r.eval(e.X, s)
	if err != nil {
		return nil, err
	}
	op := "="
	if e.Kind != plan.SubqueryIn {
		op = e.Compare.Name
	}
	stop := e.Kind != plan.SubqueryAll // ANY ends with the first true, ALL with the first false
	var out types.Value = !stop
	for _, values := range rows {
		v, err := compare(op, x, values[0], e.X.Type())
		switch {
		case err != nil:
			return nil, err
		case v == stop:
			return stop, nil
		case v == nil:
			out = nil
		}
	}
	return out, nil
}

// subqueryRows runs the plan of a subquery; one that depends on nothing outside is run only once.
func (r *run) subqueryRows(e *plan.Subquery, s *scope) ([]row, error) {
	if a, ok := r.subqueries[e]; ok {
		return a.rows, a.err
	}
	if len(e.Outer) == 0 {
		s = nil
	}
	var a answer
	a.rows, a.err = r.rows(e.Input, s)
	if a.err == nil && e.Kind == plan.SubqueryScalar && len(a.rows) > 1 {
		a.err = invalid("Scalar sub-query has returned multiple rows")
	}
	if a.err != nil {
		a.err = &subqueryError{a.err}
	}
	if len(e.Outer) == 0 {
		r.subqueries[e] = a
	}
	return a.rows, a.err
}
