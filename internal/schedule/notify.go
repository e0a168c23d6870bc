package schedule

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"

	"github.com/tidemarkdb/tidemark/internal/errorreport"
)

// What is promised of notifications: each is kept in the catalog, together with the change that it is about, until every
// webhook of its topic has taken it (a status of 2xx). It is sent again after a failure, for an hour, and after a restart, then
// to all of them: a webhook may get it more than once, and tells repetitions by the message id. Those of a topic are sent in
// their order, but one that fails lets the next go first. More than catalog.NoticesMax are not kept.

// Webhook is where notifications of a topic go.
type Webhook struct {
	URL string
	Raw bool // the message alone, else in the envelope of SNS
}

// Limits of deliveries.
const (
	deliverTimeout  = 10 * time.Second // of one request
	deliverAgeMax   = time.Hour
	deliverPauseMax = 5 * time.Minute
	deliverersMax   = 16 // topics at the same time
)

// notifier delivers the notifications that wait in the catalog.
type notifier struct {
	engine   *engine.Engine
	webhooks func(string) []Webhook
	clock    clock.Clock
	logger   *slog.Logger
	client   *http.Client
	wake     chan struct{}

	mu       sync.Mutex
	attempts map[uint64]*delivery // of notifications that failed
	busy     map[string]bool      // topics that are delivered to
}

// delivery is a notification that has failed.
type delivery struct {
	attempts  int
	notBefore time.Time
	taken     map[string]bool // URLs that have it
}

func newNotifier(opts *Options) *notifier {
	n := &notifier{engine: opts.Engine, webhooks: opts.Webhooks, clock: opts.Clock, logger: opts.Logger, wake: make(chan struct{}, 1),
		attempts: map[uint64]*delivery{}, busy: map[string]bool{}}
	n.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if n.webhooks == nil {
		n.webhooks = func(string) []Webhook { return nil }
	}
	return n
}

// look asks for a look at what waits.
func (n *notifier) look() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends, and waits for what is under way.
func (n *notifier) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		topics, pause := n.due()
		for topic, notices := range topics {
			running.Go(func() {
				n.deliverAll(ctx, notices)
				n.mu.Lock()
				delete(n.busy, topic)
				n.mu.Unlock()
				n.look()
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		case <-n.clock.After(pause):
		}
	}
}

// due returns the notifications to deliver now, by topic, and marks those topics as busy.
func (n *notifier) due() (topics map[string][]*engine.Notice, pause time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock.Now()
	pause, topics = lookEvery, map[string][]*engine.Notice{}
	for _, notice := range n.engine.Notices() {
		if d := n.attempts[notice.ID]; d != nil && now.Before(d.notBefore) {
			pause = min(pause, d.notBefore.Sub(now))
			continue
		}
		if _, begun := topics[notice.Topic]; n.busy[notice.Topic] || !begun && len(n.busy)+len(topics) >= deliverersMax {
			continue
		}
		topics[notice.Topic] = append(topics[notice.Topic], notice)
	}
	for topic := range topics {
		n.busy[topic] = true
	}
	return topics, pause
}

// deliverAll delivers notifications of one topic in order.
func (n *notifier) deliverAll(ctx context.Context, notices []*engine.Notice) {
	for _, notice := range notices {
		if ctx.Err() != nil {
			return
		}
		n.deliver(ctx, notice)
	}
}

// deliver sends a notification to the webhooks that do not have it yet, and forgets it when all have it, or when it is too old.
func (n *notifier) deliver(ctx context.Context, notice *engine.Notice) {
	n.mu.Lock()
	d := n.attempts[notice.ID]
	if d == nil {
		d = &delivery{taken: map[string]bool{}}
	}
	n.mu.Unlock()
	var failed error
	for _, hook := range n.webhooks(notice.Topic) {
		if d.taken[hook.URL] {
			continue
		}
		if err := n.send(ctx, notice, hook); err != nil {
			failed = err
			continue
		}
		d.taken[hook.URL] = true
	}
	now := n.clock.Now()
	if ctx.Err() != nil {
		return
	}
	if old := now.Sub(time.UnixMilli(notice.At)) > deliverAgeMax; failed == nil || old {
		if failed != nil {
			n.logger.Warn("a notification was given up", "topic", notice.Topic, "type", notice.Type, "attempts", d.attempts+1, "error", failed)
		}
		if err := n.engine.DropNotices(notice.ID); err == nil {
			n.mu.Lock()
			delete(n.attempts, notice.ID)
			n.mu.Unlock()
			return
		}
	}
	d.attempts++
	d.notBefore = now.Add(min(time.Second<<min(d.attempts-1, 10), deliverPauseMax))
	n.mu.Lock()
	n.attempts[notice.ID] = d
	n.mu.Unlock()
}

// send makes one request. The error names no part of the URL but its host, since URLs of webhooks hold secrets.
func (n *notifier) send(ctx context.Context, notice *engine.Notice, hook Webhook) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	body := notice.Message
	if !hook.Raw {
		body = string(errorreport.Encode(envelopeOf(notice)))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook of %s: the URL is invalid", notice.Topic)
	}
	header := req.Header
	header.Set("Content-Type", "text/plain; charset=UTF-8")
	header.Set("User-Agent", "Tidemark")
	header.Set("x-amz-sns-message-type", "Notification")
	header.Set("x-amz-sns-message-id", messageID(notice))
	header.Set("x-amz-sns-topic-arn", notice.Topic)
	if hook.Raw {
		header.Set("x-amz-sns-rawdelivery", "true")
		header.Set("Content-Type", "application/json")
	}
	res, err := n.client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook at %s cannot be reached", req.URL.Host)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("webhook at %s answers %s", req.URL.Host, res.Status)
	}
	return nil
}

// envelope is a message as SNS sends it to HTTP endpoints, without the members about its signature: there is none.
type envelope struct {
	Type       string               `json:"Type"`
	MessageID  string               `json:"MessageId"`
	Topic      string               `json:"TopicArn"`
	Message    string               `json:"Message"`
	Timestamp  string               `json:"Timestamp"`
	Attributes map[string]attribute `json:"MessageAttributes"`
}

// attribute is a message attribute.
type attribute struct {
	Type  string `json:"Type"`
	Value string `json:"Value"`
}

// envelopeOf wraps a notification.
func envelopeOf(notice *engine.Notice) *envelope {
	return &envelope{
		Type: "Notification", MessageID: messageID(notice), Topic: notice.Topic, Message: notice.Message,
		Timestamp: time.UnixMilli(notice.At).UTC().Format("2006-01-02T15:04:05.000Z"),
		Attributes: map[string]attribute{
			"queryArn": {"String", notice.Query}, "notificationType": {"String", notice.Type},
		},
	}
}

// messageID returns an id in the form of SNS's, the same whenever the notification is sent.
func messageID(notice *engine.Notice) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %d %s %s", notice.ID, notice.At, notice.Query, notice.Message))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
