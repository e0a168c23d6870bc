// Package peer measures other databases beside Tidemark in the same run, with the same data and the same question: SQLite
// and DuckDB, which people embed for such work and which need no service. It is a module of its own so that the product
// does not depend on them. What is comparable and what is not is said in bench/README.md.
package peer
