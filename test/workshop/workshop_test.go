// Package workshop_test shows that the statements of the founding documents give right answers. The statements are in
// queries/, word for word. They run through the AWS SDK against a server with a real engine, over records of package
// generator; what they must answer is computed from the same records by the plain Go of this folder, which shares
// nothing with the product: each such function can be read as the meaning of its statement.
//
// Where to find what:
//
//	data_test.go        the records, and where the clock stands
//	server_test.go      the server and its clients
//	ingest_test.go      how the records get there
//	statement_test.go   the statements, and which function computes which answer
//	devops_*_test.go    the answers: the workshop's fleet of servers
//	hosts_*_test.go     the answers: the workshop's fleet of small hosts
//	devices_test.go     the answers: the article's devices
//	compute_test.go     the arithmetic that the answers share: percentiles, deviations, rounding, interpolation
//	answer_test.go      answers: rows of what each value must be
//	compare_test.go     how a result is compared with an answer
//	wrong_test.go       statements that mean something else and must not pass
package workshop_test

import (
	"testing"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// pageRows is a page size that makes most results come in several pages.
const pageRows = 7

// TestStatements asks every statement of the same data wherever its rows can be: in memory, in segments, and read again
// from the disk.
func TestStatements(t *testing.T) {
	d := newDataset(t, 1)
	statements := loadStatements(t, d)
	disk := vfs.OS(t.TempDir())

	s := startServer(t, disk, d, engine.QueryOptions{})
	s.createTables(t)
	s.ingest(t, d.writes())
	s.expectSegments(t, disk, 0)
	t.Run("in memory", func(t *testing.T) { s.askAll(t, statements, 0) })
	s.flush(t)
	s.expectSegments(t, disk, 3)
	t.Run("in segments", func(t *testing.T) { s.askAll(t, statements, pageRows) })
	s.stop(t)

	s = startServer(t, disk, d, engine.QueryOptions{})
	t.Run("after restart", func(t *testing.T) { s.askAll(t, statements, 0) })
	t.Run("in parallel", func(t *testing.T) { s.askInParallel(t, statements, 8) })
	s.stop(t)

	s = startServer(t, disk, d, engine.QueryOptions{NoOptimizer: true, BatchRows: 100})
	t.Run("as written", func(t *testing.T) { s.askAll(t, statements, pageRows) })
	s.stop(t)
}

// TestStatementsAcrossStores asks every statement when memory and segments each have a part of the rows, interleaved in
// time and with newer versions in memory of rows in segments, and again when the part in memory comes out of the log.
func TestStatementsAcrossStores(t *testing.T) {
	d := newDataset(t, 2)
	statements := loadStatements(t, d)
	disk := memfs.New()

	s := startServer(t, disk, d, engine.QueryOptions{})
	s.createTables(t)
	first, second := d.writes().split()
	s.ingest(t, first)
	s.flush(t)
	s.ingest(t, second)
	s.expectSegments(t, disk, 3)
	t.Run("in memory and segments", func(t *testing.T) { s.askAll(t, statements, 0) })
	s.stop(t)

	s = startServer(t, disk, d, engine.QueryOptions{})
	t.Run("after restart", func(t *testing.T) { s.askAll(t, statements, pageRows) })
	s.flush(t)
	t.Run("in two generations of segments", func(t *testing.T) { s.askAll(t, statements, 0) })
	s.stop(t)
}
