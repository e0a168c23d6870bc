package function

import (
	"math/rand/v2"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Env is what one run of a statement gives to all of its functions.
type Env struct {
	Now  int64      // the statement's one "now", nanoseconds since 1970-01-01 UTC
	Rand *rand.Rand // for rand, random, shuffle
}

// Args is what the code of a scalar function gets for one batch of rows.
type Args struct {
	Vecs    []*vector.Vector // one an argument, Flat or Constant, already of the parameter's type; nil where Lambdas is set
	Lambdas []Lambda         // nil, or one an argument: nil for arguments that are no lambdas
	Rows    int
	Result  *types.Type
	Skip    []bool // rows that need no result since an argument is NULL; nil for none. Never fail because of them
	Env     *Env
}

// Lambda evaluates the body of a lambda for len(parents) calls at once. args[k] holds parameter k of every call;
// parents[j] is the row of the enclosing batch whose columns the body of call j sees.
type Lambda func(args []*vector.Vector, parents []int32) (*vector.Vector, error)

// EvalFunc is the code of a scalar function. It returns a vector of a.Rows rows (or a Constant one) of type a.Result.
// Rows marked in a.Skip may hold anything. Errors are *dberr.Error with the text for the client and no position; the
// executor knows the place. Their kind is Invalid if the values are wrong, Execution if the result would be too large.
type EvalFunc func(a *Args) (*vector.Vector, error)

// Scalar is one overload of a scalar function.
type Scalar struct {
	Name string // in lower case; an operator's symbol
	Sig  Signature
	Eval EvalFunc

	// CallOnNull: Eval is called for rows in which arguments are NULL and decides itself. Otherwise such rows are
	// NULL without asking Eval.
	CallOnNull bool
	// CanFail: Eval can return an error that depends on the values. Such calls are not evaluated for rows that a CASE,
	// AND or OR decides without them.
	CanFail bool
	// Volatile: the result differs from call to call (rand); never folded or shared.
	Volatile bool
	// UsesNow: the result depends on Env.Now; constant within a statement.
	UsesNow bool
}

// Aggregate is one overload of an aggregate function.
type Aggregate struct {
	Name string
	Sig  Signature
	// New returns the state of no groups. args are the types after coercion, result is the result type.
	New func(args []*types.Type, result *types.Type) Accumulator
	// OrderSensitive: the result depends on the order of the rows (array_agg); the input must not be reordered.
	OrderSensitive bool
}

// Accumulator holds the state of an aggregate for many groups, numbered from 0.
//
// Rules: a group exists once Resize covered it. Rows with NULL arguments come too; most aggregates skip them. Results
// must not change what Add and Merge do later (a running window asks for results in between).
type Accumulator interface {
	// Resize makes groups 0..n-1 exist; n never shrinks.
	Resize(n int)
	// Add adds rows: row i of the arguments belongs to groups[i]. The vectors have any form.
	Add(groups []int32, args []*vector.Vector) error
	// Merge adds the state of other, an accumulator of the same aggregate: its group i goes to groups[i].
	Merge(other Accumulator, groups []int32) error
	// Result returns the values of groups from..to-1.
	Result(from, to int) (*vector.Vector, error)
	// Bytes returns about how much memory the state holds.
	Bytes() int64
}

// Window is one overload of a function that is only a window function (row_number, lag, ...). Aggregates with OVER are
// run by the executor through their Accumulator.
type Window struct {
	Name string
	Sig  Signature
	// Compute returns one value a row of the partition.
	Compute func(p *Partition, args []*vector.Vector, result *types.Type) (*vector.Vector, error)
	// TakesNullTreatment: IGNORE NULLS and RESPECT NULLS are allowed.
	TakesNullTreatment bool
}

// Partition is the rows of one window partition in the window's order.
type Partition struct {
	Rows        int
	PeerStart   []int32 // first row that is equal in the window's ORDER BY; 0 for all rows if there is none
	PeerEnd     []int32 // one past the last such row
	FrameStart  []int32 // the frame of each row: [FrameStart[i], FrameEnd[i]); empty if start >= end
	FrameEnd    []int32
	IgnoreNulls bool
}
