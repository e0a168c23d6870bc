package sink_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// testSameRunTwice lets a server that was thought dead, and one that took its place, make the same run.
func testSameRunTwice(r *rig) {
	s := r.sink("create=true")
	r.mustWrite(s, runOf(0), powerColumns) // so that no table has to be created
	ctx := context.Background()
	first, err := s.Begin(ctx, runOf(1), powerColumns)
	if err != nil {
		r.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		_, err := write(s, runOf(1), powerColumns, many(3))
		second <- err
	}()
	select {
	case err := <-second:
		r.Fatalf("the second did not wait for the first: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := first.Write(ctx, many(3)); err != nil {
		r.Fatal(err)
	}
	if _, err := first.Commit(ctx); err != nil {
		r.Fatal(err)
	}
	if err := <-second; !errors.Is(err, sink.ErrDone) {
		r.Errorf("the second: %v", err)
	}
	r.want("SELECT count(*) FROM {power}", "3")
}

func testCreateAtOnce(r *rig) {
	s := r.sink("create=true", "connections=8")
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for {
				_, err := write(s, runOf(n), powerColumns, many(10))
				if err == nil {
					return
				}
				if !sink.Retryable(err) {
					r.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	r.want("SELECT count(*) FROM {power}", "80")
}

// testDeadlock lets two runs upsert the same two rows in different order.
func testDeadlock(r *rig) {
	s := r.sink("create=true", `mode="upsert"`, `key=["device"]`)
	ctx := context.Background()
	a, b := power([]types.Value{int64(0), "a", 1.0}), power([]types.Value{int64(0), "b", 1.0})
	r.mustWrite(s, runOf(0), powerColumns, a, b)
	full := many(1000) // fills a statement, so that the rows before it are sent
	var writers [2]*sink.Writer
	for i := range writers {
		w, err := s.Begin(ctx, runOf(i+1), powerColumns)
		if err != nil {
			r.Fatal(err)
		}
		defer w.Abort()
		writers[i] = w
	}
	if err := writers[0].Write(ctx, full); err != nil {
		r.Fatal(err)
	}
	if err := writers[1].Write(ctx, rename(full)); err != nil {
		r.Fatal(err)
	}
	outcome := make(chan error, 2)
	go func() { outcome <- writers[0].Write(ctx, rename(full)) }()
	go func() { outcome <- writers[1].Write(ctx, full) }()
	one, other := <-outcome, <-outcome
	if one == nil {
		one, other = other, one
	}
	r.wantRetryable(one, "eadlock")
	if other != nil {
		r.Errorf("both gave way: %v", other)
	}
}

// testCommitCut loses the connection after COMMIT was sent: the server commits, and nobody is told.
func testCommitCut(r *rig) {
	proxy := r.server.NewProxy(r)
	for _, mode := range []string{"append", "upsert"} {
		r.dropTables()
		settings := []string{"create=true", "address=" + quoted(proxy.Address)}
		if mode == "upsert" {
			settings = append(settings, `mode="upsert"`, `key=["device", "time"]`)
		}
		s := r.sink(settings...)
		rows := many(1200)
		proxy.CutAfter(func(sent []byte) bool { return bytes.Contains(sent, []byte("COMMIT")) })
		_, err := write(s, runOf(1), powerColumns, rows)
		r.wantRetryable(err, "commit: ")
		r.want("SELECT count(*) FROM {power}", "1200")
		_, err = write(s, runOf(1), powerColumns, rows)
		if mode == "append" && !errors.Is(err, sink.ErrDone) || mode == "upsert" && err != nil {
			r.Errorf("%s: the second time: %v", mode, err)
		}
		r.want("SELECT count(*) FROM {power}", "1200")
		r.want("SELECT row_count FROM {runs}", "1200")
	}
}

// testClientDies ends the connection of a run in its middle, as the kernel does for a process that is killed.
func testClientDies(r *rig) {
	proxy := r.server.NewProxy(r)
	s := r.sink("create=true", "address="+quoted(proxy.Address))
	r.mustWrite(s, runOf(0), powerColumns)
	proxy.CutAfter(func(sent []byte) bool { return bytes.Contains(sent, []byte("device-000999")) })
	_, err := write(s, runOf(1), powerColumns, many(1000), many(500))
	r.wantRetryable(err, "write rows: ")
	r.mustWrite(s, runOf(1), powerColumns, many(1000), many(500))
	r.want("SELECT count(*) FROM {power}", "1500")
	r.want("SELECT row_count FROM {runs} ORDER BY invocation_time", "0", "1500")
}

// testKill kills the database's server at different points of runs that are repeated until they are done: no run is missing,
// none is there twice.
func testKill(r *rig) {
	s := r.sink("create=true")
	const runs = 4
	for n := range runs {
		kill := func(point int) {
			if n == point {
				r.server.Kill(r)
			}
		}
		for attempt := 0; ; attempt++ {
			err := killedRun(s, n, func(point int) {
				if attempt == 0 {
					kill(point)
				}
			})
			if err == nil || errors.Is(err, sink.ErrDone) {
				break
			}
			if attempt == 0 && n < runs-1 {
				r.wantRetryable(err, "the database cannot be reached, or the connection was lost")
				r.server.Start(r)
				continue
			}
			if !sink.Retryable(err) || attempt > 20 {
				r.Fatalf("run %d: %v", n, err)
			}
		}
	}
	var want []string
	for n := range runs {
		want = append(want, fmt.Sprintf("%d 1500", n))
	}
	r.want(`SELECT "run", count(*) FROM {power} GROUP BY "run" ORDER BY "run"`, want...)
	r.want("SELECT count(*), sum(row_count) FROM {runs}", fmt.Sprintf("%d %d", runs, 1500*runs))
}

// killedRun makes a run and calls at with the number of each point that it passes.
func killedRun(s *sink.Sink, n int, at func(point int)) error {
	columns := append([]sink.Column{{Name: "run", Type: types.Bigint}}, powerColumns...)
	rows := many(1500)
	withRun := *rows
	withRun.Cols = append(withRun.Cols[:0:0], constant(int64(n), rows.Rows))
	withRun.Cols = append(withRun.Cols, rows.Cols...)
	ctx := context.Background()
	at(0)
	w, err := s.Begin(ctx, runOf(n), columns)
	if err != nil {
		return err
	}
	defer w.Abort()
	at(1)
	if err := w.Write(ctx, &withRun); err != nil {
		return err
	}
	at(2)
	_, err = w.Commit(ctx)
	return err
}
