package series

import "strings"

// texts keeps texts that are never given up, many in one piece of memory: a million values of their own would be a million
// objects for the collector, each rounded up to a size of its choice.
type texts struct {
	piece strings.Builder // never grows beyond what it was made with, so that what was cut out of it stays
	bytes int64
}

// Sizes of a piece of memory: the first and the largest.
const (
	pieceBytesMin = 64
	pieceBytesMax = 64 << 10
)

// keep returns a copy of a text that lives as long as the index.
func (t *texts) keep(s string) string {
	if t.piece.Cap()-t.piece.Len() < len(s) {
		size := min(max(2*t.piece.Cap(), pieceBytesMin), pieceBytesMax)
		if len(s) > size/4 {
			t.bytes += int64(len(s))
			return strings.Clone(s)
		}
		t.piece.Reset()
		t.piece.Grow(size)
		t.bytes += int64(t.piece.Cap())
	}
	t.piece.WriteString(s)
	all := t.piece.String()
	return all[len(all)-len(s):]
}
