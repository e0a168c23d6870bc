package server

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/pflag"

	"github.com/tidemarkdb/tidemark/internal/config"
)

// terminal collects what the server says; lines gives each line as it comes.
type terminal struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan struct{} // closed when the last line of the welcome is there
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	had := strings.Contains(t.text.String(), "Ctrl-C stops.")
	t.text.Write(p)
	if !had && strings.Contains(t.text.String(), "Ctrl-C stops.") {
		close(t.ready)
	}
	return len(p), nil
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// settings reads a command line for a folder of the test.
func settings(t *testing.T, dir string, args ...string) *config.Config {
	t.Helper()
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c := config.Register(fs)
	if err := fs.Parse(append([]string{"--data=" + dir, "--listen=127.0.0.1:0"}, args...)); err != nil {
		t.Fatal(err)
	}
	return c
}

// The demo is up, answers, stops cleanly, and comes up again on the same folder.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for range 2 {
		ctx, stop := context.WithCancel(context.Background())
		out := &terminal{ready: make(chan struct{})}
		done := make(chan error, 1)
		go func() { done <- Run(ctx, settings(t, dir, "--demo", "--demo-scale=0.1"), out, io.Discard) }()
		select {
		case <-out.ready:
		case err := <-done:
			t.Fatalf("ended early: %v", err)
		}
		url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
		req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"QueryString":"SELECT count(*) > 1000 FROM iot.host_metrics"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Target", "Timestream_20181101.Query")
		req.Header.Set("Content-Type", "application/x-amz-json-1.0")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !strings.Contains(string(body), `{"ScalarValue":"true"}`) {
			t.Errorf("%v %s", err, body)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if text := out.String(); !strings.Contains(text, "two hours of history") || !strings.Contains(text, "AWS_ENDPOINT_URL="+url) {
			t.Errorf("the terminal says\n%s", text)
		}
	}
}

// What keeps the server from starting is said clearly.
func TestStartErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(users, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		cfg  *config.Config
		want string
	}{
		"the folder is a file":     {settings(t, file), "open data folder"},
		"an address for everybody": {settings(t, t.TempDir(), "--listen=:0"), "authentication is off"},
		"no file of users":         {settings(t, t.TempDir(), "--auth=on", "--auth-file="+file+"x"), "read users: open"},
		"no key in the file":       {settings(t, t.TempDir(), "--auth=on", "--auth-file="+users), "no active access key"},
		"no certificate":           {settings(t, t.TempDir(), "--tls-cert="+file, "--tls-key="+file), "read certificate"},
		"no such operation":        {settings(t, t.TempDir(), "--rate-limit=Querys=1"), `the rate limit of "Querys" is for no operation`},
		"no such address":          {settings(t, t.TempDir(), "--listen=127.0.0.1:notaport"), "listen on 127.0.0.1:notaport"},
	} {
		if err := Run(context.Background(), tt.cfg, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
