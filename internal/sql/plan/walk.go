package plan

// Children returns the direct parts of an expression. A Subquery's plan is not among them.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Lambda:
		return []Expr{e.Body}
	case *And:
		return e.Terms
	case *Or:
		return e.Terms
	case *Not:
		return []Expr{e.X}
	case *IsNull:
		return []Expr{e.X}
	case *IsDistinct:
		return []Expr{e.L, e.R}
	case *In:
		return append([]Expr{e.X}, e.List...)
	case *InSet:
		return []Expr{e.X}
	case *Case:
		out := make([]Expr, 0, 2*len(e.Whens)+1)
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Result)
		}
		return append(out, e.Else)
	case *Coalesce:
		return e.Args
	case *Try:
		return []Expr{e.X}
	case *Cast:
		return []Expr{e.X}
	case *Array:
		return e.Elems
	case *Row:
		return e.Fields
	case *Field:
		return []Expr{e.X}
	case *Subquery:
		if e.X != nil {
			return []Expr{e.X}
		}
	}
	return nil
}

// WithChildren returns e with other direct parts, as many and in the order of Children.
func WithChildren(e Expr, parts []Expr) Expr {
	switch e := e.(type) {
	case *Call:
		c := *e
		c.Args = parts
		return &c
	case *Lambda:
		c := *e
		c.Body = parts[0]
		return &c
	case *And:
		return &And{parts}
	case *Or:
		return &Or{parts}
	case *Not:
		return &Not{parts[0]}
	case *IsNull:
		return &IsNull{parts[0]}
	case *IsDistinct:
		return &IsDistinct{parts[0], parts[1]}
	case *In:
		return &In{parts[0], parts[1:]}
	case *InSet:
		return &InSet{parts[0], e.Set, e.HasNull}
	case *Case:
		c := &Case{T: e.T, Else: parts[len(parts)-1]}
		for i := 0; i+1 < len(parts); i += 2 {
			c.Whens = append(c.Whens, When{parts[i], parts[i+1]})
		}
		return c
	case *Coalesce:
		return &Coalesce{parts, e.T}
	case *Try:
		return &Try{parts[0]}
	case *Cast:
		c := *e
		c.X = parts[0]
		return &c
	case *Array:
		return &Array{parts, e.T}
	case *Row:
		return &Row{parts, e.T}
	case *Field:
		return &Field{parts[0], e.Index, e.T}
	case *Subquery:
		if e.X != nil {
			c := *e
			c.X = parts[0]
			return &c
		}
	}
	return e
}

// Rewrite replaces parts of an expression from the leaves up: f gets each part with its parts already replaced and
// returns what stands there instead, often the part itself.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	parts := Children(e)
	var changed []Expr
	for i, part := range parts {
		if r := Rewrite(part, f); r != part {
			if changed == nil {
				changed = append([]Expr(nil), parts...)
			}
			changed[i] = r
		}
	}
	if changed != nil {
		e = WithChildren(e, changed)
	}
	return f(e)
}

// Walk calls f for e and all its parts, from the root down; f returns whether to go on below.
func Walk(e Expr, f func(Expr) bool) {
	if !f(e) {
		return
	}
	for _, part := range Children(e) {
		Walk(part, f)
	}
}

// ColumnSet is a set of columns.
type ColumnSet map[ColumnID]bool

// ContainsAll reports whether every column of other is in s.
func (s ColumnSet) ContainsAll(other ColumnSet) bool {
	for id := range other {
		if !s[id] {
			return false
		}
	}
	return true
}

// SetOf returns the columns of an operator as a set.
func SetOf(cols []Column) ColumnSet {
	s := make(ColumnSet, len(cols))
	for _, c := range cols {
		s[c.ID] = true
	}
	return s
}

// AddUses adds to s the columns that e refers to, also those that its subqueries need from outside; a lambda's own
// parameters are not among them.
func AddUses(s ColumnSet, e Expr) {
	Walk(e, func(e Expr) bool {
		switch e := e.(type) {
		case *Col:
			s[e.ID] = true
		case *Subquery:
			for _, id := range e.Outer {
				s[id] = true
			}
		case *Lambda:
			inner := ColumnSet{}
			AddUses(inner, e.Body)
			for _, p := range e.Params {
				delete(inner, p.ID)
			}
			for id := range inner {
				s[id] = true
			}
			return false
		}
		return true
	})
}

// Uses returns the columns that e refers to.
func Uses(e Expr) ColumnSet {
	s := ColumnSet{}
	AddUses(s, e)
	return s
}

// Exprs returns the expressions that an operator evaluates itself.
func Exprs(n Node) []Expr {
	var out []Expr
	keys := func(ks []SortKey) {
		for _, k := range ks {
			out = append(out, k.Expr)
		}
	}
	add := func(es ...Expr) {
		for _, e := range es {
			if e != nil {
				out = append(out, e)
			}
		}
	}
	switch n := n.(type) {
	case *Values:
		for _, row := range n.Rows {
			add(row...)
		}
	case *Filter:
		add(n.Pred)
	case *Project:
		add(n.Exprs...)
	case *Aggregate:
		for _, k := range n.Keys {
			add(k.Expr)
		}
		for _, a := range n.Aggs {
			add(a.Args...)
			add(a.Filter)
			keys(a.OrderBy)
		}
	case *Window:
		add(n.Partition...)
		keys(n.Order)
		for _, f := range n.Funcs {
			add(f.Args...)
			add(f.Filter, f.Frame.Start.Offset, f.Frame.End.Offset)
		}
	case *Sort:
		keys(n.Keys)
	case *Join:
		for _, k := range n.Keys {
			add(k.L, k.R)
		}
		add(n.Residual)
	case *Unnest:
		add(n.Args...)
	}
	return out
}
