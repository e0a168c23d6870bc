package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var start = time.Date(2024, 1, 5, 10, 15, 0, 123_000_000, time.UTC)

// newEngine opens an engine on a disk in memory whose clock stands still.
func newEngine(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Options{FS: memfs.New(), Clock: clock.NewManual(start), MaintainEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// newHandler returns the handler for an empty engine.
func newHandler(t testing.TB, opts Options) http.Handler {
	opts.Clock = clock.NewManual(start)
	return New(newEngine(t), opts)
}

// request makes a request as an SDK sends it.
func request(operation, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "Timestream_20181101."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	return r
}

// serve sends a request and returns status and body.
func serve(h http.Handler, r *http.Request) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestEndpointAddress: the address suits the SDK that asks. Source: the table of clients.
func TestEndpointAddress(t *testing.T) {
	agents := map[string][]string{ // on http with a port, https with port 443, https with another port
		"Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0":                   {"http://h.example:8086", "h.example", "h.example:8443"},
		"aws-cli/2.15.0 Python/3.11":                               {"http://h.example:8086", "h.example", "h.example:8443"},
		"aws-sdk-go/1.44.0 (go1.20; linux; amd64)":                 {"http://h.example:8086", "h.example", "h.example:8443"},
		"aws-sdk-dotnet-coreclr/3.7":                               {"http://h.example:8086", "h.example", "h.example:8443"},
		"aws-sdk-js/3.500.0 ua/2.0":                                {"h.example", "h.example", "h.example"},
		"aws-sdk-php/3.300":                                        {"h.example", "h.example", "h.example"},
		"aws-sdk-java/2.20.0 Linux":                                {"h.example", "h.example", "h.example"},
		"aws-sdk-go-v2/1.30.0 os/linux api/timestreamquery#1.28.0": {"h.example:8086", "h.example", "h.example:8443"},
		"aws-sdk-java/1.12.0 Linux":                                {"h.example:8086", "h.example", "h.example:8443"},
		"aws-sdk-cpp/1.11":                                         {"h.example:8086", "h.example", "h.example:8443"},
		"aws-sdk-rust/1.0":                                         {"h.example:8086", "h.example", "h.example:8443"},
		"":                                                         {"h.example:8086", "h.example", "h.example:8443"},
	}
	for agent, want := range agents {
		for i, host := range []string{"h.example:8086", "h.example:443", "h.example:8443"} {
			r := request("DescribeEndpoints", "{}")
			r.Host = host
			r.Header.Set("User-Agent", agent)
			if i > 0 {
				r.TLS = new(tls.ConnectionState)
			}
			if got := endpointAddress(r, false); got != want[i] {
				t.Errorf("%q at %s: got %s, want %s", agent, host, got, want[i])
			}
		}
	}
	special := []struct {
		agent, host, proto string
		trust              bool
		want               string
	}{
		{"Botocore/1", "h.example", "", false, "http://h.example"},
		{"Botocore/1", "h.example:80", "", false, "http://h.example"},
		{"Botocore/1", "[::1]:8086", "", false, "http://[::1]:8086"},
		{"Botocore/1", "[::1]", "", false, "http://[::1]"},
		{"aws-sdk-js/3", "[::1]:8086", "", false, "[::1]"},
		{"aws-sdk-go-v2/1", "[::1]:8086", "", false, "[::1]:8086"},
		{"Botocore/1", "h.example", "https", false, "http://h.example"},
		{"Botocore/1", "h.example", "https", true, "h.example"},
		{"Botocore/1", "h.example:8443", "HTTPS, http", true, "h.example:8443"},
		{"Botocore/1", "h.example", "http", true, "http://h.example"},
	}
	for _, tt := range special {
		r := request("DescribeEndpoints", "{}")
		r.Host = tt.host
		r.Header.Set("User-Agent", tt.agent)
		if tt.proto != "" {
			r.Header.Set("X-Forwarded-Proto", tt.proto)
		}
		if got := endpointAddress(r, tt.trust); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
	r := request("DescribeEndpoints", "{}")
	r.Header.Set("X-Amz-User-Agent", "aws-sdk-js/3.1")
	if got := endpointAddress(r, false); got != "example.com" {
		t.Errorf("by X-Amz-User-Agent: %s", got)
	}
	_, body := serve(newHandler(t, Options{EndpointAddress: "db.internal:1"}), r)
	if want := `{"Endpoints":[{"Address":"db.internal:1","CachePeriodInMinutes":1440}]}`; body != want {
		t.Errorf("override: %s", body)
	}
}

// TestRouting: what is no operation, and what is none yet.
func TestRouting(t *testing.T) {
	h := newHandler(t, Options{BodyBytesMax: 1000})
	with := func(change func(*http.Request)) *http.Request {
		r := request("ListDatabases", "{}")
		change(r)
		return r
	}
	const unknown = `{"__type":"com.amazon.coral.service#UnknownOperationException"}`
	const contentType = `{"__type":"com.amazon.coral.service#SerializationException","Message":"the Content-Type of a request must be application/x-amz-json-1.0",` +
		`"message":"the Content-Type of a request must be application/x-amz-json-1.0"}`
	const compressed = `{"__type":"com.amazon.coral.service#SerializationException",` +
		`"Message":"the body of a request must not be compressed: its Content-Encoding must be identity or absent",` +
		`"message":"the body of a request must not be compressed: its Content-Encoding must be identity or absent"}`
	noHost := request("DescribeEndpoints", "{}")
	noHost.Host = ""
	tests := []struct {
		name   string
		r      *http.Request
		status int
		body   string
	}{
		{"plain", request("ListDatabases", "{}"), 200, `{"Databases":[]}`},
		{"empty body", request("ListDatabases", ""), 200, `{"Databases":[]}`},
		{"no target", with(func(r *http.Request) { r.Header.Del("X-Amz-Target") }), 404, unknown},
		{"another service", with(func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables") }), 404, unknown},
		{"no prefix", with(func(r *http.Request) { r.Header.Set("X-Amz-Target", "ListDatabases") }), 404, unknown},
		{"unknown operation", request("DropEverything", "{}"), 404, unknown},
		{"empty operation", request("", "{}"), 404, unknown},
		{"another path", with(func(r *http.Request) { r.URL.Path = "/x" }), 404, unknown},
		{"another method", with(func(r *http.Request) { r.Method = http.MethodPut }), 404, unknown},
		{"JSON 1.1", with(func(r *http.Request) { r.Header.Set("Content-Type", "application/x-amz-json-1.1; charset=utf-8") }), 200, `{"Databases":[]}`},
		{"plain JSON", with(func(r *http.Request) { r.Header.Set("Content-Type", "Application/JSON") }), 200, `{"Databases":[]}`},
		{"no content type", with(func(r *http.Request) { r.Header.Del("Content-Type") }), 200, `{"Databases":[]}`},
		{"a form", with(func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }), 400, contentType},
		{"a compressed body", with(func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }), 400, compressed},
		{"a body that says that it is none", with(func(r *http.Request) { r.Header.Set("Content-Encoding", "Identity") }), 200, `{"Databases":[]}`},
		{"no host", noHost, 400, `{"__type":"com.amazonaws.timestream.v20181101#ValidationException",` +
			`"Message":"The request has no Host header, so that the server does not know by which address it was reached.",` +
			`"message":"The request has no Host header, so that the server does not know by which address it was reached."}`},
		{"large body", request("ListDatabases", `{"x":"`+strings.Repeat("x", 992)+`"}`), 200, `{"Databases":[]}`},
		{"too large body", request("ListDatabases", `{"x":"`+strings.Repeat("x", 993)+`"}`), 413, `{"__type":"com.amazon.coral.service#RequestEntityTooLargeException",` +
			`"Message":"the request body is larger than the server takes","message":"the request body is larger than the server takes"}`},
		{"too large body of unknown length", with(func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat(" ", 1001))), -1
		}), 413, `{"__type":"com.amazon.coral.service#RequestEntityTooLargeException",` +
			`"Message":"the request body is larger than the server takes","message":"the request body is larger than the server takes"}`},
		{"broken body", with(func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(brokenReader{}), -1 }), 400,
			`{"__type":"com.amazon.coral.service#SerializationException","Message":"the request body could not be read","message":"the request body could not be read"}`},
	}
	for _, tt := range tests {
		if status, body := serve(h, tt.r); status != tt.status || body != tt.body {
			t.Errorf("%s: status %d\n%s\nwant %d\n%s", tt.name, status, body, tt.status, tt.body)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// TestEveryOperation of both services is known.
func TestEveryOperation(t *testing.T) {
	names := strings.Fields(`CreateBatchLoadTask CreateDatabase CreateTable DeleteDatabase DeleteTable DescribeBatchLoadTask DescribeDatabase DescribeEndpoints
		DescribeTable ListBatchLoadTasks ListDatabases ListTables ListTagsForResource ResumeBatchLoadTask TagResource UntagResource UpdateDatabase UpdateTable WriteRecords
		CancelQuery CreateScheduledQuery DeleteScheduledQuery DescribeAccountSettings DescribeScheduledQuery ExecuteScheduledQuery ListScheduledQueries PrepareQuery
		Query UpdateAccountSettings UpdateScheduledQuery`)
	for _, name := range names {
		if operations[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if len(names) != len(operations) {
		t.Errorf("%d operations, want %d", len(operations), len(names))
	}
}

func TestPages(t *testing.T) {
	e := newEngine(t)
	h := New(e, Options{Clock: clock.NewManual(start)})
	get := func(method, path string) (int, string) { return serve(h, httptest.NewRequest(method, path, nil)) }
	if status, body := get("GET", "/"); status != 200 || !strings.HasPrefix(body, "Tidemark, a time-series database") {
		t.Errorf("/: %d %s", status, body)
	}
	if status, body := get("HEAD", "/"); status != 200 || body != "" {
		t.Errorf("HEAD /: %d %s", status, body)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get("GET", path); status != 200 || body != "ok\n" {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := get("GET", "/nothing"); status != 404 {
		t.Errorf("/nothing: %d", status)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if status, body := get("GET", "/readyz"); status != 503 || body != "not ready\n" {
		t.Errorf("/readyz after Close: %d %s", status, body)
	}
	if status, _ := get("GET", "/healthz"); status != 200 {
		t.Errorf("/healthz after Close: %d", status)
	}
}

// TestPanic: a bug in an operation is answered and logged under the request's id, and the next request works.
func TestPanic(t *testing.T) {
	operations["Crash"] = &operation{nil, func(*handler, *call) error { panic("bug: test") }}
	defer delete(operations, "Crash")
	var log bytes.Buffer
	h := newHandler(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), NewRequestID: func() string { return "RID7" }})
	status, body := serve(h, request("Crash", "{}"))
	if status != 500 || !strings.Contains(body, "InternalServerException") || !strings.Contains(body, "RID7") || strings.Contains(body, "bug") {
		t.Errorf("status %d, body %s", status, body)
	}
	if text := log.String(); !strings.Contains(text, `msg="request panicked" request_id=RID7 operation=Crash panic="bug: test"`) || !strings.Contains(text, "router_test.go") {
		t.Errorf("log: %s", text)
	}
	log.Reset()
	if status, _ := serve(h, request("ListDatabases", "{}")); status != 200 || log.Len() > 0 {
		t.Errorf("afterwards: status %d, log %s", status, log.String())
	}
}

// TestLog: requests are logged for debugging, and never their content.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	h := newHandler(t, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), NewRequestID: func() string { return "RID" }})
	r := request("DescribeDatabase", `{"DatabaseName":"content"}`)
	r.Header.Set("User-Agent", "ua")
	serve(h, r)
	want := `level=DEBUG msg=request request_id=RID operation=DescribeDatabase status=404 duration_ms=0 bytes_in=26 bytes_out=171 user_agent=ua error="The database content does not exist."`
	if !strings.Contains(log.String(), want) {
		t.Errorf("got  %s\nwant %s", log.String(), want)
	}
}

// TestRequestIDs are 26 characters of base 32, all different.
func TestRequestIDs(t *testing.T) {
	h := newHandler(t, Options{})
	seen := map[string]bool{}
	for range 100 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request("ListDatabases", "{}"))
		id := w.Result().Header[requestIDHeader][0]
		if len(id) != 26 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" || seen[id] {
			t.Fatalf("request id %q", id)
		}
		seen[id] = true
	}
}

// TestOneWrite: an answer that fits a packet reaches the connection in one piece, and a longer one in at most two.
func TestOneWrite(t *testing.T) {
	server := httptest.NewUnstartedServer(newHandler(t, Options{}))
	listener := &countingListener{Listener: server.Listener}
	server.Listener = listener
	server.Start()
	defer server.Close()
	for range 3 {
		r, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader("{}"))
		r.Header.Set("X-Amz-Target", "Timestream_20181101.ListDatabases")
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if resp.ContentLength != int64(len(body)) || resp.Header.Get("Date") != "Fri, 05 Jan 2024 10:15:00 GMT" || len(resp.TransferEncoding) > 0 {
			t.Errorf("headers %v", resp.Header)
		}
	}
	if n := listener.count(); n != 3 {
		t.Errorf("%d writes for 3 answers", n)
	}
}

type countingListener struct {
	net.Listener
	mu     sync.Mutex
	writes int
}

func (l *countingListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &countingConn{c, l}, err
}

type countingConn struct {
	net.Conn
	listener *countingListener
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.listener.mu.Lock()
	c.listener.writes++
	c.listener.mu.Unlock()
	return c.Conn.Write(b)
}

// TestConcurrentCalls: calls share nothing but the engine.
func TestConcurrentCalls(t *testing.T) {
	h := newHandler(t, Options{})
	serve(h, request("CreateDatabase", `{"DatabaseName":"ddd"}`))
	serve(h, request("CreateTable", `{"DatabaseName":"ddd","TableName":"ttt"}`))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				name := fmt.Sprintf("host-%d-%d", i, n)
				body := fmt.Sprintf(`{"DatabaseName":"ddd","TableName":"ttt","Records":[{"Dimensions":[{"Name":"host","Value":"%s"}],"MeasureName":"m","MeasureValue":"%d","Time":"%d"}]}`,
					name, n, start.UnixMilli())
				if status, answer := serve(h, request("WriteRecords", body)); status != 200 || answer != `{"RecordsIngested":{"MagneticStore":0,"MemoryStore":1,"Total":1}}` {
					t.Errorf("%s: %d %s", name, status, answer)
				}
				missing := "missing-" + name
				if status, answer := serve(h, request("DescribeDatabase", `{"DatabaseName":"`+missing+`"}`)); status != 404 || !strings.Contains(answer, "The database "+missing+" does") {
					t.Errorf("%s: %d %s", missing, status, answer)
				}
			}
		})
	}
	wg.Wait()
}
