package schedule

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
)

// Webhook is where notifications of a topic go.
type Webhook struct {
	URL string
	Raw bool // the message alone, else in the envelope of SNS
}

// deliverTimeout bounds one request, with its answer.
const deliverTimeout = 10 * time.Second

// webhookError says why a webhook did not take a notification.
type webhookError struct {
	error
	status int // of its answer, 0 for none
}

// troubled reports whether the webhook would not take another notification either; else it may be this one that it does not like.
func (e *webhookError) troubled() bool {
	return e.status == 0 || e.status == http.StatusTooManyRequests || e.status >= http.StatusInternalServerError
}

// send makes one request. The error names no part of the URL but its host, since URLs of webhooks hold secrets.
func (n *notifier) send(ctx context.Context, notice *engine.Notice, hook Webhook) *webhookError {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	body := notice.Message
	if !hook.Raw {
		body = string(errorreport.Encode(envelopeOf(notice)))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, strings.NewReader(body))
	if err != nil {
		return &webhookError{error: fmt.Errorf("webhook of %s: the URL is invalid", notice.Topic)}
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
		return &webhookError{error: fmt.Errorf("webhook at %s cannot be reached", req.URL.Host)}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return &webhookError{fmt.Errorf("webhook at %s answers %s", req.URL.Host, res.Status), res.StatusCode}
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
