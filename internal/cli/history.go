package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Name and size of the file.
const (
	historyFile = "history"
	// historyMax is how many entries a session knows. The file is cut down to them when it has twice as many.
	historyMax = 1000
)

// history is what was typed in interactive sessions, kept in a file with one JSON string a line, so that entries may have
// line breaks. Trouble with the file is no trouble for the session: it goes on without.
type history struct {
	path    string // "" keeps nothing
	entries []string
}

// openHistory reads the history in a folder, which is made when there is something to keep.
func openHistory(folder string) *history {
	h := &history{}
	if folder == "" {
		return h
	}
	h.path = filepath.Join(folder, historyFile)
	text, err := os.ReadFile(h.path)
	if err != nil {
		return h
	}
	for line := range bytes.Lines(text) {
		var entry string
		if json.Unmarshal(line, &entry) == nil && entry != "" {
			h.entries = append(h.entries, entry)
		}
	}
	if len(h.entries) > 2*historyMax {
		h.entries = h.entries[len(h.entries)-historyMax:]
		h.rewrite()
	}
	return h
}

// rewrite replaces the file by the entries.
func (h *history) rewrite() {
	var text []byte
	for _, e := range h.entries {
		text = append(text, entryLine(e)...)
	}
	temporary := h.path + ".new"
	if os.WriteFile(temporary, text, 0o600) == nil {
		_ = os.Rename(temporary, h.path)
	}
}

// entryLine returns an entry as the file has it.
func entryLine(entry string) []byte {
	line, _ := json.Marshal(entry) // a string always can be
	return append(line, '\n')
}

// Write adds an entry, unless it is empty, begins with a space, or repeats the last one. It returns the number of entries.
func (h *history) Write(entry string) (int, error) {
	trimmed := strings.TrimRight(entry, " \t\r\n")
	if trimmed == "" || trimmed[0] == ' ' || len(h.entries) > 0 && h.entries[len(h.entries)-1] == trimmed {
		return len(h.entries), nil
	}
	h.entries = append(h.entries, trimmed)
	if h.path == "" || os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return len(h.entries), nil
	}
	if file, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		_, _ = file.Write(entryLine(trimmed))
		_ = file.Close()
	}
	return len(h.entries), nil
}

// GetLine returns an entry by its number, from 0 for the oldest.
func (h *history) GetLine(i int) (string, error) {
	if i < 0 || i >= len(h.entries) {
		return "", errors.New("no such entry")
	}
	return h.entries[i], nil
}

// Len returns the number of entries.
func (h *history) Len() int { return len(h.entries) }

// Dump returns all entries.
func (h *history) Dump() any { return h.entries }
