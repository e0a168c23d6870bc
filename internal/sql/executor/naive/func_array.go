package naive

import (
	"math/big"
	"sort"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// list is the value of an array or a row.
type list = []types.Value

// arrayFunctions are the functions on arrays without lambdas. Source: reference, 4.8.
var arrayFunctions = table{
	"||(array,array)": of2(func(x, y list) list { return concatArrays(x, y) }),
	"||(array,element)": func(_ *call, a []types.Value) (types.Value, error) {
		if a[0] == nil {
			return nil, nil
		}
		return concatArrays(a[0], list{a[1]}), nil
	},
	"||(element,array)": func(_ *call, a []types.Value) (types.Value, error) {
		if a[1] == nil {
			return nil, nil
		}
		return concatArrays(list{a[0]}, a[1]), nil
	},
	"array_distinct": of1(func(x list) list { return distinct(x) }),
	"array_union":    of2(func(x, y list) list { return distinct(concatArrays(x, y)) }),
	"array_intersect": of2(func(x, y list) list {
		return distinct(kept(x, func(v types.Value) bool { return has(y, v) }))
	}),
	"array_except": of2(func(x, y list) list {
		return distinct(kept(x, func(v types.Value) bool { return !has(y, v) }))
	}),
	"arrays_overlap": of2(arraysOverlap),
	"array_join":     arrayJoin,
	"array_max":      func(c *call, a []types.Value) (types.Value, error) { return arrayExtreme(a[0].(list), c.result, 1) },
	"array_min":      func(c *call, a []types.Value) (types.Value, error) { return arrayExtreme(a[0].(list), c.result, -1) },
	"array_position": of2(func(x list, v any) int64 {
		for i, e := range x {
			if equal, known := equals(e, v); equal && known {
				return int64(i + 1)
			}
		}
		return 0
	}),
	"contains": of2(contains),
	"array_remove": of2(func(x list, v any) list {
		return kept(x, func(e types.Value) bool { equal, known := equals(e, v); return !equal || !known })
	}),
	"array_sort(array)":  arraySort,
	"array_first":        of1(func(x list) any { return at(x, 0) }),
	"array_last":         of1(func(x list) any { return at(x, len(x)-1) }),
	"cardinality(array)": of1(func(x list) int64 { return int64(len(x)) }),
	"element_at":         of2e(elementAt),
	"subscript":          of2e(subscript),
	"repeat":             repeat,
	"reverse(array)": of1(func(x list) list {
		out := list{}
		for i := len(x) - 1; i >= 0; i-- {
			out = append(out, x[i])
		}
		return out
	}),
	"slice":      of3e(slice),
	"trim_array": of2e(trimArray),
	"flatten": of1(func(x list) list {
		out := list{}
		for _, inner := range x {
			if inner != nil {
				out = append(out, inner.(list)...)
			}
		}
		return out
	}),
	"ngrams":   of2e(ngrams),
	"zip":      func(_ *call, a []types.Value) (types.Value, error) { return zip(a), nil },
	"sequence": sequence, "sequence(timestamp,timestamp,interval year to month)": monthSequence, "sequence(date,date,interval year to month)": monthSequence,
}

func concatArrays(lists ...types.Value) list {
	out := list{}
	for _, l := range lists {
		out = append(out, l.(list)...)
	}
	return out
}

// kept returns the elements for which keep is true.
func kept(x list, keep func(types.Value) bool) list {
	out := list{}
	for _, v := range x {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

// has reports whether an element is the same as v.
func has(x list, v types.Value) bool {
	for _, e := range x {
		if same(e, v) {
			return true
		}
	}
	return false
}

// distinct keeps the first of elements that are the same.
func distinct(x list) list {
	out, seen := list{}, map[string]bool{}
	for _, v := range x {
		if id := identity(list{v}); !seen[id] {
			seen[id] = true
			out = append(out, v)
		}
	}
	return out
}

// arraysOverlap is true if there is a common element that is not NULL. Else an empty array overlaps with nothing, and a NULL
// in one of the arrays makes it unknown.
func arraysOverlap(x, y list) any {
	for _, v := range x {
		if v != nil && has(y, v) {
			return true
		}
	}
	if len(x) > 0 && len(y) > 0 && (has(x, nil) || has(y, nil)) {
		return nil
	}
	return false
}

func arrayJoin(c *call, a []types.Value) (types.Value, error) {
	var parts []string
	for _, v := range a[0].(list) {
		switch {
		case v != nil:
			parts = append(parts, types.Text(c.params[0].Elem, v))
		case len(a) == 3:
			parts = append(parts, a[2].(string))
		}
	}
	return strings.Join(parts, a[1].(string)), nil
}

// arrayExtreme is the greatest (sign 1) or least element; NULL if there is none, or one that is NULL.
func arrayExtreme(x list, t *types.Type, sign int) (types.Value, error) {
	if len(x) == 0 || has(x, nil) {
		return nil, nil
	}
	return extreme(x, t, sign)
}

func contains(x list, v any) any {
	var out any = false
	for _, e := range x {
		switch equal, known := equals(e, v); {
		case !known:
			out = nil
		case equal:
			return true
		}
	}
	return out
}

func arraySort(c *call, a []types.Value) (types.Value, error) {
	out := append(list{}, a[0].(list)...)
	var failed error
	sort.SliceStable(out, func(i, j int) bool {
		if out[i] == nil || out[j] == nil {
			return out[j] == nil && out[i] != nil
		}
		k, err := order(out[i], out[j], c.result.Elem)
		if err != nil {
			failed = err
		}
		return k < 0
	})
	return valueOr(out, failed)
}

// at returns an element, NULL if there is none.
func at(x list, i int) types.Value {
	if i < 0 || i >= len(x) {
		return nil
	}
	return x[i]
}

var errIndexZero = invalid("SQL array indices start at 1")

func elementAt(x list, i int64) (any, error) {
	n := int64(len(x))
	switch {
	case i == 0:
		return nil, errIndexZero
	case i > n || i < -n:
		return nil, nil
	case i < 0:
		return x[n+i], nil
	}
	return x[i-1], nil
}

func subscript(x list, i int64) (any, error) {
	switch {
	case i == 0:
		return nil, errIndexZero
	case i < 0:
		return nil, invalid("Array subscript is negative: %d", i)
	case i > int64(len(x)):
		return nil, invalid("Array subscript must be less than or equal to array length: %d > %d", i, len(x))
	}
	return x[i-1], nil
}

func repeat(_ *call, a []types.Value) (types.Value, error) {
	if a[1] == nil {
		return nil, nil
	}
	n := a[1].(int64)
	switch {
	case n < 0:
		return nil, invalid("count argument of repeat function must be greater than or equal to 0")
	case n > 10000:
		return nil, invalid("count argument of repeat function must be less than or equal to %d", 10000)
	}
	out := list{}
	for range n {
		out = append(out, a[0])
	}
	return out, nil
}

func slice(x list, start, n int64) (list, error) {
	size := int64(len(x))
	switch {
	case n < 0:
		return nil, invalid("length must be greater than or equal to 0")
	case start == 0:
		return nil, errIndexZero
	case start < 0:
		start += size + 1
	}
	if start < 1 || start > size {
		return list{}, nil
	}
	return append(list{}, x[start-1:start-1+min(n, size-start+1)]...), nil
}

func trimArray(x list, n int64) (list, error) {
	switch {
	case n < 0:
		return nil, invalid("size must not be negative: %d", n)
	case n > int64(len(x)):
		return nil, invalid("size must not exceed array cardinality %d: %d", len(x), n)
	}
	return append(list{}, x[:int64(len(x))-n]...), nil
}

// ngrams returns all n neighbours; of fewer elements, all.
func ngrams(x list, n int64) (list, error) {
	if n <= 0 {
		return nil, invalid("N must be positive")
	}
	out := list{}
	for i := int64(0); i == 0 || i+n <= int64(len(x)); i++ {
		out = append(out, append(list{}, x[i:min(i+n, int64(len(x)))]...))
	}
	return out, nil
}

func zip(arrays []types.Value) list {
	longest := 0
	for _, a := range arrays {
		longest = max(longest, len(a.(list)))
	}
	out := list{}
	for i := range longest {
		fields := list{}
		for _, a := range arrays {
			fields = append(fields, at(a.(list), i))
		}
		out = append(out, fields)
	}
	return out
}

var errSequenceSize = invalid("result of sequence function must not have more than 10000 entries")

// checkStep reports whether a step leads from start to stop.
func checkStep(start, stop, step int64) error {
	switch {
	case step == 0:
		return invalid("step must not be zero")
	case (step > 0) != (start < stop) && start != stop:
		return invalid("sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start")
	}
	return nil
}

// sequence counts by a fixed step: one, one day, or what is given. The days of a date are counted by whole days.
func sequence(c *call, a []types.Value) (types.Value, error) {
	start, stop, step := a[0].(int64), a[1].(int64), int64(1)
	if c.params[0].Kind == types.KindTimestamp {
		step = types.Day
	}
	if start > stop {
		step = -step
	}
	if len(a) == 3 {
		step = a[2].(int64)
		if c.params[0].Kind == types.KindDate {
			if step%types.Day != 0 {
				return nil, invalid("sequence step must be a day interval if start and end values are dates")
			}
			step /= types.Day
		}
	}
	if err := checkStep(start, stop, step); err != nil {
		return nil, err
	}
	out := list{}
	by, end := big.NewInt(step), big.NewInt(stop)
	for x := big.NewInt(start); x.Cmp(end)*by.Sign() <= 0; x.Add(x, by) {
		if out = append(out, x.Int64()); len(out) > 10000 {
			return nil, errSequenceSize
		}
	}
	return out, nil
}

// monthSequence counts by months, always from the start.
func monthSequence(c *call, a []types.Value) (types.Value, error) {
	start, stop, step := a[0].(int64), a[1].(int64), a[2].(int64)
	if err := checkStep(start, stop, step); err != nil {
		return nil, err
	}
	out := list{}
	for k := int64(0); ; k++ {
		x, err := addMonths(c.params[0], start, k*step)
		if err != nil || step > 0 && x > stop || step < 0 && x < stop {
			return out, nil
		}
		if out = append(out, x); len(out) > 10000 {
			return nil, errSequenceSize
		}
	}
}
