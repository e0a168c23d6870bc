package sim

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// camera takes copies of a disk in the middle of a call: what a power cut, or a kill, would leave at that moment.
type camera struct {
	mu     sync.Mutex
	disk   *memfs.FS
	rng    *rand.Rand // of the copies that are to be taken, nil if none are
	at     int        // before which operation
	clones int        // how many
	images []*memfs.FS

	usual map[string]int // how many operations each kind of call had when it was last watched
	what  string
	seen  int
}

// newCamera returns a camera that takes nothing yet.
func newCamera() *camera { return &camera{usual: map[string]int{}} }

// watch lets the camera see the operations on a disk.
func (c *camera) watch(disk *memfs.FS, fault *faultfs.FS) {
	c.mu.Lock()
	c.disk = disk
	c.mu.Unlock()
	fault.Before(func(op faultfs.Op, name string) {
		if faultfs.Changes(op, name) {
			c.tick()
		}
	})
}

// tick counts an operation that is about to happen.
func (c *camera) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen++
	if c.rng == nil || c.seen != c.at {
		return
	}
	for range c.clones {
		c.images = append(c.images, crash(c.disk, c.rng))
	}
}

// crash returns a disk as a power cut or a kill leaves it.
func crash(disk *memfs.FS, rng *rand.Rand) *memfs.FS {
	var after *memfs.FS
	switch rng.IntN(8) {
	case 0:
		after = disk.CrashClean()
	case 1:
		return disk.CrashKeep()
	case 2:
		after = disk.CrashKeep()
		after.Evict()
		return after
	default:
		after = disk.Crash(rng)
	}
	if rng.IntN(3) == 0 {
		reserve(after, rng)
	}
	return after
}

// logHeader is the length of the header of a log file. It is durable before there is anything behind it, room included.
const logHeader = 40

// reserve puts zeros behind all log files, as they lie there on a real disk while a file is written (vfs.Reserve).
func reserve(disk *memfs.FS, rng *rand.Rand) {
	room := make([]byte, 1+rng.IntN(5000))
	for _, name := range logFiles(disk) {
		data, err := disk.Bytes(name)
		if err == nil && len(data) > logHeader {
			err = disk.SetBytes(name, append(data, room...))
		}
		if err != nil {
			panic("bug: log file that cannot be changed: " + err.Error())
		}
	}
}

// shotsPercent is how many of the calls that change something are watched.
const shotsPercent = 30

// arm decides whether copies are taken during the coming call, and when.
func (c *camera) arm(what string, rng *rand.Rand) bool {
	c.mu.Lock()
	usual := c.usual[what]
	c.mu.Unlock()
	if rng.IntN(100) >= shotsPercent {
		c.armAt(0, 0, nil)
		return false
	}
	c.armAt(1+rng.IntN(max(usual, 3)+2), 1+rng.IntN(4), rng)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.what = what
	return true
}

// armAt takes so many copies before the given operation.
func (c *camera) armAt(at, clones int, rng *rand.Rand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.clones, c.images, c.what, c.seen, c.rng = at, clones, nil, "", 0, nil
	if rng != nil {
		c.rng = rand.New(rand.NewPCG(rng.Uint64(), 0))
	}
}

// take returns the copies. If the call was over before the chosen operation they show the disk after it.
func (c *camera) take() []*memfs.FS {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rng == nil {
		return nil
	}
	if c.what != "" {
		c.usual[c.what] = c.seen
	}
	if c.seen < c.at {
		for range c.clones {
			c.images = append(c.images, crash(c.disk, c.rng))
		}
	}
	images := c.images
	c.images, c.rng = nil, nil
	return images
}

// logFiles returns the names of all log files on a disk.
func logFiles(disk *memfs.FS) (names []string) {
	for line := range strings.Lines(disk.Dump()) {
		name, _, _ := strings.Cut(line, " ")
		if strings.HasSuffix(name, ".wal") || strings.HasSuffix(name, ".log") {
			names = append(names, name)
		}
	}
	return names
}

// logSize is the length of all log files on a disk, without zeros at their ends.
func logSize(disk *memfs.FS) (n int) {
	for _, name := range logFiles(disk) {
		if data, err := disk.Bytes(name); err == nil {
			n += len(bytes.TrimRight(data, "\x00"))
		}
	}
	return n
}
