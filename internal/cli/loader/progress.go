package loader

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"github.com/tidemarkdb/tidemark/internal/cli/human"
	"github.com/tidemarkdb/tidemark/internal/clock"
)

// Progress shows how a load goes, from Watch until Close.
type Progress interface {
	// Watch begins to show a load.
	Watch(l *Load)
	// Log shows a line of text. It may be called from any goroutine, also before Watch and after Close.
	Log(line string)
	// Close ends the display and waits until nothing more is written.
	Close()
}

// Quiet shows lines only.
type Quiet struct{ Out io.Writer }

// Watch does nothing.
func (Quiet) Watch(*Load) {}

// Log writes the line.
func (q Quiet) Log(line string) { _, _ = fmt.Fprintln(q.Out, line) }

// Close does nothing.
func (Quiet) Close() {}

// linesEvery is how often a load is reported where there is no terminal.
const linesEvery = 10 * time.Second

// lines reports a load with a line every ten seconds, for logs.
type lines struct {
	clock clock.Clock
	mu    sync.Mutex
	out   io.Writer
	stop  chan struct{}
	ended sync.WaitGroup
}

// NewLines returns a Progress for output that is not a terminal.
func NewLines(out io.Writer, c clock.Clock) Progress {
	return &lines{out: out, clock: c, stop: make(chan struct{})}
}

// Log writes the line at once.
func (p *lines) Log(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintln(p.out, line)
}

// Watch begins to write a line every ten seconds.
func (p *lines) Watch(l *Load) {
	p.ended.Go(func() {
		last := l.Stats()
		for {
			select {
			case <-p.stop:
				return
			case <-p.clock.After(linesEvery):
			}
			now := l.Stats()
			p.Log(reportLine(l.Phase(), last, now))
			last = now
		}
	})
}

// Close ends the lines.
func (p *lines) Close() {
	close(p.stop)
	p.ended.Wait()
}

// reportLine says how far a load is and how fast it was since the last report.
func reportLine(phase *Phase, last, now Stats) string {
	line := fmt.Sprintf("%s stored, %s", human.Plural(now.Stored, "record"), human.Rate(now.Stored-last.Stored, now.Elapsed-last.Elapsed))
	if phase != nil {
		line = phase.Name + ": " + line
		if phase.Total > 0 {
			line += fmt.Sprintf(", %d%%", min(100, 100*phase.Done()/phase.Total))
		}
	}
	return line + troubles(now)
}

// troubles names what did not go smoothly, "" if nothing.
func troubles(s Stats) string {
	text := ""
	for _, t := range []struct {
		count int64
		word  string
	}{{s.Rejected, "rejected"}, {s.Failed, "failed"}} {
		if t.count > 0 {
			text += ", " + human.Count(t.count) + " " + t.word
		}
	}
	switch {
	case s.Retries == 1:
		text += ", 1 retry"
	case s.Retries > 1:
		text += ", " + human.Count(s.Retries) + " retries"
	}
	return text
}

// barEvery is how often a progress bar is drawn.
const barEvery = 200 * time.Millisecond

// bar draws a progress bar for each phase, and under it what did not go smoothly.
type bar struct {
	out    io.Writer
	clock  clock.Clock
	writer progress.Writer
	stop   chan struct{}
	ended  sync.WaitGroup
}

// NewBar returns a Progress for a terminal of the given width.
func NewBar(out io.Writer, c clock.Clock, width int) Progress {
	w := progress.NewWriter()
	w.SetOutputWriter(out)
	w.SetTerminalWidth(width)
	w.SetUpdateFrequency(barEvery)
	w.SetTrackerPosition(progress.PositionRight)
	w.SetTrackerLength(max(10, min(30, width/4)))
	style := progress.StyleBlocks
	style.Visibility.ETA, style.Visibility.Speed, style.Visibility.Time = true, true, true
	style.Options.ETAPrecision, style.Options.TimeInProgressPrecision = time.Second, time.Second
	style.Options.TimeDonePrecision = 100 * time.Millisecond
	w.SetStyle(style)
	return &bar{out: out, clock: c, writer: w, stop: make(chan struct{})}
}

// Log shows the line above the bars. The writer prints it with the next drawing, and when it is not drawing at once.
func (p *bar) Log(line string) {
	if p.writer.IsRenderInProgress() {
		p.writer.Log("%s", line)
		return
	}
	_, _ = fmt.Fprintln(p.out, line)
}

// Watch begins to draw. A phase that another one follows is over.
func (p *bar) Watch(l *Load) {
	rendered := make(chan struct{})
	p.ended.Go(func() {
		defer close(rendered)
		p.writer.Render()
	})
	p.ended.Go(func() {
		var phase *Phase
		var tracker *progress.Tracker
		for ended := false; !ended; {
			select {
			case <-p.stop:
				ended = true
			case <-p.clock.After(barEvery):
			}
			if now := l.Phase(); now != phase && now != nil {
				finish(tracker, phase)
				phase, tracker = now, newTracker(now)
				p.writer.AppendTracker(tracker)
			}
			if tracker != nil {
				tracker.SetValue(phase.Done())
			}
			if text := troubles(l.Stats()); text != "" {
				p.writer.SetPinnedMessages(text[2:])
			}
		}
		finish(tracker, phase)
		p.stopWriter(rendered)
	})
}

// stopWriter stops the writer and waits for it. Stop has no effect on a writer that is only about to begin, so it is
// called until the writer has ended.
func (p *bar) stopWriter(rendered <-chan struct{}) {
	for {
		p.writer.Stop()
		select {
		case <-rendered:
			return
		case <-p.clock.After(10 * time.Millisecond):
		}
	}
}

// Close draws how things stand at the end.
func (p *bar) Close() {
	close(p.stop)
	p.ended.Wait()
}

// newTracker returns the bar of a phase.
func newTracker(phase *Phase) *progress.Tracker {
	units := progress.Units{Formatter: human.Count}
	if phase.Bytes {
		units.Formatter = human.Bytes
	}
	return &progress.Tracker{Message: phase.Name, Total: phase.Total, Units: units, AutoStopDisabled: true}
}

// finish draws a phase as over; a nil tracker is none.
func finish(tracker *progress.Tracker, phase *Phase) {
	if tracker != nil {
		tracker.SetValue(phase.Done())
		tracker.MarkAsDone()
	}
}
