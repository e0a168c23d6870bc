package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/cli/sqltext"
)

// editor reads what is typed in an interactive session.
type editor interface {
	// Read returns the next complete piece of input: a command that begins with a backslash, or text that ends with a
	// semicolon. It returns errInterrupted if the user dropped the input (Ctrl-C) and io.EOF at the end (Ctrl-D).
	Read() (string, error)
}

// errInterrupted is what an editor returns after Ctrl-C.
var errInterrupted = errors.New("interrupted")

// complete reports whether typed text can be handed over, or more lines are wanted.
func complete(typed string) bool {
	trimmed := strings.TrimSpace(typed)
	return trimmed == "" || strings.HasPrefix(trimmed, `\`) || isFarewell(trimmed) || sqltext.Complete(typed)
}

// isFarewell reports whether typed text is one of the words with which people leave other programs.
func isFarewell(trimmed string) bool {
	switch strings.ToLower(strings.TrimSuffix(trimmed, ";")) {
	case "quit", "exit":
		return true
	}
	return false
}

// interact runs an interactive session until its user leaves it.
func (s *session) interact(ctx context.Context) error {
	lines := openHistory(s.env.ConfigDir)
	edit, err := s.env.OpenEditor(lines)
	if err != nil {
		return err
	}
	// While this lives an interrupt does not end the program. Each statement has one of its own on top.
	_, stop := s.env.Interrupts(ctx)
	defer stop()
	server := s.address
	if server == "" {
		server = "Amazon Timestream"
	}
	s.say(`SQL at %s. Statements end with a semicolon; \? for help, \q to leave.`, server)
	for {
		typed, err := edit.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errInterrupted):
			continue
		case err != nil:
			return err
		}
		if s.handle(ctx, typed) {
			return nil
		}
	}
}

// handle runs one piece of input and reports whether the session is over.
func (s *session) handle(ctx context.Context, typed string) bool {
	trimmed := strings.TrimSpace(typed)
	switch {
	case isFarewell(trimmed):
		return true
	case strings.HasPrefix(trimmed, `\`):
		return s.command(ctx, trimmed)
	}
	for _, statement := range sqltext.Split(typed) {
		if s.runInterruptible(ctx, statement.Text) != nil {
			break
		}
	}
	return false
}

// runInterruptible runs a statement that an interrupt cancels.
func (s *session) runInterruptible(parent context.Context, statement string) error {
	ctx, stop := s.env.Interrupts(parent)
	defer stop()
	return s.run(ctx, statement)
}
