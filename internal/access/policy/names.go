package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// CheckNames refuses a JSON text in which an object has a name twice. Of two conditions with the same operator, say, readers of JSON take
// the last one, so that a policy would allow more than it reads. Names that differ in case alone are the same, as they are to IAM, but
// for what follows a slash: tags. What is no JSON is left to others to find.
func CheckNames(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		names   map[string]bool // of an object, else nil
		isValue bool            // the next token of an object is a value
	}
	levels := []level{{}}
	for {
		token, err := d.Token()
		if err != nil {
			return nil
		}
		at := &levels[len(levels)-1]
		if name, ok := token.(string); ok && at.names != nil && !at.isValue {
			key := foldKey(name)
			if at.names[key] {
				return fmt.Errorf("line %d: the name %q is there twice in one object", 1+bytes.Count(data[:d.InputOffset()], []byte("\n")), name)
			}
			at.names[key], at.isValue = true, true
			continue
		}
		at.isValue = false
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
	}
}
