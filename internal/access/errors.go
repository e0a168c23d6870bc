package access

import "fmt"

// Reason says what sort of refusal an error is.
type Reason uint8

// The reasons.
const (
	UnknownKey       Reason = iota // nobody has the access key, or the token is none of ours
	Expired                        // temporary credentials whose time is over
	Forbidden                      // the policies do not allow it
	InvalidParameter               // an input of AssumeRole is wrong
	MalformedPolicy                // the policy in an input of AssumeRole is
)

// Error is a refusal. Text is for the client.
type Error struct {
	Reason Reason
	Text   string
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

func errUnknownKey() error {
	return &Error{UnknownKey, "The security token included in the request is invalid."}
}

func errExpired() error {
	return &Error{Expired, "The security token included in the request is expired"}
}

func invalidParameter(format string, args ...any) error {
	return &Error{InvalidParameter, fmt.Sprintf(format, args...)}
}
