package peer

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/bench/workload"
)

// writeClients is how many clients write at the same time.
const writeClients = 8

// BenchmarkWriteRecords stores the same requests of 100 records from eight clients. A request is answered when it is on
// disk. Tidemark takes them as JSON over HTTP, the peers as Go values by a function call: once with a transaction for each
// request, once with one for all requests that wait, as Tidemark does it.
func BenchmarkWriteRecords(b *testing.B) {
	b.Run("tidemark-http", benchmarkTidemark)
	for i := range peers(b) {
		for _, grouped := range []bool{false, true} {
			name := peers(b)[i].name
			if grouped {
				name += "-grouped"
			}
			b.Run(name, func(b *testing.B) { benchmarkPeer(b, peers(b)[i], grouped) })
		}
	}
}

func benchmarkTidemark(b *testing.B) {
	s := workload.Start(b, workload.NewFolder(b))
	client := workload.NewClient(s.URL)
	writes := workload.NewWrites(workload.WriteOptions{Streams: writeClients, Now: time.Now()})
	if err := writes.CreateTable(client); err != nil {
		b.Fatal(err)
	}
	workload.MeasureWrites(b, writes, func(stream *workload.WriteStream) func() error {
		own := workload.NewClient(s.URL)
		return func() error {
			_, err := own.Call("WriteRecords", stream.Body())
			return err
		}
	})
	rows, err := client.Query(writes.Statement())
	if err == nil {
		err = writes.Check(rows)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func benchmarkPeer(b *testing.B, d *database, grouped bool) {
	writes := workload.NewWrites(workload.WriteOptions{Streams: writeClients, Now: time.Now()})
	g := newGrouper(d, grouped)
	workload.MeasureWrites(b, writes, func(stream *workload.WriteStream) func() error {
		var records []workload.Record
		return func() error {
			records = stream.Records(records[:0])
			return g.write(records)
		}
	})
	g.close()
	rows, err := d.written()
	if err == nil {
		err = writes.Check(rows)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// grouper is the one writer of a peer: neither of them commits two transactions at once, and a queue is faster than
// clients that stand in each other's way.
type grouper struct {
	database *database
	requests chan groupRequest
	done     sync.WaitGroup
}

// groupRequest is the records of a client that waits.
type groupRequest struct {
	records []workload.Record
	stored  chan error
}

// newGrouper starts the writer. With grouped it stores all requests that wait in one transaction.
func newGrouper(d *database, grouped bool) *grouper {
	g := &grouper{database: d, requests: make(chan groupRequest, writeClients)}
	g.done.Go(func() {
		var all []workload.Record
		for first := range g.requests {
			group := []groupRequest{first}
			for grouped && len(g.requests) > 0 {
				group = append(group, <-g.requests)
			}
			all = all[:0]
			for _, r := range group {
				all = append(all, r.records...)
			}
			err := d.insert(context.Background(), d.db, all)
			for _, r := range group {
				r.stored <- err
			}
		}
	})
	return g
}

// write stores records durably.
func (g *grouper) write(records []workload.Record) error {
	stored := make(chan error, 1)
	g.requests <- groupRequest{records, stored}
	return <-stored
}

// close ends the writer.
func (g *grouper) close() {
	close(g.requests)
	g.done.Wait()
}
