package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/clock"
)

// newDirectory has one user, AKID and AKID2 with SECRET, who may do everything.
func newDirectory(t *testing.T) *access.Directory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.json")
	const text = `{"Users":[{"UserName":"a","AccessKeys":[{"AccessKeyId":"AKID","SecretAccessKey":"SECRET"},{"AccessKeyId":"AKID2","SecretAccessKey":"SECRET"}],"AttachedPolicies":["AmazonTimestreamFullAccess"]}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := access.Open(access.Options{Path: path, SessionKey: make([]byte, access.KeyBytes), Clock: clock.NewManual(start)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sign signs a request at the time of the tests.
func sign(t *testing.T, r *http.Request, key, secret, body string) {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]),
		"timestream", "us-east-1", start); err != nil {
		t.Fatal(err)
	}
}

// unreadBody is a body that nobody should have read.
type unreadBody struct {
	text string
	read bool
}

func (b *unreadBody) Read(p []byte) (int, error) {
	b.read = true
	return copy(p, b.text), io.EOF
}

func (b *unreadBody) Close() error { return nil }

// What a request's headers give away is refused before its body is read, or memory is taken for it.
func TestStrangersBodiesAreNotRead(t *testing.T) {
	h := New(newEngine(t), Options{Access: newDirectory(t), Clock: clock.NewManual(start), OtherBytesMax: 1}).(*handler)
	const body = `{"DatabaseName":"ddd"}`
	for name, tt := range map[string]struct {
		change func(*http.Request)
		code   string
		read   bool
	}{
		"unsigned":    {func(*http.Request) {}, "MissingAuthenticationTokenException", false},
		"unknown key": {func(r *http.Request) { sign(t, r, "AKIX", "SECRET", body) }, "UnrecognizedClientException", false},
		"another day": {func(r *http.Request) {
			sign(t, r, "AKID", "SECRET", body)
			r.Header.Set("X-Amz-Date", "20240104T101500Z")
		}, "InvalidSignatureException", false},
		"wrong secret with the hash of the body": {func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", hashOf(body))
			sign(t, r, "AKID", "GUESS", body)
		}, "InvalidSignatureException", false},
		"wrong secret": {func(r *http.Request) { sign(t, r, "AKID", "GUESS", body) }, "InvalidSignatureException", true},
		"hash of another body": {func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", hashOf("x"))
			sign(t, r, "AKID", "SECRET", "x")
		}, "InvalidSignatureException", true},
		"signed as it is":       {func(r *http.Request) { sign(t, r, "AKID", "SECRET", body) }, "ResourceNotFoundException", true},
		"for another service":   {func(r *http.Request) { sign(t, r, "AKID", "SECRET", body); rescope(r) }, "InvalidSignatureException", false},
		"an unknown key's form": {func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }, "IncompleteSignatureException", false},
	} {
		r := request("DescribeDatabase", body)
		tt.change(r)
		reader := &unreadBody{text: body}
		r.Body = reader
		_, answer := serve(h, r)
		if !strings.Contains(answer, "#"+tt.code) || reader.read != tt.read {
			t.Errorf("%s: read %v, %s", name, reader.read, answer)
		}
	}
	if n := h.doors.writes.Inside() + h.doors.others.Inside(); n != 0 {
		t.Errorf("%d bytes are still taken", n)
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// rescope makes a signature one for another service.
func rescope(r *http.Request) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/timestream/", "/dynamodb/", 1))
}

// Where nobody is asked who he is, web pages of other hosts get no answer, whatever the browser takes the host for.
func TestOrigins(t *testing.T) {
	h := New(newEngine(t), Options{LocalOrigins: true}).(*handler)
	open := New(newEngine(t), Options{}).(*handler)
	for origin, want := range map[string]int{
		"": 200, "http://localhost:8086": 200, "http://LOCALHOST.:8086": 200, "http://127.0.0.2": 200, "http://[::1]:8086": 200, "https://app.localhost": 200,
		"http://rebound.example:8086": 403, "http://localhost.example": 403, "http://notlocalhost": 403, "http://192.168.1.2": 403, "null": 403, "http://": 403, "%": 403,
	} {
		r := request("ListDatabases", "{}")
		r.Host = "rebound.example:8086"
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if status, answer := serve(h, r); status != want || want == 403 && !strings.Contains(answer, "AccessDeniedException") {
			t.Errorf("a page of %q: %d %s", origin, status, answer)
		}
		r = request("ListDatabases", "{}")
		r.Header.Set("Origin", origin)
		if status, answer := serve(open, r); status != 200 {
			t.Errorf("a page of %q on a server for everybody: %d %s", origin, status, answer)
		}
	}
}
