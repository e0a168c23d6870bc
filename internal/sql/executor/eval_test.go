package executor

import (
	"fmt"
	"math"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/function"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// truthValues are TRUE, FALSE and NULL.
var truthValues = []types.Value{true, false, nil}

func and3(a, b types.Value) types.Value {
	switch {
	case a == false || b == false:
		return false
	case a == nil || b == nil:
		return nil
	}
	return true
}

func not3(a types.Value) types.Value {
	if a == nil {
		return nil
	}
	return !a.(bool)
}

func TestLogicTruthTables(t *testing.T) {
	var rows []row
	for _, a := range truthValues {
		for _, b := range truthValues {
			rows = append(rows, row{a, b})
		}
	}
	in := valuesOf([]*types.Type{types.Boolean, types.Boolean}, rows...)
	a, b := ref(in.Cols[0]), ref(in.Cols[1])
	p := projectOf(in, a, b, &plan.And{Terms: []plan.Expr{a, b}}, &plan.Or{Terms: []plan.Expr{a, b}}, &plan.Not{X: a},
		&plan.IsNull{X: b}, &plan.IsDistinct{L: a, R: b}, &plan.And{Terms: []plan.Expr{lit(true), a, b}}, &plan.Or{Terms: []plan.Expr{null(types.Boolean), b}})
	var want []row
	for _, r := range rows {
		a, b := r[0], r[1]
		or := not3(and3(not3(a), not3(b)))
		want = append(want, row{a, b, and3(a, b), or, not3(a), b == nil, a != b, and3(a, b), not3(and3(nil, not3(b)))})
	}
	check(t, nil, p, want, true)
}

func TestBranchesThatCanFailRunOnlyForTheirRows(t *testing.T) {
	ints := []*types.Type{types.Bigint}
	in := valuesOf(ints, row{int64(1)}, row{int64(-1)}, row{int64(2)}, row{nil}, row{int64(-3)}, row{int64(5)})
	x := ref(in.Cols[0])
	n := 0
	m := callFn(mark(&n), types.Boolean, x)
	positive := call(">", x, lit(0))
	rowsOf := func(vals ...types.Value) (out []row) {
		for _, v := range vals {
			out = append(out, row{v})
		}
		return out
	}
	tests := []struct {
		name string
		expr plan.Expr
		want []row
		rows int // that mark was asked for
	}{
		{"and", &plan.And{Terms: []plan.Expr{positive, m}}, rowsOf(true, false, false, nil, false, true), 3},
		{"or", &plan.Or{Terms: []plan.Expr{&plan.Not{X: positive}, m}}, rowsOf(true, true, false, nil, true, true), 3},
		{"case result", &plan.Case{Whens: []plan.When{{Cond: positive, Result: m}}, Else: null(types.Boolean), T: types.Boolean}, rowsOf(true, nil, false, nil, nil, true), 3},
		{"case else", &plan.Case{Whens: []plan.When{{Cond: &plan.Not{X: positive}, Result: lit(true)}}, Else: m, T: types.Boolean}, rowsOf(true, true, false, nil, true, true), 3},
		{"case condition", &plan.Case{Whens: []plan.When{{Cond: call("<", x, lit(0)), Result: lit("neg")}, {Cond: m, Result: lit("odd")}}, Else: lit("even"), T: types.Varchar},
			rowsOf("odd", "neg", "even", "even", "neg", "odd"), 3},
		{"coalesce", &plan.Coalesce{Args: []plan.Expr{&plan.Case{Whens: []plan.When{{Cond: call("<", x, lit(0)), Result: lit(true)}}, Else: null(types.Boolean), T: types.Boolean}, m, lit(false)}, T: types.Boolean},
			rowsOf(true, true, false, false, true, true), 3},
		{"in", &plan.In{X: lit(true), List: []plan.Expr{call("<", x, lit(0)), m}}, rowsOf(true, true, false, nil, true, true), 3},
		{"try", &plan.Try{X: m}, rowsOf(true, nil, false, nil, nil, true), -1},
		{"constant that no row needs", &plan.Case{Whens: []plan.When{{Cond: call("=", x, lit(77)), Result: callFn(mark(&n), types.Boolean, lit(-1))}}, Else: lit(true), T: types.Boolean},
			rowsOf(true, true, true, true, true, true), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, nil, projectOf(in, tt.expr), tt.want, true)
			n = 0
			if _, _, err := query(nil, projectOf(in, tt.expr), Options{}); err != nil {
				t.Fatal(err)
			}
			if tt.rows >= 0 && n != tt.rows {
				t.Errorf("asked for %d rows, want %d", n, tt.rows)
			}
		})
	}
	checkError(t, nil, projectOf(in, m), "mark of -1")
	checkError(t, nil, projectOf(in, &plan.And{Terms: []plan.Expr{lit(true), m}}), "mark of -1")
}

func TestTryLeavesErrorsOfOtherKinds(t *testing.T) {
	in := valuesOf([]*types.Type{types.Bigint}, row{int64(1)}, row{int64(2)})
	broken := &function.Scalar{Name: "broken", CanFail: true, Eval: func(*function.Args) (*vector.Vector, error) {
		return nil, dberr.New(dberr.Execution, "no more")
	}}
	checkError(t, nil, projectOf(in, &plan.Try{X: callFn(broken, types.Bigint, ref(in.Cols[0]))}), "no more")
}

func TestTryFindsEveryFailingRow(t *testing.T) {
	n := 0
	var rows, want []row
	for i := range 300 {
		v := int64(i)
		if i%7 == 3 || i > 250 {
			v = -v
		}
		rows = append(rows, row{v})
		if v < 0 {
			want = append(want, row{nil})
		} else {
			want = append(want, row{v%2 == 1})
		}
	}
	in := valuesOf([]*types.Type{types.Bigint}, rows...)
	check(t, nil, projectOf(in, &plan.Try{X: callFn(mark(&n), types.Boolean, ref(in.Cols[0]))}), want, true)
}

func TestConstantCallsRunOnce(t *testing.T) {
	calls := 0
	fn := &function.Scalar{Name: "once", Eval: func(a *function.Args) (*vector.Vector, error) {
		calls++
		return vector.Int64s(types.Bigint, make([]int64, a.Rows), nil), nil
	}}
	tab := table("t", "x bigint", row{int64(1)}, row{int64(2)}, row{int64(3)}, row{int64(4)})
	src := newSource(tab)
	scan := scanOf(tab)
	p := projectOf(scan, call("+", colOf(scan, "x"), callFn(fn, types.Bigint, callFn(fn, types.Bigint, lit(1)))))
	check(t, src, p, []row{{int64(1)}, {int64(2)}, {int64(3)}, {int64(4)}}, true)
	if calls != 2*len(batchSizes) {
		t.Errorf("%d calls, want 2 a run", calls)
	}
	fn.Volatile = true
	calls = 0
	check(t, src, p, []row{{int64(1)}, {int64(2)}, {int64(3)}, {int64(4)}}, true)
	if calls <= 2*len(batchSizes) {
		t.Errorf("a volatile function was called only %d times", calls)
	}
}

func TestDictionaryCalls(t *testing.T) {
	var rows, upper, lengths, tested []row
	for i := range 40 {
		host := types.Value(fmt.Sprintf("h%d", i%3))
		if i%5 == 4 {
			host = nil
		}
		rows = append(rows, row{host, int64(i)})
		if host == nil {
			upper, lengths, tested = append(upper, row{nil}), append(lengths, row{nil}), append(tested, row{"none"})
		} else {
			upper = append(upper, row{fmt.Sprintf("H%d", i%3)})
			lengths = append(lengths, row{int64(2)})
			tested = append(tested, row{host.(string) + "!"})
		}
	}
	tab := table("t", "host dim, x bigint", rows...)
	src := newSource(tab)
	src.batchRows = 20
	scan := scanOf(tab)
	host := colOf(scan, "host")
	check(t, src, projectOf(scan, call("upper", host)), upper, true)
	check(t, src, projectOf(scan, call("length", host)), lengths, true)
	values := 0
	strict := &function.Scalar{Name: "strict", CanFail: true, CallOnNull: true, Eval: func(a *function.Args) (*vector.Vector, error) {
		out := make([]string, a.Rows)
		for i := range out {
			values++
			switch v := a.Vecs[0]; {
			case v.IsNull(i):
				out[i] = "none"
			case v.Value(i) == "unused":
				return nil, dberr.New(dberr.Invalid, "strict")
			default:
				out[i] = v.Value(i).(string) + "!"
			}
		}
		return vector.Strings(out, nil), nil
	}}
	check(t, src, projectOf(scan, callFn(strict, types.Varchar, host)), tested, true)
	strict.CanFail = false
	lenient := *strict
	lenient.Eval = func(a *function.Args) (*vector.Vector, error) {
		values += a.Rows
		b := vector.NewBuilder(types.Varchar, a.Rows)
		for i := range a.Rows {
			if v := a.Vecs[0]; v.IsNull(i) || v.Value(i) == "h1" {
				b.AppendNull()
			} else {
				b.Append(v.Value(i))
			}
		}
		return b.Build(), nil
	}
	want := make([]row, len(rows))
	for i, r := range rows {
		if want[i] = (row{r[0]}); r[0] == "h1" {
			want[i] = row{nil}
		}
	}
	check(t, src, projectOf(scan, callFn(&lenient, types.Varchar, host)), want, true)
	values = 0
	src.batchRows = 40
	if _, _, err := query(src, projectOf(scan, callFn(&lenient, types.Varchar, host)), Options{}); err != nil || values != 5 {
		t.Errorf("the function saw %d values (%v), want the dictionary's 4 and NULL", values, err)
	}
}

func TestInLists(t *testing.T) {
	in := valuesOf([]*types.Type{types.Bigint, types.Double, types.Varchar}, row{int64(1), 1.5, "a"}, row{nil, nil, nil}, row{int64(3), nan, "c"}, row{int64(0), math.Copysign(0, -1), ""})
	x, d, s := ref(in.Cols[0]), ref(in.Cols[1]), ref(in.Cols[2])
	many := []types.Value{}
	for i := range 20 {
		many = append(many, int64(100+i))
	}
	tests := []struct {
		expr plan.Expr
		want [4]types.Value
	}{
		{&plan.In{X: x, List: []plan.Expr{lit(1), lit(2)}}, [4]types.Value{true, nil, false, false}},
		{&plan.In{X: x, List: []plan.Expr{null(types.Bigint), lit(3)}}, [4]types.Value{nil, nil, true, nil}},
		{&plan.In{X: d, List: []plan.Expr{lit(nan), lit(0.0)}}, [4]types.Value{false, nil, false, true}},
		{&plan.InSet{X: x, Set: []types.Value{int64(1), int64(2)}}, [4]types.Value{true, nil, false, false}},
		{&plan.InSet{X: x, Set: append(many, int64(3))}, [4]types.Value{false, nil, true, false}},
		{&plan.InSet{X: x, Set: []types.Value{int64(1)}, HasNull: true}, [4]types.Value{true, nil, nil, nil}},
		{&plan.InSet{X: x}, [4]types.Value{false, false, false, false}},
		{&plan.InSet{X: x, HasNull: true}, [4]types.Value{nil, nil, nil, nil}},
		{&plan.InSet{X: d, Set: []types.Value{nan, 0.0}}, [4]types.Value{false, nil, false, true}},
		{&plan.InSet{X: s, Set: []types.Value{"c", "a"}}, [4]types.Value{true, nil, true, false}},
		{&plan.InSet{X: lit(1), Set: []types.Value{int64(1)}}, [4]types.Value{true, true, true, true}},
		{&plan.InSet{X: &plan.Row{Fields: []plan.Expr{x, s}, T: types.RowOf(types.Field{Type: types.Bigint}, types.Field{Type: types.Varchar})},
			Set: []types.Value{[]types.Value{int64(1), "a"}, []types.Value{int64(3), nil}}}, [4]types.Value{true, nil, nil, false}},
	}
	for _, tt := range tests {
		t.Run(tt.expr.String(), func(t *testing.T) {
			want := make([]row, 4)
			for i, v := range tt.want {
				want[i] = row{v}
			}
			check(t, nil, projectOf(in, tt.expr), want, true)
		})
	}
}

func TestInSetOverDictionary(t *testing.T) {
	tab := table("t", "host dim", row{"a"}, row{nil}, row{"b"}, row{"a"}, row{"c"}, row{"a"}, row{"b"}, row{"c"}, row{nil})
	scan := scanOf(tab)
	in := &plan.InSet{X: colOf(scan, "host"), Set: []types.Value{"a", "c"}}
	check(t, newSource(tab), projectOf(scan, in), []row{{true}, {nil}, {false}, {true}, {true}, {true}, {false}, {true}, {nil}}, true)
	check(t, newSource(tab), projectOf(&plan.Filter{Input: scan, Pred: in}, colOf(scan, "host")), []row{{"a"}, {"a"}, {"c"}, {"a"}, {"c"}}, true)
}

func TestArraysRowsFields(t *testing.T) {
	in := valuesOf([]*types.Type{types.Bigint, types.Varchar}, row{int64(1), "a"}, row{nil, "b"}, row{int64(3), nil})
	x, s := ref(in.Cols[0]), ref(in.Cols[1])
	rowType := types.RowOf(types.Field{Name: "x", Type: types.Bigint}, types.Field{Type: types.Varchar})
	r := &plan.Row{Fields: []plan.Expr{x, s}, T: rowType}
	some := &plan.Case{Whens: []plan.When{{Cond: call("=", x, lit(1)), Result: r}}, Else: null(rowType), T: rowType}
	p := projectOf(in,
		&plan.Array{Elems: []plan.Expr{x, lit(7), null(types.Bigint)}, T: types.ArrayOf(types.Bigint)},
		&plan.Array{T: types.ArrayOf(types.Unknown)},
		r, &plan.Field{X: r, Index: 1, T: types.Varchar},
		some, &plan.Field{X: some, Index: 0, T: types.Bigint},
		&plan.Field{X: &plan.Const{Value: []types.Value{int64(5), nil}, T: rowType}, Index: 0, T: types.Bigint})
	none := []types.Value{}
	check(t, nil, p, []row{
		{[]types.Value{int64(1), int64(7), nil}, none, []types.Value{int64(1), "a"}, "a", []types.Value{int64(1), "a"}, int64(1), int64(5)},
		{[]types.Value{nil, int64(7), nil}, none, []types.Value{nil, "b"}, "b", nil, nil, int64(5)},
		{[]types.Value{int64(3), int64(7), nil}, none, []types.Value{int64(3), nil}, nil, nil, nil, int64(5)},
	}, true)
}

func TestCaseMergesAllForms(t *testing.T) {
	tab := table("t", "host dim, x bigint, d double", row{"a", int64(1), 0.5}, row{"b", int64(2), 1.5}, row{nil, int64(3), nil}, row{"a", nil, 2.5})
	scan := scanOf(tab)
	host, x, d := colOf(scan, "host"), colOf(scan, "x"), colOf(scan, "d")
	isA := call("=", host, lit("a"))
	pick := func(t *types.Type, yes, no plan.Expr) plan.Expr {
		return &plan.Case{Whens: []plan.When{{Cond: isA, Result: yes}}, Else: no, T: t}
	}
	arr := types.ArrayOf(types.Bigint)
	p := projectOf(scan, pick(types.Varchar, host, null(types.Varchar)), pick(types.Varchar, host, lit("other")),
		pick(types.Double, d, lit(0.0)), pick(types.Bigint, lit(9), x), pick(types.Boolean, lit(true), call(">", x, lit(2))),
		pick(arr, &plan.Array{Elems: []plan.Expr{x}, T: arr}, &plan.Array{Elems: []plan.Expr{x, x}, T: arr}),
		&plan.Coalesce{Args: []plan.Expr{host, lit("none")}, T: types.Varchar},
		&plan.Coalesce{Args: []plan.Expr{x, lit(-1)}, T: types.Bigint})
	list := func(v ...types.Value) []types.Value { return v }
	check(t, newSource(tab), p, []row{
		{"a", "a", 0.5, int64(9), true, list(int64(1)), "a", int64(1)},
		{nil, "other", 0.0, int64(2), false, list(int64(2), int64(2)), "b", int64(2)},
		{nil, "other", 0.0, int64(3), true, list(int64(3), int64(3)), "none", int64(3)},
		{"a", "a", 2.5, int64(9), true, list(nil), "a", int64(-1)},
	}, true)
}

func TestCasts(t *testing.T) {
	tab := table("t", "s dim", row{"1"}, row{"x"}, row{nil}, row{"22"})
	scan := scanOf(tab)
	s := colOf(scan, "s")
	check(t, newSource(tab), projectOf(scan, &plan.Cast{X: s, T: types.Bigint, Try: true}, &plan.Try{X: &plan.Cast{X: s, T: types.Bigint}}, &plan.Cast{X: null(types.Unknown), T: types.Double}),
		[]row{{int64(1), int64(1), nil}, {nil, nil, nil}, {nil, nil, nil}, {int64(22), int64(22), nil}}, true)
	digits := call("<>", s, lit("x"))
	check(t, newSource(tab), projectOf(scan, &plan.Case{Whens: []plan.When{{Cond: digits, Result: &plan.Cast{X: s, T: types.Bigint}}}, Else: lit(0), T: types.Bigint}),
		[]row{{int64(1)}, {int64(0)}, {int64(0)}, {int64(22)}}, true)
	checkError(t, newSource(tab), projectOf(scan, &plan.Cast{X: s, T: types.Bigint}), "Cannot cast 'x' to BIGINT")
}

func TestCastsThatCannotFailAreKnown(t *testing.T) {
	list := types.ArrayOf
	tests := []struct {
		from, to *types.Type
		fails    bool
	}{
		{types.Integer, types.Bigint, false}, {types.Bigint, types.Double, false}, {types.Boolean, types.Bigint, false},
		{types.Bigint, types.Integer, true}, {types.Varchar, types.Double, true}, {types.Double, types.Bigint, true},
		{types.Timestamp, types.Varchar, false}, {list(types.Bigint), types.Varchar, true}, {types.Date, types.Timestamp, true},
		{list(types.Integer), list(types.Double), false}, {list(types.Varchar), list(types.Double), true},
		{types.RowOf(types.Field{Type: types.Integer}), types.RowOf(types.Field{Type: types.Bigint}), false},
		{types.RowOf(types.Field{Type: types.Varchar}), types.RowOf(types.Field{Type: types.Bigint}), true},
		{types.Varchar, types.Varchar, false},
	}
	for _, tt := range tests {
		if got := castCanFail(tt.from, tt.to); got != tt.fails {
			t.Errorf("%s to %s: %v", tt.from, tt.to, got)
		}
	}
	named := types.RowOf(types.Field{Name: "x", Type: types.Bigint})
	in := valuesOf([]*types.Type{types.RowOf(types.Field{Type: types.Bigint})}, row{[]types.Value{int64(1)}}, row{nil})
	check(t, nil, projectOf(in, &plan.Field{X: &plan.Cast{X: ref(in.Cols[0]), T: named}, Index: 0, T: types.Bigint}), []row{{int64(1)}, {nil}}, true)
}

func TestUntypedNulls(t *testing.T) {
	in := valuesOf([]*types.Type{types.Unknown, types.Bigint}, row{nil, int64(1)}, row{nil, int64(2)})
	n, x := ref(in.Cols[0]), ref(in.Cols[1])
	check(t, nil, projectOf(in, n, &plan.IsNull{X: n}, &plan.Coalesce{Args: []plan.Expr{n, x}, T: types.Bigint},
		&plan.Case{Whens: []plan.When{{Cond: call("=", x, lit(1)), Result: n}}, Else: x, T: types.Bigint},
		&plan.In{X: n, List: []plan.Expr{n}}, &plan.InSet{X: n, Set: []types.Value{nil}}, &plan.Field{X: n, T: types.Bigint}),
		[]row{{nil, true, int64(1), nil, nil, nil, nil}, {nil, true, int64(2), int64(2), nil, nil, nil}}, true)
	check(t, nil, aggregateOf(in, []int{0}, agg("count")), []row{{nil, int64(2)}}, true)
	check(t, nil, &plan.Sort{Input: in, Keys: []plan.SortKey{{Expr: n}, {Expr: x, Desc: true}}, Limit: -1}, []row{{nil, int64(2)}, {nil, int64(1)}}, true)
	check(t, nil, &plan.Join{L: in, R: in, Keys: []plan.JoinKey{{L: n, R: n}}}, nil, true)
}

func TestConstantConditions(t *testing.T) {
	in := valuesOf([]*types.Type{types.Bigint}, row{int64(1)}, row{int64(-2)})
	x, n := ref(in.Cols[0]), 0
	bad := callFn(mark(&n), types.Boolean, x)
	choose := func(cond types.Value) plan.Expr {
		return &plan.Case{Whens: []plan.When{{Cond: &plan.Const{Value: cond, T: types.Boolean}, Result: x}, {Cond: lit(true), Result: lit(7)}}, Else: &plan.Cast{X: bad, T: types.Bigint}, T: types.Bigint}
	}
	check(t, nil, projectOf(in, choose(true), choose(false), choose(nil), &plan.Not{X: lit(true)}, &plan.Not{X: null(types.Boolean)}),
		[]row{{int64(1), int64(7), int64(7), false, nil}, {int64(-2), int64(7), int64(7), false, nil}}, true)
	if n != 0 {
		t.Error("a branch that no row takes was evaluated")
	}
}

// apply is a scalar function over arrays that calls its lambda for each element; map in other words.
var apply = &function.Scalar{Name: "apply", Eval: func(a *function.Args) (*vector.Vector, error) {
	v := a.Vecs[0].Flatten()
	var parents []int32
	for i := range a.Rows {
		for range v.Offsets[i+1] - v.Offsets[i] {
			parents = append(parents, int32(i))
		}
	}
	elems, err := a.Lambdas[1]([]*vector.Vector{v.Kids[0].Slice(int(v.Offsets[0]), int(v.Offsets[a.Rows]))}, parents)
	if err != nil {
		return nil, err
	}
	offsets := make([]int32, a.Rows+1)
	for i := range offsets {
		offsets[i] = v.Offsets[i] - v.Offsets[0]
	}
	return vector.Arrays(a.Result, offsets, elems.Flatten(), v.Nulls), nil
}}

func TestLambdas(t *testing.T) {
	arr := types.ArrayOf(types.Bigint)
	nested := types.ArrayOf(arr)
	in := valuesOf([]*types.Type{types.Bigint, arr}, row{int64(10), []types.Value{int64(1), int64(2)}}, row{int64(20), []types.Value{}}, row{int64(30), []types.Value{int64(3)}}, row{int64(40), nil})
	x, a := ref(in.Cols[0]), ref(in.Cols[1])
	p, q := newCol("p", types.Bigint), newCol("q", types.Bigint)
	lambda := func(param plan.Column, body plan.Expr) *plan.Lambda {
		return &plan.Lambda{Params: []plan.Column{param}, Body: body, T: types.FunctionOf(body.Type(), param.Type)}
	}
	mapped := func(t *types.Type, l *plan.Lambda) plan.Expr {
		return &plan.Call{Fn: apply, Args: []plan.Expr{a, l}, T: t}
	}
	inner := mapped(arr, lambda(q, call("+", call("+", ref(p), ref(q)), x)))
	list := func(v ...types.Value) []types.Value { return v }
	check(t, nil, projectOf(in,
		mapped(arr, lambda(p, call("*", ref(p), x))),
		mapped(arr, lambda(p, lit(5))),
		mapped(nested, lambda(p, inner))),
		[]row{
			{list(int64(10), int64(20)), list(int64(5), int64(5)), list(list(int64(12), int64(13)), list(int64(13), int64(14)))},
			{list(), list(), list()},
			{list(int64(90)), list(int64(5)), list(list(int64(36)))},
			{nil, nil, nil},
		}, true)
}

func TestLambdaSeesOnlyRowsOfItsBranch(t *testing.T) {
	arr := types.ArrayOf(types.Bigint)
	in := valuesOf([]*types.Type{types.Bigint, arr}, row{int64(-1), []types.Value{int64(-5)}}, row{int64(1), []types.Value{int64(3)}})
	x, a := ref(in.Cols[0]), ref(in.Cols[1])
	p, n := newCol("p", types.Bigint), 0
	fn := *apply
	fn.CanFail = true
	body := &plan.And{Terms: []plan.Expr{callFn(mark(&n), types.Boolean, ref(p)), call(">", x, lit(0))}}
	l := &plan.Lambda{Params: []plan.Column{p}, Body: body, T: types.FunctionOf(types.Boolean, types.Bigint)}
	bools := types.ArrayOf(types.Boolean)
	check(t, nil, projectOf(in, &plan.Case{Whens: []plan.When{{Cond: call(">", x, lit(0)), Result: &plan.Call{Fn: &fn, Args: []plan.Expr{a, l}, T: bools}}}, Else: null(bools), T: bools}),
		[]row{{nil}, {[]types.Value{true}}}, true)
}
