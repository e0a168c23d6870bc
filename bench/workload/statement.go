package workload

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidemarkdb/tidemark/test/process"
)

// statementDir is where the statements of the workshop are.
const statementDir = "test/workshop/queries/workshop"

// Statement returns a statement of the workshop, by the name of its file without ".sql".
func Statement(name string) (string, error) {
	root, err := process.ModuleRoot()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(statementDir), name+".sql"))
	if err != nil {
		return "", fmt.Errorf("read statement: %w", err)
	}
	return string(text), nil
}

// StatementNames returns the names of all statements of the workshop, in order.
func StatementNames() ([]string, error) {
	root, err := process.ModuleRoot()
	if err != nil {
		return nil, err
	}
	files, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(statementDir)))
	if err != nil {
		return nil, fmt.Errorf("list statements: %w", err)
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".sql"); ok {
			names = append(names, name)
		}
	}
	return names, nil
}
