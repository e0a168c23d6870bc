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
	topics, _ := w.scheduler.notifier.due()
	for topic, notices := range topics {
		w.scheduler.notifier.deliverAll(ctx, notices)
		delete(w.scheduler.notifier.busy, topic)
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

// TestRetries: a webhook that refuses gets the notification again, with pauses, the others do not; after an hour it is given up.
func TestRetries(t *testing.T) {
	good, bad := newHook(t), newHook(t)
	bad.refuse = 3
	w := hooked(t, Webhook{URL: good.URL, Raw: true}, Webhook{URL: bad.URL, Raw: true})
	arn := w.create()
	w.deliverDue() // two refusals, of both notifications
	w.deliverDue() // too early
	if len(good.bodies()) != 2 || len(bad.bodies()) != 0 || len(w.noticed()) != 2 {
		t.Fatalf("after the first attempt: %v, %v", good.bodies(), bad.bodies())
	}
	w.clock.Advance(time.Second)
	w.deliverDue()
	w.clock.Advance(2 * time.Second)
	w.deliverDue()
	if len(good.bodies()) != 2 || len(bad.bodies()) != 2 || len(w.noticed()) != 0 {
		t.Fatalf("in the end: %v, %v", good.bodies(), bad.bodies())
	}
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
}

// TestUndelivered: what was not delivered before the server died is delivered by the next one.
func TestUndelivered(t *testing.T) {
	h := newHook(t)
	h.refuse = 2
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
