package naive

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// scalar is the code of a function for one row. None of the arguments is NULL unless the function is in takesNull.
type scalar func(c *call, a []types.Value) (types.Value, error)

// call is what a function knows of its call.
type call struct {
	name   string
	params []*types.Type // a function type at the place of a lambda
	result *types.Type
	run    *run
}

// lambda is a lambda as the value of an argument.
type lambda func(args ...types.Value) (types.Value, error)

// table is functions by name, or by name and kinds of arguments: "date_trunc(varchar,time)". The longer form is looked for
// first.
type table map[string]scalar

// tables are all scalar functions.
var tables = []table{compareFunctions, mathFunctions, bitFunctions, stringFunctions, arrayFunctions, lambdaFunctions,
	timeFunctions, unitFunctions, intervalFunctions, seriesFunctions, isoFunctions, combinationFunctions}

// takesNull are the functions that are called with NULLs; others are NULL if an argument is.
var takesNull = map[string]bool{
	"concat_ws": true, "reduce": true, "repeat": true, "||(array,element)": true, "||(element,array)": true,
}

// lookup finds a function, and the key that it was found by.
func lookup(name string, params []*types.Type) (scalar, string) {
	kinds := make([]string, len(params))
	for i, t := range params {
		kinds[i] = kindName(t)
	}
	for _, key := range []string{name + "(" + strings.Join(kinds, ",") + ")", name} {
		if name == "||" && kinds[0] != kinds[1] || name == "||" && kinds[0] == "array" && !params[0].Equal(params[1]) {
			key = concatKey(params)
		}
		for _, t := range tables {
			if f, ok := t[key]; ok {
				return f, key
			}
		}
	}
	return nil, ""
}

// concatKey tells apart the two ways to join an array and an element, which may be an array, too.
func concatKey(params []*types.Type) string {
	if params[0].Kind == types.KindArray && params[0].Elem.Equal(params[1]) {
		return "||(array,element)"
	}
	return "||(element,array)"
}

// kindName names the kind of a type without its parts.
func kindName(t *types.Type) string {
	switch t.Kind {
	case types.KindArray:
		return "array"
	case types.KindRow:
		return "row"
	case types.KindTimeSeries:
		return "timeseries"
	case types.KindFunction:
		return "function"
	}
	return t.String()
}

func paramsOf(e *plan.Call) []*types.Type {
	out := make([]*types.Type, len(e.Args))
	for i, x := range e.Args {
		out[i] = x.Type()
	}
	return out
}

// call evaluates all arguments, then the function.
func (r *run) call(e *plan.Call, s *scope) (types.Value, error) {
	args, err := r.evalAll(e.Args, s)
	if err != nil {
		return nil, err
	}
	params := paramsOf(e)
	f, key := lookup(e.Fn.Name, params)
	if !takesNull[key] {
		for _, v := range args {
			if v == nil {
				return nil, nil
			}
		}
	}
	return f(&call{name: e.Fn.Name, params: params, result: e.T, run: r}, args)
}

// Adaptors from functions of Go values: of one, two and three arguments, with e if they can fail.

func of1[A any, R any](f func(A) R) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) { return f(a[0].(A)), nil }
}

func of2[A, B, R any](f func(A, B) R) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) { return f(a[0].(A), a[1].(B)), nil }
}

func of3[A, B, C, R any](f func(A, B, C) R) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) { return f(a[0].(A), a[1].(B), a[2].(C)), nil }
}

func of1e[A, R any](f func(A) (R, error)) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) { return valueOr(f(a[0].(A))) }
}

func of2e[A, B, R any](f func(A, B) (R, error)) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) { return valueOr(f(a[0].(A), a[1].(B))) }
}

func of3e[A, B, C, R any](f func(A, B, C) (R, error)) scalar {
	return func(_ *call, a []types.Value) (types.Value, error) {
		return valueOr(f(a[0].(A), a[1].(B), a[2].(C)))
	}
}

// constant is a function without arguments.
func constant(v types.Value) scalar {
	return func(*call, []types.Value) (types.Value, error) { return v, nil }
}

func valueOr[R any](v R, err error) (types.Value, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}
