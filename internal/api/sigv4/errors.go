package sigv4

import "fmt"

// Reason says what is wrong with a signature, as the service tells it apart.
type Reason uint8

// The reasons.
const (
	Missing    Reason = iota // there is no signature
	Incomplete               // it lacks a part, or a part makes no sense
	Invalid                  // it is not that of this request, for this service, at this time
)

// Error is a signature that is not accepted. Text is for the client.
type Error struct {
	Reason Reason
	Text   string
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

func incomplete(format string, args ...any) error {
	return &Error{Incomplete, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return &Error{Invalid, fmt.Sprintf(format, args...)} }

// Texts of the service's common errors.
const (
	missingText  = "Missing Authentication Token"
	mismatchText = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
