package server

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/config"
)

// certificate is the server's, which may be exchanged while it runs. Connections that are open keep the one they began with.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// openCertificate reads the files that the settings name, nil if they name none.
func openCertificate(cfg *config.Config) (*certificate, error) {
	if cfg.TLSCert == "" {
		return nil, nil
	}
	c := &certificate{certFile: cfg.TLSCert, keyFile: cfg.TLSKey}
	return c, c.load()
}

// load reads the files again. If they are bad the certificate stays.
func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current.Store(&pair)
	return nil
}

// config is what connections are made with. HTTP/2 is not offered: no SDK needs it, and where a connection is one request at a time, a
// limit of connections is a limit of requests.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
