package engine

import (
	"strings"
	"testing"
)

// No token looks like an option to a command line.
func TestTokensBeginWithALetter(t *testing.T) {
	for range 1000 {
		if token := newToken(); strings.HasPrefix(token, "-") || strings.HasPrefix(token, "_") {
			t.Fatal(token)
		}
	}
}
