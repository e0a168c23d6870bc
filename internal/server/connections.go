package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections is a listener that keeps to a number of connections. When there are as many, the one goes that has been without a
// request for longest: an idle one, or one whose client is slow to say what it wants. Only if all have requests under way, or are new,
// further clients wait until they are accepted. So whoever opens connections and is slow on them keeps nobody out.
type connections struct {
	net.Listener
	max    int
	spared time.Duration // how long a connection may be without a request before another takes its place

	mu      sync.Mutex
	open    int
	waiting *list.List    // of *connection without a request, longest first
	freed   chan struct{} // has something when a connection was closed or has become idle
	closed  chan struct{}
	closing sync.Once
}

// newConnections limits a listener.
func newConnections(l net.Listener, limit int, spared time.Duration) *connections {
	return &connections{Listener: l, max: limit, spared: spared, waiting: list.New(), freed: make(chan struct{}, 1), closed: make(chan struct{})}
}

// connection is one of them.
type connection struct {
	net.Conn
	all     *connections
	place   *list.Element // in waiting, nil while a request is under way; guarded by all.mu, as what follows
	since   time.Time     // of its place
	over    bool
	release sync.Once
}

// Accept waits until there is room, then for a client.
func (l *connections) Accept() (net.Conn, error) {
	if err := l.makeRoom(); err != nil {
		return nil, err
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		l.leave()
		return nil, err
	}
	c := &connection{Conn: conn, all: l}
	c.wait()
	return c, nil
}

// makeRoom takes the place of a connection, which may end another.
func (l *connections) makeRoom() error {
	for {
		after := time.Hour
		l.mu.Lock()
		if l.open < l.max {
			l.open++
			l.mu.Unlock()
			return nil
		}
		var slow *connection
		if first := l.waiting.Front(); first != nil {
			slow, _ = first.Value.(*connection)
			if after = l.spared - time.Since(slow.since); after > 0 {
				slow = nil
			}
		}
		l.mu.Unlock()
		if slow != nil {
			_ = slow.Close() // frees its place whatever it returns
			continue
		}
		select {
		case <-l.closed:
			return net.ErrClosed
		case <-l.freed:
		case <-time.After(after):
		}
	}
}

// leave gives a place back.
func (l *connections) leave() {
	l.mu.Lock()
	l.open--
	l.mu.Unlock()
	l.notice()
}

// notice wakes whoever waits for room.
func (l *connections) notice() {
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// Close ends listening.
func (l *connections) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// wait says that the connection has no request.
func (c *connection) wait() {
	l := c.all
	l.mu.Lock()
	if c.place == nil && !c.over {
		c.since = time.Now()
		c.place = l.waiting.PushBack(c)
	}
	full := l.open >= l.max
	l.mu.Unlock()
	if full {
		l.notice()
	}
}

// serve says that a request of the connection is being answered.
func (c *connection) serve() {
	c.all.mu.Lock()
	c.unlist()
	c.all.mu.Unlock()
}

// unlist takes the connection off those that wait. The caller holds all.mu.
func (c *connection) unlist() {
	if c.place != nil {
		c.all.waiting.Remove(c.place)
		c.place = nil
	}
}

// Close ends the connection and frees its place.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.release.Do(func() {
		c.all.mu.Lock()
		c.over = true
		c.unlist()
		c.all.mu.Unlock()
		c.all.leave()
	})
	return err
}

// connectionKey is under which a request's context has its connection.
type connectionKey struct{}

// withConnection is the ConnContext of the HTTP server.
func withConnection(ctx context.Context, conn net.Conn) context.Context {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, conn)
}

// marking says of each request's connection when it is answered and when it waits again.
func marking(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
			c.serve()
			defer c.wait()
		}
		next.ServeHTTP(w, r)
	})
}
