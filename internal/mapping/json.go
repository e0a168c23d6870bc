package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// timeUnits are the units of the API.
var timeUnits = map[string]bool{"": true, "MILLISECONDS": true, "SECONDS": true, "MICROSECONDS": true, "NANOSECONDS": true}

// ParseJSON reads a data model as the API writes it, and checks it. A member that data models do not have is an error: it
// would be a mistake without consequences otherwise.
func ParseJSON(text []byte) (*Model, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	m := new(Model)
	if err := d.Decode(m); err != nil {
		return nil, invalid("The data model is not valid JSON of a data model: %s.", jsonReason(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("The data model is not valid JSON of a data model: there is more after its end.")
	}
	if !timeUnits[m.TimeUnit] {
		return nil, invalid("The time unit '%s' of the data model is not one of MILLISECONDS, SECONDS, MICROSECONDS and NANOSECONDS.", m.TimeUnit)
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return m, nil
}

// jsonReason words an error of encoding/json without its own types.
func jsonReason(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("%s has a value of the wrong type, %s", or(kind.Field, "it"), kind.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("%s at byte %d", syntax, syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return string(bytes.TrimPrefix([]byte(err.Error()), []byte("json: ")))
}

// MarshalText writes the type in the words of the API.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a type in the words of the API.
func (t *Type) UnmarshalText(text []byte) error {
	kind, ok := ParseType(string(text))
	if !ok {
		return fmt.Errorf("the type '%s' is unknown", text)
	}
	*t = kind
	return nil
}
