package analyzer

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// place is where expressions stand: the names they see and what they may contain.
type place struct {
	a      *analyzer
	scope  *scope
	clause string // "WHERE clause", "GROUP BY clause", ...: in messages about what must not stand there

	calls     *calls // collects aggregates and window functions; nil where there may be none
	noWindows bool   // calls collects aggregates only
	inCall    string // name of the aggregate whose arguments these are
	inWindow  string // name of the window function whose arguments these are
	inLambda  bool
}

// boolean analyzes a condition and requires it to be boolean; message is what the error begins with.
func (p *place) boolean(e ast.Expr, message string) (plan.Expr, error) {
	x, err := p.expr(e)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind != types.KindBoolean && x.Type().Kind != types.KindUnknown {
		return nil, dberr.At(e.Position(), "%s must evaluate to a boolean (actual: %s)", message, x.Type())
	}
	return coerce(x, types.Boolean), nil
}

// expr analyzes an expression.
func (p *place) expr(e ast.Expr) (plan.Expr, error) {
	if err := p.a.enter(e.Position()); err != nil {
		return nil, err
	}
	defer p.a.leave()
	switch e := e.(type) {
	case *ast.Null:
		return constant(types.Unknown, nil), nil
	case *ast.Bool:
		return constant(types.Boolean, e.Value), nil
	case *ast.Int:
		return intLiteral(e.Value), nil
	case *ast.Float:
		return constant(types.Double, e.Value), nil
	case *ast.Str:
		return constant(types.Varchar, e.Value), nil
	case *ast.Typed:
		return typedLiteral(e)
	case *ast.Interval:
		return intervalLiteral(e)
	case *ast.Duration:
		return durationLiteral(e)
	case *ast.Param:
		return nil, dberr.At(e.Pos, "Parameter '@%s' has no value", e.Name)
	case *ast.Ident:
		return p.ident(e)
	case *ast.Dot:
		return p.dot(e)
	case *ast.Call:
		return p.call(e)
	case *ast.Subscript:
		return p.apply(e.Pos, "subscript", e.X, e.Index)
	case *ast.Extract:
		return p.extract(e)
	case *ast.Cast:
		return p.cast(e)
	case *ast.Lambda:
		return nil, dberr.At(e.Pos, "Lambda expression should always be used inside a function")
	case *ast.ScalarQuery, *ast.Exists, *ast.InQuery, *ast.Quantified:
		return p.subquery(e)
	}
	return p.operator(e)
}

// operator analyzes expressions that are made of symbols and keywords.
func (p *place) operator(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Unary:
		return p.unary(e)
	case *ast.Binary:
		return p.apply(e.Pos, e.Op, e.L, e.R)
	case *ast.Logic:
		return p.logic(e)
	case *ast.Not:
		x, err := p.boolean(e.X, "Value of logical NOT expression")
		return &plan.Not{X: x}, err
	case *ast.Between:
		return p.between(e)
	case *ast.InList:
		return p.inList(e)
	case *ast.Like:
		return p.like(e)
	case *ast.IsNull:
		x, err := p.expr(e.X)
		return negated(&plan.IsNull{X: x}, e.Not), err
	case *ast.IsDistinct:
		return p.isDistinct(e)
	case *ast.Case:
		return p.caseExpr(e)
	case *ast.Array:
		return p.array(e)
	case *ast.Row:
		return p.row(e.Fields)
	}
	return nil, dberr.New(dberr.Internal, "bug: unknown expression %T", e)
}

func negated(e plan.Expr, not bool) plan.Expr {
	if not {
		return &plan.Not{X: e}
	}
	return e
}

// exprs analyzes a list.
func (p *place) exprs(list []ast.Expr) ([]plan.Expr, error) {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = p.expr(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *place) ident(e *ast.Ident) (plan.Expr, error) {
	x, err := p.scope.lookup(e.Pos, nil, e.Name)
	if err == nil && x == nil {
		err = dberr.At(e.Pos, "Column '%s' does not exist", e.Name)
	}
	return x, err
}

// dot is relation.column, database.table.column, or the field of a row.
func (p *place) dot(e *ast.Dot) (plan.Expr, error) {
	if parts := dotted(e); parts != nil {
		names := make([]string, len(parts)-1)
		for i := range names {
			names[i] = parts[i].Name
		}
		last := parts[len(parts)-1]
		x, err := p.scope.lookup(e.Pos, names, last.Name)
		if x != nil || err != nil {
			return x, err
		}
		if missing := p.missingColumn(e, names, last.Name); missing != nil {
			return nil, missing
		}
	}
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	return fieldOf(x, e)
}

// missingColumn is the error for a name that can only be meant as a column which does not exist; nil if "a.b" may be field b
// of column a.
func (p *place) missingColumn(e *ast.Dot, qualifier []string, name string) error {
	if len(qualifier) > 1 && !p.knowsRelation(qualifier) {
		return nil
	}
	if len(qualifier) == 1 {
		if column, err := p.scope.lookup(e.Pos, nil, qualifier[0]); column != nil || err != nil {
			return err
		}
	}
	return dberr.At(e.Pos, "Column '%s.%s' does not exist", strings.Join(qualifier, "."), name)
}

func (p *place) knowsRelation(qualifier []string) bool {
	for s := p.scope; s != nil; s = s.outer {
		if s.hasRelation(qualifier) {
			return true
		}
	}
	return false
}

// dotted returns the identifiers of a.b.c, nil if something else is among them.
func dotted(e *ast.Dot) []*ast.Ident {
	switch x := e.X.(type) {
	case *ast.Ident:
		return []*ast.Ident{x, e.Name}
	case *ast.Dot:
		if parts := dotted(x); parts != nil {
			return append(parts, e.Name)
		}
	}
	return nil
}

// fieldOf is the field of a row value by name.
func fieldOf(x plan.Expr, e *ast.Dot) (plan.Expr, error) {
	t := x.Type()
	if t.Kind != types.KindRow {
		return nil, dberr.At(e.Pos, "Expression %s is not of type ROW", e.X)
	}
	found := -1
	for i, f := range t.Fields {
		if f.Name != "" && strings.EqualFold(f.Name, e.Name.Name) {
			if found >= 0 {
				return nil, dberr.At(e.Name.Pos, "Ambiguous row field reference: %s", e.Name.Name)
			}
			found = i
		}
	}
	if found < 0 {
		return nil, dberr.At(e.Name.Pos, "Column '%s' does not exist", e)
	}
	return &plan.Field{X: x, Index: found, T: t.Fields[found].Type}, nil
}

// coerce makes e a value of type t; the types must allow it.
func coerce(e plan.Expr, t *types.Type) plan.Expr {
	if e.Type().Equal(t) {
		return e
	}
	if c, ok := e.(*plan.Const); ok && c.Value == nil {
		return constant(t, nil)
	}
	return &plan.Cast{X: e, T: t}
}

// apply resolves a scalar function or operator over analyzed arguments.
func (p *place) apply(pos ast.Pos, name string, args ...ast.Expr) (plan.Expr, error) {
	list, err := p.exprs(args)
	if err != nil {
		return nil, err
	}
	return applyTo(pos, name, list)
}

// applyTo resolves a scalar function or operator without lambdas.
func applyTo(pos ast.Pos, name string, args []plan.Expr) (plan.Expr, error) {
	ts := make([]*types.Type, len(args))
	for i, x := range args {
		ts[i] = x.Type()
	}
	fn, match, err := function.ResolveScalar(name, ts, nil)
	if err != nil {
		return nil, operatorError(pos, name, ts, err)
	}
	return newCall(pos, fn, match, args), nil
}

// newCall builds a call with its arguments coerced. A call that cannot but be NULL becomes one.
func newCall(pos ast.Pos, fn *function.Scalar, match function.Match, args []plan.Expr) plan.Expr {
	out := &plan.Call{Fn: fn, T: match.Result, Pos: pos, Args: make([]plan.Expr, len(args))}
	for i, x := range args {
		if _, isLambda := x.(*plan.Lambda); isLambda {
			out.Args[i] = x
			continue
		}
		out.Args[i] = coerce(x, match.Params[i])
		if match.Params[i].Kind == types.KindUnknown && !fn.CallOnNull {
			return constant(match.Result, nil)
		}
	}
	return out
}

// operatorError words a failed resolution of an operator as the service does; for functions err is kept.
func operatorError(pos ast.Pos, name string, args []*types.Type, err error) error {
	if name[0] >= 'a' && name[0] <= 'z' && name != "negate" && name != "subscript" && name != "like" {
		return withPos(err, pos)
	}
	switch {
	case name == "subscript":
		return dberr.At(pos, "Cannot use subscript of type %s on %s", args[1], args[0])
	case name == "negate":
		return dberr.At(pos, "Cannot negate value of type %s", args[0])
	case name == "like":
		for i, t := range args {
			if t.Kind != types.KindVarchar {
				what := [...]string{"Left side of LIKE expression", "Pattern for LIKE expression", "Escape for LIKE expression"}[i]
				return dberr.At(pos, "%s must evaluate to a varchar (actual: %s)", what, t)
			}
		}
	case len(args) == 2:
		return dberr.At(pos, "'%s' cannot be applied to %s, %s", name, args[0], args[1])
	}
	return withPos(err, pos)
}

// withPos adds a place to an error that has none.
func withPos(err error, pos ast.Pos) error {
	if e, ok := err.(*dberr.Error); ok && !e.Pos.IsValid() {
		placed := *e
		placed.Pos = pos
		return &placed
	}
	return err
}

func (p *place) unary(e *ast.Unary) (plan.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	if e.Op == "-" {
		if c, ok := x.(*plan.Const); ok { // so that -2147483648 is an INTEGER, as the service has it
			if v, isInt := c.Value.(int64); isInt && c.T.Kind == types.KindBigint && v == 1<<31 {
				return intLiteral(-v), nil
			}
		}
		return applyTo(e.Pos, "negate", []plan.Expr{x})
	}
	if k := x.Type().Kind; !x.Type().IsNumeric() && k != types.KindIntervalDayToSecond && k != types.KindIntervalYearToMonth && k != types.KindUnknown {
		return nil, dberr.At(e.Pos, "Unary '+' operator cannot be applied to %s type", x.Type())
	}
	return x, nil
}

// logic flattens a chain of ANDs or ORs, which may be long.
func (p *place) logic(e *ast.Logic) (plan.Expr, error) {
	var operands []ast.Expr
	left := ast.Expr(e)
	for {
		l, ok := left.(*ast.Logic)
		if !ok || l.Op != e.Op {
			break
		}
		operands = append(operands, l.R)
		left = l.L
	}
	operands = append(operands, left)
	terms := make([]plan.Expr, len(operands))
	for i := range operands {
		side := "Right"
		if i == 0 {
			side = "Left"
		}
		var err error
		terms[i], err = p.boolean(operands[len(operands)-1-i], side+" side of logical expression")
		if err != nil {
			return nil, err
		}
	}
	if e.Op == "AND" {
		return &plan.And{Terms: terms}, nil
	}
	return &plan.Or{Terms: terms}, nil
}

// between is x >= low AND x <= high.
func (p *place) between(e *ast.Between) (plan.Expr, error) {
	list, err := p.exprs([]ast.Expr{e.X, e.Low, e.High})
	if err != nil {
		return nil, err
	}
	common := list[0].Type()
	for _, x := range list[1:] {
		if common = types.CommonSuper(common, x.Type()); common == nil {
			return nil, dberr.At(e.Pos, "Cannot check if %s is BETWEEN %s and %s", list[0].Type(), list[1].Type(), list[2].Type())
		}
	}
	for i := range list {
		list[i] = coerce(list[i], common)
	}
	low, err := applyTo(e.Pos, ">=", []plan.Expr{list[0], list[1]})
	if err != nil {
		return nil, err
	}
	high, err := applyTo(e.Pos, "<=", []plan.Expr{list[0], list[2]})
	return negated(&plan.And{Terms: []plan.Expr{low, high}}, e.Not), err
}

func (p *place) inList(e *ast.InList) (plan.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	list, err := p.exprs(e.List)
	if err != nil {
		return nil, err
	}
	all, _, bad := unify(append([]plan.Expr{x}, list...))
	if bad >= 0 {
		return nil, dberr.At(e.List[bad-1].Position(), "IN value and list items must be the same type: %s", x.Type())
	}
	return negated(&plan.In{X: all[0], List: all[1:]}, e.Not), nil
}

// unify coerces expressions to their common type. bad is the index of the first that does not fit, -1 if all do.
func unify(list []plan.Expr) (out []plan.Expr, common *types.Type, bad int) {
	common = types.Unknown
	for i, x := range list {
		t := types.CommonSuper(common, x.Type())
		if t == nil {
			return nil, common, i
		}
		common = t
	}
	out = make([]plan.Expr, len(list))
	for i, x := range list {
		out[i] = coerce(x, common)
	}
	return out, common, -1
}

func (p *place) like(e *ast.Like) (plan.Expr, error) {
	args := []ast.Expr{e.X, e.Pattern}
	if e.Escape != nil {
		args = append(args, e.Escape)
	}
	x, err := p.apply(e.Pos, "like", args...)
	return negated(x, e.Not), err
}

func (p *place) isDistinct(e *ast.IsDistinct) (plan.Expr, error) {
	list, err := p.exprs([]ast.Expr{e.L, e.R})
	if err != nil {
		return nil, err
	}
	both, common, bad := unify(list)
	if bad >= 0 || !common.IsComparable() {
		return nil, dberr.At(e.Pos, "'IS DISTINCT FROM' cannot be applied to %s, %s", list[0].Type(), list[1].Type())
	}
	return negated(&plan.IsDistinct{L: both[0], R: both[1]}, e.Not), nil
}

// caseExpr makes a searched CASE of both forms.
func (p *place) caseExpr(e *ast.Case) (plan.Expr, error) {
	var operand plan.Expr
	var err error
	if e.Operand != nil {
		if operand, err = p.expr(e.Operand); err != nil {
			return nil, err
		}
	}
	out := &plan.Case{Whens: make([]plan.When, len(e.Whens))}
	results := make([]plan.Expr, 0, len(e.Whens)+1)
	for i, w := range e.Whens {
		if out.Whens[i].Cond, err = p.caseCondition(operand, w.Cond); err != nil {
			return nil, err
		}
		r, err := p.expr(w.Result)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	last := plan.Expr(constant(types.Unknown, nil))
	if e.Else != nil {
		if last, err = p.expr(e.Else); err != nil {
			return nil, err
		}
	}
	same, common, bad := unify(append(results, last))
	if bad >= 0 {
		at := e.Else
		if bad < len(e.Whens) {
			at = e.Whens[bad].Result
		}
		return nil, dberr.At(at.Position(), "All CASE results must be the same type: %s", common)
	}
	for i := range out.Whens {
		out.Whens[i].Result = same[i]
	}
	out.Else, out.T = same[len(same)-1], common
	return out, nil
}

func (p *place) caseCondition(operand plan.Expr, cond ast.Expr) (plan.Expr, error) {
	if operand == nil {
		return p.boolean(cond, "CASE WHEN clause")
	}
	x, err := p.expr(cond)
	if err != nil {
		return nil, err
	}
	if types.CommonSuper(operand.Type(), x.Type()) == nil {
		return nil, dberr.At(cond.Position(), "CASE operand type does not match WHEN clause operand type: %s vs %s", operand.Type(), x.Type())
	}
	return applyTo(cond.Position(), "=", []plan.Expr{operand, x})
}

func (p *place) array(e *ast.Array) (plan.Expr, error) {
	list, err := p.exprs(e.Elems)
	if err != nil {
		return nil, err
	}
	elems, common, bad := unify(list)
	if bad >= 0 {
		return nil, dberr.At(e.Elems[bad].Position(), "All ARRAY elements must be the same type: %s", common)
	}
	return &plan.Array{Elems: elems, T: types.ArrayOf(common)}, nil
}

func (p *place) row(fields []ast.Expr) (plan.Expr, error) {
	list, err := p.exprs(fields)
	if err != nil {
		return nil, err
	}
	t := &types.Type{Kind: types.KindRow}
	for _, x := range list {
		t.Fields = append(t.Fields, types.Field{Type: x.Type()})
	}
	return &plan.Row{Fields: list, T: t}, nil
}

func (p *place) cast(e *ast.Cast) (plan.Expr, error) {
	x, err := p.expr(e.X)
	if err != nil {
		return nil, err
	}
	t, err := typeOf(e.Type)
	if err != nil {
		return nil, err
	}
	if x.Type().Kind != types.KindUnknown && !function.CanCast(x.Type(), t) {
		return nil, dberr.At(e.Pos, "Cannot cast %s to %s", x.Type(), t)
	}
	out := plan.Expr(&plan.Cast{X: x, T: t, Try: e.Try, Pos: e.Pos})
	if e.Type.Name == "varchar" && e.Type.Length >= 0 {
		return applyTo(e.Pos, "substr", []plan.Expr{out, intLiteral(1), intLiteral(int64(e.Type.Length))})
	}
	return out, nil
}

var extractFields = map[string]bool{
	"year": true, "quarter": true, "month": true, "week": true, "day": true, "day_of_month": true, "day_of_week": true, "dow": true,
	"day_of_year": true, "doy": true, "year_of_week": true, "yow": true, "hour": true, "minute": true, "second": true,
	"millisecond": true, "nanosecond": true,
}

// extract is EXTRACT(field FROM x): the function named field.
func (p *place) extract(e *ast.Extract) (plan.Expr, error) {
	if !extractFields[e.Field] {
		return nil, dberr.At(e.Pos, "Invalid EXTRACT field: %s", e.Field)
	}
	return p.apply(e.Pos, e.Field, e.X)
}
