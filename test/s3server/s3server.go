// Package s3server runs an S3 server on loopback inside a test: gofakes3, which keeps objects in memory, speaks the protocol
// and checks no signatures. It sees from outside what a tidemark server stores, and gives it something to read. Example:
//
//	server := s3server.Start(t, "exports")
//	process.Start(process.Options{Binary: binary, Data: data, Args: server.Args()})
//	objects := server.Objects("exports")
package s3server

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// What the server takes as region and keys: anything.
const (
	Region    = "eu-central-1"
	AccessKey = "test-access-key"
	SecretKey = "test-secret-key"
)

// Server is a running server. It ends with its test.
type Server struct {
	URL string
	// Handler answers requests, for tests that put something of their own in front of it.
	Handler http.Handler

	t       testing.TB
	backend *s3mem.Backend
}

// Start starts a server with empty buckets.
func Start(t testing.TB, buckets ...string) *Server {
	t.Helper()
	backend := s3mem.New()
	for _, b := range buckets {
		if err := backend.CreateBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{t: t, backend: backend, Handler: gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
	server := httptest.NewUnstartedServer(s.Handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // tests break connections
	server.Start()
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Args returns the arguments that make `tidemark serve` keep its objects here.
func (s *Server) Args() []string {
	s.t.Helper()
	secret := filepath.Join(s.t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(SecretKey+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return []string{"--objects=s3", "--s3-endpoint", s.URL, "--s3-region", Region, "--s3-access-key", AccessKey, "--s3-secret-key-file", secret}
}

// Put stores an object, in place of one of that key.
func (s *Server) Put(bucket, key string, content []byte) {
	s.t.Helper()
	if _, err := s.backend.PutObject(bucket, key, map[string]string{}, bytes.NewReader(content), int64(len(content)), nil); err != nil {
		s.t.Fatal(err)
	}
}

// Objects returns all objects of a bucket by key.
func (s *Server) Objects(bucket string) map[string]string {
	s.t.Helper()
	list, err := s.backend.ListBucket(bucket, &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, entry := range list.Contents {
		o, err := s.backend.GetObject(bucket, entry.Key, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		content, err := io.ReadAll(o.Contents)
		if err != nil {
			s.t.Fatal(err)
		}
		out[entry.Key] = string(content)
	}
	return out
}
