package function

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// array_agg and listagg. Source: AWS, "Aggregate functions"; listagg: Trino, without WITHIN GROUP.
func init() {
	registerAggregate("array_agg(T) -> array(T)", Aggregate{OrderSensitive: true, New: func(args []*types.Type, result *types.Type) Accumulator {
		return &arrays{result: result, values: newColumn(args[0])}
	}})
	for _, sig := range []string{"listagg(varchar) -> varchar", "listagg(varchar, varchar) -> varchar"} {
		registerAggregate(sig, Aggregate{OrderSensitive: true, New: func([]*types.Type, *types.Type) Accumulator {
			return &joins{arrays: arrays{values: newColumn(types.Varchar)}}
		}})
	}
}

// arrays is array_agg: all values in order of arrival, NULL included.
type arrays struct {
	result *types.Type
	groups int
	log    groupLog
	values *column
}

func (a *arrays) Resize(n int) { a.groups = max(a.groups, n) }

func (a *arrays) Add(groups []int32, args []*vector.Vector) error {
	if err := a.log.append(groups); err != nil {
		return err
	}
	return a.values.append(args[0], nil)
}

func (a *arrays) Merge(other Accumulator, groups []int32) error {
	return a.absorb(other.(*arrays), groups)
}

// absorb adds what another accumulator collected.
func (a *arrays) absorb(o *arrays, groups []int32) error {
	if err := a.log.append(o.log.mapped(groups)); err != nil {
		return err
	}
	return a.values.append(o.values.view(0, o.values.n), nil)
}

// order brings the values into the order of their groups.
func (a *arrays) order() {
	if move, ok := a.log.order(a.groups); ok {
		a.values = a.values.permuted(move.sources())
	}
}

func (a *arrays) Result(from, to int) (*vector.Vector, error) {
	a.order()
	offsets, elems, nulls := viewLists(a.log.bounds(from, to), a.values)
	return vector.Arrays(a.result, offsets, elems[0], nulls), nil
}

// viewLists cuts columns into the lists that bounds delimits; an empty list is NULL.
func viewLists(bounds []int32, columns ...*column) (offsets []int32, elems []*vector.Vector, nulls []bool) {
	first, last := bounds[0], bounds[len(bounds)-1]
	for i := range bounds {
		bounds[i] -= first
	}
	for i := 0; i < len(bounds)-1; i++ {
		if bounds[i] == bounds[i+1] {
			if nulls == nil {
				nulls = make([]bool, len(bounds)-1)
			}
			nulls[i] = true
		}
	}
	for _, c := range columns {
		elems = append(elems, c.view(int(first), int(last)))
	}
	return bounds, elems, nulls
}

func (a *arrays) Bytes() int64 { return a.log.bytes() + a.values.bytes() }

// listMax is the longest text that listagg makes, as in Trino.
const listMax = 1 << 20

// joins is listagg: the texts that are not NULL, with a separator between them.
type joins struct {
	arrays
	separator    string
	hasSeparator bool
}

func (a *joins) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullsOf(args[0])
	if none {
		return nil
	}
	if len(args) > 1 && !a.hasSeparator && len(groups) > 0 {
		if sep, ok := args[1].Value(0).(string); ok {
			a.separator, a.hasSeparator = strings.Clone(sep), true
		}
	}
	groups, rows := withoutNulls(groups, nulls)
	if err := a.log.append(groups); err != nil {
		return err
	}
	return a.values.append(args[0], rows)
}

// withoutNulls returns the rows that are not NULL, nil for all, and their groups.
func withoutNulls(groups []int32, nulls []bool) (kept, rows []int32) {
	if nulls == nil {
		return groups, nil
	}
	kept, rows = make([]int32, 0, len(groups)), make([]int32, 0, len(groups))
	for i, g := range groups {
		if !nulls[i] {
			kept, rows = append(kept, g), append(rows, int32(i))
		}
	}
	return kept, rows
}

func (a *joins) Merge(other Accumulator, groups []int32) error {
	o := other.(*joins)
	if !a.hasSeparator {
		a.separator, a.hasSeparator = o.separator, o.hasSeparator
	}
	return a.absorb(&o.arrays, groups)
}

func (a *joins) Result(from, to int) (*vector.Vector, error) {
	a.order()
	bounds := a.log.bounds(from, to)
	out, seen := make([]string, to-from), make([]bool, to-from)
	for i := range out {
		list := a.values.strs[bounds[i]:bounds[i+1]]
		size := len(a.separator) * max(len(list)-1, 0)
		for _, s := range list {
			size += len(s)
		}
		if size > listMax {
			return nil, dberr.New(dberr.Invalid, "Concatenated string has the length in bytes larger than the maximum output length %d", listMax)
		}
		out[i], seen[i] = strings.Join(list, a.separator), len(list) > 0
	}
	return vector.Strings(out, unseen(seen, 0, len(seen))), nil
}
