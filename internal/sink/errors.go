package sink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// ErrDone says that the rows of a run are in the table already: the run has nothing to do.
var ErrDone = errors.New("the rows of this run are in the table already")

// Retryable reports whether the same run can succeed later although nobody changes anything: the database was down, the
// connection was lost, another transaction was in the way.
func Retryable(err error) bool { return dberr.Is(err, dberr.Unavailable) }

// answer is what a database server says about a statement that it refuses.
type answer struct {
	code      string // the server's number of the error, for whoever searches for it
	text      string // the server's words
	transient bool   // the statement can succeed later
	denied    bool   // the server did not let us in
}

// failure makes an error of what a driver returned: the server's answer, or no answer at all. Doing says what failed, such
// as "look at the table". An answer that is final is about the sink: no run will succeed.
func (s *Sink) failure(doing string, err error) error {
	return s.failureOf(dberr.Invalid, doing, err)
}

// rowsFailure is failure for rows: a final answer is about those of this run, others may do.
func (s *Sink) rowsFailure(doing string, err error) error {
	return s.failureOf(dberr.Execution, doing, err)
}

func (s *Sink) failureOf(final dberr.Kind, doing string, err error) error {
	if err == nil {
		return nil
	}
	var known *dberr.Error
	if errors.As(err, &known) {
		return err
	}
	a, answered := s.dialect.answer(err)
	switch {
	case answered && a.denied:
		// Not final: a password that is being changed is wrong for a moment.
		return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': the database refuses the user or its password (error %s)", s.name, a.code)
	case answered && a.transient:
		return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': %s: %s (error %s)", s.name, doing, a.text, a.code)
	case answered:
		return dberr.Wrap(final, err, "Sink '%s': %s: %s (error %s)", s.name, doing, a.text, a.code)
	case isCertificate(err):
		// Not final either: certificates expire, and are replaced.
		return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': %s: the certificate of the database server is not valid", s.name, doing)
	case errors.Is(err, mysql.ErrNoTLS), strings.Contains(err.Error(), postgresNoTLS):
		return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': %s: the database server does not offer TLS, without which the sink may not connect", s.name, doing)
	case errors.Is(err, context.Canceled):
		return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': %s: the run was broken off", s.name, doing)
	case errors.Is(err, context.DeadlineExceeded):
		return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': %s: the database did not answer in time", s.name, doing)
	}
	return dberr.Wrap(dberr.Unavailable, err, "Sink '%s': %s: the database cannot be reached, or the connection was lost", s.name, doing)
}

// postgresNoTLS is in the driver's error about a server without TLS, which has no type.
const postgresNoTLS = "server refused TLS connection"

// refuse returns an error about the settings of the sink or its table: no run will succeed.
func (s *Sink) refuse(format string, args ...any) error {
	args = append([]any{s.name}, args...)
	return dberr.New(dberr.Invalid, "Sink '%s': "+format, args...)
}

// refuseRow returns an error about a row: runs with other rows may succeed.
func (s *Sink) refuseRow(format string, args ...any) error {
	args = append([]any{s.name}, args...)
	return dberr.New(dberr.Execution, "Sink '%s': "+format, args...)
}

// isCertificate reports whether a TLS connection failed because of who the other side is.
func isCertificate(err error) bool {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var verify *tls.CertificateVerificationError
	return errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &name) || errors.As(err, &verify)
}
