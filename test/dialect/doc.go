// Package dialect compares what the service's developer guide lists (reference.txt) with what test/slt tests, and writes
// the result to docs/dialect.md.
package dialect
