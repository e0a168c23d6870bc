package errorreport

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
)

// Record is a record in a report, its values as texts of the API. Members that are not known are null, as in the service's reports.
type Record struct {
	Dimensions    []Dimension `json:"dimensions"`
	MeasureName   string      `json:"measureName"`
	MeasureValue  *string     `json:"measureValue"`
	MeasureValues []Measure   `json:"measureValues"`
	MeasureType   string      `json:"measureValueType"`
	Time          string      `json:"time"`
	TimeUnit      string      `json:"timeUnit"`
	Version       *int64      `json:"version"`
}

// Dimension is a dimension of a record. Its type is not given: there is only one.
type Dimension struct {
	Name  string  `json:"name"`
	Value string  `json:"value"`
	Type  *string `json:"dimensionValueType"`
}

// Measure is an attribute of a multi-measure record.
type Measure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

// Encode returns a value as JSON, without hiding the characters of HTML: records, and what is kept and told about tasks and runs beside
// their reports. It must be one that JSON can hold.
func Encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("bug: encode a report: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// NewID returns an id in the form of the service's: 32 upper-case hexadecimal digits.
func NewID() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	return fmt.Sprintf("%X", id)
}

// Key puts a prefix that a user has chosen, "" for none, before the rest of a key.
func Key(prefix, rest string) string {
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		return prefix + "/" + rest
	}
	return rest
}
