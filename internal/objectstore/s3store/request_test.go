package s3store_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/objectstore/s3store"
	"github.com/tidemarkdb/tidemark/test/s3server"
)

// TestErrors: what the service answers, and what a client is told.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		status int
		code   string
		kind   dberr.Kind
		text   string
	}{
		{404, "NoSuchBucket", dberr.NotFound, "The bucket 'bucket' does not exist."},
		{404, "NoSuchKey", dberr.NotFound, "The object does not exist."},
		{403, "AccessDenied", dberr.Invalid, "Access to the bucket 'bucket' is denied."},
		{403, "AccountSuspended", dberr.Invalid, "Access to the bucket 'bucket' is denied."},
		{403, "InvalidAccessKeyId", dberr.Unavailable, "The object storage does not accept the server's credentials"},
		{403, "SignatureDoesNotMatch", dberr.Unavailable, "The object storage does not accept the server's credentials"},
		{301, "PermanentRedirect", dberr.Invalid, "The bucket 'bucket' is in another region than the one that the server is set up for."},
		{400, "KMS.DisabledException", dberr.Invalid, "The encryption key for the bucket 'bucket' cannot be used: the object storage answers KMS.DisabledException."},
		{400, "InvalidArgument", dberr.Invalid, "The object storage refuses the request for the bucket 'bucket': InvalidArgument."},
		{400, "EntityTooLarge", dberr.Limit, "The object is larger than the object storage takes."},
		{409, "OperationAborted", dberr.Unavailable, "The object is being changed by somebody else"},
		{500, "InternalError", dberr.Unavailable, "The object storage cannot serve at the moment"},
		{503, "SlowDown", dberr.Unavailable, "The object storage cannot serve at the moment"},
		{507, "XMinioStorageFull", dberr.Unavailable, "The object storage is full"},
		{501, "NotImplemented", dberr.Invalid, "The object storage cannot do what is asked for."},
	} {
		s := open(t, front(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, tt.status, tt.code) }))
		_, _, got := s.Get(t.Context(), "bucket", "k", 0)
		_, listed := s.List(t.Context(), "bucket", objectstore.ListRequest{})
		for what, err := range map[string]error{"put": put(t, s, []byte("x"), objectstore.PutOptions{}), "get": got, "list": listed} {
			var e *dberr.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || e.Client() != tt.text {
				t.Errorf("%s, %d %s: %v", what, tt.status, tt.code, err)
			}
		}
	}
}

// TestKeysThatWouldBeTidiedUp: the key is a part of the URL's path, which must not lead into another bucket on the way.
func TestKeysThatWouldBeTidiedUp(t *testing.T) {
	s := open(t, front(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the service is asked for %s", r.URL.Path) }))
	for _, key := range []string{"..", "../other/k", "a/../../other/k", "a/..", "./a", "a/./b"} {
		_, _, got := s.Get(t.Context(), "bucket", key, 0)
		for what, err := range map[string]error{"get": got, "put": s.Put(t.Context(), "bucket", key, strings.NewReader("x"), objectstore.PutOptions{}), "delete": s.Delete(t.Context(), "bucket", key)} {
			if !dberr.Is(err, dberr.Invalid) {
				t.Errorf("%s %s: %v", what, key, err)
			}
		}
	}
}

// TestHeaders: what a Put asks for reaches the service, in whole objects and in uploads.
func TestHeaders(t *testing.T) {
	server := s3server.Start(t, "bucket")
	var mu sync.Mutex
	var seen []http.Header
	url := front(t, func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); r.Method == http.MethodPut && !q.Has("partNumber") || r.Method == http.MethodPost && q.Has("uploads") {
			mu.Lock()
			seen = append(seen, r.Header.Clone())
			mu.Unlock()
		}
		server.Handler.ServeHTTP(w, r)
	})
	s := open(t, url)
	for _, size := range []int{5, partBytes + 5} {
		seen = nil
		for _, opts := range []objectstore.PutOptions{
			{}, {ContentType: "text/csv", Encryption: "SSE_S3", KMSKeyID: "ignored"}, {Encryption: "SSE_KMS", KMSKeyID: "my-key"}, {Encryption: "SSE_KMS"},
		} {
			if err := put(t, s, large()[:size], opts); err != nil {
				t.Fatal(err)
			}
		}
		want := [][3]string{{"", "", ""}, {"text/csv", "AES256", ""}, {"", "aws:kms", "my-key"}, {"", "aws:kms", ""}}
		for i, h := range seen {
			contentType := strings.TrimPrefix(h.Get("Content-Type"), "application/octet-stream") // the SDK's own
			got := [3]string{contentType, h.Get("X-Amz-Server-Side-Encryption"), h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")}
			if got != want[i] {
				t.Errorf("put %d of %d bytes: %q, want %q", i, size, got, want[i])
			}
			if !strings.Contains(h.Get("Authorization"), s3server.AccessKey) || h.Get("X-Amz-Sdk-Checksum-Algorithm") != "" {
				t.Errorf("put %d of %d bytes: %v", i, size, h)
			}
		}
	}
	if err := put(t, s, nil, objectstore.PutOptions{Encryption: "ROT13"}); !dberr.Is(err, dberr.Invalid) {
		t.Error(err)
	}
}

// TestServiceWithoutEncryption: a service that cannot encrypt is told from others, and can be used for objects that need not be.
func TestServiceWithoutEncryption(t *testing.T) {
	server := s3server.Start(t, "bucket")
	url := front(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Server-Side-Encryption") != "" {
			refuse(w, http.StatusNotImplemented, "NotImplemented")
			return
		}
		server.Handler.ServeHTTP(w, r)
	})
	plain, err := s3store.Open(t.Context(), s3store.Options{Endpoint: url, PathStyle: true, AccessKey: "a", SecretKey: "s", PlainSSES3: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{5, partBytes + 5} {
		for _, tt := range []struct {
			store      *s3store.Store
			encryption string
			fails      bool
		}{{open(t, url), "SSE_S3", true}, {open(t, url), "SSE_KMS", true}, {plain, "SSE_S3", false}, {plain, "SSE_KMS", true}} {
			err := put(t, tt.store, large()[:size], objectstore.PutOptions{Encryption: tt.encryption})
			var e *dberr.Error
			if errors.As(err, &e) != tt.fails || tt.fails && (e.Kind != dberr.Invalid || e.Client() != "The object storage cannot encrypt objects as "+tt.encryption+".") {
				t.Errorf("%d bytes as %s: %v", size, tt.encryption, err)
			}
		}
	}
}

// TestMemory: a Put reads no more of its body than it may hold: two parts that are being sent, and one for the next.
func TestMemory(t *testing.T) {
	server := s3server.Start(t, "bucket")
	release := make(chan struct{})
	url := front(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("partNumber") {
			<-release
		}
		server.Handler.ServeHTTP(w, r)
	})
	var read atomic.Int64
	body := readerFunc(func(p []byte) (int, error) { read.Add(int64(len(p))); return len(p), nil })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- open(t, url).Put(ctx, "bucket", "k", body, objectstore.PutOptions{}) }()
	for deadline := time.Now().Add(5 * time.Second); read.Load() < 3*partBytes && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond) // for reading on, which must not happen
	if got := read.Load(); got != 3*partBytes {
		t.Errorf("%d bytes of the body were read", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
}

// TestCertificates: a certificate of one's own is trusted when it is given, and not otherwise.
func TestCertificates(t *testing.T) {
	server := s3server.Start(t, "bucket")
	secure := httptest.NewUnstartedServer(server.Handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	o := s3store.Options{Endpoint: secure.URL, PathStyle: true, AccessKey: "a", SecretKey: "s", CA: ca, Attempts: 1}
	s, err := s3store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t, s, []byte("x"), objectstore.PutOptions{}); err != nil {
		t.Error(err)
	}
	o.CA = nil
	if s, err = s3store.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	unavailable(t, put(t, s, []byte("x"), objectstore.PutOptions{}))
}

// TestOptions: what cannot be is refused when the store is opened.
func TestOptions(t *testing.T) {
	for _, o := range []s3store.Options{
		{Endpoint: "localhost:9000"}, {Endpoint: "ftp://x"}, {Endpoint: "http://"}, {Endpoint: "http://me:secret@x"}, {Endpoint: "http://x?y=1"},
		{AccessKey: "a"}, {SecretKey: "s"}, {CA: []byte("none")},
	} {
		if _, err := s3store.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), "me:secret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
