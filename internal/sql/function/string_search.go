package function

import (
	"strings"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/vector"
)

// String functions that search or cut.
func init() {
	registerScalar("strpos(varchar, varchar) -> bigint", Scalar{Eval: binary(position)})
	registerScalar("strpos(varchar, varchar, bigint) -> bigint", Scalar{CanFail: true, Eval: ternaryErr(nthPosition)})
	registerScalar("strrpos(varchar, varchar) -> bigint", Scalar{Eval: binary(func(s, sub string) int64 { return lastPosition(s, sub, 1) })})
	registerScalar("strrpos(varchar, varchar, bigint) -> bigint", Scalar{CanFail: true, Eval: ternaryErr(nthLastPosition)})
	registerScalar("starts_with(varchar, varchar) -> boolean", Scalar{Eval: binary(strings.HasPrefix)})
	registerScalar("split(varchar, varchar) -> array(varchar)", Scalar{CanFail: true, Eval: split})
	registerScalar("split(varchar, varchar, bigint) -> array(varchar)", Scalar{CanFail: true, Eval: split})
	registerScalar("split_part(varchar, varchar, bigint) -> varchar", Scalar{CanFail: true, Eval: nullable(splitPart)})
}

// charPosition turns a byte offset, -1 for none, into a position from 1, 0 for none.
func charPosition(s string, at int) int64 {
	if at < 0 {
		return 0
	}
	return length(s[:at]) + 1
}

func position(s, sub string) int64 { return charPosition(s, strings.Index(s, sub)) }

const badInstance = "'instance' must be a positive number."

// nthPosition finds the n-th occurrence; occurrences may overlap.
func nthPosition(s, sub string, n int64) (int64, error) {
	if n <= 0 {
		return 0, invalid(badInstance)
	}
	if sub == "" {
		return 1, nil
	}
	at := -1
	for ; n > 0; n-- {
		next := strings.Index(s[at+1:], sub)
		if next < 0 {
			return 0, nil
		}
		at += 1 + next
	}
	return charPosition(s, at), nil
}

func nthLastPosition(s, sub string, n int64) (int64, error) {
	if n <= 0 {
		return 0, invalid(badInstance)
	}
	return lastPosition(s, sub, n), nil
}

// lastPosition finds the n-th occurrence from the end; occurrences may overlap.
func lastPosition(s, sub string, n int64) int64 {
	if sub == "" {
		return 1
	}
	end := len(s)
	for ; ; n-- {
		at := strings.LastIndex(s[:end], sub)
		if at < 0 || n == 1 {
			return charPosition(s, at)
		}
		end = at + len(sub) - 1
	}
}

// split cuts at a delimiter; with a limit the last element holds the rest.
func split(a *Args) (*vector.Vector, error) {
	text, delimiter := read[string](a.Vecs[0]), read[string](a.Vecs[1])
	var limit reader[int64]
	if len(a.Vecs) == 3 {
		limit = read[int64](a.Vecs[2])
	}
	var parts []string
	offsets := make([]int32, a.Rows+1)
	for i := 0; i < a.Rows; i++ {
		offsets[i+1] = int32(len(parts))
		if a.skipped(i) {
			continue
		}
		s, sep, n := text.at(i), delimiter.at(i), int64(-1)
		if limit.vals != nil {
			if n = limit.at(i); n <= 0 {
				return nil, invalid("Limit must be positive")
			}
			if n > 1<<31-1 {
				return nil, invalid("Limit is too large")
			}
		}
		if sep == "" {
			return nil, invalid("The delimiter may not be the empty string")
		}
		for ; n != 1; n-- {
			head, rest, found := strings.Cut(s, sep)
			if !found {
				break
			}
			parts, s = append(parts, head), rest
		}
		if parts = append(parts, s); len(parts) > maxResultElements {
			return nil, errResultTooLarge
		}
		offsets[i+1] = int32(len(parts))
	}
	return vector.Arrays(a.Result, offsets, vector.Strings(parts, nil), nil), nil
}

// splitPart returns the n-th part of a text, NULL beyond the last. An empty delimiter cuts into characters.
func splitPart(a *Args) func(i int) (string, bool, error) {
	text, delimiter, index := read[string](a.Vecs[0]), read[string](a.Vecs[1]), read[int64](a.Vecs[2])
	return func(i int) (string, bool, error) {
		s, sep, n := text.at(i), delimiter.at(i), index.at(i)
		if n <= 0 {
			return "", false, invalid("Index must be greater than zero")
		}
		if sep == "" {
			at := offsetOf(s, n-1)
			if at < 0 {
				return "", false, nil
			}
			_, size := utf8.DecodeRuneInString(s[at:])
			return s[at : at+size], true, nil
		}
		for ; n > 1; n-- {
			var found bool
			if _, s, found = strings.Cut(s, sep); !found {
				return "", false, nil
			}
		}
		part, _, _ := strings.Cut(s, sep)
		return part, true, nil
	}
}
