package catalog

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

func accept() error { return nil }

func TestScheduledQueries(t *testing.T) {
	fs := memfs.New()
	c := open(t, fs)
	target := &ScheduledTarget{Database: "d", Table: "t", Model: mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "h"}},
		Mixed: []mapping.Mixed{{Source: "n", Type: mapping.Bigint}}}}
	for _, id := range []string{"b-1", "a-1", "c-1"} {
		if err := c.CreateScheduledQuery(ScheduledQuery{ID: id, Name: id[:1], First: 60_000, Target: target, Token: "token " + id}, accept); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, c.CreateScheduledQuery(ScheduledQuery{ID: "a-1"}, accept), dberr.Conflict, "A scheduled query with id a-1 already exists.")
	refusal := errors.New("refused")
	if err := c.CreateScheduledQuery(ScheduledQuery{ID: "d-1"}, func() error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("refused with %v", err)
	}
	_, err := c.ScheduledQuery("nope")
	wantKind(t, err, dberr.NotFound, "The scheduled query nope does not exist.")

	q, err := c.UpdateScheduledState("b-1", func(q *ScheduledQuery, st *ScheduledState) (bool, []Notice) {
		if q.Name != "b" || st.Next != 60_000 {
			t.Errorf("before any run: %+v", st)
		}
		st.Next, st.Last = 120_000, &ScheduledRun{Invocation: Invocation{At: 60_000}, Trigger: 60_001}
		return true, []Notice{{Topic: "topic", Type: "AUTO_TRIGGER_SUCCESS"}, {Topic: "topic", Type: "X"}}
	})
	if err != nil || q.State.Next != 120_000 || q.Name != "b" {
		t.Fatalf("%+v, %v", q.State, err)
	}
	if q, err = c.UpdateScheduledQuery("b-1", func(q *ScheduledQuery) (bool, error) { q.Tags = []Tag{{"k", "v"}}; return true, nil }); err != nil || q.State.Next != 120_000 {
		t.Errorf("new tags: %+v, %v", q.State, err)
	}
	if q, ok := c.ScheduledQueryByToken("token a-1"); !ok || q.ID != "a-1" {
		t.Errorf("by token: %v, %v", q.ScheduledQuery, ok)
	}
	if err := c.DropScheduledQuery("a-1", Notice{Type: "SCHEDULED_QUERY_DELETED"}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, c.DropScheduledQuery("a-1"), dberr.NotFound, "The scheduled query a-1 does not exist.")
	if _, ok := c.ScheduledQueryByToken("token a-1"); ok {
		t.Error("the token of a deleted query is still known")
	}
	notices := c.Notices()
	if len(notices) != 3 || notices[0].ID != 1 || notices[2].Type != "SCHEDULED_QUERY_DELETED" {
		t.Errorf("notices %+v", notices)
	}
	if err := c.DropNotices(2, 77); err != nil {
		t.Fatal(err)
	}

	// All of it is there after a restart, from the log and from a snapshot.
	want := describe(c)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if c = open(t, fs); !reflect.DeepEqual(describe(c), want) {
			t.Fatalf("after a restart: %v, want %v", describe(c), want)
		}
		if err := c.begin(); err != nil {
			t.Fatal(err)
		}
		if err := c.snapshot(); err != nil {
			t.Fatal(err)
		}
		c.changing.Unlock()
	}
	var ids []string
	for after := ""; ; {
		page := c.ScheduledQueries(after, 1)
		if len(page) == 0 {
			break
		}
		after = page[0].ID
		ids = append(ids, after)
	}
	if !reflect.DeepEqual(ids, []string{"b-1", "c-1"}) {
		t.Errorf("listed %v", ids)
	}
}

// TestScheduledQueryQuota: not more than the quota, and of the notifications that wait not more than fit.
func TestScheduledQueryQuota(t *testing.T) {
	c := open(t, memfs.New())
	for i := range ScheduledQueriesMax {
		c.state.putScheduledQuery(&ScheduledQuery{ID: fmt.Sprint("q-", i)})
	}
	wantKind(t, c.CreateScheduledQuery(ScheduledQuery{ID: "x"}, accept), dberr.Limit, "Limit for number of scheduled queries per account exceeded")
	for i := range uint64(NoticesMax - 1) {
		c.state.scheduled.notices[i+1] = &Notice{ID: i + 1}
	}
	c.state.scheduled.nextNotice = NoticesMax
	if err := c.DropScheduledQuery("q-0", Notice{}, Notice{}); err != nil || len(c.Notices()) != NoticesMax {
		t.Errorf("%d notices wait, %v", len(c.Notices()), err)
	}
}

// TestNoticesBeforeChange: when the disk fails or the machine stops between a change and the notification about it, there may be
// a notification without the change, never the reverse.
func TestNoticesBeforeChange(t *testing.T) {
	torn := 0
	for seed := uint64(1); seed <= 300; seed++ {
		disk := memfs.New()
		fs := faultfs.New(disk)
		c := open(t, fs)
		if err := c.CreateScheduledQuery(ScheduledQuery{ID: "q"}, accept); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		fs.Add(faultfs.Rule{Match: faultfs.Changes, Nth: 1 + rng.IntN(3), Permanent: true, Effect: faultfs.Effect(rng.IntN(3))})
		_, err := c.UpdateScheduledState("q", func(_ *ScheduledQuery, st *ScheduledState) (bool, []Notice) {
			st.Next = 5
			return true, []Notice{{Type: "X"}}
		})
		got := open(t, disk.Crash(rng))
		q, qerr := got.ScheduledQuery("q")
		if qerr != nil {
			t.Fatal(qerr)
		}
		noticed, changed := len(got.Notices()) == 1, q.State.Next == 5
		if changed && !noticed || err == nil && !changed {
			t.Fatalf("seed %d: acknowledged %v, changed %v, notification %v", seed, err == nil, changed, noticed)
		}
		if noticed && !changed {
			torn++
		}
	}
	if torn == 0 {
		t.Error("no crash came in between: the test does not test that")
	}
}
