package engine

import (
	"context"

	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/parser"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// PreparedQuery is what is known of a statement before it runs.
type PreparedQuery struct {
	Columns    []PreparedColumn
	Parameters []PreparedParameter // in the order of their first use in the text
}

// PreparedColumn is a column of the statement's result.
type PreparedColumn struct {
	ResultColumn
	Database, Table string // of a column that comes unchanged from a table, else empty
	Aliased         bool   // an alias of a select list gave the name
}

// PreparedParameter is a named parameter with the type that its uses need, unknown if they need none.
type PreparedParameter struct {
	Name string
	Type *types.Type
}

// PrepareQuery analyzes a statement, which may have named parameters, and does not run it. permit is as in QueryRequest.
func (e *Engine) PrepareQuery(_ context.Context, text string, permit func(Permission) error) (*PreparedQuery, error) {
	return e.queries.prepare(text, permit)
}

func (q *queries) prepare(text string, permit func(Permission) error) (*PreparedQuery, error) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	var known *analyzer.Prepared
	err = q.permitted(tree, permit, ActionPrepareQuery, func(opts analyzer.Options) (err error) {
		known, err = analyzer.Prepare(tree, opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &PreparedQuery{}
	for _, c := range known.Columns {
		out.Columns = append(out.Columns, PreparedColumn{ResultColumn{c.Name, c.Type}, c.Database, c.Table, c.Aliased})
	}
	for _, p := range known.Parameters {
		out.Parameters = append(out.Parameters, PreparedParameter(p))
	}
	return out, nil
}
