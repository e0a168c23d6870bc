package naive

import (
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// windowFunc returns the value of a window function for row i of a partition.
type windowFunc func(p *partition, f *plan.WindowExpr, i int) (types.Value, error)

// windowFunctions are the functions that are only window functions. Source: reference, 4.14.
var windowFunctions map[string]windowFunc

func init() {
	windowFunctions = map[string]windowFunc{
		"row_number": func(_ *partition, _ *plan.WindowExpr, i int) (types.Value, error) { return int64(i + 1), nil },
		"rank":       func(p *partition, _ *plan.WindowExpr, i int) (types.Value, error) { return int64(p.before(i) + 1), nil },
		"dense_rank": func(p *partition, _ *plan.WindowExpr, i int) (types.Value, error) {
			n := int64(1)
			for j := 1; j <= i; j++ {
				if p.order(j-1, j) != 0 {
					n++
				}
			}
			return n, nil
		},
		"percent_rank": func(p *partition, _ *plan.WindowExpr, i int) (types.Value, error) {
			if len(p.rows) == 1 {
				return 0.0, nil
			}
			return float64(p.before(i)) / float64(len(p.rows)-1), nil
		},
		"cume_dist": func(p *partition, _ *plan.WindowExpr, i int) (types.Value, error) {
			n := 0
			for j := range p.rows {
				if p.order(j, i) <= 0 {
					n++
				}
			}
			return float64(n) / float64(len(p.rows)), nil
		},
		"ntile":       ntile,
		"first_value": func(p *partition, f *plan.WindowExpr, i int) (types.Value, error) { return p.inFrame(f, i, 0) },
		"last_value":  func(p *partition, f *plan.WindowExpr, i int) (types.Value, error) { return p.inFrame(f, i, -1) },
		"nth_value": func(p *partition, f *plan.WindowExpr, i int) (types.Value, error) {
			k, err := p.run.eval(f.Args[1], p.scope(i))
			switch {
			case k == nil || err != nil:
				return nil, err
			case k.(int64) < 1:
				return nil, invalid("Offset must be at least 1")
			}
			return p.inFrame(f, i, int(min(k.(int64), 1<<40))-1)
		},
		"lag":  func(p *partition, f *plan.WindowExpr, i int) (types.Value, error) { return p.shifted(f, i, -1) },
		"lead": func(p *partition, f *plan.WindowExpr, i int) (types.Value, error) { return p.shifted(f, i, 1) },
	}
}

// before returns how many rows come before row i and are no peers of it.
func (p *partition) before(i int) int {
	n := 0
	for j := range p.rows {
		if p.order(j, i) < 0 {
			n++
		}
	}
	return n
}

// ntile deals the rows out to buckets: the first ones get one more if it does not come out even.
func ntile(p *partition, f *plan.WindowExpr, i int) (types.Value, error) {
	v, err := p.run.eval(f.Args[0], p.scope(i))
	if v == nil || err != nil {
		return nil, err
	}
	n := v.(int64)
	if n < 1 {
		return nil, invalid("Buckets must be greater than 0")
	}
	size, more := int64(len(p.rows))/n, int64(len(p.rows))%n
	bucket, left := int64(1), size
	if more > 0 {
		left++
	}
	for range i {
		if left--; left == 0 {
			bucket++
			left = size
			if bucket <= more {
				left++
			}
		}
	}
	return bucket, nil
}

// inFrame returns the value of candidate k of the frame of row i, from the end if k is negative; NULL if there is none.
// With IGNORE NULLS the candidates are the rows where the value is not NULL.
func (p *partition) inFrame(f *plan.WindowExpr, i, k int) (types.Value, error) {
	frame, err := p.frame(f, i)
	if err != nil {
		return nil, err
	}
	var candidates list
	for _, j := range frame {
		v, err := p.run.eval(f.Args[0], p.scope(j))
		if err != nil {
			return nil, err
		}
		if v != nil || !f.IgnoreNulls {
			candidates = append(candidates, v)
		}
	}
	if k < 0 {
		k += len(candidates)
	}
	return at(candidates, k), nil
}

// shifted is lag (step -1) and lead (step 1): the value of the k-th candidate in a direction. Where there is none, or k is
// NULL, it is the default. For k = 0 it is the row itself.
func (p *partition) shifted(f *plan.WindowExpr, i, step int) (types.Value, error) {
	args, err := p.run.evalAll(f.Args, p.scope(i))
	if err != nil {
		return nil, err
	}
	k, missing := types.Value(int64(1)), types.Value(nil)
	if len(args) > 1 {
		k = args[1]
	}
	if len(args) > 2 {
		missing = args[2]
	}
	if k == nil {
		return missing, nil
	}
	left := k.(int64)
	if left < 0 {
		return nil, invalid("Offset must be at least 0")
	}
	if left == 0 {
		return args[0], nil
	}
	for j := i + step; j >= 0 && j < len(p.rows); j += step {
		v, err := p.run.eval(f.Args[0], p.scope(j))
		if err != nil {
			return nil, err
		}
		if v != nil || !f.IgnoreNulls {
			if left--; left == 0 {
				return v, nil
			}
		}
	}
	return missing, nil
}
