package naive

import "github.com/tidemarkdb/tidemark/internal/sql/plan"

// join compares every row of one side with every row of the other.
func (r *run) join(n *plan.Join, outer *scope) ([]row, error) {
	left, err := r.rows(n.L, outer)
	if err != nil {
		return nil, err
	}
	right, err := r.rows(n.R, outer)
	if err != nil {
		return nil, err
	}
	var lkeys, rkeys []plan.Expr
	for _, k := range n.Keys {
		lkeys, rkeys = append(lkeys, k.L), append(rkeys, k.R)
	}
	lvals, err := r.evalRows(lkeys, n.L.Columns(), left, outer)
	if err != nil {
		return nil, err
	}
	rvals, err := r.evalRows(rkeys, n.R.Columns(), right, outer)
	if err != nil {
		return nil, err
	}
	var out []row
	matched := make([]bool, len(right))
	for i, l := range left {
		found := false
		for j, rt := range right {
			both := append(append(row{}, l...), rt...)
			ok, err := r.matches(n, lvals[i], rvals[j], both, outer)
			if err != nil {
				return nil, err
			}
			if ok {
				found, matched[j] = true, true
				out = append(out, both)
			}
		}
		if !found && (n.Kind == plan.LeftJoin || n.Kind == plan.FullJoin) {
			out = append(out, append(append(row{}, l...), make(row, len(n.R.Columns()))...))
		}
	}
	for j, rt := range right {
		if !matched[j] && (n.Kind == plan.RightJoin || n.Kind == plan.FullJoin) {
			out = append(out, append(make(row, len(n.L.Columns())), rt...))
		}
	}
	return out, nil
}

// matches reports whether two rows belong together.
func (r *run) matches(n *plan.Join, lkeys, rkeys, both row, outer *scope) (bool, error) {
	for i := range lkeys {
		if equal, known := equals(lkeys[i], rkeys[i]); !equal || !known {
			return false, nil
		}
	}
	if n.Residual == nil {
		return true, nil
	}
	if err := r.ctx.Err(); err != nil {
		return false, err
	}
	return r.holds(n.Residual, outer.over(n.Columns(), both))
}
