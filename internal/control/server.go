package control

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Limits of backups that are being made.
const (
	backupsMax = 4                  // at the same time
	leaseTime  = time.Minute        // how long files stay pinned after the last sign of life
	backupTime = 7 * 24 * time.Hour // how long they stay pinned at most
)

// Options configures a Server.
type Options struct {
	// Pin lists the files of a moment and keeps them until unpin is called.
	Pin    func(ctx context.Context) (pieces []vfs.Piece, unpin func(), err error)
	Clock  clock.Clock  // default clock.Real
	Logger *slog.Logger // default: discards
}

// Server answers on the control socket.
type Server struct {
	opts Options
	dir  string
	http *http.Server

	mu      sync.Mutex
	backups map[string]*lease
	closed  bool
	running sync.WaitGroup // of watch and of the HTTP server
}

// lease is a backup that is being made.
type lease struct {
	unpin func()
	sign  chan struct{} // one place: the client goes on
	end   chan struct{} // closed when it is given back
}

// Serve listens on the control socket of a data folder that this process has locked, until Close.
func Serve(dir string, opts Options) (*Server, error) {
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	listener, err := listen(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, dir: dir, backups: map[string]*lease{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/backups", s.beginBackup)
	mux.HandleFunc("PUT /v1/backups/{id}", s.renewBackup)
	mux.HandleFunc("DELETE /v1/backups/{id}", s.endBackup)
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: 30 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 10 * time.Minute, IdleTimeout: 5 * time.Minute,
		ErrorLog: slog.NewLogLogger(opts.Logger.Handler(), slog.LevelDebug),
	}
	s.running.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			opts.Logger.Warn("the control socket is not served any more", "error", err)
		}
	})
	return s, nil
}

// Close stops listening and gives back what is pinned.
func (s *Server) Close() error {
	err := errors.Join(s.http.Close(), removeSocket(s.dir))
	s.mu.Lock()
	s.closed = true
	for id := range s.backups {
		s.take(id)
	}
	s.mu.Unlock()
	s.running.Wait()
	return err
}

// take takes a backup off the list and lets its watch end, which gives back the files. The caller holds mu. It reports false for one
// that is not on the list any more.
func (s *Server) take(id string) bool {
	b := s.backups[id]
	if b == nil {
		return false
	}
	delete(s.backups, id)
	close(b.end)
	return true
}

// begun is the answer to the beginning of a backup.
type begun struct {
	ID           string      `json:"id"`
	LeaseSeconds int         `json:"lease_seconds"`
	Pieces       []vfs.Piece `json:"pieces"`
}

// beginBackup pins files.
func (s *Server) beginBackup(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	b := &lease{unpin: func() {}, sign: make(chan struct{}, 1), end: make(chan struct{})}
	if err := s.admit(id, b); err != nil {
		answerError(w, err)
		return
	}
	pieces, unpin, err := s.opts.Pin(r.Context())
	if err != nil {
		s.mu.Lock()
		delete(s.backups, id)
		s.mu.Unlock()
		s.opts.Logger.Error("a backup could not begin", "error", err)
		answerError(w, err)
		s.running.Done()
		return
	}
	b.unpin = unpin
	s.opts.Logger.Info("a backup began", "backup_id", id, "files", len(pieces))
	go s.watch(id, b)
	answer(w, http.StatusCreated, begun{ID: id, LeaseSeconds: int(leaseTime / time.Second), Pieces: pieces})
}

// admit puts a backup on the list. The caller sees to it that s.running.Done is called.
func (s *Server) admit(id string, b *lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return dberr.New(dberr.Unavailable, "The server is shutting down")
	case len(s.backups) >= backupsMax:
		return dberr.New(dberr.Limit, "There are %d backups under way already", backupsMax)
	}
	s.backups[id] = b
	s.running.Add(1)
	return nil
}

// watch waits for the end of a backup, or for its client to fall silent, and gives back its files.
func (s *Server) watch(id string, b *lease) {
	defer s.running.Done()
	defer b.unpin()
	outcome := ""
	limit := s.opts.Clock.After(backupTime)
	for outcome == "" {
		select {
		case <-b.sign:
			continue
		case <-b.end:
			s.opts.Logger.Info("a backup ended", "backup_id", id)
			return
		case <-limit:
			outcome = "it took too long"
		case <-s.opts.Clock.After(leaseTime):
			outcome = "its client fell silent"
		}
	}
	s.mu.Lock()
	s.take(id)
	s.mu.Unlock()
	s.opts.Logger.Warn("a backup was given up", "backup_id", id, "reason", outcome)
}

// errGone is the answer to a client whose backup is not on the list.
var errGone = dberr.New(dberr.NotFound, "The backup is not under way (any more): the server was restarted, or it has not heard of the client for too long")

// renewBackup is a client's sign of life.
func (s *Server) renewBackup(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	b := s.backups[r.PathValue("id")]
	s.mu.Unlock()
	if b == nil {
		answerError(w, errGone)
		return
	}
	select {
	case b.sign <- struct{}{}:
	default:
	}
	w.WriteHeader(http.StatusNoContent)
}

// endBackup gives back files.
func (s *Server) endBackup(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	found := s.take(r.PathValue("id"))
	s.mu.Unlock()
	if !found {
		answerError(w, errGone)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// failure is the body of an answer that says what went wrong. Who may use the socket may know the cause.
type failure struct {
	Error string `json:"error"`
}

// answerError answers with an error.
func answerError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch dberr.KindOf(err) {
	case dberr.NotFound:
		status = http.StatusNotFound
	case dberr.Limit:
		status = http.StatusTooManyRequests
	case dberr.Unavailable:
		status = http.StatusServiceUnavailable
	}
	answer(w, status, failure{err.Error()})
}

// answer answers with JSON. A client that is gone does not hear it; its backup ends by itself.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
