package analyzer

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// Prepared is what is known of a statement that is only analyzed.
type Prepared struct {
	Columns    []PreparedColumn
	Parameters []PreparedParameter // in the order of their first use in the text
}

// PreparedColumn is a column of the statement's result.
type PreparedColumn struct {
	Name            string
	Type            *types.Type
	Database, Table string // of a column that comes unchanged from a table, else empty
	Aliased         bool   // an alias of a select list gave the name
}

// PreparedParameter is a named parameter with the type that its uses need, unknown if they need none.
type PreparedParameter struct {
	Name string
	Type *types.Type
}

// ScheduledRuntime is the parameter that scheduled queries have a value for: the time for which they run.
const ScheduledRuntime = "scheduled_runtime"

// Prepare analyzes a statement that may have named parameters. Errors are those of Analyze.
func Prepare(stmt ast.Statement, opts Options) (*Prepared, error) {
	a := &analyzer{catalog: opts.Catalog, now: opts.Now, params: map[string]*plan.Parameter{}}
	out := &Prepared{}
	if q, ok := stmt.(*ast.Query); ok {
		_, fields, err := a.queryStatement(q)
		if err != nil {
			return nil, err
		}
		for i, f := range fields {
			c := PreparedColumn{Name: outputName(f.name, i), Type: f.col.Type, Aliased: f.aliased}
			if f.origin != nil {
				c.Database, c.Table = f.origin.Database, f.origin.Name
			}
			out.Columns = append(out.Columns, c)
		}
	} else {
		s, err := a.statement(stmt)
		if err != nil {
			return nil, err
		}
		for _, c := range ResultColumns(s) {
			out.Columns = append(out.Columns, PreparedColumn{Name: c.Name, Type: c.Type})
		}
	}
	var err error
	out.Parameters, err = a.parameters()
	return out, err
}

// ResultColumns are the names and types of what a statement answers: its own columns, or those of EXPLAIN and UNLOAD.
func ResultColumns(s *plan.Statement) []types.Field {
	switch {
	case s.Explain:
		return varcharColumns("Query Plan")
	case s.Unload != nil:
		return append([]types.Field{{Name: "rows", Type: types.Bigint}}, varcharColumns("metadataFile", "manifestFile")...)
	}
	out := make([]types.Field, len(s.Output))
	for i, c := range s.Output {
		out[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	return out
}

// parameters lists the parameters that were found, with their types.
func (a *analyzer) parameters() ([]PreparedParameter, error) {
	var found []*plan.Parameter
	for _, p := range a.params {
		found = append(found, p)
	}
	slices.SortFunc(found, func(x, y *plan.Parameter) int { return comparePos(x.Pos, y.Pos) })
	out := make([]PreparedParameter, len(found))
	for i, p := range found {
		t, err := parameterType(p)
		if err != nil {
			return nil, err
		}
		out[i] = PreparedParameter{p.Name, t}
	}
	return out, nil
}

func comparePos(a, b ast.Pos) int {
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Col - b.Col
}

// parameterType is the one of the needed types whose values can stand for all others.
func parameterType(p *plan.Parameter) (*types.Type, error) {
	if len(p.Needs) == 0 {
		if len(p.Casts) > 0 {
			return p.Casts[0], nil
		}
		return types.Unknown, nil
	}
	t := p.Needs[0]
	for _, need := range p.Needs[1:] {
		switch {
		case types.CanCoerce(t, need):
		case types.CanCoerce(need, t):
			t = need
		default:
			return nil, dberr.At(p.Pos, "Parameter '@%s' is used as %s and as %s", p.Name, t, need)
		}
	}
	return t, nil
}

// param is a named parameter: a value of a type that shows only where it is used. A statement that is to run has none but the
// time of a scheduled query.
func (p *place) param(e *ast.Param) (plan.Expr, error) {
	if p.a.runtime != nil && e.Name == ScheduledRuntime {
		return constant(types.Timestamp, *p.a.runtime), nil
	}
	if p.a.params == nil {
		return nil, dberr.At(e.Pos, "Parameter '@%s' has no value", e.Name)
	}
	of, known := p.a.params[e.Name]
	if !known {
		of = &plan.Parameter{Name: e.Name, Pos: e.Pos}
		p.a.params[e.Name] = of
	}
	if comparePos(e.Pos, of.Pos) < 0 {
		of.Pos = e.Pos
	}
	x := &plan.Param{Of: of, T: types.Unknown}
	if e.Name == ScheduledRuntime {
		return needs(x, types.Timestamp), nil
	}
	return x, nil
}

// hinted gives parameters the types that other uses have shown, where the arguments of a call show no type at all: in
// "time > @from AND time < @from + @width" the width is an interval.
func hinted(args []plan.Expr) []plan.Expr {
	for _, x := range args {
		if x.Type().Kind != types.KindUnknown {
			return args
		}
	}
	out := slices.Clone(args)
	for i, x := range args {
		if p, ok := x.(*plan.Param); ok {
			if t, err := parameterType(p.Of); err == nil {
				out[i] = coerce(p, t)
			}
		}
	}
	return out
}

// needs notes that a use of a parameter needs a value of type t.
func needs(x *plan.Param, t *types.Type) *plan.Param {
	x.Of.Needs = append(x.Of.Needs, t)
	return &plan.Param{Of: x.Of, T: t}
}
