package types

// CanCoerce reports whether a value of type from may stand where type to is wanted without a cast. Source: the
// implicit coercions of Timestream's dialect: UNKNOWN to anything, INTEGER to BIGINT to DOUBLE, DATE to TIMESTAMP,
// VARCHAR to TIMESTAMP and DATE (parsed when the statement runs), and the same inside arrays, rows and time series.
func CanCoerce(from, to *Type) bool {
	_, ok := coerceCost(from, to)
	return ok
}

// CoercionCost returns how far from is from to: 0 for equal types, more for each step of widening. Among overloads
// of a function the one with the lowest sum is taken.
func CoercionCost(from, to *Type) (cost int, ok bool) {
	return coerceCost(from, to)
}

// stringCost is above any sum of other coercions, so that text is read as a timestamp only where nothing else fits.
const stringCost = 100

func coerceCost(from, to *Type) (int, bool) {
	if from.Equal(to) {
		return 0, true
	}
	switch {
	case from.Kind == KindUnknown && to.Kind != KindFunction:
		return 1, true
	case from.Kind == KindInteger && to.Kind == KindBigint, from.Kind == KindBigint && to.Kind == KindDouble,
		from.Kind == KindDate && to.Kind == KindTimestamp:
		return 1, true
	case from.Kind == KindInteger && to.Kind == KindDouble:
		return 2, true
	case from.Kind == KindVarchar && to.Kind == KindTimestamp:
		return stringCost, true
	case from.Kind == KindVarchar && to.Kind == KindDate:
		return stringCost + 1, true
	case from.Kind == to.Kind && (to.Kind == KindArray || to.Kind == KindTimeSeries):
		return partCost(from.Elem, to.Elem)
	case from.Kind == KindRow && to.Kind == KindRow && len(from.Fields) == len(to.Fields):
		sum := 0
		for i := range from.Fields {
			c, ok := partCost(from.Fields[i].Type, to.Fields[i].Type)
			if !ok {
				return 0, false
			}
			sum += c
		}
		return sum, true
	}
	return 0, false
}

// partCost is coerceCost for the parts of arrays, rows and series, where text stays text.
func partCost(from, to *Type) (int, bool) {
	c, ok := coerceCost(from, to)
	if c >= stringCost {
		return 0, false
	}
	return c, ok
}

// CommonSuper returns the least type that both a and b coerce to, nil if there is none. It serves CASE, COALESCE, IF,
// IN lists, array constructors, VALUES, set operations and comparisons.
func CommonSuper(a, b *Type) *Type {
	if a.Equal(b) {
		if a.Kind == KindRow {
			return mergeRows(a, b)
		}
		return a
	}
	if a.Kind == b.Kind {
		switch a.Kind {
		case KindArray, KindTimeSeries:
			if elem := commonPart(a.Elem, b.Elem); elem != nil {
				return &Type{Kind: a.Kind, Elem: elem}
			}
			return nil
		case KindRow:
			return mergeRows(a, b)
		}
	}
	if CanCoerce(a, b) {
		return b
	}
	if CanCoerce(b, a) {
		return a
	}
	return nil
}

func commonPart(a, b *Type) *Type {
	t := CommonSuper(a, b)
	if t == nil || a.Kind == KindVarchar != (t.Kind == KindVarchar) && a.Kind != KindUnknown ||
		b.Kind == KindVarchar != (t.Kind == KindVarchar) && b.Kind != KindUnknown {
		return nil
	}
	return t
}

// mergeRows joins two row types field by field; a field name is kept where both agree.
func mergeRows(a, b *Type) *Type {
	if len(a.Fields) != len(b.Fields) {
		return nil
	}
	out := &Type{Kind: KindRow, Fields: make([]Field, len(a.Fields))}
	for i := range a.Fields {
		t := commonPart(a.Fields[i].Type, b.Fields[i].Type)
		if t == nil {
			return nil
		}
		name := ""
		if a.Fields[i].Name == b.Fields[i].Name {
			name = a.Fields[i].Name
		}
		out.Fields[i] = Field{name, t}
	}
	return out
}
