package server

import (
	"fmt"
	"os"

	"github.com/tidemarkdb/tidemark/internal/sink"
)

// openSinks makes the sinks that a file describes; none if no file is named.
func openSinks(path string) (*sink.Sinks, error) {
	sinks := &sink.Sinks{}
	if path == "" {
		return sinks, nil
	}
	return sinks, loadSinks(sinks, path)
}

// loadSinks puts the sinks that a file describes in the place of those that there are, which stay if there is an error.
func loadSinks(sinks *sink.Sinks, path string) error {
	text, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("read the sinks: %w", err)
	}
	c, err := sink.Parse(text)
	if err != nil {
		return fmt.Errorf("read the sinks in %s: %w", path, err)
	}
	if err := sinks.Replace(c, sink.Options{LookupEnv: os.LookupEnv, ReadFile: os.ReadFile}); err != nil {
		return fmt.Errorf("open the sinks of %s: %w", path, err)
	}
	return nil
}
