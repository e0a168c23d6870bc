package function

import (
	"errors"
	"sort"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
)

var (
	scalars    = map[string][]*Scalar{}
	aggregates = map[string][]*Aggregate{}
	windows    = map[string][]*Window{}
)

// registerScalar adds an overload of a scalar function. Among equally good overloads the first one registered wins.
func registerScalar(sig string, f Scalar) {
	f.Sig = mustSignature(sig)
	f.Name = f.Sig.Name
	scalars[f.Name] = append(scalars[f.Name], &f)
}

// registerAggregate adds an overload of an aggregate function.
func registerAggregate(sig string, f Aggregate) {
	f.Sig = mustSignature(sig)
	f.Name = f.Sig.Name
	aggregates[f.Name] = append(aggregates[f.Name], &f)
}

// registerWindow adds an overload of a window function.
func registerWindow(sig string, f Window) {
	f.Sig = mustSignature(sig)
	f.Name = f.Sig.Name
	windows[f.Name] = append(windows[f.Name], &f)
}

// IsAggregate reports whether name, in lower case, is an aggregate function.
func IsAggregate(name string) bool { return len(aggregates[name]) > 0 }

// IsWindow reports whether name, in lower case, is a function that needs OVER.
func IsWindow(name string) bool { return len(windows[name]) > 0 }

// IsScalar reports whether name, in lower case, is a scalar function.
func IsScalar(name string) bool { return len(scalars[name]) > 0 }

// Names returns the names of all functions of the three kinds, sorted; operators are left out.
func Names() (scalar, aggregate, window []string) {
	for name := range scalars {
		if name[0] >= 'a' && name[0] <= 'z' {
			scalar = append(scalar, name)
		}
	}
	for name := range aggregates {
		aggregate = append(aggregate, name)
	}
	for name := range windows {
		window = append(window, name)
	}
	sort.Strings(scalar)
	sort.Strings(aggregate)
	sort.Strings(window)
	return scalar, aggregate, window
}

// Match is how a call fits an overload: the types that the arguments must be coerced to, and the result's type. At the
// place of a lambda argument the type is a function type.
type Match struct {
	Params []*types.Type
	Result *types.Type
}

// LambdaBinder is called for each lambda argument with the types of its parameters, in order of the arguments, and
// returns the type of the body. It is called again for the same argument if the body's type widens that of a parameter.
type LambdaBinder func(arg int, params []*types.Type) (*types.Type, error)

// ResolveScalar finds the overload of a scalar function for arguments of the given types. args[i] is nil for a lambda;
// bind may be nil if there is none. The error has no position.
func ResolveScalar(name string, args []*types.Type, bind LambdaBinder) (*Scalar, Match, error) {
	return resolve(name, scalars[name], func(f *Scalar) *Signature { return &f.Sig }, args, bind)
}

// ResolveAggregate finds the overload of an aggregate function.
func ResolveAggregate(name string, args []*types.Type) (*Aggregate, Match, error) {
	return resolve(name, aggregates[name], func(f *Aggregate) *Signature { return &f.Sig }, args, nil)
}

// ResolveWindow finds the overload of a window function.
func ResolveWindow(name string, args []*types.Type) (*Window, Match, error) {
	return resolve(name, windows[name], func(f *Window) *Signature { return &f.Sig }, args, nil)
}

func resolve[F any](name string, overloads []*F, sig func(*F) *Signature, args []*types.Type, bind LambdaBinder) (*F, Match, error) {
	if len(overloads) == 0 {
		return nil, Match{}, dberr.New(dberr.Invalid, "Function %s not registered", name)
	}
	var best *F
	bestCost := 0
	for _, f := range overloads {
		if cost, ok := matchCost(sig(f), args); ok && (best == nil || cost < bestCost) {
			best, bestCost = f, cost
		}
	}
	if best == nil {
		return nil, Match{}, mismatch(name, overloads, sig, args)
	}
	m, err := complete(sig(best), args, bind)
	if errors.Is(err, errMismatch) {
		err = mismatch(name, overloads, sig, args)
	}
	return best, m, err
}

// matchCost tells how far the arguments that are not lambdas are from the signature.
func matchCost(sig *Signature, args []*types.Type) (int, bool) {
	if !sig.accepts(len(args)) {
		return 0, false
	}
	b := bindings{}
	for i, t := range args {
		p := sig.param(i)
		if (t == nil) != (p.kind == types.KindFunction && p.variable == "") {
			return 0, false
		}
		if t != nil && !b.bind(p, t) {
			return 0, false
		}
	}
	total := 0
	for i, t := range args {
		if t == nil {
			continue
		}
		want := b.typeOf(sig.param(i))
		if want == nil {
			return 0, false
		}
		cost, ok := types.CoercionCost(t, want)
		if !ok {
			return 0, false
		}
		total += cost
	}
	return total, true
}

var errMismatch = errors.New("arguments do not fit")

// wideningsMax bounds how often a lambda may widen the type of its own parameters: integer, bigint, double is two steps,
// s -> ARRAY[s] would never end.
const wideningsMax = 4

// complete binds the lambdas from left to right, each result binding further variables, and fills in the types.
func complete(sig *Signature, args []*types.Type, bind LambdaBinder) (Match, error) {
	b := bindings{}
	for i, t := range args {
		if t != nil {
			b.bind(sig.param(i), t)
		}
	}
	m := Match{Params: make([]*types.Type, len(args))}
	for i, t := range args {
		if t != nil {
			continue
		}
		var err error
		if m.Params[i], err = b.bindLambda(sig.param(i), i, bind); err != nil {
			return m, err
		}
	}
	for i, t := range args {
		if t != nil {
			m.Params[i] = b.typeOf(sig.param(i))
		}
	}
	m.Result = b.typeOf(sig.Result)
	return m, nil
}

// bindLambda binds argument i, a lambda, and returns its type. A result that is wider than its variable widens it, and the
// lambda is bound again: in reduce(ARRAY[1.5], 0, (s, x) -> s + x, s -> s) the state is a double.
func (b bindings) bindLambda(p *pattern, i int, bind LambdaBinder) (*types.Type, error) {
	last := len(p.parts) - 1
	want := p.parts[last]
	for range wideningsMax {
		params := make([]*types.Type, last)
		for k := range params {
			params[k] = b.typeOf(p.parts[k])
		}
		result, err := bind(i, params)
		if err != nil {
			return nil, err
		}
		have, bound := b[want.variable]
		switch {
		case want.variable == "" && !types.CanCoerce(result, b.typeOf(want)):
			return nil, errMismatch
		case want.variable == "" || bound && types.CanCoerce(result, have):
			return types.FunctionOf(b.typeOf(want), params...), nil
		case !bound:
			b[want.variable] = result
			return types.FunctionOf(result, params...), nil
		}
		if b[want.variable] = types.CommonSuper(have, result); b[want.variable] == nil {
			return nil, errMismatch
		}
	}
	return nil, errMismatch
}

func mismatch[F any](name string, overloads []*F, sig func(*F) *Signature, args []*types.Type) error {
	got := make([]string, len(args))
	for i, t := range args {
		got[i] = "function"
		if t != nil {
			got[i] = t.String()
		}
	}
	want := make([]string, len(overloads))
	for i, f := range overloads {
		want[i] = sig(f).String()
	}
	return dberr.New(dberr.Invalid, "Unexpected parameters (%s) for function %s. Expected: %s",
		strings.Join(got, ", "), name, strings.Join(want, ", "))
}
