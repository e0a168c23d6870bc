package series

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestLookupFindsAmongEqualHashes enters numbers whose hashes are the same in part or as a whole.
func TestLookupFindsAmongEqualHashes(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 8))
		kinds := 1 + rng.IntN(40)
		shift := rng.IntN(64)
		var hashes []uint64
		var l lookup
		for n := range uint32(rng.IntN(300)) {
			hashes = append(hashes, uint64(rng.IntN(kinds))<<shift)
			if l.has(len(hashes)) {
				l.add(hashes[n], n)
			} else {
				l.build(len(hashes), func(n uint32) uint64 { return hashes[n] })
			}
		}
		for kind := range uint64(kinds) {
			var want, got []uint32
			for n, h := range hashes {
				if h == kind<<shift {
					want = append(want, uint32(n))
				}
			}
			for p := l.probe(kind << shift); ; {
				n, ok := p.next()
				if !ok {
					break
				}
				if hashes[n] == kind<<shift { // others may come, too
					got = append(got, n)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: got %v, want %v", seed, got, want)
			}
		}
	}
}

// TestTextsStay keeps texts of many lengths and looks at them when all have come.
func TestTextsStay(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	var all texts
	var kept, want []string
	for i := range 20_000 {
		n := rng.IntN(20)
		if i%1000 == 0 {
			n = rng.IntN(4 * pieceBytesMax)
		}
		s := strings.Repeat(string(rune('a'+i%26)), n)
		want, kept = append(want, s), append(kept, all.keep(s))
	}
	if !slices.Equal(kept, want) {
		t.Error("a text has changed")
	}
}
