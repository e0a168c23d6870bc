package config

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// resolve reads a command line and an environment.
func resolve(t *testing.T, args []string, env map[string]string) (*Config, error) {
	t.Helper()
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c := Register(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return c, c.Resolve(fs, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
}

func TestPrecedence(t *testing.T) {
	c, err := resolve(t, []string{"--query-mib=7"}, map[string]string{"TIDEMARK_QUERY_MIB": "8", "TIDEMARK_LISTEN": "0.0.0.0:1"})
	if err != nil {
		t.Fatal(err)
	}
	if c.QueryMiB != 7 || c.Listen != "0.0.0.0:1" || c.QueriesMax != 0 {
		t.Errorf("flag, environment, default: %d %s %d", c.QueryMiB, c.Listen, c.QueriesMax)
	}
}

func TestBadValues(t *testing.T) {
	tests := []struct {
		args []string
		env  map[string]string
		want string
	}{
		{[]string{"--query-mib=-1"}, nil, "--query-mib is -1"},
		{[]string{"--memory=63MiB"}, nil, "--memory is 63MiB, but must be at least 64MiB"},
		{nil, map[string]string{"TIDEMARK_MEMORY": "much"}, `environment variable TIDEMARK_MEMORY`},
		{[]string{"--data="}, nil, "--data is empty"},
		{[]string{"--log-level=loud"}, nil, `--log-level is "loud"`},
		{[]string{"--query-time-max=48h"}, nil, "--query-time-max is 48h"},
		{[]string{"--settle-after=0s"}, nil, "--settle-after is 0s"},
		{[]string{"--queries-max=-1"}, nil, "--queries-max is -1"},
		{[]string{"--auth=maybe"}, nil, `--auth is "maybe"`},
		{[]string{"--tls-cert=c"}, nil, "--tls-cert and --tls-key belong together"},
		{[]string{"--connections-max=0"}, nil, "--connections-max is 0"},
		{[]string{"--request-mib=257"}, nil, "--request-mib is 257"},
		{[]string{"--auth=on"}, nil, "--auth is on, which needs --auth-file"},
		{[]string{"--auth=off", "--auth-file=f"}, nil, "--auth-file is given, but --auth is off"},
		{[]string{"--auth-skew=16m"}, nil, "--auth-skew is 16m0s"},
		{[]string{"--auth-key-file=k"}, map[string]string{"TIDEMARK_AUTH_KEY": "k"}, "both given"},
		{nil, map[string]string{"TIDEMARK_MEMSTORE_MIB": "many"}, "environment variable TIDEMARK_MEMSTORE_MIB"},
	}
	for _, tt := range tests {
		if _, err := resolve(t, tt.args, tt.env); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v %v: got %v, want %s", tt.args, tt.env, err, tt.want)
		}
	}
}

// Authentication is on as soon as there is a file of users. The key is never printed.
func TestAuth(t *testing.T) {
	c, err := resolve(t, []string{"--auth-file=users.json"}, map[string]string{"TIDEMARK_AUTH_KEY": "k"})
	if err != nil || c.Auth != AuthOn || c.AuthKey != "k" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = resolve(t, nil, nil); err != nil || c.Auth != AuthOff {
		t.Errorf("%+v %v", c, err)
	}
}

func TestPrint(t *testing.T) {
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	Register(fs)
	var b strings.Builder
	if err := Print(&b, fs); err != nil || !strings.Contains(b.String(), "listen = 127.0.0.1:8086\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
