// Package ast is the syntax tree of a statement: what was written, not what is meant. Every node knows its place. The
// parser makes it, the analyzer reads it; nothing else does. Tree.String prints a statement that parses to the same tree.
package ast
