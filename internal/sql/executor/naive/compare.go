package naive

import (
	"math"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// equals is SQL's "=". known is false if the answer is NULL. NaN equals nothing; lists of different length differ, and so
// do lists of which some parts are known to.
func equals(a, b types.Value) (equal, known bool) {
	if a == nil || b == nil {
		return false, false
	}
	x, isList := a.([]types.Value)
	if !isList {
		return a == b, true // also for doubles: Go's NaN equals nothing, and -0.0 equals 0.0
	}
	y := b.([]types.Value)
	if len(x) != len(y) {
		return false, true
	}
	equal, known = true, true
	for i := range x {
		e, k := equals(x[i], y[i])
		if k && !e {
			return false, true
		}
		known = known && k
	}
	return equal && known, known
}

// same is equality in groups, DISTINCT and set operations: NULL is the same as NULL, and NaN as NaN.
func same(a, b types.Value) bool { return identity(row{a}) == identity(row{b}) }

// identity returns a text that two lists of values have in common exactly if they are the same.
func identity(values []types.Value) string {
	var b strings.Builder
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b.WriteString("null")
		case bool:
			b.WriteString(strconv.FormatBool(v))
		case int64:
			b.WriteString(strconv.FormatInt(v, 10))
		case float64:
			if v == 0 {
				v = 0 // which is not -0.0
			}
			b.WriteString(strconv.FormatFloat(v, 'x', -1, 64))
		case string:
			b.WriteString(strconv.Quote(v))
		case []types.Value:
			b.WriteString("[" + identity(v) + "]")
		default:
			panic("bug: a value that cannot be compared")
		}
		b.WriteString(",")
	}
	return b.String()
}

// order orders two values that are not NULL as < does: a NULL part of an array or a row is an error if it is met.
func order(a, b types.Value, t *types.Type) (int, error) {
	x, isList := a.([]types.Value)
	if !isList {
		return types.Compare(a, b), nil
	}
	y := b.([]types.Value)
	for i := 0; i < len(x) && i < len(y); i++ {
		part, word, plural := t.Elem, "ARRAY", "arrays with null elements"
		if t.Kind == types.KindRow {
			part, word, plural = t.Fields[i].Type, "ROW", "fields with null elements"
		}
		if x[i] == nil || y[i] == nil {
			return 0, invalid("%s comparison not supported for %s", word, plural)
		}
		if c, err := order(x[i], y[i], part); c != 0 || err != nil {
			return c, err
		}
	}
	return len(x) - len(y), nil
}

// orderRows orders keys as ORDER BY does. NULLs come last, also in descending order, unless the key says otherwise.
func orderRows(keys []plan.SortKey, a, b row) int {
	for i, k := range keys {
		if c := orderKey(k, a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func orderKey(k plan.SortKey, a, b types.Value) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		if k.NullsFirst {
			return -1
		}
		return 1
	case b == nil:
		return -orderKey(k, b, a)
	case k.Desc:
		return types.Compare(b, a)
	}
	return types.Compare(a, b)
}

// comparisons are the operators by what they say of the order of two values. A double that is NaN is in no order.
var comparisons = map[string]func(c int) bool{
	"<":  func(c int) bool { return c < 0 },
	"<=": func(c int) bool { return c <= 0 },
	">":  func(c int) bool { return c > 0 },
	">=": func(c int) bool { return c >= 0 },
}

// compare is a comparison operator; nil for NULL.
func compare(op string, a, b types.Value, t *types.Type) (types.Value, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if op == "=" || op == "<>" {
		equal, known := equals(a, b)
		if !known {
			return nil, nil
		}
		return equal == (op == "="), nil
	}
	if isNaN(a) || isNaN(b) {
		return false, nil
	}
	c, err := order(a, b, t)
	if err != nil {
		return nil, err
	}
	return comparisons[op](c), nil
}

func isNaN(v types.Value) bool {
	x, ok := v.(float64)
	return ok && math.IsNaN(x)
}

// compareFunctions are the comparison operators, greatest and least.
var compareFunctions = table{
	"=":        compareCall,
	"<>":       compareCall,
	"<":        compareCall,
	"<=":       compareCall,
	">":        compareCall,
	">=":       compareCall,
	"greatest": func(c *call, a []types.Value) (types.Value, error) { return extreme(a, c.result, 1) },
	"least":    func(c *call, a []types.Value) (types.Value, error) { return extreme(a, c.result, -1) },
}

func compareCall(c *call, a []types.Value) (types.Value, error) {
	return compare(c.name, a[0], a[1], c.params[0])
}

// extreme returns the greatest (sign 1) or least (sign -1) value; NaN is greater than all others.
func extreme(a []types.Value, t *types.Type, sign int) (types.Value, error) {
	best := a[0]
	for _, v := range a[1:] {
		c, err := order(v, best, t)
		if err != nil {
			return nil, err
		}
		if c*sign > 0 {
			best = v
		}
	}
	return best, nil
}
