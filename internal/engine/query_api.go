package engine

import (
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// QueryRequest is one call of Query: a new run of a statement, or (with NextToken) a further page of one.
type QueryRequest struct {
	QueryString string
	ClientToken string // "" for none; ignored with NextToken
	NextToken   string // "" for none
	MaxRows     int    // 1..1000, 0 for none
	Insights    bool   // wanted on the last page; ignored with NextToken
	Principal   string // who asks: pages belong to the one who started the query
	// Permit is asked for everything that a new statement reads, before it is read, and for the objects that an UNLOAD writes; nil
	// permits all. Its error is the answer.
	Permit func(Permission) error
	// NewPage makes the builder for the page that this call returns.
	NewPage func(columns []ResultColumn) PageBuilder
}

// ResultColumn is a column of a result.
type ResultColumn struct {
	Name string
	Type *types.Type
}

// PageBuilder turns rows into a page, in whatever form the door needs. The engine keeps the built page for as long as its
// token may be used again.
type PageBuilder interface {
	// Append adds rows of batch from row first on until the page is full, and returns how many it took. A page that is
	// empty and takes none cannot hold even one row, which ends the query with an error.
	Append(batch *vector.Batch, first int) (taken int)
	// Size returns how many bytes the page holds.
	Size() int
}

// QueryPage is the answer to a QueryRequest.
type QueryPage struct {
	QueryID   string
	NextToken string // "" on the last page
	Columns   []ResultColumn
	Page      PageBuilder // filled; nil stands for a page without rows
	Status    QueryStatus
	Insights  *QueryInsights // on the last page, if they were asked for with the first one
}

// QueryStatus is how far a query is and what it has cost so far, over all pages.
type QueryStatus struct {
	ProgressPercentage     float64 // 0..100
	CumulativeBytesScanned int64
	CumulativeBytesMetered int64
}
