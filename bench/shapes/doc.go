// Package shapes measures the storage alone, without SQL and HTTP, on three shapes of data: long series, more and longer ones, and
// very many short ones. It guards the layout of segments: what helps one shape easily costs another. Every scan is compared
// with sums of the generated values. How to run and read it: ../README.md.
package shapes
