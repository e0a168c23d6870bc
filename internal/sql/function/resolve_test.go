package function

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// signatureTypes reads types in the form of a signature: "bigint, array(varchar)".
func signatureTypes(t *testing.T, list string) []*types.Type {
	t.Helper()
	var out []*types.Type
	sig := mustSignature("f(" + list + ") -> unknown")
	for i := range sig.Params {
		p := sig.Params[i]
		if p.kind == types.KindFunction && p.variable == "" {
			out = append(out, nil)
		} else {
			out = append(out, bindings{}.typeOf(p))
		}
	}
	return out
}

func TestResolveChoosesOverload(t *testing.T) {
	for _, c := range []struct{ name, args, params, result string }{
		{"+", "integer, integer", "integer, integer", "integer"}, {"+", "integer, bigint", "bigint, bigint", "bigint"}, {"+", "integer, double", "double, double", "double"},
		{"+", "unknown, integer", "integer, integer", "integer"}, {"+", "timestamp, interval day to second", "timestamp, interval day to second", "timestamp"},
		{"+", "varchar, interval day to second", "timestamp, interval day to second", "timestamp"}, {"-", "date, date", "date, date", "interval day to second"},
		{"-", "timestamp, unknown", "timestamp, interval day to second", "timestamp"}, {"-", "timestamp, varchar", "timestamp, timestamp", "interval day to second"},
		{"-", "date, timestamp", "timestamp, timestamp", "interval day to second"}, {"*", "interval day to second, integer", "interval day to second, bigint", "interval day to second"},
		{"=", "integer, double", "double, double", "boolean"}, {"=", "varchar, timestamp", "timestamp, timestamp", "boolean"}, {"=", "date, varchar", "date, date", "boolean"},
		{"=", "unknown, unknown", "unknown, unknown", "boolean"}, {"<", "array(integer), array(double)", "array(double), array(double)", "boolean"},
		{"<", "row(integer, unknown), row(bigint, varchar)", "row(bigint, varchar), row(bigint, varchar)", "boolean"},
		{"||", "varchar, unknown", "varchar, varchar", "varchar"}, {"||", "array(bigint), integer", "array(bigint), bigint", "array(bigint)"}, {"||", "array(integer), bigint", "array(bigint), bigint", "array(bigint)"},
		{"||", "array(unknown), array(bigint)", "array(bigint), array(bigint)", "array(bigint)"}, {"||", "array(array(bigint)), array(bigint)", "array(array(bigint)), array(bigint)", "array(array(bigint))"},
		{"greatest", "integer, double, bigint", "double, double, double", "double"}, {"greatest", "varchar, timestamp", "timestamp, timestamp", "timestamp"},
		{"concat", "varchar, varchar, varchar", "varchar, varchar, varchar", "varchar"}, {"concat", "array(integer), array(bigint)", "array(bigint), array(bigint)", "array(bigint)"},
		{"bin", "varchar, interval day to second", "timestamp, interval day to second", "timestamp"}, {"year", "varchar", "timestamp", "bigint"}, {"year", "date", "date", "bigint"},
		{"sequence", "varchar, varchar, interval day to second", "timestamp, timestamp, interval day to second", "array(timestamp)"}, {"sequence", "integer, integer", "bigint, bigint", "array(bigint)"},
		{"sequence", "unknown, timestamp, interval day to second", "timestamp, timestamp, interval day to second", "array(timestamp)"},
		{"round", "integer", "integer", "integer"}, {"round", "double, integer", "double, bigint", "double"}, {"sqrt", "integer", "double", "double"}, {"abs", "bigint", "bigint", "bigint"},
		{"subscript", "array(row(double, varchar)), integer", "array(row(double, varchar)), bigint", "row(double, varchar)"}, {"array_position", "array(integer), bigint", "array(bigint), bigint", "bigint"},
		{"contains", "array(timestamp), varchar", "array(timestamp), timestamp", "boolean"}, {"zip", "array(bigint), array(varchar)", "array(bigint), array(varchar)", "array(row(bigint, varchar))"},
		{"date", "varchar", "varchar", "date"}, {"date", "timestamp", "timestamp", "date"}, {"from_unixtime", "bigint", "double", "timestamp"}, {"to_iso8601", "date", "date", "varchar"},
		{"array_join", "array(date), varchar", "array(date), varchar", "varchar"}, {"repeat", "unknown, integer", "unknown, bigint", "array(unknown)"}, {"now", "", "", "timestamp"},
	} {
		fn, m, err := ResolveScalar(c.name, signatureTypes(t, c.args), nil)
		if err != nil {
			t.Errorf("%s(%s): %v", c.name, c.args, err)
			continue
		}
		want := signatureTypes(t, c.params)
		if !slices.EqualFunc(m.Params, want, (*types.Type).Equal) || m.Result.String() != c.result || fn.Name != c.name {
			t.Errorf("%s(%s): %v -> %s", c.name, c.args, m.Params, m.Result)
		}
	}
}

func TestResolveErrors_6_3(t *testing.T) {
	for _, c := range []struct{ name, args, want string }{
		{"foo", "integer", "Function foo not registered"}, {"length", "integer", "Unexpected parameters (integer) for function length. Expected: length(varchar)"},
		{"length", "", "Unexpected parameters () for function length. Expected: length(varchar)"},
		{"substr", "varchar, double", "Unexpected parameters (varchar, double) for function substr. Expected: substr(varchar, bigint), substr(varchar, bigint, bigint)"},
		{"bin", "timestamp, interval year to month", "Unexpected parameters (timestamp, interval year to month) for function bin. Expected: bin(timestamp, interval day to second)"},
		{"concat", "varchar", "Unexpected parameters (varchar) for function concat. Expected: concat(varchar, varchar...), concat(array(E), array(E)...)"},
		{"array_max", "array(timeseries(double))", "Unexpected parameters (array(timeseries(double))) for function array_max. Expected: array_max(array(E:orderable))"},
		{"array_join", "array(array(double)), varchar", "Unexpected parameters (array(array(double)), varchar) for function array_join. Expected: array_join(array(E:scalar), varchar), array_join(array(E:scalar), varchar, varchar)"},
		{"any_match", "array(bigint), integer", "Unexpected parameters (array(bigint), integer) for function any_match. Expected: any_match(array(T), (T) => boolean)"},
		{"length", "() => boolean", "Unexpected parameters (function) for function length. Expected: length(varchar)"},
	} {
		_, _, err := ResolveScalar(c.name, signatureTypes(t, c.args), nil)
		if err == nil || err.Error() != c.want || !dberr.Is(err, dberr.Invalid) {
			t.Errorf("%s(%s)\n got  %v\n want %s", c.name, c.args, err, c.want)
		}
	}
	for _, c := range []string{"=(varchar, bigint)", "=(timeseries(double), timeseries(double))", "<(array(timeseries(double)), array(timeseries(double)))", "<(row(integer), row(integer, integer))",
		"=(array(varchar), array(timestamp))", "greatest(varchar, bigint)", "+(date, date)", "+(interval day to second, interval year to month)", "||(varchar, bigint)", "negate(varchar)", "like(varchar, bigint)"} {
		name, args, _ := strings.Cut(strings.TrimSuffix(c, ")"), "(")
		if fn, m, err := ResolveScalar(name, signatureTypes(t, args), nil); err == nil {
			t.Errorf("%s is %s -> %s", c, fn.Sig.String(), m.Result)
		}
	}
}

func TestResolveLambdas(t *testing.T) {
	type call struct {
		arg    int
		params string
	}
	var calls []call
	binder := func(results ...*types.Type) LambdaBinder {
		calls = nil
		return func(arg int, params []*types.Type) (*types.Type, error) {
			calls = append(calls, call{arg, types.RowOf(func() (fields []types.Field) {
				for _, p := range params {
					fields = append(fields, types.Field{Type: p})
				}
				return fields
			}()...).String()})
			return results[len(calls)-1], nil
		}
	}
	array := types.ArrayOf(types.Double)
	// The lambda's result binds the result's type.
	_, m, err := ResolveScalar("transform", []*types.Type{array, nil}, binder(types.Varchar))
	if err != nil || m.Result.String() != "array(varchar)" || m.Params[1].String() != "function(double, varchar)" || calls[0] != (call{1, "row(double)"}) {
		t.Errorf("transform: %v, %v, %v", m, calls, err)
	}
	// The state's type comes from the initial value; what the lambda gives is coerced to it.
	_, m, err = ResolveScalar("reduce", []*types.Type{array, types.Bigint, nil, nil}, binder(types.Integer, types.Varchar))
	if err != nil || m.Result.String() != "varchar" || m.Params[2].Elem != types.Bigint || calls[0] != (call{2, "row(bigint, double)"}) || calls[1] != (call{3, "row(bigint)"}) {
		t.Errorf("reduce: %v, %v, %v", m, calls, err)
	}
	// What the lambda gives may also widen it; the lambda is bound again.
	_, m, err = ResolveScalar("reduce", []*types.Type{array, types.Integer, nil, nil}, binder(types.Double, types.Double, types.Varchar))
	if err != nil || m.Params[1] != types.Double || calls[0].params != "row(integer, double)" || calls[1] != (call{2, "row(double, double)"}) || calls[2] != (call{3, "row(double)"}) {
		t.Errorf("reduce that widens: %v, %v, %v", m, calls, err)
	}
	if _, _, err = ResolveScalar("reduce", []*types.Type{array, types.Integer, nil, nil}, binder(types.Varchar)); err == nil || !strings.HasPrefix(err.Error(), "Unexpected parameters (array(double), integer, function, function) for function reduce. Expected: reduce(") {
		t.Errorf("reduce with a state that does not fit: %v", err)
	}
	nest := func(_ int, params []*types.Type) (*types.Type, error) { return types.ArrayOf(params[0]), nil }
	if _, _, err = ResolveScalar("reduce", []*types.Type{array, types.Unknown, nil, nil}, nest); err == nil || !strings.HasPrefix(err.Error(), "Unexpected parameters") {
		t.Errorf("reduce with a state that grows: %v", err)
	}
	// A lambda that is NULL fits everything.
	if _, m, err = ResolveScalar("filter", []*types.Type{array, nil}, binder(types.Unknown)); err != nil || m.Params[1].Elem != types.Boolean {
		t.Errorf("filter: %v, %v", m, err)
	}
	failure := errors.New("body")
	if _, _, err = ResolveScalar("transform", []*types.Type{array, nil}, func(int, []*types.Type) (*types.Type, error) { return nil, failure }); !errors.Is(err, failure) {
		t.Errorf("the error of the body became %v", err)
	}
	if fn, _, err := ResolveScalar("regexp_replace", []*types.Type{types.Varchar, types.Varchar, nil}, binder(types.Varchar)); err != nil || calls[0].params != "row(array(varchar))" {
		t.Errorf("regexp_replace: %v, %v, %v", fn, calls, err)
	}
}

func TestSignatureText(t *testing.T) {
	for _, text := range []string{"substr(varchar, bigint)", "filter(timeseries(T), (row(time timestamp, value T)) => boolean)", "greatest(T:orderable...)", "now()"} {
		sig := mustSignature(text + " -> varchar")
		if sig.String() != text {
			t.Errorf("%s became %s", text, sig.String())
		}
	}
	for _, bad := range []string{"f(", "f()", "f(nope) -> varchar", "f(varchar", "f(varchar) -> ", "f(varchar) -> varchar x", "f(array varchar) -> varchar", "f(interval minute) -> date", "f(varchar bigint) -> date"} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "bug: ") {
					t.Errorf("%q: %v", bad, r)
				}
			}()
			mustSignature(bad)
		}()
	}
}

// TestRegistry checks what every scalar function must keep to.
func TestRegistry(t *testing.T) {
	names, _, _ := Names()
	if !slices.IsSorted(names) || !slices.Contains(names, "substr") || slices.Contains(names, "||") || !IsScalar("||") || IsScalar("no such") {
		t.Error("names of scalar functions are wrong")
	}
	for name, overloads := range scalars {
		seen := map[string]bool{}
		for _, f := range overloads {
			if f.Eval == nil || f.Name != name || name != strings.ToLower(name) {
				t.Errorf("%s has no code or a bad name", f.Sig.text)
			}
			if seen[f.Sig.String()] {
				t.Errorf("%s is registered twice", f.Sig.text)
			}
			seen[f.Sig.String()] = true
			for _, p := range f.Sig.Params {
				if p.kind == types.KindFunction && p.variable == "" && !f.CanFail {
					t.Errorf("%s takes a lambda, which can fail", f.Sig.text)
				}
			}
		}
	}
}

// Empty batches and batches in which every row is skipped come up; no function may look at its arguments then.
func TestFunctionsOfNothing(t *testing.T) {
	for _, overloads := range scalars {
		for _, f := range overloads {
			if len(f.Sig.Params) == 0 || f.CallOnNull {
				continue
			}
			testNothing(t, f)
		}
	}
}

// testNothing calls a function without rows, and with rows that all have a NULL, flat and constant.
func testNothing(t *testing.T, f *Scalar) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s panics: %v", f.Sig.text, r)
		}
	}()
	b := bindings{}
	for _, p := range f.Sig.Params {
		bindVariables(b, p)
	}
	for _, rows := range []int{0, 3} {
		for _, constant := range []bool{false, true} {
			a := testArgs(rows, b.typeOf(f.Sig.Result))
			a.Skip = make([]bool, rows)
			for i := range a.Skip {
				a.Skip[i] = true
			}
			for _, p := range f.Sig.Params {
				if p.kind == types.KindFunction && p.variable == "" {
					body := b.typeOf(p.parts[len(p.parts)-1])
					a.Vecs = append(a.Vecs, nil)
					a.Lambdas = append(a.Lambdas, func(_ []*vector.Vector, parents []int32) (*vector.Vector, error) {
						return vector.NullsOf(body, len(parents)), nil
					})
					continue
				}
				v := vector.NullsOf(b.typeOf(p), rows)
				if !constant {
					v = v.Flatten()
				}
				a.Vecs, a.Lambdas = append(a.Vecs, v), append(a.Lambdas, nil)
			}
			out, err := f.Eval(a)
			if err != nil || out.Len() != rows || !out.Type.Equal(a.Result) {
				t.Errorf("%s with %d skipped rows, constant %v: %v, %v", f.Sig.text, rows, constant, out, err)
			}
		}
	}
}

// bindVariables gives each variable of a pattern a type.
func bindVariables(b bindings, p *pattern) {
	if p.variable != "" && b[p.variable] == nil {
		b[p.variable] = types.Varchar
	}
	for _, part := range p.parts {
		bindVariables(b, part)
	}
}
