package executor

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// cast compiles a conversion. It runs as a call of a function of one argument, so that it gets the same treatment of
// constants and dictionaries.
func (c *compiler) cast(e *plan.Cast) *expression {
	return c.castOf(c.compile(e.X), e.T, e.Try)
}

// castOf compiles the conversion of x to type t; what cannot be converted is NULL with try.
func (c *compiler) castOf(x *expression, t *types.Type, try bool) *expression {
	switch {
	case x.t.Kind == types.KindUnknown:
		return constant(vector.NullsOf(t, 1))
	case x.t.Equal(t):
		return derive(t, &retypeEval{x, t}, x)
	}
	fn := &function.Scalar{
		Name:    "cast",
		CanFail: !try && castCanFail(x.t, t),
		Eval: func(a *function.Args) (*vector.Vector, error) {
			return function.Cast(a.Vecs[0], a.Result, try)
		},
	}
	out := derive(t, &callEval{fn: fn, args: []*expression{x}, result: t, run: c.run}, x)
	out.canFail = out.canFail || fn.CanFail
	return out
}

// castCanFail reports whether some value of a type cannot be converted to another; true if in doubt.
func castCanFail(from, to *types.Type) bool {
	if from.Equal(to) {
		return false
	}
	switch {
	case to.Kind == types.KindVarchar:
		return !from.IsScalar()
	case to.Kind == types.KindDouble:
		return from.Kind != types.KindInteger && from.Kind != types.KindBigint && from.Kind != types.KindBoolean
	case to.Kind == types.KindBigint:
		return from.Kind != types.KindInteger && from.Kind != types.KindBoolean
	case from.Kind == to.Kind && from.Elem != nil:
		return castCanFail(from.Elem, to.Elem)
	case from.Kind == types.KindRow && to.Kind == types.KindRow:
		for i := range from.Fields {
			if castCanFail(from.Fields[i].Type, to.Fields[i].Type) {
				return true
			}
		}
		return false
	}
	return true
}

// retypeEval gives values another type that is held in the same way.
type retypeEval struct {
	x *expression
	t *types.Type
}

func (r *retypeEval) eval(ctx context.Context, b *vector.Batch) (*vector.Vector, error) {
	v, err := r.x.eval(ctx, b)
	if err != nil || v.Type == r.t {
		return v, err
	}
	return v.WithType(r.t), nil
}
