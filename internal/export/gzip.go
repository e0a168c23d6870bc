package export

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/flate"
)

// deflateLevel is the level of compression: 1 fastest, 9 smallest.
const deflateLevel = 5

// compressor is what the compressed files of an UNLOAD share: the window and tables of deflate, about a megabyte, and the
// bytes that it made of a piece of text.
type compressor struct {
	deflater *flate.Writer
	out      bytes.Buffer
}

func newCompressor() *compressor {
	c := new(compressor)
	c.deflater, _ = flate.NewWriter(&c.out, deflateLevel) // fails for other levels only
	return c
}

// gzipStream compresses a file. Each piece is compressed by itself, without what came before, so that files need no window
// of their own. For a reader it is one stream.
type gzipStream struct {
	*compressor
	file *object
	crc  uint32
	size uint32 // modulo 2^32, as the format has it
}

// gzipHead begins a stream of an unknown time and system.
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// gzipTailBytes is the most that finish writes.
const gzipTailBytes = 32

// write adds a piece.
func (g *gzipStream) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	g.begin()
	g.crc, g.size = crc32.Update(g.crc, crc32.IEEETable, p), g.size+uint32(len(p))
	if _, err := g.deflater.Write(p); err != nil {
		return err
	}
	if err := g.deflater.Flush(); err != nil {
		return err
	}
	return g.handOver()
}

// begin makes the shared parts ready for the next piece of this file.
func (g *gzipStream) begin() {
	g.out.Reset()
	if g.file.bytes == 0 {
		g.out.WriteString(gzipHead)
	}
	g.deflater.Reset(&g.out)
}

func (g *gzipStream) handOver() error {
	_, err := g.file.Write(g.out.Bytes())
	return err
}

// finish ends the stream.
func (g *gzipStream) finish() error {
	g.begin()
	if err := g.deflater.Close(); err != nil { // an empty last block
		return err
	}
	var tail []byte
	tail = binary.LittleEndian.AppendUint32(tail, g.crc)
	g.out.Write(binary.LittleEndian.AppendUint32(tail, g.size))
	return g.handOver()
}
