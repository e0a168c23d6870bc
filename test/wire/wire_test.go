// Package wire_test replays recorded HTTP exchanges: every file test/wire/<operation>/<case>.txt is a small story that begins
// with an empty server.
//
// A file is made of lines of these kinds:
//
//	# a comment, at the beginning what the case shows
//	setup <Operation> <body>   a request that must succeed and is not shown
//	repeat <n> <Operation> <body>  n of them, with <n> in the body counting from 1
//	advance <duration>         moves the server's clock
//	run                        carries out the scheduled queries that are due
//	object <bucket> <key> <text>   stores an object; \n in the text is a line break
//	objects down|up            object storage fails from here on, or works again
//	load                       carries out the batch load tasks
//	request                    the lines up to "answer" are an HTTP request
//	answer                     the lines up to the next of these keywords are the whole HTTP answer
//
// In requests and setups @{N*text@} stands for N times text, and <token>, <query id>, <task id> and <arn> for the newest page token, query
// id, id of a batch load task and ARN of a scheduled query. The clock begins at 2024-01-05T10:15:00.123Z, which is 1704449700123 in
// milliseconds. Request ids count from 1. In answers ids, and tokens of queries and lists of tasks, are replaced by the same placeholders,
// the random ends of ARNs by <suffix>, and UUIDs by <uuid>.
//
//	go test ./test/wire -rewrite    writes the answers of today into the files; read the diff
package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/api"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/schedule"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var rewrite = flag.Bool("rewrite", false, "write the answers of today into the files")

func TestWire(t *testing.T) {
	files, err := filepath.Glob("*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases found, error %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.ToSlash(file), ".txt"), func(t *testing.T) { replay(t, file) })
	}
}

// server is an empty server and what a story has learnt from it.
type server struct {
	handler http.Handler
	clock   *clock.Manual
	engine  *engine.Engine
	objects *objects

	token, queryID, taskID, arn string
}

func newServer(t *testing.T) *server {
	s := &server{clock: clock.NewManual(time.Date(2024, 1, 5, 10, 15, 0, 123_000_000, time.UTC))}
	local, err := objectstore.OpenLocal(memfs.New())
	if err != nil {
		t.Fatal(err)
	}
	s.objects = &objects{Store: local}
	e, err := engine.Open(context.Background(), engine.Options{FS: memfs.New(), Clock: s.clock, AccountID: "123456789012", MaintainEvery: -1, Objects: s.objects,
		Batch: engine.BatchOptions{RetryFor: -1}})
	if err != nil {
		t.Fatal(err)
	}
	s.engine = e
	t.Cleanup(func() { _ = e.Close() })
	requests := 0
	s.handler = api.New(e, api.Options{Clock: s.clock, NewRequestID: func() string {
		requests++
		return fmt.Sprintf("%026d", requests)
	}})
	return s
}

// replay runs the story of a file.
func replay(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	var out strings.Builder // the file with the answers of now
	got := ""
	for _, part := range split(string(text)) {
		keyword, rest, _ := strings.Cut(part, " ")
		keyword = strings.TrimSpace(keyword)
		switch {
		case strings.HasPrefix(part, "#") || keyword == "":
		case keyword == "setup":
			s.setup(t, rest)
		case keyword == "repeat":
			count, rest, _ := strings.Cut(rest, " ")
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				s.setup(t, strings.ReplaceAll(rest, "<n>", strconv.Itoa(i+1)))
			}
		case keyword == "advance":
			d, err := time.ParseDuration(strings.TrimSpace(rest))
			if err != nil {
				t.Fatal(err)
			}
			s.clock.Advance(d)
		case keyword == "run":
			schedule.New(schedule.Options{Engine: s.engine, Objects: s.engine.Objects(), Clock: s.clock}).RunDue(context.Background())
		case keyword == "object":
			s.object(t, rest)
		case keyword == "objects":
			s.objects.down = strings.TrimSpace(rest) == "down"
		case keyword == "load":
			s.engine.RunBatchLoads(t.Context())
		case strings.HasPrefix(part, "request\n"):
			got = s.render(s.send(t, strings.TrimPrefix(part, "request\n")))
		case strings.HasPrefix(part, "answer\n"):
			if want := strings.TrimSpace(strings.TrimPrefix(part, "answer\n")); want != got && !*rewrite {
				t.Errorf("%s:\n got %s\n\nwant %s", file, got, want)
			}
			part = "answer\n" + got + "\n\n"
		default:
			t.Fatalf("unknown line: %s", part)
		}
		out.WriteString(part)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// split cuts a file into its parts, each beginning with a keyword, a comment or an empty line outside of requests and answers.
func split(text string) []string {
	var parts []string
	inside := false // a request or an answer
	for line := range strings.Lines(text) {
		word := strings.TrimSpace(line)
		keyword, _, _ := strings.Cut(word, " ")
		starts := word == "request" || word == "answer" || keyword == "setup" || keyword == "repeat" || keyword == "advance" || word == "run" || keyword == "object" || keyword == "objects" || word == "load" || strings.HasPrefix(word, "#")
		switch {
		case starts || !inside:
			parts = append(parts, line)
			inside = word == "request" || word == "answer"
		default:
			parts[len(parts)-1] += line
		}
	}
	return parts
}

// objects is object storage that can be down.
type objects struct {
	objectstore.Store
	down bool
}

// List fails if the storage is down.
func (o *objects) List(ctx context.Context, bucket string, req objectstore.ListRequest) (objectstore.ListPage, error) {
	if o.down {
		return objectstore.ListPage{}, dberr.New(dberr.Unavailable, "The objects cannot be listed")
	}
	return o.Store.List(ctx, bucket, req)
}

// object stores an object, "<bucket> <key> <text>".
func (s *server) object(t *testing.T, text string) {
	t.Helper()
	parts := strings.SplitN(strings.TrimSpace(text), " ", 3)
	body := strings.NewReader(strings.ReplaceAll(parts[2], `\n`, "\n"))
	if err := s.objects.Put(t.Context(), parts[0], parts[1], body, objectstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

// setup sends a request, "<Operation> <body>", that must succeed.
func (s *server) setup(t *testing.T, text string) {
	t.Helper()
	operation, body, _ := strings.Cut(strings.TrimSpace(text), " ")
	w := s.send(t, "POST / HTTP/1.1\nX-Amz-Target: Timestream_20181101."+operation+"\n\n"+body)
	if w.Code != http.StatusOK {
		t.Fatalf("setup %s: %d %s", operation, w.Code, w.Body)
	}
	s.learnTask(w.Body.Bytes())
}

var repetition = regexp.MustCompile(`@\{(\d+)\*(.*?)@\}`)

// expand replaces what stands for something else in a request.
func (s *server) expand(text string) string {
	text = repetition.ReplaceAllStringFunc(text, func(m string) string {
		parts := repetition.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[1]) // digits only
		return strings.Repeat(parts[2], n)
	})
	return strings.NewReplacer("<token>", s.token, "<query id>", s.queryID, "<task id>", s.taskID, "<arn>", s.arn).Replace(text)
}

// send sends a request given as text. It has the usual headers unless it says otherwise.
func (s *server) send(t *testing.T, text string) *httptest.ResponseRecorder {
	t.Helper()
	head, body, _ := strings.Cut(strings.TrimSpace(s.expand(text)), "\n\n")
	if !strings.Contains(head, "Host:") {
		head += "\nHost: localhost:8086"
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)))
	if err != nil {
		t.Fatalf("request %q: %v", head, err)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

var (
	queryIDs = regexp.MustCompile(`"QueryId":"([^"]*)"`)
	taskIDs  = regexp.MustCompile(`"TaskId":"([^"]*)"`)
	uuids    = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	tokens   = regexp.MustCompile(`"NextToken":"([^"]*)"`)
	arns     = regexp.MustCompile(`"Arn":"([^"]*:scheduled-query/[^"]*)"`)
	suffixes = regexp.MustCompile(`(:scheduled-query/[^" ]*)-[0-9a-f]{12}`)
)

// learnTask remembers the id of the first task in an answer.
func (s *server) learnTask(body []byte) {
	if m := taskIDs.FindSubmatch(body); m != nil {
		s.taskID = string(m[1])
	}
}

// render writes an answer as text, and remembers its ids.
func (s *server) render(w *httptest.ResponseRecorder) string {
	body := w.Body.Bytes()
	if m := tokens.FindSubmatch(body); m != nil {
		s.token = string(m[1])
	}
	if m := arns.FindSubmatch(body); m != nil {
		s.arn = string(m[1])
	}
	if i := strings.LastIndexByte(s.arn, '-'); i >= 0 {
		body = bytes.ReplaceAll(body, []byte(s.arn[i:]), []byte("-<suffix>"))
	}
	if suffixes.Match(body) || bytes.Contains(body, []byte("-<suffix>")) {
		body = suffixes.ReplaceAll(body, []byte("$1-<suffix>"))
		body = tokens.ReplaceAll(body, []byte(`"NextToken":"<token>"`))
	}
	header := w.Result().Header
	s.learnTask(body)
	if taskIDs.Match(body) || s.taskID != "" && bytes.Contains(body, []byte(s.taskID)) {
		body = bytes.ReplaceAll(taskIDs.ReplaceAll(body, []byte(`"TaskId":"<task id>"`)), []byte(s.taskID), []byte("<task id>"))
		body = tokens.ReplaceAll(body, []byte(`"NextToken":"<token>"`))
	}
	if m := queryIDs.FindSubmatch(body); m != nil {
		s.queryID = string(m[1])
		body = tokens.ReplaceAll(body, []byte(`"NextToken":"<token>"`))
	}
	if s.queryID != "" && bytes.Contains(body, []byte(s.queryID)) {
		body = bytes.ReplaceAll(body, []byte(s.queryID), []byte("<query id>"))
		body = uuids.ReplaceAll(body, []byte("<uuid>"))
		header.Set("Content-Length", "<length>")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s\n", strings.TrimSpace(strconv.Itoa(w.Code)+" "+http.StatusText(w.Code)))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(header[name], ", "))
	}
	b.WriteByte('\n')
	b.Write(body)
	return strings.TrimSpace(b.String())
}
