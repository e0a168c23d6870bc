package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// fullEngine opens an engine whose memory for recent rows is full, and which flushes only when it is told to.
func fullEngine(t *testing.T) (*engine.Engine, *clock.Manual) {
	t.Helper()
	now := clock.NewManual(start)
	e, err := engine.Open(t.Context(), engine.Options{
		FS: memfs.New(), Clock: now, MaintainEvery: -1, Storage: storage.Options{MemstoreBytesMax: 10 << 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if _, err := e.CreateDatabase(t.Context(), engine.CreateDatabaseInput{Name: "lab"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.CreateTable(t.Context(), engine.CreateTableInput{Database: "lab", Name: "cpu"}); err != nil {
		t.Fatal(err)
	}
	h := New(e, Options{})
	for i := 0; ; i++ {
		if st := e.MemoryStats().Store; st.MemoryBytes >= st.RowBytesMax {
			return e, now
		}
		if status, body := serve(h, request(writeRecords, hundredRecords(i))); status != http.StatusOK {
			t.Fatal(status, body)
		}
	}
}

// passTime moves a clock, now and then, until a channel has something, which it returns.
func passTime[T any](now *clock.Manual, c <-chan T) T {
	for {
		select {
		case v := <-c:
			return v
		case <-time.After(time.Millisecond):
			now.Advance(time.Second)
		}
	}
}

// hundredRecords is the body of a request with times and values of its own.
func hundredRecords(number int) string {
	var records []string
	for i := range 100 {
		records = append(records, fmt.Sprintf(`{"Time":"%d","MeasureValue":"%d"}`, start.UnixMilli()+int64(number*100+i), i))
	}
	return `{"DatabaseName":"lab","TableName":"cpu","CommonAttributes":{"MeasureName":"m","MeasureValueType":"BIGINT","Dimensions":[{"Name":"h","Value":"a"}]},"Records":[` +
		strings.Join(records, ",") + `]}`
}

// A write that waited for memory in vain is answered as the service answers when it scales.
func TestThrottledOnTheWire(t *testing.T) {
	e, now := fullEngine(t)
	h := New(e, Options{})
	done := make(chan string)
	go func() {
		status, body := serve(h, request(writeRecords, hundredRecords(1000)))
		done <- fmt.Sprint(status, " ", body)
	}()
	const text = `"Request rate limit exceeded: recent data cannot be moved to disk as fast as it comes in"`
	if got := passTime(now, done); got != `429 {"__type":"com.amazonaws.timestream.v20181101#ThrottlingException","Message":`+text+`,"message":`+text+`}` {
		t.Error(got)
	}
}

// An SDK that is throttled tries again, and gets through when memory has become free.
func TestSDKGetsThroughThrottling(t *testing.T) {
	e, now := fullEngine(t)
	rec := &recorder{Handler: New(e, Options{})}
	server := httptest.NewServer(rec)
	defer server.Close()
	client := timestreamwrite.NewFromConfig(sdkConfig(t, server.URL))
	done := make(chan error)
	go func() {
		_, err := client.WriteRecords(context.Background(), &timestreamwrite.WriteRecordsInput{
			DatabaseName: aws.String("lab"), TableName: aws.String("cpu"),
			Records: []types.Record{{Dimensions: []types.Dimension{{Name: aws.String("h"), Value: aws.String("b")}}, MeasureName: aws.String("m"),
				MeasureValue: aws.String("7"), MeasureValueType: types.MeasureValueTypeBigint, Time: aws.String(fmt.Sprint(start.UnixMilli()))}},
		})
		done <- err
	}()
	for rec.count(writeRecords) < 2 {
		select {
		case err := <-done:
			t.Fatalf("the SDK gave up: %v", err)
		case <-time.After(time.Millisecond):
			now.Advance(time.Second)
		}
	}
	if err := e.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Requests wait for those before them when bodies under way take all of the memory there is for them; queries do not wait
// for writes.
func TestRequestsWaitForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.Open(t.Context(), engine.Options{FS: memfs.New(), MaintainEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		h := New(e, Options{WriteBytesMax: 10_000}).(*handler)
		slow := &slowBody{text: strings.NewReader(hundredRecords(0)), ready: make(chan struct{})}
		first := request(writeRecords, hundredRecords(0))
		first.Body = slow
		results := make(chan string, 3)
		post := func(name string, r *http.Request) {
			go func() {
				status, body := serve(h, r)
				results <- fmt.Sprint(name, " ", status, " ", strings.Contains(body, "ThrottlingException"))
			}()
			synctest.Wait()
		}
		post("first", first)
		post("second", request(writeRecords, hundredRecords(1)))
		post("query", request("Query", `{"QueryString":"SELECT 1"}`))
		if got := <-results; got != "query 200 false" {
			t.Error(got)
		}
		time.Sleep(time.Second)
		close(slow.ready)
		synctest.Wait()
		got := []string{<-results, <-results} // in any order: what the first one took is free before its answer is written
		slices.Sort(got)
		if want := []string{"first 404 false", "second 404 false"}; !slices.Equal(got, want) { // there is no table
			t.Errorf("got %v, want %v", got, want)
		}
		if n := h.doors.writes.Inside() + h.doors.others.Inside(); n != 0 {
			t.Errorf("%d bytes are still taken", n)
		}

		slow = &slowBody{text: strings.NewReader("{}"), ready: make(chan struct{})}
		first = request(writeRecords, hundredRecords(0))
		first.Body = slow
		post("first", first)
		post("second", request(writeRecords, hundredRecords(1)))
		if got := <-results; got != "second 429 true" {
			t.Error(got)
		}
		close(slow.ready)
		<-results
	})
}

// slowBody is a body that comes when it is ready.
type slowBody struct {
	text  *strings.Reader
	ready chan struct{}
}

func (b *slowBody) Read(p []byte) (int, error) {
	<-b.ready
	return b.text.Read(p)
}

func (b *slowBody) Close() error { return nil }

// A body without a length is taken to be short until it is not: then memory for the longest there may be is waited for.
func TestLongBodiesOfUnknownLengthWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.Open(t.Context(), engine.Options{FS: memfs.New(), MaintainEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		h := New(e, Options{OtherBytesMax: 3 * bodyFactor * unannounced}).(*handler)
		send := func(body io.Reader) <-chan int {
			r := request("ListDatabases", "")
			r.Body, r.ContentLength = io.NopCloser(body), -1
			done := make(chan int, 1)
			go func() {
				status, _ := serve(h, r)
				done <- status
			}()
			synctest.Wait()
			return done
		}
		slow := &slowBody{text: strings.NewReader("{}"), ready: make(chan struct{})}
		first := send(slow)
		long := `{"x":"` + strings.Repeat("x", 2*unannounced) + `"}`
		if got := <-send(strings.NewReader(long)); got != http.StatusTooManyRequests {
			t.Errorf("a long body beside a short one: %d", got)
		}
		second := send(strings.NewReader(long))
		if n := h.doors.others.Inside(); n != bodyFactor*unannounced {
			t.Errorf("%d bytes are taken while the long body waits", n)
		}
		close(slow.ready)
		if a, b := <-first, <-second; a != http.StatusOK || b != http.StatusOK {
			t.Errorf("afterwards: %d and %d", a, b)
		}
		if n := h.doors.others.Inside(); n != 0 {
			t.Errorf("%d bytes are still taken", n)
		}
	})
}
