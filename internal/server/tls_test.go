package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// authority is a certificate authority of the tests.
type authority struct {
	*testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{T: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	a.key = a.newKey()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	return key
}

// issue writes a certificate for 127.0.0.1 with its key.
func (a *authority) issue(serial int64) {
	a.Helper()
	key := a.newKey()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	a.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	a.write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func (a *authority) write(name string, data []byte) {
	a.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), data, 0o600); err != nil {
		a.Fatal(err)
	}
}

// connect asks for the health page on a new connection and returns what the connection is like.
func (a *authority) connect(url string, change func(*tls.Config)) (*tls.ConnectionState, error) {
	config := &tls.Config{RootCAs: a.pool, NextProtos: []string{"h2", "http/1.1"}}
	if change != nil {
		change(config)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: true}}
	resp, err := client.Get(url + "/healthz")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && string(text) != "ok\n" {
		a.Errorf("got %q", text)
	}
	return resp.TLS, err
}

// The server speaks TLS 1.2 and above with HTTP/1.1, and takes a new certificate without a restart; a bad one it does not take.
func TestTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue(2)
	ctx, stop := context.WithCancel(context.Background())
	out, log := &terminal{ready: make(chan struct{})}, &terminal{ready: make(chan struct{})}
	done := make(chan error, 1)
	cfg := settings(t, t.TempDir(), "--tls-cert="+filepath.Join(a.dir, "cert.pem"), "--tls-key="+filepath.Join(a.dir, "key.pem"))
	go func() { done <- Run(ctx, cfg, out, log) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-out.ready:
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	url := regexp.MustCompile(`https://127\.0\.0\.1:\d+`).FindString(out.String())
	state, err := a.connect(url, nil)
	if err != nil || state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "http/1.1" || state.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Fatalf("%v %+v", err, state)
	}
	if state, err := a.connect(url, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }); err != nil || state.Version != tls.VersionTLS12 {
		t.Errorf("TLS 1.2: %v", err)
	}
	if _, err := a.connect(url, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, err := a.connect(url, func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }); err == nil {
		t.Error("the client trusts everybody")
	}
	resp, err := http.Get(strings.Replace(url, "https", "http", 1))
	if err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP: %v", err)
	} else {
		_ = resp.Body.Close()
	}

	a.write("cert.pem", []byte("nonsense"))
	await(t, "the bad certificate is noticed", func() bool { return strings.Contains(log.String(), "a changed file is not taken") })
	if state, err := a.connect(url, nil); err != nil || state.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Errorf("after a bad one: %v", err)
	}
	a.issue(3)
	await(t, "the new certificate is taken", func() bool {
		state, err := a.connect(url, nil)
		return err == nil && state.PeerCertificates[0].SerialNumber.Int64() == 3
	})
}

// await waits until something holds, which a running server needs a moment for.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s: not after %s", what, time.Since(began))
		}
	}
}
