package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// The limits that the operator asks for: each operation has its own, the first that fits counts, and time gives back.
func TestRateLimits(t *testing.T) {
	now := clock.NewManual(start)
	limits := []RateLimit{{"ListTables", 0}, {"List*", 2}, {"Query", 0.5}}
	h := New(newEngine(t), Options{Clock: now, RateLimits: limits})
	const throttled = `{"__type":"com.amazonaws.timestream.v20181101#ThrottlingException","Message":"Request rate limit exceeded","message":"Request rate limit exceeded"}`
	bodies := map[string]string{"Query": `{"QueryString":"SELECT 1"}`}
	served := func(operation string) (n int) {
		t.Helper()
		for range 5 {
			status, body := serve(h, request(operation, bodies[operation]))
			switch {
			case status == http.StatusOK:
				n++
			case status != http.StatusTooManyRequests || body != throttled:
				t.Errorf("%s: %d %s", operation, status, body)
			}
		}
		return n
	}
	for _, step := range []struct {
		after time.Duration
		want  map[string]int
	}{
		{0, map[string]int{"ListTables": 0, "ListDatabases": 2, "ListScheduledQueries": 2, "Query": 1, "DescribeEndpoints": 5}},
		{0, map[string]int{"ListDatabases": 0, "Query": 0}},
		{500 * time.Millisecond, map[string]int{"ListTables": 0, "ListDatabases": 1, "Query": 0}},
		{1500 * time.Millisecond, map[string]int{"ListDatabases": 2, "Query": 1}},
		{time.Hour, map[string]int{"ListTables": 0, "ListDatabases": 2, "Query": 1}},
		{-time.Hour, map[string]int{"ListDatabases": 0, "Query": 0}},
		{2 * time.Second, map[string]int{"ListDatabases": 2, "Query": 1}},
	} {
		now.Advance(step.after)
		for operation, want := range step.want {
			if got := served(operation); got != want {
				t.Errorf("after %s: %d of 5 for %s, want %d", step.after, got, operation, want)
			}
		}
	}
}

// Strangers cannot use a rate up: a request counts when it is proven who sent it.
func TestRatesOfStrangers(t *testing.T) {
	h := New(newEngine(t), Options{Access: newDirectory(t), Clock: clock.NewManual(start), RateLimits: []RateLimit{{"*", 1}}})
	for _, step := range []struct {
		secret string
		status int
	}{{"GUESS", http.StatusForbidden}, {"GUESS", http.StatusForbidden}, {"SECRET", http.StatusOK}, {"SECRET", http.StatusTooManyRequests}, {"GUESS", http.StatusForbidden}} {
		r := request("ListDatabases", "{}")
		sign(t, r, "AKID", step.secret, "{}")
		if status, body := serve(h, r); status != step.status {
			t.Errorf("with the secret %s: %d %s", step.secret, status, body)
		}
	}
}

// A limit of something that is no operation is a mistake of the operator.
func TestCheckRateLimits(t *testing.T) {
	if err := CheckRateLimits([]RateLimit{{"Query", 1}, {"Create*", 1}, {"*", 0}}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"query", "Querys", "create*", "", "**"} {
		if err := CheckRateLimits([]RateLimit{{"Query", 1}, {name, 1}}); err == nil || !strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
