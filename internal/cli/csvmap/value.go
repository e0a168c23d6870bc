package csvmap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/cli/when"
)

// varcharBytesMax is how long a measure value may be.
const varcharBytesMax = 2048

// value returns the type and text of a measure's value in a line, or why it is none. It is checked here because the
// service refuses all records of a request for one value that does not fit its type.
func (m Measure) value(fields []string) (kind types.MeasureValueType, value, reason string) {
	name := "DOUBLE"
	if m.Type != (Text{}) {
		name = strings.ToUpper(m.Type.in(fields))
	}
	if !measureTypes[name] {
		return "", "", fmt.Sprintf("%q is not a type of measure values", name)
	}
	text := strings.Clone(fields[m.Value.Index])
	if !fits(name, &text) {
		return "", "", fmt.Sprintf("%q is not a %s", shortened(text), name)
	}
	return types.MeasureValueType(name), text, ""
}

// fits reports whether a text is a value of a type, and brings it into the form that the service takes.
func fits(kind string, text *string) bool {
	if kind == "VARCHAR" {
		return *text != "" && len(*text) <= varcharBytesMax
	}
	*text = strings.TrimSpace(*text)
	switch kind {
	case "DOUBLE":
		x, err := strconv.ParseFloat(*text, 64)
		return err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) && strings.Trim(*text, "0123456789+-.eE") == ""
	case "BOOLEAN":
		*text = strings.ToLower(*text)
		return *text == "true" || *text == "false"
	default: // BIGINT, TIMESTAMP
		_, err := strconv.ParseInt(*text, 10, 64)
		return err == nil
	}
}

// shortened cuts a text that is too long for a message.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}

// parseTime reads a date with or without a time of day, in UTC unless it names a zone.
func parseTime(text string) (time.Time, error) { return when.ParseAbsolute(text) }
