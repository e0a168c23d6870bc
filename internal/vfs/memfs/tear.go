package memfs

import "math/rand/v2"

// cutBytes is unsynced bytes that were cut off. The system may have written them to the disk meanwhile, and what is written in
// their place, or the new length of the file, later or never.
type cutBytes struct {
	off  int
	data []byte
}

// cutsMax is how many of them a file remembers.
const cutsMax = 4

// cut shortens a file. The next append copies the bytes, so that what was synced stays as it was.
func (f *FS) cut(n *node, size int) {
	if n.named {
		f.used -= int64(len(n.data) - size)
	}
	if from := max(size, n.low); from < len(n.data) {
		if len(n.cuts) == cutsMax {
			n.cuts = n.cuts[1:]
		}
		n.cuts = append(n.cuts[:len(n.cuts):len(n.cuts)], cutBytes{from, n.data[from:]})
	}
	n.data = n.data[:size:size]
	n.low = min(n.low, size)
}

// crashBytes chooses what is left of a file.
func crashBytes(rng *rand.Rand, n *node) []byte {
	stable := min(n.low, len(n.synced))
	if stable == len(n.data) && stable == len(n.synced) && len(n.cuts) == 0 {
		return n.data
	}
	end := max(len(n.data), len(n.synced))
	for _, c := range n.cuts {
		end = max(end, c.off+len(c.data))
	}
	switch rng.IntN(5) {
	case 0:
		return n.synced
	case 1:
		return n.data
	case 2:
		return n.data[:stable+rng.IntN(len(n.data)-stable+1)]
	case 3: // the length is on disk, most of the bytes are not
		out := make([]byte, len(n.data))
		copy(out, n.data[:stable+rng.IntN(len(n.data)-stable+1)/4])
		return out
	}
	size := stable + rng.IntN(end-stable+1)
	if rng.IntN(2) == 0 {
		size = len(n.data)
	}
	sector := []int{512, 4096}[rng.IntN(2)] // what a disk writes as a whole
	out := make([]byte, size)
	copy(out, n.data[:stable])
	for from := stable; from < size; {
		to := min(size, (from/sector+1)*sector)
		tear(rng, out[from:to], n, from)
		from = to
	}
	return out
}

// tear fills one unsynced sector, which begins at off: the new bytes (most often), the old ones, some that were there in
// between, zeros or garbage.
func tear(rng *rand.Rand, sector []byte, n *node, off int) {
	switch rng.IntN(7) {
	case 0: // zeros
	case 1:
		for i := range sector {
			sector[i] = byte(rng.Uint32())
		}
	case 2:
		copy(sector, n.synced[min(off, len(n.synced)):])
	case 3:
		copy(sector, n.data[min(off, len(n.data)):])
		for _, c := range n.cuts[:rng.IntN(len(n.cuts)+1)] {
			if from, to := max(off, c.off), min(off+len(sector), c.off+len(c.data)); from < to {
				copy(sector[from-off:], c.data[from-c.off:to-c.off])
			}
		}
	default:
		copy(sector, n.data[min(off, len(n.data)):])
	}
}
