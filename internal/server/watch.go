package server

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tidemarkdb/tidemark/internal/config"
)

// lookEvery is the pause between two looks at files that may change.
const lookEvery = time.Second

// watch loads files again that the operator has changed, and all of them on SIGHUP. One goroutine does it, which stop ends.
type watch struct {
	logger *slog.Logger
	files  []*watched
	hangup []func() error // on SIGHUP alone
	done   chan struct{}
	ended  chan struct{}
}

// watched is what is loaded from one file or from several together.
type watched struct {
	what  string
	paths []string
	load  func() error
	seen  string // how the files looked when they were last loaded, or were found to be bad
}

// newWatch begins to watch what the parts are loaded from.
func newWatch(p *parts, cfg *config.Config, logger *slog.Logger) *watch {
	w := &watch{logger: logger, done: make(chan struct{}), ended: make(chan struct{})}
	if p.access != nil {
		w.add("users", p.access.Load, cfg.AuthFile)
	}
	if p.certificate != nil {
		w.add("certificate", p.certificate.load, cfg.TLSCert, cfg.TLSKey)
	}
	if cfg.SinksFile != "" {
		w.add("sinks", func() error { return loadSinks(p.sinks, cfg.SinksFile) }, cfg.SinksFile)
	}
	if p.audit != nil {
		w.hangup = append(w.hangup, p.audit.Reopen)
	}
	go w.run()
	return w
}

// add has files watched. They have been loaded once, and are soon again: they may have changed since.
func (w *watch) add(what string, load func() error, paths ...string) {
	w.files = append(w.files, &watched{what: what, paths: paths, load: load})
}

// stop ends watching and waits for it.
func (w *watch) stop() {
	close(w.done)
	<-w.ended
}

// run looks at the files until stop.
func (w *watch) run() {
	defer close(w.ended)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		force := false
		select {
		case <-w.done:
			return
		case <-signals:
			force = true
			for _, f := range w.hangup {
				if err := f(); err != nil {
					w.logger.Error("reopening on SIGHUP failed", "error", err)
				}
			}
		case <-ticker.C:
		}
		for _, f := range w.files {
			w.check(f, force)
		}
	}
}

// check loads files again if they look different, or must be.
func (w *watch) check(f *watched, force bool) {
	now := look(f.paths)
	if now == f.seen && !force {
		return
	}
	first := f.seen == ""
	f.seen = now
	if err := f.load(); err != nil {
		w.logger.Error("a changed file is not taken, what was loaded before stays in force", "what", f.what, "error", err)
		return
	}
	if first {
		return
	}
	w.logger.Info("loaded again", "what", f.what, "files", f.paths)
}

// look returns a text, never empty, that changes when one of some files does. Symbolic links are followed, so that exchanging what one points to
// is a change.
func look(paths []string) string {
	var text string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			text += "missing;"
			continue
		}
		text += fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size(), " ", info.Mode(), ";")
	}
	return text
}
