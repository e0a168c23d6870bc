package loader

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// Limits on what is kept and shown of reasons.
const (
	examplesMax = 3  // of each reason that are shown
	reasonsMax  = 20 // that are counted apart
	otherReason = "other reasons"
)

// Reason is why records were not stored, and how many.
type Reason struct {
	Text  string
	Count int64
}

// rejects counts records by the reason for which they were not stored. It is safe for concurrent use.
type rejects struct {
	mu      sync.Mutex
	reasons map[string]int64
	log     func(line string)
}

// Parts of reasons that differ from record to record.
var (
	timeRange = regexp.MustCompile(`\[[^\[\]()]*\)`)
	numbers   = regexp.MustCompile(`\b\d+\b`)
	quoted    = regexp.MustCompile(`"[^"]*"`)
)

// family returns a reason without what differs from record to record, so that it can be counted.
func family(reason string) string {
	reason = timeRange.ReplaceAllString(reason, "[…)")
	reason = quoted.ReplaceAllString(reason, `"…"`)
	return numbers.ReplaceAllString(reason, "N")
}

// add counts one record and shows it if there were few with its reason.
func (r *rejects) add(reason string, describe func() string) {
	kind := family(reason)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reasons == nil {
		r.reasons = map[string]int64{}
	}
	if _, known := r.reasons[kind]; !known && len(r.reasons) >= reasonsMax {
		kind = otherReason
	}
	r.reasons[kind]++
	if r.reasons[kind] <= examplesMax && r.log != nil {
		r.log("rejected: " + reason + " (" + describe() + ")")
	}
}

// list returns the reasons, most frequent first.
func (r *rejects) list() []Reason {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Reason
	for text, count := range r.reasons {
		list = append(list, Reason{text, count})
	}
	slices.SortFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Text, b.Text))
	})
	return list
}

// Describe names a record: its dimensions, measure and time.
func Describe(r types.Record) string {
	var parts []string
	for _, d := range r.Dimensions {
		parts = append(parts, text(d.Name)+"="+text(d.Value))
	}
	return strings.Join(append(parts, text(r.MeasureName)), ", ") + " at " + readableTime(r)
}

// readableTime returns the time of a record in UTC, or its text as it is if it cannot be read.
func readableTime(r types.Record) string {
	n, err := strconv.ParseInt(text(r.Time), 10, 64)
	if err != nil {
		return text(r.Time)
	}
	var t time.Time
	switch r.TimeUnit {
	case types.TimeUnitSeconds:
		t = time.Unix(n, 0)
	case types.TimeUnitMicroseconds:
		t = time.UnixMicro(n)
	case types.TimeUnitNanoseconds:
		t = time.Unix(0, n)
	default:
		t = time.UnixMilli(n)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// text returns a member, "" if it is missing.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
