package executor

import (
	"context"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// rowSorter orders rows by key columns. It packs the keys, most significant first, into one 64-bit code a row: each
// key's values less their minimum, as many bits as their range needs, NULL below or above. If all keys fit, codes decide
// alone and are sorted by radix; else they are a prefix, and rows with equal codes are compared. Rejected: sorting by
// comparing keys column by column; it is several times slower for times, numbers and dictionaries.
type rowSorter struct {
	codes []uint64
	bits  int  // that codes use
	exact bool // equal codes mean equal keys
	rest  []vector.Comparator
}

// sortOrder is the direction of a sort key.
type sortOrder struct{ desc, nullsFirst bool }

// newRowSorter prepares the order of rows by the columns keys of equal length. Without keys all rows are equal.
func newRowSorter(keys []*vector.Vector, orders []sortOrder) *rowSorter {
	s := &rowSorter{exact: true}
	for i, v := range keys {
		if !s.exact {
			break
		}
		if v.Form == vector.Dictionary && v.Dict.Len() > 4*v.Len() {
			v = v.Flatten() // ranking so large a dictionary is not worth it
		}
		s.pack(v, orders[i])
	}
	if !s.exact {
		for i, v := range keys {
			s.rest = append(s.rest, vector.NewComparator(v, v, orders[i].desc, orders[i].nullsFirst))
		}
	}
	return s
}

// pack adds a key to the codes; it clears exact if the key does not fit.
func (s *rowSorter) pack(v *vector.Vector, o sortOrder) {
	if v.Form == vector.Constant || v.Type.Kind == types.KindUnknown {
		return
	}
	key := orderedCodes(v)
	if key == nil {
		s.exact = false
		return
	}
	nulls := v.HasNulls()
	low, high := codeRange(v, key, nulls)
	if low > high { // only NULLs
		return
	}
	span, drop := high-low, 0
	if nulls && span == math.MaxUint64 { // no code is left for NULL: forget the lowest bit
		drop, span, s.exact = 1, span>>1, false
	}
	first := uint64(0) // the code of the least value
	if nulls && o.nullsFirst {
		first = 1
	}
	if o.desc {
		for i, k := range key {
			key[i] = first + span - (k-low)>>drop
		}
	} else {
		for i, k := range key {
			key[i] = first + (k-low)>>drop
		}
	}
	if nulls {
		span++
		for i := range key {
			if v.IsNull(i) {
				key[i] = span * (1 - first)
			}
		}
	}
	s.append(key, bits.Len64(span), v.Type.Kind == types.KindVarchar && v.Form != vector.Dictionary)
}

// codeRange returns the lowest and highest code of rows that are not NULL; low > high if there is none.
func codeRange(v *vector.Vector, key []uint64, nulls bool) (low, high uint64) {
	low = math.MaxUint64
	for i, k := range key {
		if nulls && v.IsNull(i) {
			continue
		}
		low, high = min(low, k), max(high, k)
	}
	return low, high
}

// append puts the codes of a key, of the given width, behind those of the former keys. prefix says that equal codes may
// stand for different values.
func (s *rowSorter) append(key []uint64, width int, prefix bool) {
	cut := 0
	if s.bits+width > 64 {
		cut = s.bits + width - 64
		s.exact = false
	}
	s.exact = s.exact && !prefix
	if s.codes == nil {
		s.codes, s.bits = key, width
		return
	}
	for i, k := range key {
		s.codes[i] = s.codes[i]<<(width-cut) | k>>cut
	}
	s.bits += width - cut
}

// orderedCodes returns numbers in the order of the values of v; nil if there are none. Of flat strings they are a prefix.
// NULLs get any number.
func orderedCodes(v *vector.Vector) []uint64 {
	out := make([]uint64, v.Len())
	switch kind := v.Type.Kind; {
	case v.Form == vector.Dictionary:
		ranks := dictionaryRanks(v)
		for i, c := range v.Codes {
			if c >= 0 {
				out[i] = uint64(ranks[c])
			}
		}
	case v.Type.Ints():
		for i, x := range v.Ints {
			out[i] = uint64(x) ^ 1<<63
		}
	case kind == types.KindDouble:
		for i, x := range v.Floats {
			b := vector.DoubleBits(x)
			out[i] = b ^ (uint64(int64(b)>>63) | 1<<63)
		}
	case kind == types.KindBoolean:
		for i, x := range v.Bools {
			if x {
				out[i] = 1
			}
		}
	case kind == types.KindVarchar:
		for i, x := range v.Strs {
			var word [8]byte
			copy(word[:], x)
			for _, c := range word {
				out[i] = out[i]<<8 | uint64(c)
			}
		}
	default:
		return nil
	}
	return out
}

// dictionaryRanks returns for each value of a dictionary that v uses its rank among those; equal values have one rank.
func dictionaryRanks(v *vector.Vector) []int32 {
	ranks := make([]int32, v.Dict.Len())
	for _, c := range v.Codes {
		if c >= 0 {
			ranks[c] = 1
		}
	}
	var used []int32
	for c, u := range ranks {
		if u != 0 {
			used = append(used, int32(c))
		}
	}
	cmp := vector.NewComparator(v.Dict, v.Dict, false, false)
	if v.Type.Kind == types.KindVarchar {
		strs := v.Dict.Strs
		cmp = func(i, j int) int { return strings.Compare(strs[i], strs[j]) }
	}
	slices.SortFunc(used, func(a, b int32) int { return cmp(int(a), int(b)) })
	rank := int32(0)
	for k, c := range used {
		if k > 0 && cmp(int(used[k-1]), int(c)) != 0 {
			rank++
		}
		ranks[c] = rank
	}
	return ranks
}

// compare orders two rows.
func (s *rowSorter) compare(i, j int32) int {
	if s.codes != nil && s.codes[i] != s.codes[j] {
		if s.codes[i] < s.codes[j] {
			return -1
		}
		return 1
	}
	for _, cmp := range s.rest {
		if c := cmp(int(i), int(j)); c != 0 {
			return c
		}
	}
	return 0
}

// Sizes at which sorting changes its way.
const (
	radixRows = 512     // from here on codes are sorted by radix
	chunkRows = 1 << 16 // rows sorted between two looks at the context
)

// sort orders the rows listed in idx, which come ascending. Equal rows keep that order.
func (s *rowSorter) sort(ctx context.Context, idx []int32) error {
	switch {
	case len(idx) < 2 || s.codes == nil && len(s.rest) == 0 || s.ordered(idx):
		return nil
	case s.reversed(idx):
		slices.Reverse(idx)
		return nil
	case s.exact && len(idx) >= radixRows:
		return s.radix(ctx, idx)
	}
	return s.merge(ctx, idx)
}

// ordered reports whether the rows are in order already, as they often are in time.
func (s *rowSorter) ordered(idx []int32) bool {
	for k := 1; k < len(idx); k++ {
		if s.compare(idx[k-1], idx[k]) > 0 {
			return false
		}
	}
	return true
}

// reversed reports whether each row is less than the one before.
func (s *rowSorter) reversed(idx []int32) bool {
	for k := 1; k < len(idx); k++ {
		if s.compare(idx[k-1], idx[k]) <= 0 {
			return false
		}
	}
	return true
}

// coded is a row with its code.
type coded struct {
	code uint64
	row  int32
}

// radix sorts by exact codes, from the lowest digit up, each pass stable.
func (s *rowSorter) radix(ctx context.Context, idx []int32) error {
	from, to := make([]coded, len(idx)), make([]coded, len(idx))
	common, any := ^uint64(0), uint64(0)
	for k, row := range idx {
		c := s.codes[row]
		from[k] = coded{c, row}
		common, any = common&c, any|c
	}
	digit := 8
	if len(idx) >= 1<<14 {
		digit = 11
	}
	varies := common ^ any
	counts := make([]int, 1<<digit)
	for shift := 0; shift < s.bits; shift += digit {
		if varies>>shift&(1<<digit-1) == 0 {
			continue
		}
		if err := radixPass(ctx, from, to, counts, shift, digit); err != nil {
			return err
		}
		from, to = to, from
	}
	for k := range idx {
		idx[k] = from[k].row
	}
	return nil
}

// radixPass distributes rows by one digit of their codes.
func radixPass(ctx context.Context, from, to []coded, counts []int, shift, digit int) error {
	clear(counts)
	mask := uint64(1)<<digit - 1
	for i := range from {
		counts[from[i].code>>shift&mask]++
	}
	at := 0
	for d, n := range counts {
		counts[d] = at
		at += n
	}
	for rest := from; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := rest[:min(chunkRows, len(rest))]
		for i := range part {
			d := part[i].code >> shift & mask
			to[counts[d]] = part[i]
			counts[d]++
		}
		rest = rest[len(part):]
	}
	return nil
}

// merge sorts chunks by comparing and merges them.
func (s *rowSorter) merge(ctx context.Context, idx []int32) error {
	for at := 0; at < len(idx); at += chunkRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		slices.SortFunc(idx[at:min(at+chunkRows, len(idx))], func(i, j int32) int {
			if c := s.compare(i, j); c != 0 {
				return c
			}
			return int(i) - int(j)
		})
	}
	if len(idx) <= chunkRows {
		return nil
	}
	from, to := idx, make([]int32, len(idx))
	for width := chunkRows; width < len(idx); width *= 2 {
		for at := 0; at < len(idx); at += 2 * width {
			mid, end := min(at+width, len(idx)), min(at+2*width, len(idx))
			if err := s.mergeTwo(ctx, from[at:mid], from[mid:end], to[at:end]); err != nil {
				return err
			}
		}
		from, to = to, from
	}
	copy(idx, from)
	return nil
}

// mergeTwo merges two ordered lists into out; among equal rows those of a come first.
func (s *rowSorter) mergeTwo(ctx context.Context, a, b, out []int32) error {
	for k := range out {
		if k%chunkRows == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if len(b) == 0 || len(a) > 0 && s.compare(a[0], b[0]) <= 0 {
			out[k], a = a[0], a[1:]
		} else {
			out[k], b = b[0], b[1:]
		}
	}
	return nil
}
