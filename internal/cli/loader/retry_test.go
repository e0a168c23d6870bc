package loader

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
)

// scriptedServer answers one request after the other with a status and a body; the last again and again. A status of 0
// cuts the connection.
func scriptedServer(t *testing.T, answers ...[2]any) (*timestreamwrite.Client, *atomic.Int64, *RetryPolicy) {
	t.Helper()
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer := answers[min(int(served.Add(1)), len(answers))-1]
		if answer[0] == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(answer[0].(int))
		_, _ = io.WriteString(w, answer[1].(string))
	}))
	t.Cleanup(server.Close)
	policy := &RetryPolicy{Base: time.Microsecond, Max: time.Microsecond}
	client := timestreamwrite.New(timestreamwrite.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		EndpointDiscovery: timestreamwrite.EndpointDiscoveryOptions{EnableEndpointDiscovery: aws.EndpointDiscoveryDisabled},
	}, func(o *timestreamwrite.Options) { o.Retryer = NewRetryer(*policy) })
	return client, &served, policy
}

const (
	stored    = `{"RecordsIngested":{"MagneticStore":0,"MemoryStore":1,"Total":1}}`
	throttled = `{"__type":"com.amazonaws.timestream.v20181101#ThrottlingException","Message":"Request rate limit exceeded"}`
	broken    = `{"__type":"com.amazonaws.timestream.v20181101#InternalServerException","Message":"oops"}`
	denied    = `{"__type":"com.amazonaws.timestream.v20181101#AccessDeniedException","Message":"no"}`
)

func TestRetries(t *testing.T) {
	for _, c := range []struct {
		name     string
		answers  [][2]any
		requests int64
		failure  string // "" if the records are stored in the end
	}{
		{"throttled twice", [][2]any{{429, throttled}, {429, throttled}, {200, stored}}, 3, ""},
		{"server errors", [][2]any{{500, broken}, {503, ""}, {502, ""}, {200, stored}}, 4, ""},
		{"connection cut", [][2]any{{0, ""}, {0, ""}, {200, stored}}, 3, ""},
		{"throttled for ever", [][2]any{{429, throttled}}, 5, "Request rate limit exceeded"},
		{"denied is not repeated", [][2]any{{403, denied}}, 1, "AccessDeniedException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, served, policy := scriptedServer(t, c.answers...)
			load := New(client, Options{Database: "d", Table: "t"})
			policy.Attempts, policy.OnRetry = 5, load.CountRetry
			client = timestreamwrite.New(client.Options(), func(o *timestreamwrite.Options) { o.Retryer = NewRetryer(*policy) })
			load.api = client
			err := load.Run(t.Context(), samples(1))
			if served.Load() != c.requests || load.Stats().Retries != c.requests-1 {
				t.Errorf("%d requests, %d retries counted, want %d", served.Load(), load.Stats().Retries, c.requests)
			}
			if c.failure == "" && (err != nil || load.Stats().Stored != 1) {
				t.Errorf("%+v, %v", load.Stats(), err)
			}
			if c.failure != "" && (err == nil || !strings.Contains(err.Error(), c.failure) || load.Stats().Failed != 1) {
				t.Errorf("%+v, %v", load.Stats(), err)
			}
		})
	}
}

// Waits double up to a limit, and chance takes away up to half.
func TestBackoff(t *testing.T) {
	for chance, want := range map[float64][]time.Duration{
		0:   {50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond},
		0.5: {75 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond, 600 * time.Millisecond, 750 * time.Millisecond},
	} {
		p := RetryPolicy{Base: 100 * time.Millisecond, Max: time.Second, Random: func() float64 { return chance }}
		for i, d := range want {
			if got, err := p.BackoffDelay(i+1, errors.New("x")); err != nil || got != d {
				t.Errorf("chance %v: after attempt %d it waits %v, %v, want %v", chance, i+1, got, err, d)
			}
		}
		for _, attempt := range []int{-1, 0, 40, 1 << 40} {
			if got, _ := p.BackoffDelay(attempt, nil); got < 0 || got > p.Max {
				t.Errorf("after attempt %d it waits %v", attempt, got)
			}
		}
	}
}
