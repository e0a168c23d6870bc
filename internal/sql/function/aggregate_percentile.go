package function

import (
	"math"
	"slices"
	"strconv"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// approx_percentile. Source: AWS, "Aggregate functions". The percentile p of n values is the one with index floor(p*n),
// counted from 0 in ascending order, at most n-1; a weight repeats its value.
func init() {
	for _, t := range []string{"bigint", "double"} {
		for _, f := range []struct {
			params, result         string
			weight, list, accuracy int
		}{
			{", double", t, -1, 1, -1},
			{", array(double)", "array(" + t + ")", -1, 1, -1},
			{", bigint, double", t, 1, 2, -1},
			{", bigint, array(double)", "array(" + t + ")", 1, 2, -1},
			{", bigint, double, double", t, 1, 2, 3},
		} {
			registerAggregate("approx_percentile("+t+f.params+") -> "+f.result, Aggregate{New: func(args []*types.Type, result *types.Type) Accumulator {
				return &percentiles{
					result: result, double: args[0].Kind == types.KindDouble,
					weightArg: f.weight, listArg: f.list, accuracyArg: f.accuracy,
					compression: defaultCompression, limit: exactRows,
				}
			}})
		}
	}
}

// exactRows is how many values an accumulator holds before it condenses its large groups. Selecting among values is both
// exact and several times faster than a digest, so that this is a bound of memory only: 32 MB, or 48 with groups.
const exactRows = 4 << 20

// percentiles holds the values of all groups as they come, as keys that order as they do. When they are too many, the large
// groups are condensed into digests, and so on with what comes later.
type percentiles struct {
	result                          *types.Type
	double                          bool
	weightArg, listArg, accuracyArg int // places of the arguments, -1 for none

	groups      int
	log         groupLog
	keys        []int64
	weights     []int64 // nil without weight argument
	digests     map[int32]*digest
	compression float64
	limit       int // rows in the log at which to condense

	lists     [][]float64 // the percentiles asked for; nearly always one list
	listNames map[string]int32
	listOf    []int32   // which list by group; nil while there is only one
	scratch   []float64 // values and weights on their way to a digest
	scratchW  []float64
}

func (a *percentiles) Resize(n int) {
	a.groups = max(a.groups, n)
	if a.listOf != nil {
		a.listOf = grown(a.listOf, n)
	}
}

func (a *percentiles) Add(groups []int32, args []*vector.Vector) error {
	nulls, none := nullRows(args)
	if none || len(groups) == 0 {
		return nil
	}
	if err := a.readLists(groups, args[a.listArg], nulls); err != nil {
		return err
	}
	if a.accuracyArg >= 0 {
		if err := a.readAccuracy(args[a.accuracyArg], nulls, len(groups)); err != nil {
			return err
		}
	}
	kept, rows := withoutNulls(groups, nulls)
	if a.log.n+len(kept) > a.limit {
		a.condense()
	}
	if err := a.log.append(kept); err != nil {
		return err
	}
	a.keys = reserve(a.keys, len(kept))
	if a.double {
		a.addDoubles(read[float64](args[0]), len(kept), rows)
	} else {
		a.keys = appendPicked(a.keys, read[int64](args[0]), len(kept), rows)
	}
	if a.weightArg >= 0 {
		w := read[int64](args[a.weightArg])
		start := len(a.weights)
		a.weights = appendPicked(reserve(a.weights, len(kept)), w, len(kept), rows)
		if slices.ContainsFunc(a.weights[start:], func(w int64) bool { return w < 1 }) {
			return dberr.New(dberr.Invalid, "percentile weight must be > 0")
		}
	}
	return nil
}

// addDoubles appends the keys of n rows: those in rows, or the first n for nil.
func (a *percentiles) addDoubles(x reader[float64], n int, rows []int32) {
	switch {
	case rows == nil && x.isFlat():
		for _, v := range x.vals[:n] {
			a.keys = append(a.keys, doubleKey(v))
		}
	case rows == nil:
		for range n {
			a.keys = append(a.keys, doubleKey(x.vals[0]))
		}
	default:
		for _, i := range rows {
			a.keys = append(a.keys, doubleKey(x.at(int(i))))
		}
	}
}

// appendPicked is addDoubles for integers, which are their own keys.
func appendPicked(dst []int64, x reader[int64], n int, rows []int32) []int64 {
	if rows == nil && x.isFlat() {
		return append(dst, x.vals[:n]...)
	}
	for i := range n {
		row := i
		if rows != nil {
			row = int(rows[i])
		}
		dst = append(dst, x.at(row))
	}
	return dst
}

// readAccuracy takes the strictest accuracy that any row asks for.
func (a *percentiles) readAccuracy(v *vector.Vector, nulls []bool, rows int) error {
	return constantArgument(v, nulls, rows, func(accuracy float64, _, _ int) error {
		if !(accuracy > 0 && accuracy < 1) {
			return dberr.New(dberr.Invalid, "Percentile accuracy must be strictly between 0 and 1")
		}
		a.compression = max(a.compression, compressionFor(accuracy))
		return nil
	})
}

// readLists notes which percentiles are asked for: normally one constant, else those of a group's last row.
func (a *percentiles) readLists(groups []int32, v *vector.Vector, nulls []bool) error {
	if v.Type.Kind == types.KindDouble {
		return constantArgument(v, nulls, len(groups), func(p float64, from, to int) error {
			return a.assign(groups[from:to], []float64{p})
		})
	}
	if v.Form == vector.Constant {
		list, err := percentileList(v, 0)
		if err != nil {
			return err
		}
		return a.assign(groups, list)
	}
	for i := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		list, err := percentileList(v, i)
		if err != nil {
			return err
		}
		if err := a.assign(groups[i:i+1], list); err != nil {
			return err
		}
	}
	return nil
}

// percentileList reads row i of an array of percentiles.
func percentileList(v *vector.Vector, i int) ([]float64, error) {
	values := v.Value(i).([]types.Value)
	list := make([]float64, len(values))
	for k, e := range values {
		p, ok := e.(float64)
		if !ok {
			return nil, dberr.New(dberr.Invalid, "Percentile cannot be null")
		}
		list[k] = p
	}
	return list, nil
}

// assign sets the percentiles that some groups ask for.
func (a *percentiles) assign(groups []int32, list []float64) error {
	for _, p := range list {
		if !(p >= 0 && p <= 1) {
			return dberr.New(dberr.Invalid, "Percentile must be between 0 and 1")
		}
	}
	at := a.listIndex(list)
	if len(a.lists) == 1 {
		return nil
	}
	a.listOf = grown(a.listOf, a.groups)
	for _, g := range groups {
		a.listOf[g] = at
	}
	return nil
}

// listIndex returns the place of a list of percentiles in a.lists, adding it if it is new.
func (a *percentiles) listIndex(list []float64) int32 {
	if len(a.lists) > 0 && slices.Equal(a.lists[0], list) {
		return 0
	}
	var name []byte
	for _, p := range list {
		name = append(strconv.AppendFloat(name, p, 'g', -1, 64), ' ')
	}
	at, known := a.listNames[string(name)]
	if !known {
		if a.listNames == nil {
			a.listNames = map[string]int32{}
		}
		at = int32(len(a.lists))
		a.lists = append(a.lists, list)
		a.listNames[string(name)] = at
	}
	return at
}

// list returns the percentiles asked for in group g.
func (a *percentiles) list(g int) []float64 {
	if a.listOf == nil {
		return a.lists[0]
	}
	return a.lists[a.listOf[g]]
}

// order brings the log into the order of groups.
func (a *percentiles) order() {
	move, ok := a.log.order(a.groups)
	if !ok {
		return
	}
	a.keys = move.apply(a.keys)
	if a.weights != nil {
		a.weights = move.apply(a.weights)
	}
}

// condense moves the values of large groups from the log into digests.
func (a *percentiles) condense() {
	a.order()
	if a.digests == nil {
		a.digests = map[int32]*digest{}
	}
	large := max(512, int(4*a.compression))
	kept := 0
	for i := 0; i < a.log.n; {
		g, end := a.log.group(i), a.log.n
		if a.log.groups != nil {
			end = runEnd(a.log.groups, i)
		}
		d := a.digests[g]
		if d == nil && end-i < large {
			copy(a.keys[kept:], a.keys[i:end])
			if a.weights != nil {
				copy(a.weights[kept:], a.weights[i:end])
			}
			if a.log.groups != nil {
				copy(a.log.groups[kept:], a.log.groups[i:end])
			}
			kept += end - i
		} else {
			if d == nil {
				d = &digest{}
				a.digests[g] = d
			}
			a.digestRows(d, i, end)
		}
		i = end
	}
	a.log.truncate(kept)
	a.keys = a.keys[:kept]
	if a.weights != nil {
		a.weights = a.weights[:kept]
	}
	a.limit = max(exactRows, 2*kept)
}

// digestRows adds the rows from..to-1 of the log, which it sorts, to a digest.
func (a *percentiles) digestRows(d *digest, from, to int) {
	a.scratch = a.scratch[:0]
	if a.weights == nil {
		sortKeys(a.keys[from:to])
		for _, k := range a.keys[from:to] {
			a.scratch = append(a.scratch, a.value(k))
		}
		d.merge(a.scratch, nil, a.compression)
		return
	}
	a.scratchW = a.scratchW[:0]
	for _, r := range a.sortedWeights(from, to) {
		a.scratch, a.scratchW = append(a.scratch, a.value(r.key)), append(a.scratchW, float64(r.weight))
	}
	d.merge(a.scratch, a.scratchW, a.compression)
}

// value returns a key as a double.
func (a *percentiles) value(k int64) float64 {
	switch {
	case !a.double:
		return float64(k)
	case k == math.MaxInt64:
		return math.NaN()
	}
	return doubleOfKey(k)
}

// weighted is a value with its weight.
type weighted struct{ key, weight int64 }

// sortedWeights returns rows of the log in ascending order of their values.
func (a *percentiles) sortedWeights(from, to int) []weighted {
	out := make([]weighted, to-from)
	for i := range out {
		out[i] = weighted{a.keys[from+i], a.weights[from+i]}
	}
	slices.SortFunc(out, func(x, y weighted) int {
		switch {
		case x.key < y.key:
			return -1
		case x.key > y.key:
			return 1
		}
		return 0
	})
	return out
}

func (a *percentiles) Bytes() int64 {
	n := a.log.bytes() + sizeOf(a.keys) + sizeOf(a.weights) + sizeOf(a.listOf) + sizeOf(a.scratch) + sizeOf(a.scratchW)
	for _, d := range a.digests {
		n += d.bytes()
	}
	return n
}
