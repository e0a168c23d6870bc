package schedule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// What is promised of notifications: each is kept in the catalog, together with the change that it is about, until every
// webhook of its topic has taken it (a status of 2xx). It is sent again after a failure, for an hour, and after a restart, then
// to all of them and for an hour again: a webhook may get it more than once, and tells repetitions by the message id. A webhook
// gets its notifications in their order, but one that it refuses lets the next go first. More than catalog.NoticesMax are not kept.
//
// Webhooks do not wait for each other. One that is in trouble (no answer, or a status of 5xx or 429) is left alone for a while, so
// that no number of notifications keeps a connection to it busy.

// Limits of deliveries.
const (
	deliverAgeMax   = time.Hour // since this server has known of the notification
	deliverPauseMax = 5 * time.Minute
	deliverersMax   = 16 // webhooks at the same time
)

// notifier delivers the notifications that wait in the catalog.
type notifier struct {
	engine   *engine.Engine
	webhooks func(string) []Webhook
	clock    clock.Clock
	logger   *slog.Logger
	client   *http.Client
	wake     chan struct{}

	mu      sync.Mutex
	pending map[uint64]*delivery // the notifications that waited when due looked last
	hooks   map[Webhook]*hookState
}

// delivery is a notification on its way.
type delivery struct {
	seen time.Time
	to   map[Webhook]*attempts
}

// attempts is what happened to a notification at one webhook.
type attempts struct {
	retry
	taken bool
}

// hookState is what is known of a webhook.
type hookState struct {
	retry
	busy bool // it is being delivered to
}

// retry counts failures and says when the next attempt may be made.
type retry struct {
	failures  int
	notBefore time.Time
	last      error // why the last attempt failed
}

// failed notes a failure.
func (r *retry) failed(now time.Time, why error) {
	r.failures++
	r.last = why
	r.notBefore = now.Add(min(time.Second<<min(r.failures-1, 10), deliverPauseMax))
}

func newNotifier(opts *Options) *notifier {
	n := &notifier{engine: opts.Engine, webhooks: opts.Webhooks, clock: opts.Clock, logger: opts.Logger, wake: make(chan struct{}, 1),
		pending: map[uint64]*delivery{}, hooks: map[Webhook]*hookState{}}
	n.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if n.webhooks == nil {
		n.webhooks = func(string) []Webhook { return nil }
	}
	return n
}

// look asks for a look at what waits.
func (n *notifier) look() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends, and waits for what is under way.
func (n *notifier) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		work, over, until := n.due()
		n.drop(over...)
		for hook, notices := range work {
			running.Go(func() {
				n.deliverAll(ctx, hook, notices)
				n.look()
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		case <-n.clock.After(until.Sub(n.clock.Now())):
		}
	}
}

// due returns the notifications to deliver now, by webhook, and marks those webhooks as busy; and the notifications that nobody waits
// for any more, or that are given up; and when to look again if nothing changes.
func (n *notifier) due() (work map[Webhook][]*engine.Notice, over []uint64, until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, busy := n.clock.Now(), 0
	for _, h := range n.hooks {
		if h.busy {
			busy++
		}
	}
	pause := lookEvery
	work = map[Webhook][]*engine.Notice{}
	wait := func(until time.Time) bool {
		left := until.Sub(now)
		if left > 0 {
			pause = min(pause, left)
		}
		return left > 0
	}
	known := n.pending
	n.pending = map[uint64]*delivery{}
	for _, notice := range n.engine.Notices() {
		d := known[notice.ID]
		if d == nil {
			d = &delivery{seen: now, to: map[Webhook]*attempts{}}
		}
		n.pending[notice.ID] = d
		hooks := n.missing(notice, d)
		if len(hooks) == 0 || now.Sub(d.seen) > deliverAgeMax {
			over = append(over, notice.ID)
			if len(hooks) > 0 {
				n.logger.Warn("a notification was given up", "topic", notice.Topic, "type", notice.Type, "webhooks", len(hooks), "error", n.whyMissing(hooks[0], d))
			}
			continue
		}
		for _, hook := range hooks {
			h := n.hooks[hook]
			if h == nil {
				h = &hookState{}
				n.hooks[hook] = h
			}
			begun := len(work[hook]) > 0
			if h.busy || !begun && busy+len(work) >= deliverersMax || wait(h.notBefore) || wait(d.to[hook].notBefore) {
				continue
			}
			if list := work[hook]; begun && list[len(list)-1] == notice {
				continue // a webhook that was named twice
			}
			work[hook] = append(work[hook], notice)
		}
	}
	for hook := range work {
		n.hooks[hook].busy = true
	}
	return work, over, now.Add(pause)
}

// missing returns the webhooks that have not taken a notification yet. The caller holds mu.
func (n *notifier) missing(notice *engine.Notice, d *delivery) []Webhook {
	var out []Webhook
	for _, hook := range n.webhooks(notice.Topic) {
		a := d.to[hook]
		if a == nil {
			a = &attempts{}
			d.to[hook] = a
		}
		if !a.taken {
			out = append(out, hook)
		}
	}
	return out
}

// whyMissing returns why a webhook has not taken a notification: it refused it, or was in trouble all the time. The caller holds mu.
func (n *notifier) whyMissing(hook Webhook, d *delivery) error {
	if why := d.to[hook].last; why != nil {
		return why
	}
	if h := n.hooks[hook]; h != nil && h.last != nil {
		return h.last
	}
	return errors.New("there was no time for it")
}

// deliverAll delivers notifications to one webhook in order, until it is in trouble. Afterwards it is not busy any more.
func (n *notifier) deliverAll(ctx context.Context, hook Webhook, notices []*engine.Notice) {
	defer func() {
		n.mu.Lock()
		n.hooks[hook].busy = false
		n.mu.Unlock()
	}()
	for _, notice := range notices {
		failed := n.send(ctx, notice, hook)
		if ctx.Err() != nil {
			return
		}
		if n.settle(notice, hook, failed) {
			n.drop(notice.ID)
		}
		if failed != nil && failed.troubled() {
			return
		}
	}
}

// settle notes how a delivery ended. It reports whether all webhooks have the notification.
func (n *notifier) settle(notice *engine.Notice, hook Webhook, failed *webhookError) (done bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, h, d := n.clock.Now(), n.hooks[hook], n.pending[notice.ID]
	if failed == nil || !failed.troubled() {
		h.retry = retry{}
	} else {
		h.failed(now, failed)
	}
	if d == nil { // given up meanwhile
		return false
	}
	if failed != nil {
		d.to[hook].failed(now, failed)
		return false
	}
	d.to[hook].taken = true
	return len(n.missing(notice, d)) == 0
}

// drop forgets notifications. Those that cannot be forgotten are tried again at the next look.
func (n *notifier) drop(ids ...uint64) {
	if len(ids) == 0 {
		return
	}
	if err := n.engine.DropNotices(ids...); err != nil {
		n.logger.Warn("delivered notifications could not be forgotten", "notifications", len(ids), "error", err)
	}
}
