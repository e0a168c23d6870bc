package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// lambdaEval is a lambda. Its body runs over batches that hold, for each call, the enclosing row's columns that it needs,
// then the parameters. A lambda within its body finds all of these as enclosing columns in turn.
type lambdaEval struct {
	cols   []int // the enclosing columns
	body   *expression
	result *types.Type
}

// lambda compiles a lambda. The expression it returns stands for what the body needs of the enclosing batch.
func (c *compiler) lambda(e *plan.Lambda) (*lambdaEval, *expression) {
	uses := plan.Uses(e)
	inner, l := layout{}, &lambdaEval{result: e.T.Elem}
	for id, i := range c.in {
		if uses[id] {
			inner[id] = len(l.cols)
			l.cols = append(l.cols, i)
		}
	}
	for k, p := range e.Params {
		inner[p.ID] = len(l.cols) + k
	}
	l.body = c.builder.compile(e.Body, inner)
	need := &expression{canFail: l.body.canFail, fixed: len(l.cols) == 0 && !volatile(e.Body)}
	need.cols = append(need.cols, l.cols...)
	return l, need
}

// volatile reports whether an expression has another value each time it is evaluated. A subquery counts as such, since it
// must not run before it is needed.
func volatile(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.Call:
			found = found || e.Fn.Volatile
		case *plan.Subquery:
			found = true
		}
		return !found
	})
	return found
}

// over returns the lambda for calls within the rows of b. The result is flat or constant.
func (l *lambdaEval) over(ctx context.Context, b *vector.Batch) function.Lambda {
	return func(args []*vector.Vector, parents []int32) (*vector.Vector, error) {
		n := len(parents)
		if n == 0 {
			return vector.NewBuilder(l.result, 0).Build(), nil
		}
		cols := make([]*vector.Vector, 0, len(l.cols)+len(args))
		for _, c := range l.cols {
			cols = append(cols, spread(b.Cols[c], parents))
		}
		v, err := l.body.eval(ctx, &vector.Batch{Cols: append(cols, args...), Rows: n})
		switch {
		case err != nil:
			return nil, err
		case v.Type.Kind == types.KindUnknown:
			return vector.NullsOf(l.result, n), nil
		case v.Form == vector.Dictionary:
			return v.Flatten(), nil
		}
		return v, nil
	}
}
