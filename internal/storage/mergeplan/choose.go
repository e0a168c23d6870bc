package mergeplan

import (
	"cmp"
	"slices"
	"time"
)

// Limits of merges.
const (
	// TierBytesMax bounds what Tier makes. Longer layers are rewritten only when their window has settled.
	TierBytesMax = 1 << 30
	// InputsMax is how many layers are merged at once.
	InputsMax = 32
)

// Layer is the segments of one window that one flush or one merge has made.
type Layer struct {
	Bytes int64
	Since time.Time // when the newest rows in it were flushed, or found when the store was opened
}

// Rules is the settings of a plan.
type Rules struct {
	// FanIn is how many layers become one at least while rows come in; 2 or more.
	FanIn int
	// SettleAfter is how long nothing must have come into a window until all of its layers become one.
	SettleAfter time.Duration
}

// growth is how many times as long as its longest input the outcome of Tier is at least. A little less than FanIn, since no
// two flushes are of exactly the same size.
func (r Rules) growth() float64 { return 0.75 * float64(r.FanIn) }

// Tier returns which layers of a window should become one while rows still come in: their places in the list, the shortest
// first; nil if none should.
func (r Rules) Tier(list []Layer) []int {
	order := bySize(list)
	var bytes int64
	for _, i := range order {
		bytes += list[i].Bytes
	}
	for n := len(order); n >= r.FanIn; n-- {
		longest := list[order[n-1]].Bytes
		if n <= InputsMax && bytes <= TierBytesMax && float64(longest)*r.growth() <= float64(bytes) {
			return order[:n]
		}
		bytes -= longest
	}
	return nil
}

// bySize returns the places of layers, the shortest first.
func bySize(list []Layer) []int {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(list[a].Bytes, list[b].Bytes), cmp.Compare(a, b)) })
	return order
}

// gainful is how many bytes may be rewritten for each byte that is new without asking Credit.
const gainful = 8

// Settle returns which layers of a window should become one because nothing came into it for long enough: all, or as many
// as can be merged at once, the shortest first; nil if none should. A merge that rewrites a hundred times as much as is new
// waits a hundred times as long, so that what gains most comes first, and needs credit.
func (r Rules) Settle(list []Layer, now time.Time, credit *Credit) []int {
	if len(list) < 2 {
		return nil
	}
	order := bySize(list)
	order = order[:min(len(order), InputsMax)]
	var bytes int64
	var last time.Time
	for _, i := range order {
		bytes += list[i].Bytes
	}
	for _, l := range list {
		if l.Since.After(last) {
			last = l.Since
		}
	}
	longest := list[order[len(order)-1]].Bytes
	fresh := max(bytes-longest, 1)
	if wait := float64(r.SettleAfter) * max(1, float64(longest)/float64(fresh)); float64(now.Sub(last)) < wait {
		return nil
	}
	if bytes > gainful*fresh && !credit.take(bytes) {
		return nil
	}
	return order
}

// Credit holds what merges write for little gain to a multiple of what is flushed. The zero value has what every start of the
// store is given. It belongs to one goroutine.
type Credit struct {
	flushed int64 // bytes flushed so far
	taken   int64 // bytes written for little gain
}

// What is written for little gain: for each byte that was flushed, and once for each start of the store, so that what an
// earlier run left behind is merged, too.
const (
	creditPerByte = 4
	creditBytes   = 1 << 30
)

// Flushed says how many bytes have been flushed so far.
func (c *Credit) Flushed(bytes int64) { c.flushed = bytes }

// take reports whether so many bytes may be written, and counts them.
func (c *Credit) take(bytes int64) bool {
	if c.taken+bytes > creditPerByte*c.flushed+creditBytes {
		return false
	}
	c.taken += bytes
	return true
}

// Backlog returns how many layers of a window are short enough for Tier.
func (r Rules) Backlog(list []Layer) int {
	n := 0
	for _, l := range list {
		if l.Bytes < TierBytesMax/int64(r.FanIn) {
			n++
		}
	}
	return n
}

// What a backlog means. A window to which rows are added all the time has up to 15 such layers when merging keeps up.
const (
	BacklogSoft = 16 // from here on merging takes more than its share
	BacklogFull = 32 // from here on it does not rest
	BacklogMax  = 64 // from here on it cannot keep up: flushing waits
)

// Share returns which share of a core merging takes, 0 to 1: the stated one as long as the backlog is what it is when merging
// keeps up, then more in proportion.
func Share(stated float64, backlog int) float64 {
	over := float64(backlog-BacklogSoft) / (BacklogFull - BacklogSoft)
	return stated + (1-stated)*min(max(over, 0), 1)
}
