package naive

import (
	"sort"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// lambdaFunctions are the functions on arrays that take a lambda. Source: reference, 4.8 and 4.17.
var lambdaFunctions = table{
	"transform": func(_ *call, a []types.Value) (types.Value, error) {
		out := list{}
		for _, v := range a[0].(list) {
			w, err := a[1].(lambda)(v)
			if err != nil {
				return nil, err
			}
			out = append(out, w)
		}
		return out, nil
	},
	"filter(array,function)": func(_ *call, a []types.Value) (types.Value, error) {
		out := list{}
		for _, v := range a[0].(list) {
			keep, err := a[1].(lambda)(v)
			if err != nil {
				return nil, err
			}
			if keep == true {
				out = append(out, v)
			}
		}
		return out, nil
	},
	"zip_with": func(_ *call, a []types.Value) (types.Value, error) {
		x, y := a[0].(list), a[1].(list)
		out := list{}
		for i := range max(len(x), len(y)) {
			v, err := a[2].(lambda)(at(x, i), at(y, i))
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	},
	"any_match": func(_ *call, a []types.Value) (types.Value, error) { return match(a, true) },
	"all_match": func(_ *call, a []types.Value) (types.Value, error) { return match(a, false) },
	"none_match": func(_ *call, a []types.Value) (types.Value, error) {
		v, err := match(a, true)
		if v == nil || err != nil {
			return nil, err
		}
		return !v.(bool), nil
	},
	"array_sort(array,function)": sortBy,
	"reduce":                     reduce,
}

// match is OR (stop is true) or AND (stop is false) of a lambda over all elements.
func match(a []types.Value, stop bool) (types.Value, error) {
	var out types.Value = !stop
	unknown := false
	for _, v := range a[0].(list) {
		m, err := a[1].(lambda)(v)
		switch {
		case err != nil:
			return nil, err
		case m == nil:
			unknown = true
		case m == stop:
			out = stop
		}
	}
	if out != stop && unknown {
		return nil, nil
	}
	return out, nil
}

// reduce folds an array or a time series; the initial state may be NULL.
func reduce(_ *call, a []types.Value) (types.Value, error) {
	var elems list
	switch x := a[0].(type) {
	case nil:
		return nil, nil
	case list:
		elems = x
	case types.Series:
		elems = points(x)
	}
	state := a[1]
	for _, v := range elems {
		var err error
		if state, err = a[2].(lambda)(state, v); err != nil {
			return nil, err
		}
	}
	return a[3].(lambda)(state)
}

// sortBy sorts by a lambda that compares two elements: -1, 0 or 1.
func sortBy(_ *call, a []types.Value) (types.Value, error) {
	out := append(list{}, a[0].(list)...)
	var failed error
	sort.SliceStable(out, func(i, j int) bool {
		v, err := a[1].(lambda)(out[i], out[j])
		if err == nil && v != int64(-1) && v != int64(0) && v != int64(1) {
			err = invalid("Lambda comparator must return either -1, 0, or 1")
		}
		if err != nil {
			failed = err
		}
		return v == int64(-1)
	})
	return valueOr(out, failed)
}
