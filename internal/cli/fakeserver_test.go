package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// call is a request that the fake server got.
type call struct {
	operation     string
	authorization string
	body          map[string]any
}

// answer is what the fake server says: a status and a value that is written as JSON.
type answer struct {
	status int
	value  any
}

func ok(value any) answer { return answer{200, value} }

func failure(status int, code, message string) answer {
	return answer{status, map[string]any{"__type": "com.amazonaws.timestream.v20181101#" + code, "Message": message}}
}

// fakeServer speaks the protocol of both services on one port. Operations without a handler are an error of the test:
// that nobody asks for DescribeEndpoints is checked by not having one.
type fakeServer struct {
	*httptest.Server
	mu       sync.Mutex
	calls    []call
	handlers map[string]func(c call, n int) answer // n counts the calls of the operation, from 1
}

func newFakeServer(t *testing.T) *fakeServer {
	t.Helper()
	f := &fakeServer{handlers: map[string]func(call, int) answer{}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "Timestream_20181101."), authorization: r.Header.Get("Authorization")}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &c.body); err != nil {
			t.Errorf("%s: body %q: %v", c.operation, body, err)
		}
		f.mu.Lock()
		f.calls = append(f.calls, c)
		n := 0
		for _, other := range f.calls {
			if other.operation == c.operation {
				n++
			}
		}
		handler := f.handlers[c.operation]
		f.mu.Unlock()
		if handler == nil {
			t.Errorf("unexpected call of %s", c.operation)
			w.WriteHeader(http.StatusNotFound)
			return
		}
		a := handler(c, n)
		text, err := json.Marshal(a.value)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(a.status)
		_, _ = w.Write(text)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeServer) on(operation string, handler func(c call, n int) answer) {
	f.handlers[operation] = handler
}

// always answers an operation in the same way.
func (f *fakeServer) always(operation string, a answer) {
	f.on(operation, func(call, int) answer { return a })
}

// of returns the calls of an operation.
func (f *fakeServer) of(operation string) []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var calls []call
	for _, c := range f.calls {
		if c.operation == operation {
			calls = append(calls, c)
		}
	}
	return calls
}

// statements returns the SQL of all Query calls.
func (f *fakeServer) statements() []string {
	var statements []string
	for _, c := range f.of("Query") {
		statements = append(statements, c.body["QueryString"].(string))
	}
	return statements
}

// testNow is where the clocks of tests stand.
var testNow = time.UnixMilli(1_748_430_000_000).UTC()

// testbed is a command line with everything around it under control.
type testbed struct {
	env      Env
	out, err bytes.Buffer
}

func newTestbed(t *testing.T) *testbed {
	t.Helper()
	for _, name := range []string{
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_TIMESTREAM_QUERY", "AWS_ENDPOINT_URL_TIMESTREAM_WRITE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
	} {
		t.Setenv(name, "")
	}
	folder := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(folder, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(folder, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	b := &testbed{}
	b.env = Env{
		In: strings.NewReader(""), Out: &b.out, Err: &b.err,
		Width: func() int { return 80 }, Clock: clock.NewManual(testNow),
		Getenv:     System().Getenv,
		Interrupts: context.WithCancel,
	}
	return b
}

// run executes a command line and returns the exit status, the output and the messages.
func (b *testbed) run(t *testing.T, args ...string) (status int, out, messages string) {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	status = Run(t.Context(), b.env, args)
	return status, b.out.String(), b.err.String()
}

// expect runs a command line and compares all that comes of it.
func (b *testbed) expect(t *testing.T, status int, out, messages string, args ...string) {
	t.Helper()
	gotStatus, gotOut, gotMessages := b.run(t, args...)
	if gotStatus != status {
		t.Errorf("exit status %d, want %d", gotStatus, status)
	}
	if gotOut != out {
		t.Errorf("output\n%s\nwant\n%s", gotOut, out)
	}
	if gotMessages != messages {
		t.Errorf("messages\n%s\nwant\n%s", gotMessages, messages)
	}
}

// page is a page of a query's result: a column "n" with the given numbers.
func page(token string, numbers ...string) map[string]any {
	rows := []any{}
	for _, n := range numbers {
		rows = append(rows, map[string]any{"Data": []any{map[string]any{"ScalarValue": n}}})
	}
	p := map[string]any{
		"QueryId":     "AEQUERY1",
		"ColumnInfo":  []any{map[string]any{"Name": "n", "Type": map[string]any{"ScalarType": "BIGINT"}}},
		"Rows":        rows,
		"QueryStatus": map[string]any{"ProgressPercentage": 11.5, "CumulativeBytesScanned": 1_234_567, "CumulativeBytesMetered": 10_000_000},
	}
	if token != "" {
		p["NextToken"] = token
	}
	return p
}
