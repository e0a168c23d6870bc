package loader

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// lockedBuffer is a buffer that may be written from any goroutine.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func phased(total int64) Feed {
	return func(ctx context.Context, sink *Sink) error {
		err := sink.Begin(ctx, &Phase{Name: "history", Total: total})
		for i := range int(total) {
			err = errors.Join(err, sink.Add(ctx, sample(i), 1))
		}
		sink.Reject("2 columns", "line 7")
		return err
	}
}

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		p := NewLines(&out, clock.Real{})
		load := New(&fakeAPI{answer: func(context.Context, int, *timestreamwrite.WriteRecordsInput) error {
			time.Sleep(700 * time.Millisecond)
			return nil
		}}, Options{Log: p.Log})
		p.Log("created table d.t")
		p.Watch(load)
		if err := load.Run(t.Context(), phased(3050)); err != nil {
			t.Fatal(err)
		}
		p.Close()
		want := "created table d.t\n" +
			"history: 1,400 records stored, 140/s, 45%\n" +
			"rejected: 2 columns (line 7)\n" +
			"history: 2,800 records stored, 140/s, 91%, 1 rejected\n"
		if got := out.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// The bar shows the phase, and lines of text above it; after Close nothing is written any more.
func TestBar(t *testing.T) {
	var out lockedBuffer
	p := NewBar(&out, clock.Real{}, 100)
	p.Log("created table d.t")
	load := New(&fakeAPI{}, Options{Log: p.Log})
	p.Watch(load)
	if err := load.Run(t.Context(), phased(250)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Log("after")
	got := out.String()
	for _, want := range []string{"created table d.t\n", "history", "250", "rejected: 2 columns (line 7)", "after\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
}

// Closing at once, before the bar is drawn, does not hang.
func TestBarCloseAtOnce(t *testing.T) {
	for range 20 {
		p := NewBar(&lockedBuffer{}, clock.Real{}, 0)
		p.Watch(New(&fakeAPI{}, Options{}))
		p.Close()
	}
}

func TestTroubles(t *testing.T) {
	for want, s := range map[string]Stats{
		"": {Stored: 5}, ", 1 retry": {Retries: 1}, ", 1,000 rejected, 2 failed, 3 retries": {Rejected: 1000, Failed: 2, Retries: 3},
	} {
		if got := troubles(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
