package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Clients that are slow to send a body, or to read an answer, are cut off; nothing that they hold stays taken.
func TestSlowClients(t *testing.T) {
	e := newEngine(t)
	h := New(e, Options{BodyWithin: 200 * time.Millisecond, AnswerWithin: 200 * time.Millisecond}).(*handler)
	server := httptest.NewServer(h)
	defer server.Close()
	const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: Timestream_20181101.%s\r\nContent-Length: %d\r\n\r\n"
	for name, begin := range map[string]string{
		"small body":             fmt.Sprintf(head, "ListDatabases", 10) + "{",
		"large body":             fmt.Sprintf(head, "WriteRecords", 100_000) + "{",
		"body that nobody wants": fmt.Sprintf(head, "Nothing", 100_000) + "{",
		"body in pieces":         strings.Replace(fmt.Sprintf(head, "ListDatabases", 10), "Content-Length: 10", "Transfer-Encoding: chunked", 1) + "1\r\n{",
		"body of a page":         "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
	} {
		conn := dial(t, server)
		_, _ = io.WriteString(conn, begin)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil { // an answer, and the end
			t.Errorf("%s: the connection is still there: %v", name, err)
		}
	}
	if n := h.doors.writes.Inside() + h.doors.others.Inside(); n != 0 {
		t.Errorf("%d bytes are still taken", n)
	}

	// A client with patience keeps its connection longer than the limits, if it waits between its requests and not in them.
	conn := dial(t, server)
	in := bufio.NewReader(conn)
	for range 2 {
		time.Sleep(300 * time.Millisecond)
		_, _ = fmt.Fprintf(conn, head+"{}", "ListDatabases", 2)
		resp, err := http.ReadResponse(in, nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(err, resp)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// dial opens a connection to a server.
func dial(t *testing.T, server *httptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// More headers than any client has are refused.
func TestManyHeaders(t *testing.T) {
	h := newHandler(t, Options{})
	r := request("ListDatabases", "{}")
	for i := range 97 {
		r.Header.Add("X-Many", fmt.Sprint(i))
	}
	if status, _ := serve(h, r); status != 200 {
		t.Errorf("99 headers: %d", status)
	}
	r.Header.Add("X-Many", "x")
	r.Header.Add("X-Many", "x")
	if status, body := serve(h, r); status != 431 || !strings.Contains(body, "more headers than the server takes") {
		t.Errorf("101 headers: %d %s", status, body)
	}
}
