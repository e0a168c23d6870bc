package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Webhook says where notifications of a topic go.
type Webhook struct {
	Topic string // ARN, or * for every topic
	URL   string
	Raw   bool // the message alone, else in the envelope of SNS
}

// Webhooks is a flag that may be given several times: topic=url, or topic=raw+url. In the environment blanks separate them.
type Webhooks []Webhook

// Set adds webhooks.
func (w *Webhooks) Set(text string) error {
	for _, part := range strings.Fields(text) {
		topic, link, ok := strings.Cut(part, "=")
		if !ok || topic == "" {
			return fmt.Errorf("%q must be <topic ARN>=<URL>", part)
		}
		link, raw := strings.CutPrefix(link, "raw+")
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("the webhook of %s must be an http or https URL", topic)
		}
		*w = append(*w, Webhook{topic, link, raw})
	}
	return nil
}

// String shows the topics and the hosts: URLs of webhooks hold secrets.
func (w *Webhooks) String() string {
	var out []string
	for _, h := range *w {
		host := "?"
		if u, err := url.Parse(h.URL); err == nil {
			host = u.Scheme + "://" + u.Host + "/..."
		}
		out = append(out, h.Topic+"="+host)
	}
	return strings.Join(out, " ")
}

// Type names the flag's values in help texts.
func (w *Webhooks) Type() string { return "topic=url" }

// Of returns the webhooks of a topic.
func (w Webhooks) Of(topicARN string) []Webhook {
	var out []Webhook
	for _, h := range w {
		if h.Topic == topicARN || h.Topic == "*" {
			out = append(out, h)
		}
	}
	return out
}
