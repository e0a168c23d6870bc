package encoding

import (
	"encoding/binary"
)

// AppendStrings adds a block of strings. nulls may be nil; values at NULL rows are ignored.
func (e *Encoder) AppendStrings(dst []byte, vals []string, nulls []bool) []byte {
	if len(vals) == 0 {
		return dst
	}
	dst, count := appendNulls(dst, nulls)
	if count == len(vals) {
		return dst
	}
	from := len(dst)
	dst = e.appendStrings(dst, dense(&e.strs, vals, nulls, count))
	if e.Cold {
		dst = compressTexts(dst, from)
	}
	clear(e.strs[:cap(e.strs)]) // keep no caller's memory alive
	return dst
}

// appendStrings adds the values part of at least one string.
func (e *Encoder) appendStrings(dst []byte, vals []string) []byte {
	if constant(vals) {
		dst = binary.AppendUvarint(append(dst, codecStringConstant), uint64(len(vals[0])))
		return append(dst, vals[0]...)
	}
	total := 0
	for _, v := range vals {
		total += len(v)
	}
	if terms, bytes, ok := e.dictionary(vals); ok {
		from := len(dst)
		dst = binary.AppendUvarint(append(dst, codecStringDictionary), uint64(len(terms)))
		dst = e.appendTexts(dst, terms, bytes)
		dst = e.appendInts(dst, e.refs, false)
		if len(dst)-from <= total+len(vals) {
			return dst
		}
		dst = dst[:from]
	}
	return e.appendTexts(append(dst, codecStringPlain), vals, total)
}

// constant reports whether all strings are equal.
func constant(vals []string) bool {
	for _, v := range vals {
		if v != vals[0] {
			return false
		}
	}
	return true
}

// dictionary sets e.refs to the values as numbers of terms and returns the terms in order of first appearance and their
// bytes; false if there are too many to gain anything.
func (e *Encoder) dictionary(vals []string) (terms []string, bytes int, ok bool) {
	if e.terms == nil {
		e.terms = make(map[string]int64)
	}
	clear(e.terms)
	e.refs = resize(e.refs, len(vals))
	last, ref := "", int64(-1)
	for i, v := range vals {
		if ref < 0 || v != last { // neighbours are often equal
			var known bool
			if ref, known = e.terms[v]; !known {
				ref = int64(len(terms))
				if len(terms) > len(vals)/2 {
					clear(e.terms)
					return nil, 0, false
				}
				e.terms[v] = ref
				terms = append(terms, v)
				bytes += len(v)
			}
			last = v
		}
		e.refs[i] = ref
	}
	clear(e.terms)
	return terms, bytes, true
}

// appendTexts adds strings: the length of the lengths' values part, that part, and the bytes of all strings.
func (e *Encoder) appendTexts(dst []byte, vals []string, bytes int) []byte {
	e.lens = resize(e.lens, len(vals))
	for i, v := range vals {
		e.lens[i] = int64(len(v))
	}
	e.part = e.appendInts(e.part[:0], e.lens, false)
	dst = binary.AppendUvarint(dst, uint64(len(e.part)))
	dst = append(dst, e.part...)
	dst, out := extend(dst, bytes)
	for _, v := range vals {
		out = out[copy(out, v):]
	}
	return dst
}

// DecodeStrings reads a block of strings. The values are in dst if that is long enough; nulls is nil without NULLs. NULL
// rows hold "". The strings share one piece of memory, which is not the block's.
func DecodeStrings(dst []string, block []byte, rows int) (vals []string, nulls []bool, err error) {
	if rows == 0 {
		return dst[:0], nil, checkEmpty(block)
	}
	s := scanner{rest: block}
	nulls, count, err := readNulls(&s, rows)
	if err != nil {
		return nil, nil, err
	}
	vals = resize(dst, rows)
	if count > 0 {
		if err := decodeStrings(vals[:count], &s); err != nil {
			return nil, nil, err
		}
	}
	spread(vals, nulls, count)
	return vals, nulls, nil
}

// decodeStrings reads a values part of at least one string.
func decodeStrings(out []string, s *scanner) error {
	if len(s.rest) > 0 && s.rest[0] == codecStringZstd {
		s.take(1)
		part, err := expandTexts(s)
		if err != nil {
			return err
		}
		s = &scanner{rest: part}
	}
	switch codec := s.byte(); codec {
	case codecStringConstant:
		v := string(s.take(s.length()))
		if s.bad || len(s.rest) > 0 {
			return corrupt("constant string has the wrong length")
		}
		for i := range out {
			out[i] = v
		}
		return nil
	case codecStringDictionary:
		return decodeDictionary(out, s)
	case codecStringPlain:
		if err := decodeTexts(out, s); err != nil {
			return err
		}
		if len(s.rest) > 0 {
			return corrupt("%d bytes after the last string", len(s.rest))
		}
		return nil
	default:
		return corrupt("unknown codec %d for strings", codec)
	}
}

// decodeTexts reads what appendTexts wrote for as many strings as out has room for.
func decodeTexts(out []string, s *scanner) error {
	part := s.take(s.length())
	if s.bad {
		return corrupt("lengths of strings")
	}
	lens, err := parseInts(part, len(out))
	if err != nil {
		return err
	}
	var chunk [decimalChunk]int64
	total := uint64(0)
	for left := len(out); left > 0; {
		now := chunk[:min(left, len(chunk))]
		lens.next(now)
		for _, n := range now {
			if total += uint64(n); n < 0 || total > uint64(len(s.rest)) {
				return corrupt("strings longer than their block")
			}
		}
		left -= len(now)
	}
	text := string(s.take(int(total)))
	lens.rewind()
	for rest := out; len(rest) > 0; {
		now := chunk[:min(len(rest), len(chunk))]
		lens.next(now)
		for i, n := range now {
			rest[i], text = text[:n], text[n:]
		}
		rest = rest[len(now):]
	}
	return nil
}

// decodeDictionary reads a dictionary and the indexes into it.
func decodeDictionary(out []string, s *scanner) error {
	size := s.uvarint()
	if s.bad || size == 0 || size > uint64(len(out)) {
		return corrupt("dictionary of %d strings for %d rows", size, len(out))
	}
	terms := make([]string, size)
	if err := decodeTexts(terms, s); err != nil {
		return err
	}
	refs, err := parseInts(s.rest, len(out))
	if err != nil {
		return err
	}
	var chunk [decimalChunk]int64
	for rest := out; len(rest) > 0; {
		now := chunk[:min(len(rest), len(chunk))]
		refs.next(now)
		for i, ref := range now {
			if uint64(ref) >= size {
				return corrupt("string %d of a dictionary of %d", ref, size)
			}
			rest[i] = terms[ref]
		}
		rest = rest[len(now):]
	}
	return nil
}
