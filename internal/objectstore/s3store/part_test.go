package s3store

import (
	"bytes"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/test/s3server"
)

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

// TestMemoryOfParts: when no upload is under way none of their memory is kept.
func TestMemoryOfParts(t *testing.T) {
	server := s3server.Start(t, "bucket")
	s, err := Open(t.Context(), Options{Endpoint: server.URL, PathStyle: true, AccessKey: s3server.AccessKey, SecretKey: s3server.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("tidemark"), 3*partBytesMin/8)
	if err := s.Put(t.Context(), "bucket", "k", bytes.NewReader(content), objectstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.free); n != 0 {
		t.Errorf("%d buffers are kept", n)
	}
	if server.Objects("bucket")["k"] != string(content) {
		t.Error("the object has another content")
	}
}
