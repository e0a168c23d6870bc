package plan

import (
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// Parameter is a named parameter of a statement that is prepared: what the analyzer learns of it from its uses.
type Parameter struct {
	Name  string    // without the @
	Pos   dberr.Pos // of the first use in the text
	Needs []*types.Type
	Casts []*types.Type // the types that it is cast to; they tell its type only if nothing else does
}

// Param is a use of a Parameter as a value of type T. It stands only in plans of statements that are prepared, which
// nothing runs.
type Param struct {
	Of *Parameter
	T  *types.Type
}

// Type returns the type that the use needs, unknown if it needs none.
func (e *Param) Type() *types.Type { return e.T }

// String returns the parameter as it is written.
func (e *Param) String() string { return "@" + e.Of.Name }
