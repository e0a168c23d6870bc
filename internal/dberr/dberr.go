package dberr

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is. Only the API layer turns kinds into AWS codes and HTTP statuses.
type Kind uint8

// The kinds of error.
const (
	Internal    Kind = iota // our own bug or an unexpected state; the zero value, so that a forgotten kind is the safe one
	Invalid                 // the request or the statement is wrong; sending it again cannot help
	NotFound                // a named resource does not exist
	Conflict                // a named resource exists already, or is in a state that excludes the request
	Limit                   // a documented quota is reached
	Throttled               // too much at the moment; sending it again later can help
	Unavailable             // the server cannot serve now: disk full, data folder locked, shutting down
	Corruption              // stored bytes fail their checksum or make no sense
	Execution               // the statement is right, but running it failed (memory limit, result too large)
)

var kindNames = [...]string{"internal", "invalid", "not found", "conflict", "limit", "throttled", "unavailable", "corruption", "execution"}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Pos is a place in a statement: line and column, both from 1, columns in code points. The zero Pos means "no place".
type Pos struct {
	Line, Col int
}

// IsValid reports whether p names a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns "line:column".
func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// Error is an error with a kind. Message is written for the client that caused it and never holds paths, addresses
// or internals; Cause, if set, is for the log.
type Error struct {
	Kind    Kind
	Message string
	Pos     Pos
	Cause   error
}

// Error returns the text for the log: the message and, if there is one, the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Client() + ": " + e.Cause.Error()
	}
	return e.Client()
}

// Client returns the text for the client: the message, after "line L:C: " if the error has a place.
func (e *Error) Client() string {
	if e.Pos.IsValid() {
		return "line " + e.Pos.String() + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an error of the given kind with a formatted message.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// At returns an Invalid error at a place of the statement. Its client text is "line L:C: message".
func At(pos Pos, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Message: fmt.Sprintf(format, args...), Pos: pos}
}

// Wrap returns an error of the given kind whose message is for the client and whose cause is for the log.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf returns the kind of the first *Error in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err's kind is kind.
func Is(err error, kind Kind) bool {
	return err != nil && KindOf(err) == kind
}
