package function

import (
	"math"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// champion holds the greatest value of each group, or the least: then it looks at the order backwards. It serves min, max,
// min_by and max_by. NaN loses against every other double in both directions (Source: Trino); of equal values
// the first stays.
type champion interface {
	resize(n int)
	// challenge offers the rows of v that are not NULL and appends to won those that took their group's place, in
	// order; a later one of the same group supersedes an earlier one.
	challenge(groups []int32, v *vector.Vector, nulls []bool, won []int32) []int32
	// vector returns the values of groups from..to-1, NULL where there is none.
	vector(from, to int) *vector.Vector
	bytes() int64
}

// newChampion returns the champion for values of type t.
func newChampion(t *types.Type, least bool) champion {
	switch {
	case t.Ints(), t.Kind == types.KindDouble, t.Kind == types.KindBoolean:
		return &keyChampion{ranker: newRanker(t, least)}
	case t.Kind == types.KindVarchar:
		return &textChampion{least: least}
	}
	return &valueChampion{t: t, least: least}
}

// ranker turns numbers, times and booleans into int64 keys so that the greatest key is the one wanted.
type ranker struct {
	t       *types.Type
	flip    int64 // -1 to look for the least, else 0
	scratch []int64
}

// newRanker returns the ranker for values of type t, which are int64, double or boolean.
func newRanker(t *types.Type, least bool) ranker {
	r := ranker{t: t}
	if least {
		r.flip = -1
	}
	return r
}

// lastKey is the key that loses against all others: that of NaN.
const lastKey = math.MinInt64

// doubleKey returns a key that orders as x does, with the one NaN above everything.
func doubleKey(x float64) int64 {
	if x != x {
		return math.MaxInt64
	}
	b := int64(math.Float64bits(x))
	return b ^ int64(uint64(b>>63)>>1)
}

// doubleOfKey is the inverse of doubleKey.
func doubleOfKey(k int64) float64 {
	return math.Float64frombits(uint64(k ^ int64(uint64(k>>63)>>1)))
}

// key returns the key of one double.
func (r *ranker) key(x float64) int64 {
	if x != x {
		return lastKey
	}
	return doubleKey(x) ^ r.flip
}

// keys returns the keys of the rows of v; arbitrary where it is NULL. The slice is good until the next call.
func (r *ranker) keys(v *vector.Vector) []int64 {
	n := v.Len()
	if cap(r.scratch) < n {
		r.scratch = make([]int64, n)
	}
	out := r.scratch[:n]
	switch r.t.Kind {
	case types.KindDouble:
		x := read[float64](v)
		for i := range out {
			out[i] = r.key(x.at(i))
		}
	case types.KindBoolean:
		x := read[bool](v)
		for i := range out {
			out[i] = r.flip
			if x.at(i) {
				out[i] = 1 ^ r.flip
			}
		}
	default:
		x := read[int64](v)
		for i := range out {
			out[i] = x.at(i) ^ r.flip
		}
	}
	return out
}

// values turns keys back into a vector; it leaves keys alone.
func (r *ranker) values(keys []int64, nulls []bool) *vector.Vector {
	switch r.t.Kind {
	case types.KindDouble:
		out := make([]float64, len(keys))
		for i, k := range keys {
			out[i] = math.NaN()
			if k != lastKey {
				out[i] = doubleOfKey(k ^ r.flip)
			}
		}
		return vector.Doubles(out, nulls)
	case types.KindBoolean:
		out := make([]bool, len(keys))
		for i, k := range keys {
			out[i] = k^r.flip == 1
		}
		return vector.Booleans(out, nulls)
	}
	out := make([]int64, len(keys))
	for i, k := range keys {
		out[i] = k ^ r.flip
	}
	return vector.Int64s(r.t, out, nulls)
}

// keyChampion is the champion for types with keys.
type keyChampion struct {
	ranker
	best []int64
	seen []bool
}

func (c *keyChampion) resize(n int) {
	have := len(c.best)
	c.best, c.seen = grown(c.best, n), grown(c.seen, n)
	for i := have; i < len(c.best); i++ {
		c.best[i] = lastKey
	}
}

func (c *keyChampion) challenge(groups []int32, v *vector.Vector, nulls []bool, won []int32) []int32 {
	keys := c.keys(v)
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		if k := keys[i]; k > c.best[g] || !c.seen[g] {
			c.best[g], c.seen[g] = k, true
			won = append(won, int32(i))
		}
	}
	return won
}

// offerInts is challenge for one value a row without asking who won. A key that is at least as good is written: so is a
// group's first one, whatever it is.
func (c *keyChampion) offerInts(groups []int32, vals []int64) {
	best, seen, flip := c.best, c.seen, c.flip
	for i := 0; i < len(groups); {
		g, end := groups[i], runEnd(groups, i)
		k := vals[i] ^ flip
		for i++; i < end; i++ {
			if next := vals[i] ^ flip; next > k {
				k = next
			}
		}
		if k >= best[g] {
			best[g], seen[g] = k, true
		}
	}
}

// offerDoubles is offerInts for doubles.
func (c *keyChampion) offerDoubles(groups []int32, vals []float64) {
	best, seen, flip := c.best, c.seen, c.flip
	for i := 0; i < len(groups); {
		g, end := groups[i], runEnd(groups, i)
		x := vals[i]
		if end > i+1 {
			if flip == 0 {
				x = greatestDouble(vals[i:end])
			} else {
				x = leastDouble(vals[i:end])
			}
		}
		k := int64(lastKey)
		if x == x {
			k = doubleKey(x) ^ flip
		}
		if k >= best[g] {
			best[g], seen[g] = k, true
		}
		i = end
	}
}

// greatestDouble returns the maximum of vals but for NaN; NaN if there is nothing else.
func greatestDouble(vals []float64) float64 {
	m, vals := firstNumber(vals)
	for _, v := range vals {
		if v > m {
			m = v
		}
	}
	return m
}

// leastDouble returns the minimum of vals but for NaN; NaN if there is nothing else.
func leastDouble(vals []float64) float64 {
	m, vals := firstNumber(vals)
	for _, v := range vals {
		if v < m {
			m = v
		}
	}
	return m
}

// firstNumber returns the first of vals that is not NaN, and what follows it.
func firstNumber(vals []float64) (float64, []float64) {
	i := 0
	for i < len(vals)-1 && vals[i] != vals[i] {
		i++
	}
	return vals[i], vals[i+1:]
}

func (c *keyChampion) vector(from, to int) *vector.Vector {
	return c.values(c.best[from:to], unseen(c.seen, from, to))
}

func (c *keyChampion) bytes() int64 {
	return sizeOf(c.best) + sizeOf(c.seen) + sizeOf(c.scratch)
}

// textChampion is the champion for varchar. Each group has a buffer of its own that is written over: what was read from
// is not kept alive, and a new champion costs no allocation once the buffer is long enough.
type textChampion struct {
	least bool
	best  [][]byte // nil for none
	held  int64    // bytes in all buffers
}

func (c *textChampion) resize(n int) { c.best = grown(c.best, n) }

func (c *textChampion) challenge(groups []int32, v *vector.Vector, nulls []bool, won []int32) []int32 {
	x := readText(v)
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		s, best := x.at(i), c.best[g]
		if best == nil || !c.least && s > string(best) || c.least && s < string(best) {
			c.best[g] = overwrite(best, s, &c.held)
			won = append(won, int32(i))
		}
	}
	return won
}

// overwrite makes buf hold s and counts its growth; the result is not nil.
func overwrite(buf []byte, s string, held *int64) []byte {
	if buf == nil || cap(buf) < len(s) {
		*held += int64(len(s) - cap(buf))
		buf = make([]byte, 0, len(s))
	}
	return append(buf[:0], s...)
}

func (c *textChampion) vector(from, to int) *vector.Vector {
	return textVector(c.best[from:to])
}

// textVector copies buffers, of which nil stands for NULL, into a vector.
func textVector(bufs [][]byte) *vector.Vector {
	out := make([]string, len(bufs))
	var nulls []bool
	for i, b := range bufs {
		if b == nil && nulls == nil {
			nulls = make([]bool, len(bufs))
		}
		if b == nil {
			nulls[i] = true
		}
		out[i] = string(b)
	}
	return vector.Strings(out, nulls)
}

func (c *textChampion) bytes() int64 { return sizeOf(c.best) + c.held }

// textReader reads varchar vectors of any form without copying the strings of dictionaries.
type textReader struct {
	vals  []string
	codes []int32 // nil if not a dictionary
	mask  int
}

// readText returns a reader of v.
func readText(v *vector.Vector) textReader {
	switch v.Form {
	case vector.Dictionary:
		return textReader{vals: v.Dict.Strs, codes: v.Codes}
	case vector.Constant:
		return textReader{vals: v.Strs}
	}
	return textReader{vals: v.Strs, mask: -1}
}

// at returns the text of row i, which is not NULL.
func (r textReader) at(i int) string {
	if r.codes != nil {
		return r.vals[r.codes[i]]
	}
	return r.vals[i&r.mask]
}

// valueChampion is the champion for arrays and rows, by way of values in Go form.
type valueChampion struct {
	t     *types.Type
	least bool
	best  []types.Value
	held  int64
}

func (c *valueChampion) resize(n int) { c.best = grown(c.best, n) }

func (c *valueChampion) challenge(groups []int32, v *vector.Vector, nulls []bool, won []int32) []int32 {
	for i, g := range groups {
		if nulls != nil && nulls[i] {
			continue
		}
		x, best := v.Value(i), c.best[g]
		if best != nil {
			if order := types.Compare(x, best); order == 0 || (order < 0) != c.least {
				continue
			}
		}
		c.held += valueBytes(x) - valueBytes(best)
		c.best[g] = cloneValue(x)
		won = append(won, int32(i))
	}
	return won
}

func (c *valueChampion) vector(from, to int) *vector.Vector {
	return vector.FromValues(c.t, c.best[from:to]...)
}

func (c *valueChampion) bytes() int64 { return sizeOf(c.best) + c.held }

// cloneValue copies the text in a value, so that it does not keep a batch alive. Lists are fresh already: Vector.Value
// makes them.
func cloneValue(v types.Value) types.Value {
	switch x := v.(type) {
	case string:
		return strings.Clone(x)
	case []types.Value:
		for i := range x {
			x[i] = cloneValue(x[i])
		}
	case types.Series:
		for i := range x {
			x[i].Value = cloneValue(x[i].Value)
		}
	}
	return v
}

// valueBytes returns about how much memory a value holds beside the interface that points to it.
func valueBytes(v types.Value) int64 {
	switch x := v.(type) {
	case nil:
		return 0
	case string:
		return int64(len(x)) + 16
	case []types.Value:
		n := int64(24)
		for _, e := range x {
			n += 16 + valueBytes(e)
		}
		return n
	case types.Series:
		n := int64(24)
		for _, p := range x {
			n += 24 + valueBytes(p.Value)
		}
		return n
	}
	return 8
}
