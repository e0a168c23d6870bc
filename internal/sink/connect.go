package sink

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// isSocket reports whether an address is that of a unix socket.
func isSocket(address string) bool { return strings.HasPrefix(address, "/") }

// isLocal reports whether nobody else can listen to what is sent to an address.
func isLocal(address string) bool {
	if isSocket(address) {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (t *Target) checkAddress() error {
	if isSocket(t.Address) {
		if t.TLS.Mode != tlsOff {
			return errors.New("\"address\" is a unix socket, over which there is no TLS")
		}
		return nil
	}
	host, port, err := net.SplitHostPort(t.Address)
	if err == nil && host == "" {
		err = errors.New("no host")
	}
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("\"address\" is %q, but must be host:port or the path of a unix socket", t.Address)
	}
	return nil
}

// postgresPort is the port in the name of a unix socket if only its folder is given.
const postgresPort = 5432

// postgresHost returns an address as PostgreSQL's clients take it: a folder stands for the socket in it.
func postgresHost(address string) (host string, port uint16, err error) {
	text := strconv.Itoa(postgresPort)
	switch {
	case !isSocket(address):
		if host, text, err = net.SplitHostPort(address); err != nil {
			return "", 0, err
		}
	case strings.HasPrefix(path.Base(address), ".s.PGSQL."):
		host, text = path.Dir(address), strings.TrimPrefix(path.Base(address), ".s.PGSQL.")
	default:
		host = address
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, uint16(n), err
}

// password returns the password as it is now. A line end after a password in a file is not part of it. A password that cannot
// be read may be there the next time: secrets are replaced while programs run.
func (t *Target) password(sink string, o Options) (string, error) {
	switch {
	case t.PasswordEnv != "":
		value, ok := o.LookupEnv(t.PasswordEnv)
		if !ok {
			return "", dberr.Wrap(dberr.Unavailable, fmt.Errorf("the environment variable %s is not set", t.PasswordEnv), "Sink '%s': there is no password", sink)
		}
		return value, nil
	case t.PasswordFile != "":
		text, err := o.ReadFile(t.PasswordFile)
		if err != nil {
			return "", dberr.Wrap(dberr.Unavailable, err, "Sink '%s': the password cannot be read", sink)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	return "", nil
}

// tlsConfig returns what secures connections, nil for nothing.
func (t *Target) tlsConfig(o Options) (*tls.Config, error) {
	if t.TLS.Mode == tlsOff {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if t.TLS.ServerName != "" {
		c.ServerName = t.TLS.ServerName
	}
	c.InsecureSkipVerify = t.TLS.Mode == tlsUnverified
	if t.TLS.CAFile != "" {
		text, err := o.ReadFile(t.TLS.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read \"ca_file\": %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("\"ca_file\" has no certificate in PEM form")
		}
	}
	if t.TLS.CertFile != "" {
		cert, err := o.ReadFile(t.TLS.CertFile)
		if err != nil {
			return nil, fmt.Errorf("read \"cert_file\": %w", err)
		}
		key, err := o.ReadFile(t.TLS.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read \"key_file\": %w", err)
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("\"cert_file\" and \"key_file\": %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
