package s3store

import "testing"

// TestPartSizes: parts of the largest export that the service makes, 78 GB, fit into the most parts that there may be, with
// room, and no part is smaller or larger than S3 takes.
func TestPartSizes(t *testing.T) {
	var total int64
	for n := 1; n <= partsMax; n++ {
		size := partBytes(n)
		if size < 5<<20 || size > 5<<30 || n > 1 && size < partBytes(n-1) {
			t.Fatalf("part %d has %d bytes", n, size)
		}
		total += int64(size)
	}
	if total < 2*78e9 || partBytes(partsMax) > 64<<20 {
		t.Errorf("%d bytes in all, %d in the last part", total, partBytes(partsMax))
	}
}
