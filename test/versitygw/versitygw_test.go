// Package versitygw_test runs the suite of object stores against versitygw, an S3 server that keeps objects as files, checks
// signatures and is stricter than the one in test/s3server. It is a module of its own because of what versitygw brings along:
//
//	cd test/versitygw && go test ./...
package versitygw_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/objectstore/s3store"
	"github.com/tidemarkdb/tidemark/internal/objectstore/storetest"
)

const (
	region    = "eu-central-1"
	accessKey = "test-access-key"
	secretKey = "test-secret-key"
)

// gateway is the server, of which a process can have only one.
type gateway struct {
	url  string
	dirs [2]string // for content and for what else is known, each with a folder for each bucket
}

// start starts the server and waits until it answers.
func start(t *testing.T) *gateway {
	t.Helper()
	root, side := t.TempDir(), t.TempDir()
	back, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	store, err := meta.NewSideCar(side)
	if err != nil {
		t.Fatal(err)
	}
	files, err := posix.New(root, store, posix.PosixOpts{SideCarDir: side})
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- embedgw.RunVersityGW(ctx, files, &embedgw.Config{RootUserAccess: accessKey, RootUserSecret: secretKey, Region: region, Ports: []string{address},
			MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10_000, Quiet: true})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		_ = os.Chdir(back) // the server changes it
	})
	for range 500 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close() // it answers
			return &gateway{"http://" + address, [2]string{root, side}}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server does not answer")
	return nil
}

// freeAddress returns an address that nobody listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// bucket makes an empty bucket. The server may still be writing a part that the test before gave up.
func (g *gateway) bucket(t *testing.T, name string) {
	t.Helper()
	var err error
	for range 500 {
		err = nil
		for _, dir := range g.dirs {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
		}
		if err = errors.Join(err, os.Mkdir(filepath.Join(g.dirs[0], name), 0o700)); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(err)
}

// open returns a store of the server.
func (g *gateway) open(t *testing.T, secret string) objectstore.Store {
	t.Helper()
	s, err := s3store.Open(t.Context(), s3store.Options{Endpoint: g.url, Region: region, PathStyle: true, AccessKey: accessKey, SecretKey: secret,
		PauseMax: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestVersitygw: it is an object store as every other. Its files cannot have the names of some keys.
func TestVersitygw(t *testing.T) {
	g := start(t)
	t.Run("Suite", func(t *testing.T) {
		storetest.Run(t, storetest.Options{Bucket: "bucket", Missing: "missing", Large: 5 << 20,
			Without: []string{"a", "a/", "ctrl\x01x", strings.Repeat("long", 255)},
			Open: func(t *testing.T) objectstore.Store {
				g.bucket(t, "bucket")
				return g.open(t, secretKey)
			}})
	})
	t.Run("WrongSecret", func(t *testing.T) {
		err := g.open(t, "wrong").Put(t.Context(), "bucket", "k", strings.NewReader("x"), objectstore.PutOptions{})
		if !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "does not accept the server's credentials") {
			t.Errorf("got %v", err)
		}
	})
}
