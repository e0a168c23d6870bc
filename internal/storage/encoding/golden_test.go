package encoding_test

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/storage/encoding"
)

// The bytes of each codec are on people's disks: a changed line here needs a new codec instead.
func TestBytesOfEachCodec(t *testing.T) {
	var enc encoding.Encoder
	doubles := func(nulls []bool, vals ...float64) []byte {
		block, _ := enc.AppendDoubles(nil, vals, nulls)
		return block
	}
	third := 1.0 / 3
	for _, tc := range []struct {
		name  string
		block []byte
		want  string
	}{
		{"no rows", enc.AppendInts(nil, nil, nil), ""},
		{"all NULL", enc.AppendInts(nil, make([]int64, 3), []bool{true, true, true}), "01"},
		{"null of any kind", encoding.AppendNull(nil, 3), "01"},
		{"int constant", enc.AppendInts(nil, []int64{-3, -3}, nil), "00 10 05"},
		{"int constant with NULL", enc.AppendInts(nil, []int64{7, 0, 7}, []bool{false, true, false}), "02 02 10 0e"},
		{"int regular", enc.AppendInts(nil, []int64{100, 90, 80}, nil), "00 11 c801 13"},
		{"int frame 8", enc.AppendInts(nil, []int64{10, 1010, 110}, nil), "00 12 14 64 00 0a 01"},
		{"int frame 16", enc.AppendInts(nil, []int64{-1, 65533, -1, 65533, 1}, nil), "00 13 01 02 0000 ff7f 0000 ff7f 0100"},
		{"int frame 32", enc.AppendInts(nil, []int64{0, 1<<31 + 2, 0, 1 << 31, 1}, nil), "00 14 00 01 00000000 02000080 00000000 00000080 01000000"},
		{"int raw", enc.AppendInts(nil, []int64{math.MinInt64, -1, math.MaxInt64}, nil), "00 15 0000000000000080 ffffffffffffffff ffffffffffffff7f"},
		{"int packed", enc.AppendInts(nil, []int64{0, 1, 3, 2, 0, 3, 1, 2}, nil), "00 16 00 01 00 02 b49c"},
		{"int linear", enc.AppendInts(nil, []int64{0, 10, 20, 31, 40, 49, 60, 70, 81, 90}, nil), "00 16 01 01 808050 02 955106"},
		{"int delta", enc.AppendInts(nil, []int64{0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 66, 78, 91, 105, 120}, nil), "00 17 00 01 02 04 1032547698badc0e"},
		{"double constant", doubles(nil, third, third), "00 20 555555555555d53f"},
		{"double decimal", doubles(nil, 1.5, 2.25, -0.5), "00 21 02 00 17 ac02 19 15 04 0e"},
		{"double decimal with exceptions", doubles(nil, append(make([]float64, 20), math.NaN(), 1)...), "00 21 00 01 14000000 010000000000f87f 16 00 01 e230 00"},
		{"double float32", doubles(nil, float64(float32(0.1)), float64(float32(0.3))), "00 22 cdcccc3d 9a99993e"},
		{"double raw", doubles(nil, third, math.Copysign(0, -1)), "00 23 555555555555d53f 0000000000000080"},
		{"double exponent", doubles(nil, third, 0.3, 0.4, 0.45, third, third, third, third), "00 24 00 01 fd03 555555555555353333333333339a9999999999d9cccccccccccc5555555555555555555555555555555555555555555555555555"},
		{"bool constant", enc.AppendBools(nil, []bool{true, true}, nil), "00 30 01"},
		{"bool bitmap", enc.AppendBools(nil, []bool{true, false, true}, nil), "00 31 05"},
		{"string constant", enc.AppendStrings(nil, []string{"ab", "ab"}, nil), "00 40 02 6162"},
		{"string dictionary", enc.AppendStrings(nil, []string{"up", "down", "up", "up", "down", "up"}, nil), "00 41 02 03 110404 7570646f776e 16 00 01 00 01 12"},
		{"string plain", enc.AppendStrings(nil, []string{"a", "bc"}, nil), "00 42 03 110202 616263"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := hex.EncodeToString(tc.block)
			if want := strings.ReplaceAll(tc.want, " ", ""); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
