package server

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// oneSink is a file with one sink, whose database nobody needs.
func oneSink(name string) string {
	return `{"sinks": {"` + name + `": {"driver": "mysql", "address": "127.0.0.1:1", "database": "d", "user": "u", "table": "t", "mode": "append"}}}`
}

// The file of sinks is taken again when it changes. A broken one, or none, leaves what was there.
func TestSinksReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sinks.json")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	put(oneSink("first"))
	ctx, stop := context.WithCancel(context.Background())
	out, log := &terminal{ready: make(chan struct{})}, &terminal{ready: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- Run(ctx, settings(t, t.TempDir(), "--sinks-file="+path), out, log) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-out.ready:
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
	known := func(sink string) bool { return canUseSink(t, url, sink) }
	if !known("first") || known("second") {
		t.Fatal("the sinks of the start are others than those of the file")
	}
	refusals := func() int { return strings.Count(log.String(), "a changed file is not taken") }
	put(`{"sinks": {"second": {}}}`)
	await(t, "the broken file is noticed", func() bool { return refusals() == 1 })
	if text := log.String(); !strings.Contains(text, `sink \"second\": \"address\" is missing`) {
		t.Errorf("the log says %s", text)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	await(t, "the missing file is noticed", func() bool { return refusals() == 2 })
	if !known("first") {
		t.Error("the sinks are gone")
	}
	put(oneSink("second"))
	await(t, "the new file is taken", func() bool { return known("second") })
	if known("first") {
		t.Error("a sink is there that the file does not have any more")
	}
}

// canUseSink tells whether a scheduled query may name a sink.
func canUseSink(t *testing.T, url, sink string) bool {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"Name": "once", "QueryString": "SELECT 1 AS x", "ScheduleConfiguration": {"ScheduleExpression": "rate(1000 days)"},
		"NotificationConfiguration": {"SnsConfiguration": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:runs"}}, "ScheduledQueryExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
		"ErrorReportConfiguration": {"S3Configuration": {"BucketName": "reports"}}, "Tags": [{"Key": "tidemark:sink", "Value": "`+sink+`"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "Timestream_20181101.CreateScheduledQuery")
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK && !strings.Contains(string(body), "There is no sink '"+sink+"'") {
		t.Fatal(string(body), err)
	}
	return resp.StatusCode == http.StatusOK
}
