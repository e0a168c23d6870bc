// Package parser turns the text of a statement into its syntax tree (package ast). It knows the grammar and nothing else:
// whether a name, a type or a function exists, and whether the types fit, is the analyzer's business.
//
// A statement goes through two stages. The lexer (lexer.go) cuts the text into tokens, each with its place; it never
// fails, but ends the list with a token that no rule accepts. The parser is a recursive descent over the tokens with
// precedence climbing for operators: statement.go, query.go, relation.go for what is around expressions, expr.go for
// operators, primary.go, call.go, window.go, literal.go, types.go for operands. There is no backtracking: a few decisions look ahead
// over a run of tokens that no other decision looks at, so the time is linear in the length of the text. Nesting is
// bounded by maxDepth, chains of operators are not.
//
// The first error ends the parse: fail keeps it and jumps to the end of the tokens, where no rule goes on. Its text for
// the client is that of the service, "The query syntax is invalid at line 1:8"; what was expected is in its cause.
//
//	st, err := parser.Parse("SELECT bin(time, 5m) FROM devops.metrics")
//	q := st.(*ast.Query)
package parser
