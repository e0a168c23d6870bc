package sink

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// runsTable is the table, beside that of the sink, that has a row for each run whose rows are written. Its key is runsKey.
const runsTable = "tidemark_runs"

var runsKey = []string{"query_arn", "target_table", "invocation_time"}

// Column is a column of a result.
type Column struct {
	Name string
	Type *types.Type
}

// column is a column of a result with its place in the table.
type column struct {
	Column
	into    tableColumn
	convert converter
}

// prepare looks at both tables, creates what is missing and may be created, and finds each result column's place. It runs
// before the transaction: in MySQL, creating a table ends one.
func (s *Sink) prepare(ctx context.Context, conn *sql.Conn, columns []Column) ([]column, error) {
	ctx, cancel := context.WithTimeout(ctx, s.statementTimeout())
	defer cancel()
	if err := s.prepareRuns(ctx, conn); err != nil {
		return nil, err
	}
	named, err := s.place(columns)
	if err != nil {
		return nil, err
	}
	have, err := s.dialect.columns(ctx, conn, s.target.Schema, s.target.Table)
	if err == nil && len(have) == 0 {
		if !s.target.Create {
			return nil, s.refuse("the table %s does not exist, or may not be seen", s.target.Table)
		}
		if have, err = s.createTable(ctx, conn, named); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, s.failure("look at the table", err)
	}
	if err := s.match(named, have); err != nil {
		return nil, err
	}
	return named, s.checkTable(ctx, conn, have)
}

// prepareRuns makes sure that the table of runs exists.
func (s *Sink) prepareRuns(ctx context.Context, conn *sql.Conn) error {
	have, err := s.dialect.columns(ctx, conn, s.target.Schema, runsTable)
	if err != nil {
		return s.failure("look at the table "+runsTable, err)
	}
	if len(have) == 0 {
		return s.create(ctx, conn, runsTable, s.dialect.runsColumns(), runsKey)
	}
	why, err := s.dialect.checkTable(ctx, conn, s.target.Schema, runsTable)
	if err == nil && why != "" {
		return s.refuse("the table %s cannot be used: %s", runsTable, why)
	}
	return s.failure("look at the table "+runsTable, err)
}

// create creates a table. Somebody else may do so at the same time: then the error does not matter, since what uses the table
// next either finds it or says what is wrong.
func (s *Sink) create(ctx context.Context, conn *sql.Conn, table, columns string, key []string) error {
	text := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s", qualified(s.dialect, s.target.Schema, table), columns)
	if len(key) > 0 {
		text += fmt.Sprintf(", PRIMARY KEY (%s)", quoteAll(s.dialect, key))
	}
	_, err := conn.ExecContext(ctx, text+")"+s.dialect.tableOptions())
	if err == nil {
		return nil
	}
	if have, lookErr := s.dialect.columns(ctx, conn, s.target.Schema, table); lookErr == nil && len(have) > 0 {
		return nil
	}
	return s.failure("create the table "+table, err)
}

// place renames result columns as the settings say.
func (s *Sink) place(columns []Column) ([]column, error) {
	out := make([]column, len(columns))
	unused := maps.Clone(s.target.Columns)
	for i, c := range columns {
		name := c.Name
		if to, ok := s.target.Columns[c.Name]; ok {
			name = to
			delete(unused, c.Name)
		}
		for _, other := range out[:i] {
			if s.dialect.sameName(other.into.name, name) {
				return nil, s.refuse("the result's columns '%s' and '%s' are both for the table's column '%s'", other.Name, c.Name, name)
			}
		}
		out[i] = column{Column: c, into: tableColumn{name: name}}
	}
	if len(unused) > 0 {
		return nil, s.refuse("the result has no column '%s', which the settings rename", slices.Sorted(maps.Keys(unused))[0])
	}
	if len(columns) > columnsMax {
		return nil, s.refuse("the result has %d columns, but at most %d can be written", len(columns), columnsMax)
	}
	return out, nil
}

// createTable creates the sink's table with a column for each of the result's, in their order, and returns its columns.
func (s *Sink) createTable(ctx context.Context, conn *sql.Conn, columns []column) ([]tableColumn, error) {
	isKey := func(c column) bool {
		return slices.ContainsFunc(s.target.Key, func(key string) bool { return s.dialect.sameName(key, c.into.name) })
	}
	keyTexts := 0
	for _, c := range columns {
		if isKey(c) && c.Type.Kind == types.KindVarchar {
			keyTexts++
		}
	}
	var definitions []string
	for _, c := range columns {
		definition := s.dialect.quote(c.into.name) + " "
		if isKey(c) {
			definition += s.dialect.columnType(c.Type, keyTexts) + " NOT NULL"
		} else {
			definition += s.dialect.columnType(c.Type, 0)
		}
		definitions = append(definitions, definition)
	}
	if err := s.create(ctx, conn, s.target.Table, strings.Join(definitions, ", "), s.target.Key); err != nil {
		return nil, err
	}
	return s.dialect.columns(ctx, conn, s.target.Schema, s.target.Table)
}

// match finds each result column's column of the table and how values get there.
func (s *Sink) match(columns []column, have []tableColumn) error {
	for i := range columns {
		c := &columns[i]
		at := slices.IndexFunc(have, func(h tableColumn) bool { return s.dialect.sameName(h.name, c.into.name) })
		if at < 0 {
			return s.refuse("the table %s has no column '%s'", s.target.Table, c.into.name)
		}
		c.into = have[at]
		if c.into.generated {
			return s.refuse("the table's column '%s' is generated by the database", c.into.name)
		}
		if c.convert = converterFor(c.Type, c.into, s.dialect.finiteOnly()); c.convert == nil {
			return s.refuse("the result's column '%s' is %s, which does not fit the table's column '%s' of the type %s", c.Name, c.Type, c.into.name, c.into.typeName)
		}
	}
	for _, key := range s.target.Key {
		if !slices.ContainsFunc(columns, func(c column) bool { return s.dialect.sameName(c.into.name, key) }) {
			return s.refuse("the result has no column for '%s', which is in the key", key)
		}
	}
	return nil
}

// checkTable checks that the table takes part in transactions, and that the key decides alone which row is meant.
func (s *Sink) checkTable(ctx context.Context, conn *sql.Conn, have []tableColumn) error {
	why, err := s.dialect.checkTable(ctx, conn, s.target.Schema, s.target.Table)
	switch {
	case err != nil:
		return s.failure("look at the table", err)
	case why != "":
		return s.refuse("the table %s cannot be used: %s", s.target.Table, why)
	case s.target.Mode == modeAppend:
		return nil
	}
	uniques, err := s.dialect.uniques(ctx, conn, s.target.Schema, s.target.Table)
	if err != nil {
		return s.failure("look at the table", err)
	}
	return s.checkKey(uniques, have)
}

// checkKey checks that one unique index is over the key. Another one would, in MySQL, decide as well which row is
// overwritten, unless the database makes its values; in PostgreSQL it would let the run fail.
func (s *Sink) checkKey(uniques [][]string, have []tableColumn) error {
	found := false
	for _, index := range uniques {
		if s.isKey(index) {
			found = true
			continue
		}
		automatic := slices.ContainsFunc(have, func(h tableColumn) bool { return h.automatic && slices.Contains(index, h.name) })
		if s.target.Driver == driverMySQL && !automatic {
			return s.refuse("the table %s has another unique index than the key, over (%s), so that rows would overwrite others than those meant",
				s.target.Table, strings.Join(index, ", "))
		}
	}
	if !found {
		return s.refuse("the table %s has no primary key or unique index over exactly the key's columns (%s)", s.target.Table, strings.Join(s.target.Key, ", "))
	}
	return nil
}

// isKey reports whether the columns of an index are those of the key, in whatever order.
func (s *Sink) isKey(index []string) bool {
	if len(index) != len(s.target.Key) {
		return false
	}
	for _, name := range index {
		if !slices.ContainsFunc(s.target.Key, func(key string) bool { return s.dialect.sameName(key, name) }) {
			return false
		}
	}
	return true
}
