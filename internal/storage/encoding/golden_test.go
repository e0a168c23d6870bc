package encoding_test

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/tidemarkdb/tidemark/internal/dberr"
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
		{"int runs", enc.AppendInts(nil, slices.Concat(slices.Repeat([]int64{500}, 40), slices.Repeat([]int64{7}, 24)), nil), "00 18 02 03 11501f 11e807d907"},
		{"int patched", enc.AppendInts(nil, slices.Concat(slices.Repeat([]int64{3, 9, 4, 8}, 16), []int64{-999, 5000}), nil),
			"00 19 06 01 03 " + strings.Repeat("700aa7", 8) + "00 02 40d30f 008a4e"},
		{"int patched delta", enc.AppendInts(nil, slices.Concat(ramp(40, 1000, 5), ramp(40, 250, 5)), nil), "00 1a d00f 05 02 00 01 27fb02"},
		{"double dictionary", doubles(nil, third, 0.3, 0.4, 0.45, third, third, third, third), "00 25 04 555555555555d53f 333333333333d33f 9a9999999999d93f cdccccccccccdc3f 16 00 01 00 02 e400"},
		{"double exponent", doubles(nil, third, 5.0/19, 3.0/7, 5.0/12, 5.0/13, 6.0/13, 3.0/11, 4.0/11), "00 24 00 01 fd03 55555555555595d7505e43790ddbb66ddbb66dbbaaaaaaaaaaaad9899dd8899de8899dd8899dd874d145175d746174d145175d74"},
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

// What zstd makes of texts may change with the library, but what an earlier one made is read.
func TestBytesOfCompressedTexts(t *testing.T) {
	block, err := hex.DecodeString("0043" +
		"b91e28b52ffd4010390e551a0082f06a28804b10023205347c8ecf6ce8178fdb52ec772c0ee906c3478067a494524aa94fd8323667bcddd664148c83" +
		"8a93663d43732dcfdcfabd54e6ea6059d9bdcb5c13d92b3766bd654cc8f5dcf015b3e53453ccc58b5dba57597f0df176cb3869baaae99c957bb17a3d" +
		"555631aa977be7d4d49f1257ea256fba5c45bbdc23a97ced92dc921cfa2099b86347fffb34c2fa4629af5491608f4429af4d54a1a19337ef64589413" +
		"fabd31996b2684f356e6d0fd74a770ca3dde0cd53e57c832fbabb9d75227573c3473d4b4999317f393e7de5fe85a79ce2d94795a067d94ffb93f3c12" +
		"652d789bbb61a2d96dd7cefa50e575db9b454f7cb988f363cf737a8d7e4494b7cebf934be21b76463ebda5d49be8ca71e8eeeb4c571b8de85eb1cd72" +
		"e64daaa9f4916ff7847c766dc633732dbb2b714a69df3ab6e77d89d335e6cf5c711e11b927a4dff58db86239a3b139464656b44a4aeaa58d4ded54af" +
		"b76acce61266767ca29e6cd747c138e478d068541c151f8cc6048343447c5450484480203111200281c50603153038208041815190602103c40d607c" +
		"41845d301e34302c2634b87001713808700090e0a1c0818120a88120d0bd92f41f910610c98c951d110420060281a8f248046912c01d04576981dc22" +
		"36c4be71d9f82056935d77bced502872e25536bd52924966197a9346585dca4852551bb5494402224de3eebfc8d365b16a8d26c2af5c18094a7589f3" +
		"410ced58ae5a18d804ec944568c6a45c27f3f027342bf1e8c4c3f6b2c6f45656055d9a23c0d025f7b30efa2b610ed7b1436c601bd50e484b50142e63" +
		"18dfcb6fa09e2c85ec9c0d359c7ba85805ba65e75ccbae3dd14a3a8381ec5ed43aa07c81bab740906c79a0a1266176fda20c2619962bb2204abeb644" +
		"74499611863cd7d51d71c5fb74163540115c03214ac04196d73c3ae09669abb8312f520080ebcbe3b73860e480d400262da8cfe8f119c8f6c9b9bf99" +
		"ae853a56dc57a88e0b7a839be5d1140df3a156c93c6090486b21a4ba9c91d02d10d48056985a390a1e04a25c89963a17ef796c8576cf87be1ffdf48f" +
		"3cb3317fa7b2c637af6cb87d64f16cb62a7b604306a009413affcab35db2c2f91d75294a60dc16e9c19e9c93ffc7f32c9e3b3a90c9e4a9427eca27b2" +
		"7886dce0d1d6c1c30e3efb42ffdf07")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := encoding.DecodeStrings(nil, block, 100)
	if err != nil {
		t.Fatal(err)
	}
	if want := messages(100); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A zstd frame that claims or holds more than it may is refused.
func TestCompressedTextsAreLimited(t *testing.T) {
	enc := encoding.Encoder{Cold: true}
	block := enc.AppendStrings(nil, messages(100), nil)
	if block[1] != 0x43 {
		t.Fatalf("codec %x", block[1])
	}
	size, n := binary.Uvarint(block[2:])
	for _, claim := range []uint64{0, size - 1, size + 1, 16 << 20, 16<<20 + 1, 1 << 40, math.MaxUint64} {
		bad := append(binary.AppendUvarint([]byte{0, 0x43}, claim), block[2+n:]...)
		if _, _, err := encoding.DecodeStrings(nil, bad, 100); !dberr.Is(err, dberr.Corruption) {
			t.Errorf("claim of %d bytes where %d are: %v", claim, size, err)
		}
	}
	// A frame of many zeros takes no more than was claimed.
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := w.EncodeAll(make([]byte, 64<<20), binary.AppendUvarint([]byte{0, 0x43}, 1<<20))
	if n := testing.AllocsPerRun(1, func() {
		if _, _, err := encoding.DecodeStrings(nil, bomb, 100); !dberr.Is(err, dberr.Corruption) {
			t.Errorf("%d bytes that hold 64 MiB: %v", len(bomb), err)
		}
	}); n > 100 {
		t.Errorf("%v allocations", n)
	}
	nested := append(binary.AppendUvarint([]byte{0, 0x43}, uint64(len(block)-1)), w.EncodeAll(block[1:], nil)...)
	if _, _, err := encoding.DecodeStrings(nil, nested, 100); !dberr.Is(err, dberr.Corruption) {
		t.Errorf("a frame in a frame: %v", err)
	}
}

// ramp returns n integers, each step more than the one before.
func ramp(n int, first, step int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = first + int64(i)*step
	}
	return out
}
