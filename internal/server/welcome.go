package server

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tidemarkdb/tidemark/internal/config"
)

// welcome is what the server says at its terminal.
type welcome struct {
	out     io.Writer
	address string
	dir     string
	auth    string // the setting
	scheme  string
}

// up says that the server answers.
func (w *welcome) up() {
	fmt.Fprintf(w.out, "Tidemark is up on %s://%s, data in %s\n", w.scheme, w.address, shortPath(w.dir))
	switch w.auth {
	case config.AuthOffInsecure:
		fmt.Fprintln(w.out, "AUTHENTICATION IS OFF on an address that other machines may reach: whoever reaches it can read, change and delete everything.")
	case config.AuthOff:
		fmt.Fprintln(w.out, "Authentication is off: every program on this machine can read, change and delete everything. See --auth-file.")
	}
}

// demo says that the history is there, and what to try.
func (w *welcome) demo(records int64, took time.Duration) {
	fmt.Fprintf(w.out, "Demo: iot.host_metrics and devops.metrics have two hours of history (%d records in %.1f s); live data keeps arriving.\n",
		records, took.Seconds())
	w.commands()
}

// commands says what to try next, in words that can be copied as they are.
func (w *welcome) commands() {
	credentials, key, secret := "any credentials will do", "demo", "demo"
	if w.auth == config.AuthOn {
		credentials, key, secret = "with an access key of a user", "...", "..."
	}
	fmt.Fprintf(w.out, `
In another terminal:
  go run ./cmd/tidemark query %[5]s://%[1]s          # interactive; or with a statement:
  go run ./cmd/tidemark query %[5]s://%[1]s "SELECT hostname, max(time) FROM iot.host_metrics GROUP BY hostname LIMIT 5"

With the AWS CLI and SDKs (%[2]s):
  export AWS_ENDPOINT_URL=%[5]s://%[1]s AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=%[3]s AWS_SECRET_ACCESS_KEY=%[4]s
  aws timestream-query query --query-string "SHOW DATABASES"
  python3 -c "import boto3; print(boto3.client('timestream-query').query(QueryString='SELECT 1')['Rows'])"

Ctrl-C stops.
`, w.address, credentials, key, secret, w.scheme)
}

// stopping says that the end has begun.
func (w *welcome) stopping() { fmt.Fprintln(w.out, "\nStopping.") }

// shortPath shows a path below the working directory as relative.
func shortPath(dir string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, dir); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return dir
}
