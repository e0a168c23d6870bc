package encoding

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Texts of cold blocks that zstd makes much smaller, such as messages or identifiers with a common form, are stored as a zstd
// frame of one of the other codecs of strings.

// When and how zstd is used.
const (
	// zstdGain is how much smaller texts must become to be worth their slower decoding.
	zstdGain = 0.75
	// zstdBytesMin and zstdBytesMax are how long a values part must and may be. A reader takes no more than the latter,
	// whatever a frame claims.
	zstdBytesMin = 512
	zstdBytesMax = 16 << 20
)

// zstdWriter and zstdReader serve all goroutines and keep their working memory: at most a megabyte or so for each that
// works at the same time.
var (
	zstdWriter = sync.OnceValue(func() *zstd.Encoder {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(256<<10), zstd.WithEncoderCRC(false),
			zstd.WithLowerEncoderMem(true), zstd.WithAllLitEntropyCompression(true), zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic("bug: zstd writer: " + err.Error())
		}
		return w
	})
	zstdReader = sync.OnceValue(func() *zstd.Decoder {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(zstdBytesMax),
			zstd.WithDecoderMaxWindow(zstdBytesMax), zstd.WithDecodeAllCapLimit(true), zstd.IgnoreChecksum(true))
		if err != nil {
			panic("bug: zstd reader: " + err.Error())
		}
		return r
	})
)

// compressTexts replaces the values part of strings that begins at from by a zstd frame of it, if that is worth it.
func compressTexts(dst []byte, from int) []byte {
	part := dst[from:]
	if len(part) < zstdBytesMin || len(part) > zstdBytesMax {
		return dst
	}
	end := len(dst)
	dst = binary.AppendUvarint(append(dst, codecStringZstd), uint64(len(part)))
	dst = zstdWriter().EncodeAll(dst[from:end:end], dst)
	if float64(len(dst)-end) > zstdGain*float64(end-from) {
		return dst[:end]
	}
	return append(dst[:from], dst[end:]...)
}

// expandTexts returns the values part of strings that is in a zstd frame.
func expandTexts(s *scanner) ([]byte, error) {
	size := s.uvarint()
	if s.bad || size > zstdBytesMax {
		return nil, corrupt("%d bytes of texts in a zstd frame", size)
	}
	part, err := zstdReader().DecodeAll(s.rest, make([]byte, 0, size))
	if err != nil {
		return nil, corrupt("zstd frame of texts: %w", err)
	}
	if uint64(len(part)) != size {
		return nil, corrupt("zstd frame of %d bytes of texts, not %d", len(part), size)
	}
	return part, nil
}
