package server

import (
	"fmt"
	"os"

	"github.com/tidemarkdb/tidemark/internal/sink"
)

// openSinks makes the sinks that a file describes; none if no file is named.
func openSinks(path string) (*sink.Sinks, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the sinks: %w", err)
	}
	c, err := sink.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the sinks in %s: %w", path, err)
	}
	sinks, err := sink.Open(c, sink.Options{LookupEnv: os.LookupEnv, ReadFile: os.ReadFile})
	if err != nil {
		return nil, fmt.Errorf("open the sinks of %s: %w", path, err)
	}
	return sinks, nil
}
