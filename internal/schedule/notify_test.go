package schedule

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// hook is a webhook that notes what it gets, and refuses as long as it is told to.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string // bodies
	header http.Header
	refuse int // how many requests
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.refuse > 0 {
			h.refuse--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h.got, h.header = append(h.got, string(body)), r.Header
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) bodies() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.got...)
}

// deliverDue delivers what is due, as notifier.run does.
func (w *world) deliverDue() {
	work, over, _ := w.scheduler.notifier.due()
	w.scheduler.notifier.drop(over...)
	for hook, notices := range work {
		w.scheduler.notifier.deliverAll(ctx, hook, notices)
	}
}

// hooked returns a world whose notifications go to webhooks.
func hooked(t *testing.T, hooks ...Webhook) *world {
	w := newWorld(t)
	if err := w.engine.Close(); err != nil {
		t.Fatal(err)
	}
	w.options.Webhooks = func(string) []Webhook { return hooks }
	w.open(w.fs)
	w.put("h1", minutes(0), 1)
	return w
}

// TestEnvelope: webhooks get notifications in order, in the envelope of SNS or raw.
func TestEnvelope(t *testing.T) {
	wrapped, raw := newHook(t), newHook(t)
	w := hooked(t, Webhook{URL: wrapped.URL}, Webhook{URL: raw.URL, Raw: true})
	arn := w.create()
	w.deliverDue()
	created := `{"type":"SCHEDULED_QUERY_CREATED","arn":"` + arn + `"}`
	equal(t, "raw", raw.bodies(), []string{strings.Replace(created, "CREATED", "CREATING", 1), created})
	if raw.header.Get("x-amz-sns-rawdelivery") != "true" || raw.header.Get("x-amz-sns-topic-arn") != topic {
		t.Errorf("header %v", raw.header)
	}
	if len(wrapped.bodies()) != 2 {
		t.Fatalf("wrapped %v", wrapped.bodies())
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(wrapped.bodies()[1]), &got); err != nil {
		t.Fatal(err)
	}
	id, _ := got["MessageId"].(string)
	want := map[string]any{"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": created, "Timestamp": "2024-01-05T10:00:00.000Z",
		"MessageAttributes": map[string]any{
			"queryArn":         map[string]any{"Type": "String", "Value": arn},
			"notificationType": map[string]any{"Type": "String", "Value": "SCHEDULED_QUERY_CREATED"},
		}}
	if !reflect.DeepEqual(got, want) || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("envelope %v, want %v", got, want)
	}
	if h := wrapped.header; h.Get("x-amz-sns-message-type") != "Notification" || h.Get("x-amz-sns-message-id") != id {
		t.Errorf("header %v", h)
	}
	if left := w.noticed(); len(left) != 0 {
		t.Errorf("still waiting: %v", left)
	}
}

// TestRetries: a webhook that is in trouble gets the notifications again, with pauses, the others do not; after an hour they are given up.
func TestRetries(t *testing.T) {
	good, bad := newHook(t), newHook(t)
	bad.refuse = 2
	w := hooked(t, Webhook{URL: good.URL, Raw: true}, Webhook{URL: bad.URL, Raw: true})
	arn := w.create()
	w.deliverDue() // a refusal
	w.deliverDue() // too early
	if len(good.bodies()) != 2 || len(bad.bodies()) != 0 || bad.refuse != 1 || len(w.noticed()) != 2 {
		t.Fatalf("after the first attempt: %v, %v", good.bodies(), bad.bodies())
	}
	w.clock.Advance(time.Second)
	w.deliverDue() // the second refusal
	w.clock.Advance(time.Second)
	w.deliverDue() // too early
	w.clock.Advance(time.Second)
	w.deliverDue()
	if len(good.bodies()) != 2 || len(w.noticed()) != 0 {
		t.Fatalf("in the end: %v", good.bodies())
	}
	equal(t, "in the end", bad.bodies(), good.bodies())
	bad.refuse = 1000
	if err := w.engine.DeleteScheduledQuery(ctx, arn); err != nil {
		t.Fatal(err)
	}
	attempts := 0
	for ; len(w.noticed()) > 0; attempts++ {
		w.deliverDue()
		w.clock.Advance(time.Minute)
	}
	if refused := 1000 - bad.refuse; attempts < 60 || attempts > 62 || refused < 10 || refused > 25 {
		t.Errorf("given up after %d minutes and %d attempts", attempts, refused)
	}
	if len(w.scheduler.notifier.pending) > 1 {
		t.Errorf("%d deliveries are remembered", len(w.scheduler.notifier.pending))
	}
}

// TestOneRefused: a notification that a webhook refuses, or redirects to another place, lets the next go first.
func TestOneRefused(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusFound} {
		elsewhere, got := newHook(t), make(chan string, 10)
		picky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "CREATING") {
				w.Header().Set("Location", elsewhere.URL)
				w.WriteHeader(status)
				return
			}
			got <- string(body)
		}))
		t.Cleanup(picky.Close)
		w := hooked(t, Webhook{URL: picky.URL, Raw: true})
		w.create()
		w.deliverDue()
		if len(got) != 1 || len(w.noticed()) != 1 || len(elsewhere.bodies()) != 0 {
			t.Errorf("status %d: %d delivered, %d left, %d elsewhere", status, len(got), len(w.noticed()), len(elsewhere.bodies()))
		}
	}
}

// TestHangingWebhook: one that takes connections and never answers keeps neither the other webhook of its topic from its notifications, nor
// runs, nor the server from stopping; and it gets one request, not one for each notification.
func TestHangingWebhook(t *testing.T) {
	good, requests, release := newHook(t), make(chan bool, 1000), make(chan bool)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests <- true
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(release) })
	w := hooked(t, Webhook{URL: hanging.URL}, Webhook{URL: good.URL, Raw: true})
	stop, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { w.scheduler.Run(stop) })
	const queries = 30
	for range queries {
		w.create()
	}
	for began := time.Now(); len(good.bodies()) < 2*queries; time.Sleep(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%d notifications were delivered", len(good.bodies()))
		}
	}
	began := time.Now()
	cancel()
	running.Wait()
	if took := time.Since(began); took > 5*time.Second || len(requests) != 1 {
		t.Errorf("it stopped after %s; %d requests", took, len(requests))
	}
	if left := len(w.noticed()); left != 2*queries {
		t.Errorf("%d notifications wait", left)
	}
}

// TestUndelivered: what was not delivered before the server died is delivered by the next one.
func TestUndelivered(t *testing.T) {
	h := newHook(t)
	h.refuse = 1
	w := hooked(t, Webhook{URL: h.URL, Raw: true})
	w.create()
	w.deliverDue()
	w.open(w.fs.(*memfs.FS).CrashKeep())
	w.deliverDue()
	if got := h.bodies(); len(got) != 2 || !strings.Contains(got[1], "SCHEDULED_QUERY_CREATED") {
		t.Errorf("delivered %v", got)
	}
}

// TestNoSecrets: errors about webhooks, which the log shows, do not show their URLs.
func TestNoSecrets(t *testing.T) {
	w := hooked(t)
	w.create()
	for _, url := range []string{"http://127.0.0.1:1/secret", "http://[::1/secret", "http://user:secret@127.0.0.1:1/"} {
		err := w.scheduler.notifier.send(ctx, w.engine.Notices()[0], Webhook{URL: url})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

// TestRunLoop: the loop runs what is due as the time comes, runs several queries side by side, delivers, and ends when it is told.
func TestRunLoop(t *testing.T) {
	h := newHook(t)
	w := hooked(t, Webhook{URL: h.URL, Raw: true})
	stop, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { w.scheduler.Run(stop) })
	first := w.create()
	second := w.create()
	until := func(what string, ok func() bool) {
		t.Helper()
		for range 2000 {
			if ok() {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("never: %s", what)
	}
	until("the creations are notified", func() bool { return len(h.bodies()) == 4 })
	for minute := 1; minute <= 10; minute++ {
		w.clock.Advance(time.Minute)
		until("runs", func() bool {
			w.clock.Advance(0)
			a, b := w.describe(first).State, w.describe(second).State
			want := minutes(minute/5*5 + 5).UnixMilli()
			return a.Next == want && b.Next == want
		})
	}
	if err := w.engine.ExecuteScheduledQuery(ctx, first, minutes(5).UnixMilli(), false); err != nil {
		t.Fatal(err)
	}
	until("the run by hand", func() bool { return w.describe(first).State.Last.Manual == 1 })
	until("five runs are notified", func() bool { return len(h.bodies()) == 9 })
	cancel()
	running.Wait()
	equal(t, "written", w.derived(), []string{"0 h1 1.0 1"})
}
