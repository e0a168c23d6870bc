package vfs

import (
	"errors"
	"sync"
)

// Piece is what counts of one file at one moment: its first Size bytes. They do not change while the file is pinned.
type Piece struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	// Content is the bytes themselves, for a file that is replaced under its name. It is then Size long.
	Content []byte `json:"content,omitempty"`
	// Fixed says that the whole file never changes once it has this name: a copy of it from another moment is as good.
	Fixed bool `json:"fixed,omitempty"`
	// Loose says that the file may be replaced or removed at any time, and that each of its states, and its absence, is right.
	Loose bool `json:"loose,omitempty"`
}

// Pins is a file system whose files can be kept from being removed. Removing a pinned file succeeds and takes place when the last
// pin is gone; a process that ends before leaves the file behind. Whoever uses it must not give the name of a removed file to
// another one.
type Pins struct {
	FS

	mu     sync.Mutex
	count  map[string]int
	doomed map[string]bool // pinned files that are to be removed
}

// NewPins returns fs with pins.
func NewPins(fs FS) *Pins {
	return &Pins{FS: fs, count: map[string]int{}, doomed: map[string]bool{}}
}

// Remove implements FS.
func (p *Pins) Remove(name string) error {
	clean, err := CleanName(name)
	if err != nil {
		return p.FS.Remove(name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count[clean] > 0 {
		p.doomed[clean] = true
		return nil
	}
	return p.FS.Remove(clean)
}

// Link implements Linker, if the file system does.
func (p *Pins) Link(old, made string) error { return Link(p.FS, old, made) }

// Pin keeps files from being removed until unpin is called, once. The caller sees to it that they are not removed before Pin
// returns. unpin returns the errors of the removals that it catches up on.
func (p *Pins) Pin(names []string) (unpin func() error) {
	clean := make([]string, 0, len(names))
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range names {
		c, err := CleanName(name)
		if err != nil {
			panic("bug: pin of a name outside the file system: " + name)
		}
		clean = append(clean, c)
		p.count[c]++
	}
	return sync.OnceValue(func() error { return p.unpin(clean) })
}

// unpin gives pins back.
func (p *Pins) unpin(names []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed error
	for _, name := range names {
		if p.count[name]--; p.count[name] > 0 {
			continue
		}
		delete(p.count, name)
		if !p.doomed[name] {
			continue
		}
		delete(p.doomed, name)
		if err := p.FS.Remove(name); err != nil && !errors.Is(err, ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
