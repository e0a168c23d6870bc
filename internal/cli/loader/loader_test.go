package loader

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/clock"
)

// fakeAPI keeps the requests and answers them with answer.
type fakeAPI struct {
	mu       sync.Mutex
	requests []*timestreamwrite.WriteRecordsInput
	answer   func(ctx context.Context, n int, in *timestreamwrite.WriteRecordsInput) error
}

func (f *fakeAPI) WriteRecords(ctx context.Context, in *timestreamwrite.WriteRecordsInput, _ ...func(*timestreamwrite.Options)) (*timestreamwrite.WriteRecordsOutput, error) {
	f.mu.Lock()
	f.requests = append(f.requests, in)
	n := len(f.requests)
	f.mu.Unlock()
	if f.answer != nil {
		if err := f.answer(ctx, n, in); err != nil {
			return nil, err
		}
	}
	return &timestreamwrite.WriteRecordsOutput{}, nil
}

// sample returns record number i: its dimensions change every tenth record.
func sample(i int) types.Record {
	return types.Record{
		Dimensions:  []types.Dimension{{Name: aws.String("host"), Value: aws.String("h" + strconv.Itoa(i/10))}},
		MeasureName: aws.String("m" + strconv.Itoa(i%10)), MeasureValue: aws.String("1"), MeasureValueType: types.MeasureValueTypeDouble,
		Time: aws.String(strconv.Itoa(1_700_000_000_000 + i/10)), TimeUnit: types.TimeUnitMilliseconds,
	}
}

func samples(n int) Feed {
	return func(ctx context.Context, sink *Sink) error {
		for i := range n {
			if err := sink.Add(ctx, sample(i), 1); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestBatchesOfAHundred(t *testing.T) {
	api := &fakeAPI{}
	load := New(api, Options{Database: "d", Table: "t", Workers: 3})
	if err := load.Run(t.Context(), samples(250)); err != nil {
		t.Fatal(err)
	}
	sizes := map[int]int{}
	seen := map[string]bool{}
	for _, in := range api.requests {
		sizes[len(in.Records)]++
		if *in.DatabaseName != "d" || *in.TableName != "t" {
			t.Errorf("written to %s.%s", *in.DatabaseName, *in.TableName)
		}
		for _, r := range in.Records {
			seen[Describe(unmerge(in.CommonAttributes, r))] = true
		}
	}
	if diff := cmp.Diff(map[int]int{100: 2, 50: 1}, sizes); diff != "" {
		t.Errorf("requests by size (-want +got):\n%s", diff)
	}
	for i := range 250 {
		if !seen[Describe(sample(i))] {
			t.Fatalf("record %d was not sent", i)
		}
	}
	if s := load.Stats(); s.Stored != 250 || s.Requests != 3 || s.Rejected+s.Failed+s.Retries != 0 {
		t.Errorf("%+v", s)
	}
}

// Rejected records are counted by reason, the first of each are shown, and the others of the request are stored.
func TestRejectedRecords(t *testing.T) {
	reason := func(n, i int) string {
		if i%2 == 0 {
			return fmt.Sprintf("The record timestamp is outside the time range [2023-11-28T06:12:10.%03dZ, 2023-11-28T18:52:10.452Z) of the memory store.", n)
		}
		return fmt.Sprintf("The record version %d is lower than the existing version %d.", n, i)
	}
	api := &fakeAPI{answer: func(_ context.Context, n int, _ *timestreamwrite.WriteRecordsInput) error {
		e := &types.RejectedRecordsException{Message: aws.String("One or more records have been rejected.")}
		for i := range 5 {
			e.RejectedRecords = append(e.RejectedRecords, types.RejectedRecord{RecordIndex: int32(i), Reason: aws.String(reason(n, i))})
		}
		// A record is counted once, and one outside the request not at all.
		e.RejectedRecords = append(e.RejectedRecords, e.RejectedRecords[0], types.RejectedRecord{RecordIndex: 100}, types.RejectedRecord{RecordIndex: -1})
		return e
	}}
	var lines []string
	load := New(api, Options{Log: func(line string) { lines = append(lines, line) }})
	if err := load.Run(t.Context(), samples(300)); err != nil {
		t.Fatal(err)
	}
	if s := load.Stats(); s.Stored != 285 || s.Rejected != 15 {
		t.Errorf("%+v", s)
	}
	want := []Reason{
		{"The record timestamp is outside the time range […) of the memory store.", 9},
		{"The record version N is lower than the existing version N.", 6},
	}
	if diff := cmp.Diff(want, load.Reasons()); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if len(lines) != 2*examplesMax {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	if want := "rejected: The record version 1 is lower than the existing version 1. (host=h0, m1 at 2023-11-14T22:13:20Z)"; lines[1] != want {
		t.Errorf("%q, want %q", lines[1], want)
	}
}

func TestManyReasonsAreCountedTogether(t *testing.T) {
	var r rejects
	for i := range 100 {
		r.add("reason "+strings.Repeat("x", i), func() string { return "" })
	}
	list := r.list()
	if len(list) != reasonsMax+1 || list[0] != (Reason{otherReason, 100 - reasonsMax}) {
		t.Errorf("%d reasons, the first %+v", len(list), list[0])
	}
}

// A refused request does not stop a load, but ten in a row do.
func TestRefusedRequests(t *testing.T) {
	for _, c := range []struct {
		name    string
		refused func(n int) bool
		failed  int64
		err     string
	}{
		{"now and then", func(n int) bool { return n%2 == 0 }, 1000, ""},
		{"always", func(int) bool { return true }, 1000, "10 requests in a row were refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := &fakeAPI{answer: func(_ context.Context, n int, _ *timestreamwrite.WriteRecordsInput) error {
				if c.refused(n) {
					return &types.ValidationException{Message: aws.String("Invalid time for record.")}
				}
				return nil
			}}
			load := New(api, Options{})
			err := load.Run(t.Context(), samples(2000))
			if s := load.Stats(); s.Failed != c.failed {
				t.Errorf("%+v", s)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Any other failure ends the load: the retryer has tried all it may.
func TestFailureEndsTheLoad(t *testing.T) {
	gone := errors.New("connection refused")
	api := &fakeAPI{answer: func(context.Context, int, *timestreamwrite.WriteRecordsInput) error { return gone }}
	load := New(api, Options{Workers: 2})
	err := load.Run(t.Context(), samples(1_000_000))
	if !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
	if s := load.Stats(); s.Stored != 0 || s.Requests > 10 {
		t.Errorf("%+v", s)
	}
}

func TestFeedErrorComesBack(t *testing.T) {
	broken := errors.New("read sample.csv: broken")
	load := New(&fakeAPI{}, Options{})
	err := load.Run(t.Context(), func(ctx context.Context, sink *Sink) error {
		if err := sink.Add(ctx, sample(1), 1); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// After an interrupt no new request begins, those under way end, and Run is content.
func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		api := &fakeAPI{answer: func(ctx context.Context, n int, _ *timestreamwrite.WriteRecordsInput) error {
			if n == 2 {
				interrupt()
			}
			return Sleep(ctx, clock.Real{}, time.Second)
		}}
		load := New(api, Options{Workers: 2, Grace: 5 * time.Second})
		if err := load.Run(ctx, samples(10_000)); err != nil {
			t.Fatal(err)
		}
		if s := load.Stats(); s.Stored != 200 || s.Requests != 2 || s.Elapsed != time.Second {
			t.Errorf("%+v", s)
		}
	})
}

// A request that hangs is given up when the grace time is over.
func TestInterruptWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		api := &fakeAPI{answer: func(ctx context.Context, _ int, _ *timestreamwrite.WriteRecordsInput) error {
			interrupt()
			<-ctx.Done()
			return ctx.Err()
		}}
		load := New(api, Options{Grace: 5 * time.Second})
		if err := load.Run(ctx, samples(10_000)); err != nil {
			t.Fatal(err)
		}
		if s := load.Stats(); s.Stored != 0 || s.Failed != 0 || s.Elapsed != 5*time.Second {
			t.Errorf("%+v", s)
		}
	})
}

// The rate is kept, from the first request on, and a pause is not made up for with a flood.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := New(&fakeAPI{}, Options{Rate: 1000, Workers: 4})
		if err := load.Run(t.Context(), samples(5000)); err != nil {
			t.Fatal(err)
		}
		if got := load.Stats().Elapsed; got != 4900*time.Millisecond {
			t.Errorf("5,000 records at 1,000/s took %v", got)
		}

		slow := &fakeAPI{answer: func(_ context.Context, n int, _ *timestreamwrite.WriteRecordsInput) error {
			if n == 1 {
				time.Sleep(time.Minute)
			}
			return nil
		}}
		load = New(slow, Options{Rate: 1000})
		if err := load.Run(t.Context(), samples(5000)); err != nil {
			t.Fatal(err)
		}
		if got := load.Stats().Elapsed; got < 62*time.Second || got > 66*time.Second {
			t.Errorf("with a pause of a minute it took %v", got)
		}
	})
}

// Records that wait for a full batch are sent when the feed flushes, and phases count their own records.
func TestFlushAndPhases(t *testing.T) {
	api := &fakeAPI{}
	load := New(api, Options{})
	history, live := &Phase{Name: "history", Total: 30}, &Phase{Name: "live"}
	err := load.Run(t.Context(), func(ctx context.Context, sink *Sink) error {
		err := sink.Begin(ctx, history)
		for i := range 30 {
			err = errors.Join(err, sink.Add(ctx, sample(i), 1))
		}
		err = errors.Join(err, sink.Begin(ctx, live))
		for i := range 20 {
			err = errors.Join(err, sink.Add(ctx, sample(i), 2))
			if i == 9 {
				err = errors.Join(err, sink.Flush(ctx), sink.Flush(ctx))
			}
		}
		sink.Reject("2 columns", "line 7")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(api.requests) != 3 || history.Done() != 30 || live.Done() != 40 || load.Phase() != live {
		t.Errorf("%d requests, history %d, live %d", len(api.requests), history.Done(), live.Done())
	}
	if s := load.Stats(); s.Rejected != 1 || s.Stored != 50 {
		t.Errorf("%+v", s)
	}
}
