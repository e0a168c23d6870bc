package cli

import (
	"errors"
	"io"

	"github.com/reeflective/readline"
)

// Prompts of the first line of a statement and of those after it.
const (
	prompt         = "tidemark> "
	continuePrompt = "       -> "
)

// lineEditor is an editor on a terminal. The library edits a statement of several lines as a whole and brings it back
// from the history as a whole, which is why it was chosen.
type lineEditor struct{ shell *readline.Shell }

// openEditor opens the line editor on the standard streams.
func openEditor(entries *history) (editor, error) {
	shell := readline.NewShell()
	shell.Prompt.Primary(func() string { return prompt })
	shell.Prompt.Secondary(func() string { return continuePrompt })
	shell.AcceptMultiline = func(line []rune) bool { return complete(string(line)) }
	shell.History.Delete()
	shell.History.Add("statements", entries)
	return &lineEditor{shell}, nil
}

// Read returns the next complete input.
func (e *lineEditor) Read() (string, error) {
	typed, err := e.shell.Readline()
	switch {
	case errors.Is(err, readline.ErrInterrupt):
		return "", errInterrupted
	case errors.Is(err, io.EOF):
		return "", io.EOF
	}
	return typed, err
}
