package workload

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/tidemarkdb/tidemark/test/process"
)

var dirFlag = flag.String("dir", "", "folder for binaries and data, on the file system to measure; default: the system's for temporary files")

// workDir is where a run keeps its files.
var workDir string

// build builds Tidemark once.
var build = sync.OnceValues(func() (string, error) { return process.Build(workDir) })

// Main is the TestMain of a package of benchmarks: it makes the run's folder and removes it.
func Main(m *testing.M) {
	flag.Parse()
	var err error
	if workDir, err = os.MkdirTemp(*dirFlag, "tidemark-bench"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(workDir)
	os.Exit(code)
}

// NewFolder makes a folder in the run's.
func NewFolder(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp(workDir, "data")
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// Start starts a server. It is killed when the benchmark ends.
func Start(b *testing.B, data string, args ...string) *process.Server {
	b.Helper()
	binary, err := build()
	if err != nil {
		b.Fatal(err)
	}
	s, err := process.Start(process.Options{Binary: binary, Data: data, Args: args})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Kill)
	return s
}
