package function

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// A small language for tests, so that their tables read like the specification:
//
//	literals   12  1.5  'text'  NULL  true  5m  timestamp '...'  date '...'  time '...'  bigint '1'  ARRAY[..]  ROW(..)
//	calls      substr('abc', 2), with lambdas: transform(ARRAY[1, 2], x -> x + 1)
//	operators  || + - * / % = <> < <= > >=, unary minus, a[i], r.1 for the first field of a row
//
// Each call runs in all forms of its arguments: see runForms.

// testNow is the "now" of tests.
const testNow = "2022-06-17 10:15:20.123456789"

// node is an expression of the test language.
type node interface {
	// check returns the type, given those of the variables.
	check(vars map[string]*types.Type) (*types.Type, error)
	// eval returns the value.
	eval(t *testing.T, vars map[string]binding) (types.Value, error)
}

// binding is the value of a lambda's parameter.
type binding struct {
	t *types.Type
	v types.Value
}

func typesOf(vars map[string]binding) map[string]*types.Type {
	out := map[string]*types.Type{}
	for name, b := range vars {
		out[name] = b.t
	}
	return out
}

type literalNode binding

func (n literalNode) check(map[string]*types.Type) (*types.Type, error) { return n.t, nil }
func (n literalNode) eval(*testing.T, map[string]binding) (types.Value, error) {
	return n.v, nil
}

type variableNode string

func (n variableNode) check(vars map[string]*types.Type) (*types.Type, error) {
	if vars[string(n)] == nil {
		return nil, fmt.Errorf("no variable %s", string(n))
	}
	return vars[string(n)], nil
}

func (n variableNode) eval(_ *testing.T, vars map[string]binding) (types.Value, error) {
	return vars[string(n)].v, nil
}

// listNode is ARRAY[...] or ROW(...).
type listNode struct {
	array bool
	parts []node
}

func (n listNode) check(vars map[string]*types.Type) (*types.Type, error) {
	elem, fields := types.Unknown, []types.Field(nil)
	for _, part := range n.parts {
		t, err := part.check(vars)
		if err != nil {
			return nil, err
		}
		fields = append(fields, types.Field{Type: t})
		if n.array {
			if elem = types.CommonSuper(elem, t); elem == nil {
				return nil, fmt.Errorf("array elements have no common type")
			}
		}
	}
	if n.array {
		return types.ArrayOf(elem), nil
	}
	return types.RowOf(fields...), nil
}

func (n listNode) eval(t *testing.T, vars map[string]binding) (types.Value, error) {
	whole, err := n.check(typesOf(vars))
	if err != nil {
		return nil, err
	}
	out := []types.Value{}
	for _, part := range n.parts {
		v, err := part.eval(t, vars)
		if err != nil {
			return nil, err
		}
		if n.array {
			from, _ := part.check(typesOf(vars))
			v = converted(t, from, whole.Elem, v)
		}
		out = append(out, v)
	}
	return out, nil
}

// fieldNode is r.1.
type fieldNode struct {
	of node
	i  int
}

func (n fieldNode) check(vars map[string]*types.Type) (*types.Type, error) {
	t, err := n.of.check(vars)
	if err != nil {
		return nil, err
	}
	return t.Fields[n.i].Type, nil
}

func (n fieldNode) eval(t *testing.T, vars map[string]binding) (types.Value, error) {
	v, err := n.of.eval(t, vars)
	if v == nil || err != nil {
		return nil, err
	}
	return v.([]types.Value)[n.i], nil
}

type lambdaNode struct {
	params []string
	body   node
}

func (n *lambdaNode) check(map[string]*types.Type) (*types.Type, error) { return nil, nil }
func (n *lambdaNode) eval(*testing.T, map[string]binding) (types.Value, error) {
	return nil, nil
}

type callNode struct {
	name string
	args []node
}

func (n *callNode) resolve(vars map[string]*types.Type) (*Scalar, Match, []*types.Type, error) {
	ts := make([]*types.Type, len(n.args))
	for i, arg := range n.args {
		var err error
		if ts[i], err = arg.check(vars); err != nil {
			return nil, Match{}, nil, err
		}
	}
	fn, m, err := ResolveScalar(n.name, ts, func(i int, params []*types.Type) (*types.Type, error) {
		l := n.args[i].(*lambdaNode)
		inner := map[string]*types.Type{}
		for name, t := range vars {
			inner[name] = t
		}
		for k, name := range l.params {
			inner[name] = params[k]
		}
		return l.body.check(inner)
	})
	return fn, m, ts, err
}

func (n *callNode) check(vars map[string]*types.Type) (*types.Type, error) {
	_, m, _, err := n.resolve(vars)
	return m.Result, err
}

func (n *callNode) eval(t *testing.T, vars map[string]binding) (types.Value, error) {
	fn, m, ts, err := n.resolve(typesOf(vars))
	if err != nil {
		return nil, err
	}
	args, lambdas := make([]types.Value, len(n.args)), make([]Lambda, len(n.args))
	for i, arg := range n.args {
		if l, ok := arg.(*lambdaNode); ok {
			lambdas[i] = l.lambda(t, m.Params[i], vars)
			continue
		}
		v, err := arg.eval(t, vars)
		if err != nil {
			return nil, err
		}
		coerced, err := Cast(vector.FromValues(ts[i], v), m.Params[i], false)
		if err != nil {
			return nil, err
		}
		args[i] = coerced.Value(0)
	}
	return runForms(t, fn, m, args, lambdas)
}

// lambda makes the function that runs a lambda row by row.
func (n *lambdaNode) lambda(t *testing.T, whole *types.Type, outer map[string]binding) Lambda {
	return func(args []*vector.Vector, parents []int32) (*vector.Vector, error) {
		b := vector.NewBuilder(whole.Elem, len(parents))
		for j := range parents {
			vars := map[string]binding{}
			for name, x := range outer {
				vars[name] = x
			}
			for k, name := range n.params {
				if args[k].Len() != len(parents) {
					t.Fatalf("lambda called with %d arguments for %d parents", args[k].Len(), len(parents))
				}
				vars[name] = binding{whole.Fields[k].Type, args[k].Value(j)}
			}
			v, err := n.body.eval(t, vars)
			if err != nil {
				return nil, err
			}
			from, err := n.body.check(typesOf(vars))
			if err != nil {
				return nil, err
			}
			b.Append(converted(t, from, whole.Elem, v))
		}
		return b.Build(), nil
	}
}

// converted coerces a value.
func converted(t *testing.T, from, to *types.Type, v types.Value) types.Value {
	t.Helper()
	out, err := Cast(vector.FromValues(from, v), to, false)
	if err != nil {
		t.Fatal(err)
	}
	return out.Value(0)
}

// runForms evaluates a call with each argument constant or flat, in all combinations, with rows between in which one of
// the flat arguments is NULL, and checks that all agree.
func runForms(t *testing.T, fn *Scalar, m Match, args []types.Value, lambdas []Lambda) (types.Value, error) {
	t.Helper()
	var value types.Value
	var failure error
	for form := 0; form < 1<<len(args) && form < 16; form++ {
		rows := [][]types.Value{args}
		for k := range args {
			if form>>k&1 == 0 && lambdas[k] == nil && !fn.CallOnNull {
				with := append([]types.Value(nil), args...)
				with[k] = nil
				rows = append(rows, with, args)
			}
		}
		got, err := runRows(t, fn, m, form, rows, lambdas)
		if form == 0 {
			failure = err
			if err == nil {
				value = got.Value(0)
			}
		}
		if (err == nil) != (failure == nil) || err != nil && err.Error() != failure.Error() {
			t.Fatalf("%s%v: form %b: error %v, else %v", fn.Name, args, form, err, failure)
		}
		if err != nil {
			continue
		}
		for i, row := range rows {
			want := value
			if i%2 == 1 && !fn.CallOnNull {
				want = nil
			}
			if v := got.Value(i); !sameValue(v, want) && !fn.Volatile {
				t.Fatalf("%s%v: form %b, row %d %v: %v, want %v", fn.Name, args, form, i, row, v, want)
			}
		}
	}
	return value, failure
}

// runRows evaluates a call as the executor does. Bit k of form makes argument k constant.
func runRows(t *testing.T, fn *Scalar, m Match, form int, rows [][]types.Value, lambdas []Lambda) (*vector.Vector, error) {
	t.Helper()
	a := testArgs(len(rows), m.Result)
	a.Vecs, a.Lambdas = make([]*vector.Vector, len(m.Params)), lambdas
	skip := make([]bool, len(rows))
	for k, pt := range m.Params {
		if pt.Kind == types.KindFunction {
			continue
		}
		if form>>k&1 == 1 {
			a.Vecs[k] = vector.Const(pt, rows[0][k], len(rows))
		} else {
			b := vector.NewBuilder(pt, len(rows))
			for _, row := range rows {
				b.Append(row[k])
			}
			a.Vecs[k] = b.Build()
		}
		for i := range skip {
			skip[i] = skip[i] || a.Vecs[k].IsNull(i)
		}
	}
	if !fn.CallOnNull {
		a.Skip = skip
	}
	out, err := fn.Eval(a)
	if err != nil {
		if !fn.CanFail {
			t.Fatalf("%s fails but is not marked so: %v", fn.Sig.text, err)
		}
		if k := dberr.KindOf(err); k != dberr.Invalid && k != dberr.Execution {
			t.Fatalf("%s: error of kind %s: %v", fn.Name, k, err)
		}
		return nil, err
	}
	if out.Len() != len(rows) || !out.Type.Equal(m.Result) {
		t.Fatalf("%s: %d rows of %s, want %d of %s", fn.Sig.text, out.Len(), out.Type, len(rows), m.Result)
	}
	if a.Skip == nil {
		return out, nil
	}
	nulls := make([]bool, len(rows))
	for i := range nulls {
		nulls[i] = skip[i] || out.IsNull(i)
	}
	return out.Flatten().WithNulls(nulls), nil
}

// testArgs is arguments without vectors.
func testArgs(rows int, result *types.Type) *Args {
	now, err := types.ParseTimestamp(testNow)
	if err != nil {
		panic(err)
	}
	return &Args{Rows: rows, Result: result, Env: &Env{Now: now, Rand: rand.New(rand.NewPCG(1, 2))}}
}

func sameValue(x, y types.Value) bool { return show(x) == show(y) }

// show prints a value without its type; doubles keep their fraction.
func show(v types.Value) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case float64:
		return types.Text(types.Double, v)
	case []types.Value:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = show(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// showAs prints a value in the text form of its type; arrays in brackets, rows in parentheses.
func showAs(t *types.Type, v types.Value) string {
	switch {
	case v == nil:
		return "NULL"
	case t.Kind == types.KindArray || t.Kind == types.KindRow:
		parts := []string{}
		for i, part := range v.([]types.Value) {
			pt := t.Elem
			if t.Kind == types.KindRow {
				pt = t.Fields[i].Type
			}
			parts = append(parts, showAs(pt, part))
		}
		if t.Kind == types.KindRow {
			return "(" + strings.Join(parts, ", ") + ")"
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return types.Text(t, v)
}

// sample is an expression and its value in text form; a value that begins with "error: " is the text of an error.
type sample struct{ expr, want string }

// checkSamples evaluates a table.
func checkSamples(t *testing.T, samples []sample) {
	t.Helper()
	for _, s := range samples {
		if got := evalText(t, s.expr); got != s.want {
			t.Errorf("%s\n got  %s\n want %s", s.expr, got, s.want)
		}
	}
}

// evalText evaluates an expression.
func evalText(t *testing.T, expr string) string {
	t.Helper()
	n := parseTest(t, expr)
	result, err := n.check(nil)
	if err == nil {
		var v types.Value
		if v, err = n.eval(t, nil); err == nil {
			return showAs(result, v)
		}
	}
	return "error: " + err.Error()
}

// testParser reads the test language. A mistake in a test is fatal.
type testParser struct {
	t   *testing.T
	src string
	i   int
}

func parseTest(t *testing.T, src string) node {
	t.Helper()
	p := &testParser{t: t, src: src}
	n := p.expr(0)
	if p.blank(); p.i < len(src) {
		p.fail()
	}
	return n
}

func (p *testParser) fail() {
	p.t.Helper()
	p.t.Fatalf("test expression %q at %d", p.src, p.i)
}

func (p *testParser) blank() {
	for p.i < len(p.src) && (p.src[p.i] == ' ' || p.src[p.i] == '\n' || p.src[p.i] == '\t') {
		p.i++
	}
}

func (p *testParser) take(s string) bool {
	p.blank()
	if strings.HasPrefix(p.src[p.i:], s) {
		p.i += len(s)
		return true
	}
	return false
}

func (p *testParser) want(s string) {
	if !p.take(s) {
		p.fail()
	}
}

// testOperators are the binary operators from those that bind least.
var testOperators = [][]string{{"<=", ">=", "<>", "=", "<", ">"}, {"||"}, {"+", "-"}, {"*", "/", "%"}}

func (p *testParser) expr(level int) node {
	if level == len(testOperators) {
		return p.unary()
	}
	left := p.expr(level + 1)
next:
	for {
		p.blank()
		if strings.HasPrefix(p.src[p.i:], "->") {
			return left
		}
		for _, op := range testOperators[level] {
			if p.take(op) {
				left = &callNode{op, []node{left, p.expr(level + 1)}}
				continue next
			}
		}
		return left
	}
}

func (p *testParser) unary() node {
	if p.take("-") {
		p.blank()
		start := p.i
		if n, ok := p.unary().(literalNode); ok && n.t.IsNumeric() && isDigit(p.src[start]) { // -5 is a literal
			if x, isInt := n.v.(int64); isInt {
				return literalNode{n.t, -x}
			}
			return literalNode{n.t, -n.v.(float64)}
		}
		p.i = start
		return &callNode{"negate", []node{p.unary()}}
	}
	n := p.primary()
	for {
		switch {
		case p.take("["):
			n = &callNode{"subscript", []node{n, p.expr(0)}}
			p.want("]")
		case p.i+1 < len(p.src) && p.src[p.i] == '.' && isDigit(p.src[p.i+1]):
			n = fieldNode{n, int(p.src[p.i+1] - '1')}
			p.i += 2
		default:
			return n
		}
	}
}

func (p *testParser) word() string {
	p.blank()
	start := p.i
	for p.i < len(p.src) && (isDigit(p.src[p.i]) || p.src[p.i] == '_' || p.src[p.i] >= 'a' && p.src[p.i] <= 'z' || p.src[p.i] >= 'A' && p.src[p.i] <= 'Z') {
		p.i++
	}
	return p.src[start:p.i]
}

func (p *testParser) primary() node {
	p.blank()
	start := p.i
	switch {
	case p.i == len(p.src):
		p.fail()
	case p.src[p.i] == '\'':
		return literalNode{types.Varchar, p.text()}
	case isDigit(p.src[p.i]):
		return p.number()
	case p.take("("):
		if names := strings.SplitN(p.src[p.i:], ")", 2); len(names) == 2 && strings.HasPrefix(strings.TrimSpace(names[1]), "->") {
			p.i += len(names[0]) + 1
			p.want("->")
			l := &lambdaNode{}
			for _, name := range strings.Split(names[0], ",") {
				l.params = append(l.params, strings.TrimSpace(name))
			}
			l.body = p.expr(0)
			return l
		}
		n := p.expr(0)
		p.want(")")
		return n
	}
	word := p.word()
	switch strings.ToLower(word) {
	case "":
		p.fail()
	case "null":
		return literalNode{types.Unknown, nil}
	case "true", "false":
		return literalNode{types.Boolean, strings.EqualFold(word, "true")}
	case "array":
		p.want("[")
		return listNode{true, p.list("]")}
	case "row":
		p.want("(")
		return listNode{false, p.list(")")}
	}
	if p.take("(") {
		return &callNode{strings.ToLower(word), p.list(")")}
	}
	if p.take("->") {
		return &lambdaNode{[]string{word}, p.expr(0)}
	}
	for _, t := range []*types.Type{types.Timestamp, types.Date, types.Time, types.Bigint, types.Integer, types.Double} {
		if word == t.String() && p.take("'") {
			p.i--
			return literalNode{t, converted(p.t, types.Varchar, t, p.text())}
		}
	}
	if word == "infinity" || word == "nan" {
		p.i = start
		p.fail()
	}
	return variableNode(word)
}

func (p *testParser) list(end string) []node {
	nodes := []node{}
	for !p.take(end) {
		nodes = append(nodes, p.expr(0))
		if !p.take(",") {
			p.want(end)
			break
		}
	}
	return nodes
}

func (p *testParser) text() string {
	var out strings.Builder
	for p.i++; ; p.i++ {
		if p.i >= len(p.src) {
			p.fail()
		}
		if p.src[p.i] == '\'' {
			if p.i++; p.i >= len(p.src) || p.src[p.i] != '\'' {
				return out.String()
			}
		}
		out.WriteByte(p.src[p.i])
	}
}

// number reads 12, 1.5, 1e3 and durations like 5m and 1month.
func (p *testParser) number() node {
	start := p.i
	for p.i < len(p.src) && (isDigit(p.src[p.i]) || p.src[p.i] == '.') {
		p.i++
	}
	digits := p.i
	unit := p.word()
	if v, t, err := types.ParseDuration(p.src[start:p.i]); err == nil {
		return literalNode{t, v}
	}
	if unit != "" && unit[0] == 'e' {
		if p.i < len(p.src) && p.src[p.i] == '-' {
			p.i++
			p.word()
		}
		digits = p.i
	}
	p.i = digits
	text := p.src[start:p.i]
	if !strings.ContainsAny(text, ".e") {
		x, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			p.fail()
		}
		if x == int64(int32(x)) {
			return literalNode{types.Integer, x}
		}
		return literalNode{types.Bigint, x}
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		p.fail()
	}
	return literalNode{types.Double, x}
}
