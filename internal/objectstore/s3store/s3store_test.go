package s3store_test

import (
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/objectstore/s3store"
	"github.com/tidemarkdb/tidemark/internal/objectstore/storetest"
	"github.com/tidemarkdb/tidemark/test/s3server"
)

// partBytes is the size of the first parts.
const partBytes = 5 << 20

// open returns a store of the service at a URL that is given up soon.
func open(t testing.TB, url string) *s3store.Store {
	t.Helper()
	s, err := s3store.Open(t.Context(), s3store.Options{Endpoint: url, Region: s3server.Region, PathStyle: true,
		AccessKey: s3server.AccessKey, SecretKey: s3server.SecretKey, Timeout: 5 * time.Second, PauseMax: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStore: it is an objectstore.Store.
func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Options{Bucket: "bucket", Missing: "missing", Large: partBytes,
		Without: []string{"ctrl\x01x"}, // the server writes it as it is, which is no XML
		Open:    func(t *testing.T) objectstore.Store { return open(t, s3server.Start(t, "bucket").URL) }})
}
