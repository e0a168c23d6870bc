package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// Env is what commands need of the world. Tests make their own.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	// Whether the streams are terminals, and how wide theirs is; 0 if not known.
	InTerminal, OutTerminal, ErrTerminal bool
	Width                                func() int
	Clock                                clock.Clock
	Getenv                               func(name string) string
	// ConfigDir is where the history of interactive sessions is kept; "" keeps none.
	ConfigDir string
	// Interrupts returns a context that ends with an interrupt by the user (Ctrl-C).
	Interrupts func(parent context.Context) (context.Context, context.CancelFunc)
	// OpenEditor opens the line editor of interactive sessions.
	OpenEditor func(history *history) (editor, error)
}

// System returns the real world.
func System() Env {
	env := Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width:       terminalWidth,
		Clock:       clock.Real{},
		Getenv:      os.Getenv,
		Interrupts:  interrupts,
		OpenEditor:  openEditor,
	}
	if dir, err := os.UserConfigDir(); err == nil {
		env.ConfigDir = filepath.Join(dir, "tidemark")
	}
	return env
}

// terminalWidth returns the width of the terminal that output or messages go to.
func terminalWidth() int {
	for _, stream := range []*os.File{os.Stdout, os.Stderr} {
		if width, _, err := term.GetSize(int(stream.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// interrupts returns a context that ends with the first interrupt. A second one then ends the program, for whoever does
// not want to wait for a clean end.
func interrupts(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// color reports whether terminal attributes are welcome on the output.
func (e Env) color() bool {
	return e.OutTerminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb"
}
