// Package bench_test measures a real Tidemark process over HTTP on the loopback interface. Every answer is compared with
// what it must be: a fast wrong answer fails. How to run and read it: README.md. The work itself is in package workload.
package bench_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tidemarkdb/tidemark/test/process"
)

var dirFlag = flag.String("dir", "", "folder for binaries and data, on the file system to measure; default: the system's for temporary files")

// workDir is where this run keeps its files.
var workDir string

// build builds the program once.
var build = sync.OnceValues(func() (string, error) { return process.Build(workDir) })

// TestMain makes and removes the folder.
func TestMain(m *testing.M) {
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

// newData returns the path of a new data folder.
func newData(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp(workDir, "data")
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// start starts a server.
func start(b *testing.B, data string, args ...string) *process.Server {
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

// stop stops a server in good order.
func stop(b *testing.B, s *process.Server) {
	b.Helper()
	if code, err := s.Stop(os.Interrupt); err != nil || code != 0 {
		b.Fatalf("stop: exit code %d, %v, %s", code, err, s.Stderr())
	}
}

// sdkConfig is how programs configure the SDK: all defaults, its retries and its HTTP client included.
func sdkConfig(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}
}

// Where rows can be.
const (
	inMemory   = "memory"
	inSegments = "segments"
)

// memoryArgs let a server keep all rows in memory, segmentArgs none for long.
var (
	memoryArgs  = []string{"--memstore-mib", "4096"}
	segmentArgs = []string{"--memstore-mib", "1"}
)
