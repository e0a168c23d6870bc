//go:build unix

package crash_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tidemarkdb/tidemark/test/process"
)

// moment is when a server is killed.
type moment int

// The moments.
const (
	writing  moment = iota // at any time while clients write
	flushing               // when files of a flush or a merge have just appeared
	starting               // between the start of the process and the first answer
	stopping               // after it was asked to stop
	momentCount
)

// momentNames are the names of the moments, in their order.
var momentNames = [momentCount]string{"while writing", "while flushing", "while starting", "while stopping"}

// deck is how often each moment comes in every ten kills.
var deck = [...]moment{writing, writing, writing, flushing, flushing, flushing, starting, starting, stopping, stopping}

// nextMoment picks a moment. In every ten kills all of them come, in random order.
func (l *lives) nextMoment() moment {
	if len(l.coming) == 0 {
		for _, i := range l.random.Perm(len(deck)) {
			l.coming = append(l.coming, deck[i])
		}
	}
	m := l.coming[0]
	l.coming = l.coming[1:]
	return m
}

// moments says how many kills there were of each kind.
func (l *lives) moments() string {
	var parts []string
	for m, n := range l.killed {
		parts = append(parts, fmt.Sprintf("%d %s", n, momentNames[m]))
	}
	return strings.Join(parts, ", ")
}

// Bounds of waiting for a moment.
const (
	writingMax  = 400 * time.Millisecond
	flushWait   = 3 * time.Second
	flushMax    = 20 * time.Millisecond // a flush of a MiB takes about this long
	startingMax = 60 * time.Millisecond
	stoppingMax = 20 * time.Millisecond
)

// pause sleeps for a random time, more often a short one: half of them are below a quarter of longest.
func (l *lives) pause(longest time.Duration) {
	u := l.random.Float64()
	time.Sleep(time.Duration(u * u * float64(longest)))
}

// awaitMoment returns when the server is to be killed.
func (l *lives) awaitMoment(m moment) {
	if m != flushing {
		time.Sleep(time.Duration(l.random.Int64N(int64(writingMax))))
		return
	}
	before := l.files()
	for deadline := time.Now().Add(flushWait); time.Now().Before(deadline); time.Sleep(500 * time.Microsecond) {
		if l.files() != before {
			l.pause(flushMax)
			return
		}
	}
	l.t.Logf("no flush within %s", flushWait)
}

// files returns a text that changes when the server begins a new log file, an index file, a segment or a manifest.
func (l *lives) files() string {
	var names strings.Builder
	_ = filepath.WalkDir(filepath.Join(l.data, "data"), func(path string, _ fs.DirEntry, _ error) error {
		names.WriteString(path)
		return nil
	})
	return names.String()
}

// killStarting kills a server that starts.
func (l *lives) killStarting() {
	s, err := process.Launch(l.options())
	if err != nil {
		l.t.Fatal(err)
	}
	l.pause(startingMax)
	s.Kill()
	l.killed[starting]++
}

// signal asks a server to stop and leaves it a little time.
func (l *lives) signal(s *process.Server) {
	if err := s.Signal(syscall.SIGTERM); err != nil {
		l.t.Error(err)
	}
	l.pause(stoppingMax)
}
