package server

import (
	"context"
	"log/slog"

	"github.com/tidemarkdb/tidemark/internal/api"
	"github.com/tidemarkdb/tidemark/internal/config"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/schedule"
)

// startSchedule begins to run scheduled queries. The result stops that and waits until nothing runs any more.
func startSchedule(cfg *config.Config, p *parts, runs *api.RunLog, logger *slog.Logger) (stop func()) {
	e := p.engine
	s := schedule.New(schedule.Options{Engine: e, Permit: api.RolePermits(e, p.access, cfg.Region), Objects: e.Objects(), Logger: logger, Webhooks: func(topic string) []schedule.Webhook {
		var out []schedule.Webhook
		for _, h := range cfg.Webhooks.Of(topic) {
			out = append(out, schedule.Webhook{URL: h.URL, Raw: h.Raw})
		}
		return out
	}, Attempted: func(a *engine.ScheduledAttempt) { runs.ScheduledQuery(e, p.access, a) }, Sink: func(name string) (schedule.Target, error) {
		s, err := p.sinks.Sink(name)
		if err != nil {
			return nil, err
		}
		return schedule.SinkTarget(s), nil
	}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
