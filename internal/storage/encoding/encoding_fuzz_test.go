package encoding_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// words cuts fuzzed bytes into 8-byte words, and a mask from the lowest bit of each if the first byte is odd.
func words(data []byte) (vals []int64, nulls []bool) {
	masked := len(data) > 0 && data[0]&1 == 1
	for ; len(data) >= 8 && len(vals) < blockRows; data = data[8:] {
		v := int64(binary.LittleEndian.Uint64(data))
		vals = append(vals, v>>(data[7]&63)) // all magnitudes, also small ones
		if masked {
			nulls = append(nulls, data[0]&2 == 2)
		}
	}
	return vals, nulls
}

// wordBytes is the reverse of words, for seeds.
func wordBytes(vals []int64) (out []byte) {
	for _, v := range vals {
		out = binary.LittleEndian.AppendUint64(out, uint64(v))
	}
	return out
}

func FuzzIntsRoundTrip(f *testing.F) {
	for _, vals := range intShapes(rand.New(rand.NewPCG(1, 1))) {
		f.Add(wordBytes(vals[:40]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var enc encoding.Encoder
		vals, nulls := words(data)
		checkInts(t, &enc, vals, nulls)
	})
}

func FuzzDoublesRoundTrip(f *testing.F) {
	for _, vals := range doubleShapes(rand.New(rand.NewPCG(1, 1))) {
		var bits []int64
		for _, v := range vals[:40] {
			bits = append(bits, int64(math.Float64bits(v)))
		}
		f.Add(wordBytes(bits), uint8(0))
		f.Add(wordBytes(bits), uint8(2))
	}
	f.Fuzz(func(t *testing.T, data []byte, scale uint8) {
		var enc encoding.Encoder
		ints, nulls := words(data)
		vals := make([]float64, len(ints))
		for i, v := range ints {
			vals[i] = math.Float64frombits(uint64(v))
			if scale > 0 {
				vals[i] = float64(v) / math.Pow10(int(scale%20))
			}
		}
		checkDoubles(t, &enc, vals, nulls)
	})
}

func FuzzStringsAndBoolsRoundTrip(f *testing.F) {
	f.Add([]byte("a,b,a,,a,b"), uint64(5))
	f.Fuzz(func(t *testing.T, data []byte, mask uint64) {
		var enc encoding.Encoder
		var vals []string
		var flags, nulls []bool
		for field := range splitFields(data) {
			vals = append(vals, field)
			flags = append(flags, len(field)%2 == 1)
			nulls = append(nulls, mask>>(len(vals)%64)&1 == 1)
		}
		checkStrings(t, &enc, vals, nulls)
		cold := encoding.Encoder{Cold: true}
		checkStrings(t, &cold, slices.Repeat(vals, 1+100/(1+len(vals))), slices.Repeat(nulls, 1+100/(1+len(vals))))
		checkBools(t, &enc, flags, nulls)
	})
}

// splitFields yields what is before each comma.
func splitFields(data []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		from := 0
		for i, b := range data {
			if b == ',' {
				if !yield(string(data[from:i])) {
					return
				}
				from = i + 1
			}
		}
	}
}

// Arbitrary bytes give as many values as asked for, or an error of kind Corruption.
func FuzzDecode(f *testing.F) {
	var enc encoding.Encoder
	rng := rand.New(rand.NewPCG(1, 1))
	for _, vals := range intShapes(rng) {
		f.Add(enc.AppendInts(nil, vals[:20], nil), uint16(20))
		f.Add(enc.AppendInts(nil, vals[:20], randomNulls(rng, 20)), uint16(20))
	}
	for _, vals := range doubleShapes(rng) {
		block, _ := enc.AppendDoubles(nil, vals[:33], nil)
		f.Add(block, uint16(33))
	}
	f.Add(enc.AppendStrings(nil, []string{"a", "b", "a", "a", "b", "b", "b"}, nil), uint16(7))
	f.Add(enc.AppendStrings(nil, []string{"a", "bc"}, nil), uint16(2))
	f.Add(enc.AppendInts(nil, intShapes(rng)["steps"][:200], nil), uint16(200))
	f.Add(enc.AppendInts(nil, intShapes(rng)["series"][:200], nil), uint16(200))
	f.Add(enc.AppendInts(nil, intShapes(rng)["latency"][:200], nil), uint16(200))
	coarse, _ := enc.AppendDoubles(nil, slices.Repeat([]float64{1.0 / 3, 2.0 / 3, 1.0 / 7}, 20), nil)
	f.Add(coarse, uint16(60))
	cold := encoding.Encoder{Cold: true}
	f.Add(cold.AppendStrings(nil, messages(50), nil), uint16(50))
	f.Add(enc.AppendBools(nil, []bool{true, false}, nil), uint16(2))
	f.Add([]byte("\x00\x19\xbc\xbc\xbc\xbc\xbc\xbc\xbc\xbc\xbc00"), uint16(71)) // no patches, and bytes after them
	f.Fuzz(func(t *testing.T, block []byte, n uint16) {
		rows := int(n)
		before := slices.Clone(block)
		check := func(kind string, got int, nulls []bool, err error) {
			if err != nil {
				if !dberr.Is(err, dberr.Corruption) {
					t.Fatalf("%s: %v is no corruption error", kind, err)
				}
				return
			}
			if got != rows || nulls != nil && len(nulls) != rows {
				t.Fatalf("%s: %d values and %d null flags for %d rows", kind, got, len(nulls), rows)
			}
		}
		ints, nulls, err := encoding.DecodeInts(nil, block, rows)
		check("ints", len(ints), nulls, err)
		if view, err2 := encoding.OpenInts(block, rows); err2 == nil {
			if err != nil {
				t.Fatalf("open accepts what decode refuses: %v", err)
			}
			for i, want := range ints {
				if got := view.At(i); got != want {
					t.Fatalf("value %d is %d by access, %d by decoding", i, got, want)
				}
			}
		}
		doubles, nulls, err := encoding.DecodeDoubles(nil, block, rows)
		check("doubles", len(doubles), nulls, err)
		flags, nulls, err := encoding.DecodeBools(nil, block, rows)
		check("bools", len(flags), nulls, err)
		strs, nulls, err := encoding.DecodeStrings(nil, block, rows)
		check("strings", len(strs), nulls, err)
		if !slices.Equal(block, before) {
			t.Fatal("decoding changed the block")
		}
	})
}
