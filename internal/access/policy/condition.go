package policy

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// quantifier says how a condition takes a key with several values.
type quantifier uint8

const (
	some quantifier = iota // ForAnyValue, and conditions that do not say
	all                    // ForAllValues
)

// condition is one line of a statement's Condition: an operator, a key, and the values that it is compared with.
type condition struct {
	op       *operator
	key      string
	ifExists bool
	set      bool // the operator has ForAnyValue or ForAllValues in front
	quant    quantifier
	null     bool // the operator is Null; want says whether the key must be absent
	want     bool
	tests    []test
}

// test tells whether a value of the request is what one value of the condition means. wellFormed is false for what cannot be compared at
// all: neither an operator nor its opposite allows anything then, but the opposite denies.
type test func(value string, context Context) (match, wellFormed bool)

// operator makes tests from values, and negated turns their outcome round.
type operator struct {
	negated bool
	compile func(value string, variables bool) (test, error)
}

// operators has all of them but Null, without the prefixes and suffixes that they may have.
var operators = map[string]*operator{
	"StringEquals":              {false, textTest(false, false)},
	"StringNotEquals":           {true, textTest(false, false)},
	"StringEqualsIgnoreCase":    {false, textTest(false, true)},
	"StringNotEqualsIgnoreCase": {true, textTest(false, true)},
	"StringLike":                {false, textTest(true, false)},
	"StringNotLike":             {true, textTest(true, false)},
	"ArnEquals":                 {false, arnTest},
	"ArnLike":                   {false, arnTest},
	"ArnNotEquals":              {true, arnTest},
	"ArnNotLike":                {true, arnTest},
	"IpAddress":                 {false, addressTest},
	"NotIpAddress":              {true, addressTest},
	"Bool":                      {false, boolTest},
	"NumericEquals":             {false, orderTest(number, equal)},
	"NumericNotEquals":          {true, orderTest(number, equal)},
	"NumericLessThan":           {false, orderTest(number, less)},
	"NumericLessThanEquals":     {false, orderTest(number, lessOrEqual)},
	"NumericGreaterThan":        {false, orderTest(number, greater)},
	"NumericGreaterThanEquals":  {false, orderTest(number, greaterOrEqual)},
	"DateEquals":                {false, orderTest(moment, equal)},
	"DateNotEquals":             {true, orderTest(moment, equal)},
	"DateLessThan":              {false, orderTest(moment, less)},
	"DateLessThanEquals":        {false, orderTest(moment, lessOrEqual)},
	"DateGreaterThan":           {false, orderTest(moment, greater)},
	"DateGreaterThanEquals":     {false, orderTest(moment, greaterOrEqual)},
}

// newCondition reads one condition.
func newCondition(name, key string, values []string, variables bool) (*condition, error) {
	c := &condition{key: foldKey(key)}
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		base, c.quant, c.set = rest, all, true
	} else if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		base, c.set = rest, true
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	if len(values) == 0 {
		return nil, fmt.Errorf("condition %s on %s has no values", name, key)
	}
	if base == "Null" && !c.ifExists && !c.set {
		want, err := strconv.ParseBool(values[0])
		if err != nil || len(values) > 1 {
			return nil, fmt.Errorf("condition %s on %s must have one value, true or false", name, key)
		}
		c.null, c.want = true, want
		return c, nil
	}
	if c.op = operators[base]; c.op == nil {
		return nil, fmt.Errorf("condition operator %s is not supported; supported are Null, %s, with ForAllValues:, ForAnyValue: and IfExists",
			name, strings.Join(slices.Sorted(maps.Keys(operators)), ", "))
	}
	for _, value := range values {
		t, err := c.op.compile(value, variables)
		if err != nil {
			return nil, fmt.Errorf("condition %s on %s: %w", name, key, err)
		}
		c.tests = append(c.tests, t)
	}
	return c, nil
}

// holds reports whether a request fulfils the condition of a statement that denies, or allows.
func (c *condition) holds(context Context, deny bool) bool {
	values, present := context.values(c.key)
	switch {
	case c.null:
		return c.want != present
	case !present && c.set:
		return c.ifExists || c.quant == all
	case !present:
		return c.ifExists || c.op.negated
	}
	for _, v := range values {
		if c.fits(v, context, deny) == (c.quant == some) {
			return c.quant == some
		}
	}
	return c.quant == all
}

// fits reports whether one value of the request fulfils the condition: it is one of the condition's values, or none of them if the
// operator is negated.
func (c *condition) fits(value string, context Context, deny bool) bool {
	for _, t := range c.tests {
		match, wellFormed := t(value, context)
		switch {
		case !wellFormed && c.op.negated:
			return deny
		case match && wellFormed:
			return !c.op.negated
		}
	}
	return c.op.negated
}

// textTest compares texts.
func textTest(wildcards, ignoreCase bool) func(string, bool) (test, error) {
	return func(want string, variables bool) (test, error) {
		p, err := newPattern(want, wildcards, variables)
		return func(value string, context Context) (bool, bool) {
			symbols, ok := p.expand(context)
			if !ok {
				return false, false
			}
			if ignoreCase {
				return strings.EqualFold(string(symbols), value), true
			}
			return glob(symbols, value), true
		}, err
	}
}

// arnTest compares ARNs part by part.
func arnTest(want string, variables bool) (test, error) {
	p, err := newPattern(want, true, variables)
	return func(value string, context Context) (bool, bool) {
		symbols, ok := p.expand(context)
		return ok && matchesARN(symbols, value), ok
	}, err
}

// addressTest tells whether an address is in a network.
func addressTest(want string, _ bool) (test, error) {
	network, err := netip.ParsePrefix(want)
	if err != nil {
		address, aerr := netip.ParseAddr(want)
		if aerr != nil {
			return nil, fmt.Errorf("%q is neither an IP address nor a network such as 10.0.0.0/8", want)
		}
		network = netip.PrefixFrom(address, address.BitLen())
	}
	return func(value string, _ Context) (bool, bool) {
		address, err := netip.ParseAddr(value)
		return err == nil && network.Contains(address.Unmap().WithZone("")), err == nil
	}, nil
}

// boolTest compares truth values.
func boolTest(want string, _ bool) (test, error) {
	if !strings.EqualFold(want, "true") && !strings.EqualFold(want, "false") {
		return nil, fmt.Errorf("%q is neither true nor false", want)
	}
	return func(value string, _ Context) (bool, bool) { return strings.EqualFold(value, want), true }, nil
}

// orderTest compares what read makes of two texts.
func orderTest(read func(string) (float64, error), holds func(value, want float64) bool) func(string, bool) (test, error) {
	return func(text string, _ bool) (test, error) {
		want, err := read(text)
		return func(value string, _ Context) (bool, bool) {
			have, err := read(value)
			return err == nil && holds(have, want), err == nil
		}, err
	}
}

func equal(value, want float64) bool          { return value == want }
func less(value, want float64) bool           { return value < want }
func lessOrEqual(value, want float64) bool    { return value <= want }
func greater(value, want float64) bool        { return value > want }
func greaterOrEqual(value, want float64) bool { return value >= want }

// number reads a number.
func number(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}

// moment reads a time: ISO 8601, or seconds since 1970.
func moment(text string) (float64, error) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return float64(t.UnixMilli()) / 1000, nil
		}
	}
	if n, err := number(text); err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("%q is not a time such as 2026-01-31T12:00:00Z", text)
}
