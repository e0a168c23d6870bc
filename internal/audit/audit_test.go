package audit

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// read returns the events of a file by their request ids, those about lost events as "lost N".
func read(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func parse(t *testing.T, text string) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(text) {
		var e Event
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			out = append(out, "torn")
			continue
		}
		if e.Name == "AuditEventsLost" {
			out = append(out, "lost "+string(e.Parameters))
			continue
		}
		out = append(out, e.RequestID)
	}
	return out
}

// Each event is a line in CloudTrail's form; the file is its owner's alone.
func TestForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{Identity: Identity{Type: "IAMUser", ARN: "arn:aws:iam::1:user/a"}, Time: FormatTime(time.Unix(1_700_000_000, 5).Local()), Name: "CreateTable",
		Source: "timestream.amazonaws.com", RequestID: "R1", Management: true, Parameters: json.RawMessage(`{"tableName":"t"}`), UserAgent: "a\nb"})
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Fatalf("%v %s", err, text)
	}
	for key, want := range map[string]any{"eventVersion": "1.09", "eventTime": "2023-11-14T22:13:20Z", "eventName": "CreateTable", "eventType": "AwsApiCall",
		"eventCategory": "Management", "managementEvent": true, "responseElements": nil, "requestID": "R1"} {
		if got[key] != want {
			t.Errorf("%s is %v", key, got[key])
		}
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	l.Record(&Event{RequestID: "late"})
	if l.Reopen() == nil {
		t.Error("a closed log was opened again")
	}
}

// Lines come to the file within a second, and all at once when the log is closed; nothing is torn when many record.
func TestFlush(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "audit.log"), clock.NewManual(time.Unix(1, 0))
	l, err := Open(path, Options{Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R1"})
	for began := time.Now(); len(read(t, path)) == 0; time.Sleep(time.Millisecond) {
		now.Advance(flushEvery)
		if time.Since(began) > 10*time.Second {
			t.Fatal("the line does not come")
		}
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 500 {
				l.Record(&Event{RequestID: "R", UserAgent: strings.Repeat("x", 200)})
			}
		})
	}
	group.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got := read(t, path)
	if len(got) != 4001 || strings.Contains(strings.Join(got, " "), "torn") {
		t.Errorf("%d lines", len(got))
	}
}

// After the file was renamed, Reopen goes on in a new one; nothing is lost or doubled.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R1"})
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R2"})
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R3"})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if one, two := strings.Join(read(t, path+".1"), " "), strings.Join(read(t, path), " "); one != "R1 R2" || two != "R3" {
		t.Errorf("%s | %s", one, two)
	}
}

// A line that a crash tore stays alone.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte(`{"eventVers`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R1"})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(read(t, path), " "); got != "torn R1" {
		t.Error(got)
	}
}

// disk is a file that fails, or does not answer, for a while.
type disk struct {
	mu    sync.Mutex
	text  strings.Builder
	room  int // bytes that it takes before it is full; negative for no limit
	stuck chan struct{}
}

func (d *disk) Write(p []byte) (int, error) {
	if d.stuck != nil {
		<-d.stuck
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room >= 0 && len(p) > d.room {
		n, _ := d.text.WriteString(string(p[:d.room]))
		d.room = 0
		return n, errors.New("disk full")
	}
	return d.text.WriteString(string(p))
}

func (d *disk) Sync() error  { return nil }
func (d *disk) Close() error { return nil }

// When the disk is full events are lost, and the first line afterwards says how many; a torn line stays alone.
func TestFullDisk(t *testing.T) {
	now := clock.NewManual(time.Unix(1, 0))
	d := &disk{room: 20}
	l, err := Open("x", Options{Clock: now, OpenFile: func(string) (File, error) { return d, nil }})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R1"})
	l.Record(&Event{RequestID: "R2"})
	if err := l.Reopen(); err != nil { // writes
		t.Fatal(err)
	}
	d.mu.Lock()
	d.room = -1
	d.mu.Unlock()
	l.Record(&Event{RequestID: "R3"})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(parse(t, d.text.String()), " "); got != `torn lost {"count":2} R3` {
		t.Errorf("got %s in\n%s", got, d.text.String())
	}
}

// A disk that does not answer holds a request for a moment alone.
func TestStuckDisk(t *testing.T) {
	d := &disk{room: -1, stuck: make(chan struct{})}
	l, err := Open("x", Options{Queue: 2, OpenFile: func(string) (File, error) { return d, nil }})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 6 { // each of the size of a buffer, so that the first is written at once
		l.Record(&Event{UserAgent: strings.Repeat("x", bufferBytes)})
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	close(d.stuck)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(d.text.String(), "AuditEventsLost") {
		t.Error("nothing is said of what was lost")
	}
}

// BenchmarkRecord is what a request pays.
func BenchmarkRecord(b *testing.B) {
	l, err := Open(filepath.Join(b.TempDir(), "audit.log"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Record(&Event{RequestID: "R", Name: "WriteRecords", Source: "timestream.amazonaws.com", UserAgent: "aws-sdk-go-v2/1.30.0", Parameters: json.RawMessage(`{"databaseName":"d","tableName":"t","records":100}`)})
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

// The log may be a pipe, which cannot be synced.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open("x", Options{OpenFile: func(string) (File, error) { return w, nil }})
	if err != nil {
		t.Fatal(err)
	}
	l.Record(&Event{RequestID: "R1"})
	if err := l.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	if text, err := io.ReadAll(r); err != nil || !strings.Contains(string(text), "R1") {
		t.Errorf("%s %v", text, err)
	}
}
