package sink

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// dialect is what differs between the databases.
type dialect interface {
	// open makes the pool of connections; it does not connect. The password is asked for at each connection.
	open(t *Target, secured *tls.Config, password func() (string, error)) (*sql.DB, error)
	// answer takes apart what the server said; false if err is not an answer of the server.
	answer(err error) (answer, bool)

	// quote returns a name as it stands in statements.
	quote(name string) string
	// appendParameter appends the place of the n-th argument, n from 1.
	appendParameter(dst []byte, n int) []byte
	// onDuplicate returns the end of an INSERT that, where a row of the same key exists, sets columns of it to those of the new
	// row, or leaves it alone if set is empty; a row left alone does not count as affected.
	onDuplicate(key, set []string) string

	// columns reads the columns of a table, none if it does not exist.
	columns(ctx context.Context, conn *sql.Conn, schema, table string) ([]tableColumn, error)
	// uniques reads the unique indexes of a table: the columns of each.
	uniques(ctx context.Context, conn *sql.Conn, schema, table string) ([][]string, error)
	// checkTable returns why transactions on a table would not be transactions, "" if they are.
	checkTable(ctx context.Context, conn *sql.Conn, schema, table string) (string, error)
	// sameName reports whether two names of columns are the same.
	sameName(a, b string) bool

	// columnType returns the type of a new column for values of t; keyTexts is the number of texts in the key if the column
	// is in it, else 0.
	columnType(t *types.Type, keyTexts int) string
	// tableOptions stands at the end of CREATE TABLE.
	tableOptions() string
	// runsColumns are the columns of the table of runs, as they stand in CREATE TABLE.
	runsColumns() string
	// finiteOnly reports whether doubles must be numbers: no NaN, no infinity.
	finiteOnly() bool
}

// kind is what a table's column can hold, whatever the database calls its type.
type kind uint8

const (
	kindOther kind = iota // nothing of ours
	kindText
	kindJSON
	kindBoolean
	kindInteger
	kindNumber // fractions: double, real, decimal
	kindTimestamp
	kindDate
	kindTime
)

// tableColumn is a column of a table as the database describes it.
type tableColumn struct {
	name      string
	typeName  string // for messages
	kind      kind
	min, max  int64 // of integers
	precision int   // digits of the second's fraction
	generated bool  // its values come from the database only
	automatic bool  // its values come from the database unless given
	single    bool  // doubles of single precision
	// inexact: values that differ here may be the same there, rounded or padded, so that a statement with both as keys of rows fails.
	inexact bool
}

// qualified returns a table's name as it stands in statements; schema is empty for the connection's own.
func qualified(d dialect, schema, table string) string {
	if schema == "" {
		return d.quote(table)
	}
	return d.quote(schema) + "." + d.quote(table)
}

// quoteWith encloses a name in marks, doubling those in it.
func quoteWith(mark, name string) string {
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// quoteAll returns names as they stand in a list.
func quoteAll(d dialect, names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = d.quote(name)
	}
	return strings.Join(out, ", ")
}

// insertText returns an INSERT of a number of rows with an argument for each column of each, and what follows the rows.
func insertText(d dialect, table string, columns []string, rows int, end string) string {
	text := fmt.Appendf(nil, "INSERT INTO %s (%s) VALUES ", table, quoteAll(d, columns))
	n := 0
	for row := range rows {
		if row > 0 {
			text = append(text, ',')
		}
		text = append(text, '(')
		for i := range columns {
			if i > 0 {
				text = append(text, ',')
			}
			n++
			text = d.appendParameter(text, n)
		}
		text = append(text, ')')
	}
	return string(append(text, end...))
}

// readIndexes groups rows of (index, column) into the columns of each index. Rows of an index follow each other. It takes what
// a query returned.
func readIndexes(rows *sql.Rows, queryErr error) (out [][]string, err error) {
	if queryErr != nil {
		return nil, queryErr
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	last := ""
	for rows.Next() {
		var index, column string
		if err := rows.Scan(&index, &column); err != nil {
			return nil, err
		}
		if index != last || len(out) == 0 {
			out, last = append(out, nil), index
		}
		out[len(out)-1] = append(out[len(out)-1], column)
	}
	return out, rows.Err()
}
