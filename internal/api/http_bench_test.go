package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// BenchmarkWriteRecordsHTTP writes requests of 100 records over TCP connections to an engine on the real disk, every record
// synced before it is acknowledged. Server and clients share the processors.
func BenchmarkWriteRecordsHTTP(b *testing.B) {
	for _, connections := range []int{1, 8, 32} {
		for _, attributes := range []int{0, 10} {
			b.Run(fmt.Sprintf("connections-%d/values-%d", connections, max(attributes, 1)), func(b *testing.B) { benchmarkHTTP(b, connections, attributes) })
		}
	}
}

func benchmarkHTTP(b *testing.B, connections, attributes int) {
	e, err := engine.Open(context.Background(), engine.Options{FS: vfs.OS(b.TempDir())})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(New(e, Options{}))
	defer func() {
		server.Close()
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	}()
	postOnce(b, server.URL, "CreateDatabase", `{"DatabaseName":"benchmark"}`)
	postOnce(b, server.URL, "CreateTable", `{"DatabaseName":"benchmark","TableName":"cpu","RetentionProperties":{"MemoryStoreRetentionPeriodInHours":8766,"MagneticStoreRetentionPeriodInDays":1}}`)

	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range connections {
		wg.Go(func() {
			if err := writeLoop(server.Listener.Addr().String(), i, attributes, &left); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "records/s")
}

func postOnce(b *testing.B, url, operation, body string) {
	b.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", targetPrefix+operation)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d %v", operation, resp.StatusCode, err)
	}
}

// writeLoop sends requests on one connection until none is left, each of its own host and with times of its own.
func writeLoop(address string, number, attributes int, left *atomic.Int64) error {
	body := []byte(strings.Replace(benchBody(100, attributes), "hostname-0", fmt.Sprintf("host-%05d", number), 1))
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	out := bufio.NewWriterSize(conn, len(body)+1000)
	now := time.Now().UnixMilli()
	for n := int64(0); left.Add(-1) >= 0; n++ {
		stamp(body, now-int64(time.Hour/time.Millisecond)*20+n*100)
		fmt.Fprintf(out, "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: %sWriteRecords\r\nContent-Length: %d\r\n\r\n", targetPrefix, len(body))
		_, _ = out.Write(body)
		if err := out.Flush(); err != nil {
			return err
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		answer, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d: %s %w", resp.StatusCode, answer, err)
		}
	}
	return nil
}

// stamp gives the records of a body times that begin at ms and rise by 1 ms.
func stamp(body []byte, ms int64) {
	key := []byte(`"Time":"`)
	for i := 0; ; ms++ {
		at := bytes.Index(body[i:], key)
		if at < 0 {
			return
		}
		i += at + len(key)
		copy(body[i:], fmt.Sprintf("%013d", ms))
	}
}
