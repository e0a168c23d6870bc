package mergeplan

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const mib = 1 << 20

// window is a window of time on its way: what is flushed into it is merged as the rules say.
type window struct {
	layers  []Layer
	flushed int64
	merged  int64
	most    int // layers at a time
}

// flush adds a layer and merges while there is something to merge.
func (w *window) flush(r Rules, bytes int64, now time.Time) {
	w.layers = append(w.layers, Layer{bytes, now})
	w.flushed += bytes
	for chosen := r.Tier(w.layers); chosen != nil; chosen = r.Tier(w.layers) {
		w.merge(chosen)
	}
	w.most = max(w.most, r.Backlog(w.layers))
}

// settle does what is to be done for the window at a time.
func (w *window) settle(r Rules, now time.Time, credit *Credit) {
	for chosen := r.Settle(w.layers, now, credit); chosen != nil; chosen = r.Settle(w.layers, now, credit) {
		w.merge(chosen)
	}
}

// merge makes one layer of some; nothing in them is a duplicate.
func (w *window) merge(chosen []int) {
	in := map[int]bool{}
	for _, i := range chosen {
		in[i] = true
	}
	var made Layer
	var kept []Layer
	for i, l := range w.layers {
		if !in[i] {
			kept = append(kept, l)
			continue
		}
		made.Bytes += l.Bytes
		if l.Since.After(made.Since) {
			made.Since = l.Since
		}
	}
	w.merged += made.Bytes
	w.layers = append(kept, made)
}

// Rows that come in order are written 3 to 7 times, the flush and the last merge included, and a window never has many layers
// that are short.
func TestOrderedIngest(t *testing.T) {
	r := Rules{FanIn: 4, SettleAfter: 10 * time.Minute}
	for _, c := range []struct {
		name    string
		flushes int
		bytes   int64
		most    float64 // writes of a byte
	}{
		{"a small day", 20, 4 * mib, 4},
		{"a usual day", 200, 4 * mib, 6},
		{"a thousand short flushes", 1000, mib / 8, 7},
		{"forty times what is merged while rows come in", 10_000, 4 * mib, 6.5},
	} {
		rng := rand.New(rand.NewPCG(1, uint64(c.flushes)))
		for _, jitter := range []float64{0, 0.5} {
			var w window
			var credit Credit
			now := time.Unix(0, 0)
			for range c.flushes {
				w.flush(r, int64(float64(c.bytes)*(1+jitter*(rng.Float64()-0.5))), now)
				now = now.Add(time.Second)
				w.settle(r, now, &credit)
			}
			w.settle(r, now.Add(100*r.SettleAfter), &credit)
			amplification := float64(w.flushed+w.merged) / float64(w.flushed)
			if amplification > c.most || w.most > BacklogSoft || len(w.layers) != 1 {
				t.Errorf("%s: bytes are written %.1f times, %d layers at a time, %d at the end", c.name, amplification, w.most, len(w.layers))
			}
			t.Logf("%s: %.2f, %d layers", c.name, amplification, w.most)
		}
	}
}

// Late rows that are sprinkled over a season do not have every day rewritten over and over.
func TestLateRowsOverManyWindows(t *testing.T) {
	r := Rules{FanIn: 4, SettleAfter: 10 * time.Minute}
	now := time.Unix(0, 0)
	windows := make([]window, 90)
	for i := range windows {
		windows[i].layers = []Layer{{200 * mib, now}}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var credit Credit
	var flushed, merged int64
	most := 0
	for range 400 { // a flush every hour, for two weeks and more
		now = now.Add(time.Hour)
		flushed, merged = 0, 0
		for i := range windows {
			w := &windows[i]
			if rng.IntN(4) > 0 {
				w.flush(r, 1+rng.Int64N(64<<10), now)
			}
			w.settle(r, now, &credit)
			flushed, merged, most = flushed+w.flushed, merged+w.merged, max(most, w.most)
		}
		credit.Flushed(flushed)
		if merged > (gainful+creditPerByte)*flushed+creditBytes {
			t.Fatalf("%d MiB were flushed, %d merged", flushed/mib, merged/mib)
		}
	}
	t.Logf("%d MiB were flushed, %d merged; %d layers", flushed/mib, merged/mib, most)
	if most > BacklogSoft {
		t.Errorf("%d layers in a window", most)
	}
}

func TestSettleWaitsTheLongerTheLessItGains(t *testing.T) {
	r := Rules{FanIn: 4, SettleAfter: time.Minute}
	flushed := time.Unix(1000, 0)
	for _, c := range []struct {
		layers []int64
		after  time.Duration
		want   int
	}{
		{[]int64{100}, time.Hour, 0},
		{[]int64{100, 100}, 59 * time.Second, 0},
		{[]int64{100, 100}, time.Minute, 2},
		{[]int64{100, 400}, 3 * time.Minute, 0},
		{[]int64{100, 400}, 4 * time.Minute, 2},
		{[]int64{100, 60, 40, 200}, time.Minute, 4},
	} {
		var list []Layer
		for _, b := range c.layers {
			list = append(list, Layer{b, flushed})
		}
		if got := r.Settle(list, flushed.Add(c.after), &Credit{}); len(got) != c.want {
			t.Errorf("%v after %s: %d layers, want %d", c.layers, c.after, len(got), c.want)
		}
	}
}

// Merges of little gain end with the credit and go on with what is flushed.
func TestCredit(t *testing.T) {
	r := Rules{FanIn: 4, SettleAfter: time.Minute}
	list := []Layer{{creditBytes / 2, time.Unix(0, 0)}, {1 * mib, time.Unix(0, 0)}}
	now := time.Unix(0, 0).Add(1000 * time.Hour)
	var credit Credit
	settled := func() bool { return r.Settle(list, now, &credit) != nil }
	if !settled() || settled() {
		t.Error("a gigabyte is there at the start, no more")
	}
	credit.Flushed(mib / 4)
	if settled() {
		t.Error("merged without credit")
	}
	credit.Flushed(creditBytes)
	if !settled() {
		t.Error("flushing gives no credit")
	}
	if list[1].Bytes = list[0].Bytes / 4; r.Settle(list, now, &Credit{taken: math.MaxInt64 / 2}) == nil {
		t.Error("what gains much needs no credit")
	}
}

func TestShare(t *testing.T) {
	for backlog, want := range map[int]float64{0: 0.25, BacklogSoft: 0.25, (BacklogSoft + BacklogFull) / 2: 0.625, BacklogFull: 1, 1000: 1} {
		if got := Share(0.25, backlog); got != want {
			t.Errorf("share at %d layers: %f, want %f", backlog, got, want)
		}
	}
}

// sleeper is a clock that moves when somebody waits.
type sleeper struct{ now time.Time }

func (s *sleeper) Now() time.Time { return s.now }

func (s *sleeper) After(d time.Duration) <-chan time.Time {
	s.now = s.now.Add(d)
	ch := make(chan time.Time, 1)
	ch <- s.now
	return ch
}

// The share is held over any mixture of short and long work, by one who merges and by two in turns.
func TestPacerHoldsTheShare(t *testing.T) {
	for _, workers := range []int{1, 2} {
		c := &sleeper{time.Unix(0, 0)}
		p := NewPacer(c, func() float64 { return 0.2 })
		rng := rand.New(rand.NewPCG(5, 6))
		var shifts []*Shift
		for range workers {
			shifts = append(shifts, p.Begin())
		}
		for range 20_000 {
			s := shifts[rng.IntN(workers)]
			s.begun = c.now // the other one's work is not its own
			c.now = c.now.Add(time.Duration(rng.Int64N(int64(20 * time.Millisecond))))
			if err := s.Rest(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		worked, _ := p.Worked()
		if share := float64(worked) / float64(c.now.Sub(time.Unix(0, 0))); share > 0.205 || share < 0.18 {
			t.Errorf("%d workers: a share of %.3f", workers, share)
		}
	}
}

func TestPacerWithoutRests(t *testing.T) {
	c := &sleeper{time.Unix(0, 0)}
	p := NewPacer(c, func() float64 { return 1 })
	s := p.Begin()
	for range 100 {
		c.now = c.now.Add(time.Second)
		if err := s.Rest(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.End()
	if worked, rested := p.Worked(); worked != 100*time.Second || rested != 0 {
		t.Errorf("worked %s, rested %s", worked, rested)
	}
	if err := (*Shift)(nil).Rest(t.Context()); err != nil {
		t.Error(err)
	}
}

// A rest ends with its context, and a slice that waited for the disk for an hour does not put off the next one for long.
func TestRestsAreBounded(t *testing.T) {
	c := &sleeper{time.Unix(0, 0)}
	p := NewPacer(c, func() float64 { return 0.01 })
	s := p.Begin()
	c.now = c.now.Add(time.Hour)
	if err := s.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, rested := p.Worked(); rested != restMax {
		t.Errorf("rested %s", rested)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Rest(ctx); err == nil {
		t.Error("goes on after its context has ended")
	}
}
