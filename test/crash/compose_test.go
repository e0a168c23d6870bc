//go:build unix

package crash_test

import (
	"fmt"
	"time"
)

// recordsMax is how many records a request may have.
const recordsMax = 100

// compose makes the next request.
func (c *client) compose() *request {
	n := 1 + c.random.IntN(10)
	if c.random.IntN(3) == 0 {
		n = 1 + c.random.IntN(recordsMax)
	}
	r := &request{from: c}
	if c.random.IntN(8) == 0 {
		c.composeShared(r, min(n, sharedRecords))
		return r
	}
	taken := map[identity]bool{} // a record may come only once, so that its fate is known
	for len(r.attempts) < n {
		if a := c.attempt(); !taken[a.id] {
			taken[a.id] = true
			r.attempts = append(r.attempts, a)
		}
	}
	return r
}

// sharedRecords is how many records the clients of a table fight over.
const sharedRecords = 40

// composeShared adds records that other clients write, too: the version is the stamp, so that the last one to begin wins.
func (c *client) composeShared(r *request, n int) {
	for _, i := range c.random.Perm(sharedRecords)[:n] {
		id := identity{c.table, "all", fmt.Sprintf("shared-%d", i%4), multiMeasure, sharedBase + int64(i)*1000}
		stamp := c.ledger.stamp()
		r.attempts = append(r.attempts, attempt{id: id, content: content{stamp, stamp}, fate: contest})
	}
}

// sharedBase is the time of the first shared record, in milliseconds.
var sharedBase = time.Now().Add(-2 * time.Hour).UnixMilli()

// attempt makes a record for a series of the client's own.
func (c *client) attempt() attempt {
	stamp := c.ledger.stamp()
	n := c.random.IntN(100)
	if n < 70 || len(c.ids) == 0 {
		return attempt{id: c.newIdentity(n < 12), content: content{stamp, 1 + c.random.Int64N(5)}}
	}
	id := c.oldIdentity()
	now, _ := c.ledger.get(id)
	switch {
	case n < 88:
		return attempt{id: id, content: content{stamp, now.version + 1 + c.random.Int64N(3)}}
	case n < 94:
		return attempt{id: id, content: now, fate: equal}
	default: // other values with the same or an older version
		version := now.version - c.random.Int64N(now.version)
		return attempt{id: id, content: content{stamp, version}, fate: rejected, existing: now.version}
	}
}

// lateDays is how far back late records go.
const lateDays = 5

// newIdentity returns a record that does not exist: the next one of a series, or a late one some days ago.
func (c *client) newIdentity(late bool) identity {
	series := c.series[len(c.series)-1-c.random.IntN(min(8, len(c.series)))]
	id := identity{c.table, c.name, series, measures[c.random.IntN(len(measures))], 0}
	if !late {
		c.last[series] = max(c.last[series], c.base) + 1 + c.random.Int64N(40)
		id.time = c.last[series]
		return id
	}
	for {
		id.time = c.base - (1+c.random.Int64N(lateDays))*24*3600_000 - c.random.Int64N(3600_000)
		if _, exists := c.ledger.get(id); !exists {
			return id
		}
	}
}

// oldIdentity returns a record that exists, more often a young one.
func (c *client) oldIdentity() identity {
	reach := len(c.ids)
	if c.random.IntN(2) == 0 {
		reach = min(reach, 200)
	}
	return c.ids[len(c.ids)-1-c.random.IntN(reach)]
}
