package function

import (
	"math"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// Merge and results of approx_percentile.

func (a *percentiles) Merge(other Accumulator, groups []int32) error {
	o := other.(*percentiles)
	a.compression = max(a.compression, o.compression)
	a.mergeLists(o, groups)
	if err := a.log.append(o.log.mapped(groups)); err != nil {
		return err
	}
	a.keys = append(reserve(a.keys, len(o.keys)), o.keys...)
	if a.weightArg >= 0 {
		a.weights = append(reserve(a.weights, len(o.weights)), o.weights...)
	}
	for g, d := range o.digests {
		if a.digests == nil {
			a.digests = map[int32]*digest{}
		}
		if mine := a.digests[groups[g]]; mine != nil {
			mine.mergeDigest(d, a.compression)
		} else {
			a.digests[groups[g]] = d.clone()
		}
	}
	if a.log.n > a.limit {
		a.condense()
	}
	return nil
}

// mergeLists takes over which percentiles the groups of o ask for.
func (a *percentiles) mergeLists(o *percentiles, groups []int32) {
	places := make([]int32, len(o.lists))
	for i, list := range o.lists {
		places[i] = a.listIndex(list)
	}
	if len(a.lists) < 2 {
		return
	}
	a.listOf = grown(a.listOf, a.groups)
	take := func(g int32) {
		list := int32(0)
		if o.listOf != nil {
			list = o.listOf[g]
		}
		a.listOf[groups[g]] = places[list]
	}
	for row := range o.log.n {
		take(o.log.group(row))
	}
	for g := range o.digests {
		take(g)
	}
}

func (a *percentiles) Result(from, to int) (*vector.Vector, error) {
	a.order()
	bounds := a.log.bounds(from, to)
	out := percentileResult{a: a, seen: make([]bool, to-from), offsets: make([]int32, 1, to-from+1)}
	for i := range out.seen {
		lo, hi := int(bounds[i]), int(bounds[i+1])
		d := a.digests[int32(from+i)]
		switch {
		case d != nil:
			out.seen[i] = true
			a.estimate(from+i, d, lo, hi, &out)
		case lo == hi:
		case a.weights != nil:
			out.seen[i] = true
			a.exactWeighted(from+i, lo, hi, &out)
		default:
			out.seen[i] = true
			a.exact(from+i, lo, hi, &out)
		}
		out.endGroup(!out.seen[i])
	}
	return out.vector(), nil
}

// percentileResult collects values as keys, one a group, or a list.
type percentileResult struct {
	a       *percentiles
	seen    []bool
	keys    []int64
	offsets []int32
}

// endGroup ends the values of a group.
func (r *percentileResult) endGroup(null bool) {
	if null && r.a.result.Kind != types.KindArray {
		r.keys = append(r.keys, 0)
	}
	r.offsets = append(r.offsets, int32(len(r.keys)))
}

// vector returns what was collected.
func (r *percentileResult) vector() *vector.Vector {
	t, nulls := r.a.result, unseen(r.seen, 0, len(r.seen))
	if t.Kind == types.KindArray {
		return vector.Arrays(t, r.offsets, r.values(t.Elem, nil), nulls)
	}
	return r.values(t, nulls)
}

// values returns the collected keys as values of type t.
func (r *percentileResult) values(t *types.Type, nulls []bool) *vector.Vector {
	if !r.a.double {
		return vector.Int64s(t, r.keys, nulls)
	}
	out := make([]float64, len(r.keys))
	for i, k := range r.keys {
		out[i] = r.a.value(k)
	}
	return vector.Doubles(out, nulls)
}

// exact answers from the rows lo..hi-1 of the log. It reorders them, which changes nothing: order within a group is
// without meaning.
func (a *percentiles) exact(g, lo, hi int, out *percentileResult) {
	keys, list := a.keys[lo:hi], a.list(g)
	if len(list) > 3 {
		sortKeys(keys)
		for _, p := range list {
			out.keys = append(out.keys, keys[percentileIndex(p, len(keys))])
		}
		return
	}
	for _, p := range list {
		out.keys = append(out.keys, selectKth(keys, percentileIndex(p, len(keys))))
	}
}

// percentileIndex is the documented rule.
func percentileIndex(p float64, n int) int {
	return min(int(math.Floor(p*float64(n))), n-1)
}

// exactWeighted is exact for weighted rows.
func (a *percentiles) exactWeighted(g, lo, hi int, out *percentileResult) {
	rows := a.sortedWeights(lo, hi)
	total := 0.0
	for _, r := range rows {
		total += float64(r.weight)
	}
	for _, p := range a.list(g) {
		index := min(math.Floor(p*total), total-1)
		i, before := 0, float64(rows[0].weight)
		for before <= index && i < len(rows)-1 {
			i++
			before += float64(rows[i].weight)
		}
		out.keys = append(out.keys, rows[i].key)
	}
}

// estimate answers from a digest and the rows that came after it was made.
func (a *percentiles) estimate(g int, d *digest, lo, hi int, out *percentileResult) {
	if lo < hi {
		d = d.clone() // adding in the digest itself would make what comes later depend on this question
		a.digestRows(d, lo, hi)
	}
	total := d.count()
	for _, p := range a.list(g) {
		x := d.at(min(math.Floor(p*total), total-1))
		if a.double {
			out.keys = append(out.keys, doubleKey(x))
		} else {
			out.keys = append(out.keys, clampToInt64(math.Round(x)))
		}
	}
}

// clampToInt64 converts a whole double to the nearest int64.
func clampToInt64(x float64) int64 {
	switch {
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return int64(x)
}
