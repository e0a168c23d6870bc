package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/cli/loader"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/generator"
)

// BenchmarkIngest measures the client's side of a load: making, merging, encoding and signing records, sent to a server
// that stores nothing.
func BenchmarkIngest(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"RecordsIngested":{"Total":100}}`)
	}))
	defer server.Close()
	spec := generator.Specs()[0]
	flags := generateFlags{scale: 0.1, backfill: 10 * 60e9, once: true}
	shared := ingestFlags{connection: connection{endpoint: server.URL}, workers: 4, attempts: 1, magneticDays: 1}
	env := System()
	var stored int64
	b.ReportAllocs()
	for b.Loop() {
		p, err := flags.plan(spec, &shared, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		api, _, err := shared.writeClient(b.Context(), env, shared.workers, loader.RetryPolicy{})
		if err != nil {
			b.Fatal(err)
		}
		load := loader.New(api, loader.Options{Database: "d", Table: "t", Workers: shared.workers})
		if err := load.Run(b.Context(), p.feed(clock.Real{})); err != nil {
			b.Fatal(err)
		}
		stored += load.Stats().Stored
	}
	b.ReportMetric(float64(stored)/b.Elapsed().Seconds(), "records/s")
}
