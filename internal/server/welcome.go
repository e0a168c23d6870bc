package server

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// welcome is what the server says at its terminal.
type welcome struct {
	out     io.Writer
	address string
	dir     string
}

// up says that the server answers.
func (w *welcome) up() {
	fmt.Fprintf(w.out, "Tidemark is up on http://%s, data in %s\n", w.address, shortPath(w.dir))
}

// demo says that the history is there, and what to try.
func (w *welcome) demo(records int64, took time.Duration) {
	fmt.Fprintf(w.out, "Demo: iot.host_metrics and devops.metrics have two hours of history (%d records in %.1f s); live data keeps arriving.\n",
		records, took.Seconds())
	w.commands()
}

// commands says what to try next, in words that can be copied as they are.
func (w *welcome) commands() {
	fmt.Fprintf(w.out, `
In another terminal:
  go run ./cmd/tidemark query http://%[1]s          # interactive; or with a statement:
  go run ./cmd/tidemark query http://%[1]s "SELECT hostname, max(time) FROM iot.host_metrics GROUP BY hostname LIMIT 5"

With the AWS CLI and SDKs (any credentials will do):
  export AWS_ENDPOINT_URL=http://%[1]s AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo
  aws timestream-query query --query-string "SHOW DATABASES"
  python3 -c "import boto3; print(boto3.client('timestream-query').query(QueryString='SELECT 1')['Rows'])"

Ctrl-C stops.
`, w.address)
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
