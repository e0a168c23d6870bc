package gate_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/gate"
)

const waitMax = 10 * time.Second

// newGate returns a gate with settable room.
func newGate(room int64) (*gate.Gate, *atomic.Int64) {
	var n atomic.Int64
	n.Store(room)
	return gate.New(clock.Real{}, waitMax, n.Load), &n
}

// outcome is what became of a caller.
type outcome struct {
	name  string
	err   error
	after time.Duration
}

// enter sends a caller in and waits until he is inside or held back.
func enter(ctx context.Context, g *gate.Gate, name string, bytes int64, to chan<- outcome) {
	began := time.Now()
	go func() {
		err := g.Enter(ctx, bytes)
		to <- outcome{name, err, time.Since(began)}
	}()
	synctest.Wait()
}

func TestWhoFitsGoesInAtOnce(t *testing.T) {
	g, _ := newGate(100)
	if !g.TryEnter(60) || !g.TryEnter(40) {
		t.Fatal("held back although there is room")
	}
	if g.TryEnter(1) {
		t.Error("let in although it is full")
	}
	g.Leave(60)
	if g.Inside() != 40 || !g.TryEnter(60) {
		t.Error("leaving made no room")
	}
}

func TestOneWhoNeverFitsGoesInAlone(t *testing.T) {
	g, room := newGate(100)
	if !g.TryEnter(500) {
		t.Fatal("held back although nobody is inside")
	}
	if g.TryEnter(1) {
		t.Error("let in beside one who takes it all")
	}
	g.Leave(500)
	room.Store(0)
	if g.TryEnter(1) {
		t.Error("let in although there is no room at all")
	}
}

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGate(100)
		g.TryEnter(100)
		out := make(chan outcome, 10)
		enter(t.Context(), g, "large", 80, out)
		enter(t.Context(), g, "small", 10, out)
		if g.TryEnter(0) {
			t.Error("let in before those who wait")
		}
		g.Leave(50)
		synctest.Wait()
		if len(out) > 0 {
			t.Errorf("%s went in before the first fits", (<-out).name)
		}
		time.Sleep(time.Second)
		g.Leave(50)
		synctest.Wait()
		for range 2 {
			if o := <-out; o.err != nil || o.after != time.Second {
				t.Errorf("%s: %v after %s", o.name, o.err, o.after)
			}
		}
		if g.Inside() != 90 || g.Waiting() != 0 {
			t.Errorf("%d bytes inside, %d waiting", g.Inside(), g.Waiting())
		}
	})
}

func TestMoreRoomLetsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, room := newGate(0)
		out := make(chan outcome, 1)
		enter(t.Context(), g, "a", 10, out)
		room.Store(10)
		g.Look()
		if o := <-out; o.err != nil {
			t.Error(o.err)
		}
	})
}

func TestNobodyWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGate(100)
		g.TryEnter(95)
		out := make(chan outcome, 3)
		ctx, cancel := context.WithCancel(t.Context())
		enter(ctx, g, "large", 80, out)
		enter(t.Context(), g, "large too", 80, out)
		enter(t.Context(), g, "small", 5, out)
		time.Sleep(time.Second)
		cancel()
		if o := <-out; o.name != "large" || !errors.Is(o.err, context.Canceled) || o.after != time.Second {
			t.Errorf("%+v", o)
		}
		// The second runs out of time; the third then has nobody before it.
		got := map[string]outcome{}
		for range 2 {
			o := <-out
			got[o.name] = o
		}
		if o := got["large too"]; !errors.Is(o.err, gate.ErrTimeout) || o.after != waitMax {
			t.Errorf("%+v", o)
		}
		if o := got["small"]; o.after != waitMax || o.err != nil && !errors.Is(o.err, gate.ErrTimeout) {
			t.Errorf("%+v", o)
		}
		if err := g.Enter(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGate(100)
		g.TryEnter(100)
		out := make(chan outcome, 1)
		enter(t.Context(), g, "a", 1, out)
		g.Close()
		if o := <-out; !errors.Is(o.err, gate.ErrClosed) {
			t.Errorf("%+v", o)
		}
		if err := g.Enter(t.Context(), 1); !errors.Is(err, gate.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		g.Leave(100)
		g.Close()
		if g.Inside() != 0 || g.Waiting() != 0 {
			t.Errorf("%d bytes inside, %d waiting", g.Inside(), g.Waiting())
		}
	})
}

// Whatever comes and goes, no more is inside than there is room for, and in the end nothing is.
func TestManyAtOnce(t *testing.T) {
	g, _ := newGate(100)
	var inside atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for k := range 500 {
				n := int64((i*7+k)%60 + 1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(k%3)*time.Millisecond)
				if err := g.Enter(ctx, n); err == nil {
					if now := inside.Add(n); now > 100 {
						t.Errorf("%d bytes inside", now)
					}
					inside.Add(-n)
					g.Leave(n)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if g.Inside() != 0 || g.Waiting() != 0 {
		t.Errorf("%d bytes inside, %d waiting", g.Inside(), g.Waiting())
	}
}
