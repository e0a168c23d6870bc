package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/api"
	"github.com/tidemarkdb/tidemark/internal/audit"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/config"
	"github.com/tidemarkdb/tidemark/internal/control"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// shutdownWithin is how long requests under way may take when the server stops.
const shutdownWithin = 10 * time.Second

// Run serves until ctx ends, then stops cleanly. What a person at the terminal should know goes to out, the log to logTo.
func Run(ctx context.Context, cfg *config.Config, out, logTo io.Writer) error {
	level, err := cfg.Level()
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(logTo, &slog.HandlerOptions{Level: level}))
	if err := checkExposure(cfg); err != nil {
		return err
	}
	if err := api.CheckRateLimits(rateLimits(cfg)); err != nil {
		return err
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return fmt.Errorf("find data folder %s: %w", cfg.DataDir, err)
	}
	memory := int64(cfg.Memory)
	if memory == 0 {
		memory = engine.MemoryDefault
	}
	defer limitMemory(memory)()
	objects, err := openObjects(ctx, &cfg.Objects)
	if err != nil {
		return err
	}
	sinks, err := openSinks(cfg.SinksFile)
	if err != nil {
		return err
	}
	defer func() { _ = sinks.Close() }()             // idle connections: no run is under way any more
	if err := vfs.OS(dir).MkdirAll(""); err != nil { // the audit log may be in it
		return fmt.Errorf("open data folder %s: %w", dir, err)
	}
	auditLog, runs, err := openAudit(cfg, logger)
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, engine.Options{
		FS: vfs.OS(dir), Logger: logger, Region: cfg.Region, AccountID: cfg.AccountID,
		MemoryBytesMax: memory, Objects: objects,
		Notifies:  func(topic string) bool { return len(cfg.Webhooks.Of(topic)) > 0 },
		CheckSink: sinks.Check, BatchEnded: runs.BatchLoad,

		Storage: storage.Options{MemstoreBytesMax: cfg.MemstoreMiB << 20, BlockCacheBytes: cfg.BlockCacheMiB << 20, SettleAfter: cfg.SettleAfter},
		Query:   engine.QueryOptions{MemoryBytesMax: cfg.QueryMiB << 20, RunningMax: cfg.QueriesMax, RunTimeMax: cfg.QueryTimeMax},
	})
	if err != nil {
		return errors.Join(fmt.Errorf("open data folder %s: %w", dir, err), closeAudit(auditLog))
	}
	p, err := openParts(cfg, e, dir, auditLog, sinks, logger)
	if err != nil {
		return errors.Join(err, e.Close(), closeAudit(auditLog))
	}
	stopControl := serveControl(e, dir, logger)
	stopSchedule := startSchedule(cfg, p, runs, logger)
	err = serve(ctx, cfg, p, out, logger)
	stopSchedule()
	stopControl()
	return errors.Join(err, e.Close(), closeAudit(auditLog))
}

// parts is what the server is made of when it begins to listen.
type parts struct {
	engine      *engine.Engine
	access      *access.Directory // nil if everybody may do everything
	certificate *certificate      // nil without TLS
	audit       *audit.Log        // nil without
	sinks       *sink.Sinks
	dir         string
}

// openParts reads what stands before the engine.
func openParts(cfg *config.Config, e *engine.Engine, dir string, auditLog *audit.Log, sinks *sink.Sinks, logger *slog.Logger) (*parts, error) {
	p := &parts{engine: e, audit: auditLog, dir: dir, sinks: sinks}
	var err error
	if p.access, err = openDirectory(cfg, dir, logger); err != nil {
		return nil, err
	}
	p.certificate, err = openCertificate(cfg)
	return p, err
}

// Limits of connections. Beside them: the body of a request must come within a time that package api has, as must the client who
// reads an answer.
const (
	headerWithin   = 10 * time.Second // after the first byte of a request, or of a connection
	idleMax        = 5 * time.Minute
	headerBytesMax = 64 << 10
	connectionsGap = time.Second // see connections.spared
)

// listen opens the port.
func listen(cfg *config.Config, p *parts) (net.Listener, error) {
	plain, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	limited := newConnections(plain, cfg.ConnectionsMax, connectionsGap)
	if p.certificate == nil {
		return limited, nil
	}
	return tls.NewListener(limited, p.certificate.config()), nil
}

// rateLimits returns the limits that are asked for.
func rateLimits(cfg *config.Config) []api.RateLimit {
	var out []api.RateLimit
	for _, l := range cfg.RateLimits {
		out = append(out, api.RateLimit(l))
	}
	return out
}

// newHTTPServer makes what answers on the port.
func newHTTPServer(cfg *config.Config, p *parts, logger *slog.Logger) *http.Server {
	shares := engine.ShareMemory(p.engine.MemoryStats().Limit)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler: marking(api.New(p.engine, api.Options{
			Logger: logger, EndpointAddress: cfg.EndpointAddress, TrustForwardedProto: cfg.TrustForwardedProto,
			WriteBytesMax: shares.Writes, OtherBytesMax: shares.Others, BodyBytesMax: cfg.RequestMiB << 20,
			Access: p.access, LocalOrigins: cfg.Auth == config.AuthOff, SkewMax: cfg.AuthSkew, Region: cfg.Region, AccountID: cfg.AccountID,
			Audit: p.audit, AuditQueryText: cfg.AuditQueryText, RateLimits: rateLimits(cfg),
		})),
		// No write timeout: a query may take a minute to answer.
		ReadHeaderTimeout: headerWithin,
		IdleTimeout:       idleMax,
		MaxHeaderBytes:    headerBytesMax,
		Protocols:         protocols,
		ConnContext:       withConnection,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// serveControl lets the program's own commands reach the server. A folder that cannot hold a socket is no reason not to serve.
func serveControl(e *engine.Engine, dir string, logger *slog.Logger) (stop func()) {
	control, err := control.Serve(dir, control.Options{Logger: logger, Pin: e.Pin})
	if err != nil {
		logger.Warn("there is no control socket, so backups need the server to be stopped", "error", err)
		return func() {}
	}
	return func() {
		if err := control.Close(); err != nil {
			logger.Warn("the control socket could not be closed", "error", err)
		}
	}
}

// serve listens and answers until ctx ends.
func serve(ctx context.Context, cfg *config.Config, p *parts, out io.Writer, logger *slog.Logger) error {
	listener, err := listen(cfg, p)
	if err != nil {
		return err
	}
	srv := newHTTPServer(cfg, p, logger)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()

	watch := newWatch(p, cfg, logger)
	defer watch.stop()
	welcome := &welcome{out: out, address: listener.Addr().String(), dir: p.dir, auth: cfg.Auth, scheme: "http"}
	if p.certificate != nil {
		welcome.scheme = "https"
	}
	welcome.up()
	demoDone := make(chan error, 1)
	demoCtx, stopDemo := context.WithCancel(ctx)
	defer stopDemo()
	if cfg.Demo {
		d := &demo{engine: p.engine, clock: clock.Real{}, seed: cfg.DemoSeed, scale: cfg.DemoScale, loaded: welcome.demo}
		go func() { demoDone <- d.run(demoCtx) }()
	} else {
		welcome.commands()
	}
	select {
	case <-ctx.Done():
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	case err = <-demoDone:
		err = fmt.Errorf("demo data: %w", err)
	}
	welcome.stopping()
	stopDemo()
	if cfg.Demo && err == nil {
		<-demoDone
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
	defer cancel()
	if serr := srv.Shutdown(stopCtx); serr != nil {
		logger.Warn("requests were cut off at the stop", "error", serr)
		return errors.Join(err, srv.Close())
	}
	return err
}

// limitMemory tells the runtime how much memory the process may take, so that it collects garbage in time, and returns what
// takes that back. A lower limit, set by GOMEMLIMIT, stays. How often garbage is collected below the limit is left to GOGC:
// what the parts may hold together is so much less than the limit that there is room for garbage.
func limitMemory(bytes int64) (restore func()) {
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, bytes))
	return func() { debug.SetMemoryLimit(before) }
}
