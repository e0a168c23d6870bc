package engine

import (
	"context"
	"math"

	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/executor"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// Query answers one call of the Query operation: it runs a statement, or gives a further page of one.
func (e *Engine) Query(ctx context.Context, req QueryRequest) (*QueryPage, error) {
	return e.queries.query(ctx, req)
}

// CancelQuery ends a query and returns a message that says what happened. Cancelling one that has ended is no error.
func (e *Engine) CancelQuery(_ context.Context, queryID string) (message string, err error) {
	return e.queries.cancelQuery(queryID)
}

// newQueries makes what runs statements.
func (e *Engine) newQueries() *queries {
	q := newQueries(e.opts.Query, e.clock, e.logger,
		func() analyzer.Catalog { return catalogView{e} },
		func(w *watch) executor.Source {
			return &source{store: e.store, catalog: e.catalog, watch: w, aged: e.aged()}
		}, e.queryInsights)
	q.objects = e.opts.Objects
	return q
}

// catalogView is the catalog and the store's schemas as the analyzer wants them.
type catalogView struct{ e *Engine }

// Databases returns the names of all databases, sorted.
func (v catalogView) Databases() []string {
	var out []string
	for _, d := range v.e.catalog.Databases("", math.MaxInt) {
		out = append(out, d.Name)
	}
	return out
}

// Tables returns the names of a database's tables, sorted; false if there is no such database.
func (v catalogView) Tables(database string) ([]string, bool) {
	tables, err := v.e.catalog.Tables(database, "", math.MaxInt)
	if err != nil {
		return nil, false
	}
	out := make([]string, len(tables))
	for i, t := range tables {
		out[i] = t.Name
	}
	return out, true
}

// Table returns a table with its columns of now, nil if there is none.
func (v catalogView) Table(database, table string) *plan.Table {
	t, err := v.e.catalog.Table(database, table)
	if err != nil {
		return nil
	}
	return &plan.Table{Database: t.Database, Name: t.Name, ID: t.ID, Columns: columnsOf(v.e.store.Schema(storage.TableID(t.ID)))}
}

// Measures returns what SHOW MEASURES lists.
func (v catalogView) Measures(table *plan.Table) []analyzer.Measure {
	return measuresOf(v.e.store.Schema(storage.TableID(table.ID)))
}
