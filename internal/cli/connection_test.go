package cli

import (
	"strings"
	"testing"
)

func TestEndpointsOnTheCommandLine(t *testing.T) {
	for word, want := range map[string]string{
		"http://localhost:8086": "http://localhost:8086", "https://db.example.com": "https://db.example.com",
		"localhost:8086": "http://localhost:8086", "10.0.0.1:80": "http://10.0.0.1:80", "[::1]:8086": "http://[::1]:8086",
		"SELECT": "", "devops": "", "a b:80": "", "sample.csv": "", "x:y": "", "SELECT ':1'": "", ":8086": "",
	} {
		got, isEndpoint := asEndpoint(word)
		if got != want || isEndpoint != (want != "") {
			t.Errorf("asEndpoint(%q) = %q, %v", word, got, isEndpoint)
		}
	}
}

// The server is the first argument, else --endpoint, else what the environment says, in the order of the SDKs.
func TestWhichServer(t *testing.T) {
	used := newFakeServer(t)
	used.always("Query", ok(page("", "1")))
	const wrong = "http://127.0.0.1:1"
	bare := strings.TrimPrefix(used.URL, "http://")
	for _, c := range []struct {
		name string
		vars map[string]string
		args []string
	}{
		{"argument", map[string]string{"AWS_ENDPOINT_URL": wrong}, []string{used.URL}},
		{"argument without scheme", nil, []string{bare}},
		{"argument before flag", nil, []string{used.URL, "--endpoint", wrong}},
		{"flag", map[string]string{"AWS_ENDPOINT_URL": wrong}, []string{"--endpoint", used.URL}},
		{"flag without scheme", nil, []string{"--endpoint=" + bare}},
		{"variable", map[string]string{"AWS_ENDPOINT_URL": used.URL}, nil},
		{"variable of the service", map[string]string{"AWS_ENDPOINT_URL": wrong, "AWS_ENDPOINT_URL_TIMESTREAM_QUERY": used.URL}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newTestbed(t)
			for name, value := range c.vars {
				t.Setenv(name, value)
			}
			args := append([]string{"query"}, c.args...)
			b.expect(t, 0, "n\n1\n", "", append(args, "-q", "--format", "csv", "SELECT 1")...)
		})
	}
	b := newTestbed(t)
	b.expect(t, 1, "", "error: \"ftp://x\" is not an endpoint: write for example http://localhost:8086\n", "query", "--endpoint", "ftp://x", "SELECT 1")
}

// Without a server of one's own there has to be a region, and nothing is sent anywhere.
func TestRealServiceNeedsARegion(t *testing.T) {
	b := newTestbed(t)
	const message = "error: no AWS region is configured: set AWS_REGION or --region, or name a server of your own, for example http://localhost:8086\n"
	b.expect(t, 1, "", message, "query", "SELECT 1")
	b.expect(t, 1, "", message, "ingest", "iot", "--once")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
	b.expect(t, 1, "", message, "query", "SELECT 1")
}

// A server of one's own works without any configuration; what is configured is used.
func TestCredentials(t *testing.T) {
	server := newFakeServer(t)
	server.always("Query", ok(page("", "1")))
	sign := func(args ...string) string {
		b := newTestbed(t)
		if len(args) > 0 {
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIDCONFIGURED")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			t.Setenv("AWS_REGION", "eu-west-1")
		}
		if status, _, messages := b.run(t, append([]string{"query", server.URL, "SELECT 1"}, args...)...); status != 0 {
			t.Fatal(messages)
		}
		calls := server.of("Query")
		return calls[len(calls)-1].authorization
	}
	if got := sign(); !strings.Contains(got, "Credential=tidemark/") || !strings.Contains(got, "/us-east-1/timestream/aws4_request") {
		t.Errorf("without configuration: %s", got)
	}
	if got := sign("-q"); !strings.Contains(got, "Credential=AKIDCONFIGURED/") || !strings.Contains(got, "/eu-west-1/timestream/") {
		t.Errorf("with configuration: %s", got)
	}
	if got := sign("--region", "ap-south-1"); !strings.Contains(got, "/ap-south-1/timestream/") {
		t.Errorf("with a flag: %s", got)
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"http://localhost:8086": true, "http://127.0.0.1": true, "http://[::1]:1": true, "http://10.0.0.1:80": false,
		"https://localhost.example.com": false, "": false, "::": false,
	} {
		if got := isLoopback(address); got != want {
			t.Errorf("isLoopback(%q) = %v", address, got)
		}
	}
}
