package s3store_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// proxy passes TCP connections on to a server, and spoils those that a test chooses.
type proxy struct {
	URL    string
	target string

	mu    sync.Mutex
	count int
	spoil func(number int) damage
	open  map[net.Conn]bool
}

// damage is what happens to a connection: after that many bytes in a direction it is cut, or with silent set nothing moves
// any more. 0 is no limit.
type damage struct {
	up, down int64
	silent   bool
}

// newProxy starts a proxy before a server. spoil is asked for each connection, from 1.
func newProxy(t *testing.T, url string, spoil func(number int) damage) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{URL: "http://" + listener.Addr().String(), target: strings.TrimPrefix(url, "http://"), spoil: spoil, open: map[net.Conn]bool{}}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			wait.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // ends the loop
		p.mu.Lock()
		for c := range p.open {
			_ = c.Close() // ends its copying
		}
		p.mu.Unlock()
		wait.Wait()
	})
	return p
}

// connections returns how many there were.
func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// serve passes one connection on.
func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close() // as the server would
		return
	}
	p.mu.Lock()
	p.count++
	d := p.spoil(p.count)
	p.open[client], p.open[server] = true, true
	p.mu.Unlock()
	var wait sync.WaitGroup
	pass := func(to, from net.Conn, limit int64) {
		if limit == 0 {
			_, _ = io.Copy(to, from)
		} else if _, err := io.CopyN(to, from, limit); err == nil && d.silent {
			return // nobody reads on; the test's end closes it
		}
		_, _ = to.Close(), from.Close()
	}
	wait.Go(func() { pass(server, client, d.up) })
	wait.Go(func() { pass(client, server, d.down) })
	wait.Wait()
}
