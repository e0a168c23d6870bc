//go:build unix

// Package crash_test kills a real server with SIGKILL, again and again on one growing data folder, while several clients
// write, while it moves rows from memory to segments, while it starts and while it stops. After each kill it starts the
// server again and checks over the API that every acknowledged record is there once, with its newest acknowledged values,
// all of one version; that a request without an answer is there whole or not at all; and that nothing else is there.
//
//	go test ./test/crash                             thirty kills
//	go test ./test/crash -kills 500 -timeout 1h      hundreds
//	go test ./test/crash -seed 42                    the same choices again (where a kill hits depends on the machine, too)
//
// A killed process loses nothing that it has handed to the system: what a power cut leaves of unsynced bytes is tested on
// simulated disks in internal/storage and internal/sim.
//
// Where to find what:
//
//	crash_test.go    the life of a server: start, check, write, kill
//	moment_test.go   the moments of kills
//	record_test.go   records whose values all follow from one number
//	client_test.go   clients that write and note what was acknowledged
//	compose_test.go  what their requests are made of
//	ledger_test.go   what must be stored
//	check_test.go    comparing what is stored with the ledger
//	tables_test.go   a client that makes and deletes tables
//	stop_test.go     stopping in good order, and starts that must fail
package crash_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/test/process"
)

var (
	killsFlag = flag.Int("kills", 0, "how many times the server is killed; 0: 30, or 6 with -short")
	seedFlag  = flag.Uint64("seed", 0, "what random choices follow from; 0: another one each time")
)

// buildDir is the folder of the program under test.
var buildDir string

// buildOnce builds the program, when the first test needs it: Go's test cache does not see what happens before the tests.
var buildOnce = sync.OnceValues(func() (string, error) { return process.Build(buildDir) })

// TestMain makes and removes the folder of the program.
func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if buildDir, err = os.MkdirTemp("", "tidemark-crash"); err == nil {
		err = os.Chmod(buildDir, 0o755) // a test runs the program as another user
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}

// program returns the path of the program under test.
func program(t *testing.T) string {
	t.Helper()
	binary, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// killsPerFolder is after how many kills a new folder is begun, so that hundreds do not have to read more and more rows.
const killsPerFolder = 50

// fullCheckEvery is after how many kills every single row is read; the others compare sums.
const fullCheckEvery = 8

// TestKill kills servers.
func TestKill(t *testing.T) {
	kills := *killsFlag
	if kills == 0 {
		kills = 30
		if testing.Short() {
			kills = 6
		}
	}
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d; repeat with: go test ./test/crash -run TestKill -kills %d -seed %d", seed, kills, seed)
	for n := 0; kills > 0; n++ {
		l := newLives(t, rand.New(rand.NewPCG(seed, uint64(n))))
		l.run(min(kills, killsPerFolder))
		kills -= killsPerFolder
	}
}

// lives is a data folder and the servers that live on it, one after the other.
type lives struct {
	t       *testing.T
	random  *rand.Rand
	data    string
	ledger  *ledger
	clients []*client
	tables  *tableClient
	coming  []moment // of the next kills
	killed  [momentCount]int
}

// clientCount is how many clients write records. One more makes and deletes tables.
const clientCount = 4

func newLives(t *testing.T, random *rand.Rand) *lives {
	l := &lives{t: t, random: random, data: filepath.Join(t.TempDir(), "data"), ledger: newLedger()}
	for i := range clientCount {
		l.clients = append(l.clients, newClient(l.ledger, i, rand.New(rand.NewPCG(random.Uint64(), random.Uint64()))))
	}
	l.tables = newTableClient(rand.New(rand.NewPCG(random.Uint64(), random.Uint64())))
	return l
}

// run kills the given number of servers, then stops one in good order and checks a last time.
func (l *lives) run(kills int) {
	began := time.Now()
	for life := range kills {
		m := l.nextMoment()
		if m == starting {
			l.killStarting()
			continue
		}
		s := l.start()
		l.check(s, life%fullCheckEvery == 0)
		l.live(s, life, m)
	}
	s := l.start()
	l.check(s, true)
	l.stop(s)
	s = l.start()
	l.check(s, true)
	l.stop(s)
	if l.segments() == 0 && kills >= 20 {
		l.t.Error("there are no segments: the servers never moved rows out of memory, and kills never hit that")
	}
	l.t.Logf("%d kills in %.1f s: %s; %s; %d segments", kills, time.Since(began).Seconds(), l.moments(), l.ledger.summary(), l.segments())
}

// options are those of the servers: little memory, so that they often move rows to segments.
func (l *lives) options() process.Options {
	return process.Options{Binary: program(l.t), Data: l.data, Args: []string{"--memstore-mib", "1"}}
}

// start starts a server, which must open the folder without complaint.
func (l *lives) start() *process.Server {
	l.t.Helper()
	s, err := process.Start(l.options())
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(s.Kill)
	return s
}

// live lets the clients write to a server until it is killed.
func (l *lives) live(s *process.Server, life int, m moment) {
	l.t.Helper()
	var running sync.WaitGroup
	for _, c := range l.clients {
		c.begin(s, life)
		running.Go(c.write)
	}
	l.tables.begin(s)
	running.Go(l.tables.write)
	l.awaitMoment(m)
	for _, c := range l.clients {
		c.dying.Store(true)
	}
	l.tables.dying.Store(true)
	if m == stopping {
		l.signal(s)
	}
	s.Kill()
	running.Wait()
	l.killed[m]++
	for _, c := range l.clients {
		l.report(c.err)
	}
	l.report(l.tables.err)
	if out := s.Stderr(); out != "" {
		l.t.Errorf("the server complained: %s", out)
	}
}

// stop ends a server in good order.
func (l *lives) stop(s *process.Server) {
	l.t.Helper()
	code, err := s.Stop(os.Interrupt)
	if err != nil || code != 0 || s.Stderr() != "" {
		l.t.Fatalf("stop: exit code %d, %v, %s", code, err, s.Stderr())
	}
}

// report fails the test for an error of a client.
func (l *lives) report(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Error(err)
	}
}

// segments counts the segments in the data folder.
func (l *lives) segments() int {
	names, _ := filepath.Glob(filepath.Join(l.data, "data", "tables", "*", "*.seg"))
	return len(names)
}
