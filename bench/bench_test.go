// Package bench_test measures a real Tidemark process over HTTP on the loopback interface. Every answer is compared with
// what it must be: a fast wrong answer fails. How to run and read it: README.md. The work itself is in package workload.
package bench_test

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tidemarkdb/tidemark/bench/workload"
	"github.com/tidemarkdb/tidemark/test/process"
)

// TestMain makes and removes the run's folder.
func TestMain(m *testing.M) { workload.Main(m) }

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
