// Package ast is the syntax tree of a statement: what was written, not what is meant. Every node knows its place. The
// parser makes it, the analyzer reads it; nothing else does. String prints a statement that parses to the same tree.
//
// Parentheses, queries, calls and the like stand inside each other in at most 500 levels, so that whoever walks a tree may
// recurse into them. Chains of left operands (of Logic, Binary, Dot, Subscript, SetOp, Join) are as deep as the statement
// is long, some 130,000 nodes: walk those in a loop.
package ast
