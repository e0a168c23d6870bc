package s3store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// connectWithin is how long it may take to reach the service.
const connectWithin = 10 * time.Second

// newClient returns an HTTP client that gives up connections on which nothing moves. A limit for whole requests would not do:
// a large part or a long download may take as long as they move.
func newClient(silence time.Duration, roots *x509.CertPool) *awshttp.BuildableClient {
	dialer := &net.Dialer{Timeout: min(connectWithin, silence), KeepAlive: 30 * time.Second}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &watchedConn{c, silence}, nil
		}
		t.ForceAttemptHTTP2 = false // several requests on one connection would hide that one is silent
		t.TLSHandshakeTimeout = min(connectWithin, silence)
		t.IdleConnTimeout = silence / 2 // before the watch ends an idle connection
		t.MaxIdleConnsPerHost = sendingMax
		t.DisableCompression = true // objects come as they are stored
		if roots != nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
		}
	})
}

// watchedConn is a connection whose reads and writes fail when nothing has moved for a time. Every write gives a read that
// waits for the answer its full time again.
type watchedConn struct {
	net.Conn
	silence time.Duration
}

// Read implements net.Conn.
func (c *watchedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// watchedBytes is how much is written under one deadline: a slow connection takes a while for a large write.
const watchedBytes = 64 << 10

// Write implements net.Conn.
func (c *watchedConn) Write(p []byte) (int, error) {
	written := 0
	for {
		if err := c.SetDeadline(time.Now().Add(c.silence)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[:min(len(p), watchedBytes)])
		written += n
		if p = p[n:]; err != nil || len(p) == 0 {
			return written, err
		}
	}
}
