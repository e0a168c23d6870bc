package config

import (
	"reflect"
	"testing"

	"github.com/spf13/pflag"
)

const topic = "arn:aws:sns:us-east-1:1:runs"

// TestWebhooks: several for a topic, by flags or by the environment; what is shown holds no secrets.
func TestWebhooks(t *testing.T) {
	want := []Webhook{{topic, "https://hooks.example.org/a?key=secret", false}, {"*", "http://127.0.0.1:9/b", true}}
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	byFlag := Register(fs)
	if err := fs.Parse([]string{"--webhook", topic + "=" + want[0].URL, "--webhook", "*=raw+" + want[1].URL}); err != nil {
		t.Fatal(err)
	}
	fs = pflag.NewFlagSet("serve", pflag.ContinueOnError)
	byEnv := Register(fs)
	env := func(name string) (string, bool) {
		return topic + "=" + want[0].URL + "\n*=raw+" + want[1].URL, name == "TIDEMARK_WEBHOOK"
	}
	if err := byEnv.Resolve(fs, env); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Config{byFlag, byEnv} {
		if got := c.Webhooks.Of(topic); !reflect.DeepEqual(got, want) {
			t.Errorf("of the topic: %+v", got)
		}
		if got := c.Webhooks.Of("other"); !reflect.DeepEqual(got, want[1:]) {
			t.Errorf("of another topic: %+v", got)
		}
		if got := c.Webhooks.String(); got != topic+"=https://hooks.example.org/... *=http://127.0.0.1:9/..." {
			t.Errorf("shown as %s", got)
		}
	}
	for _, bad := range []string{"x", "=http://h/", "t=ftp://h/", "t=raw+", "t=http://", "t=:"} {
		if new(Webhooks).Set(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
