package s3store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"math/rand/v2"
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

// large returns the content of an object of several parts.
func large() []byte {
	content := make([]byte, 2*partBytes+12345)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	return content
}

// put stores an object of key k.
func put(t *testing.T, s *s3store.Store, content []byte, opts objectstore.PutOptions) error {
	t.Helper()
	return s.Put(t.Context(), "bucket", "k", bytes.NewReader(content), opts)
}

// get reads the object of key k.
func get(t *testing.T, s *s3store.Store) ([]byte, error) {
	t.Helper()
	r, _, err := s.Get(t.Context(), "bucket", "k", 0)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// unavailable checks an error after which trying again may help, and that its text names nothing of the service.
func unavailable(t *testing.T, err error) {
	t.Helper()
	var e *dberr.Error
	if !errors.As(err, &e) || e.Kind != dberr.Unavailable || strings.Contains(e.Client(), "127.0.0.1") {
		t.Errorf("got %v", err)
	}
	if err != nil && strings.Contains(err.Error(), s3server.SecretKey) {
		t.Errorf("the secret is in %v", err)
	}
}

// uploads returns how many uploads the server has that are neither completed nor aborted.
func uploads(t *testing.T, server *s3server.Server) int {
	t.Helper()
	answer, err := http.Get(server.URL + "/bucket?uploads")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "<UploadId>")
}

// TestConnectionsBreakInPut: an object arrives whole although connections break in the middle of its parts.
func TestConnectionsBreakInPut(t *testing.T) {
	server := s3server.Start(t, "bucket")
	p := newProxy(t, server.URL, func(number int) damage {
		if number <= 4 {
			return damage{up: int64(number) << 20}
		}
		return damage{}
	})
	content := large()
	if err := put(t, open(t, p.URL), content, objectstore.PutOptions{IfAbsent: true}); err != nil {
		t.Fatal(err)
	}
	if server.Objects("bucket")["k"] != string(content) || uploads(t, server) != 0 {
		t.Errorf("the object is another one, or %d uploads are left", uploads(t, server))
	}
	if p.connections() < 5 {
		t.Errorf("only %d connections", p.connections())
	}
}

// TestServiceGoes: when the service goes away in the middle of a Put there is an error and no object.
func TestServiceGoes(t *testing.T) {
	server := s3server.Start(t, "bucket")
	p := newProxy(t, server.URL, func(int) damage { return damage{up: 3 << 20} })
	unavailable(t, put(t, open(t, p.URL), large(), objectstore.PutOptions{}))
	if objects := server.Objects("bucket"); len(objects) > 0 {
		t.Errorf("%d objects", len(objects))
	}
}

// TestFailedPutCleansUp: a Put that fails leaves no parts at the service.
func TestFailedPutCleansUp(t *testing.T) {
	server := s3server.Start(t, "bucket")
	broken := errors.New("broken")
	body := io.MultiReader(bytes.NewReader(large()), readerFunc(func([]byte) (int, error) { return 0, broken }))
	if err := open(t, server.URL).Put(t.Context(), "bucket", "k", body, objectstore.PutOptions{}); !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	body = io.MultiReader(bytes.NewReader(large()), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }))
	if err := open(t, server.URL).Put(ctx, "bucket", "k", body, objectstore.PutOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := uploads(t, server); n != 0 || len(server.Objects("bucket")) > 0 {
		t.Errorf("%d uploads are left, objects: %d", n, len(server.Objects("bucket")))
	}
}

// readerFunc is a reader of one method.
type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestConnectionsBreakInGet: reading goes on where the connection broke, as long as it gets on.
func TestConnectionsBreakInGet(t *testing.T) {
	server := s3server.Start(t, "bucket")
	content := large()
	server.Put("bucket", "k", content)
	p := newProxy(t, server.URL, func(int) damage { return damage{down: 2 << 20} })
	got, err := get(t, open(t, p.URL))
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, want %d; %v", len(got), len(content), err)
	}
	if p.connections() < 6 {
		t.Errorf("only %d connections", p.connections())
	}
	stuck := newProxy(t, server.URL, func(int) damage { return damage{down: 100} }) // less than the answer's header
	_, err = get(t, open(t, stuck.URL))
	unavailable(t, err)
}

// TestReplacedWhileRead: the bytes of two objects are never mixed.
func TestReplacedWhileRead(t *testing.T) {
	server := s3server.Start(t, "bucket")
	content := large()
	server.Put("bucket", "k", content)
	p := newProxy(t, server.URL, func(int) damage { return damage{down: 2 << 20} })
	r, _, err := open(t, p.URL).Get(t.Context(), "bucket", "k", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil {
		t.Fatal(err)
	}
	content[len(content)-1]++
	server.Put("bucket", "k", content)
	if _, err := io.Copy(io.Discard, r); !dberr.Is(err, dberr.Conflict) {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestSilentServer: a connection on which nothing moves is given up, and the request made again.
func TestSilentServer(t *testing.T) {
	server := s3server.Start(t, "bucket")
	content := large()
	for name, d := range map[string]damage{"up": {up: 1 << 20, silent: true}, "down": {down: 50, silent: true}} {
		impatient := func(url string, timeout time.Duration, attempts int) *s3store.Store {
			s, err := s3store.Open(t.Context(), s3store.Options{Endpoint: url, PathStyle: true, AccessKey: "a", SecretKey: s3server.SecretKey,
				Timeout: timeout, Attempts: attempts, PauseMax: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		once := newProxy(t, server.URL, func(number int) damage {
			if number == 1 {
				return d
			}
			return damage{}
		})
		if err := put(t, impatient(once.URL, time.Second, 5), content, objectstore.PutOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := get(t, impatient(once.URL, time.Second, 5)); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		always := newProxy(t, server.URL, func(int) damage { return d })
		unavailable(t, put(t, impatient(always.URL, 200*time.Millisecond, 2), content, objectstore.PutOptions{}))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := open(t, always.URL).Put(ctx, "bucket", "k", bytes.NewReader(content), objectstore.PutOptions{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: when the context ends: %v", name, err)
		}
	}
}

// front starts a server before the handler of another one.
func front(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// refuse answers as S3 does when it refuses.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>secret of the house</Message></Error>")
}

// TestBusyServer: 503 is tried again, and said if it stays.
func TestBusyServer(t *testing.T) {
	server := s3server.Start(t, "bucket")
	var mu sync.Mutex
	attempts := map[string]int{}
	url := front(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		attempts[r.Method+r.URL.String()]++
		early := attempts[r.Method+r.URL.String()] <= 2
		mu.Unlock()
		if early {
			refuse(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		server.Handler.ServeHTTP(w, r)
	})
	content := large()
	if err := put(t, open(t, url), content, objectstore.PutOptions{}); err != nil {
		t.Error(err)
	}
	if got, err := get(t, open(t, url)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	unavailable(t, put(t, open(t, front(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 503, "SlowDown") })), content, objectstore.PutOptions{}))
}

// TestLostAnswers: a request that was carried out but whose answer got lost is no failure, and none is carried out twice.
func TestLostAnswers(t *testing.T) {
	for name, size := range map[string]int{"whole": 100, "parts": 2*partBytes + 1} {
		for _, absent := range []bool{false, true} {
			server := s3server.Start(t, "bucket")
			var lost atomic.Int64
			url := front(t, func(w http.ResponseWriter, r *http.Request) {
				last := r.Method == http.MethodPut && !r.URL.Query().Has("partNumber") || r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
				if last && lost.Add(1) == 1 {
					server.Handler.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				}
				server.Handler.ServeHTTP(w, r)
			})
			content := large()[:size]
			if err := put(t, open(t, url), content, objectstore.PutOptions{IfAbsent: absent}); err != nil {
				t.Errorf("%s, if absent: %v: %v", name, absent, err)
			}
			if server.Objects("bucket")["k"] != string(content) {
				t.Errorf("%s, if absent: %v: the object is another one", name, absent)
			}
		}
	}
}

// TestServerWithoutConditions: a server that does not know If-None-Match is asked first whether there is an object.
func TestServerWithoutConditions(t *testing.T) {
	for name, size := range map[string]int{"whole": 100, "parts": 2*partBytes + 1} {
		server := s3server.Start(t, "bucket")
		url := front(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") != "" {
				refuse(w, http.StatusNotImplemented, "NotImplemented")
				return
			}
			server.Handler.ServeHTTP(w, r)
		})
		s := open(t, url)
		if err := put(t, s, large()[:size], objectstore.PutOptions{IfAbsent: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := put(t, s, large()[:size], objectstore.PutOptions{IfAbsent: true}); !dberr.Is(err, dberr.Conflict) {
			t.Errorf("%s, again: %v", name, err)
		}
	}
}
