package process

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build compiles the program of this source tree into a folder and returns the path of the binary. It needs no network
// once the modules are on the machine, which they are for whoever could compile this package.
func Build(dir string) (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	if err := noticeSources(root); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "tidemark")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/tidemark")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build tidemark: %w\n%s", err, out)
	}
	return binary, nil
}

// ModuleRoot returns the folder of the module tidemark, above the working directory. Modules nested in it, for clients and
// peers with dependencies of their own, are passed by.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/tidemarkdb/tidemark\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("find the module tidemark: no folder above the working directory has it")
		}
		dir = parent
	}
}

// noticeSources lists all folders of the program's source. Go's test cache notices which folders a test has listed and runs
// it again when a file in them has changed; what a compiler does that the test starts, it does not notice.
func noticeSources(root string) error {
	for _, dir := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(string, fs.DirEntry, error) error { return nil })
		if err != nil {
			return fmt.Errorf("list sources: %w", err)
		}
	}
	return nil
}
