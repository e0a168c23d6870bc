package function

// regexpPosition is where a match begins, counted in characters from 1: the first one, or the n-th that begins at a given
// character or behind it; -1 if there is none. A place behind the last character has no match, not even an empty one. Source:
// Trino.
func regexpPosition(a *Args) func(i int) (int64, error) {
	g := newRegexpArgs(a)
	start, nth := numberArgument(a, 2), numberArgument(a, 3)
	return func(i int) (int64, error) {
		s, r, err := g.row(i)
		if err != nil {
			return 0, err
		}
		from, n := start.at(i), nth.at(i)
		switch {
		case from < 1:
			return 0, invalid("start position cannot be smaller than 1")
		case n < 1:
			return 0, invalid("occurrence cannot be smaller than 1")
		case from > length(s):
			return -1, nil
		case from == 1 && n == 1:
			loc, err := g.Find(r, s)
			if err != nil || loc == nil {
				return -1, err
			}
			return charPosition(s, loc[0]), nil
		}
		found := int64(-1)
		err = g.SearchFrom(r, s, int(from-1), func(loc []int) bool {
			if n--; n > 0 {
				return true
			}
			found = charPosition(s, loc[0])
			return false
		})
		return found, err
	}
}

// numberArgument reads argument k, 1 if there is none.
func numberArgument(a *Args, k int) reader[int64] {
	if len(a.Vecs) <= k {
		return reader[int64]{vals: []int64{1}}
	}
	return read[int64](a.Vecs[k])
}
