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
	// otherBodyMax is how long the body of other requests than WriteRecords may be: the longest statement, with all of its characters
	// escaped, has 3 MiB.
	otherBodyMax = 4 << 20
	// headersMax is how many headers a request may have. SDKs send about fifteen.
	headersMax = 100
)

// doors are where requests wait.
type doors struct{ writes, others *door }

// newDoors makes the doors as the options ask.
func newDoors(opts *Options) doors {
	return doors{writes: newDoor(opts, opts.WriteBytesMax, opts.BodyBytesMax), others: newDoor(opts, opts.OtherBytesMax, min(opts.BodyBytesMax, otherBodyMax))}
}

// bodyMax returns how long the body of a call may be.
func (h *handler) bodyMax(c *call) int64 { return h.doorOf(c).bodyMax }

// doorOf returns the door that a call goes through.
func (h *handler) doorOf(c *call) *door {
	if c.operation == writeRecords {
		return h.doors.writes
	}
	return h.doors.others
}

// admit waits until there is memory for a request. The caller calls c.leave when it is carried out.
func (h *handler) admit(c *call) error {
	door := h.doorOf(c)
	length := c.r.ContentLength
	if length < 0 {
		length = unannounced
	}
	return h.enter(c, door, bodyFactor*min(length, door.bodyMax))
}

// admitLong waits until there is memory for the longest body instead of for what was assumed. Meanwhile nothing is taken, so that
// requests that wait here do not wait for each other.
func (h *handler) admitLong(c *call) error {
	c.leaveShare()
	c.door.Leave(c.taken)
	c.taken = 0
	return h.enter(c, c.door, bodyFactor*c.door.bodyMax)
}

// enter waits at a door, if need be for the share of an access key before.
func (h *handler) enter(c *call, door *door, bytes int64) (err error) {
	if h.opts.Access != nil && !c.claimed.verified {
		c.unshare, err = door.enterShare(c.r.Context(), c.claimed.claim.AccessKeyID, bytes)
	}
	if err == nil {
		err = door.Enter(c.r.Context(), bytes)
	}
	if err == nil {
		c.door, c.taken = door, bytes
		return nil
	}
	c.leaveShare()
	if errors.Is(err, gate.ErrTimeout) {
		return dberr.New(dberr.Throttled, "Request rate limit exceeded: requests under way hold all of the memory that there is for them")
	}
	return err // the client has gone away
}

// leave gives back what admit took.
func (c *call) leave() {
	c.door.Leave(c.taken)
	c.door = nil
}

// leaveShare gives back what is taken of the share of an access key, as soon as it is known whether the caller has the secret.
func (c *call) leaveShare() {
	if c.unshare != nil {
		c.unshare()
		c.unshare = nil
	}
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
