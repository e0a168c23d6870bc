package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// limitedServer serves on a port with a limit of connections. Requests for /slow wait for a release.
func limitedServer(t *testing.T, limit int, release chan struct{}) string {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{ConnContext: withConnection, ReadHeaderTimeout: time.Minute, Handler: marking(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
		}
		_, _ = io.WriteString(w, "ok")
	}))}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(newConnections(plain, limit, 50*time.Millisecond)) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return plain.Addr().String()
}

// open opens a connection and says something.
func open(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, text)
	return conn
}

// get asks on a connection of its own.
func get(address, path string) error {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + address + path)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && string(text) != "ok" {
		err = fmt.Errorf("got %q", text)
	}
	return err
}

// Clients that open connections and send half a header on each, byte by byte, or nothing at all, keep nobody out.
func TestSlowlorisHoldsNobody(t *testing.T) {
	address := limitedServer(t, 4, nil)
	stop := make(chan struct{})
	defer close(stop)
	for i := range 12 {
		text := "GET / HTTP/1.1\r\nHost: x\r\nX-"
		if i%3 == 0 {
			text = ""
		}
		conn := open(t, address, text)
		go func() {
			for text != "" {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
				}
				if _, err := io.WriteString(conn, "a"); err != nil {
					return
				}
			}
		}()
	}
	for range 10 {
		if err := get(address, "/"); err != nil {
			t.Fatal(err)
		}
	}
}

// A connection with a request under way is never closed for another; who comes waits until it is done.
func TestRequestsUnderWayStay(t *testing.T) {
	release := make(chan struct{})
	address := limitedServer(t, 2, release)
	slow := make(chan error, 2)
	for range 2 {
		go func() { slow <- get(address, "/slow") }()
	}
	time.Sleep(200 * time.Millisecond)
	third := make(chan error, 1)
	go func() { third <- get(address, "/") }()
	select {
	case err := <-third:
		t.Fatalf("a third request was answered, %v", err)
	case err := <-slow:
		t.Fatalf("a request under way ended, %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	close(release)
	for _, c := range []chan error{slow, slow, third} {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
}
