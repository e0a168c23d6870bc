package engine

import (
	"context"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// replays answers repeated requests with one client token by the first answer. SDKs send a new token with every call
// and the same one when they retry a call whose answer they did not get.
//
// Source: API reference of Query, "ClientToken": within 5 minutes a repeated request is the same query, one with other
// parameters fails; after 4 hours a token is new. What is kept is bounded: the oldest answers are forgotten first, and a
// forgotten token is new, too.
type replays struct {
	bytesMax int64

	mu      sync.Mutex
	byToken map[replayKey]*replay
	queue   []replayKey // of answers, in the order in which they were given; some may be gone
	bytes   int64
}

type replayKey struct{ principal, token string }

type replay struct {
	text    string
	maxRows int
	insight bool
	at      time.Time
	ready   chan struct{} // closed when page is there or the attempt failed
	page    *QueryPage    // nil after a failure
	bytes   int64
}

// Windows of client tokens.
const (
	clientTokenSame = 5 * time.Minute
	clientTokenNew  = 4 * time.Hour
)

func (r *replays) init(bytesMax int64) {
	r.bytesMax = bytesMax
	r.byToken = map[replayKey]*replay{}
}

// size returns how much memory the answers take.
func (r *replays) size() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// claim returns the answer that a request repeats, or a claim to be settled by the caller, who must run the query. Without
// a client token both are nil.
func (r *replays) claim(ctx context.Context, req QueryRequest, now time.Time) (*QueryPage, *replay, error) {
	if req.ClientToken == "" {
		return nil, nil, nil
	}
	key := replayKey{req.Principal, req.ClientToken}
	for {
		r.mu.Lock()
		have, ok := r.byToken[key]
		if ok && now.Sub(have.at) > clientTokenNew {
			r.forget(key)
			ok = false
		}
		if !ok {
			mine := &replay{text: req.QueryString, maxRows: req.MaxRows, insight: req.Insights, at: now, ready: make(chan struct{})}
			r.byToken[key] = mine
			r.mu.Unlock()
			return nil, mine, nil
		}
		r.mu.Unlock()
		if have.text != req.QueryString || have.maxRows != req.MaxRows || have.insight != req.Insights {
			return nil, nil, dberr.New(dberr.Invalid, "The ClientToken was used before in a request with other parameters")
		}
		if now.Sub(have.at) > clientTokenSame {
			return nil, nil, dberr.New(dberr.Invalid, "The ClientToken was used before, more than %d minutes ago", int(clientTokenSame.Minutes()))
		}
		select {
		case <-have.ready:
		case <-ctx.Done():
			return nil, nil, dberr.Wrap(dberr.Execution, ctx.Err(), "The request was given up by its caller")
		}
		if have.page != nil {
			return have.page, nil, nil
		}
	}
}

// settle gives a claim its answer; nil if there is none because the query failed.
func (r *replays) settle(req QueryRequest, mine *replay, page *QueryPage) {
	if mine == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(mine.ready)
	key := replayKey{req.Principal, req.ClientToken}
	if page == nil {
		if r.byToken[key] == mine {
			delete(r.byToken, key)
		}
		return
	}
	mine.page = page
	mine.bytes = int64(len(req.QueryString)+len(req.ClientToken)) + 512
	if page.Page != nil {
		mine.bytes += int64(page.Page.Size())
	}
	if r.byToken[key] != mine { // it took hours, and the token is new meanwhile
		return
	}
	r.bytes += mine.bytes
	r.queue = append(r.queue, key)
	for len(r.queue) > 0 && (r.bytes > r.bytesMax || r.outdated(r.queue[0], mine.at)) {
		r.forget(r.queue[0])
		r.queue = r.queue[1:]
	}
}

// withdraw drops an answer, which leads nowhere any more: the request is new when it is repeated.
func (r *replays) withdraw(req QueryRequest, page *QueryPage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := replayKey{req.Principal, req.ClientToken}
	if have := r.byToken[key]; have != nil && have.page == page {
		r.forget(key)
	}
}

// outdated reports whether there is no answer for a token, or one that does not count any more. The caller holds r.mu.
func (r *replays) outdated(key replayKey, now time.Time) bool {
	have := r.byToken[key]
	return have == nil || now.Sub(have.at) > clientTokenNew
}

// forget drops the answer for a token, if there is one. One that is still being made stays. The caller holds r.mu.
func (r *replays) forget(key replayKey) {
	if have := r.byToken[key]; have != nil && have.page != nil {
		r.bytes -= have.bytes
		delete(r.byToken, key)
	}
}
