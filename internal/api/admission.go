package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/gate"
)

// Requests are let in one after the other as long as there is memory for them: for a body and what is decoded from it,
// until the answer is made. The others wait before their body is read, which holds back their clients, and are throttled
// when that takes too long. Writes have memory of their own, so that queries get through while writes wait for the disk.

// How memory is taken for requests.
const (
	requestBytesDefault = 64 << 20         // Options.WriteBytesMax and OtherBytesMax
	requestWaitMax      = 10 * time.Second // how long a request waits
	// bodyFactor is how many times its length a request takes: the body, the records in it, and the cells made of them.
	bodyFactor = 3
	// unannounced is the length that is assumed of a body without one. SDKs always announce it. If it turns out to be longer, the
	// longest there may be is assumed.
	unannounced = 1 << 20
	// bodyWithin is how long a body may take to come, with the time that it waits for memory. While it comes it keeps others out.
	bodyWithin = requestWaitMax + 30*time.Second
	// answerWithin is how long a client may take to read an answer.
	answerWithin = time.Minute
	// headersMax is how many headers a request may have. SDKs send about fifteen.
	headersMax = 100
)

// doors are where requests wait.
type doors struct{ writes, others *gate.Gate }

// newDoors makes the doors as the options ask.
func newDoors(opts *Options) doors {
	door := func(bytesMax int64) *gate.Gate {
		return gate.New(opts.Clock, requestWaitMax, func() int64 { return bytesMax })
	}
	return doors{writes: door(opts.WriteBytesMax), others: door(opts.OtherBytesMax)}
}

// admit waits until there is memory for a request. The caller calls c.leave when it is carried out.
func (h *handler) admit(c *call) error {
	door := h.doors.others
	if c.operation == writeRecords {
		door = h.doors.writes
	}
	length := c.r.ContentLength
	if length < 0 {
		length = unannounced
	}
	return c.enter(door, bodyFactor*min(length, h.opts.BodyBytesMax))
}

// admitLong waits until there is memory for the longest body instead of for what was assumed. Meanwhile nothing is taken, so that
// requests that wait here do not wait for each other.
func (h *handler) admitLong(c *call) error {
	c.door.Leave(c.taken)
	c.taken = 0
	return c.enter(c.door, bodyFactor*h.opts.BodyBytesMax)
}

// enter waits at a door.
func (c *call) enter(door *gate.Gate, bytes int64) error {
	if err := door.Enter(c.r.Context(), bytes); err != nil {
		if errors.Is(err, gate.ErrTimeout) {
			return dberr.New(dberr.Throttled, "Request rate limit exceeded: requests under way hold all of the memory that there is for them")
		}
		return err // the client has gone away
	}
	c.door, c.taken = door, bytes
	return nil
}

// leave gives back what admit took.
func (c *call) leave() {
	c.door.Leave(c.taken)
	c.door = nil
}

// limitBodyTime sets a time for the body of a request to come. It stays in force, also for what the server reads of a body that
// nobody wants, until liftBodyTime. The deadline is the operating system's business, and so in real time.
func (h *handler) limitBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// An error says that there is no connection, but a test's recorder.
		_ = http.NewResponseController(w).SetReadDeadline(clock.Real{}.Now().Add(h.opts.BodyWithin))
	}
}

// liftBodyTime takes the time back when the body is there. The connection is read on, to notice when the client goes away.
func (h *handler) liftBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // as above
	}
}

// limitAnswerTime sets a time for the client to read the answer that is written next.
func (h *handler) limitAnswerTime(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(clock.Real{}.Now().Add(h.opts.AnswerWithin)) // as above
}

// tooManyHeaders reports whether a request has more headers than any client needs.
func tooManyHeaders(h http.Header) bool {
	n := 0
	for _, values := range h {
		n += len(values)
	}
	return n > headersMax
}
