package executor

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// interner gives the values of one key column small ids: 0 (noID) to NULL, 1, 2, ... to values as they appear.
type interner interface {
	// encode sets ids[i] to the id of row i of v. Values that have none get one with add, else absent, and lost tells
	// whether there is one.
	encode(v *vector.Vector, ids []uint32, add bool) (lost bool)
	// card returns the number that all ids are below.
	card() int
	// decode returns the values of ids.
	decode(ids []uint32) *vector.Vector
	// bytes returns about how much memory the values take.
	bytes() int64
}

// newInterner makes an interner for values of type t. Of the numeric types it takes only bigints, see numberSet.
func newInterner(t *types.Type) interner {
	switch {
	case t.Kind == types.KindVarchar:
		return &stringSet{}
	case t.Kind == types.KindBoolean:
		return boolSet{}
	case t.Kind == types.KindUnknown:
		return unknownSet{}
	case t.Ints():
		return &numberSet{}
	}
	return &valueSet{t: t, values: vector.NewBuilder(t, 0)}
}

// boolSet gives false 1 and true 2.
type boolSet struct{}

func (boolSet) encode(v *vector.Vector, ids []uint32, _ bool) bool {
	v = v.Flatten()
	for i, x := range v.Bools {
		ids[i] = 1
		if x {
			ids[i] = 2
		}
	}
	for i, null := range v.Nulls {
		if null {
			ids[i] = noID
		}
	}
	return false
}

func (boolSet) card() int { return 3 }

func (boolSet) decode(ids []uint32) *vector.Vector {
	b := vector.NewBuilder(types.Boolean, len(ids))
	for _, id := range ids {
		if id == noID {
			b.AppendNull()
		} else {
			b.Append(id == 2)
		}
	}
	return b.Build()
}

func (boolSet) bytes() int64 { return 0 }

// unknownSet is for columns of untyped NULLs.
type unknownSet struct{}

func (unknownSet) encode(_ *vector.Vector, ids []uint32, _ bool) bool {
	clear(ids)
	return false
}

func (unknownSet) card() int { return 1 }

func (unknownSet) decode(ids []uint32) *vector.Vector {
	return vector.NullsOf(types.Unknown, len(ids))
}

func (unknownSet) bytes() int64 { return 0 }

// numberSet takes small numbers from 0 on, none of them NULL, as they are.
type numberSet struct{ end int }

func (s *numberSet) encode(v *vector.Vector, ids []uint32, _ bool) bool {
	for i, x := range v.Flatten().Ints {
		ids[i] = uint32(x) + 1
		s.end = max(s.end, int(x)+1)
	}
	return false
}

func (s *numberSet) card() int { return s.end + 1 }

func (s *numberSet) decode(ids []uint32) *vector.Vector {
	vals := make([]int64, len(ids))
	for i, id := range ids {
		vals[i] = int64(id) - 1
	}
	return vector.Int64s(types.Bigint, vals, nil)
}

func (s *numberSet) bytes() int64 { return 0 }

// hashIndex finds ids by hash.
type hashIndex struct {
	slots []uint64 // high half of the hash, id; 0 is empty
	n     int
}

// find returns the id whose value has hash h and for which is holds, or noID and the slot where it belongs.
func (x *hashIndex) find(h uint64, is func(id uint32) bool) (id uint32, at int) {
	if x.slots == nil {
		x.slots = make([]uint64, 16)
	}
	mask := len(x.slots) - 1
	for at = int(h) & mask; x.slots[at] != 0; at = (at + 1) & mask {
		if s := x.slots[at]; s>>32 == h>>32 && is(uint32(s)) {
			return uint32(s), at
		}
	}
	return noID, at
}

// put adds an id at the slot that find returned. hashOf gives the hash of the value of any id.
func (x *hashIndex) put(at int, h uint64, id uint32, hashOf func(id uint32) uint64) {
	x.slots[at] = h&^(1<<32-1) | uint64(id)
	if x.n++; 8*x.n <= 5*len(x.slots) {
		return
	}
	old := x.slots
	x.slots = make([]uint64, 2*len(old))
	for _, s := range old {
		if s != 0 {
			h := hashOf(uint32(s))
			at := int(h) & (len(x.slots) - 1)
			for x.slots[at] != 0 {
				at = (at + 1) & (len(x.slots) - 1)
			}
			x.slots[at] = s
		}
	}
}

// valueSet is for arrays and rows.
type valueSet struct {
	t      *types.Type
	index  hashIndex
	values *vector.Builder
	hashes []uint64
}

func (s *valueSet) encode(v *vector.Vector, ids []uint32, add bool) (lost bool) {
	if v.Form == vector.Dictionary {
		return s.encodeCodes(v, ids, add)
	}
	v = v.Flatten()
	known, hashes := s.values.View(), make([]uint64, len(ids))
	vector.Hash(v, hashes)
	inOld, inNew := vector.NewEqualer(v, known), vector.NewEqualer(v, v)
	var fresh []int // rows of v that are values known did not have
	for i, h := range hashes {
		if v.IsNull(i) {
			ids[i] = noID
			continue
		}
		id, at := s.index.find(h, func(id uint32) bool {
			k := int(id) - 1
			if k < known.Len() {
				return inOld(i, k)
			}
			return inNew(i, fresh[k-known.Len()])
		})
		switch {
		case id != noID:
		case add:
			s.values.AppendFrom(v, i)
			s.hashes = append(s.hashes, h)
			fresh = append(fresh, i)
			id = uint32(s.values.Len())
			s.index.put(at, h, id, func(id uint32) uint64 { return s.hashes[id-1] })
		default:
			id, lost = absent, true
		}
		ids[i] = id
	}
	return lost
}

// encodeCodes looks the values of a dictionary up that have rows.
func (s *valueSet) encodeCodes(v *vector.Vector, ids []uint32, add bool) (lost bool) {
	at, used := map[int32]int{}, []int32{}
	for _, c := range v.Codes {
		if _, ok := at[c]; !ok && c >= 0 {
			at[c] = len(used)
			used = append(used, c)
		}
	}
	usedIDs := make([]uint32, len(used))
	lost = s.encode(v.Dict.Gather(used).Flatten(), usedIDs, add)
	for i, c := range v.Codes {
		if ids[i] = noID; c >= 0 {
			ids[i] = usedIDs[at[c]]
		}
	}
	return lost
}

func (s *valueSet) card() int { return s.values.Len() + 1 }

func (s *valueSet) decode(ids []uint32) *vector.Vector {
	sel := make([]int32, len(ids))
	for i, id := range ids {
		sel[i] = int32(id) - 1
	}
	return s.values.View().Gather(sel)
}

func (s *valueSet) bytes() int64 {
	return s.values.Bytes() + 8*int64(cap(s.hashes)+cap(s.index.slots))
}

// stringSet is for strings. A dictionary's codes are looked up once each.
type stringSet struct {
	index  hashIndex
	values []string
	text   int64 // bytes of values
	dicts  map[*vector.Vector]*dictionaryIDs
	last   *vector.Vector // the dictionary met last
	view   *vector.Vector // values as a dictionary, when it was last asked for
}

// dictionaryIDs are the ids of a dictionary's values: 0 if not looked up yet, absent if there was none when the set had
// size values.
type dictionaryIDs struct {
	ids     []uint32
	size    int
	missing bool // some are absent
}

// dictionariesMax is how many dictionaries a stringSet remembers.
const dictionariesMax = 64

func (s *stringSet) encode(v *vector.Vector, ids []uint32, add bool) (lost bool) {
	switch v.Form {
	case vector.Constant:
		id := uint32(noID)
		if !v.IsNull(0) {
			id = s.id(v.Strs[0], add)
		}
		for i := range ids {
			ids[i] = id
		}
		return id == absent
	case vector.Dictionary:
		if known := s.dictionary(v.Dict, len(ids)); known != nil {
			return s.encodeCodes(v, known, ids, add)
		}
		v = v.Flatten()
	}
	for i, str := range v.Strs {
		if v.Nulls != nil && v.Nulls[i] {
			ids[i] = noID
			continue
		}
		ids[i] = s.id(str, add)
		lost = lost || ids[i] == absent
	}
	return lost
}

// dictionary returns what is known of a dictionary; nil if it is so large that rows are better looked up one by one, as
// long as it does not come again.
func (s *stringSet) dictionary(dict *vector.Vector, rows int) *dictionaryIDs {
	known, ok := s.dicts[dict]
	if !ok {
		if dict.Len() > 8*rows && s.last != dict {
			s.last = dict
			return nil
		}
		if s.dicts == nil || len(s.dicts) == dictionariesMax {
			s.dicts = map[*vector.Vector]*dictionaryIDs{}
		}
		known = &dictionaryIDs{ids: make([]uint32, dict.Len())}
		s.dicts[dict] = known
	}
	if known.missing && known.size != len(s.values) {
		known.missing = false
		for i, id := range known.ids {
			if id == absent {
				known.ids[i] = noID
			}
		}
	}
	s.last = dict
	return known
}

// encodeCodes is encode for a dictionary of which known tells the ids.
func (s *stringSet) encodeCodes(v *vector.Vector, known *dictionaryIDs, ids []uint32, add bool) (lost bool) {
	for i, c := range v.Codes {
		if c < 0 {
			ids[i] = noID
			continue
		}
		id := known.ids[c]
		if id == noID || add && id == absent {
			id = s.id(v.Dict.Strs[c], add)
			known.ids[c] = id
		}
		ids[i] = id
		lost = lost || id == absent
	}
	known.size, known.missing = len(s.values), known.missing || lost
	return lost
}

// id returns the id of a string.
func (s *stringSet) id(str string, add bool) uint32 {
	h := vector.HashString(str)
	id, at := s.index.find(h, func(id uint32) bool { return s.values[id-1] == str })
	switch {
	case id != noID:
		return id
	case !add:
		return absent
	}
	s.values = append(s.values, strings.Clone(str)) // not to keep alive the block that it is a part of
	s.text += int64(len(str))
	id = uint32(len(s.values))
	s.index.put(at, h, id, func(id uint32) uint64 { return vector.HashString(s.values[id-1]) })
	return id
}

func (s *stringSet) card() int { return len(s.values) + 1 }

func (s *stringSet) decode(ids []uint32) *vector.Vector {
	codes := make([]int32, len(ids))
	for i, id := range ids {
		codes[i] = int32(id) - 1
	}
	return vector.DictionaryOf(s.dict(), codes)
}

// dict returns the values so far as a dictionary; id i is code i-1. It is the same vector as long as no value comes.
func (s *stringSet) dict() *vector.Vector {
	if n := len(s.values); s.view == nil || s.view.Len() != n {
		s.view = vector.Strings(s.values[:n:n], nil)
	}
	return s.view
}

func (s *stringSet) bytes() int64 {
	n := 16*int64(cap(s.values)) + s.text + 8*int64(cap(s.index.slots))
	for _, d := range s.dicts {
		n += 4 * int64(len(d.ids))
	}
	return n
}
