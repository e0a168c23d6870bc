package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// file makes a file.
func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestObjectsDefaults(t *testing.T) {
	for _, tt := range []struct {
		args      []string
		env       map[string]string
		kind      string
		region    string
		pathStyle bool
		secret    string
	}{
		{nil, nil, "local", "us-east-1", false, ""},
		{[]string{"--objects=s3", "--region=eu-west-1"}, nil, "s3", "eu-west-1", false, ""},
		{[]string{"--s3-region=x"}, map[string]string{"TIDEMARK_OBJECTS": "s3", "TIDEMARK_S3_ENDPOINT": "http://minio:9000"}, "s3", "x", true, ""},
		{[]string{"--objects=s3", "--s3-endpoint=https://x", "--s3-path-style=false"}, nil, "s3", "us-east-1", false, ""},
		{[]string{"--objects=s3", "--s3-endpoint=https://x"}, map[string]string{"TIDEMARK_S3_PATH_STYLE": "false"}, "s3", "us-east-1", false, ""},
		{[]string{"--objects=s3", "--s3-access-key=a"}, map[string]string{"TIDEMARK_S3_SECRET_KEY": "from-env"}, "s3", "us-east-1", false, "from-env"},
		{[]string{"--objects=s3", "--s3-access-key=a", "--s3-secret-key-file=" + file(t, "from-file\n")},
			map[string]string{"TIDEMARK_S3_SECRET_KEY": "from-env"}, "s3", "us-east-1", false, "from-file"},
	} {
		c, err := resolve(t, tt.args, tt.env)
		if err != nil {
			t.Errorf("%v %v: %v", tt.args, tt.env, err)
			continue
		}
		if o := c.Objects; o.Kind != tt.kind || o.Region != tt.region || o.PathStyle != tt.pathStyle || o.SecretKey != tt.secret {
			t.Errorf("%v %v: %s %s %v %q", tt.args, tt.env, o.Kind, o.Region, o.PathStyle, o.SecretKey)
		}
	}
}

func TestBadObjects(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--objects=disk"}, `--objects is "disk", but must be local or s3`},
		{[]string{"--s3-endpoint=http://x"}, "--s3-endpoint is set, but --objects is not s3"},
		{[]string{"--objects=s3", "--s3-endpoint=minio:9000"}, "--s3-endpoint must be a URL"},
		{[]string{"--objects=s3", "--s3-endpoint=http://me:secret@minio"}, "--s3-endpoint must be a URL"},
		{[]string{"--objects=s3", "--s3-access-key=a"}, "there is no secret: set TIDEMARK_S3_SECRET_KEY or --s3-secret-key-file"},
		{[]string{"--objects=s3", "--s3-secret-key-file=" + file(t, "x")}, "--s3-access-key is not"},
		{[]string{"--objects=s3", "--s3-access-key=a", "--s3-secret-key-file=/none"}, "read --s3-secret-key-file"},
		{[]string{"--objects=s3", "--s3-ca-file=/none"}, "read --s3-ca-file"},
		{[]string{"--s3-timeout=1ms"}, "--s3-timeout is 1ms"},
	} {
		if _, err := resolve(t, tt.args, nil); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%v: got %v, want %s", tt.args, err, tt.want)
		}
	}
}

// TestSecretsStayInside: the settings in force are printed without the secret.
func TestSecretsStayInside(t *testing.T) {
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c := Register(fs)
	if err := fs.Parse([]string{"--objects=s3", "--s3-endpoint=http://x", "--s3-access-key=a", "--s3-secret-key-file=" + file(t, "hush")}); err != nil {
		t.Fatal(err)
	}
	if err := c.Resolve(fs, func(string) (string, bool) { return "hush", false }); err != nil || c.Objects.SecretKey != "hush" {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Print(&b, fs); err != nil || strings.Contains(b.String(), "hush") || !strings.Contains(b.String(), "s3-path-style = true\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
