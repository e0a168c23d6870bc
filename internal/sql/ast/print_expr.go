package ast

import (
	"fmt"
	"strconv"
	"strings"
)

// How tightly expressions bind, from loose to tight. An operand that binds looser than its place asks is printed in
// parentheses.
const (
	levelAny       = iota // a whole expression; also what a lambda is
	levelOr               // OR
	levelAnd              // AND
	levelNot              // NOT
	levelPredicate        // comparisons, BETWEEN, IN, LIKE, IS; they do not associate
	levelConcat           // ||
	levelSum              // + -
	levelProduct          // * / %
	levelSign             // unary + -
	levelPrimary          // everything else
	levelParens           // asks for parentheses in any case
)

// writer collects the text of a tree. Chains of left operands (a AND b AND c ..., as long as a statement) are kept on the
// spine and not on the stack; right operands and everything else are no deeper than the parser allows.
type writer struct {
	buf   []byte
	spine []Expr
}

func (w *writer) str(parts ...string) {
	for _, s := range parts {
		w.buf = append(w.buf, s...)
	}
}

func exprString(e Expr) string {
	var w writer
	w.expr(e, levelAny)
	return string(w.buf)
}

// level returns how tightly e binds.
func level(e Expr) int {
	switch e := e.(type) {
	case *Lambda:
		return levelAny
	case *Logic:
		if e.Op == "OR" {
			return levelOr
		}
		return levelAnd
	case *Not:
		return levelNot
	case *Between, *InList, *InQuery, *Like, *IsNull, *IsDistinct, *Quantified:
		return levelPredicate
	case *Binary:
		return levelOfOperator(e.Op)
	case *Unary:
		return levelSign
	case *Int:
		if e.Value < 0 {
			return levelSign
		}
	}
	return levelPrimary
}

func levelOfOperator(op string) int {
	switch op {
	case "||":
		return levelConcat
	case "+", "-":
		return levelSum
	case "*", "/", "%":
		return levelProduct
	}
	return levelPredicate
}

// leftOperand returns the operand that e begins with and how tightly it must bind there; nil if e begins with something else.
func leftOperand(e Expr) (Expr, int) {
	switch e := e.(type) {
	case *Logic:
		return e.L, level(e)
	case *Binary:
		return e.L, max(level(e), levelConcat)
	case *Between:
		return e.X, levelConcat
	case *InList:
		return e.X, levelConcat
	case *InQuery:
		return e.X, levelConcat
	case *Like:
		return e.X, levelConcat
	case *IsNull:
		return e.X, levelConcat
	case *IsDistinct:
		return e.L, levelConcat
	case *Quantified:
		return e.X, levelConcat
	case *Dot:
		if _, number := e.X.(*Int); number { // "1.x" is not a number and a name
			return e.X, levelParens
		}
		return e.X, levelPrimary
	case *Subscript:
		if id, ok := e.X.(*Ident); ok && !id.Quoted && strings.EqualFold(id.Name, "array") { // "array[1]" makes an array
			return e.X, levelParens
		}
		return e.X, levelPrimary
	}
	return nil, 0
}

// expr writes e, in parentheses if it binds looser than need.
func (w *writer) expr(e Expr, need int) {
	if level(e) < need {
		w.str("(")
		w.expr(e, levelAny)
		w.str(")")
		return
	}
	base := len(w.spine)
	for {
		left, need := leftOperand(e)
		if left == nil {
			w.start(e)
			break
		}
		w.spine = append(w.spine, e)
		if level(left) < need {
			w.expr(left, need)
			break
		}
		e = left
	}
	for len(w.spine) > base {
		e := w.spine[len(w.spine)-1]
		w.spine = w.spine[:len(w.spine)-1]
		w.rest(e)
	}
}

// rest writes what follows the left operand of e.
func (w *writer) rest(e Expr) {
	switch e := e.(type) {
	case *Logic:
		w.str(" ", e.Op, " ")
		w.expr(e.R, level(e)+1)
	case *Binary:
		w.str(" ", e.Op, " ")
		w.expr(e.R, level(e)+1)
	case *Between:
		w.str(not(e.Not), " BETWEEN ")
		w.expr(e.Low, levelConcat)
		w.str(" AND ")
		w.expr(e.High, levelConcat)
	case *InList:
		w.str(not(e.Not), " IN (")
		w.exprs(e.List)
		w.str(")")
	case *InQuery:
		w.str(not(e.Not), " IN ")
		w.inParens(e.Query)
	case *Like:
		w.str(not(e.Not), " LIKE ")
		w.expr(e.Pattern, levelConcat)
		if e.Escape != nil {
			w.str(" ESCAPE ")
			w.expr(e.Escape, levelConcat)
		}
	case *IsNull:
		w.str(" IS", not(e.Not), " NULL")
	case *IsDistinct:
		w.str(" IS", not(e.Not), " DISTINCT FROM ")
		w.expr(e.R, levelConcat)
	case *Quantified:
		w.str(" ", e.Op, choose(e.All, " ALL ", " ANY "))
		w.inParens(e.Query)
	case *Dot:
		w.str(".")
		w.ident(e.Name)
	case *Subscript:
		w.str("[")
		w.expr(e.Index, levelConcat)
		w.str("]")
	}
}

// start writes an expression that does not begin with an operand.
func (w *writer) start(e Expr) {
	switch e := e.(type) {
	case *Ident:
		w.ident(e)
	case *Null:
		w.str("NULL")
	case *Bool:
		w.str(choose(e.Value, "TRUE", "FALSE"))
	case *Int:
		w.buf = strconv.AppendInt(w.buf, e.Value, 10)
	case *Float:
		w.str(e.Text)
	case *Str:
		w.str(quoteString(e.Value))
	case *Typed:
		w.typeName(e.Type)
		w.str(" ", quoteString(e.Text))
	case *Interval:
		w.str("INTERVAL ", choose(e.Negative, "-", ""), quoteString(e.Text), " ", strings.ToUpper(e.Unit))
	case *Duration:
		w.str(e.Text)
	case *Param:
		w.str("@", e.Name)
	case *Not:
		w.str("NOT ")
		w.expr(e.X, levelNot)
	case *Unary:
		w.unary(e)
	default:
		w.compound(e)
	}
}

// compound writes the expressions that have keywords or brackets around others.
func (w *writer) compound(e Expr) {
	switch e := e.(type) {
	case *Call:
		w.call(e)
	case *Case:
		w.caseExpr(e)
	case *Cast:
		w.str(choose(e.Try, "TRY_CAST(", "CAST("))
		w.expr(e.X, levelAny)
		w.str(" AS ")
		w.typeName(e.Type)
		w.str(")")
	case *Extract:
		w.str("EXTRACT(", fieldName(e.Field), " FROM ")
		w.expr(e.X, levelConcat)
		w.str(")")
	case *Exists:
		w.str("EXISTS ")
		w.inParens(e.Query)
	case *ScalarQuery:
		w.inParens(e.Query)
	case *Lambda:
		w.lambda(e)
	case *Array:
		w.str("ARRAY[")
		w.exprs(e.Elems)
		w.str("]")
	case *Row:
		w.str(choose(len(e.Fields) < 2, "ROW(", "("))
		w.exprs(e.Fields)
		w.str(")")
	default:
		panic(fmt.Sprintf("bug: no text for expression %T", e))
	}
}

func (w *writer) ident(id *Ident) {
	if id.Quoted {
		w.str(quoted(id.Name))
	} else {
		w.str(QuoteIdent(id.Name))
	}
}

func (w *writer) idents(list []*Ident) {
	for i, id := range list {
		w.str(comma(i))
		w.ident(id)
	}
}

func (w *writer) exprs(list []Expr) {
	for i, e := range list {
		w.str(comma(i))
		w.expr(e, levelAny)
	}
}

// unary keeps two signs apart, because "--" begins a comment.
func (w *writer) unary(e *Unary) {
	w.str(e.Op)
	at := len(w.buf)
	w.expr(e.X, levelSign)
	if c := w.buf[at]; c == '-' || c == '+' {
		w.insert(at, " ")
	}
}

func (w *writer) insert(at int, s string) {
	tail := s + string(w.buf[at:])
	w.buf = append(w.buf[:at], tail...)
}

// keepAll writes the quantifier ALL before what begins at offset at, if that is a name "all": without it the name would
// be read as the quantifier.
func (w *writer) keepAll(at int) {
	text := w.buf[at:]
	if len(text) < 3 || !strings.EqualFold(string(text[:3]), "all") {
		return
	}
	if len(text) == 3 || !isPlain(string(text[:4])) {
		w.insert(at, "ALL ")
	}
}

func (w *writer) caseExpr(e *Case) {
	w.str("CASE")
	if e.Operand != nil {
		w.str(" ")
		w.expr(e.Operand, levelAny)
	}
	for _, when := range e.Whens {
		w.str(" WHEN ")
		w.expr(when.Cond, levelAny)
		w.str(" THEN ")
		w.expr(when.Result, levelAny)
	}
	if e.Else != nil {
		w.str(" ELSE ")
		w.expr(e.Else, levelAny)
	}
	w.str(" END")
}

func (w *writer) lambda(e *Lambda) {
	if len(e.Params) == 1 {
		w.ident(e.Params[0])
	} else {
		w.str("(")
		w.idents(e.Params)
		w.str(")")
	}
	w.str(" -> ")
	w.expr(e.Body, levelAny)
}

// fieldName returns the field of EXTRACT, in upper case as a keyword if it is a word.
func fieldName(field string) string {
	if name := QuoteIdent(field); name != field {
		return name
	}
	return strings.ToUpper(field)
}

func not(is bool) string { return choose(is, " NOT", "") }

func comma(i int) string { return choose(i > 0, ", ", "") }

func choose(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
